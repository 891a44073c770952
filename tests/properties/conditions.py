"""Evaluate the statements of a spec: conditions, and formulas over numbers."""

import ast
import operator
from collections.abc import Callable, Mapping

import numpy as np

from codegen.spec.formula import Formula

_COMPARE = {ast.Lt: operator.lt, ast.LtE: operator.le, ast.Gt: operator.gt, ast.GtE: operator.ge}
_ARITHMETIC = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}
_FUNCTIONS: dict[str, Callable] = {
    **{name: getattr(np, name) for name in ("abs", "arcsinh", "arctan", "cos", "exp", "expm1")},
    **{name: getattr(np, name) for name in ("log1p", "maximum", "minimum", "sign", "sin", "tanh")},
    "log": lambda x: np.log(np.maximum(x, 0.0)),
    "relu": lambda x: np.maximum(x, 0.0),
    "sigmoid": lambda x: np.exp(-np.logaddexp(0.0, -x)),
    "softplus": lambda x: np.logaddexp(0.0, x),
    "sqrt": lambda x: np.sqrt(np.maximum(x, 0.0)),
    "where": np.where,
}


def holds(condition: Formula, values: Mapping[str, np.ndarray | float]) -> bool:
    """Whether a condition over parameters is true for all of their entries."""
    return bool(np.all(_evaluate(condition.tree, values)))


def evaluate_formula(formula: Formula, values: Mapping[str, np.ndarray | float]) -> np.ndarray:
    """The value of a formula over numbers."""
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        return np.asarray(_evaluate(formula.tree, values), float)


def _evaluate(node: ast.expr, values: Mapping[str, np.ndarray | float]) -> np.ndarray | float:
    match node:
        case ast.Name(id="pi"):
            return np.pi
        case ast.Name(id=name):
            return values[name]
        case ast.Constant(value=int() | float() as value):
            return np.float64(value)
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return -_evaluate(operand, values)
        case ast.UnaryOp(op=ast.UAdd(), operand=operand):
            return _evaluate(operand, values)
        case ast.BinOp(left=left, op=ast.Pow(), right=right):
            base, exponent = _evaluate(left, values), _evaluate(right, values)
            # Only powers that are written as whole numbers are those of negative numbers.
            whole = isinstance(right, ast.Constant) and isinstance(right.value, int)
            return np.float_power(base if whole else np.maximum(base, 0.0), exponent)
        case ast.BinOp(left=left, op=sign, right=right):
            return _ARITHMETIC[type(sign)](_evaluate(left, values), _evaluate(right, values))
        case ast.Call(func=ast.Name(id=name), args=arguments):
            return _FUNCTIONS[name](*(_evaluate(argument, values) for argument in arguments))
        case ast.BoolOp(op=ast.And(), values=parts):
            return np.all([np.all(_evaluate(p, values)) for p in parts])
        case ast.BoolOp(op=ast.Or(), values=parts):
            return np.any([np.all(_evaluate(p, values)) for p in parts])
        case ast.Compare(left=left, ops=signs, comparators=rights):
            sides = [_evaluate(side, values) for side in (left, *rights)]
            pairs = zip(sides, signs, sides[1:], strict=False)
            return np.logical_and.reduce([_COMPARE[type(s)](a, b) for a, s, b in pairs])
    raise NotImplementedError(ast.unparse(node))
