"""Layers of every kind for the tests of TensorFlow, and what is computed with them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import tensorflow as tf

import nmn.tf
from nmn.tf import YatConv2D, YatConvTranspose2D, YatNMN
from nmn.weights import to_canonical
from tests.conformance.definition import oracle_values
from tests.geometry import Geometry

OPTIONS: list[dict[str, Any]] = [
    {},
    {"use_bias": False, "use_alpha": False},
    {"scalar_bias": True, "softplus_bias": True, "learnable_epsilon": True},
    {"constant_bias": 0.5, "constant_alpha": True},
    {"spherical": True},
    {"weight_normalized": True},
]


@dataclass(frozen=True)
class Kind:
    """A kind of layer, with a geometry and sizes to test it by."""

    cls: type[tf.Module]
    arguments: dict[str, Any]
    input_shape: tuple[int, ...]
    """Without the batch; channels last."""
    output_shape: tuple[int, ...]
    kernel_shape: tuple[int, ...]
    unit_axis: int

    @property
    def name(self) -> str:
        return self.cls.__name__

    @property
    def units(self) -> int:
        return self.output_shape[-1]

    def layer(self, **options: Any) -> tf.Module:
        """Not built yet."""
        return self.cls(self.units, **self.arguments, **options)

    def built(self, **options: Any) -> tf.Module:
        """A zero bias hides a missing one: a built layer whose parameters are all random."""
        layer = self.layer(**options)
        layer.build(self.input_shape[-1])
        return randomized(layer)

    def normal(self, batch: int = 2, seed: int = 1, dtype: tf.DType = tf.float32) -> tf.Tensor:
        """An input."""
        return normal(batch, *self.input_shape, seed=seed, dtype=dtype)

    def unit(self, kernel: np.ndarray, index: int) -> np.ndarray:
        """What one unit has of a kernel, or of its gradient."""
        return np.take(kernel, index, self.unit_axis)

    def equal_to_kernel(self, layer: tf.Module) -> tf.Tensor:
        """Inputs some of whose windows are a unit's kernel."""
        kernel = tf.cast(layer.kernel, tf.float32)
        if self.cls is YatNMN:
            return tf.transpose(kernel)
        first = kernel[..., 0, :] if self.unit_axis == -2 else kernel[..., 0]
        x = self.normal().numpy()
        taps = tuple(slice(0, n) for n in first.shape[:-1])
        x[(slice(None), *taps, slice(0, first.shape[-1]))] = first
        return tf.constant(x)


KINDS = [
    Kind(YatNMN, {}, (5,), (3,), (5, 3), -1),
    Kind(
        YatConv2D,
        {"kernel_size": (2, 3), "strides": (2, 1), "padding": "same", "groups": 2},
        (5, 4, 6),
        (3, 4, 4),
        (2, 3, 3, 4),
        -1,
    ),
    Kind(
        YatConvTranspose2D,
        {"kernel_size": (3, 2), "strides": (2, 1), "padding": "same"},
        (3, 3, 5),
        (6, 3, 3),
        (3, 2, 3, 5),
        -2,
    ),
]


def normal(*shape: int, seed: int = 1, dtype: tf.DType = tf.float32) -> tf.Tensor:
    return tf.cast(tf.random.stateless_normal(shape, [seed, 0], dtype=tf.float64), dtype)


def randomized(layer: tf.Module) -> tf.Module:
    """Noise on every variable."""
    for i, variable in enumerate(layer.variables):
        noise = normal(*variable.shape, seed=i, dtype=variable.dtype)
        variable.assign_add(tf.cast(0.3, variable.dtype) * noise)
    return layer


def convolution(
    name: str, rank: int, filters: int = 4, channels: int = 4, **options: Any
) -> tf.Module:
    """A built layer of that many axes, with random parameters."""
    layer = getattr(nmn.tf, f"{name}{rank}D")(filters, **{"kernel_size": 3, **options})
    layer.build(channels)
    return randomized(layer)


def geometry_of(layer: tf.Module) -> Geometry:
    """The geometry of a convolution in neutral terms."""
    transposed = not hasattr(layer, "groups")
    return Geometry(
        "transposed_convolution" if transposed else "convolution",
        layer.kernel_size,
        layer.strides,
        layer.dilation_rate,
        getattr(layer, "groups", 1),
        layer.padding,
        output_padding=getattr(layer, "output_padding", None),
    )


def definition(layer: tf.Module, x: tf.Tensor) -> np.ndarray:
    """What the oracle says of the layer's own weights and of `x`, channels last."""
    exact = tf.cast(x, tf.float64).numpy()
    arrays = {name: array.astype(np.float64) for name, array in to_canonical(layer).items()}
    if isinstance(layer, YatNMN):
        rows = exact.reshape(-1, x.shape[-1])
        values = oracle_values("YatNMN", rows, arrays, epsilon=layer.epsilon)
        return values.reshape(*x.shape[:-1], layer.features)
    name = "YatConv" if hasattr(layer, "groups") else "YatConvTranspose"
    return oracle_values(name, exact, arrays, geometry_of(layer), epsilon=layer.epsilon)


def gradients(
    function: Callable[[tf.Tensor], tf.Tensor], layer: tf.Module, x: tf.Tensor
) -> list[tf.Tensor]:
    """Gradients of the sum of squares, for `x` and every variable."""
    with tf.GradientTape() as tape:
        tape.watch(x)
        loss = tf.reduce_sum(tf.square(function(x)))
    return tape.gradient(loss, [x, *layer.trainable_variables])


def assert_all_close(ours: list[tf.Tensor], theirs: list[tf.Tensor], rtol: float = 1e-9) -> None:
    for one, other in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(one, other, rtol=rtol, atol=rtol)
