"""From expressions to operations, each value computed once."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

import sympy

from codegen.math.operations import Operation, Value, monomial
from codegen.math.symbols import Switch, inverse, positive_log, rest, symbol

#: SymPy's names of functions where operations have others.
_OPERATIONS = {
    "absolute": "abs",
    "asinh": "arcsinh",
    "atan": "arctan",
    "positive_power": "pow",
    "whole_power": "pow",
}


class Formulas(Protocol):
    """What is emitted: formulas in order, over operands."""

    @property
    def formulas(self) -> Mapping[str, sympy.Expr]:
        """Name → expression over operands and earlier formulas."""

    @property
    def operands(self) -> tuple[str, ...]:
        """All names that are given."""

    @property
    def settings(self) -> tuple[str, ...]:
        """Those of them that are no arrays of the input's size."""

    @property
    def defaults(self) -> Mapping[str, float]:
        """What stands for an operand that may be absent."""


@dataclass(frozen=True)
class PlainFormulas:
    """Formulas over arrays of the input's size, none of which may be absent."""

    formulas: Mapping[str, sympy.Expr]
    operands: tuple[str, ...]
    settings: tuple[str, ...] = ()
    defaults: Mapping[str, float] = field(default_factory=dict)


class Emitter:
    """Appends operations and remembers which expression each value stands for."""

    def __init__(self, math: Formulas) -> None:
        self.math = math
        self.operations: list[Operation] = []
        self.names: dict[sympy.Expr, str] = {}
        self._taken = {*math.operands, *math.formulas}
        self._rank = {n: i for i, n in enumerate(("grad", *math.operands))}

    def define(self, name: str, formula: sympy.Expr) -> None:
        """Compute a formula of the spec under its own name."""
        value = self.emit(formula, name)
        if value != name:
            self.operations.append(Operation(name, "copy", (value,)))
        self.names[formula] = name

    def emit(self, expression: sympy.Expr, name: str | None = None) -> str:
        """Append what computes `expression`; return the name of its value."""
        if expression in self.names:
            return self.names[expression]
        if expression.is_Symbol:
            return str(expression.name)
        target = name or self.fresh("value")
        if isinstance(expression, sympy.Add):
            self._emit_sum(expression, target)
        elif isinstance(expression, Switch):
            # Of the argument's own dtype, as two numbers to choose from would not be.
            self._append(target, "relu", self._argument(expression.args[0]))
            self._append(target, "sign", target)
            if isinstance(expression, rest):
                self._append(target, "mul", target, -1.0)
                self._append(target, "add", target, 1.0)
        elif isinstance(expression, inverse | positive_log):
            self._emit_where_positive(expression, target)
        elif isinstance(expression, sympy.Mul) or _is_repeated_product(expression):
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
            function = expression.func.__name__.lower()
            self._append(target, _OPERATIONS.get(function, function), *arguments)
        self.names[expression] = target
        return target

    def _argument(self, expression: sympy.Expr) -> Value:
        return float(expression) if expression.is_number else self.emit(expression)

    def _emit_where_positive(self, expression: sympy.Expr, target: str) -> None:
        """What is meant where the argument is positive, 0 elsewhere; 1 takes the place of the
        argument there, so that nothing infinite is ever multiplied by 0."""
        argument = self._argument(expression.args[0])
        within = self.fresh("within")
        self._append(within, "select", argument, 0.0, argument, 1.0)
        if isinstance(expression, positive_log):
            self._append(target, "log", within)
        else:
            inverted = self.fresh("inverse")
            self._append(inverted, "reciprocal", within)
            self._append(target, "mask", inverted, argument)

    def _append(self, target: str, function: str, *arguments: Value) -> None:
        self.operations.append(Operation(target, function, arguments))

    def _emit_sum(self, expression: sympy.Expr, target: str) -> None:
        terms = sorted(
            expression.args, key=lambda t: (t.is_number, self.absent(t) == 0, self.order(t))
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
                optional = value if self.absent(term) == 0 else None
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
        coefficient, factors = monomial(expression)
        below = {f: -p for f, p in factors.items() if p < 0}
        above = {f: p for f, p in factors.items() if p > 0}
        optional = [f for f in above if self.absent(f) == 1 and above[f] == 1]
        for denominator, power in below.items():
            numerators = [f for f in above if above[f] >= power and f not in optional]
            if numerators and power == 1:
                numerator = min(numerators, key=self.order)
                if (
                    len(above) - len(optional) == 1
                    and above[numerator] == 1
                    and len(below) == 1
                    and not optional
                    and coefficient == 1
                ):
                    below_value = self.emit(denominator, self.fresh("denominator"))
                    self._append(target, "div", self.emit(numerator), below_value)
                    return
                quotient = self.emit(numerator / denominator, self.fresh("ratio"))
                above[numerator] -= 1
            else:
                inverse = self.fresh("inverse") if above or len(below) > 1 or power > 1 else target
                self._append(inverse, "reciprocal", self._argument(denominator))
                quotient = inverse
                if inverse == target:
                    return self._scale(target, coefficient)
            above = {symbol(quotient): power} | {f: p for f, p in above.items() if p}
        values = [f for f in above if f not in optional for _ in range(above[f])]
        ordered = sorted(values, key=self.order)
        total = self.emit(ordered[0]) if ordered else self.emit(optional.pop(0))
        remaining = ordered[1:]
        while remaining:
            nxt = remaining.pop(0)
            if self.emit(nxt) == total and total != target:
                self._append(target, "square", total)
            else:
                self._append(target, "mul", total, self.emit(nxt))
            total = target
        for factor in optional:
            value = self.emit(factor)
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

    def absent(self, expression: sympy.Expr) -> float | None:
        return self.math.defaults.get(str(expression)) if expression.is_Symbol else None

    def has_grad(self, expression: sympy.Expr) -> bool:
        name = str(expression)
        return name not in self.math.operands and name.startswith(("grad", "product"))

    def is_full(self, expression: sympy.Expr) -> bool:
        """Whether the value depends on sample and unit both, through a primitive."""
        return not {s.name for s in expression.free_symbols} <= set(self.math.settings)

    def order(self, expression: sympy.Expr) -> tuple[int, int, str]:
        names = [s.name for s in expression.free_symbols]
        ranks = [self._rank.get(n, len(self._rank)) for n in names] or [0]
        return (
            2
            if isinstance(expression, Switch)
            else int(names != [] and set(names) <= set(self.math.settings)),
            min(ranks) if not self.has_grad(expression) else -1,
            str(expression),
        )

    def fresh(self, stem: str) -> str:
        """A name that no value has, nor one whose computation has begun."""
        taken = self._taken | {o.target for o in self.operations}
        names = (stem, *(f"{stem}_{i}" for i in range(2, 1000)))
        name = next(n for n in names if n not in taken)
        self._taken.add(name)
        return name


def _is_repeated_product(expression: sympy.Expr) -> bool:
    """Whether multiplications, divisions and a square root suffice for a power."""
    if not expression.is_Pow or not expression.exp.is_Rational:
        return False
    exponent = expression.exp
    return bool(exponent.q in (1, 2) and abs(exponent) != sympy.Rational(1, 2))
