# Generated from codegen/templates/jax/_initial.py.j2. Do not edit; run `make generate`.
"""Initial arrays of cells, gate by gate."""

from dataclasses import replace

import jax
import jax.numpy as jnp
from flax.nnx import VariableMetadata
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
        if isinstance(drawn[0], VariableMetadata):
            values = jnp.concatenate([block.raw_value for block in drawn], axis=-1)
            return replace(drawn[0], raw_value=values)
        return jnp.concatenate(drawn, axis=-1)

    return initialize


def constants(values: list[float]) -> Initializer:
    """One number for each gate, at all of its units."""

    def initialize(key: Array, shape: tuple[int, ...], dtype: Dtype = jnp.float32) -> Array:
        return jnp.repeat(jnp.asarray(values, dtype), shape[-1] // len(values))

    return initialize
