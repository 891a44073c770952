# Generated from spec/neurons/gaussian.yaml. Do not edit; run `make generate`.
r"""Gaussian neuron: response and gradient.

.. math::
    y = e^{- \lVert w - x\rVert^2 \gamma}

Reference: Broomhead and Lowe (1988), Multivariable functional interpolation and adaptive networks.
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
    gamma: Tensor | float,
) -> Tensor:
    r"""Radial basis function that falls off like a normal density.

    Args:
        dot: ⟨w, x⟩, samples along the first axis.
        sq_x: ‖x‖², to broadcast along the units.
        sq_w: ‖w‖², to broadcast along the samples.
        gamma: Inverse squared width; 1/(2σ²) for a normal density of standard deviation σ.

    Returns:
        The response, of the shape of ``dot``.
    """
    sq_dist = F.relu(sq_x - 2 * dot + sq_w)
    return torch.exp(-(sq_dist * gamma))


def _write_response(
    dot: Tensor,
    sq_x: Tensor,
    sq_w: Tensor,
    gamma: Tensor,
    other: Tensor,
) -> Tensor:
    """Replace ``dot`` and ``other`` by the response and what is kept for the gradient.

    Returns the least argument of the clamp: the gradient holds where none is active.
    """
    value = torch.add(sq_x, dot, alpha=-2, out=dot).add_(sq_w)
    lowest = value.amin()
    sq_dist = value.relu_()
    torch.mul(sq_dist, gamma, out=other).mul_(-1).exp_()
    return lowest


def _add_gradient(
    grad: Tensor,
    sq_dist: Tensor,
    sq_x: Tensor,
    sq_w: Tensor,
    gamma: Tensor,
    grad_sq_x: Tensor,
    grad_sq_w: Tensor,
    grad_gamma: Tensor | None,
    scratch_1: Tensor,
) -> None:
    """Replace ``sq_dist`` by the gradient of ⟨w, x⟩; add to the others that are wanted."""
    product = torch.mul(sq_dist, gamma, out=scratch_1).mul_(-1).exp_().mul_(grad)
    if grad_gamma is not None:
        grad_gamma -= sum_product(product, sq_dist, gamma.shape)
    torch.mul(product, gamma, out=sq_dist)
    grad_sq_x -= sq_dist.sum_to_size(sq_x.shape)
    grad_sq_w -= sq_dist.sum_to_size(sq_w.shape)


def _write_regular(
    dot: Tensor,
    sq_x: Tensor,
    sq_w: Tensor,
    gamma: Tensor,
    check: Callable[[Tensor], None] | None,
    other: Tensor,
) -> None:
    """Do without the clamp, whose arguments are to be positive, which ``check`` sees to."""
    value = torch.add(sq_x, dot, alpha=-2, out=dot).add_(sq_w)
    if check is not None:
        check(value)
    torch.mul(value, gamma, out=other).mul_(-1).exp_()


def _add_regular_gradient(
    grad: Tensor,
    sq_dist: Tensor,
    sq_x: Tensor,
    sq_w: Tensor,
    gamma: Tensor,
    grad_sq_x: Tensor,
    grad_sq_w: Tensor,
    grad_gamma: Tensor | None,
    scratch_1: Tensor,
) -> None:
    """Leave sums over samples, for ‖w‖² and what every unit has of its own, to the caller."""
    product = torch.mul(sq_dist, gamma, out=scratch_1).mul_(-1).exp_().mul_(grad)
    if grad_gamma is not None:
        grad_gamma -= product * sq_dist
    torch.mul(product, gamma, out=sq_dist)
    grad_sq_x -= sq_dist.sum_to_size(sq_x.shape)
    grad_sq_w -= sq_dist


gaussian = Neuron(
    response,
    _write_response,
    _add_gradient,
    norms=(True, True),
    keeps_residual=True,
    response_in_dot=False,
    response_scratch=0,
    gradient_scratch=1,
    scratch_may_be_grad=False,
    dot_factor=2,
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
        dot_factor=2.0,
        derived=(0,),
        parameters=(0,),
        folded=None,
        in_blocks=True,
    ),
)
