"""TensorFlow: what concerns convolutions and transposed convolutions alone."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

import nmn.tf
from nmn.tf import YatConv2D, YatConvTranspose2D, YatNMN
from nmn.tf.yatconv import YatConv2D as FromModule
from nmn.tf.yatconv_transpose import YatConvTranspose2D as TransposedFromModule
from tests.conformance.tf_layers import (
    assert_all_close,
    convolution,
    definition,
    gradients,
    normal,
)

GENERATED = Path(__file__).parents[2] / "generated"
SIZES = (6, 5, 4)

CONVOLUTIONS = [
    {},
    {"strides": 2},
    {"padding": "same"},
    {"padding": "same", "strides": 3},
    {"padding": "same", "dilation_rate": 2},
    {"kernel_size": 2, "padding": "same", "dilation_rate": 3},
    {"kernel_size": 1, "strides": 2},
    {"kernel_size": 4, "padding": "same", "strides": 2},
]
TRANSPOSED = [
    {},
    {"strides": 2},
    {"strides": 2, "padding": "same"},
    {"kernel_size": 2, "strides": 3},
    {"kernel_size": 2, "strides": 3, "padding": "same"},
    {"kernel_size": 4, "padding": "same"},
    {"kernel_size": 4, "strides": 2, "padding": "same"},
    {"dilation_rate": 2},
    {"dilation_rate": 2, "padding": "same"},
]
OUTPUT_PADDINGS = [
    {"strides": 2, "output_padding": 0},
    {"strides": 2, "output_padding": 1},
    {"strides": 3, "output_padding": 2, "kernel_size": 2},
    {"strides": 2, "output_padding": 1, "padding": "same"},
    {"strides": 2, "output_padding": 0, "padding": "same"},
    {"strides": 3, "output_padding": 1, "padding": "same", "kernel_size": 4},
    {"strides": 3, "output_padding": 2, "padding": "same", "kernel_size": 5},
]


@pytest.fixture(params=[1, 2, 3])
def rank(request: pytest.FixtureRequest) -> int:
    return request.param


@pytest.mark.parametrize("groups", [1, 2, 4])
@pytest.mark.parametrize("geometry", CONVOLUTIONS, ids=str)
def test_a_convolution_is_the_neuron_over_patches(
    rank: int, geometry: dict[str, Any], groups: int
) -> None:
    layer = convolution("YatConv", rank, groups=groups, dtype=tf.float64, epsilon=0.1, **geometry)
    x = normal(2, *SIZES[:rank], 4, dtype=tf.float64)
    np.testing.assert_allclose(layer(x), definition(layer, x), rtol=1e-9)


@pytest.mark.parametrize("geometry", [*TRANSPOSED, *OUTPUT_PADDINGS], ids=str)
def test_a_transposed_convolution_is_the_neuron_over_patches_of_the_stuffed_input(
    rank: int, geometry: dict[str, Any]
) -> None:
    layer = convolution("YatConvTranspose", rank, 2, dtype=tf.float64, epsilon=0.1, **geometry)
    x = normal(2, *SIZES[-rank:], 4, dtype=tf.float64)
    np.testing.assert_allclose(layer(x), definition(layer, x), rtol=1e-9)


@pytest.mark.parametrize("dilation", [1, 2])
def test_a_causal_convolution_is_the_neuron_over_patches(dilation: int) -> None:
    options = {"dilation_rate": dilation, "padding": "causal"}
    layer = convolution("YatConv", 1, dtype=tf.float64, epsilon=0.1, **options)
    x = normal(2, 6, 4, dtype=tf.float64)
    np.testing.assert_allclose(layer(x), definition(layer, x), rtol=1e-9)


def test_a_causal_convolution_does_not_look_ahead() -> None:
    layer = convolution("YatConv", 1, padding="causal", dilation_rate=2)
    x = normal(1, 9, 4)
    later = tf.concat([x[:, :5], 100 * x[:, 5:]], 1)
    assert layer(x).shape == (1, 9, 4)
    np.testing.assert_array_equal(layer(x)[:, :5], layer(later)[:, :5])
    assert (layer(x)[:, 5] != layer(later)[:, 5]).numpy().all()


@pytest.mark.parametrize("geometry", CONVOLUTIONS, ids=str)
def test_windows_are_those_of_keras(rank: int, geometry: dict[str, Any]) -> None:
    """With a huge epsilon the response is the square of the linear layer over epsilon."""
    compare_with_keras("YatConv", f"Conv{rank}D", rank, geometry)


@pytest.mark.parametrize("geometry", [*TRANSPOSED[:7], *OUTPUT_PADDINGS], ids=str)
def test_transposed_windows_are_those_of_keras(rank: int, geometry: dict[str, Any]) -> None:
    compare_with_keras("YatConvTranspose", f"Conv{rank}DTranspose", rank, geometry)


def compare_with_keras(name: str, native: str, rank: int, geometry: dict[str, Any]) -> None:
    options = {"use_bias": False, "use_alpha": False, "epsilon": 1e12, "dtype": tf.float64}
    layer = convolution(name, rank, 3, **options, **geometry)
    keras_layer = getattr(keras.layers, native)(
        3, **{"kernel_size": 3, **geometry}, use_bias=False, dtype="float64"
    )
    x = normal(2, *SIZES[:rank], 4, dtype=tf.float64)
    keras_layer.build(x.shape)
    keras_layer.kernel.assign(layer.kernel)
    np.testing.assert_allclose(layer(x) * 1e12, tf.square(keras_layer(x)), rtol=1e-8, atol=1e-9)


@pytest.mark.parametrize("name", ["YatConv", "YatConvTranspose"])
def test_channels_first_is_the_same_on_transposed_data(name: str, rank: int) -> None:
    last = convolution(name, rank, 3, strides=2, dtype=tf.float64)
    first = convolution(name, rank, 3, strides=2, dtype=tf.float64, data_format="channels_first")
    first.kernel.assign(last.kernel)
    x = normal(2, *SIZES[:rank], 4, dtype=tf.float64)
    axes = [0, rank + 1, *range(1, rank + 1)]
    moved = tf.transpose(x, axes)
    np.testing.assert_allclose(first(moved), tf.transpose(last(x), axes), rtol=1e-12)
    grad_moved, *rest = gradients(first, first, moved)
    grad_x, *expected = gradients(last, last, x)
    assert_all_close([grad_moved, *rest], [tf.transpose(grad_x, axes), *expected])


@pytest.mark.parametrize("name", ["YatConv", "YatConvTranspose"])
def test_channels_first_in_a_graph_of_unknown_sizes(name: str) -> None:
    layer = convolution(name, 2, 3, data_format="channels_first")

    @tf.function(input_signature=[tf.TensorSpec([None, 4, None, None])])
    def function(x: tf.Tensor) -> tf.Tensor:
        output = layer(x)
        assert output.shape.as_list() == [None, 3, None, None]
        return output

    x = normal(2, 4, 6, 5)
    np.testing.assert_allclose(function(x), layer(x), rtol=1e-5)


def test_groups_are_separate_convolutions(rank: int) -> None:
    layer = convolution("YatConv", rank, 6, 4, groups=2, padding="same", dtype=tf.float64)
    x = normal(2, *SIZES[:rank], 4, dtype=tf.float64)
    parts = []
    for group in range(2):
        part = convolution("YatConv", rank, 3, 2, padding="same", dtype=tf.float64)
        units, channels = slice(3 * group, 3 * group + 3), slice(2 * group, 2 * group + 2)
        part.kernel.assign(layer.kernel[..., units])
        part.bias.assign(layer.bias[units])
        part.alpha.assign(layer.alpha)
        parts.append(part(x[..., channels]))
    np.testing.assert_allclose(layer(x), tf.concat(parts, -1), rtol=1e-12)


@pytest.mark.parametrize("onednn", ["0", "1"])
def test_groups_have_gradients_whatever_the_kernels_of_the_cpu(onednn: str) -> None:
    code = (
        "import tensorflow as tf; from nmn.tf import YatConv1D, YatConv2D, YatConv3D\n"
        "for rank, cls in enumerate((YatConv1D, YatConv2D, YatConv3D), 1):\n"
        "    for options in ({}, {'strides': 2}, {'dilation_rate': 2}):\n"
        "        layer = cls(4, 2, groups=2, dtype=tf.float64, **options)\n"
        "        x = tf.ones((2, *[4] * rank, 4), tf.float64)\n"
        "        with tf.GradientTape() as tape:\n"
        "            tape.watch(x)\n"
        "            y = layer(x)\n"
        "        assert all(g is not None for g in tape.gradient(y, [x, *layer.variables]))\n"
    )
    environment = os.environ | {"TF_ENABLE_ONEDNN_OPTS": onednn}
    subprocess.run([sys.executable, "-c", code], cwd=GENERATED, env=environment, check=True)


@pytest.mark.parametrize("name", ["YatConv", "YatConvTranspose"])
def test_one_tap_is_the_dense_layer(name: str, rank: int) -> None:
    layer = convolution(name, rank, 3, kernel_size=1, dtype=tf.float64)
    dense = YatNMN(3, dtype=tf.float64)
    dense.build(4)
    kernel = tf.reshape(layer.kernel, layer.kernel.shape[-2:])
    dense.kernel.assign(kernel if name == "YatConv" else tf.transpose(kernel))
    dense.bias.assign(layer.bias)
    dense.alpha.assign(layer.alpha)
    x = normal(2, *SIZES[:rank], 4, dtype=tf.float64)
    np.testing.assert_allclose(layer(x), dense(x), rtol=1e-10)


def test_a_transposed_convolution_is_a_convolution_over_the_stuffed_input(rank: int) -> None:
    transposed = convolution("YatConvTranspose", rank, 3, strides=2, dtype=tf.float64)
    plain = convolution("YatConv", rank, 3, dtype=tf.float64)
    flipped = tf.reverse(transposed.kernel, range(rank))
    plain.kernel.assign(tf.linalg.matrix_transpose(flipped))
    plain.bias.assign(transposed.bias)
    plain.alpha.assign(transposed.alpha)
    x = normal(2, *SIZES[:rank], 4, dtype=tf.float64)
    stuffed = np.zeros((2, *(2 * n + 3 for n in SIZES[:rank]), 4))
    stuffed[(slice(None), *(slice(2, 2 * n + 2, 2) for n in SIZES[:rank]))] = x
    np.testing.assert_allclose(transposed(x), plain(tf.constant(stuffed)), rtol=1e-10)


def test_translation_moves_the_output() -> None:
    layer = convolution("YatConv", 2, padding="same", dtype=tf.float64)
    x = np.zeros((1, 9, 9, 4))
    x[:, 2:5, 2:5] = normal(1, 3, 3, 4, dtype=tf.float64)
    moved = np.roll(x, (2, 1), (1, 2))
    np.testing.assert_allclose(layer(moved), np.roll(layer(x), (2, 1), (1, 2)), rtol=1e-12)


@pytest.mark.parametrize("name", ["YatConv", "YatConvTranspose"])
@pytest.mark.parametrize("scale", [1e-30, 1.0, 1e30])
def test_spherical_means_by_patch_at_every_scale(name: str, scale: float) -> None:
    """Dense layers over unit patches; what is beyond float32 when squared is not lost."""
    layer = convolution(name, 1, 3, spherical=True, epsilon=0.1)
    x = normal(2, 6, 4)
    plain = convolution(name, 1, 3, dtype=tf.float64, epsilon=0.1)
    norms = tf.sqrt(tf.reduce_sum(tf.square(layer.kernel), [0, 1 if name == "YatConv" else 2]))
    unit = layer.kernel / (norms if name == "YatConv" else norms[:, None])
    plain.kernel.assign(tf.cast(unit, tf.float64))
    # The response by the plain layer's own definition, of patches divided by their norms.
    exact = spherical_definition(plain, layer, tf.cast(x, tf.float64).numpy())
    # The response is a square: its root is linear in ⟨w, x⟩, whose terms may cancel.
    np.testing.assert_allclose(np.sqrt(layer(scale * x)), np.sqrt(exact), rtol=1e-5, atol=1e-5)


def spherical_definition(plain: tf.Module, layer: tf.Module, x: np.ndarray) -> np.ndarray:
    """By the three sums of every patch, in float64."""
    ones = tf.ones_like(plain.kernel)
    linear = getattr(keras.ops, "conv" if hasattr(plain, "groups") else "conv_transpose")

    def windows(values: np.ndarray, kernel: tf.Tensor) -> np.ndarray:
        return linear(values, kernel, padding="valid").numpy()

    dot = windows(x, plain.kernel.value())
    norm = np.sqrt(windows(x**2, ones))
    bias, alpha = (tf.cast(v, tf.float64).numpy() for v in (layer.bias, layer.alpha))
    cosine = dot / norm
    return alpha * (cosine + bias) ** 2 / (2 - 2 * cosine + layer.epsilon)


@pytest.mark.parametrize("name", ["YatConv", "YatConvTranspose"])
def test_a_zero_patch_has_gradient_zero_when_spherical(name: str) -> None:
    layer = convolution(name, 2, spherical=True)
    x = tf.zeros((2, 5, 5, 4))
    grad_x, *rest = gradients(layer, layer, x)
    assert (grad_x.numpy() == 0).all() and all(np.isfinite(g).all() for g in rest)
    x = np.zeros((1, 9, 9, 4), np.float32)
    x[:, :2, :2] = normal(2, 2, 4)
    grads = gradients(layer, layer, tf.constant(x))
    assert all(np.isfinite(g).all() for g in grads)
    assert (grads[0][:, 6:].numpy() == 0).all()


@pytest.mark.parametrize("name", ["YatConv", "YatConvTranspose"])
@pytest.mark.parametrize("value", [0.0, 1e-38, 1e-42, 1e4, -1e4])
@pytest.mark.parametrize("spherical", [False, True])
def test_extreme_inputs_stay_finite(name: str, value: float, spherical: bool) -> None:
    layer = convolution(name, 2, padding="same", spherical=spherical)
    x = tf.fill((2, 5, 4, 4), value)
    output = layer(x).numpy()
    assert np.isfinite(output).all() and (output >= 0).all()
    assert all(np.isfinite(g).all() for g in gradients(layer, layer, x)[1:])


@pytest.mark.parametrize(
    ("name", "options", "channels", "fan_in"),
    [
        ("YatConv", {}, 40, 40 * 9),
        ("YatConv", {"groups": 4}, 160, 40 * 9),
        ("YatConvTranspose", {}, 40, 40 * 9),
    ],
)
def test_the_kernels_law_is_glorot_normal(
    name: str, options: dict[str, Any], channels: int, fan_in: int
) -> None:
    """Fans are those of a unit and its inputs, wherever the kernel keeps them."""
    layer = getattr(nmn.tf, f"{name}2D")(160, 3, **options)
    layer.build(channels)
    std = np.sqrt(2 / (fan_in + 160 * 9))
    kernel = layer.kernel.numpy()
    assert kernel.std() == pytest.approx(std, rel=0.02)
    assert 2.2 * std < np.abs(kernel).max() <= 2 * std / 0.8796 * (1 + 1e-5)


def test_values_do_not_depend_on_the_layers_called_before() -> None:
    """Graphs are shared by layers of one geometry: no size or option of one may stay in another."""
    for size, channels, filters, batch in [(5, 4, 4, 2), (7, 6, 2, 1), (4, 2, 2, 5), (6, 2, 8, 0)]:
        for options in [{}, {"epsilon": 0.5}, {"scalar_bias": True}, {"use_bias": False}]:
            for name, groups in [
                ("YatConv", {}),
                ("YatConv", {"groups": 2}),
                ("YatConvTranspose", {}),
            ]:
                layer = convolution(name, 1, filters, channels, **groups, **options)
                x = normal(batch, size, channels)
                if batch:
                    np.testing.assert_allclose(layer(x), definition(layer, x), rtol=1e-3, atol=1e-6)
                shapes = [g.shape for g in gradients(layer, layer, x)]
                assert shapes == [x.shape, *(v.shape for v in layer.trainable_variables)]


def test_many_geometries_and_batches_give_no_warning_of_retracing() -> None:
    code = (
        "import tensorflow as tf; from nmn.tf import YatConv1D\n"
        "layers = [\n"
        "    YatConv1D(3, size, padding=padding, dilation_rate=dilation)\n"
        "    for size in (2, 3, 5) for padding in ('same', 'causal') for dilation in (1, 2)\n"
        "]\n"
        "for batch in range(2, 7):\n"
        "    x = tf.ones((batch, 11, 3))\n"
        "    for layer in layers:\n"
        "        x = layer(x)\n"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], cwd=GENERATED, capture_output=True, text=True, check=True
    )
    assert "retracing" not in result.stderr


def test_all_names_and_import_paths_give_one_class(rank: int) -> None:
    assert FromModule is YatConv2D and TransposedFromModule is YatConvTranspose2D
    for name in ("YatConv", "YatConvTranspose"):
        assert getattr(nmn.tf, f"{name}{rank}d") is getattr(nmn.tf, f"{name}{rank}D")
        assert getattr(nmn.tf, f"{name}{rank}D").rank == rank
