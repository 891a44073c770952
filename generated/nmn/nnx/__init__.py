# Generated from spec/layers. Do not edit; run `make generate`.
"""Layers for Flax NNX."""

import importlib.util

if importlib.util.find_spec("flax") is None:
    raise ImportError("nmn.nnx needs Flax NNX: pip install 'nmn[flax]'")

from nmn.nnx._variables import FrozenParam
from nmn.nnx.nmn import YatNMN
from nmn.nnx.yatconv import YatConv, YatConv1D, YatConv2D, YatConv3D
from nmn.nnx.yatconv_transpose import (
    YatConvTranspose,
    YatConvTranspose1D,
    YatConvTranspose2D,
    YatConvTranspose3D,
)

__all__ = [
    "FrozenParam",
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
