# Generated from spec/layers. Do not edit; run `make generate`.
"""Yat layers for Flax NNX."""

import importlib.util

if importlib.util.find_spec("flax") is None:
    raise ImportError("nmn.nnx needs Flax NNX: pip install 'nmn[flax]'")

from nmn.nnx._variables import FrozenParam
from nmn.nnx.nmn import YatNMN

__all__ = [
    "FrozenParam",
    "YatNMN",
]
