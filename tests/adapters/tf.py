"""TensorFlow, eager."""

from typing import Any

import numpy as np
import tensorflow as tf

from tests import subject
from tests.adapters import Arrays
from tests.geometry import Geometry

layers = subject.module("tf")
weights = subject.module("weights")


class Adapter:
    """Eager TensorFlow, gradients by a tape."""

    name = "tf"

    def supports(self, geometry: Geometry) -> bool:
        """What Keras's layers have: named padding, no strides together with dilation."""
        if max(geometry.stride) > 1 and max(geometry.dilation) > 1:
            return False
        if geometry.kind == "convolution":
            padding = ("valid", "same", "causal") if geometry.rank == 1 else ("valid", "same")
            return geometry.padding in padding and set(geometry.input_dilation or ()) <= {1}
        if geometry.groups > 1 or geometry.padding not in ("valid", "same"):
            return False
        return geometry.output_padding is None or all(
            extra < max(stride, dilation)
            for extra, stride, dilation in zip(
                geometry.output_padding, geometry.stride, geometry.dilation, strict=True
            )
        )

    def layer(
        self,
        name: str,
        inputs: int,
        units: int,
        dtype: str = "float32",
        geometry: Geometry | None = None,
        **options: Any,
    ) -> tf.Module:
        """Built, so that arrays can be loaded."""
        if geometry is not None:
            name = f"{name}{geometry.rank}D"
            options = _geometry_options(geometry) | options
        layer = getattr(layers, name)(units, dtype=tf.as_dtype(dtype), **options)
        layer.build(inputs)
        return layer

    def evaluate(
        self,
        layer: Any,
        arrays: Arrays,
        x: np.ndarray,
        upstream: np.ndarray,
        training: bool = False,
    ) -> tuple[np.ndarray, Arrays]:
        """Gradients take the variables' place, to be read in canonical order."""
        weights.load_canonical(layer, arrays)
        x = tf.cast(tf.constant(x), layer.dtype)
        variables = {name: getattr(layer, name) for name in arrays}
        with tf.GradientTape() as tape:
            tape.watch([x, *variables.values()])
            output = layer(x, training=training)
        upstream = tf.cast(tf.constant(upstream), output.dtype)
        grad_x, *rest = tape.gradient(output, [x, *variables.values()], upstream)
        for variable, gradient in zip(variables.values(), rest, strict=True):
            variable.assign(gradient)
        return _numpy(output), {"x": _numpy(grad_x)} | weights.to_canonical(layer)


def _geometry_options(geometry: Geometry) -> dict[str, Any]:
    """A geometry in TensorFlow's words."""
    options = {
        "kernel_size": geometry.kernel_size,
        "strides": geometry.stride,
        "padding": geometry.padding,
        "dilation_rate": geometry.dilation,
    }
    if geometry.kind == "transposed_convolution":
        return options | {"output_padding": geometry.output_padding}
    return options | {"groups": geometry.groups}


def _numpy(tensor: tf.Tensor) -> np.ndarray:
    wide = tf.float64 if tensor.dtype == tf.float64 else tf.float32
    array: np.ndarray = tf.cast(tensor, wide).numpy()
    return array
