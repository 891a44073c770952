"""The largest response over all x, found numerically."""

import numpy as np

from codegen.math.counterexample import Space
from codegen.math.numeric import Array

_ROUNDS = 12
_SIDE = 41


def extreme(space: Space, values: dict[str, float], *, largest: bool) -> tuple[float, float, float]:
    """The extreme response for a kernel of norm² `sq_w`, and the x: its cosine with w, its norm.

    First over a grid from almost nothing to almost everything, dense near x = w, where responses
    have peaks; then over ever smaller grids around the best.
    """
    sign = 1.0 if largest else -1.0
    fixed = {name: np.asarray(value) for name, value in values.items()}
    norm_w = float(np.sqrt(values["sq_w"]))

    def responses(cosine: Array, norm: Array) -> Array:
        point = fixed | {"dot": cosine * norm * norm_w, "sq_x": norm**2}
        found = sign * np.broadcast_to(space.response(point), cosine.shape)
        return np.where(np.isfinite(found), found, -np.inf)

    near = np.geomspace(1e-12, 1, 37)
    cosines = np.concatenate([-1 + near, [-1, 0, 1], 1 - near])
    unit = norm_w or 1.0
    norms = np.concatenate([[0], np.geomspace(1e-12, 1e60, 217), [unit], unit * (1 - near)])
    norms = np.concatenate([norms, unit * (1 + near)])
    result = (-np.inf, 0.0, 0.0)
    axes = np.unique(cosines), np.unique(norms)
    for _ in range(_ROUNDS):
        cosine, norm = np.meshgrid(*axes, indexing="ij")
        found = responses(cosine, norm)
        row, column = divmod(int(np.argmax(found)), found.shape[1])
        result = max(
            result, (float(found[row, column]), float(axes[0][row]), float(axes[1][column]))
        )
        axes = _around(axes[0], row), _around(axes[1], column)
    return sign * result[0], result[1], result[2]


def _around(axis: Array, index: int) -> Array:
    """A finer axis between an entry's neighbours."""
    return np.linspace(axis[max(index - 1, 0)], axis[min(index + 1, len(axis) - 1)], _SIDE)
