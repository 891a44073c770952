"""The digits network in Flax NNX."""

import jax
import numpy as np
import optax
from flax import nnx

from examples.digits import EPSILON, LEARNING_RATE, MOMENTUM, Data, Weights
from nmn.nnx import YatNMN
from nmn.weights import load_canonical


def train(data: Data, weights: Weights) -> tuple[list[float], np.ndarray]:
    """Losses of every step, and logits of the test set."""
    rngs = nnx.Rngs(0)
    layers = [
        load_canonical(YatNMN(*arrays["kernel"].shape[::-1], epsilon=EPSILON, rngs=rngs), arrays)
        for arrays in weights
    ]
    model = nnx.Sequential(*layers)
    optimizer = nnx.Optimizer(model, optax.sgd(LEARNING_RATE, momentum=MOMENTUM), wrt=nnx.Param)

    def loss_of(model: nnx.Module, x: jax.Array, y: jax.Array) -> jax.Array:
        return optax.softmax_cross_entropy_with_integer_labels(model(x), y).mean()

    @nnx.jit
    def step(model: nnx.Module, optimizer: nnx.Optimizer, x: jax.Array, y: jax.Array) -> jax.Array:
        loss, gradients = nnx.value_and_grad(loss_of)(model, x, y)
        optimizer.update(model, gradients)
        return loss

    losses = [
        float(step(model, optimizer, data.train_x[indices], data.train_y[indices]))
        for indices in data.order.reshape(-1, data.order.shape[-1])
    ]
    return losses, np.asarray(model(data.test_x))
