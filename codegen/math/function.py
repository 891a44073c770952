"""What follows from a function's formulas: the form in which it is computed, its derivative.

A power overflows long before a function of it has reached its limit. So a function that sees its
array through one power b**q alone is computed from the logarithm of the power, u = q ln b, which
is always representable. The rules are two identities; with p = exp(u) and s > 0,

    (k + m p) / (c + d p)  =  k/c + (m/d - k/c) sigmoid(u + ln(d/c))          for c, d > 0,
    p / (c + sum(p, axis)) =  softmax of u and one more logit, ln c           for c > 0,

and an affine function of a sigmoid that is odd, -k/c = m/d, is (m/d) tanh((u + ln(d/c)) / 2),
which keeps its relative accuracy where it crosses 0. Frameworks differentiate tanh as 1 - tanh²,
which is all rounding where p vanishes, and is divided by x there: far below 0 the sigmoid remains.
A function that neither fits is computed as it is written.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import sympy

from codegen.math.emitter import Emitter
from codegen.math.operations import Program
from codegen.math.symbols import relu, safe_log, safe_power, select, sigmoid, softmax, symbol, total
from codegen.math.translate import Translator
from codegen.spec.formula import Formula
from codegen.spec.function_models import FunctionSpec

_HALF = sympy.Rational(1, 2)


@dataclass(frozen=True)
class FunctionMath:
    """The formulas of a function, in an order in which each uses only those before it."""

    spec: FunctionSpec

    @cached_property
    def definition(self) -> dict[str, sympy.Expr]:
        """Name → expression over arguments and earlier formulas, as the spec has them."""
        return self._translated[0]

    @cached_property
    def formulas(self) -> dict[str, sympy.Expr]:
        """The same in the form in which the function is computed; the last one is `result`."""
        for name, formula in self.definition.items():
            if isinstance(formula, safe_power):
                found = self._from_logarithm(name, formula)
                if found is not None:
                    logarithm = symbol(f"log_{name}")
                    base, exponent = formula.args
                    return {logarithm.name: exponent * safe_log(base), "result": found(logarithm)}
        return self.definition

    @property
    def from_logarithm(self) -> bool:
        """Whether a rule applies, and the function is computed from the logarithm of a power."""
        return self.formulas != self.definition

    @cached_property
    def result(self) -> sympy.Expr:
        """The function in the form in which it is computed, written out."""
        return _written_out(self.formulas)

    @cached_property
    def defined(self) -> sympy.Expr:
        """The function as it is defined, written out."""
        return _written_out(self.definition)

    @cached_property
    def constants(self) -> dict[str, sympy.Expr]:
        """Functions of numbers alone that the computed form calls, by names of their own."""
        numbers = {symbol(n) for n in self.spec.numbers}
        found = {
            call: None
            for formula in self.formulas.values()
            for call in sympy.preorder_traversal(formula)
            if isinstance(call, sympy.Function) and call.free_symbols <= numbers
        }
        outermost = [c for c in found if not any(c in o.args for o in found)]
        return {_constant_name(call, i): call for i, call in enumerate(outermost)}

    @cached_property
    def program(self) -> Program:
        """The computed form as operations on the arguments and `constants`."""
        emitter = Emitter(self)
        for name, call in self.constants.items():
            emitter.names[call] = name
        for name, formula in self.formulas.items():
            emitter.define(name, formula)
        return Program(tuple(emitter.operations))

    @property
    def is_elementwise(self) -> bool:
        """Whether every entry of the result depends on one entry of the array."""
        return self.spec.axis is None

    @property
    def operands(self) -> tuple[str, ...]:
        """Everything the result is a function of."""
        return tuple(self.spec.arguments)

    @property
    def settings(self) -> tuple[str, ...]:
        """All operands but the array."""
        return tuple(n for n in self.spec.arguments if n != self.spec.array)

    @property
    def defaults(self) -> Mapping[str, float]:
        """What stands for an operand that is absent: none may be."""
        return {}

    def known(self, expression: sympy.Expr) -> sympy.Expr:
        """The expression over symbols that carry what is known of the arguments."""
        return self._translated[1].assumed(expression)

    @cached_property
    def default(self) -> sympy.Expr:
        """The function with its numbers at their defaults.

        A first power overflows nowhere, so that logarithms are not worth their time.
        """
        numbers = {symbol(n): _number(v) for n, v in self.spec.numbers.items()}
        defined = self.defined.subs(numbers)
        powers = {p: relu(p.args[0]) for p in defined.atoms(safe_power) if p.args[1] == 1}
        if powers.keys() == defined.atoms(safe_power):
            return defined.xreplace(powers)
        return self.result.subs(numbers)

    def apply(self, argument: sympy.Expr) -> sympy.Expr:
        """The function of an expression, its numbers at their defaults."""
        return self._of(self.default, argument)

    def derivative(self, argument: sympy.Expr) -> sympy.Expr:
        """Its derivative by the argument there: 0 where the argument has left the domain."""
        derivative = self.default.diff(symbol(self.spec.array))
        if not self.default.has(safe_log):
            # The derivative of a quotient is a difference that cancels: one fraction does not.
            derivative = sympy.factor(derivative)
        return self._of(derivative, argument)

    def _of(self, expression: sympy.Expr, argument: sympy.Expr) -> sympy.Expr:
        if not self.is_elementwise:
            raise ValueError(f"{self.spec.function} is no function of single numbers")
        return expression.subs(symbol(self.spec.array), argument)

    @cached_property
    def _translated(self) -> tuple[dict[str, sympy.Expr], Translator]:
        ordered: dict[str, sympy.Expr] = {}
        translator = Translator.of_function(self.spec)

        def visit(name: str) -> None:
            formula = self.spec.math[name]
            for used in sorted(formula.names & self.spec.math.keys()):
                if used not in ordered:
                    visit(used)
            expression = translator.formula(name, formula)
            if not expression.is_number:
                ordered[name] = expression

        visit("result")
        return ordered, translator

    @cached_property
    def entrywise(self) -> sympy.Expr:
        """The definition for one entry, over known symbols: a sum along the axis is what the entry
        itself adds and `REST`."""
        power, result = self._over_power
        if power is not None:
            result = result.xreplace({_P: power})
        return result

    @cached_property
    def of_power(self) -> "Quotient | None":
        """The definition for one entry as a quotient of affine functions of a power of x."""
        power, result = self._over_power
        return None if power is None else affine_quotient(result, _P)

    @property
    def power_exponent(self) -> sympy.Expr:
        """The exponent of that power."""
        power, _ = self._over_power
        assert power is not None
        return power.args[1]

    @cached_property
    def _over_power(self) -> tuple[sympy.Expr | None, sympy.Expr]:
        """The one power of the array that the definition sees it through, and the definition
        over `_P` in its place."""
        result = self.known(self.defined)
        x = self.known(symbol(self.spec.array))
        powers = [p for p in result.atoms(safe_power) if p.args[0] == x]
        power = powers[0] if len(powers) == 1 else None
        if power is not None:
            result = result.xreplace({power: _P})
            power = power if x not in result.free_symbols else None
        if self.spec.axis is not None:
            axis = self.known(symbol(self.spec.axis))
            result = result.xreplace({total(_P, axis): _P + REST})
        return power, result

    def translated(self, formula: Formula) -> sympy.Expr:
        """A formula of a statement, over arguments and `result`."""
        return self._translated[1].expression(formula.tree)

    def _from_logarithm(self, name: str, power: sympy.Expr) -> "_Form | None":
        """The result as an expression of the logarithm of a power, by the first rule that fits."""
        written = {n: e for n, e in self.definition.items() if n != name}
        result = _written_out(written)
        others = {symbol(n) for n in self.settings}
        if not result.free_symbols <= others | {symbol(name)}:
            return None
        p = sympy.Symbol(name, positive=True)
        result = self.known(result.subs(symbol(name), p))
        axis = self.spec.axis
        form = _mobius(result, p) if axis is None else _share(result, p, self.known(symbol(axis)))
        if form is None:
            return None
        plain = {self.known(symbol(n)): symbol(n) for n in self.settings}
        return _Form(form.xreplace(plain))


Quotient = tuple[sympy.Expr, sympy.Expr, sympy.Expr, sympy.Expr]
"""k, m, c and d of (k + m p) / (c + d p)."""

REST = sympy.Symbol("rest of the sum", nonnegative=True)
"""What the other entries add to a sum of powers."""

_P = sympy.Symbol("p", nonnegative=True)
_U = symbol("log p")
"""Stands for the logarithm of the power; no name of a spec is spelt like this."""


@dataclass(frozen=True)
class _Form:
    """A result over `_U`."""

    expression: sympy.Expr

    def __call__(self, logarithm: sympy.Expr) -> sympy.Expr:
        return self.expression.xreplace({_U: logarithm})


def affine_quotient(result: sympy.Expr, p: sympy.Symbol) -> Quotient | None:
    """The result as a quotient of two affine functions of p, if it is one."""
    above, below = sympy.fraction(sympy.together(result))
    try:
        top, bottom = sympy.Poly(above, p), sympy.Poly(below, p)
    except sympy.PolynomialError:
        return None
    if top.degree() > 1 or bottom.degree() > 1:
        return None
    (m, k), (d, c) = ((q.coeff_monomial(p), q.coeff_monomial(1)) for q in (top, bottom))
    if (-c).is_nonnegative and (-d).is_nonnegative:
        k, m, c, d = -k, -m, -c, -d
    return k, m, c, d


def _mobius(result: sympy.Expr, p: sympy.Symbol) -> sympy.Expr | None:
    """A quotient of two affine functions of p, as a sigmoid or hyperbolic tangent of ln p."""
    quotient = affine_quotient(result, p)
    if quotient is None:
        return None
    k, m, c, d = quotient
    if not (c.is_positive and d.is_positive):
        return None
    at_zero, at_infinity = sympy.cancel(k / c), sympy.cancel(m / d)
    logit = _U + sympy.log(sympy.cancel(d / c))
    by_sigmoid = at_zero + (at_infinity - at_zero) * sigmoid(logit)
    if sympy.cancel(at_zero + at_infinity) == 0:
        by_tanh = at_infinity * sympy.tanh(_HALF * logit)
        return select(logit, sympy.Integer(-1), by_tanh, by_sigmoid)
    return by_sigmoid


def _share(result: sympy.Expr, p: sympy.Symbol, axis: sympy.Symbol) -> sympy.Expr | None:
    """p / (c + sum(p, axis)) as a softmax, times whatever factor does not depend on p."""
    all_of_them = sympy.Dummy("total", positive=True)
    ratio = sympy.cancel(result.xreplace({total(p, axis): all_of_them}) / p)
    if ratio.has(p) or ratio.has(total):
        return None
    inverse = sympy.cancel(1 / ratio)
    try:
        sums = sympy.Poly(inverse, all_of_them)
    except sympy.PolynomialError:
        return None
    if sums.degree() != 1:
        return None
    d, c = sums.coeff_monomial(all_of_them), sums.coeff_monomial(1)
    rest = sympy.cancel(c / d)
    return softmax(_U, sympy.log(rest), axis) / d if rest.is_positive else None


def _constant_name(call: sympy.Expr, index: int) -> str:
    """`log_epsilon` for the logarithm of epsilon."""
    inner = call.args[0]
    return f"{call.func.__name__.lower()}_{inner.name if inner.is_Symbol else index}"


def _number(value: float) -> sympy.Expr:
    return sympy.Integer(int(value)) if value == int(value) else sympy.Float(value)


def _written_out(formulas: Mapping[str, sympy.Expr]) -> sympy.Expr:
    """`result` with every formula that it uses substituted."""
    expression = symbol("result")
    for name, formula in reversed(list(formulas.items())):
        expression = expression.subs(symbol(name), formula)
    return expression
