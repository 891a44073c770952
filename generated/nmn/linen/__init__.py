# Generated from spec/layers. Do not edit; run `make generate`.
"""Layers for Flax Linen."""

import importlib.util

if importlib.util.find_spec("flax") is None:
    raise ImportError("nmn.linen needs Flax Linen: pip install 'nmn[flax]'")

from nmn.linen.nmn import YatNMN
from nmn.linen.yatconv import YatConv, YatConv1D, YatConv2D, YatConv3D
from nmn.linen.yatconv_transpose import (
    YatConvTranspose,
    YatConvTranspose1D,
    YatConvTranspose2D,
    YatConvTranspose3D,
)

__all__ = [
    "YatConv",
    "YatConv1D",
    "YatConv2D",
    "YatConv3D",
    "YatConvTranspose",
    "YatConvTranspose1D",
    "YatConvTranspose2D",
    "YatConvTranspose3D",
    "YatNMN",
]
