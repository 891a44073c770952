# Generated from spec/neurons/linear.yaml. Do not edit; run `make generate`.
r"""Linear neuron: response and gradient.

.. math::
    y = b + \langle w, x\rangle

Reference: Rosenblatt (1958), The perceptron: a probabilistic model for information storage.
"""

from torch import Tensor

from nmn.torch._closed_form import Neuron


def response(
    dot: Tensor,
    bias: Tensor | float | None,
) -> Tensor:
    r"""Alignment alone, as in any linear layer.

    Args:
        dot: ⟨w, x⟩, samples along the first axis.
        bias: Added to the alignment ⟨w, x⟩. None: left out.

    Returns:
        The response, of the shape of ``dot``.
    """
    return dot if bias is None else dot + bias


def _write_response(
    dot: Tensor,
    bias: Tensor | None,
    other: Tensor,
) -> None:
    """Replace ``dot`` or ``other`` by the response."""
    if bias is not None:
        dot.add_(bias)


def _add_gradient(
    grad: Tensor,
    grad_dot: Tensor,
    bias: Tensor | None,
    grad_bias: Tensor | None,
) -> None:
    """Fill ``grad_dot`` with the gradient of ⟨w, x⟩; add to the others that are wanted."""
    if grad_bias is not None:
        grad_bias += grad.sum_to_size(bias.shape)
    grad_dot.copy_(grad)


linear = Neuron(
    response,
    _write_response,
    _add_gradient,
    norms=(False, False),
    keeps_residual=False,
    response_in_dot=True,
    response_scratch=0,
    gradient_scratch=0,
    scratch_may_be_grad=False,
    dot_factor=1,
    derived=(0,),
    scale=None,
    degrees=None,
)
