# Generated from spec/neurons/yat.yaml. Do not edit; run `make generate`.
r"""Yat neuron: response and gradient.

.. math::
    y = \frac{\alpha \left(b + \langle w, x\rangle\right)^{2}}{\lVert w - x\rVert^2 + \varepsilon}

Reference: Bouhsine (2024), Deep Learning 2.0: Artificial Neurons that Matter.
"""

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional as F

from nmn.torch._closed_form import Neuron
from nmn.torch._regular import Regular


def response(
    dot: Tensor,
    sq_x: Tensor,
    sq_w: Tensor,
    bias: Tensor | float | None,
    alpha: Tensor | float | None,
    epsilon: Tensor | float,
) -> Tensor:
    r"""Squared alignment over squared distance.

    Args:
        dot: ⟨w, x⟩, samples along the first axis.
        sq_x: ‖x‖², to broadcast along the units.
        sq_w: ‖w‖², to broadcast along the samples.
        bias: Added to the alignment ⟨w, x⟩, inside the square. None: left out.
        alpha: Scale of the response. None: left out.
        epsilon: Added to the squared distance; bounds the response where x = w.

    Returns:
        The response, of the shape of ``dot``.
    """
    alignment = dot if bias is None else dot + bias
    sq_dist = F.relu(sq_x - 2 * dot + sq_w)
    response = alignment * (alignment / (sq_dist + epsilon))
    return response if alpha is None else response * alpha


def _write_response(
    dot: Tensor,
    sq_x: Tensor,
    sq_w: Tensor,
    bias: Tensor | None,
    alpha: Tensor | None,
    epsilon: Tensor,
    other: Tensor,
) -> Tensor:
    """Replace ``dot`` and ``other`` by the response and what is kept for the gradient.

    Returns the least argument of the clamp: the gradient holds where none is active.
    """
    value = torch.add(sq_x, dot, alpha=-2, out=other).add_(sq_w)
    lowest = value.amin()
    sq_dist = value.relu_()
    denominator = sq_dist.add_(epsilon)
    if bias is not None:
        dot.add_(bias)
    ratio = torch.div(dot, denominator, out=denominator)
    response = dot.mul_(ratio)
    if alpha is not None:
        response.mul_(alpha)
    return lowest


def _add_gradient(
    grad: Tensor,
    ratio: Tensor,
    sq_x: Tensor,
    sq_w: Tensor,
    bias: Tensor | None,
    alpha: Tensor | None,
    epsilon: Tensor,
    grad_sq_x: Tensor,
    grad_sq_w: Tensor,
    grad_bias: Tensor | None,
    grad_epsilon: Tensor | None,
    scratch_1: Tensor,
) -> None:
    """Replace ``ratio`` by the gradient of ⟨w, x⟩; add to the others that are wanted."""
    product = torch.mul(grad, ratio, out=scratch_1)
    if grad_bias is not None:
        grad_bias.add_(product.sum_to_size(bias.shape), alpha=2)
    product_2 = ratio.mul_(product)
    row_sums = product_2.sum_to_size(sq_x.shape)
    grad_sq_x -= row_sums
    grad_sq_w -= product_2.sum_to_size(sq_w.shape)
    if grad_epsilon is not None:
        grad_epsilon -= row_sums.sum()
    product_2.add_(product)


def _write_regular(
    dot: Tensor,
    sq_x: Tensor,
    sq_w: Tensor,
    bias: Tensor | None,
    check: Callable[[Tensor], None] | None,
    other: Tensor,
) -> None:
    """Do without the clamp, whose arguments are to be positive, which ``check`` sees to."""
    value = torch.add(sq_x, dot, alpha=-2, out=other).add_(sq_w)
    if check is not None:
        check(value)
    if bias is not None:
        dot.add_(bias)
    ratio = torch.div(dot, value, out=value)
    dot.mul_(ratio)


def _add_regular_gradient(
    grad: Tensor,
    ratio: Tensor,
    sq_x: Tensor,
    sq_w: Tensor,
    bias: Tensor | None,
    grad_sq_x: Tensor,
    grad_sq_w: Tensor,
    grad_bias: Tensor | None,
    scratch_1: Tensor,
) -> None:
    """Leave sums over samples, for ‖w‖² and what every unit has of its own, to the caller."""
    product = torch.mul(grad, ratio, out=scratch_1)
    if grad_bias is not None:
        grad_bias.add_(product, alpha=2)
    product_2 = ratio.mul_(product)
    grad_sq_x -= product_2.sum_to_size(sq_x.shape)
    grad_sq_w -= product_2
    product_2.add_(product)


yat = Neuron(
    response,
    _write_response,
    _add_gradient,
    norms=(True, True),
    keeps_residual=True,
    response_in_dot=True,
    response_scratch=0,
    gradient_scratch=1,
    scratch_may_be_grad=True,
    dot_factor=2,
    derived=(0, 2),
    scale=1,
    degrees=(1.0, 1.0, 0.0, 1.0),
    regular=Regular(
        _write_regular,
        _add_regular_gradient,
        norms=(True, True),
        response_in_dot=True,
        response_scratch=0,
        gradient_scratch=1,
        dot_factor=2.0,
        derived=(0,),
        parameters=(0,),
        folded=2,
        in_blocks=True,
    ),
)
