# Generated from spec/layers. Do not edit; run `make generate`.
"""Layers for TensorFlow."""

import importlib.util

if importlib.util.find_spec("tensorflow") is None:
    raise ImportError("nmn.tf needs TensorFlow: pip install 'nmn[tf]'")

from nmn.tf.nmn import YatDense, YatNMN
from nmn.tf.yatconv import YatConv1D, YatConv1d, YatConv2D, YatConv2d, YatConv3D, YatConv3d
from nmn.tf.yatconv_transpose import (
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
