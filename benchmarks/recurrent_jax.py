"""Recurrent layers in Flax Linen and Flax NNX under jit."""

from collections.abc import Callable, Mapping

import flax.linen as nn
import jax
import jax.numpy as jnp
from flax import nnx

import nmn.linen
import nmn.nnx
from benchmarks.timing import Step, report

BATCH = 32
SHAPES = ((128, 64, 128),)
"""Steps, inputs, units."""
NAMES = ("YatGRU", "YatLSTM", "YatSumGRU", "YatRNN", "YatMinGRU", "YatMinLSTM")


def of_linen(steps: int, inputs: int, units: int) -> Mapping[str, Step]:
    """Flax's own cells in `nn.RNN`, and the layers."""
    own = {"RNN(GRUCell)": nn.GRUCell(units), "RNN(LSTMCell)": nn.OptimizedLSTMCell(units)}
    layers = {name: nn.RNN(cell) for name, cell in own.items()}
    layers |= {name: getattr(nmn.linen, name)(units) for name in NAMES}
    x, upstream = _arrays(steps, inputs, units)
    return {name: _linen_step(layer, x, upstream) for name, layer in layers.items()}


def of_nnx(steps: int, inputs: int, units: int) -> Mapping[str, Step]:
    """Flax's own cells in `nnx.RNN`, and the layers."""
    own = {"RNN(GRUCell)": nnx.GRUCell, "RNN(LSTMCell)": nnx.OptimizedLSTMCell}
    rngs = nnx.Rngs(0)
    layers = {name: nnx.RNN(cell(inputs, units, rngs=rngs)) for name, cell in own.items()}
    layers |= {name: getattr(nmn.nnx, name)(inputs, units, rngs=rngs) for name in NAMES}
    x, upstream = _arrays(steps, inputs, units)
    return {name: _nnx_step(layer, x, upstream) for name, layer in layers.items()}


def _arrays(steps: int, inputs: int, units: int) -> tuple[jax.Array, jax.Array]:
    x = jax.random.normal(jax.random.key(0), (BATCH, steps, inputs))
    return x, jax.random.normal(jax.random.key(1), (BATCH, steps, units))


def _linen_step(layer: nn.Module, x: jax.Array, upstream: jax.Array) -> Step:
    """Forward and backward pass of a layer, compiled."""
    variables = layer.init(jax.random.key(2), x)
    return _step(layer.apply, variables, x, upstream)


def _nnx_step(layer: nnx.Module, x: jax.Array, upstream: jax.Array) -> Step:
    """The same; keys of random numbers, which carries of zeros ignore, have no gradients."""
    graph, parameters, rest = nnx.split(layer, nnx.Param, ...)

    def apply(parameters: object, x: jax.Array) -> jax.Array:
        return nnx.merge(graph, parameters, rest)(x, rngs=nnx.Rngs(0))

    return _step(apply, parameters, x, upstream)


def _step(
    apply: Callable[[object, jax.Array], jax.Array],
    parameters: object,
    x: jax.Array,
    upstream: jax.Array,
) -> Step:
    @jax.jit
    def gradients(parameters: object, x: jax.Array) -> object:
        def loss(parameters: object, x: jax.Array) -> jax.Array:
            return jnp.vdot(apply(parameters, x), upstream)

        return jax.grad(loss, argnums=(0, 1))(parameters, x)

    return lambda: jax.block_until_ready(gradients(parameters, x))


def main() -> None:
    """Print the tables."""
    report(f"Flax Linen under jit, {BATCH} sequences", of_linen, SHAPES)
    report(f"Flax NNX under jit, {BATCH} sequences", of_nnx, SHAPES)


if __name__ == "__main__":
    main()
