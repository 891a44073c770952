"""The layers on which the conformance tests of PyTorch run: one of every geometry."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn

import nmn.torch


@dataclass(frozen=True)
class Subject:
    """A class, its sizes, and the shape of an input for it."""

    name: str
    sizes: tuple[int, ...]
    shape: tuple[int, ...]
    geometry: dict[str, Any] = field(default_factory=dict)

    def make(self, **options: Any) -> nn.Module:
        """A layer of this kind."""
        layer: nn.Module = getattr(nmn.torch, self.name)(*self.sizes, **self.geometry, **options)
        return layer

    def input(self, batch: int = 4, dtype: torch.dtype = torch.float64) -> Tensor:
        """A random batch, always the same."""
        generator = torch.Generator().manual_seed(1)
        return torch.randn(batch, *self.shape, dtype=dtype, generator=generator)

    def __str__(self) -> str:
        return "-".join([self.name, *map(str, self.geometry.values())]).replace(" ", "")


SUBJECTS = [
    Subject("YatNMN", (5, 3), (5,)),
    Subject("YatConv1d", (2, 3, 3), (2, 7), {"stride": 2, "dilation": 2, "padding": 1}),
    Subject("YatConv2d", (2, 4, (2, 3)), (2, 4, 5), {"groups": 2, "padding": "same"}),
    Subject("YatConv2d", (2, 3, 2), (2, 4, 3), {"padding": 1, "padding_mode": "circular"}),
    Subject("YatConv3d", (1, 2, 2), (1, 3, 3, 2), {"padding": (1, 0, 1)}),
    Subject("YatConvTranspose1d", (2, 3, 3), (2, 4), {"stride": 2, "dilation": 2}),
    Subject(
        "YatConvTranspose2d",
        (2, 4, 3),
        (2, 3, 2),
        {"stride": 2, "padding": 1, "output_padding": 1, "groups": 2},
    ),
    Subject("YatConvTranspose3d", (1, 2, 2), (1, 2, 2, 2)),
]

OPTIONS: list[dict[str, object]] = [
    {},
    {"bias": False, "alpha": False},
    {"scalar_bias": True, "softplus_bias": True, "learnable_epsilon": True},
    {"constant_bias": 0.5, "constant_alpha": True},
    {"spherical": True},
    {"weight_normalized": True},
]


def randomised(layer: nn.Module) -> nn.Module:
    """A zero bias hides a missing one: make every parameter random."""
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for parameter in layer.parameters():
            parameter.add_(0.3 * torch.randn(parameter.shape, generator=generator).to(parameter))
    return layer


Point = tuple[Tensor, ...]


def call(layer: nn.Module, x: Tensor) -> tuple[Callable[..., Tensor], Point]:
    """The layer as a function of its input and parameters, and a point to evaluate it at."""
    names = [name for name, _ in layer.named_parameters()]
    values = tuple(p.detach().clone().requires_grad_() for p in layer.parameters())

    def function(x: Tensor, *parameters: Tensor) -> Tensor:
        return torch.func.functional_call(layer, dict(zip(names, parameters, strict=True)), (x,))

    return function, (x.detach().clone().requires_grad_(), *values)
