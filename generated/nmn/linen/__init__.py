# Generated from spec/layers. Do not edit; run `make generate`.
"""Yat layers for Flax Linen."""

import importlib.util

if importlib.util.find_spec("flax") is None:
    raise ImportError("nmn.linen needs Flax Linen: pip install 'nmn[flax]'")

from nmn.linen.nmn import YatNMN

__all__ = [
    "YatNMN",
]
