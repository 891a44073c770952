# Generated from codegen/templates/nnx/_weights.py.j2. Do not edit; run `make generate`.
"""Reading and writing the arrays of a layer, for `nmn.weights`."""

from collections.abc import Iterable, Mapping

import jax.numpy as jnp
import numpy as np
from flax import nnx

from nmn._parts import Part


def inside(part: Part) -> Part | None:
    """What wrappers of Flax, and recurrent layers, hold."""
    layer = part.layer
    if isinstance(layer, nnx.Bidirectional):
        return Part((layer.forward_rnn, layer.backward_rnn))
    return Part(layer.cell) if isinstance(layer, nnx.RNN) else None


def build(layer: nnx.Module, inputs: int, spatial: int) -> None:
    """NNX layers are built by their constructor."""


def read(layer: nnx.Module, names: Iterable[str], variables: None = None) -> dict[str, np.ndarray]:
    """The arrays of `layer` that it has, half precision widened to float32."""
    found = {name: getattr(layer, name) for name in names}
    return {
        name: np.asarray(value[...], dtype=jnp.promote_types(value[...].dtype, jnp.float32))
        for name, value in found.items()
        if value is not None
    }


def write(layer: nnx.Module, arrays: Mapping[str, np.ndarray], variables: None = None) -> None:
    """Set the variables of `layer`, each in its own dtype."""
    for name, value in arrays.items():
        variable = getattr(layer, name)
        variable[...] = jnp.asarray(value, variable[...].dtype)
