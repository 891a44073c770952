# Generated from codegen/templates/linen/_weights.py.j2. Do not edit; run `make generate`.
"""Reading and writing the arrays of a layer, for `nmn.weights`."""

from collections.abc import Iterable, Mapping
from typing import Any

import flax.linen as nn
import jax.numpy as jnp
import numpy as np
from flax.core import meta

from nmn._parts import Part
from nmn.linen._recurrent import RecurrentLayer

Variables = Mapping[str, Mapping[str, Any]]


def inside(part: Part) -> Part | None:
    """What wrappers of Flax, and recurrent layers, hold."""
    layer, variables = part.layer, part.variables
    if isinstance(layer, nn.Bidirectional):
        names = ("forward_rnn", "backward_rnn")
        both = tuple(getattr(layer, name) for name in names)
        return Part(both, [_of_submodule(variables, name) for name in names])
    if isinstance(layer, nn.RNN):
        return Part(layer.cell, _of_submodule(variables, "cell"))
    if isinstance(layer, RecurrentLayer):
        return Part(layer.make_cell(), _of_submodule(variables, "cell"))
    return None


def build(layer: nn.Module, inputs: int, spatial: int) -> None:
    """Linen layers keep no arrays: `variables` has them."""


def read(
    layer: nn.Module, names: Iterable[str], variables: Variables | None = None
) -> dict[str, np.ndarray]:
    """The arrays among `variables`, half precision widened to float32."""
    if variables is None:
        raise TypeError("a Linen layer needs its variables: pass what `init` returned")
    found = {
        name: meta.unbox(collection[name])
        for collection in variables.values()
        for name in names
        if name in collection
    }
    return {
        name: np.asarray(value, dtype=jnp.promote_types(value.dtype, jnp.float32))
        for name, value in found.items()
    }


def write(
    layer: nn.Module, arrays: Mapping[str, np.ndarray], variables: dict[str, dict[str, Any]]
) -> None:
    """Set `arrays` among `variables`, each in its own dtype and box."""
    for collection in variables.values():
        for name in arrays.keys() & collection.keys():
            collection[name] = _replace(collection[name], arrays[name])


def _of_submodule(variables: Variables | None, name: str) -> Variables | None:
    if variables is None:
        return None
    return {key: values[name] for key, values in variables.items() if name in values}


def _replace(value: Any, array: np.ndarray) -> Any:
    new = jnp.asarray(array, meta.unbox(value).dtype)
    return value.replace_boxed(new) if isinstance(value, meta.AxisMetadata) else new
