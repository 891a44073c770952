# Generated from codegen/templates/tf/_weights.py.j2. Do not edit; run `make generate`.
"""Reading and writing the arrays of a layer, for `nmn.weights`."""

from collections.abc import Iterable, Mapping

import numpy as np
import tensorflow as tf

from nmn._parts import Part
from nmn.tf._numerics import wide_dtype


def inside(part: Part) -> Part | None:
    """A recurrent layer holds a cell."""
    cell = getattr(part.layer, "cell", None)
    return None if cell is None else Part(cell)


def build(layer: tf.Module, inputs: int, spatial: int) -> None:
    """Create the variables for a number of inputs per group."""
    layer.build(inputs * getattr(layer, "groups", 1))


def read(layer: tf.Module, names: Iterable[str], variables: None = None) -> dict[str, np.ndarray]:
    """The arrays of `layer` that it has, half precision widened to float32."""
    if layer.kernel is None:
        raise ValueError(f"{type(layer).__name__} has no arrays before its first call")
    found = {name: getattr(layer, name) for name in names}
    return {
        name: tf.cast(value, wide_dtype(value.dtype)).numpy()
        for name, value in found.items()
        if value is not None
    }


def write(layer: tf.Module, arrays: Mapping[str, np.ndarray], variables: None = None) -> None:
    """Assign the variables of `layer`, each in its own dtype."""
    for name, value in arrays.items():
        variable = getattr(layer, name)
        variable.assign(tf.cast(tf.convert_to_tensor(value), variable.dtype))
