# Generated from spec/neurons/linear.yaml. Do not edit; run `make generate`.
r"""Linear neuron: response.

$$y = b + \langle w, x\rangle$$

Reference: Rosenblatt (1958), The perceptron: a probabilistic model for information storage.
"""


def linear(
    dot,
    bias=None,
):
    """Alignment alone, as in any linear layer.

    Args:
        dot: ⟨w, x⟩, samples along the first axis.
        bias: Added to the alignment ⟨w, x⟩. None: left out.

    Returns:
        The response, of the shape of `dot`.
    """
    return dot if bias is None else dot + bias
