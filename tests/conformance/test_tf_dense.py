"""TensorFlow: what concerns the dense layer alone."""

import math
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from nmn.tf import YatDense, YatNMN
from nmn.tf.nmn import YatNMN as FromModule
from tests.conformance.tf_layers import definition, gradients, normal, randomized


def built(features: int = 3, inputs: int = 5, **options: Any) -> YatNMN:
    """With random parameters."""
    layer = YatNMN(features, **options)
    layer.build(inputs)
    return randomized(layer)


def test_values_do_not_depend_on_the_layers_called_before() -> None:
    """Graphs are shared by all layers: no size, number or option of one may stay in another."""
    for inputs, features, batch in [(5, 3, 4), (6, 4, 7), (9, 2, 1), (1, 1, 1), (3, 8, 0)]:
        for options in [{}, {"epsilon": 0.5}, {"scalar_bias": True}, {"use_bias": False}]:
            layer = built(features, inputs, **options)
            x = normal(batch, inputs)
            np.testing.assert_allclose(layer(x), definition(layer, x), rtol=1e-3, atol=1e-6)
            shapes = [g.shape for g in gradients(layer, layer, x)]
            assert shapes == [x.shape, *(v.shape for v in layer.trainable_variables)]


@pytest.mark.parametrize("shape", [(5,), (1, 5), (0, 5), (2, 3, 5), (2, 0, 5), (2, 3, 4, 1, 1, 5)])
def test_any_number_of_leading_axes(shape: tuple[int, ...]) -> None:
    layer = built()
    x = normal(*shape)
    np.testing.assert_allclose(layer(x), definition(layer, x), rtol=1e-4, atol=1e-6)
    assert layer(x).shape == (*shape[:-1], 3)
    (grad_x, *_) = gradients(layer, layer, x)
    assert grad_x.shape == shape


@pytest.mark.parametrize("x", [tf.ones((2, 4)), tf.ones(())], ids=["short", "scalar"])
def test_wrong_last_axes_are_named(x: tf.Tensor) -> None:
    with pytest.raises(ValueError, match="input"):
        built()(x)


def test_integers_are_not_taken_for_numbers() -> None:
    with pytest.raises(TypeError, match="input"):
        built()([[1, 2, 3, 4, 5]])


def test_operands_are_rounded_once_and_the_distance_is_kept() -> None:
    """Norms of unrounded and products of rounded operands would be wrong by 1e5 near x = w."""
    layer = YatNMN(64, dtype=tf.bfloat16)
    layer.build(512)
    x = 1.05 * tf.cast(tf.transpose(layer.kernel), tf.float32)
    exact = definition(layer, tf.cast(x, tf.bfloat16))
    relative = np.abs(tf.cast(layer(x), tf.float64).numpy() / exact - 1)
    assert relative.max() < 0.02


def test_the_kernels_law_is_glorot_normal() -> None:
    layer = YatNMN(300)
    layer.build(200)
    kernel = layer.kernel.numpy()
    std = math.sqrt(2 / 500)
    assert kernel.std() == pytest.approx(std, rel=0.02)
    assert np.abs(kernel).max() <= 2 * std / 0.8796 * (1 + 1e-5)
    assert np.abs(kernel).max() > 2.2 * std


def test_both_names_and_both_import_paths_give_one_class() -> None:
    assert FromModule is YatNMN
    assert YatDense is YatNMN
