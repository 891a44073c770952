"""Recurrent layers in eager PyTorch, against loops over the cells of `torch.nn`."""

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from benchmarks.timing import Step, report
from nmn.torch import YatGRU, YatLSTM, YatMinGRU

STEPS, BATCH, INPUTS, UNITS = 128, 32, 64, 128


def contenders(batch: int, inputs: int, units: int) -> Mapping[str, Step]:
    """Loops over cells, our layers, and PyTorch's own, which is written in C++, for information."""
    x = torch.randn(STEPS, batch, inputs, requires_grad=True)
    upstream = torch.randn(STEPS, batch, units)
    cells = {"GRUCell": nn.GRUCell(inputs, units), "LSTMCell": nn.LSTMCell(inputs, units)}
    layers = {cls.__name__: cls(inputs, units) for cls in (YatGRU, YatLSTM, YatMinGRU, nn.GRU)}

    def step(module: nn.Module, output: Tensor) -> None:
        output.backward(upstream)
        x.grad = None
        module.zero_grad()

    def of_cell(cell: nn.Module) -> Step:
        return lambda: step(cell, _looped(cell, x))

    def of_layer(layer: nn.Module) -> Step:
        return lambda: step(layer, layer(x)[0])

    return {f"{name} in a loop": of_cell(cell) for name, cell in cells.items()} | {
        name: of_layer(layer) for name, layer in layers.items()
    }


def _looped(cell: nn.Module, x: Tensor) -> Tensor:
    """Outputs of all steps."""
    hx: Tensor | tuple[Tensor, Tensor] | None = None
    outputs = []
    for step in x.unbind(0):
        hx = cell(step, hx)
        outputs.append(hx if isinstance(hx, Tensor) else hx[0])
    return torch.stack(outputs)


def main() -> None:
    """Print the table."""
    torch.set_num_threads(2)
    report(f"PyTorch eager, {STEPS} steps", contenders, [(BATCH, INPUTS, UNITS)])


if __name__ == "__main__":
    main()
