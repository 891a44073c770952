"""What follows from a cell's equations: expressions, and whether all steps are one scan."""

import ast
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import sympy

from codegen.math.symbols import symbol
from codegen.math.translate import Translator


class CellTranslator(Translator):
    """Translates equations; roles become functions of which nothing is known."""

    def __init__(self, roles: Collection[str]) -> None:
        super().__init__({})
        self._roles = roles

    def _translate(self, node: ast.expr) -> sympy.Expr:
        match node:
            case ast.Call(func=ast.Name(id=role), args=[argument]) if role in self._roles:
                return sympy.Function(role, real=True)(self._translate(argument))
        return super()._translate(node)


@dataclass(frozen=True)
class Recurrence:
    """state ← coefficient · state + addition, both free of every state."""

    state: str
    coefficient: sympy.Expr
    addition: sympy.Expr


def recurrence(state: str, expression: sympy.Expr, states: Sequence[str]) -> Recurrence | None:
    """How an expression is affine in the state, or None if it is not."""
    old = symbol(state)
    expanded = sympy.expand(expression)
    coefficient, addition = expanded.coeff(old, 1), expanded.coeff(old, 0)
    if sympy.expand(expanded - coefficient * old - addition) != 0:
        return None
    if (coefficient.free_symbols | addition.free_symbols) & set(map(symbol, states)):
        return None
    return Recurrence(state, sympy.factor_terms(coefficient), sympy.factor_terms(addition))
