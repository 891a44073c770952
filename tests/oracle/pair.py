"""Running error analysis: numbers that know how wrong a computed version of them may be.

A pair (value, bound) says: whoever evaluates this expression in an arithmetic of unit roundoff u,
in any of the usual orders, gets a result within `bound` of `value`. Values are computed in
extended precision; bounds follow Higham, Accuracy and Stability of Numerical Algorithms, 2nd ed.,
sections 2.2 (the model fl(a ∘ b) = (a ∘ b)(1 + δ), |δ| ≤ u), 3.1 (γₙ = nu / (1 − nu) for sums of n
terms in any order) and 3.3 (running error bounds). An infinite bound is vacuous: the expression
has a denominator, root or logarithm whose argument may be anywhere near its singularity.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

Array = np.ndarray

#: Rounding errors counted per operation: one of its own, and room for another order of the same
#: operations (α c (c/D) for α c² / D) and for functions that are right to a few units only.
ROUNDINGS = 4


@dataclass(frozen=True)
class Arithmetic:
    """The arithmetic of the implementation under judgement."""

    unit_roundoff: float
    tiny: float
    """Smallest normal number: what is below may be flushed to zero."""
    largest: float

    def gamma(self, terms: int) -> float:
        """Relative error of a sum of products of `terms` terms, in any order."""
        n = (terms + 2) * self.unit_roundoff
        return n / (1 - n)

    def rounded(self, value: Array, error: Array) -> Pair:
        """The result of one operation whose arguments' errors amount to `error`.

        A zero that comes of numbers known exactly is zero in any arithmetic.
        """
        size = np.abs(value).astype(np.float64) + error
        bound = error + ROUNDINGS * (
            self.unit_roundoff * size + self.tiny * ((value != 0) | (error > 0))
        )
        return Pair(value, np.where(size < self.largest, bound, np.inf), self)

    def exact(self, value: Array | float) -> Pair:
        """A number the implementation is given as it is; a subnormal one it may take for zero."""
        value = np.asarray(value, dtype=np.longdouble)
        size = np.abs(value).astype(np.float64)
        return Pair(value, np.where(size < self.tiny, size, 0.0), self)

    def constant(self, value: float) -> Pair:
        """A number in a formula, rounded unless it has few digits."""
        error = 0.0 if is_short(value) else ROUNDINGS * self.unit_roundoff * abs(value)
        pair = self.exact(value)
        return Pair(pair.value, pair.bound + error, self)


FLOAT32 = Arithmetic(2.0**-24, 2.0**-126, float(np.finfo(np.float32).max))
FLOAT64 = Arithmetic(2.0**-53, 2.0**-1022, float(np.finfo(np.float64).max))


@dataclass(frozen=True, eq=False)
class Pair:
    """Value and bound, arrays that broadcast together; operators follow the error model."""

    value: Array
    bound: Array
    arithmetic: Arithmetic

    def _lift(self, other: Pair | float) -> Pair:
        return other if isinstance(other, Pair) else self.arithmetic.exact(other)

    def __neg__(self) -> Pair:
        return Pair(-self.value, self.bound, self.arithmetic)

    def __add__(self, other: Pair | float) -> Pair:
        other = self._lift(other)
        return self.arithmetic.rounded(self.value + other.value, self.bound + other.bound)

    def __sub__(self, other: Pair | float) -> Pair:
        return self + -self._lift(other)

    def __mul__(self, other: Pair | float) -> Pair:
        other = self._lift(other)
        with np.errstate(invalid="ignore"):
            error = (
                np.abs(self.value) * other.bound
                + np.abs(other.value) * self.bound
                + self.bound * other.bound
            ).astype(np.float64)
            value = self.value * other.value
        return self.arithmetic.rounded(value, vacuous_if_nan(error))

    def __truediv__(self, other: Pair | float) -> Pair:
        other = self._lift(other)
        smallest = (np.abs(other.value) - other.bound).astype(np.float64)
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            value = self.value / other.value
            error = ((self.bound + np.abs(value) * other.bound) / smallest).astype(np.float64)
        error = np.where(smallest > 0, error, np.inf)
        value = np.where(np.isfinite(value), value, 0)
        return self.arithmetic.rounded(value, vacuous_if_nan(error))

    def power(self, exponent: int) -> Pair:
        """A whole power as products, in any order: n − 1 roundings at most."""
        if exponent < 0:
            return self.arithmetic.exact(1.0) / self.power(-exponent)
        if exponent <= 1:
            return self if exponent else self.arithmetic.exact(np.ones(self.value.shape))
        half = self.power(exponent // 2)
        return half * half * self if exponent % 2 else half * half

    def absolute(self) -> Pair:
        """|a|."""
        return Pair(np.abs(self.value), self.bound, self.arithmetic)

    @property
    def vanishes(self) -> Array:
        """Where the number is surely not positive."""
        return self.value + self.bound <= 0

    def zero_where(self, condition: Array) -> Pair:
        """The same, but exactly 0 under a condition."""
        value, bound = np.where(condition, 0, self.value), np.where(condition, 0.0, self.bound)
        return Pair(value, bound, self.arithmetic)


def is_short(value: float) -> bool:
    """Whether a number has so few digits that every arithmetic holds it as it is."""
    with np.errstate(over="ignore"):
        return float(np.float32(value)) == value


def vacuous_if_nan(error: Array) -> Array:
    """0 · ∞ in a bound stands for no bound."""
    return np.where(np.isnan(error), np.inf, error)


def contract(subscripts: str, left: Pair, right: Pair, terms: int) -> Pair:
    """A sum of `terms` products, as `numpy.einsum` writes it."""
    arithmetic = left.arithmetic
    value = np.einsum(subscripts, left.value, right.value)
    left_size, right_size = (np.abs(p.value).astype(np.float64) for p in (left, right))
    with np.errstate(invalid="ignore"):
        error = (
            np.einsum(subscripts, left_size, right.bound)
            + np.einsum(subscripts, left.bound, right_size)
            + np.einsum(subscripts, left.bound, right.bound)
        )
        size = np.einsum(subscripts, left_size, right_size)
    error = vacuous_if_nan(error) + arithmetic.gamma(terms) * size
    error = error + terms * arithmetic.tiny * (size + error > 0)
    return arithmetic.rounded(value, error)
