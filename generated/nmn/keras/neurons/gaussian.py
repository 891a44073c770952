# Generated from spec/neurons/gaussian.yaml. Do not edit; run `make generate`.
r"""Gaussian neuron: response.

$$y = e^{- \lVert w - x\rVert^2 \gamma}$$

Reference: Broomhead and Lowe (1988), Multivariable functional interpolation and adaptive networks.
"""

from keras import ops


def gaussian(
    dot,
    sq_x,
    sq_w,
    gamma,
):
    """Radial basis function that falls off like a normal density.

    Args:
        dot: ⟨w, x⟩, samples along the first axis.
        sq_x: ‖x‖², to broadcast along the units.
        sq_w: ‖w‖², to broadcast along the samples.
        gamma: Inverse squared width; 1/(2σ²) for a normal density of standard deviation σ.

    Returns:
        The response, of the shape of `dot`.
    """
    sq_dist = ops.relu(sq_x - 2 * dot + sq_w)
    return ops.exp(-(sq_dist * gamma))
