"""One adapter per framework: the same layer, weights and upstream gradient in all of them."""

import importlib
from typing import Any, Protocol

import numpy as np

FRAMEWORKS = ("torch", "keras", "tf", "linen", "nnx")

Arrays = dict[str, np.ndarray]


class Adapter(Protocol):
    """What the properties need of a framework."""

    name: str

    def layer(
        self, class_name: str, inputs: int, units: int, dtype: str = "float32", **options: Any
    ) -> Any:
        """A layer whose parameters and arithmetic are `dtype`; options by their neutral names."""

    def evaluate(
        self,
        layer: Any,
        arrays: Arrays,
        x: np.ndarray,
        upstream: np.ndarray,
        training: bool = False,
    ) -> tuple[np.ndarray, Arrays]:
        """Output, and gradients of `sum(output * upstream)` for `x` and every array."""


def adapter(name: str) -> Adapter:
    """The adapter of a framework; imports the framework."""
    module = importlib.import_module(f"tests.adapters.{name}")
    result: Adapter = module.Adapter()
    return result
