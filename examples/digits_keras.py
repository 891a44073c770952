"""The digits network in Keras 3."""

import keras
import numpy as np

from examples.digits import EPSILON, LEARNING_RATE, MOMENTUM, WIDTHS, Data, Weights
from nmn.keras import YatNMN
from nmn.weights import load_canonical


def train(data: Data, weights: Weights) -> tuple[list[float], np.ndarray]:
    """Losses of every step, and logits of the test set."""
    layers = [load_canonical(YatNMN(len(a["kernel"]), epsilon=EPSILON), a) for a in weights]
    model = keras.Sequential([keras.Input((WIDTHS[0],)), *layers])
    model.compile(
        optimizer=keras.optimizers.SGD(LEARNING_RATE, momentum=MOMENTUM),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    )
    losses = []
    for indices in data.order.reshape(-1, data.order.shape[-1]):
        model.reset_metrics()
        losses.append(float(model.train_on_batch(data.train_x[indices], data.train_y[indices])))
    return losses, model.predict_on_batch(data.test_x)
