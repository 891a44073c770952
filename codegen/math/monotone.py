"""Responses that grow, or fall, with one quantity while all others are held."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import sympy

from codegen.math import proofs
from codegen.math.counterexample import below, number
from codegen.math.numeric import Array
from codegen.math.statements import Statement
from codegen.spec.models import PRIMITIVES


@dataclass(frozen=True)
class Monotone(Statement):
    """The response never falls, or never rises, as one quantity grows and all else is held."""

    @property
    def subject(self) -> str:
        return self.loc[1]

    @property
    def increasing(self) -> bool:
        return self.loc[2] == "increasing"

    @property
    def source(self) -> str:
        direction = self.loc[2]
        if not isinstance(self.condition, bool):
            direction = f"{{{direction}: {self.condition.text}}}"
        return f"monotone: {{{self.subject}: {direction}}}"

    @property
    def claim(self) -> str:
        verb = "falls" if self.increasing else "rises"
        return f"the response never {verb} as {self.subject} grows and all else is held"

    def moving(self) -> frozenset[str]:
        """The operands that change the subject and nothing else that the response reads."""
        formulas = self.math.formulas
        if self.subject not in formulas:
            return frozenset({self.subject})
        without = dict(formulas)
        del without[self.subject]
        return _operands(self.subject, formulas) - _operands("response", without)

    def prove(self) -> str | None:
        expression = self.facts.response(self.subject)
        if expression is None:
            return None
        found = proofs.trend(expression, self.facts.symbol(self.subject))
        if found is not None and found != (-1 if self.increasing else 1):
            return "every part of the formula that it moves goes that way"
        return None

    def refute(self) -> str | None:
        space, moving, subject = self.space, self.moving(), self.subject
        settings = space.settings()
        others = {f"{n}′": pool for n, pool in settings.items() if n in moving}
        w = "u" if "sq_w" in moving else "w"
        x = "v" if moving & {"dot", "sq_x"} else "x"
        vectors = {"w", "x", w, x}

        def ends(point: Mapping[str, Array]) -> tuple[dict[str, Array], dict[str, Array]]:
            second = dict(point) | {n: point[f"{n}′"] for n in settings if f"{n}′" in point}
            return space.values(point), space.values(second, w, x)

        def wrong(point: Mapping[str, Array]) -> npt.NDArray[np.bool_]:
            first, second = ends(point)
            held = [first[n] == second[n] for n in PRIMITIVES if n not in moving]
            one, other = (
                v[subject] if subject in v else space.response(v, subject) for v in (first, second)
            )
            before, after = space.response(first), space.response(second)
            fell = below(after, before) if self.increasing else below(before, after)
            comparable = np.logical_and.reduce(np.broadcast_arrays(below(one, other), fell, *held))
            return np.asarray(comparable & self.admitted(second))

        point = self.find(wrong, *sorted(vectors), **others)
        if point is None:
            return None
        second = dict(point) | {n: point[f"{n}′"] for n in settings if f"{n}′" in point}
        return (
            f"at {self.place(point)} the response is {number(self.value(point))}, "
            f"and at {self.place(second, w, x)} it is {number(self.value(second, w, x))}"
        )


def _operands(name: str, formulas: Mapping[str, sympy.Expr]) -> frozenset[str]:
    """The primitives and parameters that a formula depends on through the given ones."""
    if name not in formulas:
        return frozenset({name})
    used = (s.name for s in formulas[name].free_symbols)
    return frozenset().union(*(_operands(n, formulas) for n in used))
