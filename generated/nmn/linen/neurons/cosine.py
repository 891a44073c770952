# Generated from spec/neurons/cosine.yaml. Do not edit; run `make generate`.
r"""Cosine neuron: response.

.. math::
    y = \frac{\langle w, x\rangle}{\sqrt{\delta + \lVert w\rVert^2 \lVert x\rVert^2}}

Reference: Luo et al. (2018), Cosine normalization: using cosine similarity instead of dot product.
"""

import jax.numpy as jnp
from jax import Array


def cosine(
    dot: Array,
    sq_x: Array,
    sq_w: Array,
    delta: Array | float = 1e-06,
) -> Array:
    r"""Cosine of the angle between weight and input.

    Differentiable in every mode; XLA fuses it, its gradient included, into one pass.

    Args:
      dot: ⟨w, x⟩, samples along the first axis.
      sq_x: ‖x‖², to broadcast along the units.
      sq_w: ‖w‖², to broadcast along the samples.
      delta: Added to the product of the squared norms; keeps the response finite at x = 0.

    Returns:
      The response, of the shape of ``dot``.
    """
    return dot / jnp.sqrt(sq_x * sq_w + delta)
