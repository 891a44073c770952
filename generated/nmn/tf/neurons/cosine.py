# Generated from spec/neurons/cosine.yaml. Do not edit; run `make generate`.
r"""Cosine neuron: response and gradient.

$$y = \frac{\langle w, x\rangle}{\sqrt{\delta + \lVert w\rVert^2 \lVert x\rVert^2}}$$

Reference: Luo et al. (2018), Cosine normalization: using cosine similarity instead of dot product.
"""

import tensorflow as tf

from nmn.tf._numerics import sum_like, with_gradient


def cosine(
    dot: tf.Tensor,
    sq_x: tf.Tensor,
    sq_w: tf.Tensor,
    delta: tf.Tensor | float = 1e-06,
) -> tf.Tensor:
    """Cosine of the angle between weight and input.

    Args:
      dot: ⟨w, x⟩, samples along the first axis.
      sq_x: ‖x‖², to broadcast along the units.
      sq_w: ‖w‖², to broadcast along the samples.
      delta: Added to the product of the squared norms; keeps the response finite at x = 0.

    Returns:
      The response, of the shape of `dot`. Of tensors of that size, only `dot` is kept for the
      backward pass.
    """
    operands = {
        "dot": dot,
        "sq_x": sq_x,
        "sq_w": sq_w,
        "delta": delta,
    }
    return with_gradient(_response, _gradient, operands)


def _response(
    dot: tf.Tensor,
    sq_x: tf.Tensor,
    sq_w: tf.Tensor,
    delta: tf.Tensor,
) -> tf.Tensor:
    return dot / tf.sqrt(sq_x * sq_w + delta)


def _gradient(
    grad: tf.Tensor,
    dot: tf.Tensor,
    sq_x: tf.Tensor,
    sq_w: tf.Tensor,
    delta: tf.Tensor,
) -> dict[str, tf.Tensor]:
    inverse = tf.math.rsqrt(sq_x * sq_w + delta)
    product = grad * inverse
    product_4 = product * dot * inverse * inverse
    gradients = {
        "dot": product,
        "sq_x": -0.5 * sum_like(product_4 * sq_w, sq_x),
        "sq_w": -0.5 * sum_like(product_4 * sq_x, sq_w),
        "delta": -0.5 * sum_like(product_4, delta),
    }
    return gradients
