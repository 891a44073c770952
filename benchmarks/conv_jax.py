"""Convolutions in Flax NNX under jit."""

from collections.abc import Mapping

import jax
from flax import nnx

from benchmarks.dense_jax import gelu, gradient_step
from benchmarks.timing import CONVOLUTIONS, IMAGES, Step, report
from nmn.nnx import YatConv


def contenders(size: int, channels: int, units: int) -> Mapping[str, Step]:
    """Conv + gelu (exact) and the layer; 3×3, padded to equal size."""
    x = jax.random.normal(jax.random.key(0), (IMAGES, size, size, channels))
    upstream = jax.random.normal(jax.random.key(1), (IMAGES, size, size, units))
    convolution = nnx.Conv(channels, units, (3, 3), rngs=nnx.Rngs(0))
    layer = YatConv(channels, units, (3, 3), rngs=nnx.Rngs(0))
    return {
        "Conv + gelu": gradient_step(convolution, gelu, x, upstream),
        "YatConv": gradient_step(layer, lambda y: y, x, upstream),
    }


def main() -> None:
    """Print the table."""
    report("Flax NNX under jit, 3×3", contenders, CONVOLUTIONS)


if __name__ == "__main__":
    main()
