"""Convolutions in Keras, on the backend that KERAS_BACKEND names.

A train step as Keras runs it: compiled by TensorFlow and JAX, eager on PyTorch.
"""

from collections.abc import Callable, Mapping

import keras
import numpy as np
from keras import ops

from benchmarks.timing import CONVOLUTIONS, IMAGES, Step, report
from nmn.keras import YatConv2D
from nmn.keras.neurons.yat import yat

BACKEND = keras.backend.backend()


class Plain(YatConv2D):
    """The layer as one writes it by hand, with the norm as a convolution by ones."""

    def call(self, inputs, training=None):
        window = {"strides": self.strides, "padding": self.padding}
        ones = ops.ones((*self.kernel_size, inputs.shape[-1], 1))
        dot = ops.conv(inputs, self.kernel, **window)
        sq_x = ops.conv(ops.square(inputs), ones, **window)
        sq_w = ops.sum(ops.square(self.kernel), axis=(0, 1, 2))
        return yat(dot, sq_x, sq_w, self.bias, self.alpha, self.epsilon)


def contenders(size: int, channels: int, units: int) -> Mapping[str, Step]:
    """Conv2D + gelu, the layer, and the layer by hand; 3×3, padded to equal size."""
    generator = np.random.default_rng(0)
    x = generator.normal(size=(IMAGES, size, size, channels)).astype(np.float32)
    upstream = generator.normal(size=(IMAGES, size, size, units)).astype(np.float32)
    layers = {
        "Conv2D + gelu": keras.layers.Conv2D(units, 3, padding="same", activation="gelu"),
        "YatConv2D": YatConv2D(units, 3, padding="same"),
        "plain": Plain(units, 3, padding="same"),
    }
    for layer in layers.values():
        layer.build(x.shape)
    make = {"tensorflow": tensorflow_step, "jax": jax_step, "torch": torch_step}[BACKEND]
    return {name: make(layer, x, upstream) for name, layer in layers.items()}


def tensorflow_step(layer: keras.Layer, x: np.ndarray, upstream: np.ndarray) -> Step:
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


def jax_step(layer: keras.Layer, x: np.ndarray, upstream: np.ndarray) -> Step:
    """Gradients of input and weights, under jit."""
    import jax
    import jax.numpy as jnp

    weights = [w.value for w in layer.trainable_weights]
    x, upstream = jnp.asarray(x), jnp.asarray(upstream)

    @jax.jit
    def gradients(weights: list[jax.Array], x: jax.Array) -> object:
        def loss(weights: list[jax.Array], x: jax.Array) -> jax.Array:
            return jnp.vdot(layer.stateless_call(weights, [], x)[0], upstream)

        return jax.grad(loss, argnums=(0, 1))(weights, x)

    return lambda: jax.block_until_ready(gradients(weights, x))


def torch_step(layer: keras.Layer, x: np.ndarray, upstream: np.ndarray) -> Callable[[], None]:
    """Gradients of input and weights, eager."""
    import torch

    inputs, grad = torch.tensor(x, requires_grad=True), torch.tensor(upstream)

    def step() -> None:
        layer(inputs).backward(grad)
        inputs.grad = None
        layer.zero_grad()

    return step


def main() -> None:
    """Print the table."""
    if BACKEND == "torch":
        import torch

        torch.set_num_threads(2)
    report(f"Keras on {BACKEND}, 3×3", contenders, CONVOLUTIONS)


if __name__ == "__main__":
    main()
