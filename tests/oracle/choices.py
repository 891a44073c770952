"""Decisions between numbers of which only an interval is known.

Where the interval leaves a decision open, an implementation may take either side, and the bound
covers both.
"""

import ast

import numpy as np

from tests.oracle.pair import Array, Pair, vacuous_if_nan

_COMPARE = {
    ast.Lt: np.less,
    ast.LtE: np.less_equal,
    ast.Gt: np.greater,
    ast.GtE: np.greater_equal,
}


class Decision:
    """A comparison of two numbers: how it turns out, and where that is certain."""

    def __init__(self, left: Pair, sign: ast.cmpop, right: Pair) -> None:
        self.holds: Array = _COMPARE[type(sign)](left.value, right.value)
        with np.errstate(invalid="ignore"):
            gap = np.abs(left.value - right.value)
            error = left.bound + right.bound
            # Numbers closer than the smallest normal one may be told apart or not: code may
            # compare their difference with 0, and flush it.
            apart = gap > error + left.arithmetic.tiny
        self.certain: Array = apart | ((gap == 0) & (error == 0))

    def choose(self, first: Pair, second: Pair) -> Pair:
        """The first where the comparison holds, the second elsewhere."""
        value, bound = self._taken(first, second)
        other_value, other_bound = self._taken(second, first)
        roundoff = first.arithmetic.unit_roundoff  # also covers that of the distance itself
        with np.errstate(invalid="ignore"):
            distance = np.abs(other_value - value).astype(np.float64) * (1 + 2 * roundoff)
            distance = distance + other_bound
        either = vacuous_if_nan(np.maximum(bound, distance))
        return Pair(value, np.where(self.certain, bound, either), first.arithmetic)

    def extreme(self, first: Pair, second: Pair) -> Pair:
        """The same, if it is a maximum or minimum: no further off than the worse of the two."""
        value, bound = self._taken(first, second)
        worse = np.maximum(first.bound, second.bound)
        return Pair(value, np.where(self.certain, bound, worse), first.arithmetic)

    def _taken(self, first: Pair, second: Pair) -> tuple[Array, Array]:
        return (
            np.where(self.holds, first.value, second.value),
            np.where(self.holds, first.bound, second.bound),
        )


def relu(a: Pair) -> Pair:
    """max(a, 0): exactly 0 where a is surely negative."""
    zero = a.arithmetic.exact(0.0)
    return Decision(a, ast.Gt(), zero).extreme(a, zero)


def step(a: Pair) -> Pair:
    """1 where a > 0, 0 elsewhere."""
    exact = a.arithmetic.exact
    return Decision(a, ast.Gt(), exact(0.0)).choose(exact(1.0), exact(0.0))


def sign(a: Pair) -> Pair:
    """−1, 0 or 1."""
    certain = Decision(a, ast.Gt(), a.arithmetic.exact(0.0)).certain
    return Pair(np.sign(a.value), np.where(certain, 0.0, 2.0), a.arithmetic)
