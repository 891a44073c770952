# Generated from spec/neurons/gaussian.yaml. Do not edit; run `make generate`.
r"""Gaussian neuron: response.

.. math::
    y = e^{- \lVert w - x\rVert^2 \gamma}

Reference: Broomhead and Lowe (1988), Multivariable functional interpolation and adaptive networks.
"""

import jax
import jax.numpy as jnp
from jax import Array


def gaussian(
    dot: Array,
    sq_x: Array,
    sq_w: Array,
    gamma: Array | float,
) -> Array:
    r"""Radial basis function that falls off like a normal density.

    Differentiable in every mode; XLA fuses it, its gradient included, into one pass.

    Args:
      dot: ⟨w, x⟩, samples along the first axis.
      sq_x: ‖x‖², to broadcast along the units.
      sq_w: ‖w‖², to broadcast along the samples.
      gamma: Inverse squared width; 1/(2σ²) for a normal density of standard deviation σ.

    Returns:
      The response, of the shape of ``dot``.
    """
    sq_dist = jax.nn.relu(sq_x - 2 * dot + sq_w)
    return jnp.exp(-(sq_dist * gamma))
