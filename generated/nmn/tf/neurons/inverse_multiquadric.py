# Generated from spec/neurons/inverse_multiquadric.yaml. Do not edit; run `make generate`.
r"""Inverse multiquadric neuron: response and gradient.

$$y = \frac{1}{\sqrt{\lVert w - x\rVert^2 + c^{2}}}$$

Reference: Hardy (1971), Multiquadric equations of topography and other irregular surfaces.
"""

import tensorflow as tf

from nmn.tf._numerics import mask, sum_like, with_gradient


def inverse_multiquadric(
    dot: tf.Tensor,
    sq_x: tf.Tensor,
    sq_w: tf.Tensor,
    c: tf.Tensor | float,
) -> tf.Tensor:
    """Radial basis function with heavy tails.

    Args:
      dot: ⟨w, x⟩, samples along the first axis.
      sq_x: ‖x‖², to broadcast along the units.
      sq_w: ‖w‖², to broadcast along the samples.
      c: Distance within which the response is flat.

    Returns:
      The response, of the shape of `dot`. Of tensors of that size, only `dot` is kept for the
      backward pass.
    """
    operands = {
        "dot": dot,
        "sq_x": sq_x,
        "sq_w": sq_w,
        "c": c,
    }
    return with_gradient(_response, _gradient, operands)


def _response(
    dot: tf.Tensor,
    sq_x: tf.Tensor,
    sq_w: tf.Tensor,
    c: tf.Tensor,
) -> tf.Tensor:
    sq_dist = tf.nn.relu(sq_x - 2 * dot + sq_w)
    return tf.math.rsqrt(sq_dist + tf.square(c))


def _gradient(
    grad: tf.Tensor,
    dot: tf.Tensor,
    sq_x: tf.Tensor,
    sq_w: tf.Tensor,
    c: tf.Tensor,
) -> dict[str, tf.Tensor]:
    sq_dist = tf.nn.relu(sq_x - 2 * dot + sq_w)
    inverse = tf.math.rsqrt(sq_dist + tf.square(c))
    product_3 = grad * inverse * inverse * inverse
    product_4 = mask(product_3, sq_dist)
    gradients = {
        "dot": product_4,
        "sq_x": -0.5 * sum_like(product_4, sq_x),
        "sq_w": -0.5 * sum_like(product_4, sq_w),
        "c": -sum_like(product_3 * c, c),
    }
    return gradients
