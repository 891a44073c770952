# Generated from spec/layers. Do not edit; run `make generate`.
"""Yat layers for TensorFlow."""

import importlib.util

if importlib.util.find_spec("tensorflow") is None:
    raise ImportError("nmn.tf needs TensorFlow: pip install 'nmn[tf]'")

from nmn.tf.nmn import YatDense, YatNMN

__all__ = [
    "YatDense",
    "YatNMN",
]
