"""Keras: what convolutions have beside the other layers, on the backend of this process."""

import ast
import inspect
import json
from collections.abc import Iterator
from itertools import product
from pathlib import Path

import keras
import numpy as np
import pytest
from keras import ops

import nmn.keras
from nmn.weights import load_canonical, to_canonical
from tests.adapters.keras import Adapter

BACKEND = keras.backend.backend()
OWN = {
    f"{ours}{rank}D": getattr(keras.layers, theirs.format(rank))
    for ours, theirs in (("YatConv", "Conv{}D"), ("YatConvTranspose", "Conv{}DTranspose"))
    for rank in (1, 2, 3)
}
"""Our layers' names, and the layers of Keras that they stand beside."""

WINDOWS = [
    ("YatConv1D", {"kernel_size": 3, "padding": "causal", "dilation_rate": 2}),
    ("YatConv2D", {"kernel_size": (3, 2), "strides": (2, 1), "padding": "same"}),
    ("YatConv2D", {"kernel_size": 2, "groups": 2, "dilation_rate": (1, 2)}),
    ("YatConv3D", {"kernel_size": 2, "strides": (1, 2, 1)}),
    ("YatConvTranspose1D", {"kernel_size": 2, "strides": 3}),
    ("YatConvTranspose2D", {"kernel_size": 3, "strides": 2, "padding": "same"}),
    ("YatConvTranspose2D", {"kernel_size": (2, 3), "dilation_rate": (1, 2)}),
    ("YatConvTranspose3D", {"kernel_size": 3, "strides": 2, "output_padding": 1}),
]

windows = pytest.mark.parametrize(
    ("name", "window"), WINDOWS, ids=lambda v: v if isinstance(v, str) else "-".join(v)
)


def make(name: str, *arguments: object, **options: object) -> keras.Layer:
    return getattr(nmn.keras, name)(*arguments, **options)


def sample(name: str, channels: int = 4) -> np.ndarray:
    """Two samples with channels last."""
    sizes = (6, 5, 4)[: int(name[-2])]
    return np.random.default_rng(0).normal(size=(2, *sizes, channels)).astype(np.float32)


def values(tensor: object) -> np.ndarray:
    return ops.convert_to_numpy(tensor)


@pytest.fixture
def channels_first() -> Iterator[None]:
    """Keras configured for channels in the first place."""
    before = keras.config.image_data_format()
    keras.config.set_image_data_format("channels_first")
    yield
    keras.config.set_image_data_format(before)


@windows
@pytest.mark.parametrize("spherical", [False, True])
def test_channels_first_is_the_same_layer(name: str, window: dict, spherical: bool) -> None:
    x = sample(name)
    last = make(name, 4, **window, spherical=spherical, data_format="channels_last")
    first = make(name, 4, **window, spherical=spherical, data_format="channels_first")
    expected = values(last(x))
    load_canonical(first, to_canonical(last))
    output = first(np.moveaxis(x, -1, 1))
    np.testing.assert_allclose(np.moveaxis(values(output), 1, -1), expected, rtol=1e-6)
    assert first.compute_output_shape(np.moveaxis(x, -1, 1).shape) == tuple(output.shape)


@windows
def test_a_global_channels_first_is_heeded(
    name: str, window: dict, channels_first: None, tmp_path: Path
) -> None:
    layer = make(name, 4, **window)
    assert layer.data_format == layer.get_config()["data_format"] == "channels_first"
    x = np.moveaxis(sample(name), -1, 1)
    assert layer(x).shape[1] == 4 and layer.kernel.shape[-2:] in ((4, 4), (2, 4))


@windows
def test_the_windows_are_those_of_keras(name: str, window: dict) -> None:
    """With a huge epsilon the response is the squared alignment over it."""
    x = sample(name)
    layer = make(name, 4, **window, use_alpha=False, epsilon=1e12)
    ours = np.sqrt(values(layer(x)) * 1e12)
    own = OWN[name](4, **window)
    own.build(x.shape)
    own.set_weights(layer.get_weights())
    np.testing.assert_allclose(ours, np.abs(values(own(x))), rtol=1e-4, atol=1e-5)


@windows
def test_unknown_sizes(name: str, window: dict) -> None:
    x = sample(name)
    layer = make(name, 4, **window)
    unknown = (None,) * (x.ndim - 1)
    assert layer.compute_output_shape((*unknown, 4)) == (*unknown, 4)
    model = keras.Sequential([keras.Input((*unknown[1:], 4)), layer])
    assert model.output_shape == (*unknown, 4)
    if BACKEND == "tensorflow":
        import tensorflow as tf

        signature = [tf.TensorSpec((*unknown, 4), tf.float32)]
        traced = tf.function(model, input_signature=signature)
        np.testing.assert_allclose(values(traced(x)), values(layer(x)), rtol=1e-5, atol=1e-6)


def test_shapes_are_those_of_keras() -> None:
    """Of every length, kernel and padding along one axis."""
    for size, kernel_size, (strides, dilation_rate), padding in product(
        range(1, 8), (1, 2, 3, 4), ((1, 1), (2, 1), (3, 1), (1, 2), (1, 3)), ("valid", "same")
    ):
        window = (strides, padding)
        options = {"dilation_rate": dilation_rate}
        ours, own = (cls(2, kernel_size, *window, **options) for cls in pair("YatConv1D"))
        if padding == "same" or size > (kernel_size - 1) * dilation_rate:
            shape = (None, size, 3)
            assert ours.compute_output_shape(shape) == own.compute_output_shape(shape)
        for output_padding in (None, *range(strides)):
            options["output_padding"] = output_padding
            ours, own = (c(2, kernel_size, *window, **options) for c in pair("YatConvTranspose1D"))
            if (expected := own.compute_output_shape((None, size, 3)))[1] > 0:
                assert ours.compute_output_shape((None, size, 3)) == tuple(expected)


def pair(name: str) -> tuple[type[keras.Layer], type[keras.Layer]]:
    """Our class and the one of Keras."""
    return getattr(nmn.keras, name), OWN[name]


@pytest.mark.parametrize("name", OWN)
def test_arguments_come_in_the_order_of_keras(name: str) -> None:
    theirs = list(inspect.signature(OWN[name]).parameters)
    theirs = theirs[: theirs.index("activation") + 1]
    stops: dict[str, object] = {"filters": 2, "kernel_size": 3, "activation": "tanh"}
    special = {"data_format": "channels_first", "padding": "same", "output_padding": 0}
    layer = make(name, *(stops.get(argument, special.get(argument, 1)) for argument in theirs))
    config = layer.get_config()
    assert config["data_format"] == "channels_first" and config["activation"] == "tanh"
    assert config["padding"] == "same" and config.get("output_padding", 0) in (0, (0,) * layer.rank)


@pytest.mark.parametrize("name", OWN)
def test_a_configuration_survives_json(name: str) -> None:
    layer = make(name, 4, [2] * int(name[-2]), strides=2)
    config = json.loads(json.dumps(layer.get_config()))
    assert type(layer).from_config(config).get_config() == layer.get_config()
    assert getattr(nmn.keras, name.replace("D", "d")) is type(layer)


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("YatConv2D", {"kernel_size": 0}, r"conv\.c1.*kernel_size=0"),
        ("YatConv2D", {"dilation_rate": 0}, r"conv\.c2.*dilation_rate=0"),
        ("YatConv2D", {"strides": (1, 0)}, r"conv\.c3.*strides=0"),
        ("YatConv2D", {"groups": 0}, r"conv\.c4.*groups=0"),
        ("YatConv2D", {"groups": 3}, r"conv\.c5.*groups=3, filters=4"),
        ("YatConv2D", {"strides": (2, 1), "dilation_rate": (1, 2)}, r"conv\.c8.*strides=2"),
        ("YatConv2D", {"padding": "causal"}, r"conv\.c17.*rank=2"),
        ("YatConv2D", {"padding": "circular"}, r"padding must be one of"),
        ("YatConv2D", {"padding": 1}, r"padding must be one of"),
        ("YatConv2D", {"data_format": "NHWC"}, r"data_format"),
        ("YatConv2D", {"kernel_size": (3, 3, 3)}, r"conv\.c15.*kernel_size"),
        ("YatConv1D", {"filters": 0}, r"filters"),
        ("YatConvTranspose2D", {"kernel_size": -1}, r"convt\.c1.*kernel_size=-1"),
        ("YatConvTranspose2D", {"dilation_rate": 0}, r"convt\.c2.*dilation_rate=0"),
        ("YatConvTranspose2D", {"strides": 0}, r"convt\.c3.*strides=0"),
        ("YatConvTranspose2D", {"strides": 2, "output_padding": 2}, r"convt\.c8.*output_padding=2"),
        ("YatConvTranspose2D", {"strides": 2, "dilation_rate": 2}, r"convt\.c9.*strides=2"),
        ("YatConvTranspose1D", {"padding": "causal"}, r"padding must be one of"),
    ],
)
def test_wrong_arguments_are_named(name: str, options: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make(name, **({"filters": 4, "kernel_size": 2} | options))


@pytest.mark.parametrize(
    ("name", "options", "shape", "message"),
    [
        ("YatConv2D", {"groups": 2}, (2, 5, 5, 3), r"conv\.c6.*groups=2.*3"),
        ("YatConv2D", {}, (2, 5, 2, 3), r"conv\.c10.*size=2.*extent=3"),
        ("YatConv2D", {"dilation_rate": 3}, (2, 7, 6, 3), r"conv\.c10.*size=6.*extent=7"),
        ("YatConv2D", {}, (5, 5, 3), r"conv\.c12.*input_rank=3"),
        ("YatConv2D", {}, (1, 2, 5, 5, 3), r"conv\.c12.*input_rank=5"),
        ("YatConvTranspose2D", {}, (5, 5, 3), r"convt\.c12.*input_rank=3"),
        (
            "YatConvTranspose1D",
            {"kernel_size": 2, "strides": 2, "padding": "same", "output_padding": 0},
            (2, 1, 3),
            r"convt\.c10.*output_length=0",
        ),
    ],
)
def test_wrong_inputs_are_named(name: str, options: dict, shape: tuple, message: str) -> None:
    """Whether the layer is built or not, and before anything is computed."""
    options = {"kernel_size": 3, "data_format": "channels_last"} | options
    with pytest.raises(ValueError, match=message):
        make(name, 4, **options)(np.ones(shape, "f"))
    with pytest.raises(ValueError, match=message):
        make(name, 4, **options)(keras.KerasTensor(shape))
    if "c6" not in message:
        layer = make(name, 4, **options)
        layer.build((None,) * (layer.rank + 1) + (3,))
        with pytest.raises(ValueError, match=message):
            layer(np.ones(shape, "f"))


def test_unknown_channels_are_named() -> None:
    with pytest.raises(ValueError, match="known number of channels"):
        make("YatConv1D", 4, 3).build((None, 5, None))


@windows
@pytest.mark.parametrize("scale", [1.0, 1e-30, 1e30])
def test_spherical_patches_of_any_size(name: str, window: dict, scale: float) -> None:
    """Zero patches give zero; none gives NaN, beside patches of every size."""
    x = sample(name)
    x[1] = 0
    x[0, :3] *= 1e-15 if scale >= 1 else 1e-3  # Not below the normal numbers.
    x[0, 1] = 0
    layer = make(name, 4, **window, spherical=True, use_bias=False, data_format="channels_last")
    reference = values(layer(x))
    output = values(layer(x * np.float32(scale)))
    assert np.isfinite(output).all() and (output[1] == 0).all()
    np.testing.assert_allclose(output, reference, rtol=1e-3, atol=1e-6)
    if scale >= 1:
        arrays, upstream = to_canonical(layer), np.ones(output.shape, np.float32)
        _, gradients = Adapter().evaluate(layer, arrays, x * np.float32(scale), upstream)
        assert all(np.isfinite(g).all() for g in gradients.values())
        assert (gradients["x"][1] == 0).all()


@windows
def test_canonical_weights_build_the_layer(name: str, window: dict) -> None:
    for data_format in ("channels_last", "channels_first"):
        layer = make(name, 4, **window)
        layer(sample(name))
        twin = load_canonical(make(name, 4, **window, data_format=data_format), to_canonical(layer))
        for one, other in zip(layer.get_weights(), twin.get_weights(), strict=True):
            np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("name", OWN)
def test_laws_count_what_a_unit_sees(name: str) -> None:
    """Keras takes the units of a transposed kernel for its inputs."""
    rank = int(name[-2])
    layer = make(name, 64, 2, kernel_initializer="lecun_normal")
    layer.build((None,) * (rank + 1) + (8,))
    kernel = to_canonical(layer)["kernel"]
    assert kernel.std() == pytest.approx((8 * 2**rank) ** -0.5, rel=0.15)


def test_an_initializer_that_holds_a_kernel_sees_the_stored_shape() -> None:
    kernel = np.random.default_rng(0).normal(size=(3, 4, 2)).astype(np.float32)
    layer = make("YatConvTranspose1D", 4, 3, kernel_initializer=lambda shape, dtype: kernel)
    layer.build((None, 5, 2))
    np.testing.assert_array_equal(values(layer.kernel), kernel)


@pytest.mark.parametrize("name", OWN)
def test_examples_say_what_happens(name: str) -> None:
    lines = inspect.getdoc(getattr(nmn.keras, name)).splitlines()
    first = next(i for i, line in enumerate(lines) if line.startswith(">>>"))
    names = {name: getattr(nmn.keras, name), "keras": keras}
    exec(lines[first].removeprefix(">>> "), names)
    shape = eval(lines[first + 1].removeprefix(">>> "), names)
    assert tuple(shape) == ast.literal_eval(lines[first + 2])
