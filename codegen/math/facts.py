"""The response as proofs see it: over symbols that carry what a statement may take for granted."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import sympy

from codegen.math import proofs
from codegen.math.neuron import NeuronMath
from codegen.math.symbols import relu, symbol
from codegen.math.translate import Translator
from codegen.spec.formula import Formula
from codegen.spec.models import PRIMITIVES

MAX_SIZE = 500
"""Parts of an expression beyond which nothing is proved."""

DISTANCE = sympy.Symbol("‖w − x‖²", nonnegative=True)


@dataclass(frozen=True)
class Facts:
    """What holds of a neuron where a condition does."""

    math: NeuronMath
    condition: Formula | bool = True

    @cached_property
    def translator(self) -> Translator:
        """Translates formulas of statements, and knows the formulas of the neuron."""
        translator = Translator.of_neuron(self.math.spec)
        for name in self.math.formulas:
            translator.formula(name, self.math.spec.math[name])
        return translator

    def response(self, leaf: str | None = None) -> sympy.Expr | None:
        """The response written out, down to the formula `leaf`; None if that is too long."""
        expression = symbol("response")
        for name, formula in reversed(self.math.formulas.items()):
            if name != leaf:
                expression = expression.xreplace({symbol(name): formula})
            if sum(1 for _ in sympy.preorder_traversal(expression)) > MAX_SIZE:
                return None
        if leaf is not None and leaf in self.math.formulas:
            expression = expression.xreplace({symbol(leaf): self.symbol(leaf)})
        return self._known(expression)

    def formula(self, formula: Formula) -> sympy.Expr:
        """A formula of the statement."""
        return self._known(self.translator.expression(formula.tree))

    def symbol(self, name: str) -> sympy.Symbol:
        """The symbol of a primitive, a parameter or a formula in what `response` gives."""
        if name not in self.math.formulas:
            known = self._known(symbol(name))
            return known if known.is_Symbol else symbol(name)
        value = self._known(self.translator.assumed(symbol(name)))
        return sympy.Symbol(name, real=True, nonnegative=proofs.nonnegative(value) or None)

    def relaxed(self) -> sympy.Expr | None:
        """The response with every form p‖x‖² + q‖w‖² + r⟨w, x⟩ that is never negative a number of
        its own. What holds of any such number holds of the form."""
        expression = self.response()
        return None if expression is None else relaxed(expression)

    def moving(self, expression: sympy.Expr) -> frozenset[sympy.Symbol]:
        """What depends on x."""
        still = {*self.math.spec.parameters, "sq_w", "inputs", "units"}
        return frozenset(s for s in expression.free_symbols if s.name not in still)

    def _known(self, expression: sympy.Expr) -> sympy.Expr:
        return self.translator.assumed(expression).xreplace(self._conditions)

    @cached_property
    def _conditions(self) -> dict[sympy.Symbol, sympy.Expr]:
        """Parameters that a condition bounds by a number, as that number and a rest ≥ 0."""
        found: dict[sympy.Symbol, sympy.Expr] = {}
        if isinstance(self.condition, bool):
            return found
        for left, comparison, right in _comparisons(self.condition.tree):
            if isinstance(right, ast.Name):
                left, right, comparison = right, left, _MIRRORED[type(comparison)]()
            if not isinstance(left, ast.Name):
                continue
            limit = self.translator.expression(right)
            parameter = self.translator.assumed(symbol(left.id))
            above = isinstance(comparison, ast.Gt | ast.GtE)
            if not limit.is_number or parameter in found:
                continue
            if parameter.is_positive and not (above and limit.is_positive):
                continue
            strict = isinstance(comparison, ast.Gt | ast.Lt)
            assumptions = {"positive" if strict else "nonnegative": True}
            if parameter.is_integer and limit.is_integer:
                assumptions["integer"] = True
            rest = sympy.Symbol(left.id, real=True, **assumptions)
            found[parameter] = limit + rest if above else limit - rest
        return found


_MIRRORED = {ast.Lt: ast.Gt, ast.LtE: ast.GtE, ast.Gt: ast.Lt, ast.GtE: ast.LtE}


def _comparisons(node: ast.expr) -> Iterator[tuple[ast.expr, ast.cmpop, ast.expr]]:
    """The comparisons that all hold where the condition does."""
    match node:
        case ast.BoolOp(op=ast.And(), values=parts):
            for part in parts:
                yield from _comparisons(part)
        case ast.Compare(left=left, ops=comparisons, comparators=rights):
            yield from zip((left, *rights), comparisons, rights, strict=False)


def relaxed(expression: sympy.Expr) -> sympy.Expr:
    """The expression with forms that are never negative as symbols."""
    if not expression.args:
        return expression
    if expression.is_Add and any(s.name == "dot" for s in expression.free_symbols):
        expression = _without_forms(expression)
    expression = expression.func(*map(relaxed, expression.args)) if expression.args else expression
    if isinstance(expression, relu) and proofs.nonnegative(expression.args[0]):
        return expression.args[0]
    return expression


def _without_forms(total: sympy.Expr) -> sympy.Expr:
    coefficients = dict.fromkeys(PRIMITIVES, sympy.S.Zero)
    rest = []
    for term in total.args:
        factor, other = term.as_coeff_Mul()
        if other.is_Symbol and other.name in coefficients:
            coefficients[other.name] += factor
        else:
            rest.append(term)
    dot, sq_x, sq_w = coefficients.values()
    if sq_x < 0 or sq_w < 0 or dot**2 > 4 * sq_x * sq_w:
        return total
    if dot == -2 * sq_x and sq_x == sq_w:
        return sympy.Add(sq_x * DISTANCE, *rest)
    form = sympy.Symbol(f"{sq_x}‖x‖² + {sq_w}‖w‖² + {dot}⟨w, x⟩", nonnegative=True)
    return sympy.Add(form, *rest)
