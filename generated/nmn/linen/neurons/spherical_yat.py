# Generated from spec/neurons/spherical_yat.yaml. Do not edit; run `make generate`.
r"""Spherical Yat neuron: response.

.. math::
    y = \frac{\alpha \left(b + \frac{\langle w, x\rangle}{\sqrt{\delta + \lVert w\rVert^2 \lVert
        x\rVert^2}}\right)^{2}}{\varepsilon + \max\left(- \frac{2 \langle w, x\rangle}{\sqrt{\delta
        + \lVert w\rVert^2 \lVert x\rVert^2}} + 2, 0\right)}

Reference: Bouhsine (2024), Deep Learning 2.0: Artificial Neurons that Matter.
"""

import jax
import jax.numpy as jnp
from jax import Array


def spherical_yat(
    dot: Array,
    sq_x: Array,
    sq_w: Array,
    bias: Array | float | None = None,
    alpha: Array | float | None = None,
    epsilon: Array | float = 0.01,
    delta: Array | float = 1e-06,
) -> Array:
    r"""Squared cosine over squared distance on the unit sphere.

    Differentiable in every mode; XLA fuses it, its gradient included, into one pass.

    Args:
      dot: ⟨w, x⟩, samples along the first axis.
      sq_x: ‖x‖², to broadcast along the units.
      sq_w: ‖w‖², to broadcast along the samples.
      bias: Added to the cosine, inside the square. None: left out.
      alpha: Scale of the response. None: left out.
      epsilon: Added to the squared distance; bounds the response where x and w point the same way.
      delta: Added to the product of the squared norms; keeps the response finite at x = 0.

    Returns:
      The response, of the shape of ``dot``.
    """
    cosine = dot / jnp.sqrt(sq_x * sq_w + delta)
    sq_dist = jax.nn.relu(2 - 2 * cosine)
    alignment = cosine if bias is None else cosine + bias
    response = alignment * (alignment / (sq_dist + epsilon))
    return response if alpha is None else response * alpha
