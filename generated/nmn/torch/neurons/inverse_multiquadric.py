# Generated from spec/neurons/inverse_multiquadric.yaml. Do not edit; run `make generate`.
r"""Inverse multiquadric neuron: response and gradient.

.. math::
    y = \frac{1}{\sqrt{\lVert w - x\rVert^2 + c^{2}}}

Reference: Hardy (1971), Multiquadric equations of topography and other irregular surfaces.
"""

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional as F

from nmn.torch._closed_form import Neuron
from nmn.torch._regular import Regular, sum_product


def response(
    dot: Tensor,
    sq_x: Tensor,
    sq_w: Tensor,
    c: Tensor | float,
) -> Tensor:
    r"""Radial basis function with heavy tails.

    Args:
        dot: ⟨w, x⟩, samples along the first axis.
        sq_x: ‖x‖², to broadcast along the units.
        sq_w: ‖w‖², to broadcast along the samples.
        c: Distance within which the response is flat.

    Returns:
        The response, of the shape of ``dot``.
    """
    sq_dist = F.relu(sq_x - 2 * dot + sq_w)
    return torch.rsqrt(sq_dist + torch.square(c))


def _write_response(
    dot: Tensor,
    sq_x: Tensor,
    sq_w: Tensor,
    c: Tensor,
    other: Tensor,
) -> Tensor:
    """Replace ``dot`` and ``other`` by the response and what is kept for the gradient.

    Returns the least argument of the clamp: the gradient holds where none is active.
    """
    value = torch.add(sq_x, dot, alpha=-2, out=dot).add_(sq_w)
    lowest = value.amin()
    sq_dist = value.relu_()
    value_3 = torch.square(c)
    value_2 = sq_dist.add_(value_3)
    torch.rsqrt(value_2, out=other)
    return lowest


def _add_gradient(
    grad: Tensor,
    value_2: Tensor,
    sq_x: Tensor,
    sq_w: Tensor,
    c: Tensor,
    grad_sq_x: Tensor,
    grad_sq_w: Tensor,
    grad_c: Tensor | None,
    scratch_1: Tensor,
) -> None:
    """Replace ``value_2`` by the gradient of ⟨w, x⟩; add to the others that are wanted."""
    inverse = value_2.rsqrt_()
    product_2 = torch.mul(grad, inverse, out=scratch_1).mul_(inverse)
    inverse.mul_(product_2)
    grad_sq_x.add_(value_2.sum_to_size(sq_x.shape), alpha=-0.5)
    grad_sq_w.add_(value_2.sum_to_size(sq_w.shape), alpha=-0.5)
    if grad_c is not None:
        grad_c -= sum_product(value_2, c, c.shape)


def _write_regular(
    dot: Tensor,
    sq_x: Tensor,
    sq_w: Tensor,
    c: Tensor,
    check: Callable[[Tensor], None] | None,
    other: Tensor,
) -> None:
    """Do without the clamp, whose arguments are to be positive, which ``check`` sees to."""
    value = torch.add(sq_x, dot, alpha=-2, out=dot).add_(sq_w)
    if check is not None:
        check(value)
    value_3 = torch.square(c)
    value_2 = value.add_(value_3)
    torch.rsqrt(value_2, out=other)


def _add_regular_gradient(
    grad: Tensor,
    value_2: Tensor,
    sq_x: Tensor,
    sq_w: Tensor,
    c: Tensor,
    grad_sq_x: Tensor,
    grad_sq_w: Tensor,
    grad_c: Tensor | None,
    scratch_1: Tensor,
) -> None:
    """Leave sums over samples, for ‖w‖² and what every unit has of its own, to the caller."""
    inverse = value_2.rsqrt_()
    product_2 = torch.mul(grad, inverse, out=scratch_1).mul_(inverse)
    inverse.mul_(product_2)
    grad_sq_x.add_(value_2.sum_to_size(sq_x.shape), alpha=-0.5)
    grad_sq_w.add_(value_2, alpha=-0.5)
    if grad_c is not None:
        grad_c -= value_2 * c


inverse_multiquadric = Neuron(
    response,
    _write_response,
    _add_gradient,
    norms=(True, True),
    keeps_residual=True,
    response_in_dot=False,
    response_scratch=0,
    gradient_scratch=1,
    scratch_may_be_grad=False,
    dot_factor=1,
    derived=(0,),
    scale=None,
    degrees=None,
    regular=Regular(
        _write_regular,
        _add_regular_gradient,
        norms=(True, True),
        response_in_dot=False,
        response_scratch=0,
        gradient_scratch=1,
        dot_factor=1.0,
        derived=(0,),
        parameters=(0,),
        folded=None,
        in_blocks=True,
    ),
)
