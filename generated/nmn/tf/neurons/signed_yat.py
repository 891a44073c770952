# Generated from spec/neurons/signed_yat.yaml. Do not edit; run `make generate`.
r"""Signed Yat neuron: response and gradient.

$$y = \frac{\alpha \left(b + \langle w, x\rangle\right) \left|{b + \langle w,
    x\rangle}\right|}{\lVert w - x\rVert^2 + \varepsilon}$$

Reference: Bouhsine (2024), Deep Learning 2.0: Artificial Neurons that Matter.
"""

import tensorflow as tf

from nmn.tf._numerics import mask, sum_like, with_gradient


def signed_yat(
    dot: tf.Tensor,
    sq_x: tf.Tensor,
    sq_w: tf.Tensor,
    bias: tf.Tensor | float | None = None,
    alpha: tf.Tensor | float | None = None,
    epsilon: tf.Tensor | float = 1e-05,
) -> tf.Tensor:
    """Squared alignment over squared distance, with the sign of the alignment.

    Args:
      dot: ⟨w, x⟩, samples along the first axis.
      sq_x: ‖x‖², to broadcast along the units.
      sq_w: ‖w‖², to broadcast along the samples.
      bias: Added to the alignment ⟨w, x⟩. None: left out.
      alpha: Scale of the response. None: left out.
      epsilon: Added to the squared distance; bounds the response where x = w.

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
    }
    return with_gradient(_response, _gradient, operands)


def _response(
    dot: tf.Tensor,
    sq_x: tf.Tensor,
    sq_w: tf.Tensor,
    bias: tf.Tensor | None,
    alpha: tf.Tensor | None,
    epsilon: tf.Tensor,
) -> tf.Tensor:
    alignment = dot if bias is None else dot + bias
    sq_dist = tf.nn.relu(sq_x - 2 * dot + sq_w)
    response = alignment * (tf.abs(alignment) / (sq_dist + epsilon))
    return response if alpha is None else response * alpha


def _gradient(
    grad: tf.Tensor,
    dot: tf.Tensor,
    sq_x: tf.Tensor,
    sq_w: tf.Tensor,
    bias: tf.Tensor | None,
    alpha: tf.Tensor | None,
    epsilon: tf.Tensor,
) -> dict[str, tf.Tensor]:
    scale_alpha = 1 if alpha is None else alpha
    alignment = dot if bias is None else dot + bias
    sq_dist = tf.nn.relu(sq_x - 2 * dot + sq_w)
    inverse = 1 / (sq_dist + epsilon)
    product = grad * inverse
    value_3 = tf.abs(alignment)
    product_3 = product * value_3 * alignment
    product_4 = product_3 * inverse
    product_5 = mask(product_4, sq_dist)
    value_4 = value_3 + alignment * tf.sign(alignment)
    total = product * value_4 + 2 * product_5
    gradients = {
        "dot": scale_alpha * total,
        "sq_x": -scale_alpha * sum_like(product_5, sq_x),
        "sq_w": -scale_alpha * sum_like(product_5, sq_w),
        "epsilon": -scale_alpha * sum_like(product_4, epsilon),
    }
    if bias is not None:
        gradients["bias"] = scale_alpha * sum_like(product * value_4, bias)
    if alpha is not None:
        gradients["alpha"] = sum_like(product_3, alpha)
    return gradients
