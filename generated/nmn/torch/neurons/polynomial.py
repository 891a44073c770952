# Generated from spec/neurons/polynomial.yaml. Do not edit; run `make generate`.
r"""Polynomial neuron: response and gradient.

.. math::
    y = \left(b + \langle w, x\rangle \gamma\right)^{degree}

Reference: Poggio (1975), On optimal nonlinear associative recall.
"""

import torch
from torch import Tensor

from nmn.torch._closed_form import Neuron
from nmn.torch._regular import sum_product


def response(
    dot: Tensor,
    bias: Tensor | float | None,
    gamma: Tensor | float | None,
    degree: int,
) -> Tensor:
    r"""A whole power of the alignment.

    Args:
        dot: ⟨w, x⟩, samples along the first axis.
        bias: Added to the alignment before the power; products of all lower degrees appear with it.
            None: left out.
        gamma: Scale of the alignment. None: left out.
        degree: The power.

    Returns:
        The response, of the shape of ``dot``.
    """
    value_2 = dot if gamma is None else dot * gamma
    value = value_2 if bias is None else value_2 + bias
    return torch.pow(value, degree)


def _write_response(
    dot: Tensor,
    bias: Tensor | None,
    gamma: Tensor | None,
    degree: int,
    other: Tensor,
    scratch_1: Tensor,
) -> None:
    """Write the response of a block of rows to ``other``."""
    value_2 = dot if gamma is None else torch.mul(dot, gamma, out=other)
    value = value_2 if bias is None else torch.add(value_2, bias, out=scratch_1)
    torch.pow(value, degree, out=other)


def _add_gradient(
    grad: Tensor,
    dot: Tensor,
    bias: Tensor | None,
    gamma: Tensor | None,
    degree: int,
    grad_bias: Tensor | None,
    grad_gamma: Tensor | None,
    scratch_1: Tensor,
    scratch_2: Tensor,
    scratch_3: Tensor,
) -> None:
    """Replace ``dot`` by the gradient of ⟨w, x⟩; add to the others that are wanted."""
    scale_gamma = 1 if gamma is None else gamma
    value_3 = dot if gamma is None else torch.mul(dot, gamma, out=scratch_1)
    value_2 = value_3 if bias is None else torch.add(value_3, bias, out=scratch_2)
    value_4 = degree + -1
    product = torch.pow(value_2, value_4, out=scratch_3).mul_(grad)
    if grad_bias is not None:
        grad_bias += degree * product.sum_to_size(bias.shape)
    if grad_gamma is not None:
        grad_gamma += degree * sum_product(product, dot, gamma.shape)
    torch.mul(product, scale_gamma * degree, out=dot)


polynomial = Neuron(
    response,
    _write_response,
    _add_gradient,
    norms=(False, False),
    keeps_residual=True,
    response_in_dot=False,
    response_scratch=1,
    gradient_scratch=3,
    scratch_may_be_grad=False,
    dot_factor=1,
    derived=(0, 1),
    scale=None,
    degrees=None,
)
