"""The digits networks in Flax NNX."""

from itertools import pairwise

import jax
import numpy as np
import optax
from flax import nnx

from examples.digits import EPSILON, LEARNING_RATE, MOMENTUM, Data, Layer, Weights
from nmn.nnx import YatConv, YatNMN
from nmn.weights import load_canonical


def network(layers: tuple[Layer, ...], weights: Weights) -> nnx.Sequential:
    """The layers with their weights."""
    rngs = nnx.Rngs(0)
    modules: list = []
    for layer, arrays in zip(layers, weights, strict=True):
        sizes = (layer.inputs, layer.units)
        if layer.kernel_size:
            window = (layer.kernel_size, layer.kernel_size)
            options = {"padding": "VALID", "epsilon": EPSILON, "rngs": rngs}
            module = YatConv(*sizes, window, layer.stride, **options)
        else:
            module = YatNMN(*sizes, epsilon=EPSILON, rngs=rngs)
        modules.append(load_canonical(module, arrays))
    for i, (before, after) in enumerate(pairwise(layers)):
        if before.kernel_size and not after.kernel_size:
            modules.insert(i + 1, lambda x: x.mean((1, 2)))
    return nnx.Sequential(*modules)


def train(
    data: Data, layers: tuple[Layer, ...], weights: Weights
) -> tuple[list[float], np.ndarray]:
    """Losses of every step, and logits of the test set."""
    model = network(layers, weights)
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
