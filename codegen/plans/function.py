"""Function plans: a function of an array before any framework has a say in it."""

from dataclasses import dataclass

from codegen.math.function import FunctionMath
from codegen.spec.function_models import FunctionSpec


@dataclass(frozen=True)
class FunctionPlan:
    """A named function of an array, elementwise or along an axis."""

    spec: FunctionSpec
    source: str

    @property
    def name(self) -> str:
        return self.spec.function

    @property
    def title(self) -> str:
        """Its name within a sentence."""
        return self.name.replace("_", " ")

    @property
    def math(self) -> FunctionMath:
        return FunctionMath(self.spec)
