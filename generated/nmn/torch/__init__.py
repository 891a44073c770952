# Generated from spec/layers. Do not edit; run `make generate`.
"""Yat layers for PyTorch."""

import importlib.util

if importlib.util.find_spec("torch") is None:
    raise ImportError("nmn.torch needs PyTorch: pip install 'nmn[torch]'")

from nmn.torch.nmn import YatNMN

__all__ = [
    "YatNMN",
]
