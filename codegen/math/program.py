"""The two programs of a neuron: its response, and its gradient in closed form."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import sympy

from codegen.math.emitter import Emitter
from codegen.math.neuron import NeuronMath, adjoints
from codegen.math.operations import (
    Monomial,
    Operation,
    Program,
    Value,
    monomial,
)
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
    program = Program(tuple(emitter.operations), "response")
    return Emitted(_with_defaults(program, math), emitter.names)


def emit_gradient(math: NeuronMath) -> Emitted:
    """`gradient_program`, with the names of its values."""
    emitter = GradientEmitter(math)
    found = adjoints(math)
    used = {
        s.name for e in (*found.formulas.values(), *found.operands.values()) for s in e.free_symbols
    }
    for name in _used_formulas(math, used):
        emitter.define(name, math.formulas[name])
    values: dict[sympy.Expr, sympy.Expr] = {}
    for name, expression in found.formulas.items():
        terms = _terms(expression.xreplace(values))
        scalars = _common_scalars(math, terms)
        emitter.introduce_quotients(terms)
        emitter.share_products(terms)
        derivative = emitter.derivative(name, terms)
        value = symbol(emitter.value(name, derivative.factors))
        values[symbol(name)] = sympy.Mul(derivative.coefficient, *map(symbol, scalars), value)
    by_operand = {n: _terms(e.xreplace(values)) for n, e in found.operands.items() if e != 0}
    shared = {operand: _common_scalars(math, terms) for operand, terms in by_operand.items()}
    monomials = [m for terms in by_operand.values() for m in terms]
    emitter.introduce_quotients(monomials)
    emitter.share_products(monomials)
    summed = tuple(
        replace(emitter.derivative(name, by_operand[name]), scalars=shared[name])
        if name in by_operand
        else emitter.nothing(name)
        for name in math.differentiable
    )
    program = Program(tuple(emitter.operations), derivatives=summed)
    return Emitted(_with_defaults(program, math), emitter.names)


def _terms(expression: sympy.Expr) -> list[Monomial]:
    return [monomial(term) for term in sympy.Add.make_args(expression)]


def _with_defaults(program: Program, math: NeuronMath) -> Program:
    """Give an absent parameter its value wherever a step cannot just be skipped."""
    absent = math.defaults
    defaults: dict[str, Operation] = {}

    def value(argument: Value, optional: str | None = None) -> Value:
        if not isinstance(argument, str) or argument not in absent or argument == optional:
            return argument
        default = Operation(f"{argument}_value", "default", (argument, absent[argument]))
        return defaults.setdefault(argument, default).target

    numbers = set(math.whole_numbers)
    operations = []
    for operation in program.operations:
        others = [a for a in operation.arguments if a != operation.optional]
        if all(isinstance(a, float) or a in numbers for a in others):
            # Without the parameter a number would be left: only values of one kind have a name.
            operation = replace(operation, optional=None)
            if others == list(operation.arguments):
                numbers.add(operation.target)
        arguments = tuple(value(a, operation.optional) for a in operation.arguments)
        operations.append(replace(operation, arguments=arguments))
    derivatives = tuple(
        replace(
            d,
            factors=tuple(str(value(f)) for f in d.factors),
            scalars=tuple(s if absent.get(s) == 1 else str(value(s)) for s in d.scalars),
        )
        for d in program.derivatives
    )
    return replace(program, operations=(*defaults.values(), *operations), derivatives=derivatives)


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
