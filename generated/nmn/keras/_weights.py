# Generated from codegen/templates/keras/_weights.py.j2. Do not edit; run `make generate`.
"""Reading and writing the arrays of a layer, for `nmn.weights`."""

from collections.abc import Iterable, Mapping

import keras
import numpy as np
from keras import ops

from nmn._parts import Part
from nmn.keras._numerics import wide_dtype
from nmn.keras._windows import in_data_format


def inside(part: Part) -> Part | None:
    """What wrappers of Keras, and recurrent layers, hold."""
    layer = part.layer
    if isinstance(layer, keras.layers.Bidirectional):
        return Part((layer.forward_layer, layer.backward_layer))
    if isinstance(layer, keras.layers.StackedRNNCells):
        return Part(list(layer.cells))
    return Part(layer.cell) if isinstance(layer, keras.layers.RNN) else None


def build(layer: keras.Layer, inputs: int, spatial: int) -> None:
    """Build the layer for a number of inputs per group and of spatial axes."""
    if layer.built:
        return
    # Steps are an axis of the input that no kernel has.
    steps = isinstance(layer, keras.layers.RNN | keras.layers.Bidirectional)
    shape = (None, *[None] * (spatial + steps), inputs * getattr(layer, "groups", 1))
    layer.build(in_data_format(shape, getattr(layer, "data_format", "channels_last")))


def read(layer: keras.Layer, names: Iterable[str], variables: None = None) -> dict[str, np.ndarray]:
    """The arrays of `layer` that it has, half precision widened to float32."""
    if not layer.built:
        raise ValueError(f"{type(layer).__name__} has no arrays before it is built")
    found = {name: getattr(layer, name) for name in names}
    return {
        name: ops.convert_to_numpy(ops.cast(value.value, wide_dtype(value.dtype)))
        for name, value in found.items()
        if value is not None
    }


def write(layer: keras.Layer, arrays: Mapping[str, np.ndarray], variables: None = None) -> None:
    """Assign the weights of `layer`, each in its own dtype."""
    for name, value in arrays.items():
        weight = getattr(layer, name)
        weight.assign(ops.convert_to_tensor(np.array(value), dtype=weight.dtype))
