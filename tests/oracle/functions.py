"""Functions of formulas: their values, their slopes, and how wrong a framework may have either.

What an argument's error e does to f(a) is at most e · sup |f′| over [a − e, a + e]. To that comes
the error of the function itself, relative to its value. Measured on 500,000 arguments each, log
uniform from 1e-30 on and dense around 0 and 1, in units of roundoff, the worst of PyTorch 2.13,
TensorFlow (Eigen and XLA) and JAX on CPU, in float32 and float64:

    exp 2.3, expm1 5.7, log 3.8, log1p 4.8, tanh 7.5, sigmoid 8.0, softplus 7.9, arctan 4.4,
    arcsinh 3.7; sin and cos 1.6 in absolute terms, up to |x| = 1e6.

`UNITS` doubles the worst of them, since a random search need not have found it. Two cases lie
outside: see `log1p` and `softplus_slope`.
"""

from collections.abc import Callable, Mapping

import numpy as np

from tests.oracle import powers
from tests.oracle.choices import relu, sign, step
from tests.oracle.pair import FLOAT64, ROUNDINGS, Array, Pair, vacuous_if_nan

#: Relative error of a framework's function, in units of roundoff.
UNITS = 16

#: XLA's log1p in float64, from 1 − √2 on, where it changes its method: 241 units there, less and
#: less until −0.36.
XLA_LOG1P_UNITS = 512
XLA_LOG1P = (-0.4143, -0.34)

#: Where softplus(a) is a in every arithmetic.
SATURATED = 64

Function = Callable[[Pair], Pair]


def _approximated(a: Pair, value: Array, error: Array, size: Array | None = None) -> Pair:
    """A function's value, when the argument's error makes it `error`; `size` is what the
    function's own error is relative to, if not its value."""
    arithmetic = a.arithmetic
    error = vacuous_if_nan(np.where(np.isfinite(a.bound), error, np.inf).astype(np.float64))
    reach = np.abs(value).astype(np.float64) + error
    own = UNITS * arithmetic.unit_roundoff * (reach if size is None else size)
    bound = error + own + ROUNDINGS * arithmetic.tiny
    return Pair(value, np.where(reach < arithmetic.largest, bound, np.inf), arithmetic)


def _falling(function: Callable[[Array], Array], steepness: Callable[[Array], Array]) -> Function:
    """A function whose slope is `steepness(|a|)`, which falls with |a|."""

    def evaluate(a: Pair) -> Pair:
        nearest = np.maximum(np.abs(a.value) - a.bound, 0)
        with np.errstate(over="ignore", invalid="ignore"):
            return _approximated(a, function(a.value), a.bound * steepness(nearest))

    return evaluate


tanh = _falling(np.tanh, lambda t: 1 / np.cosh(t) ** 2)
arctan = _falling(np.arctan, lambda t: 1 / (1 + t**2))
arcsinh = _falling(np.arcsinh, lambda t: 1 / np.sqrt(1 + t**2))
sigmoid = _falling(
    lambda a: np.exp(-np.logaddexp(np.longdouble(0), -a)), lambda t: 1 / (4 * np.cosh(t / 2) ** 2)
)


def exp(a: Pair) -> Pair:
    """exp(a + e) − exp(a) = exp(a)(exp(e) − 1); code may reach it by powers of e² or 2."""
    with np.errstate(over="ignore", invalid="ignore"):
        value = np.exp(a.value)
        spread = a.bound + ROUNDINGS * a.arithmetic.unit_roundoff * np.abs(a.value)
        return _approximated(a, value, value * np.expm1(spread))


def expm1(a: Pair) -> Pair:
    """As exp, relative to its own value."""
    with np.errstate(over="ignore", invalid="ignore"):
        return _approximated(a, np.expm1(a.value), np.exp(a.value) * np.expm1(a.bound))


def log(a: Pair) -> Pair:
    """log(a) − log(a − e) = −log(1 − e / a); −∞ for what is not positive."""
    result = _logarithm(a, a.value, np.log)
    value = np.where(a.value > 0, result.value, -np.inf)
    return Pair(value, np.where(a.vanishes, 0.0, result.bound), a.arithmetic)


def log1p(a: Pair) -> Pair:
    """log(1 + a), for a > −1."""
    result = _logarithm(a, 1 + a.value, lambda _: np.log1p(np.maximum(a.value, -1)))
    if a.arithmetic is not FLOAT64:
        return result
    there = (a.value + a.bound >= XLA_LOG1P[0]) & (a.value - a.bound <= XLA_LOG1P[1])
    extra = XLA_LOG1P_UNITS * a.arithmetic.unit_roundoff * np.abs(result.value)
    bound = result.bound + np.where(there, extra.astype(np.float64), 0.0)
    return Pair(result.value, bound, a.arithmetic)


def _logarithm(a: Pair, argument: Array, function: Callable[[Array], Array]) -> Pair:
    inside = argument - a.bound > 0
    safe = np.where(argument > 0, argument, 1)
    error = -np.log1p(-np.where(inside, a.bound / safe, 0))
    with np.errstate(divide="ignore"):
        value = np.where(argument > 0, function(safe), -np.inf)
    return _approximated(a, value, np.where(inside, error, np.inf))


def softplus(a: Pair) -> Pair:
    """log(1 + exp(a)): slope at most 1."""
    return _approximated(a, np.logaddexp(np.longdouble(0), a.value), a.bound)


def softplus_slope(a: Pair) -> Pair:
    """The sigmoid; JAX computes exp(a − softplus(a)), whose rounded exponent costs up to |a| units
    (measured: 33 at −33, and at 33 in absolute terms), and nothing once softplus(a) is a."""
    slope = sigmoid(a)
    size = np.where(a.value > 0, np.minimum(a.value, SATURATED), np.abs(a.value))
    extra = 2 * a.arithmetic.unit_roundoff * size * slope.value
    return Pair(slope.value, slope.bound + extra.astype(np.float64), a.arithmetic)


def sin(a: Pair) -> Pair:
    """Right to a few units of 1: near its zeros at kπ the argument's reduction is absolute."""
    return _wave(a, np.sin(a.value), np.cos(a.value))


def cos(a: Pair) -> Pair:
    """Likewise."""
    return _wave(a, np.cos(a.value), np.sin(a.value))


def _wave(a: Pair, value: Array, slope: Array) -> Pair:
    # sin is relative near 0, where nothing is reduced, and |sin a| <= |a|.
    size = np.minimum(1, np.abs(a.value)) if value is not slope else np.ones_like(value)
    size = np.maximum(size, np.abs(value)).astype(np.float64)
    return _approximated(a, value, a.bound * np.minimum(1, np.abs(slope) + a.bound), size)


def power_slopes(base: Pair, exponent: Pair, value: Pair) -> tuple[Pair, Pair]:
    """Slopes of `powers.power`, whose value is given, by base and by exponent."""
    by_base = (value * exponent / base).zero_where(base.vanishes)
    # The slope of a first power is 0 or 1, wherever rounding carries the base.
    step = (exponent.value == 1) & (exponent.bound == 0) & (base.value - base.bound <= 0)
    bound = np.where(step, np.minimum(by_base.bound, 2.0), by_base.bound)
    by_base = Pair(by_base.value, bound, base.arithmetic)
    by_exponent = (value * log(base)).zero_where(base.vanishes)
    return by_base, by_exponent


def _one(a: Pair) -> Pair:
    return a.arithmetic.exact(1.0)


def _zero(a: Pair) -> Pair:
    return a.arithmetic.exact(0.0)


#: Every function of one argument: its value and its slope, the latter as frameworks compute it,
#: cancellation included.
FUNCTIONS: Mapping[str, tuple[Function, Function]] = {
    "abs": (Pair.absolute, sign),
    "arcsinh": (arcsinh, lambda a: _one(a) / powers.sqrt(a * a + 1.0)),
    "arctan": (arctan, lambda a: _one(a) / (a * a + 1.0)),
    "cos": (cos, lambda a: -sin(a)),
    "exp": (exp, exp),
    "expm1": (expm1, lambda a: expm1(a) + 1.0),
    "log": (log, lambda a: (_one(a) / a).zero_where(a.vanishes)),
    "log1p": (log1p, lambda a: _one(a) / (a + 1.0)),
    "relu": (relu, step),
    "sigmoid": (sigmoid, lambda a: sigmoid(a) * (_one(a) - sigmoid(a))),
    "sign": (sign, _zero),
    "sin": (sin, cos),
    "softplus": (softplus, softplus_slope),
    "sqrt": (powers.sqrt, powers.sqrt_slope),
    "tanh": (tanh, lambda a: _one(a) - tanh(a) * tanh(a)),
}
