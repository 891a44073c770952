"""Keras, on the backend that KERAS_BACKEND names."""

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import keras
import numpy as np
from keras import ops

from tests import subject
from tests.adapters import Arrays
from tests.geometry import Geometry

layers = subject.module("keras")
weights = subject.module("weights")


class Adapter:
    """Gradients by the backend's own means."""

    name = "keras"

    def __init__(self) -> None:
        backend = keras.backend.backend()
        self._gradients = {
            "tensorflow": _tensorflow_gradients,
            "jax": _jax_gradients,
            "torch": _torch_gradients,
        }[backend]

    def supports(self, geometry: Geometry) -> bool:
        """Strided windows are not dilated; transposed convolutions have no groups."""
        if max(geometry.stride) > 1 and max(geometry.dilation) > 1:
            return False
        if geometry.kind == "transposed_convolution":
            return geometry.groups == 1 and self._transposed_padding(geometry) is not None
        names = {"valid", "same"} | ({"causal"} if geometry.rank == 1 else set())
        known = geometry.padding in names and geometry.mode == "zeros"
        return known and geometry.input_dilation is None

    def layer(
        self,
        name: str,
        inputs: int,
        units: int,
        dtype: str = "float32",
        geometry: Geometry | None = None,
        **options: Any,
    ) -> keras.Layer:
        """Built, so that arrays can be loaded; with initialisers that cost nothing."""
        cheap = {"kernel_initializer": "zeros"}
        if geometry is None:
            layer = getattr(layers, name)(units, dtype=dtype, **cheap, **options)
            layer.build((None, inputs))
            return layer
        if geometry.kind == "convolution":
            window = {"padding": geometry.padding, "groups": geometry.groups}
        else:
            window = self._transposed_padding(geometry) or {}
        layer = getattr(layers, f"{name}{geometry.rank}D")(
            units,
            geometry.kernel_size,
            strides=geometry.stride,
            dilation_rate=geometry.dilation,
            data_format="channels_last",
            dtype=dtype,
            **window,
            **cheap,
            **options,
        )
        layer.build((None, *(None for _ in geometry.kernel_size), inputs))
        return layer

    @staticmethod
    def _transposed_padding(geometry: Geometry) -> dict[str, Any] | None:
        """Arguments of the layer; None where it has no such padding."""
        if geometry.padding in ("valid", "same"):
            return {"padding": geometry.padding, "output_padding": geometry.output_padding}
        if geometry.padding != ((0, 0),) * geometry.rank:
            return None
        # Nothing taken away from the full result: "valid" with output padding given.
        added = geometry.output_padding or (0,) * geometry.rank
        return {"padding": "valid", "output_padding": added}

    def evaluate(
        self,
        layer: Any,
        arrays: Arrays,
        x: np.ndarray,
        upstream: np.ndarray,
        training: bool = False,
    ) -> tuple[np.ndarray, Arrays]:
        """Frozen arrays get a gradient too: it is the mathematics that is compared."""
        weights.load_canonical(layer, arrays)
        dtype = layer.variable_dtype
        output, grad_x, gradients = self._gradients(
            layer, ops.convert_to_tensor(x, dtype), ops.convert_to_tensor(upstream, dtype), training
        )
        for weight, gradient in zip(layer.weights, gradients, strict=True):
            weight.assign(gradient)
        found = {
            name: value for name, value in weights.to_canonical(layer).items() if name in arrays
        }
        return _numpy(output), {"x": _numpy(grad_x)} | found


def _numpy(tensor: Any) -> np.ndarray:
    dtype = keras.backend.standardize_dtype(tensor.dtype)
    wide = "float64" if dtype == "float64" else "float32"
    array: np.ndarray = ops.convert_to_numpy(ops.cast(tensor, wide))
    return array


def _tensorflow_gradients(layer: Any, x: Any, upstream: Any, training: bool) -> tuple:
    import tensorflow as tf

    values = [w.value for w in layer.weights]
    with tf.GradientTape() as tape:
        tape.watch([x, *values])
        output = layer(x, training=training)
    grad_x, *rest = tape.gradient(output, [x, *values], upstream)
    return output, grad_x, rest


def _jax_gradients(layer: Any, x: Any, upstream: Any, training: bool) -> tuple:
    frozen = [w for w in layer.weights if not w.trainable]
    for weight in frozen:
        weight.trainable = True
    values = [w.value for w in layer.weights]
    output, (grad_x, rest) = _compiled(layer, training)(x, values, upstream)
    for weight in frozen:
        weight.trainable = False
    return output, grad_x, rest


@lru_cache(maxsize=16)
def _compiled(layer: Any, training: bool) -> Callable[..., tuple]:
    """One program for all values, since to compile it takes longer than to run it many times."""
    import jax

    @jax.jit
    def run(x: Any, values: list[Any], upstream: Any) -> tuple:
        def function(x: Any, values: list[Any]) -> Any:
            return layer.stateless_call(values, [], x, training=training)[0]

        output, pull = jax.vjp(function, x, values)
        return output, pull(upstream.astype(output.dtype))

    return run


def _torch_gradients(layer: Any, x: Any, upstream: Any, training: bool) -> tuple:
    import torch

    x = x.detach().requires_grad_()
    values = [w.value.requires_grad_() for w in layer.weights]
    output = layer(x, training=training)
    grad_x, *rest = torch.autograd.grad(output, [x, *values], upstream.to(output.dtype))
    return output.detach(), grad_x, rest
