"""Check what a function states of its result.

A statement is proved by looking at the result as a quotient of affine functions of one power, or of
one number; where that does not suffice, numbers are searched at which it is false.
"""

from abc import abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import sympy

from codegen.math import proofs
from codegen.math.counterexample import below, differ, number, search
from codegen.math.function import REST, FunctionMath, affine_quotient
from codegen.math.numeric import Array, evaluate
from codegen.math.properties import Status, Verdict
from codegen.math.symbols import softmax, symbol
from codegen.spec.formula import Formula

_ENTRIES = 3
_X = (1.0, 2.0, 0.5, 0.0, 3.0, 0.25, 8.0, 100.0, 2**-7, -1.0)
_POSITIVE = (1.0, 2.0, 0.5, 3.0, 4.0, 0.25, 10.0)
_REAL = (0.0, 1.0, -1.0, 2.0, -2.0, 0.5, -0.5, 3.0, 10.0)

Values = Mapping[str, Array]


@dataclass(frozen=True)
class Space:
    """Where statements about a function are tried: three entries along an axis, and numbers."""

    math: FunctionMath

    def pools(self) -> dict[str, tuple[float, ...]]:
        """The simple numbers of every entry and every argument."""
        entries = _ENTRIES if self.math.spec.axis else 1
        pools: dict[str, tuple[float, ...]] = {f"x{i}": _X for i in range(entries)}
        for name, argument in self.math.spec.arguments.items():
            if argument.value is not None:
                pools[name] = _POSITIVE if argument.positive else _REAL
        return pools

    def values(self, point: Values) -> dict[str, Array]:
        """The array, its entries along the last axis, and the numbers."""
        entries = [point[n] for n in self.pools() if n not in self.math.spec.numbers]
        numbers = {n: np.asarray(point[n])[..., None] for n in self.math.spec.numbers}
        axis = {self.math.spec.axis: np.asarray(-1.0)} if self.math.spec.axis else {}
        return {"x": np.stack(np.broadcast_arrays(*entries), axis=-1), **numbers, **axis}

    def result(self, values: Values) -> Array:
        """The function as it is defined."""
        return evaluate(self.math.defined, values)

    def formula(self, formula: Formula, values: Values) -> Array:
        """A formula of a statement."""
        return evaluate(self.math.translated(formula), values)


@dataclass(frozen=True)
class Statement:
    """One statement; `loc` is where it stands below `properties`."""

    math: FunctionMath
    loc: tuple[str, ...]
    formula: Formula | None = None

    @property
    @abstractmethod
    def source(self) -> str:
        """The statement as the spec has it, on one line."""

    @property
    @abstractmethod
    def words(self) -> str:
        """The statement in words."""

    @abstractmethod
    def prove(self) -> str | None:
        """Why it holds, or None."""

    @abstractmethod
    def violated(self, point: Values) -> npt.NDArray[np.bool_]:
        """Where it does not hold."""

    @abstractmethod
    def explain(self, point: Values) -> str:
        """How it fails there."""

    @property
    def more(self) -> dict[str, tuple[float, ...]]:
        """Numbers that are tried beside entries and arguments."""
        return {}

    @cached_property
    def space(self) -> Space:
        return Space(self.math)

    def refute(self) -> str | None:
        """Where it fails and how, or None."""
        point = search(self.space.pools() | self.more, self.violated)
        return None if point is None else self.explain({n: np.asarray(v) for n, v in point.items()})

    def place(self, point: Values) -> str:
        """`x = 2, n = 1`, or `x = (2, 0, 1), n = 1`."""
        values = self.space.values(point)
        listed = [number(v) for v in values["x"]]
        x = listed[0] if len(listed) == 1 else f"({', '.join(listed)})"
        numbers = [f"{n} = {number(float(values[n].item()))}" for n in self.math.spec.numbers]
        return ", ".join([f"x = {x}", *numbers])

    def shown(self, values: Values) -> str:
        """The result at a point, its first entry."""
        return number(float(self.space.result(values)[..., 0]))


class Monotone(Statement):
    """The result grows, or falls, with an argument."""

    @property
    def rises(self) -> bool:
        return self.loc[-1] == "increasing"

    @property
    def source(self) -> str:
        return f"monotone: {{{self.loc[1]}: {self.loc[2]}}}"

    @property
    def words(self) -> str:
        direction = "falls" if self.rises else "rises"
        return f"the result never {direction} as {self.loc[1]} grows"

    def prove(self) -> str | None:
        name = self.loc[1]
        if name == "x":
            quotient = self.math.of_power
            if quotient is None or not proofs.nonnegative(self.math.power_exponent):
                return None
        else:
            moving = self.math.known(symbol(name))
            quotient = affine_quotient(self.math.entrywise, moving)
        if quotient is None:
            return None
        k, m, c, d = quotient
        slope = sympy.expand(m * c - k * d)
        denominator = proofs.nonnegative(c) and proofs.nonnegative(d)
        if denominator and proofs.nonnegative(slope if self.rises else -slope):
            what = "a power of x" if name == "x" else name
            return f"the result is a quotient of affine functions of {what}, which is monotone"
        return None

    @property
    def more(self) -> dict[str, tuple[float, ...]]:
        pools = self.space.pools()
        return {"moved": pools["x0" if self.loc[1] == "x" else self.loc[1]]}

    def _moved(self, point: Values) -> dict[str, Array]:
        return dict(point) | {"x0" if self.loc[1] == "x" else self.loc[1]: point["moved"]}

    def violated(self, point: Values) -> npt.NDArray[np.bool_]:
        moved = self._moved(point)
        key = "x0" if self.loc[1] == "x" else self.loc[1]
        here, there = (self.space.result(self.space.values(p))[..., 0] for p in (point, moved))
        wrong = below(there, here) if self.rises else below(here, there)
        return wrong & (point[key] < point["moved"])

    def explain(self, point: Values) -> str:
        moved = self._moved(point)
        here, there = self.space.values(point), self.space.values(moved)
        return (
            f"at {self.place(point)} the result is {self.shown(here)}, "
            f"and at {self.place(moved)} it is {self.shown(there)}"
        )


class Bound(Statement):
    """No entry of the result, or no sum of it, passes a bound."""

    @property
    def of_total(self) -> bool:
        return self.loc[0] == "total"

    @property
    def above(self) -> bool:
        return self.loc[-1] == "above"

    @property
    def bound(self) -> Formula:
        assert self.formula is not None
        return self.formula

    @property
    def source(self) -> str:
        return f"{self.loc[0]}: {{{self.loc[1]}: {self.bound.text}}}"

    @property
    def words(self) -> str:
        what = "the sum of the result along the axis" if self.of_total else "the result"
        return f"{what} is at {'most' if self.above else 'least'} {self.bound.text}"

    def prove(self) -> str | None:
        result = self.math.known(self.math.result)
        if self.of_total:
            factor, rest = result.as_independent(softmax, as_Add=False)
            if not isinstance(rest, softmax) or not proofs.nonnegative(factor):
                return None
            found = factor if self.above else sympy.S.Zero
        else:
            moving = frozenset({self.math.known(symbol("x"))})
            found = (proofs.upper if self.above else proofs.lower)(result, moving)
        if found is None:
            return None
        stated = self.math.known(self.math.translated(self.bound))
        if proofs.nonnegative(stated - found if self.above else found - stated):
            return "a bound of the form in which it is computed"
        return None

    def _sides(self, point: Values) -> tuple[Array, Array]:
        values = self.space.values(point)
        result = self.space.result(values)
        if self.of_total:
            result = np.sum(result, axis=-1, keepdims=True)
        return result, np.broadcast_to(self.space.formula(self.bound, values), result.shape)

    def violated(self, point: Values) -> npt.NDArray[np.bool_]:
        result, bound = self._sides(point)
        wrong = below(bound, result) if self.above else below(result, bound)
        return np.asarray(wrong.any(axis=-1))

    def explain(self, point: Values) -> str:
        result, bound = self._sides(point)
        worst = float(result.max() if self.above else result.min())
        what = "the sum of the result" if self.of_total else "the result"
        side = "above" if self.above else "below"
        limit = number(float(bound.flat[0]))
        return f"at {self.place(point)} {what} is {number(worst)}, {side} {limit}"


class Reciprocal(Statement):
    """f(1 / x) as a formula of f(x)."""

    @property
    def source(self) -> str:
        assert self.formula is not None
        return f"reciprocal: {self.formula.text}"

    @property
    def words(self) -> str:
        assert self.formula is not None
        return f"at 1 / x the function is {self.formula.text}"

    def prove(self) -> str | None:
        quotient = self.math.of_power
        if quotient is None or not self.math.is_elementwise or self.formula is None:
            return None
        k, m, c, d = quotient
        p = sympy.Dummy(positive=True)
        here, there = (k + m * p) / (c + d * p), (k * p + m) / (c * p + d)
        result = sympy.Dummy()
        stated = self.math.translated(self.formula).xreplace({symbol("result"): result})
        stated = self.math.known(stated).xreplace({result: here})
        return "both are the same quotient" if sympy.cancel(there - stated) == 0 else None

    def _sides(self, point: Values) -> tuple[Array, Array]:
        assert self.formula is not None
        values = self.space.values(point)
        inverted = dict(values) | {"x": 1 / np.where(values["x"] > 0, values["x"], 1.0)}
        there = self.space.result(inverted)
        result = self.space.result(values)
        return there, self.space.formula(self.formula, dict(values) | {"result": result})

    def violated(self, point: Values) -> npt.NDArray[np.bool_]:
        there, stated = self._sides(point)
        positive = self.space.values(point)["x"] > 0
        return np.asarray((differ(there, stated) & positive.all(axis=-1, keepdims=True)).any(-1))

    def explain(self, point: Values) -> str:
        there, stated = (number(float(side.flat[0])) for side in self._sides(point))
        return f"at {self.place(point)} the function of 1 / x is {there}, not {stated}"


@dataclass(frozen=True)
class Scaling(Statement):
    """Multiplying arguments by powers of one number changes nothing."""

    degrees: Mapping[str, Formula] | None = None

    @property
    def source(self) -> str:
        degrees = ", ".join(f"{n}: {d.text}" for n, d in (self.degrees or {}).items())
        return f"scaling: {{{degrees}}}"

    @property
    def words(self) -> str:
        parts = (
            f"{n} by {'c' if d.text == '1' else f'c**{d.text}'}"
            for n, d in (self.degrees or {}).items()
        )
        return f"scaling {' and '.join(parts)} leaves the result as it is"

    def prove(self) -> str | None:
        quotient = self.math.of_power
        if quotient is None or self.degrees is None:
            return None
        c = sympy.Symbol("c", positive=True)
        degrees = {n: self.math.known(self.math.translated(d)) for n, d in self.degrees.items()}
        exponent = self.math.known(self.math.power_exponent)
        growth = c ** (degrees["x"] * exponent)
        changes = {
            self.math.known(symbol(n)): self.math.known(symbol(n)) * c**d
            for n, d in degrees.items()
            if n != "x"
        } | {REST: REST * growth}
        top, below_, p = quotient[:2], quotient[2:], sympy.Dummy(positive=True)

        def value(power: sympy.Expr, change: Mapping[sympy.Expr, sympy.Expr]) -> sympy.Expr:
            (k, m), (a, b) = ([e.xreplace(dict(change)) for e in pair] for pair in (top, below_))
            return (k + m * power) / (a + b * power)

        scaled, plain = value(p * growth, changes), value(p, {})
        ratio = sympy.simplify(scaled / plain)
        return "numerator and denominator scale alike" if ratio == 1 else None

    @property
    def more(self) -> dict[str, tuple[float, ...]]:
        return {"factor": (2.0, 0.5, 4.0)}

    def _scaled(self, point: Values) -> dict[str, Array]:
        values = self.space.values(point)
        scaled = dict(values)
        for name, degree in (self.degrees or {}).items():
            power = self.space.formula(degree, values)
            scaled[name] = values[name] * np.asarray(point["factor"])[..., None] ** power
        return scaled

    def violated(self, point: Values) -> npt.NDArray[np.bool_]:
        here = self.space.result(self.space.values(point))
        return np.asarray(differ(self.space.result(self._scaled(point)), here).any(axis=-1))

    def explain(self, point: Values) -> str:
        here, there = self.shown(self.space.values(point)), self.shown(self._scaled(point))
        factor = number(float(point["factor"]))
        return f"at {self.place(point)} the result is {here}, and with c = {factor} it is {there}"


def check_function(math: FunctionMath) -> tuple[Verdict, ...]:
    """A verdict on every statement of a function, in the order of the spec language."""
    return tuple(map(_verdict, statements(math)))


def statements(math: FunctionMath) -> Iterator[Statement]:
    """Everything that a function states, one statement at a time."""
    stated = math.spec.properties
    for name, direction in (stated.monotone or {}).items():
        yield Monotone(math, ("monotone", name, direction))
    for key in ("bounded", "total"):
        limits = getattr(stated, key)
        for side in ("below", "above"):
            if limits is not None and (formula := getattr(limits, side)) is not None:
                yield Bound(math, (key, side), formula)
    if stated.reciprocal is not None:
        yield Reciprocal(math, ("reciprocal",), stated.reciprocal)
    if stated.scaling is not None:
        yield Scaling(math, ("scaling",), degrees=stated.scaling)


def _verdict(statement: Statement) -> Verdict:
    status: Status = "tested"
    reason = "no proof was found, and no counterexample either"
    if proof := statement.prove():
        status, reason = "proved", proof
    elif counterexample := statement.refute():
        status, reason = "refuted", counterexample
    loc = statement.loc[:2]
    return Verdict(loc[0], statement.words, status, reason, statement.source, loc)
