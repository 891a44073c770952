"""What a neuron may state of its response: in words, with a proof if the rules give one, and with
a counterexample if a search finds one."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from codegen.math import proofs
from codegen.math.counterexample import (
    Point,
    Space,
    Violated,
    below,
    differ,
    listed,
    number,
    search,
    vector,
)
from codegen.math.facts import Facts
from codegen.math.neuron import NeuronMath
from codegen.math.numeric import Array, holds
from codegen.spec.formula import Formula
from codegen.spec.models import PRIMITIVES


@dataclass(frozen=True)
class Statement(ABC):
    """One statement, for all parameters that its condition admits."""

    math: NeuronMath
    loc: tuple[str, ...]
    """Where it stands below `properties`."""
    condition: Formula | bool = True

    @property
    def name(self) -> str:
        return self.loc[0]

    @property
    def source(self) -> str:
        """The statement as the spec has it, on one line."""
        condition = "" if isinstance(self.condition, bool) else f": {self.condition.text}"
        return f"{self.loc[0]}{condition}"

    @property
    def words(self) -> str:
        """The statement in words."""
        where = "" if isinstance(self.condition, bool) else f", where {self.condition.text}"
        return f"{self.claim}{where}"

    @property
    @abstractmethod
    def claim(self) -> str:
        """The statement in words, its condition left out."""

    @abstractmethod
    def prove(self) -> str | None:
        """Why it holds, or None."""

    @abstractmethod
    def refute(self) -> str | None:
        """Where it fails and how, or None."""

    @property
    def facts(self) -> Facts:
        return Facts(self.math, self.condition)

    @property
    def space(self) -> Space:
        return Space(self.math)

    def admitted(self, values: Mapping[str, Array]) -> npt.NDArray[np.bool_]:
        """Where the condition holds."""
        return holds(self.condition, self.facts.translator, values)

    def find(self, violated: Violated, *vectors: str, **more: tuple[float, ...]) -> Point | None:
        """A simple point at which the condition holds and the statement does not."""
        pools = self.space.vectors(*vectors) | self.space.settings() | more

        def falsified(point: Mapping[str, Array]) -> npt.NDArray[np.bool_]:
            return violated(point) & self.admitted(self.space.values(point))

        return search(pools, falsified)

    def place(self, point: Point, w: str = "w", x: str = "x") -> str:
        """`w = (1, 0), x = (2, 0), i.e. dot = 2, sq_x = 4, sq_w = 1, bias = 0`."""
        arrays = {name: np.asarray(value) for name, value in point.items()}
        values = self.space.values(arrays, w, x)
        used = [n for n in self.math.operands if n not in PRIMITIVES]
        primitives = listed(values, PRIMITIVES)
        rest = f", {listed(values, used)}" if used else ""
        return f"w = {vector(point, w)}, x = {vector(point, x)}, i.e. {primitives}{rest}"

    def value(self, point: Point, w: str = "w", x: str = "x") -> float:
        """The response at a point."""
        arrays = {name: np.asarray(value) for name, value in point.items()}
        return float(self.space.response(self.space.values(arrays, w, x)))


class Nonnegative(Statement):
    """response ≥ 0."""

    claim = "the response is never negative"

    def prove(self) -> str | None:
        expression = self.facts.relaxed()
        if expression is not None and proofs.nonnegative(expression):
            return "no part of the formula can make it negative"
        return None

    def refute(self) -> str | None:
        space = self.space

        def negative(point: Mapping[str, Array]) -> npt.NDArray[np.bool_]:
            return below(space.response(space.values(point)), np.asarray(0.0))

        point = self.find(negative, "w", "x")
        if point is None:
            return None
        return f"at {self.place(point)} the response is {number(self.value(point))}"


class Symmetric(Statement):
    """response(w, x) = response(x, w)."""

    claim = "exchanging w and x changes nothing"

    def prove(self) -> str | None:
        expression = self.facts.response()
        if expression is None:
            return None
        sq_x, sq_w = self.facts.symbol("sq_x"), self.facts.symbol("sq_w")
        if expression.xreplace({sq_x: sq_w, sq_w: sq_x}) == expression:
            return "the formula stays the same when sq_x and sq_w are exchanged"
        return None

    def refute(self) -> str | None:
        space = self.space

        def unequal(point: Mapping[str, Array]) -> npt.NDArray[np.bool_]:
            here = space.response(space.values(point))
            return differ(here, space.response(space.values(point, "x", "w")))

        point = self.find(unequal, "w", "x")
        if point is None:
            return None
        here, there = self.value(point), self.value(point, "x", "w")
        return (
            f"at {self.place(point)} the response is {number(here)}, "
            f"and with w and x exchanged {number(there)}"
        )


class RotationInvariant(Statement):
    """response(Rw, Rx) = response(w, x)."""

    claim = "rotating w and x together changes nothing"

    def prove(self) -> str | None:
        return "the formula sees w and x through dot, sq_x and sq_w alone, which rotations keep"

    def refute(self) -> str | None:
        return None


@dataclass(frozen=True)
class Homogeneous(Statement):
    """Scaling by s scales the response by a power of s."""

    degrees: Mapping[str, int] | None = None
    """`degree`, and those of parameters."""

    @property
    def scaled(self) -> str:
        """The vectors that are scaled."""
        return {"homogeneous_in_x": "x", "homogeneous_in_w": "w"}.get(self.name, "w and x")

    @property
    def all_degrees(self) -> dict[str, int]:
        """The degree of everything that is scaled."""
        of_x, of_w = int("x" in self.scaled), int("w" in self.scaled)
        stated = {n: d for n, d in (self.degrees or {}).items() if n != "degree"}
        return {"dot": of_x + of_w, "sq_x": 2 * of_x, "sq_w": 2 * of_w} | stated

    @property
    def source(self) -> str:
        degrees = ", ".join(f"{n}: {d}" for n, d in (self.degrees or {}).items())
        return f"{self.name}: {{{degrees}}}"

    @property
    def claim(self) -> str:
        stated = dict(self.degrees or {})
        degree = stated.pop("degree")
        parts = [f"{n} by {_power(d)}" for n, d in stated.items() if d]
        scaling = ", ".join([f"scaling {self.scaled} by any s > 0", *parts])
        if degree == 0:
            return f"{scaling} leaves the response as it is"
        return f"{scaling} scales the response by {_power(degree)}"

    def prove(self) -> str | None:
        expression = self.facts.response()
        if expression is None:
            return None
        found = proofs.degree(expression, self.all_degrees)
        if found == (self.degrees or {})["degree"]:
            return "every term of the formula scales alike"
        return None

    def refute(self) -> str | None:
        space, factor = self.space, 2.0 ** (self.degrees or {})["degree"]

        def scaled(values: Mapping[str, Array]) -> Array:
            more = {n: values[n] * 2.0**d for n, d in self.all_degrees.items()}
            return space.response(dict(values) | more)

        def unequal(point: Mapping[str, Array]) -> npt.NDArray[np.bool_]:
            values = space.values(point)
            return differ(scaled(values), factor * space.response(values))

        point = self.find(unequal, "w", "x")
        if point is None:
            return None
        here = self.value(point)
        there = float(scaled(space.values({n: np.asarray(v) for n, v in point.items()})))
        return (
            f"at {self.place(point)} the response is {number(here)}, and scaled by s = 2 it is "
            f"{number(there)}, not {number(factor * here)}"
        )


def _power(degree: int) -> str:
    return "s" if degree == 1 else f"s^{degree}"
