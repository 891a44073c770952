"""Search for numbers at which a statement is false, and the simplest of them.

Numbers are drawn from short lists, the simplest first, so that what is found reads well; then each
is replaced by simpler ones of its list as long as the statement stays false.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from codegen.math.neuron import NeuronMath
from codegen.math.numeric import Array, evaluate
from codegen.spec.models import ParameterSpec

Violated = Callable[[Mapping[str, Array]], npt.NDArray[np.bool_]]
Point = dict[str, float]

DRAWS = 20_000
TOLERANCE = 1e-9
"""Relative; what rounding can make of a true statement at numbers as simple as these."""

# All of them powers of two or whole: sums of their products are exact.
_COMPONENTS = (0.0, 1.0, -1.0, 2.0, -2.0, 0.5, -0.5, 3.0, -3.0, 8.0, -8.0, 0.125, 100.0)
_POSITIVE = (1.0, 2.0, 0.5, 3.0, 4.0, 0.25, 10.0, 2**-7, 100.0)
_REAL = (0.0, 1.0, -1.0, 2.0, -2.0, 0.5, -0.5, 3.0, -3.0, 10.0, -10.0)
_WHOLE = (1.0, 2.0, 3.0, 0.0, -1.0, 4.0, -2.0, 5.0)
_COUNTS = {"inputs": 2.0, "units": 2.0}


@dataclass(frozen=True)
class Space:
    """Where statements about a neuron are tried: its parameters, and vectors of two components."""

    math: NeuronMath

    def settings(self) -> dict[str, tuple[float, ...]]:
        """The simple numbers of every parameter, within what it may be."""
        return {name: _numbers(p) for name, p in self.math.spec.parameters.items()}

    def vectors(self, *names: str) -> dict[str, tuple[float, ...]]:
        """Components of vectors in the plane, which has every angle between two of them."""
        return {f"{name}{i}": _COMPONENTS for name in names for i in (0, 1)}

    def values(self, point: Mapping[str, Array], w: str = "w", x: str = "x") -> dict[str, Array]:
        """Primitives and parameters; `w` and `x` are the names of the vectors that take part."""
        w0, w1, x0, x1 = (point[f"{name}{i}"] for name in (w, x) for i in (0, 1))
        counts = {name: np.asarray(value) for name, value in _COUNTS.items()}
        parameters = {name: point[name] for name in self.math.spec.parameters}
        primitives = {
            "dot": w0 * x0 + w1 * x1,
            "sq_x": x0 * x0 + x1 * x1,
            "sq_w": w0 * w0 + w1 * w1,
        }
        return parameters | counts | primitives

    def response(self, values: Mapping[str, Array], name: str = "response") -> Array:
        """The value of the response, or of another formula."""
        known = dict(values)
        for formula, expression in self.math.formulas.items():
            known[formula] = evaluate(expression, known)
        return known[name]


def _numbers(parameter: ParameterSpec) -> tuple[float, ...]:
    numbers = _WHOLE if parameter.integer else _POSITIVE if parameter.positive else _REAL
    return tuple(n for n in numbers if n > 0 or not parameter.positive)


def below(left: Array, right: Array) -> npt.NDArray[np.bool_]:
    """Where left is less than right by more than rounding; never where either is undefined."""
    with np.errstate(all="ignore"):
        slack = TOLERANCE * (1 + np.abs(left) + np.abs(right))
        finite = np.isfinite(slack)
        return np.where(finite, left < right - slack, (left < right) & ~np.isnan(left + right))


def differ(left: Array, right: Array) -> npt.NDArray[np.bool_]:
    """Where two numbers differ by more than rounding."""
    return below(left, right) | below(right, left)


def search(
    pools: Mapping[str, tuple[float, ...]], violated: Violated, draws: int = DRAWS
) -> Point | None:
    """A simple point at which a statement is violated, if one is found."""
    generator = np.random.default_rng(0)
    indices = {}
    for name, pool in pools.items():
        weights = 1.0 / np.arange(1, len(pool) + 1)
        indices[name] = generator.choice(len(pool), draws, p=weights / weights.sum())
    # (1, 0) is simpler than (0, 1).
    costs = [np.zeros(draws)] + [
        index * (1.5 if name.endswith("1") else 1.0) for name, index in indices.items()
    ]
    order = np.argsort(sum(costs), kind="stable")
    drawn = {name: np.asarray(pools[name])[index[order]] for name, index in indices.items()}
    found = np.flatnonzero(violated(drawn))
    if not found.size:
        return None
    return _simplest({name: float(drawn[name][found[0]]) for name in pools}, pools, violated)


def _simplest(point: Point, pools: Mapping[str, tuple[float, ...]], violated: Violated) -> Point:
    """Replace numbers by simpler ones, one at a time, until none can be."""
    changed = True
    while changed:
        changed = False
        for name, pool in pools.items():
            simpler = pool[: pool.index(point[name])]
            if not simpler:
                continue
            tried = {n: np.full(len(simpler), v) for n, v in point.items()}
            tried[name] = np.asarray(simpler)
            found = np.flatnonzero(violated(tried))
            if found.size:
                point = point | {name: simpler[found[0]]}
                changed = True
    return point


def number(value: float) -> str:
    """A number as one would write it."""
    return f"{float(value) + 0.0:.6g}"


def vector(point: Mapping[str, float], name: str) -> str:
    """`(1, 0)`."""
    return f"({number(point[f'{name}0'])}, {number(point[f'{name}1'])})"


def listed(values: Mapping[str, float | Array], names: Iterable[str]) -> str:
    """`bias = 0, alpha = 1`."""
    return ", ".join(f"{name} = {number(float(values[name]))}" for name in names)
