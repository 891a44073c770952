"""Straight-line programs: what a framework's printer turns into statements.

A program is a list of elementary operations on named values. Nothing in it knows a framework;
a printer only has to spell the operations of `Operation.function`.
"""

from dataclasses import dataclass, replace
from functools import reduce
from itertools import combinations

import sympy

from codegen.math.neuron import NeuronMath, adjoints
from codegen.math.symbols import step, symbol

Value = str | float


@dataclass(frozen=True)
class Operation:
    """`target = function(*arguments)`; if the `optional` argument is absent, `target` is the
    other argument."""

    target: str
    function: str
    arguments: tuple[Value, ...]
    optional: str | None = None


@dataclass(frozen=True)
class Derivative:
    """The gradient with respect to `operand`: coefficient × `scalars` × Σ product of `factors`.

    The sum runs over the axes the operand lacks. One factor is a value of the program; more
    leave their last multiplication to the printer, which may fuse it with the sum. `scalars`
    are parameters without axes: multiplying by them after the sum costs nothing.
    """

    operand: str
    coefficient: float
    factors: tuple[str, ...]
    scalars: tuple[str, ...] = ()


@dataclass(frozen=True)
class Program:
    """Operations in order, and what they are for."""

    operations: tuple[Operation, ...]
    result: str = ""
    derivatives: tuple[Derivative, ...] = ()


#: Value of a parameter that leaves a sum or a product unchanged, so that it may be left out.
_IDENTITY: dict[type[sympy.Expr], float] = {sympy.Add: 0.0, sympy.Mul: 1.0}

Monomial = tuple[sympy.Expr, dict[sympy.Expr, int]]


def forward_program(math: NeuronMath) -> Program:
    """The response, formula by formula as the spec states them."""
    builder = _Builder(math)
    for name, formula in math.formulas.items():
        builder.define(name, formula)
    return Program(tuple(builder.operations), "response")


def gradient_program(math: NeuronMath) -> Program:
    """The gradient of `sum(grad * response)` in closed form.

    Intermediate formulas are recomputed from the operands; products that several derivatives
    share are computed once.
    """
    builder = _Builder(math)
    derivatives = adjoints(math)
    terms = {
        operand: [_monomial(term) for term in sympy.Add.make_args(expression)]
        for operand, expression in derivatives.items()
    }
    scalars = {operand: _common_scalars(math, terms[operand]) for operand in terms}
    monomials = [m for operand_terms in terms.values() for m in operand_terms]
    needed = {s.name for _, factors in monomials for f in factors for s in f.free_symbols}
    for name in _used_formulas(math, needed):
        builder.define(name, math.formulas[name])
    builder.introduce_quotients(monomials)
    builder.share_products(monomials)
    summed = tuple(
        replace(builder.derivative(name, terms[name]), scalars=scalars[name])
        for name in math.operands
    )
    return Program(tuple(builder.operations), derivatives=summed)


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


def _monomial(term: sympy.Expr) -> Monomial:
    """Split a product into its number and its factors with integer powers.

    Half-integer powers become integer powers of a square root, so that one root serves all.
    """
    coefficient, rest = term.as_coeff_Mul()
    factors: dict[sympy.Expr, int] = {}
    for factor in sympy.Mul.make_args(rest):
        base, exponent = factor.as_base_exp()
        if exponent.is_Rational and exponent.q == 2:
            base, exponent = sympy.sqrt(base), 2 * exponent
        if not exponent.is_Integer:
            base, exponent = factor, sympy.S.One
        if base != 1:
            factors[base] = factors.get(base, 0) + int(exponent)
    return coefficient, factors


class _Builder:
    """Appends operations and remembers which expression each value stands for."""

    def __init__(self, math: NeuronMath) -> None:
        self.math = math
        self.operations: list[Operation] = []
        self._names: dict[sympy.Expr, str] = {}
        self._masked: dict[frozenset[tuple[sympy.Expr, int]], str] = {}
        self._rank = {n: i for i, n in enumerate(("grad", *math.operands))}

    def define(self, name: str, formula: sympy.Expr) -> None:
        """Compute a formula of the spec under its own name."""
        value = self._emit(formula, name)
        if value != name:
            self.operations.append(Operation(name, "copy", (value,)))
        self._names[formula] = name

    def introduce_quotients(self, monomials: list[Monomial]) -> None:
        """Replace n/d, wherever a denominator has a numerator of its own, by one quotient.

        A quotient keeps the range of its parts: (n/d)² is finite where n² already overflows.
        """
        denominators = {f for _, factors in monomials for f, power in factors.items() if power < 0}
        for denominator in sorted(denominators, key=self._order):
            over = [f for _, f in monomials if f.get(denominator, 0) < 0]
            counts = {
                numerator: sum(1 for f in over if f.get(numerator, 0) > 0)
                for f in over
                for numerator in f
                if f[numerator] > 0 and numerator != symbol("grad") and self._is_full(numerator)
            }
            shared = [n for n in counts if counts[n] == len(over)]
            if shared:
                numerator = min(shared, key=self._order)
                quotient = self._emit(numerator / denominator, self._fresh("ratio"))
            else:
                numerator = sympy.S.One
                quotient = self._emit(1 / denominator, self._fresh("inverse"))
            for factors in over:
                power = -factors.pop(denominator)
                factors[symbol(quotient)] = power
                if numerator != 1:
                    factors[numerator] -= power
                    if factors[numerator] < 0:
                        factors[numerator] += power
                        del factors[symbol(quotient)]
                        inverse = self._emit(1 / denominator, self._fresh("inverse"))
                        factors[symbol(inverse)] = power
                    elif factors[numerator] == 0:
                        del factors[numerator]

    def share_products(self, monomials: list[Monomial]) -> None:
        """Name the products that occur more than once, most frequent first."""
        while True:
            counts: dict[tuple[sympy.Expr, sympy.Expr], int] = {}
            for factors in {tuple(sorted(f.items(), key=str)): f for _, f in monomials}.values():
                ordered = sorted(factors, key=self._order)
                squares = [(f, f) for f in ordered if factors[f] > 1 and not self._has_grad(f)]
                for pair in [*combinations(ordered, 2), *squares]:
                    if not any(isinstance(f, step) for f in pair) or len(factors) == 2:
                        counts[pair] = counts.get(pair, 0) + 1
            repeated = {pair: n for pair, n in counts.items() if n > 1}
            repeated |= {p: n for p, n in counts.items() if isinstance(p[1], step)}
            if not repeated:
                return
            first, second = max(
                repeated, key=lambda pair: (repeated[pair], self._has_grad(pair[0]))
            )
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
        left, right = (
            self._emit(first),
            (self._emit(second.args[0]) if isinstance(second, step) else self._emit(second)),
        )
        function = "mask" if isinstance(second, step) else "mul"
        absent = self._absent(second)
        optional = right if absent == 1.0 else None
        target = name or self._fresh("product")
        self.operations.append(Operation(target, function, (left, right), optional))
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
            value, target = self._product(product), self._fresh("total")
            if abs(ratio) == 1:
                function = "add" if ratio > 0 else "sub"
                self.operations.append(Operation(target, function, (total, value)))
            else:
                self.operations.append(Operation(target, "add_scaled", (total, ratio, value)))
            total = target
        return Derivative(operand, scale, (total,))

    def _ordered_factors(self, factors: dict[sympy.Expr, int]) -> tuple[str, ...]:
        """The values of a product; one with a mask is computed, since masks only multiply."""
        key = frozenset(factors.items())
        if key in self._masked:
            return (self._masked[key],)
        values: list[str] = []
        switches = []
        for factor in sorted(factors, key=self._order):
            if isinstance(factor, step):
                switches.append(factor)
            else:
                values += [self._emit(factor)] * factors[factor]
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

    def _emit(self, expression: sympy.Expr, name: str | None = None) -> str:
        """Append what computes `expression`; return the name of its value."""
        if expression in self._names:
            return self._names[expression]
        if expression.is_Symbol:
            return str(expression.name)
        target = name or self._fresh("value")
        if isinstance(expression, sympy.Add):
            self._emit_sum(expression, target)
        elif (
            isinstance(expression, sympy.Mul)
            or (expression.is_Pow and expression.exp.is_Rational and abs(expression.exp.p) != 1)
            or (expression.is_Pow and expression.exp == -1)
        ):
            self._emit_product(expression, target)
        elif expression.is_Pow and abs(expression.exp) == sympy.Rational(1, 2):
            function = "sqrt" if expression.exp > 0 else "rsqrt"
            self._append(target, function, self._argument(expression.base))
        elif expression.is_Pow:
            self._append(
                target, "pow", self._argument(expression.base), self._argument(expression.exp)
            )
        else:
            arguments = [self._argument(a) for a in expression.args]
            self._append(target, expression.func.__name__.lower(), *arguments)
        self._names[expression] = target
        return target

    def _argument(self, expression: sympy.Expr) -> Value:
        return float(expression) if expression.is_number else self._emit(expression)

    def _append(self, target: str, function: str, *arguments: Value) -> None:
        self.operations.append(Operation(target, function, arguments))

    def _emit_sum(self, expression: sympy.Expr, target: str) -> None:
        terms = sorted(
            expression.args, key=lambda t: (t.is_number, self._absent(t) == 0, self._order(t))
        )
        parts = [t.as_coeff_Mul() if not t.is_number else (t, sympy.S.One) for t in terms]
        positive = next((i for i, (c, _) in enumerate(parts) if c > 0), 0)
        parts.insert(0, parts.pop(positive))
        coefficient, first = parts[0]
        total: Value = self._argument(first if coefficient == 1 else coefficient * first)
        arguments: tuple[Value, ...]
        for coefficient, term in parts[1:]:
            optional = None
            if term.is_number:
                function, arguments = "add", (total, float(coefficient))
            elif coefficient in (1, -1):
                value = self._argument(term)
                function = "add" if coefficient == 1 else "sub"
                arguments = (total, value)
                optional = value if self._absent(term) == 0 else None
            else:
                function, arguments = (
                    "add_scaled",
                    (total, float(coefficient), self._argument(term)),
                )
            self.operations.append(
                Operation(target, function, arguments, str(optional) if optional else None)
            )
            total = target

    def _emit_product(self, expression: sympy.Expr, target: str) -> None:
        coefficient, factors = _monomial(expression)
        below = {f: -p for f, p in factors.items() if p < 0}
        above = {f: p for f, p in factors.items() if p > 0}
        optional = [f for f in above if self._absent(f) == 1 and above[f] == 1]
        for denominator, power in below.items():
            numerators = [f for f in above if above[f] >= power and f not in optional]
            if numerators and power == 1:
                numerator = min(numerators, key=self._order)
                if (
                    len(above) - len(optional) == 1
                    and above[numerator] == 1
                    and len(below) == 1
                    and not optional
                    and coefficient == 1
                ):
                    below_value = self._emit(denominator, self._fresh("denominator"))
                    self._append(target, "div", self._emit(numerator), below_value)
                    return
                quotient = self._emit(numerator / denominator, self._fresh("ratio"))
                above[numerator] -= 1
            else:
                inverse = self._fresh("inverse") if above or len(below) > 1 or power > 1 else target
                self._append(inverse, "reciprocal", self._argument(denominator))
                quotient = inverse
                if inverse == target:
                    return self._scale(target, coefficient)
            above = {symbol(quotient): power} | {f: p for f, p in above.items() if p}
        values = [f for f in above if f not in optional for _ in range(above[f])]
        ordered = sorted(values, key=self._order)
        total = self._emit(ordered[0]) if ordered else self._emit(optional.pop(0))
        remaining = ordered[1:]
        while remaining:
            nxt = remaining.pop(0)
            if self._emit(nxt) == total and total != target:
                self._append(target, "square", total)
            else:
                self._append(target, "mul", total, self._emit(nxt))
            total = target
        for factor in optional:
            value = self._emit(factor)
            self.operations.append(Operation(target, "mul", (total, value), value))
            total = target
        if coefficient != 1:
            self._append(target, "mul", total, float(coefficient))
        elif total != target:
            self._append(target, "copy", total)
        return None

    def _scale(self, target: str, coefficient: sympy.Expr) -> None:
        if coefficient != 1:
            self._append(target, "mul", target, float(coefficient))

    def _absent(self, expression: sympy.Expr) -> float | None:
        parameter = self.math.spec.parameters.get(str(expression)) if expression.is_Symbol else None
        return parameter.absent if parameter else None

    def _has_grad(self, expression: sympy.Expr) -> bool:
        return expression.is_Symbol and str(expression).startswith(("grad", "product"))

    def _is_full(self, expression: sympy.Expr) -> bool:
        """Whether the value depends on sample and unit both, through a primitive."""
        return not {s.name for s in expression.free_symbols} <= set(self.math.spec.parameters)

    def _product_name(self, first: sympy.Expr) -> str:
        return "product"

    def _order(self, expression: sympy.Expr) -> tuple[int, int, str]:
        names = [s.name for s in expression.free_symbols]
        ranks = [self._rank.get(n, len(self._rank)) for n in names] or [0]
        return (
            2
            if isinstance(expression, step)
            else int(names != [] and set(names) <= set(self.math.spec.parameters)),
            min(ranks) if not self._has_grad(expression) else -1,
            str(expression),
        )

    def _fresh(self, stem: str) -> str:
        taken = {o.target for o in self.operations} | set(self.math.formulas)
        if stem not in taken:
            return stem
        return next(n for i in range(2, 1000) if (n := f"{stem}_{i}") not in taken)
