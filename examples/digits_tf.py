"""The digits networks in TensorFlow."""

import numpy as np
import tensorflow as tf

from examples.digits import EPSILON, LEARNING_RATE, MOMENTUM, Data, Layer, Weights
from nmn.tf import YatConv2D, YatNMN
from nmn.weights import load_canonical


def module(layer: Layer, arrays: dict[str, np.ndarray]) -> tf.Module:
    """One layer with its weights."""
    if layer.kernel_size:
        made = YatConv2D(layer.units, layer.kernel_size, layer.stride, epsilon=EPSILON)
    else:
        made = YatNMN(layer.units, epsilon=EPSILON)
    return load_canonical(made, arrays)


def train(
    data: Data, layers: tuple[Layer, ...], weights: Weights
) -> tuple[list[float], np.ndarray]:
    """Losses of every step, and logits of the test set."""
    modules = [module(layer, arrays) for layer, arrays in zip(layers, weights, strict=True)]
    variables = [v for layer in modules for v in layer.trainable_variables]
    velocities = [tf.Variable(tf.zeros_like(v)) for v in variables]

    def model(x: tf.Tensor) -> tf.Tensor:
        for layer, made in zip(layers, modules, strict=True):
            if x.shape.rank == 4 and not layer.kernel_size:
                x = tf.reduce_mean(x, (1, 2))
            x = made(x)
        return x

    @tf.function
    def step(x: tf.Tensor, y: tf.Tensor) -> tf.Tensor:
        with tf.GradientTape() as tape:
            losses = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=y, logits=model(x))
            loss = tf.reduce_mean(losses)
        gradients = tape.gradient(loss, variables)
        for variable, velocity, gradient in zip(variables, velocities, gradients, strict=True):
            velocity.assign(MOMENTUM * velocity + gradient)
            variable.assign_sub(LEARNING_RATE * velocity)
        return loss

    x, y = tf.constant(data.train_x), tf.constant(data.train_y)
    losses = [
        float(step(tf.gather(x, indices), tf.gather(y, indices)))
        for indices in data.order.reshape(-1, data.order.shape[-1])
    ]
    return losses, model(tf.constant(data.test_x)).numpy()
