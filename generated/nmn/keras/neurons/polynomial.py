# Generated from spec/neurons/polynomial.yaml. Do not edit; run `make generate`.
r"""Polynomial neuron: response.

$$y = \left(b + \langle w, x\rangle \gamma\right)^{degree}$$

Reference: Poggio (1975), On optimal nonlinear associative recall.
"""

from keras import ops


def polynomial(
    dot,
    bias=None,
    gamma=None,
    degree=3,
):
    """A whole power of the alignment.

    Args:
        dot: ⟨w, x⟩, samples along the first axis.
        bias: Added to the alignment before the power; products of all lower degrees appear with it.
            None: left out.
        gamma: Scale of the alignment. None: left out.
        degree: The power.

    Returns:
        The response, of the shape of `dot`.
    """
    value_2 = dot if gamma is None else dot * gamma
    value = value_2 if bias is None else value_2 + bias
    return ops.power(value, degree)
