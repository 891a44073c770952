# Generated from spec/functions. Do not edit; run `make generate`.
"""Functions that squash what is never negative."""

import math
from collections.abc import Callable

import tensorflow as tf

from nmn import _arguments
from nmn.tf import _numerics
from nmn.tf._numerics import mask


def soft_tanh(x: tf.Tensor, n: float = 1.0) -> tf.Tensor:
    r"""A hyperbolic tangent for what is never negative, from -1 at 0 towards 1.

    $$f(x) = \frac{x^{n} - 1}{x^{n} + 1}$$

    What is not positive counts as 0, with derivative 0; infinity gives the limit. Half precision is
    computed in float32.

    Reference: Bouhsine (2024), Deep Learning 2.0: Artificial Neurons that Matter.

    Args:
      x: What is squashed, such as responses that are never negative. Floating-point numbers of any
          shape.
      n: The power; the larger it is, the steeper the rise at 1, where the function is 0. A number >
          0. Default: 1.

    Returns:
      A tensor of the shape and dtype of `x`.

    Raises:
      TypeError: `x` is not floating-point, or another argument is no number.
      ValueError: An argument is out of range.
    """
    n = _arguments.positive_number("n", n)
    x = tf.convert_to_tensor(x)
    wide = _numerics.to_floating(x, _numerics.wide_dtype(x.dtype))
    if n == 1:
        return tf.cast(_soft_tanh(wide), x.dtype)
    wide = _numerics.limit_slope(wide, _numerics.smallest_normal(x.dtype))
    log_power = _numerics.log(wide) * n
    result = tf.where(log_power > -1, tf.tanh(0.5 * log_power), 2 * tf.sigmoid(log_power) - 1)
    return tf.cast(result, x.dtype)


@tf.custom_gradient
def _soft_tanh(x: tf.Tensor) -> tuple[tf.Tensor, Callable[[tf.Tensor], tf.Tensor]]:
    """`soft_tanh` by default, which needs no logarithm."""
    power = _numerics.clipped(x)
    result = (power - 1) / (power + 1)

    def backward(grad: tf.Tensor) -> tf.Tensor:
        power = _numerics.clipped(x)
        gradient = 2 * grad / tf.square(power + 1)
        return mask(gradient, x)

    return result, backward


def softer_sigmoid(x: tf.Tensor, n: float = 1.0) -> tf.Tensor:
    r"""A sigmoid for what is never negative, from 0 at 0 towards 1.

    $$f(x) = \frac{x^{n}}{x^{n} + 1}$$

    What is not positive counts as 0, with derivative 0; infinity gives the limit. Half precision is
    computed in float32.

    Reference: Bouhsine (2024), Deep Learning 2.0: Artificial Neurons that Matter.

    Args:
      x: What is squashed, such as responses that are never negative. Floating-point numbers of any
          shape.
      n: The power; the larger it is, the steeper the rise at 1, where the function is 1/2. A number
          > 0. Default: 1.

    Returns:
      A tensor of the shape and dtype of `x`.

    Raises:
      TypeError: `x` is not floating-point, or another argument is no number.
      ValueError: An argument is out of range.
    """
    n = _arguments.positive_number("n", n)
    x = tf.convert_to_tensor(x)
    wide = _numerics.to_floating(x, _numerics.wide_dtype(x.dtype))
    if n == 1:
        return tf.cast(_softer_sigmoid(wide), x.dtype)
    wide = _numerics.limit_slope(wide, _numerics.smallest_normal(x.dtype))
    log_power = _numerics.log(wide) * n
    result = tf.sigmoid(log_power)
    return tf.cast(result, x.dtype)


@tf.custom_gradient
def _softer_sigmoid(x: tf.Tensor) -> tuple[tf.Tensor, Callable[[tf.Tensor], tf.Tensor]]:
    """`softer_sigmoid` by default, which needs no logarithm."""
    power = _numerics.clipped(x)
    result = power / (power + 1)

    def backward(grad: tf.Tensor) -> tf.Tensor:
        power = _numerics.clipped(x)
        gradient = grad / tf.square(power + 1)
        return mask(gradient, x)

    return result, backward


def softermax(x: tf.Tensor, n: float = 1.0, epsilon: float = 1e-12, axis: int = -1) -> tf.Tensor:
    r"""Powers along an axis, each divided by the sum of all.

    $$f(x)_i = \frac{x_i^{n}}{\varepsilon + \sum_j x_j^{n}}$$

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
      A tensor of the shape and dtype of `x`.

    Raises:
      TypeError: `x` is not floating-point, or another argument is no number.
      ValueError: An argument is out of range.
    """
    n = _arguments.positive_number("n", n)
    epsilon = _arguments.positive_number("epsilon", epsilon)
    x = tf.convert_to_tensor(x)
    wide = _numerics.to_floating(x, _numerics.wide_dtype(x.dtype))
    wide = _numerics.limit_slope(wide, _numerics.smallest_normal(x.dtype))
    log_epsilon = math.log(epsilon)
    log_power = _numerics.log(wide) * n
    result = _softmax(log_power, log_epsilon, axis)
    return tf.cast(result, x.dtype)


def _softmax(logits: tf.Tensor, other: float, axis: int) -> tf.Tensor:
    """The softmax of `logits` and one more logit, `other`, which is left out of the result."""
    largest = tf.stop_gradient(tf.maximum(tf.reduce_max(logits, axis, keepdims=True), other))
    # Infinite logits share alike, and leave nothing to others.
    is_infinite = largest == math.inf
    zeros = tf.zeros_like(logits)
    limits = tf.where(logits == math.inf, zeros, zeros - math.inf)
    finite = tf.where(is_infinite, tf.zeros_like(largest), largest)
    weights = tf.exp(tf.where(is_infinite, limits, logits - finite))
    return weights / (tf.reduce_sum(weights, axis, keepdims=True) + tf.exp(other - largest))
