# Generated from spec/neurons/gaussian.yaml. Do not edit; run `make generate`.
r"""Gaussian neuron: response and gradient.

$$y = e^{- \lVert w - x\rVert^2 \gamma}$$

Reference: Broomhead and Lowe (1988), Multivariable functional interpolation and adaptive networks.
"""

import tensorflow as tf

from nmn.tf._numerics import mask, sum_like, with_gradient


def gaussian(
    dot: tf.Tensor,
    sq_x: tf.Tensor,
    sq_w: tf.Tensor,
    gamma: tf.Tensor | float,
) -> tf.Tensor:
    """Radial basis function that falls off like a normal density.

    Args:
      dot: ⟨w, x⟩, samples along the first axis.
      sq_x: ‖x‖², to broadcast along the units.
      sq_w: ‖w‖², to broadcast along the samples.
      gamma: Inverse squared width; 1/(2σ²) for a normal density of standard deviation σ.

    Returns:
      The response, of the shape of `dot`. Of tensors of that size, only `dot` is kept for the
      backward pass.
    """
    operands = {
        "dot": dot,
        "sq_x": sq_x,
        "sq_w": sq_w,
        "gamma": gamma,
    }
    return with_gradient(_response, _gradient, operands)


def _response(
    dot: tf.Tensor,
    sq_x: tf.Tensor,
    sq_w: tf.Tensor,
    gamma: tf.Tensor,
) -> tf.Tensor:
    sq_dist = tf.nn.relu(sq_x - 2 * dot + sq_w)
    return tf.exp(-(sq_dist * gamma))


def _gradient(
    grad: tf.Tensor,
    dot: tf.Tensor,
    sq_x: tf.Tensor,
    sq_w: tf.Tensor,
    gamma: tf.Tensor,
) -> dict[str, tf.Tensor]:
    sq_dist = tf.nn.relu(sq_x - 2 * dot + sq_w)
    product = grad * tf.exp(-(sq_dist * gamma))
    product_3 = mask(product * gamma, sq_dist)
    gradients = {
        "dot": 2 * product_3,
        "sq_x": -sum_like(product_3, sq_x),
        "sq_w": -sum_like(product_3, sq_w),
        "gamma": -sum_like(product * sq_dist, gamma),
    }
    return gradients
