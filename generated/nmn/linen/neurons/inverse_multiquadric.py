# Generated from spec/neurons/inverse_multiquadric.yaml. Do not edit; run `make generate`.
r"""Inverse multiquadric neuron: response.

.. math::
    y = \frac{1}{\sqrt{\lVert w - x\rVert^2 + c^{2}}}

Reference: Hardy (1971), Multiquadric equations of topography and other irregular surfaces.
"""

import jax
import jax.numpy as jnp
from jax import Array


def inverse_multiquadric(
    dot: Array,
    sq_x: Array,
    sq_w: Array,
    c: Array | float,
) -> Array:
    r"""Radial basis function with heavy tails.

    Differentiable in every mode; XLA fuses it, its gradient included, into one pass.

    Args:
      dot: ⟨w, x⟩, samples along the first axis.
      sq_x: ‖x‖², to broadcast along the units.
      sq_w: ‖w‖², to broadcast along the samples.
      c: Distance within which the response is flat.

    Returns:
      The response, of the shape of ``dot``.
    """
    sq_dist = jax.nn.relu(sq_x - 2 * dot + sq_w)
    return 1 / jnp.sqrt(sq_dist + jnp.square(c))
