# Generated from spec/neurons/signed_yat.yaml. Do not edit; run `make generate`.
r"""Signed Yat neuron: response.

$$y = \frac{\alpha \left(b + \langle w, x\rangle\right) \left|{b + \langle w,
    x\rangle}\right|}{\lVert w - x\rVert^2 + \varepsilon}$$

Reference: Bouhsine (2024), Deep Learning 2.0: Artificial Neurons that Matter.
"""

from keras import ops

from nmn.keras import _numerics


def signed_yat(
    dot,
    sq_x,
    sq_w,
    bias=None,
    alpha=None,
    epsilon=1e-05,
):
    """Squared alignment over squared distance, with the sign of the alignment.

    Args:
        dot: ⟨w, x⟩, samples along the first axis.
        sq_x: ‖x‖², to broadcast along the units.
        sq_w: ‖w‖², to broadcast along the samples.
        bias: Added to the alignment ⟨w, x⟩. None: left out.
        alpha: Scale of the response. None: left out.
        epsilon: Added to the squared distance; bounds the response where x = w.

    Returns:
        The response, of the shape of `dot`.
    """
    alignment = dot if bias is None else dot + bias
    sq_dist = ops.relu(sq_x - 2 * dot + sq_w)
    response = alignment * (_numerics.absolute(alignment) / (sq_dist + epsilon))
    return response if alpha is None else response * alpha
