# Generated from spec/neurons/signed_yat.yaml. Do not edit; run `make generate`.
r"""Signed Yat neuron: response and gradient.

.. math::
    y = \frac{\alpha \left(b + \langle w, x\rangle\right) \left|{b + \langle w,
        x\rangle}\right|}{\lVert w - x\rVert^2 + \varepsilon}

Reference: Bouhsine (2024), Deep Learning 2.0: Artificial Neurons that Matter.
"""

import torch
from torch import Tensor
from torch.nn import functional as F

from nmn.torch._closed_form import Neuron
from nmn.torch._regular import mask, sum_product


def response(
    dot: Tensor,
    sq_x: Tensor,
    sq_w: Tensor,
    bias: Tensor | float | None,
    alpha: Tensor | float | None,
    epsilon: Tensor | float,
) -> Tensor:
    r"""Squared alignment over squared distance, with the sign of the alignment.

    Args:
        dot: ⟨w, x⟩, samples along the first axis.
        sq_x: ‖x‖², to broadcast along the units.
        sq_w: ‖w‖², to broadcast along the samples.
        bias: Added to the alignment ⟨w, x⟩. None: left out.
        alpha: Scale of the response. None: left out.
        epsilon: Added to the squared distance; bounds the response where x = w.

    Returns:
        The response, of the shape of ``dot``.
    """
    alignment = dot if bias is None else dot + bias
    sq_dist = F.relu(sq_x - 2 * dot + sq_w)
    response = alignment * (torch.abs(alignment) / (sq_dist + epsilon))
    return response if alpha is None else response * alpha


def _write_response(
    dot: Tensor,
    sq_x: Tensor,
    sq_w: Tensor,
    bias: Tensor | None,
    alpha: Tensor | None,
    epsilon: Tensor,
    other: Tensor,
    scratch_1: Tensor,
    scratch_2: Tensor,
) -> None:
    """Write the response of a block of rows to ``other``."""
    alignment = dot if bias is None else torch.add(dot, bias, out=other)
    denominator = torch.add(sq_x, dot, alpha=-2, out=scratch_1).add_(sq_w).relu_().add_(epsilon)
    ratio = torch.abs(alignment, out=scratch_2).div_(denominator)
    torch.mul(alignment, ratio, out=other)
    if alpha is not None:
        other.mul_(alpha)


def _add_gradient(
    grad: Tensor,
    dot: Tensor,
    sq_x: Tensor,
    sq_w: Tensor,
    bias: Tensor | None,
    alpha: Tensor | None,
    epsilon: Tensor,
    grad_sq_x: Tensor,
    grad_sq_w: Tensor,
    grad_bias: Tensor | None,
    grad_alpha: Tensor | None,
    grad_epsilon: Tensor | None,
    scratch_1: Tensor,
    scratch_2: Tensor,
    scratch_3: Tensor,
    scratch_4: Tensor,
    scratch_5: Tensor,
    scratch_6: Tensor,
) -> None:
    """Replace ``dot`` by the gradient of ⟨w, x⟩; add to the others that are wanted."""
    alignment = dot if bias is None else torch.add(dot, bias, out=scratch_1)
    sq_dist = torch.add(sq_x, dot, alpha=-2, out=scratch_2).add_(sq_w).relu_()
    inverse = torch.add(sq_dist, epsilon, out=scratch_3).reciprocal_()
    product = torch.mul(grad, inverse, out=scratch_4)
    value_3 = torch.abs(alignment, out=scratch_5)
    product_3 = torch.mul(product, value_3, out=scratch_6).mul_(alignment)
    if grad_alpha is not None:
        grad_alpha += product_3.sum_to_size(alpha.shape)
    product_4 = product_3.mul_(inverse)
    if grad_epsilon is not None:
        grad_epsilon -= product_4.sum_to_size(epsilon.shape)
    product_5 = mask(product_4, sq_dist, out=product_4)
    grad_sq_x -= product_5.sum_to_size(sq_x.shape)
    grad_sq_w -= product_5.sum_to_size(sq_w.shape)
    value_5 = torch.sign(alignment, out=scratch_2).mul_(alignment)
    value_4 = value_3.add_(value_5)
    if grad_bias is not None:
        grad_bias += sum_product(product, value_4, bias.shape)
    product_6 = product.mul_(value_4)
    torch.add(product_6, product_5, alpha=2, out=dot)


signed_yat = Neuron(
    response,
    _write_response,
    _add_gradient,
    norms=(True, True),
    keeps_residual=True,
    response_in_dot=False,
    response_scratch=2,
    gradient_scratch=6,
    scratch_may_be_grad=False,
    dot_factor=1,
    derived=(0, 1, 2),
    scale=1,
    degrees=None,
)
