# Generated from spec/neurons/linear.yaml. Do not edit; run `make generate`.
r"""Linear neuron: response.

.. math::
    y = b + \langle w, x\rangle

Reference: Rosenblatt (1958), The perceptron: a probabilistic model for information storage.
"""

from jax import Array


def linear(
    dot: Array,
    bias: Array | float | None = None,
) -> Array:
    r"""Alignment alone, as in any linear layer.

    Differentiable in every mode; XLA fuses it, its gradient included, into one pass.

    Args:
      dot: ⟨w, x⟩, samples along the first axis.
      bias: Added to the alignment ⟨w, x⟩. None: left out.

    Returns:
      The response, of the shape of ``dot``.
    """
    return dot if bias is None else dot + bias
