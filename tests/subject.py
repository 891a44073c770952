"""What the properties are about: a folder of specs, and the package generated from it.

`python -m codegen test` names others than the house's by two variables of the environment.
"""

import importlib
import os
from pathlib import Path
from types import ModuleType

from codegen.plans.package import plan_package
from codegen.spec import load_specs

_HOUSE = Path(__file__).parents[1] / "spec"

SPEC = Path(os.environ.get("NMN_SPEC", _HOUSE))
NAME = os.environ.get("NMN_PACKAGE", "nmn")
BRIEF = "NMN_BRIEF" in os.environ
"""Whether fewer places do, because only the neurons are new."""

PACKAGE = plan_package(load_specs(SPEC, house=_HOUSE))


def module(name: str) -> ModuleType:
    """A module of the package by its name in there, such as `torch`."""
    return importlib.import_module(f"{NAME}.{name}")
