# Generated from codegen/templates/nnx/_rngs.py.j2. Do not edit; run `make generate`.
"""Random keys."""

import jax
from flax.nnx import rnglib
from jax import Array


def dropout_key(rngs: rnglib.Rngs | rnglib.RngStream | Array | None) -> Array:
    """A fresh key for one call."""
    if isinstance(rngs, rnglib.Rngs):
        return rngs["dropout"]()
    if isinstance(rngs, rnglib.RngStream):
        return rngs()
    if isinstance(rngs, jax.Array):
        return rngs
    raise TypeError(f"rngs must be a Rngs, RngStream or jax.Array, but got {type(rngs)}.")
