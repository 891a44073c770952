"""The digits networks in Keras 3."""

from itertools import pairwise

import keras
import numpy as np

from examples.digits import EPSILON, LEARNING_RATE, MOMENTUM, Data, Layer, Weights
from nmn.keras import YatConv2D, YatNMN
from nmn.weights import load_canonical


def network(layers: tuple[Layer, ...], weights: Weights) -> list[keras.Layer]:
    """The layers with their weights, channels last."""
    modules: list[keras.Layer] = []
    for layer, arrays in zip(layers, weights, strict=True):
        if layer.kernel_size:
            module = YatConv2D(layer.units, layer.kernel_size, layer.stride, epsilon=EPSILON)
        else:
            module = YatNMN(layer.units, epsilon=EPSILON)
        modules.append(load_canonical(module, arrays))
    for i, (before, after) in enumerate(pairwise(layers)):
        if before.kernel_size and not after.kernel_size:
            modules.insert(i + 1, keras.layers.GlobalAveragePooling2D())
    return modules


def train(
    data: Data, layers: tuple[Layer, ...], weights: Weights
) -> tuple[list[float], np.ndarray]:
    """Losses of every step, and logits of the test set."""
    shape = data.train_x.shape[1:]
    model = keras.Sequential([keras.Input(shape), *network(layers, weights)])
    model.compile(
        optimizer=keras.optimizers.SGD(LEARNING_RATE, momentum=MOMENTUM),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    )
    losses = []
    for indices in data.order.reshape(-1, data.order.shape[-1]):
        model.reset_metrics()
        losses.append(float(model.train_on_batch(data.train_x[indices], data.train_y[indices])))
    return losses, model.predict_on_batch(data.test_x)
