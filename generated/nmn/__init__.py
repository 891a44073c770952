# Generated from spec/. Do not edit; run `make generate`.
"""Layers for five frameworks, each of them generated from the formula of its neuron.

Import the layers of one framework from its subpackage: `torch`, `keras`, `tf`, `linen` or `nnx`.
This module imports none of them.
"""

from importlib.metadata import PackageNotFoundError, version

try:
    __version__ = version("nmn")
except PackageNotFoundError:
    __version__ = "unknown"

__all__ = ["__version__"]
