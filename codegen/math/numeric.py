"""Evaluate expressions in float64 NumPy, elementwise over arrays of points.

Outside a domain the values are those that the language states: a root of what is not positive is
0, its logarithm −∞.
"""

import ast
import math
from collections.abc import Callable, Mapping

import numpy as np
import numpy.typing as npt
import sympy

from codegen.math.translate import Translator
from codegen.spec.formula import Formula

Array = npt.NDArray[np.float64]

_COMPARISONS: Mapping[type[ast.cmpop], Callable[[Array, Array], npt.NDArray[np.bool_]]] = {
    ast.Lt: np.less,
    ast.LtE: np.less_equal,
    ast.Gt: np.greater,
    ast.GtE: np.greater_equal,
}


def _sigmoid(x: Array) -> Array:
    return np.exp(-np.logaddexp(0.0, -x))


def _power(base: Array, exponent: Array) -> Array:
    return np.float_power(base, exponent)


def _safe_power(base: Array, exponent: Array) -> Array:
    return np.float_power(np.maximum(base, 0.0), exponent)


def _select(left: Array, right: Array, chosen: Array, otherwise: Array) -> Array:
    return np.where(left > right, chosen, otherwise)


#: By the lower-case name of SymPy's class, or of ours.
_FUNCTIONS: Mapping[str, Callable[..., Array]] = {
    "abs": np.abs,
    "absolute": np.abs,
    "asinh": np.arcsinh,
    "atan": np.arctan,
    "cos": np.cos,
    "exp": np.exp,
    "expm1": np.expm1,
    "inverse": lambda x: np.where(x > 0, 1 / x, 0.0),
    "log": np.log,
    "log1p": np.log1p,
    "maximum": np.maximum,
    "minimum": np.minimum,
    "positive_log": lambda x: np.where(x > 0, np.log(x), 0.0),
    "positive_power": _power,
    "pow": _power,
    "relu": lambda x: np.maximum(x, 0.0),
    "safe_log": lambda x: np.log(np.maximum(x, 0.0)),
    "safe_power": _safe_power,
    "safe_sqrt": lambda x: np.sqrt(np.maximum(x, 0.0)),
    "select": _select,
    "sigmoid": _sigmoid,
    "sign": np.sign,
    "sin": np.sin,
    "softplus": lambda x: np.logaddexp(0.0, x),
    "step": lambda x: np.where(x > 0, 1.0, 0.0),
    "tanh": np.tanh,
    "total": lambda x, _: np.sum(x, axis=-1, keepdims=True),
    "whole_power": _power,
}


def evaluate(expression: sympy.Expr, values: Mapping[str, Array]) -> Array:
    """The value of an expression; `values` gives its symbols by name."""
    with np.errstate(all="ignore"):
        return _evaluate(expression, values)


def _evaluate(expression: sympy.Expr, values: Mapping[str, Array]) -> Array:
    if expression.is_Symbol:
        return values[expression.name]
    if expression.is_number:
        return np.asarray(float(expression) if expression.is_finite else np.nan)
    arguments = [_evaluate(argument, values) for argument in expression.args]
    if expression.is_Add:
        return np.asarray(sum(arguments[1:], arguments[0]))
    if expression.is_Mul:
        return np.asarray(math.prod(arguments))
    return np.asarray(_FUNCTIONS[expression.func.__name__.lower()](*arguments))


def holds(
    condition: Formula | bool, translator: Translator, values: Mapping[str, Array]
) -> npt.NDArray[np.bool_]:
    """Where a condition is true."""
    if isinstance(condition, bool):
        return np.asarray(condition)
    return _holds(condition.tree, translator, values)


def _holds(
    node: ast.expr, translator: Translator, values: Mapping[str, Array]
) -> npt.NDArray[np.bool_]:
    match node:
        case ast.BoolOp(op=operator, values=parts):
            truths = [_holds(part, translator, values) for part in parts]
            join = np.logical_and if isinstance(operator, ast.And) else np.logical_or
            return np.asarray(join.reduce(np.broadcast_arrays(*truths)))
        case ast.Compare(left=left, ops=comparisons, comparators=rights):
            sides = [evaluate(translator.expression(side), values) for side in (left, *rights)]
            truths = [
                _COMPARISONS[type(comparison)](sides[i], sides[i + 1])
                for i, comparison in enumerate(comparisons)
            ]
            return np.asarray(np.logical_and.reduce(np.broadcast_arrays(*truths)))
    raise TypeError(f"no condition: {ast.unparse(node)}")
