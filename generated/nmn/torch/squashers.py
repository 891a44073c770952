# Generated from spec/functions. Do not edit; run `make generate`.
"""Functions that squash what is never negative."""

import math

import torch
from torch import Tensor

from nmn import _arguments
from nmn.torch import _numerics


def soft_tanh(input: Tensor, n: float = 1.0) -> Tensor:
    r"""A hyperbolic tangent for what is never negative, from -1 at 0 towards 1.

    .. math::
        f(x) = \frac{x^{n} - 1}{x^{n} + 1}

    What is not positive counts as 0, with derivative 0; infinity gives the limit. Half precision is
    computed in float32.

    Reference: Bouhsine (2024), Deep Learning 2.0: Artificial Neurons that Matter.

    Args:
        input: What is squashed, such as responses that are never negative. Floating-point numbers
            of any shape.
        n: The power; the larger it is, the steeper the rise at 1, where the function is 0. A number
            > 0. Default: 1.

    Returns:
        A tensor of the shape and dtype of ``input``.

    Raises:
        TypeError: ``input`` is not floating-point, or another argument is no number.
        ValueError: An argument is out of range.
    """
    n = _arguments.positive_number("n", n)
    x = _widened(input)
    x = _numerics.limit_slope(x, torch.finfo(input.dtype).tiny)
    log_power = _numerics.log(x) * n
    result = torch.where(
        log_power > -1, torch.tanh(0.5 * log_power), 2 * torch.sigmoid(log_power) - 1
    )
    return result.to(input.dtype)


def softer_sigmoid(input: Tensor, n: float = 1.0) -> Tensor:
    r"""A sigmoid for what is never negative, from 0 at 0 towards 1.

    .. math::
        f(x) = \frac{x^{n}}{x^{n} + 1}

    What is not positive counts as 0, with derivative 0; infinity gives the limit. Half precision is
    computed in float32.

    Reference: Bouhsine (2024), Deep Learning 2.0: Artificial Neurons that Matter.

    Args:
        input: What is squashed, such as responses that are never negative. Floating-point numbers
            of any shape.
        n: The power; the larger it is, the steeper the rise at 1, where the function is 1/2. A
            number > 0. Default: 1.

    Returns:
        A tensor of the shape and dtype of ``input``.

    Raises:
        TypeError: ``input`` is not floating-point, or another argument is no number.
        ValueError: An argument is out of range.
    """
    n = _arguments.positive_number("n", n)
    x = _widened(input)
    x = _numerics.limit_slope(x, torch.finfo(input.dtype).tiny)
    log_power = _numerics.log(x) * n
    result = torch.sigmoid(log_power)
    return result.to(input.dtype)


def softermax(input: Tensor, n: float = 1.0, epsilon: float = 1e-12, dim: int = -1) -> Tensor:
    r"""Powers along an axis, each divided by the sum of all.

    .. math::
        f(x)_i = \frac{x_i^{n}}{\varepsilon + \sum_j x_j^{n}}

    What is not positive counts as 0, with derivative 0; infinity gives the limit. Half precision is
    computed in float32.

    Reference: Bouhsine (2024), Deep Learning 2.0: Artificial Neurons that Matter.

    Args:
        input: What is compared along the axis, such as responses that are never negative.
            Floating-point numbers of any shape.
        n: The power; the larger it is, the more the largest entry gets. A number > 0. Default: 1.
        epsilon: Added to the sum, so that entries which are all 0 stay 0. A number > 0. Default:
            1e-12.
        dim: The axis along which the sum runs.

    Returns:
        A tensor of the shape and dtype of ``input``.

    Raises:
        TypeError: ``input`` is not floating-point, or another argument is no number.
        ValueError: An argument is out of range.
    """
    n = _arguments.positive_number("n", n)
    epsilon = _arguments.positive_number("epsilon", epsilon)
    x = _widened(input)
    x = _numerics.limit_slope(x, torch.finfo(input.dtype).tiny)
    log_epsilon = math.log(epsilon)
    log_power = _numerics.log(x) * n
    result = _softmax(log_power, log_epsilon, dim)
    return result.to(input.dtype)


def _widened(input: Tensor) -> Tensor:
    """The input in at least float32."""
    if not input.is_floating_point():
        raise TypeError(f"input must be a floating-point tensor, got dtype {input.dtype}")
    return input.to(torch.promote_types(input.dtype, torch.float32))


def _softmax(logits: Tensor, other: float, dim: int) -> Tensor:
    """The softmax of `logits` and one more logit, `other`, which is left out of the result."""
    if logits.numel() == 0:
        return logits
    largest = logits.detach().amax(dim, keepdim=True).clamp_min(other)
    # Infinite logits share alike, and leave nothing to others.
    is_infinite = largest == torch.inf
    limits = torch.where(logits == torch.inf, 0, -torch.inf).to(logits.dtype)
    shifted = torch.where(is_infinite, limits, logits - torch.where(is_infinite, 0, largest))
    weights = shifted.exp()
    return weights / (weights.sum(dim, keepdim=True) + (other - largest).exp())
