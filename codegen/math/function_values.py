"""Functions of single numbers: their values, where they have a value, how steep they are."""

from collections.abc import Callable, Mapping

import numpy as np
import sympy

from codegen.math.function import FunctionMath
from codegen.math.numeric import Array, evaluate
from codegen.math.symbols import (
    positive_power,
    safe_log,
    safe_power,
    safe_sqrt,
    symbol,
    whole_power,
)

_PLAIN: Mapping[type[sympy.Expr], Callable[..., sympy.Expr]] = {
    **dict.fromkeys((safe_power, positive_power, whole_power), sympy.Pow),
    **{safe_sqrt: sympy.sqrt, safe_log: sympy.log},
}


def slope(math: FunctionMath) -> sympy.Expr:
    """The derivative where the array is above 0, written out."""
    x, positive = symbol(math.spec.array), sympy.Symbol(math.spec.array, positive=True)
    expression = math.defined.xreplace({x: positive})
    for function, usual in _PLAIN.items():
        expression = expression.replace(function, usual)
    return sympy.factor(expression.diff(positive)).xreplace({positive: x})


def inverse(math: FunctionMath, value: float) -> float:
    """An argument at which the function has a value: one above 0 if there is one.

    Raises `ValueError` for a value that the function does not have, or has more than once.
    """
    name = math.spec.function
    reached = [float(values_of(math, np.zeros(1))[0])]
    for sign in (1.0, -1.0):
        sizes = 2.0 ** np.linspace(-100, 100, 801)
        values = values_of(math, sign * sizes)
        sizes, values = sizes[np.isfinite(values)], values[np.isfinite(values)]
        if sign > 0:
            reached += [*values]
        if not len(values) or not values.min() < value < values.max():
            continue
        steps = np.diff(values) * (1 if values[-1] > values[0] else -1)
        if np.any(steps < -1e-9 * np.abs(values[1:])):
            raise ValueError(f"{name} rises and falls: it has the value {value:g} twice")
        return float(sign * _between(math, sign, value, np.log2(sizes[[0, -1]])))
    if reached[0] == value:
        return 0.0
    raise ValueError(
        f"{name} does not reach {value:g}: for what is not negative it is between "
        f"{np.nanmin(reached):.4g} and {np.nanmax(reached):.4g}"
    )


def _between(math: FunctionMath, sign: float, value: float, exponents: Array) -> float:
    """The size at which the function has a value, between two powers of 2."""
    least, largest = map(float, exponents)
    low, high = values_of(math, sign * 2.0**exponents)
    for _ in range(100):
        middle = (least + largest) / 2
        found = float(values_of(math, np.array([sign * 2.0**middle]))[0])
        if (found < value) == (low < high):
            least = middle
        else:
            largest = middle
    return float(2.0**least)


def values_of(math: FunctionMath, arguments: Array) -> Array:
    """The function of many numbers, its settings at their defaults."""
    if not math.is_elementwise:
        raise ValueError(f"{math.spec.function} is no function of single numbers")
    found = evaluate(math.default, {math.spec.array: arguments})
    return np.broadcast_to(found, arguments.shape)
