"""Train steps as Keras runs them: compiled by TensorFlow and JAX, eager on PyTorch."""

import keras
import numpy as np

from benchmarks.timing import Step


def train_step(layer: keras.Layer, x: np.ndarray, upstream: np.ndarray) -> Step:
    """Gradients of input and weights, on the backend that KERAS_BACKEND names."""
    steps = {"tensorflow": _tensorflow_step, "jax": _jax_step, "torch": _torch_step}
    return steps[keras.backend.backend()](layer, x, upstream)


def _tensorflow_step(layer: keras.Layer, x: np.ndarray, upstream: np.ndarray) -> Step:
    """Gradients of input and weights, as one graph."""
    import tensorflow as tf

    weights = [w.value for w in layer.trainable_weights]
    x, upstream = tf.constant(x), tf.constant(upstream)

    @tf.function
    def gradients() -> object:
        with tf.GradientTape() as tape:
            tape.watch(x)
            output = layer(x)
        return tape.gradient(output, [x, *weights], upstream)

    return gradients


def _jax_step(layer: keras.Layer, x: np.ndarray, upstream: np.ndarray) -> Step:
    """Gradients of input and weights, under jit."""
    import jax
    import jax.numpy as jnp

    weights = [w.value for w in layer.trainable_variables]
    others = [v.value for v in layer.non_trainable_variables]
    x, upstream = jnp.asarray(x), jnp.asarray(upstream)

    @jax.jit
    def gradients(weights: list[jax.Array], x: jax.Array) -> object:
        def loss(weights: list[jax.Array], x: jax.Array) -> jax.Array:
            return jnp.vdot(layer.stateless_call(weights, others, x)[0], upstream)

        return jax.grad(loss, argnums=(0, 1))(weights, x)

    return lambda: jax.block_until_ready(gradients(weights, x))


def _torch_step(layer: keras.Layer, x: np.ndarray, upstream: np.ndarray) -> Step:
    """Gradients of input and weights, eager."""
    import torch

    inputs, grad = torch.tensor(x, requires_grad=True), torch.tensor(upstream)

    def step() -> None:
        layer(inputs).backward(grad)
        inputs.grad = None
        layer.zero_grad()

    return step
