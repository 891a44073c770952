"""The digits network in Flax Linen."""

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import optax

from examples.digits import EPSILON, LEARNING_RATE, MOMENTUM, Data, Weights
from nmn.linen import YatNMN
from nmn.weights import load_canonical


def train(data: Data, weights: Weights) -> tuple[list[float], np.ndarray]:
    """Losses of every step, and logits of the test set."""
    layers = [YatNMN(len(a["kernel"]), epsilon=EPSILON) for a in weights]
    model = nn.Sequential(layers)
    params = {
        f"layers_{i}": load_canonical(layer, arrays, _variables(layer, arrays))["params"]
        for i, (layer, arrays) in enumerate(zip(layers, weights, strict=True))
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


def _variables(layer: nn.Module, arrays: dict[str, np.ndarray]) -> dict:
    """Variables of the right shapes; their values are replaced."""
    return layer.init(jax.random.key(0), jnp.zeros((1, arrays["kernel"].shape[1])))
