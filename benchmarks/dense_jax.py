"""Dense layers in Flax NNX under jit."""

from collections.abc import Callable, Mapping
from functools import partial

import jax
import jax.numpy as jnp
from flax import nnx

from benchmarks.timing import Step, report
from nmn.nnx import YatNMN

Activation = Callable[[jax.Array], jax.Array]

gelu: Activation = partial(jax.nn.gelu, approximate=False)


def gradient_step(
    layer: nnx.Module, activation: Activation, x: jax.Array, upstream: jax.Array
) -> Step:
    """Forward and backward pass of a layer and an activation, compiled."""
    graph, state = nnx.split(layer)

    @jax.jit
    def gradients(state: nnx.State, x: jax.Array) -> object:
        def loss(state: nnx.State, x: jax.Array) -> jax.Array:
            return jnp.vdot(activation(nnx.merge(graph, state)(x)), upstream)

        return jax.grad(loss, argnums=(0, 1))(state, x)

    return lambda: jax.block_until_ready(gradients(state, x))


def contenders(batch: int, inputs: int, units: int) -> Mapping[str, Step]:
    """Linear + gelu (exact) and the layer."""
    x = jax.random.normal(jax.random.key(0), (batch, inputs))
    upstream = jax.random.normal(jax.random.key(1), (batch, units))
    linear = nnx.Linear(inputs, units, rngs=nnx.Rngs(0))
    layer = YatNMN(inputs, units, rngs=nnx.Rngs(0))
    return {
        "Linear + gelu": gradient_step(linear, gelu, x, upstream),
        "YatNMN": gradient_step(layer, lambda y: y, x, upstream),
    }


def main() -> None:
    """Print the table."""
    report("Flax NNX under jit", contenders)


if __name__ == "__main__":
    main()
