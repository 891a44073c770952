"""What follows from a neuron's formulas: dependency order, derivatives, LaTeX."""

from dataclasses import dataclass
from functools import cached_property

import sympy

from codegen.math.symbols import relu, step, symbol
from codegen.math.translate import Translator
from codegen.spec.formula import COUNTS
from codegen.spec.models import PRIMITIVES, NeuronSpec, ParameterSpec


@dataclass(frozen=True)
class NeuronMath:
    """The formulas of a neuron, in an order in which each uses only those before it."""

    spec: NeuronSpec

    @cached_property
    def formulas(self) -> dict[str, sympy.Expr]:
        """Name → expression over primitives, parameters and earlier formulas."""
        ordered: dict[str, sympy.Expr] = {}
        translator = Translator(self.spec)

        def visit(name: str) -> None:
            formula = self.spec.math[name]
            for used in sorted(formula.names & self.spec.math.keys(), key=self._rank):
                if used not in ordered:
                    visit(used)
            expression = translator.formula(name, formula)
            if not expression.is_number:
                ordered[name] = expression

        visit("response")
        return ordered

    @cached_property
    def operands(self) -> tuple[str, ...]:
        """Everything a response is a function of: primitives, parameters and counts it uses."""
        used = {s.name for expr in self.formulas.values() for s in expr.free_symbols}
        return tuple(n for n in (*PRIMITIVES, *self.spec.parameters, *COUNTS) if n in used)

    @cached_property
    def primitives(self) -> tuple[str, ...]:
        """The operands that depend on input or kernel."""
        return tuple(n for n in self.operands if n in PRIMITIVES)

    @cached_property
    def settings(self) -> tuple[str, ...]:
        """All other operands: parameters, then counts."""
        return tuple(n for n in self.operands if n not in PRIMITIVES)

    @cached_property
    def counts(self) -> tuple[str, ...]:
        """Numbers of the layer that the response uses."""
        return tuple(n for n in self.operands if n in COUNTS)

    @cached_property
    def differentiable(self) -> tuple[str, ...]:
        """Operands that may have gradients; the others are numbers."""
        parameters = self.spec.parameters
        return tuple(n for n in self.operands if n in PRIMITIVES or _trainable(parameters.get(n)))

    @cached_property
    def response(self) -> sympy.Expr:
        """The response with every intermediate formula substituted."""
        expression = symbol("response")
        for name, formula in reversed(self.formulas.items()):
            expression = expression.subs(symbol(name), formula)
        return expression

    def _rank(self, name: str) -> int:
        return list(self.spec.math).index(name)


def adjoints(math: NeuronMath) -> dict[str, sympy.Expr]:
    """Reverse-mode derivatives of `response`, one per operand.

    Only operands that may have gradients. Each is `grad` (the upstream gradient) times the
    partial derivative, written over the operands and the names of intermediate formulas, so that
    code can share what they share.
    """
    received: dict[str, sympy.Expr] = {"response": symbol("grad")}
    for name, formula in reversed(math.formulas.items()):
        adjoint = received.pop(name)
        for used in sorted(formula.free_symbols, key=lambda s: s.name):
            local = formula.diff(used)
            local = _name_step_arguments(local, name, formula)
            received[used.name] = received.get(used.name, sympy.S.Zero) + adjoint * local
    zero = sympy.S.Zero
    return {n: sympy.expand_mul(received.get(n, zero)) for n in math.differentiable}


def _trainable(parameter: ParameterSpec | None) -> bool:
    return parameter is not None and (
        parameter.init is not None or "learnable" in parameter.options
    )


def _name_step_arguments(local: sympy.Expr, name: str, formula: sympy.Expr) -> sympy.Expr:
    """Write step(a) as step(relu(a)): both are 1 exactly where a > 0, and relu(a) has a name."""
    if isinstance(formula, relu):
        return local.subs(step(formula.args[0]), step(symbol(name)))
    return local
