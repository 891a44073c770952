"""The sums of products that make a gradient, and what they share."""

from dataclasses import replace
from functools import reduce
from itertools import combinations

import sympy

from codegen.math.emitter import Emitter
from codegen.math.neuron import NeuronMath
from codegen.math.operations import Derivative, Monomial, Operation
from codegen.math.symbols import Switch, rest, symbol


class GradientEmitter(Emitter):
    """Emits products over `grad`; those that several derivatives have in common once."""

    def __init__(self, math: NeuronMath) -> None:
        super().__init__(math)
        self._masked: dict[frozenset[tuple[sympy.Expr, int]], str] = {}

    def introduce_quotients(self, monomials: list[Monomial]) -> None:
        """Replace n/d, wherever a denominator has a numerator of its own, by one quotient.

        A quotient keeps the range of its parts: (n/d)² is finite where n² already overflows.
        """
        denominators = {f for _, factors in monomials for f, power in factors.items() if power < 0}
        for denominator in sorted(denominators, key=self.order):
            over = [f for _, f in monomials if f.get(denominator, 0) < 0]
            counts = {
                numerator: sum(1 for f in over if f.get(numerator, 0) > 0)
                for f in over
                for numerator in f
                if f[numerator] > 0 and numerator != symbol("grad") and self.is_full(numerator)
            }
            shared = [n for n in counts if counts[n] == len(over)]
            if shared:
                numerator = min(shared, key=self.order)
                quotient = self.emit(numerator / denominator, self.fresh("ratio"))
            else:
                numerator = sympy.S.One
                quotient = self.emit(1 / denominator, self.fresh("inverse"))
            for factors in over:
                power = -factors.pop(denominator)
                factors[symbol(quotient)] = power
                if numerator != 1:
                    factors[numerator] -= power
                    if factors[numerator] < 0:
                        factors[numerator] += power
                        del factors[symbol(quotient)]
                        inverse = self.emit(1 / denominator, self.fresh("inverse"))
                        factors[symbol(inverse)] = power
                    elif factors[numerator] == 0:
                        del factors[numerator]

    def share_products(self, monomials: list[Monomial]) -> None:
        """Name the products that occur more than once, most frequent first."""
        while True:
            counts: dict[tuple[sympy.Expr, sympy.Expr], int] = {}
            for factors in {tuple(sorted(f.items(), key=str)): f for _, f in monomials}.values():
                ordered = sorted(factors, key=self.order)
                squares = [(f, f) for f in ordered if factors[f] > 1 and not self.has_grad(f)]
                for pair in [*combinations(ordered, 2), *squares]:
                    if not any(isinstance(f, Switch) for f in pair) or len(factors) == 2:
                        counts[pair] = counts.get(pair, 0) + 1
            repeated = {pair: n for pair, n in counts.items() if n > 1}
            repeated |= {p: n for p, n in counts.items() if isinstance(p[1], Switch)}
            if not repeated:
                return
            first, second = max(repeated, key=lambda pair: (repeated[pair], self.has_grad(pair[0])))
            self._factor_out(first, second, monomials)

    def _factor_out(self, first: sympy.Expr, second: sympy.Expr, monomials: list[Monomial]) -> None:
        value = self._multiply(first, second)
        for _, factors in monomials:
            needed = {first: 2} if first == second else {first: 1, second: 1}
            if all(factors.get(f, 0) >= n for f, n in needed.items()):
                for f, n in needed.items():
                    factors[f] -= n
                    if factors[f] == 0:
                        del factors[f]
                factors[symbol(value)] = factors.get(symbol(value), 0) + 1

    def _multiply(self, first: sympy.Expr, second: sympy.Expr, name: str | None = None) -> str:
        target = name or self.fresh("product")
        left = self.emit(first)
        if isinstance(second, rest):
            switch = self.emit(second.args[0])
            self._append(target, "select", switch, 0.0, 0.0, left)
        elif isinstance(second, Switch):
            self._append(target, "mask", left, self.emit(second.args[0]))
        else:
            right = self.emit(second)
            optional = right if self.absent(second) == 1.0 else None
            self.operations.append(Operation(target, "mul", (left, right), optional))
        return target

    def derivative(self, operand: str, terms: list[Monomial]) -> Derivative:
        """The derivative of one operand from its (by now short) products."""
        coefficients = [float(c) for c, _ in terms]
        products = [self._ordered_factors(f) for _, f in terms]
        if len(terms) == 1:
            return Derivative(operand, coefficients[0], products[0])
        scale = coefficients[0]
        total = self._product(products[0])
        for coefficient, product in zip(coefficients[1:], products[1:], strict=True):
            ratio = coefficient / scale
            value, target = self._product(product), self.fresh("total")
            if abs(ratio) == 1:
                function = "add" if ratio > 0 else "sub"
                self.operations.append(Operation(target, function, (total, value)))
            else:
                self.operations.append(Operation(target, "add_scaled", (total, ratio, value)))
            total = target
        return Derivative(operand, scale, (total,))

    def nothing(self, operand: str) -> Derivative:
        """The derivative of an operand on which the response does not depend smoothly: zero."""
        if "zero" not in {o.target for o in self.operations}:
            self.operations.append(Operation("zero", "mul", ("grad", 0.0)))
        return Derivative(operand, 1.0, ("zero",))

    def value(self, name: str, factors: tuple[str, ...]) -> str:
        """One value that is the product of all factors, by its own name where it is new."""
        if len(factors) > 1:
            *others, last = factors
            return self._multiply(symbol(self._product(tuple(others))), symbol(last), name)
        if self.operations[-1].target == factors[0]:
            self.operations[-1] = replace(self.operations[-1], target=name)
            return name
        return factors[0]

    def _ordered_factors(self, factors: dict[sympy.Expr, int]) -> tuple[str, ...]:
        """The values of a product; one with a mask is computed, since masks only multiply."""
        key = frozenset(factors.items())
        if key in self._masked:
            return (self._masked[key],)
        values: list[str] = []
        switches = []
        for factor in sorted(factors, key=self.order):
            if isinstance(factor, Switch):
                switches.append(factor)
            else:
                values += [self.emit(factor)] * factors[factor]
        if not switches:
            return tuple(values)
        masked = self._product(tuple(values))
        for switch in switches:
            masked = self._multiply(symbol(masked), switch)
        self._masked[key] = masked
        return (masked,)

    def _product(self, values: tuple[str, ...]) -> str:
        def multiply(left: str, right: str) -> str:
            return self._multiply(symbol(left), symbol(right))

        return reduce(multiply, values)
