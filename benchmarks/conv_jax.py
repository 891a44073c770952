"""Convolutions in Flax NNX under jit."""

from collections.abc import Mapping
from functools import partial

import jax
import jax.numpy as jnp
from flax import nnx

from benchmarks.timing import Step, report
from nmn.nnx import YatConv

SHAPES = ((64, 64, 32), (64, 64, 56), (128, 256, 16), (3, 64, 32))
"""Channels, units, height = width; 3 × 3 taps, batch 16."""


def contenders(channels: int, units: int, size: int) -> Mapping[str, Step]:
    """Conv + gelu (exact) and the layer."""
    x = jax.random.normal(jax.random.key(0), (16, size, size, channels))
    upstream = jax.random.normal(jax.random.key(1), (16, size, size, units))

    def step(layer: nnx.Module, activation: object) -> Step:
        graph, state = nnx.split(layer)

        @jax.jit
        def gradients(state: nnx.State, x: jax.Array) -> object:
            def loss(state: nnx.State, x: jax.Array) -> jax.Array:
                return jnp.vdot(activation(nnx.merge(graph, state)(x)), upstream)

            return jax.grad(loss, argnums=(0, 1))(state, x)

        return lambda: jax.block_until_ready(gradients(state, x))

    gelu = partial(jax.nn.gelu, approximate=False)
    return {
        "Conv + gelu": step(nnx.Conv(channels, units, (3, 3), rngs=nnx.Rngs(0)), gelu),
        "YatConv": step(YatConv(channels, units, (3, 3), rngs=nnx.Rngs(0)), lambda y: y),
    }


def main() -> None:
    """Print the table."""
    report("Flax NNX under jit", contenders, SHAPES)


if __name__ == "__main__":
    main()
