"""Dense layers in Flax NNX under jit."""

from collections.abc import Mapping

import jax
import jax.numpy as jnp
from flax import nnx

from benchmarks.timing import Step, report
from nmn.nnx import YatNMN


def contenders(batch: int, inputs: int, units: int) -> Mapping[str, Step]:
    """Linear + gelu (exact) and the layer."""
    x = jax.random.normal(jax.random.key(0), (batch, inputs))
    upstream = jax.random.normal(jax.random.key(1), (batch, units))

    def step(layer: nnx.Module, activation: object) -> Step:
        graph, state = nnx.split(layer)

        @jax.jit
        def gradients(state: nnx.State, x: jax.Array) -> object:
            def loss(state: nnx.State, x: jax.Array) -> jax.Array:
                return jnp.vdot(activation(nnx.merge(graph, state)(x)), upstream)

            return jax.grad(loss, argnums=(0, 1))(state, x)

        return lambda: jax.block_until_ready(gradients(state, x))

    return {
        "Linear + gelu": step(
            nnx.Linear(inputs, units, rngs=nnx.Rngs(0)), lambda y: jax.nn.gelu(y, approximate=False)
        ),
        "YatNMN": step(YatNMN(inputs, units, rngs=nnx.Rngs(0)), lambda y: y),
    }


def main() -> None:
    """Print the table."""
    report("Flax NNX under jit", contenders)


if __name__ == "__main__":
    main()
