"""The linear neuron is each framework's own linear layer and convolution, to the last digits."""

import os

import numpy as np
import pytest

UNITS, FEATURES = 5, 3
CLOSE = {"rtol": 4e-6, "atol": 4e-6}
"""Sums of a dozen float32 products of order one, in whatever order."""


def normal(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)


def test_pytorch() -> None:
    import torch

    from nmn.torch import LinearConv2d, LinearConvTranspose2d, LinearNMN

    image = torch.tensor(normal(2, FEATURES, 6, 7)).requires_grad_()
    options = {"stride": 2, "padding": 1}
    for ours, theirs, x in (
        (LinearNMN(FEATURES, UNITS), torch.nn.Linear(FEATURES, UNITS), image.movedim(1, -1)),
        (
            LinearConv2d(FEATURES, UNITS, 3, **options),
            torch.nn.Conv2d(FEATURES, UNITS, 3, **options),
            image,
        ),
        (
            LinearConvTranspose2d(FEATURES, UNITS, 3, **options),
            torch.nn.ConvTranspose2d(FEATURES, UNITS, 3, **options),
            image,
        ),
    ):
        ours.load_state_dict(theirs.state_dict())
        one, other = ours(x), theirs(x)
        torch.testing.assert_close(one, other, **CLOSE)
        upstream = torch.tensor(normal(*one.shape, seed=1))
        gradients = [
            torch.autograd.grad(y, [image, *layer.parameters()], upstream)
            for y, layer in ((one, ours), (other, theirs))
        ]
        for mine, own in zip(*gradients, strict=True):
            torch.testing.assert_close(mine, own, rtol=1e-5, atol=1e-4)


def test_keras() -> None:
    import keras

    from nmn.keras import LinearConv2D, LinearConvTranspose2D, LinearNMN

    options = {"strides": 2, "padding": "same"}
    if os.environ["KERAS_BACKEND"] == "torch":
        options["padding"] = "valid"
    image = normal(2, 6, 7, FEATURES)
    for ours, theirs in (
        (LinearNMN(UNITS), keras.layers.Dense(UNITS)),
        (LinearConv2D(UNITS, 3, **options), keras.layers.Conv2D(UNITS, 3, **options)),
        (
            LinearConvTranspose2D(UNITS, 3, **options),
            keras.layers.Conv2DTranspose(UNITS, 3, **options),
        ),
    ):
        ours.build(image.shape)
        theirs.build(image.shape)
        ours.set_weights(theirs.get_weights())
        one, other = (keras.ops.convert_to_numpy(layer(image)) for layer in (ours, theirs))
        np.testing.assert_allclose(one, other, **CLOSE)


def test_tensorflow() -> None:
    import tensorflow as tf

    from nmn.tf import LinearConv2D, LinearNMN

    image = tf.constant(normal(2, 6, 7, FEATURES))
    dense, convolution = LinearNMN(UNITS), LinearConv2D(UNITS, 3, strides=2, padding="same")
    for layer in (dense, convolution):
        layer(image)
        layer.bias.assign(normal(UNITS, seed=1))
    product = tf.tensordot(image, dense.kernel, 1) + dense.bias
    np.testing.assert_allclose(dense(image), product, **CLOSE)
    own = tf.nn.conv2d(image, convolution.kernel, 2, "SAME") + convolution.bias
    np.testing.assert_allclose(convolution(image), own, **CLOSE)


@pytest.mark.parametrize("padding", ["SAME", "VALID"])
def test_flax(padding: str) -> None:
    import flax.linen as nn
    import jax
    from flax import nnx

    from nmn import linen as ours_linen
    from nmn import nnx as ours_nnx

    image = normal(2, 6, 7, FEATURES)
    options = {"kernel_size": (3, 3), "strides": (2, 2), "padding": padding}
    for name, own, rest in (
        ("LinearNMN", "Dense", {}),
        ("LinearConv", "Conv", options),
        ("LinearConvTranspose", "ConvTranspose", options),
    ):
        layer, theirs = getattr(ours_linen, name)(UNITS, **rest), getattr(nn, own)(UNITS, **rest)
        variables = theirs.init(jax.random.key(0), image)
        one, other = layer.apply(variables, image), theirs.apply(variables, image)
        np.testing.assert_allclose(one, other, **CLOSE)
        module = getattr(ours_nnx, name)(FEATURES, UNITS, **rest, rngs=nnx.Rngs(0))
        kernel, bias = variables["params"]["kernel"], variables["params"]["bias"]
        module.kernel[...], module.bias[...] = kernel, bias
        np.testing.assert_allclose(module(image), other, **CLOSE)
