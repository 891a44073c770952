# Generated from codegen/templates/nnx/_variables.py.j2. Do not edit; run `make generate`.
"""Types of variables."""

from typing import TypeVar

from flax import nnx

A = TypeVar("A")


class FrozenParam(nnx.Variable[A]):
    """A kernel that stays as it was initialised.

    It is no `nnx.Param`, so optimisers and gradients over `nnx.Param` leave it alone.
    """
