"""A neuron where no clamp is active, as code that goes step by step needs it.

Whoever computes many steps checks the clamps once, after all of them. Until then a clamp is its
argument, a constant that is added to ‖w‖² is added before the first step, and what multiplies the
response multiplies whatever becomes of it.
"""

import ast
from copy import deepcopy
from dataclasses import dataclass

import sympy

from codegen.math.neuron import NeuronMath
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
    return Regular(spec.model_copy(update={"math": formulas, "parameters": parameters}), folded)


def _is_added_to_norm(math: NeuronMath, name: str) -> bool:
    """Whether a constant takes part in the response through its sum with ‖w‖² alone."""
    parameter = math.spec.parameters.get(name)
    if parameter is None or parameter.value is None or parameter.axes or parameter.integer:
        return False
    response = math.response.replace(relu, lambda argument: argument)
    own, sq_w = symbol(name), symbol("sq_w")
    moved = response.subs(own, 0).subs(sq_w, sq_w + own)
    return bool(sympy.simplify(moved - response) == 0)


def _with(formula: Formula, values: dict[str, int]) -> Formula:
    tree = deepcopy(formula.tree)

    class Replace(ast.NodeTransformer):
        def visit_Name(self, node: ast.Name) -> ast.expr:
            return ast.Constant(values[node.id]) if node.id in values else node

    tree = Replace().visit(tree)
    return Formula(ast.unparse(tree), tree)
