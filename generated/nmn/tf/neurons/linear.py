# Generated from spec/neurons/linear.yaml. Do not edit; run `make generate`.
r"""Linear neuron: response and gradient.

$$y = b + \langle w, x\rangle$$

Reference: Rosenblatt (1958), The perceptron: a probabilistic model for information storage.
"""

import tensorflow as tf

from nmn.tf._numerics import sum_like, with_gradient


def linear(
    dot: tf.Tensor,
    bias: tf.Tensor | float | None = None,
) -> tf.Tensor:
    """Alignment alone, as in any linear layer.

    Args:
      dot: ⟨w, x⟩, samples along the first axis.
      bias: Added to the alignment ⟨w, x⟩. None: left out.

    Returns:
      The response, of the shape of `dot`. Of tensors of that size, only `dot` is kept for the
      backward pass.
    """
    operands = {
        "dot": dot,
        "bias": bias,
    }
    return with_gradient(_response, _gradient, operands)


def _response(
    dot: tf.Tensor,
    bias: tf.Tensor | None,
) -> tf.Tensor:
    return dot if bias is None else dot + bias


def _gradient(
    grad: tf.Tensor,
    dot: tf.Tensor,
    bias: tf.Tensor | None,
) -> dict[str, tf.Tensor]:
    gradients = {
        "dot": grad,
    }
    if bias is not None:
        gradients["bias"] = sum_like(grad, bias)
    return gradients
