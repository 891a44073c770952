"""The digits network in TensorFlow."""

import numpy as np
import tensorflow as tf

from examples.digits import EPSILON, LEARNING_RATE, MOMENTUM, Data, Weights
from nmn.tf import YatNMN
from nmn.weights import load_canonical


def train(data: Data, weights: Weights) -> tuple[list[float], np.ndarray]:
    """Losses of every step, and logits of the test set."""
    layers = [load_canonical(YatNMN(len(a["kernel"]), epsilon=EPSILON), a) for a in weights]
    variables = [v for layer in layers for v in layer.trainable_variables]
    velocities = [tf.Variable(tf.zeros_like(v)) for v in variables]

    def model(x: tf.Tensor) -> tf.Tensor:
        for layer in layers:
            x = layer(x)
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
