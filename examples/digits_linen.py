"""The digits networks in Flax Linen."""

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import optax

from examples.digits import EPSILON, LEARNING_RATE, MOMENTUM, Data, Layer, Weights
from nmn.linen import YatConv, YatNMN
from nmn.weights import load_canonical


def module(layer: Layer) -> nn.Module:
    """One layer."""
    if layer.kernel_size:
        window = (layer.kernel_size, layer.kernel_size)
        return YatConv(layer.units, window, layer.stride, padding="VALID", epsilon=EPSILON)
    return YatNMN(layer.units, epsilon=EPSILON)


class Network(nn.Module):
    """The layers one after the other."""

    layers: tuple[Layer, ...]

    @nn.compact
    def __call__(self, x: jax.Array) -> jax.Array:
        for layer in self.layers:
            if x.ndim == 4 and not layer.kernel_size:
                x = x.mean((1, 2))
            x = module(layer)(x)
        return x


def train(
    data: Data, layers: tuple[Layer, ...], weights: Weights
) -> tuple[list[float], np.ndarray]:
    """Losses of every step, and logits of the test set."""
    model = Network(layers)
    initial = model.init(jax.random.key(0), jnp.asarray(data.train_x[:1]))["params"]
    # Flax numbers the layers of each class: sorted by class, then as they were called.
    kinds = [type(module(layer)).__name__ for layer in layers]
    names = [f"{kind}_{kinds[:i].count(kind)}" for i, kind in enumerate(kinds)]
    params = {
        name: load_canonical(module(layer), arrays, {"params": initial[name]})["params"]
        for name, layer, arrays in zip(names, layers, weights, strict=True)
    }
    optimizer = optax.sgd(LEARNING_RATE, momentum=MOMENTUM)

    def loss_of(params: dict, x: jax.Array, y: jax.Array) -> jax.Array:
        logits = model.apply({"params": params}, x)
        return optax.softmax_cross_entropy_with_integer_labels(logits, y).mean()

    @jax.jit
    def step(params: dict, state: optax.OptState, x: jax.Array, y: jax.Array) -> tuple:
        loss, gradients = jax.value_and_grad(loss_of)(params, x, y)
        updates, state = optimizer.update(gradients, state)
        return optax.apply_updates(params, updates), state, loss

    state = optimizer.init(params)
    losses = []
    for indices in data.order.reshape(-1, data.order.shape[-1]):
        x, y = data.train_x[indices], data.train_y[indices]
        params, state, loss = step(params, state, x, y)
        losses.append(float(loss))
    return losses, np.asarray(model.apply({"params": params}, data.test_x))
