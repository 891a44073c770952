"""The spec language: what contributors write, loaded with positions and checked."""

from codegen.spec.errors import SpecError, SpecErrors
from codegen.spec.load import Specs, load_specs

__all__ = ["SpecError", "SpecErrors", "Specs", "load_specs"]
