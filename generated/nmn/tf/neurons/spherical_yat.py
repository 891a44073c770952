# Generated from spec/neurons/spherical_yat.yaml. Do not edit; run `make generate`.
r"""Spherical Yat neuron: response and gradient.

$$y = \frac{\alpha \left(b + \frac{\langle w, x\rangle}{\sqrt{\delta + \lVert w\rVert^2 \lVert
    x\rVert^2}}\right)^{2}}{\varepsilon + \max\left(- \frac{2 \langle w, x\rangle}{\sqrt{\delta +
    \lVert w\rVert^2 \lVert x\rVert^2}} + 2, 0\right)}$$

Reference: Bouhsine (2024), Deep Learning 2.0: Artificial Neurons that Matter.
"""

import tensorflow as tf

from nmn.tf._numerics import mask, sum_like, with_gradient


def spherical_yat(
    dot: tf.Tensor,
    sq_x: tf.Tensor,
    sq_w: tf.Tensor,
    bias: tf.Tensor | float | None = None,
    alpha: tf.Tensor | float | None = None,
    epsilon: tf.Tensor | float = 0.01,
    delta: tf.Tensor | float = 1e-06,
) -> tf.Tensor:
    """Squared cosine over squared distance on the unit sphere.

    Args:
      dot: ⟨w, x⟩, samples along the first axis.
      sq_x: ‖x‖², to broadcast along the units.
      sq_w: ‖w‖², to broadcast along the samples.
      bias: Added to the cosine, inside the square. None: left out.
      alpha: Scale of the response. None: left out.
      epsilon: Added to the squared distance; bounds the response where x and w point the same way.
      delta: Added to the product of the squared norms; keeps the response finite at x = 0.

    Returns:
      The response, of the shape of `dot`. Of tensors of that size, only `dot` is kept for the
      backward pass.
    """
    operands = {
        "dot": dot,
        "sq_x": sq_x,
        "sq_w": sq_w,
        "bias": bias,
        "alpha": alpha,
        "epsilon": epsilon,
        "delta": delta,
    }
    return with_gradient(_response, _gradient, operands)


def _response(
    dot: tf.Tensor,
    sq_x: tf.Tensor,
    sq_w: tf.Tensor,
    bias: tf.Tensor | None,
    alpha: tf.Tensor | None,
    epsilon: tf.Tensor,
    delta: tf.Tensor,
) -> tf.Tensor:
    cosine = dot / tf.sqrt(sq_x * sq_w + delta)
    sq_dist = tf.nn.relu(2 - 2 * cosine)
    alignment = cosine if bias is None else cosine + bias
    response = alignment * (alignment / (sq_dist + epsilon))
    return response if alpha is None else response * alpha


def _gradient(
    grad: tf.Tensor,
    dot: tf.Tensor,
    sq_x: tf.Tensor,
    sq_w: tf.Tensor,
    bias: tf.Tensor | None,
    alpha: tf.Tensor | None,
    epsilon: tf.Tensor,
    delta: tf.Tensor,
) -> dict[str, tf.Tensor]:
    scale_alpha = 1 if alpha is None else alpha
    value = sq_x * sq_w + delta
    denominator = tf.sqrt(value)
    cosine = dot / denominator
    sq_dist = tf.nn.relu(2 - 2 * cosine)
    alignment = cosine if bias is None else cosine + bias
    ratio = alignment / (sq_dist + epsilon)
    product = grad * ratio
    grad_cosine = product + mask(product * ratio, sq_dist)
    ratio_2 = grad_cosine / denominator
    inverse = tf.math.rsqrt(value)
    product_4 = grad * ratio
    product_8 = grad_cosine * dot * inverse * inverse * inverse
    gradients = {
        "dot": 2 * scale_alpha * ratio_2,
        "sq_x": -scale_alpha * sum_like(product_8 * sq_w, sq_x),
        "sq_w": -scale_alpha * sum_like(product_8 * sq_x, sq_w),
        "epsilon": -scale_alpha * sum_like(product_4 * ratio, epsilon),
    }
    if bias is not None:
        gradients["bias"] = 2 * scale_alpha * sum_like(product_4, bias)
    if alpha is not None:
        gradients["alpha"] = sum_like(product_4 * alignment, alpha)
    return gradients
