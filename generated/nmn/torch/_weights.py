# Generated from codegen/templates/torch/_weights.py.j2. Do not edit; run `make generate`.
"""Reading and writing the arrays of a layer, for `nmn.weights`."""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import torch
from torch import nn

from nmn._parts import Part


def inside(part: Part) -> Part | None:
    """A recurrent layer holds all layers of its stack, in all directions."""
    layer = part.layer
    if not hasattr(layer, "num_layers"):
        return None
    stack: list[Any] = []
    for i in range(layer.num_layers):
        forward, backward = Part(layer, suffix=f"_l{i}"), Part(layer, suffix=f"_l{i}_reverse")
        stack.append((forward, backward) if layer.bidirectional else forward)
    return Part(stack)


def build(layer: nn.Module, inputs: int, spatial: int) -> None:
    """PyTorch layers are built by their constructor."""


def read(layer: nn.Module, names: Iterable[str], variables: None = None) -> dict[str, np.ndarray]:
    """The arrays of `layer` that it has, half precision widened to float32."""
    found = {name: getattr(layer, name) for name in names}
    return {name: _to_numpy(value) for name, value in found.items() if value is not None}


def write(layer: nn.Module, arrays: Mapping[str, np.ndarray], variables: None = None) -> None:
    """Copy `arrays` into the parameters of `layer`."""
    with torch.no_grad():
        for name, value in arrays.items():
            getattr(layer, name).copy_(torch.as_tensor(np.array(value)))


def _to_numpy(tensor: torch.Tensor) -> np.ndarray:
    tensor = tensor.detach().cpu()
    return (tensor if tensor.dtype == torch.float64 else tensor.float()).numpy()
