# Generated from spec/layers. Do not edit; run `make generate`.
"""Layers for PyTorch."""

import importlib.util

if importlib.util.find_spec("torch") is None:
    raise ImportError("nmn.torch needs PyTorch: pip install 'nmn[torch]'")

from nmn.torch.nmn import YatNMN
from nmn.torch.yatconv import YatConv1D, YatConv1d, YatConv2D, YatConv2d, YatConv3D, YatConv3d
from nmn.torch.yatconv_transpose import (
    YatConvTranspose1D,
    YatConvTranspose1d,
    YatConvTranspose2D,
    YatConvTranspose2d,
    YatConvTranspose3D,
    YatConvTranspose3d,
)

__all__ = [
    "YatConv1D",
    "YatConv1d",
    "YatConv2D",
    "YatConv2d",
    "YatConv3D",
    "YatConv3d",
    "YatConvTranspose1D",
    "YatConvTranspose1d",
    "YatConvTranspose2D",
    "YatConvTranspose2d",
    "YatConvTranspose3D",
    "YatConvTranspose3d",
    "YatNMN",
]
