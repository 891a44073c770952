"""Powers whose exponent is no whole number in the formula, and square roots.

A base that is not positive counts as 0, with slope 0. Where rounding can carry the base over 0,
the value may be anything that [0, base + error] leads to, and slopes are not bounded at all.
"""

import numpy as np

from tests.oracle.pair import ROUNDINGS, Array, Pair, vacuous_if_nan

#: Relative error of a framework's power, in units of roundoff, if |p log a| is small.
UNITS = 16


def sqrt(a: Pair) -> Pair:
    """√a, and 0 where a is not positive."""
    return power(a, a.arithmetic.exact(0.5))


def sqrt_slope(a: Pair) -> Pair:
    """1 / (2√a), and 0 where a is not positive."""
    return (a.arithmetic.exact(0.5) / sqrt(a)).zero_where(a.vanishes)


def power(base: Pair, exponent: Pair) -> Pair:
    """base ** exponent of a base that counts as 0 where it is not positive."""
    a, e, p, q = base.value, base.bound, exponent.value, exponent.bound
    with np.errstate(all="ignore"):
        # 0 ** p is 0, 1 or infinite, as Python has it.
        value = np.maximum(a, 0) ** p
        positive = a - e > 0
        safe = np.where(positive, a, 1)
        shrunk = -np.log1p(-np.where(positive, e / safe, 0))
        spread = np.abs(p) * shrunk + q * (np.abs(np.log(safe)) + shrunk)
        inside = value * np.expm1(spread)
        top = np.maximum(a + e, 0)
        across = np.where(p - q > 0, np.maximum(top ** (p - q), top ** (p + q)), np.inf)
        error = np.where(positive, inside, across)
    return _rounded(base, exponent, value, error)


def whole_power(base: Pair, exponent: Pair) -> Pair:
    """base ** exponent, exponent a parameter that is a whole number: bases of either sign."""
    a, e, n = base.value, base.bound, np.rint(exponent.value)
    size = np.abs(a)
    with np.errstate(all="ignore"):
        value = a**n
        ratio = e / np.where(size > 0, size, 1)
        # The farthest power of [a − e, a + e] is that of the end with the larger size, and for
        # negative exponents that of the smaller.
        rising = np.where(
            size > 0,
            np.abs(value) * np.expm1(n * np.log1p(ratio)),
            np.where(n > 0, e**n, 0),
        )
        falling = np.abs(value) * np.expm1(n * np.log1p(-np.where(ratio < 1, ratio, 0)))
        error = np.where(n >= 0, rising, np.where(size > e, falling, np.inf))
    return _rounded(base, exponent, value, error)


def whole_power_slope(base: Pair, exponent: Pair) -> Pair:
    """exponent · base ** (exponent − 1)."""
    below = Pair(exponent.value - 1, exponent.bound, exponent.arithmetic)
    return (whole_power(base, below) * exponent).zero_where(np.rint(exponent.value) == 0)


def _rounded(base: Pair, exponent: Pair, value: Array, error: Array) -> Pair:
    """With the errors of the power itself.

    PyTorch's and XLA's are right to 1 unit; TensorFlow's to 2 in float32, and in float64 to
    1.5 (1 + |p log a|) units, as of exp(p log a). Half-integer powers may be products of a root,
    |2p| of them.
    """
    arithmetic = base.arithmetic
    p = np.abs(exponent.value)
    with np.errstate(all="ignore"):
        logarithm = np.abs(np.log(np.abs(np.where(base.value == 0, 1, base.value))))
        units = UNITS + ROUNDINGS * p * (1 + logarithm)
        error = vacuous_if_nan(error.astype(np.float64))
        reach = np.abs(value).astype(np.float64) + error
        own = units * arithmetic.unit_roundoff * reach + ROUNDINGS * arithmetic.tiny * (
            (value != 0) | (error > 0)
        )
        # A negative power may be the inverse of a positive one that was flushed.
        flushed = np.where(exponent.value < 0, reach * (ROUNDINGS * arithmetic.tiny * reach), 0)
        bound = (error + own + flushed).astype(np.float64)
    bound = np.where(reach < arithmetic.largest, vacuous_if_nan(bound), np.inf)
    return Pair(value, bound, arithmetic)
