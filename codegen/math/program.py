"""The two programs of a neuron: its response, and its gradient in closed form."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import sympy

from codegen.math.emitter import Emitter
from codegen.math.neuron import NeuronMath, adjoints
from codegen.math.operations import Monomial, Program, monomial
from codegen.math.sharing import GradientEmitter
from codegen.math.symbols import symbol


@dataclass(frozen=True)
class Emitted:
    """A program, and the name of every expression it computes."""

    program: Program
    names: Mapping[sympy.Expr, str]


def forward_program(math: NeuronMath) -> Program:
    """The response, formula by formula as the spec states them."""
    return emit_response(math).program


def gradient_program(math: NeuronMath) -> Program:
    """The gradient of `sum(grad * response)` in closed form.

    Intermediate formulas are recomputed from the operands; products that several derivatives
    share are computed once.
    """
    return emit_gradient(math).program


def emit_response(math: NeuronMath) -> Emitted:
    """`forward_program`, with the names of its values."""
    emitter = Emitter(math)
    for name, formula in math.formulas.items():
        emitter.define(name, formula)
    return Emitted(Program(tuple(emitter.operations), "response"), emitter.names)


def emit_gradient(math: NeuronMath) -> Emitted:
    """`gradient_program`, with the names of its values."""
    emitter = GradientEmitter(math)
    derivatives = adjoints(math)
    terms = {
        operand: [monomial(term) for term in sympy.Add.make_args(expression)]
        for operand, expression in derivatives.items()
    }
    scalars = {operand: _common_scalars(math, terms[operand]) for operand in terms}
    monomials = [m for operand_terms in terms.values() for m in operand_terms]
    needed = {s.name for _, factors in monomials for f in factors for s in f.free_symbols}
    for name in _used_formulas(math, needed):
        emitter.define(name, math.formulas[name])
    emitter.introduce_quotients(monomials)
    emitter.share_products(monomials)
    summed = tuple(
        replace(emitter.derivative(name, terms[name]), scalars=scalars[name])
        for name in math.operands
    )
    return Emitted(Program(tuple(emitter.operations), derivatives=summed), emitter.names)


def _used_formulas(math: NeuronMath, needed: set[str]) -> list[str]:
    """Formulas reachable from `needed`, in order of definition."""
    for name in reversed(math.formulas):
        if name in needed:
            needed |= {s.name for s in math.formulas[name].free_symbols}
    return [name for name in math.formulas if name in needed]


def _common_scalars(math: NeuronMath, terms: list[Monomial]) -> tuple[str, ...]:
    """Take the scalar parameters that all terms have in common out of them."""
    common = [
        name
        for name, parameter in math.spec.parameters.items()
        if not parameter.axes and all(f.get(symbol(name), 0) > 0 for _, f in terms)
    ]
    for name in common:
        for _, factors in terms:
            factors[symbol(name)] -= 1
            if factors[symbol(name)] == 0:
                del factors[symbol(name)]
    return tuple(common)
