"""Recurrent layers in Keras, on the backend that KERAS_BACKEND names."""

from collections.abc import Mapping

import keras
import numpy as np

import nmn.keras
from benchmarks.keras_steps import train_step
from benchmarks.timing import Step, report

BACKEND = keras.backend.backend()
BATCH = 32
SHAPES = ((128, 64, 128),)
"""Steps, inputs, units."""
NAMES = ("YatGRU", "YatLSTM", "YatSumGRU", "YatRNN", "YatMinGRU", "YatMinLSTM")


def contenders(steps: int, inputs: int, units: int) -> Mapping[str, Step]:
    """Keras's own GRU cell, repeated by its own layer, and the layers."""
    generator = np.random.default_rng(0)
    x = generator.normal(size=(BATCH, steps, inputs)).astype(np.float32)
    upstream = generator.normal(size=(BATCH, steps, units)).astype(np.float32)
    own = {
        name: keras.layers.RNN(cell(units), return_sequences=True) for name, cell in _OWN.items()
    }
    layers = own | {n: getattr(nmn.keras, n)(units, return_sequences=True) for n in NAMES}
    for layer in layers.values():
        layer.build(x.shape)
    return {name: train_step(layer, x, upstream) for name, layer in layers.items()}


_OWN = {"RNN(GRUCell)": keras.layers.GRUCell, "RNN(LSTMCell)": keras.layers.LSTMCell}


def main() -> None:
    """Print the table."""
    if BACKEND == "torch":
        import torch

        torch.set_num_threads(2)
    report(f"Keras on {BACKEND}, {BATCH} sequences", contenders, SHAPES)


if __name__ == "__main__":
    main()
