"""TensorFlow: wrong arguments and inputs of convolutions are named, and nothing aborts."""

from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from nmn.tf import YatConv1D, YatConv2D, YatConvTranspose1D, YatConvTranspose2D
from tests.conformance.tf_layers import convolution, normal


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"kernel_size": 0}, ValueError, r"conv\.c1.*kernel_size=0"),
        ({"dilation_rate": 0}, ValueError, r"conv\.c2.*dilation_rate=0"),
        ({"strides": (1, 0)}, ValueError, r"conv\.c3.*strides=0"),
        ({"groups": 0}, ValueError, r"conv\.c4.*groups=0"),
        ({"groups": 3}, ValueError, r"conv\.c5.*groups=3, filters=4"),
        ({"strides": 2, "dilation_rate": 2}, ValueError, r"conv\.c8.*strides=2, dilation_rate=2"),
        ({"strides": (2, 1), "dilation_rate": (1, 2)}, ValueError, r"conv\.c8"),
        ({"padding": "causal"}, ValueError, r"conv\.c17.*rank=2"),
        ({"padding": "circular"}, ValueError, "padding must be one of"),
        ({"padding": 1}, ValueError, "padding must be one of"),
        ({"data_format": "NCHW"}, ValueError, "data_format must be one of"),
        ({"kernel_size": (3, 3, 3)}, ValueError, "kernel_size"),
        ({"kernel_size": "3"}, TypeError, "kernel_size"),
        ({"strides": 1.5}, TypeError, "strides"),
        ({"groups": 1.0}, TypeError, "groups"),
        ({"filters": 0}, ValueError, "filters"),
        ({"epsilon": 0.0}, ValueError, "epsilon"),
        ({"drop_rate": 1.0}, ValueError, "drop_rate"),
    ],
    ids=str,
)
def test_wrong_arguments_are_named(
    options: dict[str, Any], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        YatConv2D(**{"filters": 4, "kernel_size": 3, **options})


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"kernel_size": 0}, r"convt\.c1.*kernel_size=0"),
        ({"dilation_rate": 0}, r"convt\.c2.*dilation_rate=0"),
        ({"strides": -1}, r"convt\.c3.*strides=-1"),
        ({"strides": 2, "output_padding": 2}, r"convt\.c8.*strides=2.*output_padding=2"),
        ({"output_padding": -1}, r"convt\.c8.*output_padding=-1"),
        ({"strides": 2, "dilation_rate": 2}, r"convt\.c9.*strides=2, dilation_rate=2"),
        ({"padding": "causal"}, "padding must be one of valid, same"),
        ({"output_padding": (1, 1, 1)}, "output_padding"),
    ],
    ids=str,
)
def test_wrong_arguments_of_transposed_convolutions_are_named(
    options: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        YatConvTranspose2D(**{"filters": 4, "kernel_size": 3, **options})


@pytest.mark.parametrize(
    ("shape", "message"),
    [
        ((5, 5, 4), r"c12.*input_rank=3"),
        ((5, 4), r"c12.*input_rank=2"),
        ((), r"c12.*input_rank=0"),
        ((2, 5, 5, 5, 4), r"c12.*input_rank=5"),
        ((2, 5, 5, 3), r"c11.*channels=3, in_channels=4"),
    ],
    ids=str,
)
@pytest.mark.parametrize("name", ["YatConv", "YatConvTranspose"])
def test_wrong_inputs_are_named(name: str, shape: tuple[int, ...], message: str) -> None:
    layer = convolution(name, 2)
    with pytest.raises(ValueError, match=message):
        layer(tf.ones(shape))
    with pytest.raises(ValueError, match=message):
        tf.function(layer).get_concrete_function(tf.TensorSpec(shape))


def test_windows_must_fit() -> None:
    with pytest.raises(ValueError, match=r"conv\.c10.*size=4.*extent=5"):
        YatConv2D(4, 3, dilation_rate=(1, 2))(tf.ones((2, 3, 4, 4)))
    with pytest.raises(ValueError, match=r"conv\.c10.*size=0"):
        YatConv1D(4, 3, padding="same")(tf.ones((2, 0, 4)))
    with pytest.raises(ValueError, match=r"convt\.c10.*output_length=0"):
        YatConvTranspose1D(4, 3, padding="same")(tf.ones((2, 0, 4)))
    assert YatConv1D(4, 3, padding="same")(tf.ones((2, 1, 4))).shape == (2, 1, 4)
    assert YatConv1D(4, 3, padding="causal")(tf.ones((2, 1, 4))).shape == (2, 1, 4)


def test_groups_must_divide_the_channels() -> None:
    with pytest.raises(ValueError, match=r"conv\.c6.*groups=2, in_channels=3"):
        YatConv1D(4, 3, groups=2)(tf.ones((2, 5, 3)))


def test_sizes_may_be_integers_lists_and_tuples() -> None:
    for cls in (YatConv2D, YatConvTranspose2D):
        layers = [
            cls(3, size, strides, kernel_initializer=tf.ones)
            for size, strides in [(2, 1), ([2, 2], [1, 1]), ((2, 2), (1, 1))]
        ]
        x = normal(1, 4, 5, 2)
        first, *others = (layer(x) for layer in layers)
        for other in others:
            np.testing.assert_array_equal(first, other)
        assert {layer.kernel_size for layer in layers} == {(2, 2)}


@pytest.mark.parametrize("padding", ["SAME", "Same", "same"])
def test_padding_is_written_in_any_case(padding: str) -> None:
    assert YatConv1D(2, 3, padding=padding)(tf.ones((1, 5, 1))).shape == (1, 5, 2)
