"""Dense layers in eager PyTorch: time, and bytes kept for the backward pass."""

from collections.abc import Mapping

import torch
from torch.nn import functional as F

from benchmarks.timing import SHAPES, Step, report
from nmn.torch import YatNMN
from nmn.torch.neurons.yat import response


def contenders(batch: int, inputs: int, units: int) -> Mapping[str, Step]:
    """Linear + GELU, the layer, and the layer by plain autograd."""
    linear, layer = torch.nn.Linear(inputs, units), YatNMN(inputs, units)
    x = torch.randn(batch, inputs, requires_grad=True)
    upstream = torch.randn(batch, units)

    def plain() -> torch.Tensor:
        dot = F.linear(x, layer.weight)
        sq_x = x.square().sum(-1, keepdim=True)
        sq_w = layer.weight.square().sum(-1)
        return response(dot, sq_x, sq_w, layer.bias, layer.alpha, layer.epsilon)

    def step(output: torch.Tensor) -> None:
        output.backward(upstream)
        x.grad = None
        layer.zero_grad()
        linear.zero_grad()

    return {
        "Linear + GELU": lambda: step(F.gelu(linear(x))),
        "YatNMN": lambda: step(layer(x)),
        "plain autograd": lambda: step(plain()),
    }


def saved_units(module: torch.nn.Module, shape: tuple[int, ...]) -> float:
    """Bytes kept for the backward pass beyond input and weights, per byte of the output."""
    x = torch.randn(shape, requires_grad=True)
    free = {t.untyped_storage().data_ptr() for t in (x, *module.parameters())}
    kept: dict[int, int] = {}

    def pack(tensor: torch.Tensor) -> torch.Tensor:
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in free:
            kept[storage.data_ptr()] = storage.nbytes()
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda t: t):
        output = module(x)
    return sum(kept.values()) / output.untyped_storage().nbytes()


def main() -> None:
    """Print both tables."""
    torch.set_num_threads(2)
    report("PyTorch eager", contenders)
    print("\nPyTorch: saved for backward beyond input and weights, in units of the output")
    for batch, inputs, units in SHAPES:
        linear = torch.nn.Sequential(torch.nn.Linear(inputs, units), torch.nn.GELU())
        ours = saved_units(YatNMN(inputs, units), (batch, inputs))
        theirs = saved_units(linear, (batch, inputs))
        print(f"  {batch}×{inputs}×{units}: Linear + GELU {theirs:.2f}   YatNMN {ours:.2f}")


if __name__ == "__main__":
    main()
