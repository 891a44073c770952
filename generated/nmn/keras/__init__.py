# Generated from spec/layers. Do not edit; run `make generate`.
"""Yat layers for Keras."""

import importlib.util

if importlib.util.find_spec("keras") is None:
    raise ImportError("nmn.keras needs Keras: pip install 'nmn[keras]'")

from nmn.keras.nmn import YatDense, YatNMN

__all__ = [
    "YatDense",
    "YatNMN",
]
