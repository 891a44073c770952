"""Stacks of recurrent layers in every framework, built as its users build them, in float64."""

import importlib
from dataclasses import dataclass
from typing import Any

import jax
import numpy as np
from keras import ops

from codegen.frameworks import FRAMEWORKS
from codegen.frameworks.base import Recurrent

RECURRENT = tuple(f.name for f in FRAMEWORKS if isinstance(f, Recurrent))

Stack = tuple[Any, Any]
"""What `nmn.weights` takes: a layer or several, and the variables if the framework keeps them
apart."""


@dataclass(frozen=True)
class Shape:
    """Of a stack. Every layer of one in two directions sees the outputs of both, joined."""

    inputs: int = 4
    units: int = 3
    layers: int = 1
    bidirectional: bool = False

    @property
    def directions(self) -> int:
        return 2 if self.bidirectional else 1

    @property
    def widths(self) -> tuple[int, ...]:
        """Inputs of each layer."""
        return (self.inputs, *[self.directions * self.units] * (self.layers - 1))


def make(framework: str, name: str, shape: Shape, wrapped: bool = False, **options: Any) -> Stack:
    """A stack of that framework; `wrapped` for its own wrappers around our cells."""
    own = importlib.import_module(f"nmn.{framework}")
    layer, cell = getattr(own, name), getattr(own, f"{name}Cell")
    if framework == "torch":
        return _torch(layer, shape, options)
    if framework == "keras":
        return _keras(layer, cell, shape, wrapped, options)
    if framework == "tf":
        return _tf(layer, shape, options)
    return (_linen if framework == "linen" else _nnx)(layer, cell, shape, wrapped, options)


def run(framework: str, stack: Stack, x: np.ndarray) -> np.ndarray:
    """Outputs of all steps, for inputs of shape (batch, steps, inputs)."""
    layers, variables = stack
    if framework == "torch":
        import torch

        with torch.no_grad():
            return layers(torch.from_numpy(x))[0].numpy()
    if framework == "tf":
        for layer in layers:
            both = layer if isinstance(layer, tuple) else (layer,)
            x = np.concatenate([one(x)[0].numpy() for one in both], -1)
        return x
    for i, layer in enumerate(layers):
        x = layer.apply(variables[i], x) if framework == "linen" else layer(x)
    return np.array(ops.convert_to_numpy(x) if framework == "keras" else x)


def _torch(layer: Any, shape: Shape, options: dict) -> Stack:
    import torch

    return (
        layer(
            shape.inputs,
            shape.units,
            shape.layers,
            batch_first=True,
            bidirectional=shape.bidirectional,
            dtype=torch.float64,
            **{name.removeprefix("use_"): value for name, value in options.items()},
        ),
        None,
    )


def _keras(layer: Any, cell: Any, shape: Shape, wrapped: bool, options: dict) -> Stack:
    from keras import layers

    options = options | {"dtype": "float64"}

    def one() -> Any:
        if wrapped:
            return layers.RNN(cell(shape.units, **options), return_sequences=True, dtype="float64")
        return layer(shape.units, return_sequences=True, **options)

    if shape.bidirectional:
        return [layers.Bidirectional(one(), dtype="float64") for _ in shape.widths], None
    if wrapped and shape.layers > 1:
        # The stack has a dtype of its own, to which it casts what it is given.
        cells = layers.StackedRNNCells(
            [cell(shape.units, **options) for _ in shape.widths], dtype="float64"
        )
        return [layers.RNN(cells, return_sequences=True, dtype="float64")], None
    return [one() for _ in shape.widths], None


def _tf(layer: Any, shape: Shape, options: dict) -> Stack:
    import tensorflow as tf

    options = options | {"dtype": tf.float64}
    if shape.bidirectional:
        return [
            (layer(shape.units, **options), layer(shape.units, reverse=True, **options))
            for _ in shape.widths
        ], None
    return [layer(shape.units, **options) for _ in shape.widths], None


def _linen(layer: Any, cell: Any, shape: Shape, wrapped: bool, options: dict) -> Stack:
    import flax.linen as nn

    def one() -> Any:
        made = (cell if wrapped else layer)(shape.units, param_dtype=np.float64, **options)
        return nn.RNN(made) if wrapped else made

    stack = [nn.Bidirectional(one(), one()) if shape.bidirectional else one() for _ in shape.widths]
    # Their shapes take no compilation.
    shapes = [
        jax.eval_shape(made.init, jax.random.key(0), np.ones((1, 2, width)))
        for made, width in zip(stack, shape.widths, strict=True)
    ]
    return stack, jax.tree.map(lambda array: np.zeros(array.shape, array.dtype), shapes)


def _nnx(layer: Any, cell: Any, shape: Shape, wrapped: bool, options: dict) -> Stack:
    from flax import nnx

    options = options | {"param_dtype": np.float64, "rngs": nnx.Rngs(0)}

    def one(width: int) -> Any:
        made = (cell if wrapped else layer)(width, shape.units, **options)
        return nnx.RNN(made) if wrapped else made

    return [
        nnx.Bidirectional(one(w), one(w)) if shape.bidirectional else one(w) for w in shape.widths
    ], None
