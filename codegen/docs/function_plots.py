"""Graphs of functions of arrays, for a few values of their first number."""

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes

from codegen.docs.plots import Look, svg
from codegen.math.numeric import Array, evaluate
from codegen.plans.function import FunctionPlan

REACH = 4.0
OTHERS = (1.0, 2.0)
"""The other entries along the axis, of a function that has one."""
VALUES = (1.0, 2.0, 4.0)
"""Factors of the default of the first number."""

DASHES = ("-", "--", ":")


def curves(function: FunctionPlan) -> Mapping[str, Array]:
    """Label → values at `places`; a function without numbers has one curve."""
    spec = function.spec
    numbers = spec.numbers
    first = next(iter(numbers), None)
    if first is None:
        return {"": _values(function, numbers)}
    return {
        f"{first} = {factor * numbers[first]:g}": _values(
            function, dict(numbers) | {first: factor * numbers[first]}
        )
        for factor in (VALUES if numbers[first] else VALUES[:1])
    }


def places(function: FunctionPlan) -> Array:
    """Where the graph is drawn: what is below 0 only where it makes a difference."""
    drawn = np.linspace(-REACH, REACH, 801)
    below = _at(function, drawn[drawn < 0], function.spec.numbers)
    at_zero = _at(function, np.zeros(1), function.spec.numbers)
    flat = bool(np.all(below == at_zero) | ~np.any(np.isfinite(below)))
    return drawn[drawn >= 0] if flat else drawn


def graph(function: FunctionPlan, look: Look) -> str:
    """All curves, in one figure."""

    def draw(axes: Axes) -> None:
        x = places(function)
        colours = (look.second, look.accent, look.ink)
        for (label, y), colour, dash in zip(
            curves(function).items(), colours, DASHES, strict=False
        ):
            axes.plot(x, np.ma.masked_invalid(y), dash, color=colour, label=label, lw=1.6)
        axes.set(xlabel="$x$", xlim=(x[0], x[-1]))
        axes.grid(visible=True, color=look.ink, alpha=0.12, lw=0.6)
        if function.spec.numbers:
            axes.legend(frameon=False, fontsize=9)

    return svg(f"{function.name}-graph", look, draw)


def _values(function: FunctionPlan, numbers: Mapping[str, float]) -> Array:
    return _at(function, places(function), numbers)


def _at(function: FunctionPlan, x: Array, numbers: Mapping[str, float]) -> Array:
    spec = function.spec
    rows = [x] if spec.axis is None else [x, *(np.full_like(x, other) for other in OTHERS)]
    values: dict[str, Array] = {n: np.asarray(v) for n, v in numbers.items()}
    values[spec.array] = np.stack(rows, axis=-1)
    if spec.axis is not None:
        values[spec.axis] = np.asarray(-1.0)
    found = evaluate(function.math.defined, values)
    return np.asarray(np.broadcast_to(found, values[spec.array].shape)[..., 0])
