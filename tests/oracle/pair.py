"""Running error analysis: numbers that know how wrong a computed version of them may be.

A pair (value, bound) says: whoever evaluates this expression in an arithmetic of unit roundoff u,
in any of the usual orders, gets a result within `bound` of `value`. Values are computed in
extended precision; bounds follow Higham, Accuracy and Stability of Numerical Algorithms, 2nd ed.,
sections 2.2 (the model fl(a ∘ b) = (a ∘ b)(1 + δ), |δ| ≤ u), 3.1 (γₙ = nu / (1 − nu) for sums of n
terms in any order) and 3.3 (running error bounds). An infinite bound is vacuous: the expression
has a denominator, root or logarithm whose argument may be anywhere near its singularity.
"""

from __future__ import annotations

from collections.abc import Callable
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
        """The result of one operation whose arguments' errors amount to `error`."""
        size = np.abs(value).astype(np.float64) + error
        bound = error + ROUNDINGS * (self.unit_roundoff * size + self.tiny)
        return Pair(value, np.where(size < self.largest, bound, np.inf), self)

    def exact(self, value: Array | float) -> Pair:
        """A number the implementation is given as it is."""
        value = np.asarray(value, dtype=np.longdouble)
        return Pair(value, np.zeros(value.shape), self)


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
        return self.arithmetic.rounded(self.value * other.value, _vacuous_if_nan(error))

    def __truediv__(self, other: Pair | float) -> Pair:
        other = self._lift(other)
        smallest = (np.abs(other.value) - other.bound).astype(np.float64)
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            value = self.value / other.value
            error = ((self.bound + np.abs(value) * other.bound) / smallest).astype(np.float64)
        error = np.where(smallest > 0, error, np.inf)
        value = np.where(np.isfinite(value), value, 0)
        return self.arithmetic.rounded(value, _vacuous_if_nan(error))

    def power(self, exponent: float) -> Pair:
        """`self ** exponent` for a number: whole powers as products, others through log."""
        if exponent == int(exponent):
            result = self.arithmetic.exact(1.0)
            for _ in range(abs(int(exponent))):
                result = result * self
            return result if exponent >= 0 else self.arithmetic.exact(1.0) / result
        if exponent * 2 == int(exponent * 2):
            return self.sqrt().power(2 * exponent)
        return (self.log() * exponent).exp()

    def sqrt(self) -> Pair:
        """The error of a root is that of its argument over twice the root, at its smallest."""
        low = np.maximum((self.value - self.bound).astype(np.float64), 0)
        value = np.sqrt(np.maximum(self.value, 0))
        with np.errstate(divide="ignore", invalid="ignore"):
            error = np.where(self.bound == 0, 0, self.bound / (np.sqrt(low) + value))
        inside = self.value - self.bound >= 0
        return self.arithmetic.rounded(value, np.where(inside, error.astype(np.float64), np.inf))

    def exp(self) -> Pair:
        """exp(a + e) − exp(a) = exp(a)(exp(e) − 1)."""
        with np.errstate(over="ignore"):
            value = np.exp(self.value)
            spread = self.bound + ROUNDINGS * self.arithmetic.unit_roundoff * np.abs(self.value)
            error = (value * np.expm1(spread)).astype(np.float64)
        return self.arithmetic.rounded(value, error)

    def log(self) -> Pair:
        """log(a) − log(a − e) = −log(1 − e / a)."""
        inside = self.value - self.bound > 0
        safe = np.where(inside, self.value, 1)
        error = -np.log1p(-np.where(inside, self.bound / safe, 0).astype(np.float64))
        return self.arithmetic.rounded(np.log(safe), np.where(inside, error, np.inf))

    def relu(self) -> Pair:
        """max(a, 0): no further from its value than a from its own."""
        return Pair(np.maximum(self.value, 0), self.bound, self.arithmetic)

    def absolute(self) -> Pair:
        """|a|."""
        return Pair(np.abs(self.value), self.bound, self.arithmetic)

    def softplus(self) -> Pair:
        """log(1 + exp(a)): slope at most 1, and relative error of a few units."""
        value = np.logaddexp(np.longdouble(0), self.value)
        return self.arithmetic.rounded(value, self.bound)

    def step(self) -> Pair:
        """1 where a > 0: anything in [0, 1] where a may be on either side."""
        return self._jump((self.value > 0).astype(np.longdouble), 1.0)

    def sign(self) -> Pair:
        """−1, 0 or 1."""
        return self._jump(np.sign(self.value), 2.0)

    def logistic(self) -> Pair:
        """1 / (1 + exp(−a)), the slope of softplus; its own slope is at most 1/4."""
        value = np.exp(-np.logaddexp(np.longdouble(0), -self.value))
        return self.arithmetic.rounded(value, self.bound / 4)

    def choose(self, other: Pair, condition: Callable[[Array, Array], Array]) -> Pair:
        """The maximum or minimum of two: no further off than the worse of them."""
        pick = condition(self.value, other.value)
        value = np.where(pick, self.value, other.value)
        return Pair(
            value,
            np.maximum(self.bound, other.bound) + 0 * value.astype(np.float64),
            self.arithmetic,
        )

    def _jump(self, value: Array, height: float) -> Pair:
        uncertain = np.abs(self.value) <= self.bound
        return Pair(value, np.where(uncertain, height, 0.0), self.arithmetic)


def _vacuous_if_nan(error: Array) -> Array:
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
    error = _vacuous_if_nan(error) + arithmetic.gamma(terms) * size + terms * arithmetic.tiny
    return arithmetic.rounded(value, error)
