"""Statements about how large or small a response can be."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import sympy

from codegen.math import proofs
from codegen.math.counterexample import Point, below, listed, number, search, vector
from codegen.math.extremes import extreme
from codegen.math.facts import DISTANCE
from codegen.math.numeric import Array, evaluate
from codegen.math.statements import Statement
from codegen.spec.formula import Formula

SHORTFALL = 0.01
"""How far, of the range of responses, an extreme that is found may stay from one that is stated."""
_KERNELS = 12


@dataclass(frozen=True)
class Bound(Statement):
    """The response does not pass a bound."""

    formula: Formula | None = None

    @property
    def above(self) -> bool:
        """Whether it bounds from above."""
        return self.loc[-1] in ("above", "supremum")

    @property
    def bound(self) -> Formula:
        assert self.formula is not None
        return self.formula

    @property
    def source(self) -> str:
        return f"bounded: {{{self.loc[-1]}: {self.bound.text}}}"

    @property
    def claim(self) -> str:
        return f"the response is at {'most' if self.above else 'least'} {self.bound.text}"

    def prove(self) -> str | None:
        expression = self.facts.relaxed()
        if expression is None:
            return None
        moving = self.facts.moving(expression)
        stated = self.facts.formula(self.bound)
        find = proofs.upper if self.above else proofs.lower
        found = find(expression, moving)
        if found is None:
            return None
        if proofs.nonnegative(stated - found if self.above else found - stated):
            return "a bound of every part of the formula gives a bound of the whole"
        return None

    def refute(self) -> str | None:
        space = self.space

        def passed(point: Mapping[str, Array]) -> npt.NDArray[np.bool_]:
            values = space.values(point)
            limit, response = self.limit(values), space.response(values)
            return below(limit, response) if self.above else below(response, limit)

        point = self.find(passed, "w", "x")
        if point is None:
            return None
        values = space.values({n: np.asarray(v) for n, v in point.items()})
        side = "above" if self.above else "below"
        return (
            f"at {self.place(point)} the response is {number(self.value(point))}, "
            f"{side} {number(float(self.limit(values)))}"
        )

    def limit(self, values: Mapping[str, Array]) -> Array:
        """The bound as a number."""
        return evaluate(self.facts.translator.expression(self.bound.tree), values)


class Extreme(Bound):
    """A bound over x that no better one replaces."""

    @property
    def source(self) -> str:
        return f"{self.name}: {self.bound.text}"

    @property
    def claim(self) -> str:
        which = "least upper" if self.above else "greatest lower"
        return f"the {which} bound of the response over x is {self.bound.text}"

    def prove(self) -> str | None:
        return super().prove() if self._is_reached() else None

    def _is_reached(self) -> bool:
        """Whether x = w, x = −w or x = 0 gives the bound itself."""
        expression = self.facts.relaxed()
        if expression is None:
            return False
        stated = self.facts.formula(self.bound)
        sq_x, sq_w, dot = (self.facts.symbol(n) for n in ("sq_x", "sq_w", "dot"))
        zero = sympy.S.Zero
        for value in ((sq_w, sq_w, zero), (sq_w, -sq_w, 4 * sq_w), (zero, zero, sq_w)):
            there = expression.xreplace(dict(zip((sq_x, dot, DISTANCE), value, strict=True)))
            if proofs.analytic(there) == proofs.analytic(stated):
                return True
        return False

    def refute(self) -> str | None:
        return super().refute() or self._refute_best()

    def _refute_best(self) -> str | None:
        for values, point in self._kernels():
            arrays = {n: np.asarray(v) for n, v in values.items()}
            stated = float(self.limit(arrays))
            found, _, _ = extreme(self.space, values, largest=self.above)
            other, _, _ = extreme(self.space, values, largest=not self.above)
            known = [abs(v) for v in (stated, found - other) if np.isfinite(v)]
            if abs(stated - found) > SHORTFALL * max(known, default=0.0):
                settings = listed(values, [n for n in self.math.settings if n in values])
                side = "above" if self.above else "below"
                return (
                    f"at w = {vector(point, 'w')}{', ' if settings else ''}{settings} no x was "
                    f"found to give a response {side} {number(found)}, and the {self.name} is "
                    f"stated to be {number(stated)}"
                )
        return None

    def _kernels(self) -> list[tuple[dict[str, float], Point]]:
        """Simple kernels and parameters that the condition admits."""
        pools = self.space.vectors("w") | self.space.settings()
        found: dict[tuple[float, ...], tuple[dict[str, float], Point]] = {}

        def another(point: Mapping[str, Array]) -> npt.NDArray[np.bool_]:
            axis = {"w1": np.zeros_like(point["w1"]), "x0": point["w0"], "x1": point["w1"]}
            values = self.space.values(dict(point) | axis)
            names = [n for n in values if n not in ("dot", "sq_x")]
            admitted = np.broadcast_to(self.admitted(values), point["w0"].shape)
            for i in np.flatnonzero(admitted)[:2000]:
                if len(found) == _KERNELS:
                    break
                here = {n: float(np.broadcast_to(values[n], admitted.shape)[i]) for n in names}
                simple = {n: float(point[n][i]) for n in point} | {"w1": 0.0}
                found.setdefault(tuple(here.values()), (here, simple))
            return np.zeros_like(admitted)

        search(pools, another)
        return list(found.values())
