# Generated from spec/. Do not edit; run `make generate`.
"""Layers that are non-linear by themselves, for five frameworks.

Import the layers of one framework from its subpackage: `nmn.torch`, `nmn.keras`, `nmn.tf`,
`nmn.linen` or `nmn.nnx`. This module imports none of them.
"""

from importlib.metadata import PackageNotFoundError, version

try:
    __version__ = version("nmn")
except PackageNotFoundError:
    __version__ = "unknown"

__all__ = ["__version__"]
