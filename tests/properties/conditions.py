"""Evaluate the statements of a spec: conditions, and formulas over numbers."""

import ast
import operator
from collections.abc import Mapping

import numpy as np

from codegen.spec.formula import Formula

_COMPARE = {ast.Lt: operator.lt, ast.LtE: operator.le, ast.Gt: operator.gt, ast.GtE: operator.ge}
_ARITHMETIC = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: operator.pow,
}


def holds(condition: Formula, values: Mapping[str, np.ndarray | float]) -> bool:
    """Whether a condition over parameters is true for all of their entries."""
    return bool(np.all(_evaluate(condition.tree, values)))


def evaluate_formula(formula: Formula, values: Mapping[str, float]) -> float:
    """The value of a formula over numbers."""
    return float(_evaluate(formula.tree, values))


def _evaluate(node: ast.expr, values: Mapping[str, np.ndarray | float]) -> np.ndarray | float:
    match node:
        case ast.Name(id=name):
            return values[name]
        case ast.Constant(value=int() | float() as value):
            return float(value)
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return -_evaluate(operand, values)
        case ast.BinOp(left=left, op=sign, right=right) if type(sign) in _ARITHMETIC:
            return _ARITHMETIC[type(sign)](_evaluate(left, values), _evaluate(right, values))
        case ast.BoolOp(op=ast.And(), values=parts):
            return np.all([np.all(_evaluate(p, values)) for p in parts])
        case ast.BoolOp(op=ast.Or(), values=parts):
            return np.any([np.all(_evaluate(p, values)) for p in parts])
        case ast.Compare(left=left, ops=[sign], comparators=[right]):
            return _COMPARE[type(sign)](_evaluate(left, values), _evaluate(right, values))
    raise NotImplementedError(ast.unparse(node))
