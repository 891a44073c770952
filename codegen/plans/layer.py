"""Layer plans: what a layer is, before any framework has a say in it.

A plan holds facts and no spelling: axes, initialiser laws, which options exist. The framework
modules turn it into names and statements.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from codegen.math.neuron import NeuronMath
from codegen.plans.geometry import GeometryPlan
from codegen.spec.models import KernelSpec, LayerSpec, NeuronSpec, ParameterSpec


@dataclass(frozen=True)
class ParameterPlan:
    """One parameter of a neuron beside the kernel, and the forms a caller may choose."""

    name: str
    spec: ParameterSpec

    @property
    def trained(self) -> bool:
        """Trained unless the caller says otherwise; else a constant unless `learnable_…`."""
        return self.spec.init is not None

    @property
    def stored(self) -> bool:
        """Whether the layer may have an array of it."""
        return self.trained or self.has("learnable")

    @property
    def optional(self) -> bool:
        return self.spec.absent is not None

    @property
    def per_unit(self) -> bool:
        return "unit" in self.spec.axes

    def has(self, option: str) -> bool:
        """Whether callers may ask for `option`."""
        return option in self.spec.options

    @property
    def start(self) -> float:
        """The value that a trained parameter starts at, or that a constant has."""
        init = self.spec.value if self.spec.init is None else self.spec.init
        assert init is not None
        return {"zeros": 0.0, "ones": 1.0}[init] if isinstance(init, str) else init

    @property
    def stored_start(self) -> float:
        """Where the stored array starts: before the softplus, if the value goes through one."""
        if self.spec.positive:
            return self.start + math.log(-math.expm1(-self.start))
        return self.start

    @property
    def law(self) -> str | None:
        """The initialiser of the stored array if it has a name, `zeros` or `ones`."""
        return {0.0: "zeros", 1.0: "ones"}.get(self.stored_start)

    @property
    def law_in_words(self) -> str:
        """Where the parameter starts, for docstrings."""
        start = self.law or f"{self.start:g}"
        return f"{self.start:g}, after softplus" if self.spec.positive else start

    @property
    def stored_as(self) -> str:
        """Name of the array that is stored: constants that may be learned are stored raw,
        before the softplus that keeps them positive."""
        return self.name if self.trained else f"{self.name}_param"


@dataclass(frozen=True)
class NeuronPlan:
    """A neuron: its mathematics and its parameters."""

    spec: NeuronSpec
    source: str

    @property
    def name(self) -> str:
        return self.spec.neuron

    @property
    def title(self) -> str:
        """Its name within a sentence."""
        return self.spec.title or self.name.replace("_", " ")

    @property
    def heading(self) -> str:
        """Its name at the beginning of one."""
        return self.title[:1].upper() + self.title[1:]

    @property
    def math(self) -> NeuronMath:
        return NeuronMath(self.spec)

    @property
    def parameters(self) -> tuple[ParameterPlan, ...]:
        return tuple(ParameterPlan(name, spec) for name, spec in self.spec.parameters.items())


@dataclass(frozen=True)
class ArrayPlan:
    """A stored array in canonical form: axes in the order in which `nmn.weights` gives it."""

    name: str
    axes: tuple[str, ...]


#: Canonical axes of a kernel. The taps of a transposed convolution run in the direction in which
#: an input position spreads over the output.
KERNEL_AXES: Mapping[str, tuple[str, ...]] = {
    "dense": ("unit", "input"),
    "convolution": ("unit", "input", "spatial"),
    "transposed_convolution": ("group unit", "input", "spatial"),
}


@dataclass(frozen=True)
class LayerPlan:
    """A neuron swept by a geometry: one public class."""

    spec: LayerSpec
    neuron: NeuronPlan
    geometry: GeometryPlan | None = None
    """None for a dense layer."""

    @property
    def name(self) -> str:
        return self.spec.name

    @property
    def kind(self) -> str:
        """The kind of geometry."""
        return self.spec.geometry.kind

    @property
    def ranks(self) -> tuple[int, ...]:
        """How many spatial axes there may be; none for a dense layer."""
        return tuple(self.spec.geometry.ranks)

    @property
    def kernel(self) -> KernelSpec:
        return self.spec.kernel

    @property
    def arrays(self) -> tuple[ArrayPlan, ...]:
        """Every array the layer may store: the kernel, then the neuron's parameters."""
        parameters = [p for p in self.neuron.parameters if p.stored]
        arrays = (ArrayPlan(p.stored_as, tuple(p.spec.axes)) for p in parameters)
        return (ArrayPlan("kernel", KERNEL_AXES[self.kind]), *arrays)


@dataclass(frozen=True)
class ModulePlan:
    """One file of `spec/layers`, one module in every framework."""

    name: str
    source: str
    layers: tuple[LayerPlan, ...]
