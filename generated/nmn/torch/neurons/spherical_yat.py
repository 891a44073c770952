# Generated from spec/neurons/spherical_yat.yaml. Do not edit; run `make generate`.
r"""Spherical Yat neuron: response and gradient.

.. math::
    y = \frac{\alpha \left(b + \frac{\langle w, x\rangle}{\sqrt{\delta + \lVert w\rVert^2 \lVert
        x\rVert^2}}\right)^{2}}{\varepsilon + \max\left(- \frac{2 \langle w, x\rangle}{\sqrt{\delta
        + \lVert w\rVert^2 \lVert x\rVert^2}} + 2, 0\right)}

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
    delta: Tensor | float,
) -> Tensor:
    r"""Squared cosine over squared distance on the unit sphere.

    Args:
        dot: ⟨w, x⟩, samples along the first axis.
        sq_x: ‖x‖², to broadcast along the units.
        sq_w: ‖w‖², to broadcast along the samples.
        bias: Added to the cosine, inside the square. None: left out.
        alpha: Scale of the response. None: left out.
        epsilon: Added to the squared distance; bounds the response where x and w point the same
            way.
        delta: Added to the product of the squared norms; keeps the response finite at x = 0.

    Returns:
        The response, of the shape of ``dot``.
    """
    cosine = dot / torch.sqrt(sq_x * sq_w + delta)
    sq_dist = F.relu(2 - 2 * cosine)
    alignment = cosine if bias is None else cosine + bias
    response = alignment * (alignment / (sq_dist + epsilon))
    return response if alpha is None else response * alpha


def _write_response(
    dot: Tensor,
    sq_x: Tensor,
    sq_w: Tensor,
    bias: Tensor | None,
    alpha: Tensor | None,
    epsilon: Tensor,
    delta: Tensor,
    other: Tensor,
    scratch_1: Tensor,
) -> None:
    """Write the response of a block of rows to ``other``."""
    denominator = torch.mul(sq_x, sq_w, out=other).add_(delta).sqrt_()
    cosine = torch.div(dot, denominator, out=denominator)
    sq_dist = torch.add(2, cosine, alpha=-2, out=scratch_1).relu_()
    if bias is not None:
        cosine.add_(bias)
    denominator_2 = sq_dist.add_(epsilon)
    ratio = torch.div(cosine, denominator_2, out=denominator_2)
    cosine.mul_(ratio)
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
    delta: Tensor,
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
    scratch_7: Tensor,
) -> None:
    """Replace ``dot`` by the gradient of ⟨w, x⟩; add to the others that are wanted."""
    value = torch.mul(sq_x, sq_w, out=scratch_1).add_(delta)
    denominator = torch.sqrt(value, out=scratch_2)
    cosine = torch.div(dot, denominator, out=scratch_3)
    sq_dist = torch.add(2, cosine, alpha=-2, out=scratch_4).relu_()
    if bias is not None:
        cosine.add_(bias)
    denominator_2 = torch.add(sq_dist, epsilon, out=scratch_5)
    ratio = torch.div(cosine, denominator_2, out=denominator_2)
    product = torch.mul(grad, ratio, out=scratch_6)
    product_2 = torch.mul(product, ratio, out=scratch_7)
    product_3 = mask(product_2, sq_dist, out=product_2)
    grad_cosine = product.add_(product_3)
    ratio_2 = torch.div(grad_cosine, denominator, out=denominator)
    inverse = value.rsqrt_()
    product_4 = torch.mul(grad, ratio, out=scratch_7)
    if grad_bias is not None:
        grad_bias.add_(product_4.sum_to_size(bias.shape), alpha=2)
    if grad_alpha is not None:
        grad_alpha += sum_product(product_4, cosine, alpha.shape)
    if grad_epsilon is not None:
        grad_epsilon -= sum_product(product_4, ratio, epsilon.shape)
    product_5 = grad_cosine.mul_(dot)
    product_6 = product_5.mul_(inverse)
    product_7 = product_6.mul_(inverse)
    product_8 = product_7.mul_(inverse)
    grad_sq_x -= sum_product(product_8, sq_w, sq_x.shape)
    grad_sq_w -= sum_product(product_8, sq_x, sq_w.shape)
    dot.copy_(ratio_2)


spherical_yat = Neuron(
    response,
    _write_response,
    _add_gradient,
    norms=(True, True),
    keeps_residual=True,
    response_in_dot=False,
    response_scratch=1,
    gradient_scratch=7,
    scratch_may_be_grad=False,
    dot_factor=2,
    derived=(0, 1, 2),
    scale=1,
    degrees=None,
)
