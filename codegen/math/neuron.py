"""What follows from a neuron's formulas: dependency order, derivatives, LaTeX."""

from collections.abc import Mapping
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
        translator = Translator.of_neuron(self.spec)

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
    def defaults(self) -> Mapping[str, float]:
        """Parameter that may be absent → what then stands for it."""
        parameters = self.spec.parameters.items()
        return {name: p.absent for name, p in parameters if p.absent is not None}

    @cached_property
    def counts(self) -> tuple[str, ...]:
        """Numbers of the layer that the response uses."""
        return tuple(n for n in self.operands if n in COUNTS)

    @cached_property
    def whole_numbers(self) -> tuple[str, ...]:
        """Settings that are whole numbers of Python in every framework: counts among them."""
        parameters = self.spec.parameters
        return tuple(n for n in self.settings if n in COUNTS or parameters[n].integer)

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


@dataclass(frozen=True)
class Adjoints:
    """Reverse-mode derivatives of `response` times `grad`, the upstream gradient.

    They are written over the operands and the names of intermediate formulas, so that code can
    share what they share.
    """

    formulas: Mapping[str, sympy.Expr]
    """`grad_<formula>` → the derivative by that formula, where it is a sum that several operands
    receive; later ones may use earlier ones."""
    operands: Mapping[str, sympy.Expr]
    """Operand that may have a gradient → its derivative, which may use those of formulas."""


def adjoints(math: NeuronMath) -> Adjoints:
    """Every derivative that the gradient is made of."""
    received: dict[str, sympy.Expr] = {"response": symbol("grad")}
    formulas: dict[str, sympy.Expr] = {}
    for name, formula in reversed(math.formulas.items()):
        adjoint = received.pop(name)
        if adjoint.is_Add and len(formula.free_symbols) > 1:
            formulas[f"grad_{name}"] = adjoint
            adjoint = symbol(f"grad_{name}")
        for used in sorted(formula.free_symbols, key=lambda s: s.name):
            local = _name_step_arguments(formula.diff(used), name, formula)
            product = _distributed(adjoint, local)
            received[used.name] = received.get(used.name, sympy.S.Zero) + product
    zero = sympy.S.Zero
    return Adjoints(formulas, {n: received.get(n, zero) for n in math.differentiable})


def partial_derivatives(math: NeuronMath) -> dict[str, sympy.Expr]:
    """The derivatives by operand, written out, without `grad`."""
    found = adjoints(math)
    written = {symbol("grad"): sympy.S.One}
    for name, expression in found.formulas.items():
        written[symbol(name)] = expression.xreplace(written)
    return {n: sympy.expand_mul(e.xreplace(written)) for n, e in found.operands.items()}


def _distributed(left: sympy.Expr, right: sympy.Expr) -> sympy.Expr:
    """The product, term by term of the two sums; sums within terms stay as they are."""
    return sympy.Add(
        *(
            one * other
            for one in sympy.Add.make_args(left)
            for other in sympy.Add.make_args(sympy.factor_terms(right))
        )
    )


def _trainable(parameter: ParameterSpec | None) -> bool:
    return parameter is not None and (
        parameter.init is not None or "learnable" in parameter.options
    )


def _name_step_arguments(local: sympy.Expr, name: str, formula: sympy.Expr) -> sympy.Expr:
    """Write step(a) as step(relu(a)): both are 1 exactly where a > 0, and relu(a) has a name."""
    if isinstance(formula, relu):
        return local.subs(step(formula.args[0]), step(symbol(name)))
    return local
