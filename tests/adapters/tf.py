"""TensorFlow, eager."""

from typing import Any

import numpy as np
import tensorflow as tf

import nmn.tf
from nmn.weights import load_canonical
from tests.adapters import Arrays


class Adapter:
    """Eager TensorFlow, gradients by a tape."""

    name = "tf"

    def layer(
        self, name: str, inputs: int, units: int, dtype: str = "float32", **options: Any
    ) -> tf.Module:
        """Built, so that arrays can be loaded."""
        layer = getattr(nmn.tf, name)(units, dtype=tf.as_dtype(dtype), **options)
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
        """Canonical arrays of the layer's names; a kernel is kept transposed."""
        load_canonical(layer, arrays)
        x = tf.cast(tf.constant(x), layer.dtype)
        variables = {name: getattr(layer, name) for name in arrays}
        with tf.GradientTape() as tape:
            tape.watch([x, *variables.values()])
            output = layer(x, training=training)
        upstream = tf.cast(tf.constant(upstream), output.dtype)
        grad_x, *rest = tape.gradient(output, [x, *variables.values()], upstream)
        gradients = dict(zip(variables, map(_numpy, rest), strict=True))
        gradients["kernel"] = gradients["kernel"].T
        return _numpy(output), {"x": _numpy(grad_x)} | gradients


def _numpy(tensor: tf.Tensor) -> np.ndarray:
    wide = tf.float64 if tensor.dtype == tf.float64 else tf.float32
    array: np.ndarray = tf.cast(tensor, wide).numpy()
    return array
