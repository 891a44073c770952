"""Convolutions in Keras, on the backend that KERAS_BACKEND names."""

from collections.abc import Mapping

import keras
import numpy as np
from keras import ops

from benchmarks.keras_steps import train_step
from benchmarks.timing import CONVOLUTIONS, IMAGES, Step, report
from nmn.keras import YatConv2D
from nmn.keras.neurons.yat import yat

BACKEND = keras.backend.backend()


class Plain(YatConv2D):
    """The layer as one writes it by hand, with the norm as a convolution by ones."""

    def call(self, inputs, training=None):
        window = {"strides": self.strides, "padding": self.padding}
        ones = ops.ones((*self.kernel_size, inputs.shape[-1], 1))
        dot = ops.conv(inputs, self.kernel, **window)
        sq_x = ops.conv(ops.square(inputs), ones, **window)
        sq_w = ops.sum(ops.square(self.kernel), axis=(0, 1, 2))
        return yat(dot, sq_x, sq_w, self.bias, self.alpha, self.epsilon)


def contenders(size: int, channels: int, units: int) -> Mapping[str, Step]:
    """Conv2D + gelu, the layer, and the layer by hand; 3×3, padded to equal size."""
    generator = np.random.default_rng(0)
    x = generator.normal(size=(IMAGES, size, size, channels)).astype(np.float32)
    upstream = generator.normal(size=(IMAGES, size, size, units)).astype(np.float32)
    layers = {
        "Conv2D + gelu": keras.layers.Conv2D(units, 3, padding="same", activation="gelu"),
        "YatConv2D": YatConv2D(units, 3, padding="same"),
        "plain": Plain(units, 3, padding="same"),
    }
    for layer in layers.values():
        layer.build(x.shape)
    return {name: train_step(layer, x, upstream) for name, layer in layers.items()}


def main() -> None:
    """Print the table."""
    if BACKEND == "torch":
        import torch

        torch.set_num_threads(2)
    report(f"Keras on {BACKEND}, 3×3", contenders, CONVOLUTIONS)


if __name__ == "__main__":
    main()
