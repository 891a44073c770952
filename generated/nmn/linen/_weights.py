# Generated from codegen/templates/linen/_weights.py.j2. Do not edit; run `make generate`.
"""Reading and writing the arrays of a layer, for `nmn.weights`."""

from collections.abc import Iterable, Mapping
from typing import Any

import flax.linen as nn
import jax.numpy as jnp
import numpy as np
from flax.core import meta

Variables = Mapping[str, Mapping[str, Any]]


def build(layer: nn.Module, kernel_shape: tuple[int, ...]) -> None:
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
    layer: nn.Module, arrays: Mapping[str, np.ndarray], variables: Variables
) -> dict[str, dict[str, Any]]:
    """New variables with `arrays` in their places, each in its own dtype and box."""
    return {
        collection: {
            name: _replace(value, arrays[name]) if name in arrays else value
            for name, value in values.items()
        }
        for collection, values in variables.items()
    }


def _replace(value: Any, array: np.ndarray) -> Any:
    new = jnp.asarray(array, meta.unbox(value).dtype)
    return value.replace_boxed(new) if isinstance(value, meta.AxisMetadata) else new
