# Generated from spec/neurons/polynomial.yaml. Do not edit; run `make generate`.
r"""Polynomial neuron: response and gradient.

$$y = \left(b + \langle w, x\rangle \gamma\right)^{degree}$$

Reference: Poggio (1975), On optimal nonlinear associative recall.
"""

import tensorflow as tf

from nmn.tf._numerics import sum_like, with_gradient


def polynomial(
    dot: tf.Tensor,
    bias: tf.Tensor | float | None = None,
    gamma: tf.Tensor | float | None = None,
    degree: tf.Tensor | int = 3,
) -> tf.Tensor:
    """A whole power of the alignment.

    Args:
      dot: ⟨w, x⟩, samples along the first axis.
      bias: Added to the alignment before the power; products of all lower degrees appear with it.
          None: left out.
      gamma: Scale of the alignment. None: left out.
      degree: The power.

    Returns:
      The response, of the shape of `dot`. Of tensors of that size, only `dot` is kept for the
      backward pass.
    """
    operands = {
        "dot": dot,
        "bias": bias,
        "gamma": gamma,
        "degree": degree,
    }
    return with_gradient(_response, _gradient, operands)


def _response(
    dot: tf.Tensor,
    bias: tf.Tensor | None,
    gamma: tf.Tensor | None,
    degree: tf.Tensor,
) -> tf.Tensor:
    value_2 = dot if gamma is None else dot * gamma
    value = value_2 if bias is None else value_2 + bias
    return tf.pow(value, degree)


def _gradient(
    grad: tf.Tensor,
    dot: tf.Tensor,
    bias: tf.Tensor | None,
    gamma: tf.Tensor | None,
    degree: tf.Tensor,
) -> dict[str, tf.Tensor]:
    scale_gamma = 1 if gamma is None else gamma
    value_3 = dot if gamma is None else dot * gamma
    value_2 = value_3 if bias is None else value_3 + bias
    product = grad * tf.pow(value_2, degree - 1)
    gradients = {
        "dot": scale_gamma * degree * product,
    }
    if bias is not None:
        gradients["bias"] = degree * sum_like(product, bias)
    if gamma is not None:
        gradients["gamma"] = degree * sum_like(product * dot, gamma)
    return gradients
