"""A neuron where no clamp is active, as code that goes step by step needs it.

Whoever computes many steps checks the clamps once, after all of them. Until then a clamp is its
argument, a constant that is added to ‖w‖² is added before the first step, and what multiplies the
response multiplies whatever becomes of it.
"""

import ast
from copy import deepcopy
from dataclasses import dataclass

import sympy

from codegen.math import proofs
from codegen.math.facts import Facts
from codegen.math.neuron import NeuronMath
from codegen.math.program import emit_response
from codegen.math.residual import differentiate
from codegen.math.symbols import relu, symbol
from codegen.spec.formula import Formula
from codegen.spec.models import NeuronSpec


@dataclass(frozen=True)
class Regular:
    """The neuron that is left, which still has its clamp, and what was left out of it."""

    spec: NeuronSpec
    folded: str | None
    """The constant that is part of ‖w‖²."""
    keeps_the_same: bool
    """Whether its residual is that of the neuron."""

    @property
    def is_nonnegative(self) -> bool:
        """Whether the response, without what multiplies it, is never negative."""
        expression = Facts(NeuronMath(self.spec)).relaxed()
        return expression is not None and proofs.nonnegative(expression)


def regular(math: NeuronMath) -> Regular | None:
    """None if there is no clamp whose argument tells where the gradient holds."""
    differentiated = differentiate(math)
    if not differentiated.clamps or "sq_w" not in math.primitives:
        return None
    folded = next((n for n in math.settings if _is_added_to_norm(math, n)), None)
    replaced = {} if folded is None else {folded: 0}
    if differentiated.scale is not None:
        replaced[differentiated.scale] = 1
    spec = math.spec
    formulas = {name: _with(formula, replaced) for name, formula in spec.math.items()}
    parameters = {n: p for n, p in spec.parameters.items() if n not in replaced}
    left = NeuronMath(spec.model_copy(update={"math": formulas, "parameters": parameters}))
    return Regular(left.spec, folded, _keeps_the_same(math, left, folded))


def _is_added_to_norm(math: NeuronMath, name: str) -> bool:
    """Whether a constant takes part in the response through its sum with ‖w‖² alone."""
    parameter = math.spec.parameters.get(name)
    if parameter is None or parameter.value is None or parameter.axes or parameter.integer:
        return False
    response = _unclamped(math, symbol("response"))
    return _are_equal(_moved(response.subs(symbol(name), 0), name), response)


def _keeps_the_same(math: NeuronMath, left: NeuronMath, folded: str | None) -> bool:
    """Whether the residual of what is left is that of the neuron."""
    own, other = _residual(math), _residual(left)
    return None not in (own, other) and _are_equal(_moved(other, folded), own)


def _residual(math: NeuronMath) -> sympy.Expr | None:
    """What is kept for the gradient, over operands; None if it is nothing."""
    name = differentiate(math).residual
    names = {n: e for e, n in emit_response(math).names.items()}
    return None if name is None else _unclamped(math, names.get(name, symbol(name)))


def _unclamped(math: NeuronMath, expression: sympy.Expr) -> sympy.Expr:
    """An expression over formulas, written out, with every clamp its argument."""
    for name, formula in reversed(math.formulas.items()):
        expression = expression.subs(symbol(name), formula)
    return expression.replace(relu, lambda argument: argument)


def _moved(expression: sympy.Expr, folded: str | None) -> sympy.Expr:
    """The expression for the sum of ‖w‖² and a constant."""
    sq_w = symbol("sq_w")
    return expression if folded is None else expression.subs(sq_w, sq_w + symbol(folded))


def _are_equal(left: sympy.Expr, right: sympy.Expr) -> bool:
    return bool(sympy.simplify(left - right) == 0)


def _with(formula: Formula, values: dict[str, int]) -> Formula:
    tree = deepcopy(formula.tree)

    class Replace(ast.NodeTransformer):
        def visit_Name(self, node: ast.Name) -> ast.expr:
            return ast.Constant(values[node.id]) if node.id in values else node

    tree = Replace().visit(tree)
    return Formula(ast.unparse(tree), tree)
