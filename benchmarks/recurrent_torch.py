"""Recurrent layers in eager PyTorch, against loops over the cells of `torch.nn`."""

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from benchmarks.timing import Step, report
from nmn.torch import YatGRU, YatLSTM, YatMinGRU, YatMinLSTM

STEPS = 128
SHAPES = ((32, 64, 128),)
"""Samples, inputs, units."""


def of_one_state(batch: int, inputs: int, units: int) -> Mapping[str, Step]:
    """A loop, layers of one state, and for information PyTorch's own, which is no Python."""
    return _contenders(batch, inputs, units, nn.GRUCell, (YatGRU, YatMinGRU, nn.GRU))


def of_two_states(batch: int, inputs: int, units: int) -> Mapping[str, Step]:
    """The same of a memory beside the state."""
    return _contenders(batch, inputs, units, nn.LSTMCell, (YatLSTM, YatMinLSTM, nn.LSTM))


def _contenders(
    batch: int, inputs: int, units: int, cell: type[nn.Module], layers: tuple[type[nn.Module], ...]
) -> Mapping[str, Step]:
    x = torch.randn(STEPS, batch, inputs, requires_grad=True)
    upstream = torch.randn(STEPS, batch, units)

    def step(module: nn.Module) -> None:
        output = _looped(module, x) if isinstance(module, cell) else module(x)[0]
        output.backward(upstream)
        x.grad = None
        module.zero_grad()

    modules = [cls(inputs, units) for cls in (cell, *layers)]
    return {_name(module): lambda module=module: step(module) for module in modules}


def _name(module: nn.Module) -> str:
    own = type(module).__module__.startswith("torch")
    return f"{'nn.' * own}{type(module).__name__}"


def _looped(cell: nn.Module, x: Tensor) -> Tensor:
    """Outputs of all steps."""
    hx: Tensor | tuple[Tensor, Tensor] | None = None
    outputs = []
    for step in x.unbind(0):
        hx = cell(step, hx)
        outputs.append(hx if isinstance(hx, Tensor) else hx[0])
    return torch.stack(outputs)


def main() -> None:
    """Print the tables."""
    torch.set_num_threads(2)
    report(f"PyTorch eager, {STEPS} steps, cells in a Python loop", of_one_state, SHAPES)
    report(f"PyTorch eager, {STEPS} steps, cells in a Python loop", of_two_states, SHAPES)


if __name__ == "__main__":
    main()
