"""PyTorch."""

from typing import Any

import numpy as np
import torch

import nmn.torch
from nmn.weights import load_canonical, to_canonical
from tests.adapters import Arrays


class Adapter:
    """Eager PyTorch."""

    name = "torch"

    def layer(
        self, name: str, inputs: int, units: int, dtype: str = "float32", **options: Any
    ) -> torch.nn.Module:
        """PyTorch names the switches after the parameters."""
        own = {name.removeprefix("use_"): value for name, value in options.items()}
        cls = getattr(nmn.torch, name)
        layer: torch.nn.Module = cls(inputs, units, dtype=getattr(torch, dtype), **own)
        return layer

    def evaluate(
        self,
        layer: Any,
        arrays: Arrays,
        x: np.ndarray,
        upstream: np.ndarray,
        training: bool = False,
    ) -> tuple[np.ndarray, Arrays]:
        """Frozen arrays get a gradient too: it is the mathematics that is compared."""
        load_canonical(layer, arrays)
        layer.train(training)
        layer.requires_grad_(True)
        layer.zero_grad()
        dtype = next(layer.parameters()).dtype
        input = torch.tensor(x, dtype=dtype, requires_grad=True)
        output = layer(input)
        output.backward(torch.tensor(upstream, dtype=output.dtype))
        gradients = {"x": _to_numpy(input.grad)}
        with torch.no_grad():
            for parameter in layer.parameters():
                assert parameter.grad is not None
                parameter.copy_(parameter.grad)
        return _to_numpy(output), gradients | to_canonical(layer)


def _to_numpy(tensor: torch.Tensor | None) -> np.ndarray:
    assert tensor is not None
    tensor = tensor.detach()
    return (tensor if tensor.dtype == torch.float64 else tensor.float()).numpy()
