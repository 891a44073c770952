# Generated from spec/functions. Do not edit; run `make generate`.
"""Functions that squash what is never negative."""

import math

import keras
from keras import ops

from nmn import _arguments
from nmn.keras import _activations, _numerics


@keras.saving.register_keras_serializable(package="nmn")
def soft_tanh(x, n=1.0):
    r"""A hyperbolic tangent for what is never negative, from -1 at 0 towards 1.

    $$f(x) = \frac{x^{n} - 1}{x^{n} + 1}$$

    What is not positive counts as 0, with derivative 0; infinity gives the limit. Half precision is
    computed in float32.

    Reference: Bouhsine (2024), Deep Learning 2.0: Artificial Neurons that Matter.

    Args:
        x: What is squashed, such as responses that are never negative. Floating-point numbers of
            any shape.
        n: The power; the larger it is, the steeper the rise at 1, where the function is 0. A number
            > 0. Default: 1.

    Returns:
        A tensor of the shape and dtype of `x`.

    Raises:
        TypeError: `x` is not floating-point, or another argument is no number.
        ValueError: An argument is out of range.
    """
    n = _arguments.positive_number("n", n)
    x = ops.convert_to_tensor(x)
    wide = _widened(x)
    wide = _numerics.limit_slope(
        wide, _numerics.smallest_normal(keras.backend.standardize_dtype(x.dtype))
    )
    log_power = _numerics.log(wide) * n
    result = ops.where(
        log_power > -1, _numerics.tanh(0.5 * log_power), 2 * ops.sigmoid(log_power) - 1
    )
    return ops.cast(result, x.dtype)


@keras.saving.register_keras_serializable(package="nmn")
def softer_sigmoid(x, n=1.0):
    r"""A sigmoid for what is never negative, from 0 at 0 towards 1.

    $$f(x) = \frac{x^{n}}{x^{n} + 1}$$

    What is not positive counts as 0, with derivative 0; infinity gives the limit. Half precision is
    computed in float32.

    Reference: Bouhsine (2024), Deep Learning 2.0: Artificial Neurons that Matter.

    Args:
        x: What is squashed, such as responses that are never negative. Floating-point numbers of
            any shape.
        n: The power; the larger it is, the steeper the rise at 1, where the function is 1/2. A
            number > 0. Default: 1.

    Returns:
        A tensor of the shape and dtype of `x`.

    Raises:
        TypeError: `x` is not floating-point, or another argument is no number.
        ValueError: An argument is out of range.
    """
    n = _arguments.positive_number("n", n)
    x = ops.convert_to_tensor(x)
    wide = _widened(x)
    wide = _numerics.limit_slope(
        wide, _numerics.smallest_normal(keras.backend.standardize_dtype(x.dtype))
    )
    log_power = _numerics.log(wide) * n
    result = ops.sigmoid(log_power)
    return ops.cast(result, x.dtype)


@keras.saving.register_keras_serializable(package="nmn")
def softermax(x, n=1.0, epsilon=1e-12, axis=-1):
    r"""Powers along an axis, each divided by the sum of all.

    $$f(x)_i = \frac{x_i^{n}}{\varepsilon + \sum_j x_j^{n}}$$

    What is not positive counts as 0, with derivative 0; infinity gives the limit. Half precision is
    computed in float32.

    Reference: Bouhsine (2024), Deep Learning 2.0: Artificial Neurons that Matter.

    Args:
        x: What is compared along the axis, such as responses that are never negative.
            Floating-point numbers of any shape.
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
    x = ops.convert_to_tensor(x)
    wide = _widened(x)
    wide = _numerics.limit_slope(
        wide, _numerics.smallest_normal(keras.backend.standardize_dtype(x.dtype))
    )
    log_epsilon = math.log(epsilon)
    log_power = _numerics.log(wide) * n
    result = _softmax(log_power, log_epsilon, axis)
    return ops.cast(result, x.dtype)


#: Functions with their numbers at the defaults, for x >= 0.
_activations.CLOSED_FORMS.update(
    {
        soft_tanh: lambda x: (x - 1) / (x + 1),
        softer_sigmoid: lambda x: x / (x + 1),
    }
)


def _widened(x):
    """The input in at least float32."""
    _numerics.check_floating(x)
    return ops.cast(x, _numerics.wide_dtype(keras.backend.standardize_dtype(x.dtype)))


def _softmax(logits, other, axis):
    """The softmax of `logits` and one more logit, `other`, which is left out of the result."""
    largest = ops.stop_gradient(ops.max(logits, axis=axis, keepdims=True, initial=other))
    # Infinite logits share alike, and leave nothing to others.
    is_infinite = largest == math.inf
    zeros = ops.zeros_like(logits)
    limits = ops.where(logits == math.inf, zeros, zeros - math.inf)
    finite = ops.where(is_infinite, ops.zeros_like(largest), largest)
    weights = ops.exp(ops.where(is_infinite, limits, logits - finite))
    return weights / (ops.sum(weights, axis=axis, keepdims=True) + ops.exp(other - largest))
