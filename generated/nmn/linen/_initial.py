# Generated from codegen/templates/jax/_initial.py.j2. Do not edit; run `make generate`.
"""Initial arrays of cells, gate by gate."""

import jax
import jax.numpy as jnp
from flax.typing import Array, Dtype, Initializer
from jax.nn import initializers


def orthogonal(key: Array, shape: tuple[int, ...], dtype: Dtype = jnp.float32) -> Array:
    """A random orthogonal matrix, computed in at least float32: decompositions need that."""
    wide = jnp.promote_types(dtype, jnp.float32)
    return initializers.orthogonal()(key, shape, wide).astype(dtype)


def by_gate(init: Initializer, gates: int) -> Initializer:
    """Draws each of the kernels that stand side by side by itself, with fans of its own."""

    def initialize(key: Array, shape: tuple[int, ...], dtype: Dtype = jnp.float32) -> Array:
        *rows, columns = shape
        block = (*rows, columns // gates)
        drawn = [init(key, block, dtype) for key in jax.random.split(key, gates)]
        # Initialisers of partitioned parameters return arrays in boxes.
        return jax.tree.map(lambda *blocks: jnp.concatenate(blocks, axis=-1), *drawn)

    return initialize


def constants(values: list[float]) -> Initializer:
    """One number for each gate, at all of its units."""

    def initialize(key: Array, shape: tuple[int, ...], dtype: Dtype = jnp.float32) -> Array:
        return jnp.repeat(jnp.asarray(values, dtype), shape[-1] // len(values))

    return initialize
