"""The recurrent layers on which the conformance tests of PyTorch run, and what they are given."""

from typing import Any

import torch
from torch import Tensor, nn

import nmn.torch

NAMES = ("YatRNN", "YatGRU", "YatSumGRU", "YatLSTM", "YatMinGRU", "YatMinLSTM")
STEPWISE = NAMES[:4]
INPUTS, UNITS, SAMPLES, STEPS = 3, 5, 4, 6

States = Tensor | tuple[Tensor, ...]


def layer_of(name: str, *sizes: int, **options: Any) -> nn.Module:
    """A layer with random parameters, always the same; in float64 unless said otherwise."""
    made = {"dtype": torch.float64, "epsilon": 0.1} | options
    with torch.random.fork_rng():
        torch.manual_seed(0)
        layer: nn.Module = getattr(nmn.torch, name)(*(sizes or (INPUTS, UNITS)), **made)
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for parameter in layer.parameters():
            parameter.add_(0.2 * torch.rand(parameter.shape, generator=generator).to(parameter))
    return layer


def cell_of(name: str, **options: Any) -> nn.Module:
    return layer_of(f"{name}Cell", **options)


def random(*shape: int, seed: int = 1, dtype: torch.dtype = torch.float64) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=dtype)


def states_of(name: str, *shape: int) -> States:
    h, c = random(*shape, seed=2), random(*shape, seed=3)
    return (h, c) if "LSTM" in name and "Min" not in name else h


def tensors(states: States) -> tuple[Tensor, ...]:
    return (states,) if isinstance(states, Tensor) else states


def packed(states: tuple[Tensor, ...]) -> States:
    return states[0] if len(states) == 1 else states


def assert_same(ours: Any, theirs: Any) -> None:
    torch.testing.assert_close(ours, theirs, rtol=1e-9, atol=1e-10)


def counterpart(name: str) -> str:
    """The layer of `torch.nn` that has the same states."""
    return "LSTM" if len(tensors(states_of(name, 1))) == 2 else "GRU"
