# Generated from spec/neurons/inverse_multiquadric.yaml. Do not edit; run `make generate`.
r"""Inverse multiquadric neuron: response.

$$y = \frac{1}{\sqrt{\lVert w - x\rVert^2 + c^{2}}}$$

Reference: Hardy (1971), Multiquadric equations of topography and other irregular surfaces.
"""

from keras import ops

from nmn.keras import _numerics


def inverse_multiquadric(
    dot,
    sq_x,
    sq_w,
    c,
):
    """Radial basis function with heavy tails.

    Args:
        dot: ⟨w, x⟩, samples along the first axis.
        sq_x: ‖x‖², to broadcast along the units.
        sq_w: ‖w‖², to broadcast along the samples.
        c: Distance within which the response is flat.

    Returns:
        The response, of the shape of `dot`.
    """
    sq_dist = ops.relu(sq_x - 2 * dot + sq_w)
    return ops.rsqrt(sq_dist + ops.square(_numerics.like(c, dot)))
