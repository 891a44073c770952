# Generated from spec/neurons/cosine.yaml. Do not edit; run `make generate`.
r"""Cosine neuron: response and gradient.

.. math::
    y = \frac{\langle w, x\rangle}{\sqrt{\delta + \lVert w\rVert^2 \lVert x\rVert^2}}

Reference: Luo et al. (2018), Cosine normalization: using cosine similarity instead of dot product.
"""

import torch
from torch import Tensor

from nmn.torch._closed_form import Neuron
from nmn.torch._regular import sum_product


def response(
    dot: Tensor,
    sq_x: Tensor,
    sq_w: Tensor,
    delta: Tensor | float,
) -> Tensor:
    r"""Cosine of the angle between weight and input.

    Args:
        dot: ⟨w, x⟩, samples along the first axis.
        sq_x: ‖x‖², to broadcast along the units.
        sq_w: ‖w‖², to broadcast along the samples.
        delta: Added to the product of the squared norms; keeps the response finite at x = 0.

    Returns:
        The response, of the shape of ``dot``.
    """
    return dot / torch.sqrt(sq_x * sq_w + delta)


def _write_response(
    dot: Tensor,
    sq_x: Tensor,
    sq_w: Tensor,
    delta: Tensor,
    other: Tensor,
) -> None:
    """Write the response of a block of rows to ``other``."""
    denominator = torch.mul(sq_x, sq_w, out=other).add_(delta).sqrt_()
    torch.div(dot, denominator, out=denominator)


def _add_gradient(
    grad: Tensor,
    dot: Tensor,
    sq_x: Tensor,
    sq_w: Tensor,
    delta: Tensor,
    grad_sq_x: Tensor,
    grad_sq_w: Tensor,
    grad_delta: Tensor | None,
    scratch_1: Tensor,
    scratch_2: Tensor,
    scratch_3: Tensor,
) -> None:
    """Replace ``dot`` by the gradient of ⟨w, x⟩; add to the others that are wanted."""
    inverse = torch.mul(sq_x, sq_w, out=scratch_1).add_(delta).rsqrt_()
    product = torch.mul(grad, inverse, out=scratch_2)
    product_4 = torch.mul(product, dot, out=scratch_3).mul_(inverse).mul_(inverse)
    grad_sq_x.add_(sum_product(product_4, sq_w, sq_x.shape), alpha=-0.5)
    grad_sq_w.add_(sum_product(product_4, sq_x, sq_w.shape), alpha=-0.5)
    if grad_delta is not None:
        grad_delta.add_(product_4.sum_to_size(delta.shape), alpha=-0.5)
    dot.copy_(product)


cosine = Neuron(
    response,
    _write_response,
    _add_gradient,
    norms=(True, True),
    keeps_residual=True,
    response_in_dot=False,
    response_scratch=0,
    gradient_scratch=3,
    scratch_may_be_grad=False,
    dot_factor=1,
    derived=(0,),
    scale=None,
    degrees=None,
)
