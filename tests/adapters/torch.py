"""PyTorch."""

from typing import Any

import numpy as np
import torch

from tests import subject
from tests.adapters import Arrays
from tests.geometry import Geometry

layers = subject.module("torch")
weights = subject.module("weights")


class Adapter:
    """Eager PyTorch, channels first."""

    name = "torch"

    def supports(self, geometry: Geometry) -> bool:
        """Equal padding on both sides, by any filling; "same" for stride 1."""
        if geometry.input_dilation is not None and max(geometry.input_dilation) > 1:
            return False
        if geometry.padding == "same":
            return geometry.kind == "convolution" and max(geometry.stride) == 1
        if isinstance(geometry.padding, str):
            return geometry.padding == "valid" and (
                geometry.kind == "convolution" or geometry.output_padding is not None
            )
        return all(before == after for before, after in geometry.padding)

    def layer(
        self,
        name: str,
        inputs: int,
        units: int,
        dtype: str = "float32",
        geometry: Geometry | None = None,
        **options: Any,
    ) -> torch.nn.Module:
        """PyTorch names the switches after the parameters."""
        own = {name.removeprefix("use_"): value for name, value in options.items()}
        own["dtype"] = getattr(torch, dtype)
        if geometry is None:
            layer: torch.nn.Module = getattr(layers, name)(inputs, units, **own)
            return layer
        cls = getattr(layers, f"{name}{geometry.rank}d")
        return cls(inputs, units, geometry.kernel_size, **_geometry(geometry), **own)

    def evaluate(
        self,
        layer: Any,
        arrays: Arrays,
        x: np.ndarray,
        upstream: np.ndarray,
        training: bool = False,
    ) -> tuple[np.ndarray, Arrays]:
        """Frozen arrays get a gradient too: it is the mathematics that is compared."""
        weights.load_canonical(layer, arrays)
        layer.train(training)
        layer.requires_grad_(True)
        layer.zero_grad()
        swept = hasattr(layer, "rank")
        dtype = next(layer.parameters()).dtype
        input = torch.tensor(_channels_first(x) if swept else x, dtype=dtype, requires_grad=True)
        output = layer(input)
        upstream = _channels_first(upstream) if swept else upstream
        output.backward(torch.tensor(upstream, dtype=output.dtype))
        grad_x = _to_numpy(input.grad)
        with torch.no_grad():
            for parameter in layer.parameters():
                assert parameter.grad is not None
                parameter.copy_(parameter.grad)
        gradients = {"x": _channels_last(grad_x) if swept else grad_x} | weights.to_canonical(layer)
        return _channels_last(_to_numpy(output)) if swept else _to_numpy(output), gradients


def _geometry(geometry: Geometry) -> dict[str, Any]:
    arguments: dict[str, Any] = {
        "stride": geometry.stride,
        "dilation": geometry.dilation,
        "groups": geometry.groups,
    }
    if geometry.kind == "transposed_convolution":
        arguments["output_padding"] = geometry.output_padding or 0
        if not isinstance(geometry.padding, str):
            arguments["padding"] = tuple(before for before, _ in geometry.padding)
    elif isinstance(geometry.padding, str):
        arguments["padding"] = geometry.padding
    else:
        arguments["padding"] = tuple(before for before, _ in geometry.padding)
        arguments["padding_mode"] = geometry.mode
    return arguments


def _channels_first(array: np.ndarray) -> np.ndarray:
    return np.moveaxis(array, -1, 1)


def _channels_last(array: np.ndarray) -> np.ndarray:
    return np.moveaxis(array, 1, -1)


def _to_numpy(tensor: torch.Tensor | None) -> np.ndarray:
    assert tensor is not None
    tensor = tensor.detach()
    return (tensor if tensor.dtype == torch.float64 else tensor.float()).numpy()
