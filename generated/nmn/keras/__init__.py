# Generated from spec/layers. Do not edit; run `make generate`.
"""Layers for Keras."""

import importlib.util

if importlib.util.find_spec("keras") is None:
    raise ImportError("nmn.keras needs Keras: pip install 'nmn[keras]'")

from nmn.keras.nmn import YatDense, YatNMN
from nmn.keras.yatconv import YatConv1D, YatConv1d, YatConv2D, YatConv2d, YatConv3D, YatConv3d
from nmn.keras.yatconv_transpose import (
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
    "YatDense",
    "YatNMN",
]
