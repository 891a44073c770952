# Generated from spec/functions. Do not edit; run `make generate`.
"""Functions that squash what is never negative."""

import math

import jax
import jax.numpy as jnp
from jax import Array, lax

from nmn import _arguments
from nmn.nnx import _numerics


def soft_tanh(x: Array, n: float = 1.0) -> Array:
    r"""A hyperbolic tangent for what is never negative, from -1 at 0 towards 1.

    .. math::
      f(x) = \frac{x^{n} - 1}{x^{n} + 1}

    What is not positive counts as 0, with derivative 0; infinity gives the limit. Half precision is
    computed in float32.

    Reference: Bouhsine (2024), Deep Learning 2.0: Artificial Neurons that Matter.

    Args:
      x: What is squashed, such as responses that are never negative. Floating-point numbers of any
          shape.
      n: The power; the larger it is, the steeper the rise at 1, where the function is 0. A number >
          0. Default: 1.

    Returns:
      An array of the shape and dtype of ``x``.

    Raises:
      TypeError: ``x`` is not floating-point, or another argument is no number.
      ValueError: an argument is out of range.
    """
    n = _arguments.positive_number("n", n)
    x = jnp.asarray(x)
    wide = _widened(x)
    if n == 1:
        return _soft_tanh(wide).astype(x.dtype)
    wide = _numerics.limit_slope(wide, float(jnp.finfo(x.dtype).tiny))
    log_power = _numerics.log(wide) * n
    result = jnp.where(log_power > -1, jnp.tanh(0.5 * log_power), 2 * jax.nn.sigmoid(log_power) - 1)
    return result.astype(x.dtype)


@jax.custom_jvp
def _soft_tanh(x: Array) -> Array:
    """`soft_tanh` by default, which needs no logarithm."""
    power = _numerics.clipped(x)
    result = (power - 1) / (power + 1)
    return result


@_soft_tanh.defjvp
def _(primals: tuple[Array], tangents: tuple[Array]) -> tuple[Array, Array]:
    (x,), (tangent,) = primals, tangents
    power = _numerics.clipped(x)
    derivative = 2 * jnp.square(1 / (power + 1))
    return _soft_tanh(x), jnp.where(x > 0, derivative, 0) * tangent


def softer_sigmoid(x: Array, n: float = 1.0) -> Array:
    r"""A sigmoid for what is never negative, from 0 at 0 towards 1.

    .. math::
      f(x) = \frac{x^{n}}{x^{n} + 1}

    What is not positive counts as 0, with derivative 0; infinity gives the limit. Half precision is
    computed in float32.

    Reference: Bouhsine (2024), Deep Learning 2.0: Artificial Neurons that Matter.

    Args:
      x: What is squashed, such as responses that are never negative. Floating-point numbers of any
          shape.
      n: The power; the larger it is, the steeper the rise at 1, where the function is 1/2. A number
          > 0. Default: 1.

    Returns:
      An array of the shape and dtype of ``x``.

    Raises:
      TypeError: ``x`` is not floating-point, or another argument is no number.
      ValueError: an argument is out of range.
    """
    n = _arguments.positive_number("n", n)
    x = jnp.asarray(x)
    wide = _widened(x)
    if n == 1:
        return _softer_sigmoid(wide).astype(x.dtype)
    wide = _numerics.limit_slope(wide, float(jnp.finfo(x.dtype).tiny))
    log_power = _numerics.log(wide) * n
    result = jax.nn.sigmoid(log_power)
    return result.astype(x.dtype)


@jax.custom_jvp
def _softer_sigmoid(x: Array) -> Array:
    """`softer_sigmoid` by default, which needs no logarithm."""
    power = _numerics.clipped(x)
    result = power / (power + 1)
    return result


@_softer_sigmoid.defjvp
def _(primals: tuple[Array], tangents: tuple[Array]) -> tuple[Array, Array]:
    (x,), (tangent,) = primals, tangents
    power = _numerics.clipped(x)
    derivative = jnp.square(1 / (power + 1))
    return _softer_sigmoid(x), jnp.where(x > 0, derivative, 0) * tangent


def softermax(x: Array, n: float = 1.0, epsilon: float = 1e-12, axis: int = -1) -> Array:
    r"""Powers along an axis, each divided by the sum of all.

    .. math::
      f(x)_i = \frac{x_i^{n}}{\varepsilon + \sum_j x_j^{n}}

    What is not positive counts as 0, with derivative 0; infinity gives the limit. Half precision is
    computed in float32.

    Reference: Bouhsine (2024), Deep Learning 2.0: Artificial Neurons that Matter.

    Args:
      x: What is compared along the axis, such as responses that are never negative. Floating-point
          numbers of any shape.
      n: The power; the larger it is, the more the largest entry gets. A number > 0. Default: 1.
      epsilon: Added to the sum, so that entries which are all 0 stay 0. A number > 0. Default:
          1e-12.
      axis: The axis along which the sum runs.

    Returns:
      An array of the shape and dtype of ``x``.

    Raises:
      TypeError: ``x`` is not floating-point, or another argument is no number.
      ValueError: an argument is out of range.
    """
    n = _arguments.positive_number("n", n)
    epsilon = _arguments.positive_number("epsilon", epsilon)
    x = jnp.asarray(x)
    wide = _widened(x)
    wide = _numerics.limit_slope(wide, float(jnp.finfo(x.dtype).tiny))
    log_epsilon = math.log(epsilon)
    log_power = _numerics.log(wide) * n
    result = _softmax(log_power, log_epsilon, axis)
    return result.astype(x.dtype)


def _widened(x: Array) -> Array:
    """The input in at least float32."""
    _numerics.check_floating(x)
    return x.astype(_numerics.wide_dtype(x.dtype))


def _softmax(logits: Array, other: float, axis: int) -> Array:
    """The softmax of `logits` and one more logit, `other`, which is left out of the result."""
    largest = lax.stop_gradient(jnp.max(logits, axis=axis, keepdims=True, initial=other))
    # Infinite logits share alike, and leave nothing to others.
    is_infinite = largest == jnp.inf
    limits = jnp.where(logits == jnp.inf, 0, -jnp.inf).astype(logits.dtype)
    shifted = jnp.where(is_infinite, limits, logits - jnp.where(is_infinite, 0, largest))
    weights = jnp.exp(shifted)
    return weights / (jnp.sum(weights, axis=axis, keepdims=True) + jnp.exp(other - largest))
