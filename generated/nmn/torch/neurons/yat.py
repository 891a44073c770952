# Generated from spec/neurons/yat.yaml. Do not edit; run `make generate`.
r"""Yat neuron: response and gradient.

.. math::
    y = \frac{\alpha \left(b + \langle w, x\rangle\right)^{2}}{\lVert w - x\rVert^2 + \varepsilon}

Reference: Bouhsine (2024), Deep Learning 2.0: Artificial Neurons that Matter.
"""

import torch
from torch import Tensor
from torch.nn import functional as F

from nmn.torch._contraction import Neuron, mask, sum_product


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
    output: Tensor,
    scratch: Tensor,
) -> None:
    """Write the response of a block of rows to ``output``."""
    alignment = dot if bias is None else torch.add(dot, bias, out=output)
    denominator = torch.add(sq_x, dot, alpha=-2, out=scratch[0]).add_(sq_w).relu_().add_(epsilon)
    ratio = torch.div(alignment, denominator, out=denominator)
    torch.mul(alignment, ratio, out=output)
    if alpha is not None:
        output.mul_(alpha)


def _add_gradient(
    grad: Tensor,
    dot: Tensor,
    sq_x: Tensor,
    sq_w: Tensor,
    bias: Tensor | None,
    alpha: Tensor | None,
    epsilon: Tensor,
    grad_dot: Tensor,
    grad_sq_x: Tensor | None,
    grad_sq_w: Tensor | None,
    grad_bias: Tensor | None,
    grad_alpha: Tensor | None,
    grad_epsilon: Tensor | None,
    scratch: Tensor,
) -> None:
    """Write ``grad_dot`` of a block of rows; add to the other gradients that are wanted."""
    scale_alpha = 1 if alpha is None else alpha
    alignment = dot if bias is None else torch.add(dot, bias, out=grad_dot)
    sq_dist = torch.add(sq_x, dot, alpha=-2, out=scratch[0]).add_(sq_w).relu_()
    denominator = torch.add(sq_dist, epsilon, out=scratch[1])
    ratio = torch.div(alignment, denominator, out=denominator)
    product = torch.mul(grad, ratio, out=scratch[2])
    if grad_bias is not None:
        grad_bias += 2 * scale_alpha * product.sum_to_size(bias.shape)
    if grad_alpha is not None:
        grad_alpha += sum_product(product, alignment, alpha.shape)
    product_2 = ratio.mul_(product)
    if grad_epsilon is not None:
        grad_epsilon -= scale_alpha * product_2.sum_to_size(epsilon.shape)
    product_3 = mask(product_2, sq_dist, out=product_2)
    if grad_sq_x is not None:
        grad_sq_x -= scale_alpha * product_3.sum_to_size(sq_x.shape)
    if grad_sq_w is not None:
        grad_sq_w -= scale_alpha * product_3.sum_to_size(sq_w.shape)
    torch.add(product, product_3, out=grad_dot)
    grad_dot.mul_(2 * scale_alpha)


yat = Neuron(
    response,
    _write_response,
    _add_gradient,
    response_scratch=1,
    gradient_scratch=3,
)
