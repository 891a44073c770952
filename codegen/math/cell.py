"""What follows from a cell's equations: expressions, and whether all steps are one scan."""

import ast
from collections.abc import Collection
from dataclasses import dataclass

import sympy

from codegen.math.symbols import symbol
from codegen.math.translate import Translator
from codegen.spec.formula import FUNCTIONS


class CellTranslator(Translator):
    """Translates equations; functions keep their names, and nothing is known of them."""

    def __init__(self, roles: Collection[str]) -> None:
        super().__init__({})
        self._functions = {*roles, *FUNCTIONS}

    def _translate(self, node: ast.expr) -> sympy.Expr:
        match node:
            case ast.Call(func=ast.Name(id=name), args=[argument]) if name in self._functions:
                return sympy.Function(name, real=True)(self._translate(argument))
        return super()._translate(node)

    def _power(self, base: sympy.Expr, exponent: sympy.Expr) -> sympy.Expr:
        return base**exponent


@dataclass(frozen=True)
class Recurrence:
    """state ← coefficient · state + addition, both free of every state and what follows from it."""

    state: str
    coefficient: sympy.Expr
    addition: sympy.Expr


def recurrence(state: str, expression: sympy.Expr, moving: Collection[str]) -> Recurrence | None:
    """How an expression is affine in the state, or None if it is not.

    `moving` is what coefficient and addition must be free of: states, and what follows from them.
    Neither is a number, which would have no steps to scan over.
    """
    old = symbol(state)
    expanded = sympy.expand(expression)
    coefficient, addition = expanded.coeff(old, 1), expanded.coeff(old, 0)
    if sympy.expand(expanded - coefficient * old - addition) != 0 or expanded.has(sympy.Abs):
        return None  # SymPy writes an absolute value of its own for the root of a square.
    if coefficient.is_number or addition.is_number:
        return None
    if (coefficient.free_symbols | addition.free_symbols) & set(map(symbol, moving)):
        return None
    return Recurrence(state, sympy.factor_terms(coefficient), sympy.factor_terms(addition))
