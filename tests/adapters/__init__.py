"""One adapter per framework: the same layer, weights and upstream gradient in all of them."""

import importlib
from typing import Any, Protocol

import numpy as np

from tests.geometry import Geometry

FRAMEWORKS = ("torch", "keras", "tf", "linen", "nnx")

Arrays = dict[str, np.ndarray]


class Adapter(Protocol):
    """What the properties need of a framework."""

    name: str

    def supports(self, geometry: Geometry) -> bool:
        """Whether the framework's own layers have such a geometry, so that ours must, too."""

    def layer(
        self,
        name: str,
        inputs: int,
        units: int,
        dtype: str = "float32",
        geometry: Geometry | None = None,
        **options: Any,
    ) -> Any:
        """A layer whose parameters and arithmetic are `dtype`; options by their neutral names.

        `name` is the layer's in the spec; `inputs` counts input channels, whatever the groups.
        """

    def evaluate(
        self,
        layer: Any,
        arrays: Arrays,
        x: np.ndarray,
        upstream: np.ndarray,
        training: bool = False,
    ) -> tuple[np.ndarray, Arrays]:
        """Output, and gradients of `sum(output * upstream)` for `x` and every canonical array.

        Inputs, outputs and their gradients have samples first and channels last.
        """


def adapter(name: str) -> Adapter:
    """The adapter of a framework; imports the framework."""
    module = importlib.import_module(f"tests.adapters.{name}")
    result: Adapter = module.Adapter()
    return result
