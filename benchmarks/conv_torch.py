"""Convolutions in eager PyTorch: time, and bytes kept for the backward pass."""

from collections.abc import Mapping

import torch
from torch.nn import functional as F

from benchmarks.dense_torch import saved_units
from benchmarks.timing import CONVOLUTIONS, IMAGES, Step, report
from nmn.torch import YatConv2d
from nmn.torch._contraction import Convolution
from nmn.torch.neurons.yat import response


def contenders(size: int, channels: int, units: int) -> Mapping[str, Step]:
    """Conv2d + GELU, the layer, and the layer by plain autograd; 3×3, padded to equal size."""
    convolution = torch.nn.Conv2d(channels, units, 3, padding=1)
    layer = YatConv2d(channels, units, 3, padding=1)
    windows = Convolution(stride=(1, 1), padding=(1, 1), dilation=(1, 1), groups=1)
    x = torch.randn(IMAGES, channels, size, size, requires_grad=True)
    upstream = torch.randn(IMAGES, units, size, size)

    def plain() -> torch.Tensor:
        bias = layer.bias.view(-1, 1, 1)
        products = windows.products(x, layer.weight, (True, True))
        return response(*products, bias, layer.alpha, layer.epsilon)

    def step(output: torch.Tensor) -> None:
        output.backward(upstream)
        x.grad = None
        layer.zero_grad()
        convolution.zero_grad()

    return {
        "Conv2d + GELU": lambda: step(F.gelu(convolution(x))),
        "YatConv2d": lambda: step(layer(x)),
        "plain autograd": lambda: step(plain()),
    }


def main() -> None:
    """Print both tables."""
    torch.set_num_threads(2)
    report("PyTorch eager, 3×3", contenders, CONVOLUTIONS)
    print("\nPyTorch: saved for backward beyond input and weights, in units of the output")
    for size, channels, units in CONVOLUTIONS:
        shape = (IMAGES, channels, size, size)
        convolution = torch.nn.Conv2d(channels, units, 3, padding=1)
        theirs = saved_units(torch.nn.Sequential(convolution, torch.nn.GELU()), shape)
        ours = saved_units(YatConv2d(channels, units, 3, padding=1), shape)
        print(f"  {size}×{channels}×{units}: Conv2d + GELU {theirs:.2f}   YatConv2d {ours:.2f}")


if __name__ == "__main__":
    main()
