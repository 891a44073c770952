"""What a framework is to the generator: one object with one interface."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, runtime_checkable

from codegen.plans.cell import CellPlan
from codegen.plans.function import FunctionPlan
from codegen.plans.layer import LayerPlan, NeuronPlan
from codegen.spec.models import Framework as FrameworkName

View = Mapping[str, Any]


@dataclass(frozen=True)
class Argument:
    """A constructor argument, as declared and as documented."""

    name: str
    annotation: str
    default: str | None
    doc: str

    @property
    def declaration(self) -> str:
        """As it stands in a signature."""
        default = "" if self.default is None else f" = {self.default}"
        return f"{self.name}: {self.annotation}{default}"

    @property
    def assignment(self) -> str:
        """As it stands in a signature without type hints."""
        return self.name if self.default is None else f"{self.name}={self.default}"


@dataclass(frozen=True)
class StoredArray:
    """Where a framework keeps one array of a layer, and in which order of axes.

    Several names in one entry are axes merged into one, the first the slowest. "spatial" stands
    for all spatial axes, "-spatial" for the same in reverse direction.
    """

    name: str
    axes: tuple[str, ...]
    variants: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Flag of the layer → the axes that hold when it is set."""
    gates: tuple[str, ...] = ()
    """Variables of a cell's responses in the order in which the axis "gate" holds them; the
    canonical one if empty."""


class Framework(Protocol):
    """Names, layouts and spellings of one framework; templates get what it returns."""

    @property
    def name(self) -> FrameworkName:
        """Name of the subpackage and of the template folder."""

    @property
    def title(self) -> str:
        """Name in prose."""

    @property
    def requires(self) -> tuple[str, str]:
        """The module that must import, and the extra that installs it."""

    @property
    def template_folders(self) -> tuple[str, ...]:
        """Folders of `templates` in which its templates are looked up, in this order."""

    @property
    def exports(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """(module, names) that the subpackage exports beside its layers."""

    def class_names(self, plan: LayerPlan) -> tuple[str, ...]:
        """Public classes of a layer: one, or one per number of spatial axes."""

    def aliases(self, plan: LayerPlan) -> Mapping[str, str]:
        """Second name → class, beside those that the spec lists."""

    def neuron(self, plan: NeuronPlan) -> View:
        """View of a neuron's module (template `neuron.py.j2`)."""

    def function(self, plan: FunctionPlan) -> View:
        """View of one function (template `squashers.py.j2`)."""

    def layer(self, plan: LayerPlan) -> View:
        """View of one layer class (template `<geometry>.py.j2`)."""

    def stored_arrays(self, plan: LayerPlan) -> Mapping[str, StoredArray]:
        """Canonical name of every array of a layer → how this framework keeps it."""


@runtime_checkable
class Recurrent(Protocol):
    """What a framework has to say about cells."""

    def cell_names(self, plan: CellPlan) -> tuple[str, ...]:
        """Public classes of a cell's module: the cell, and the layer that repeats it."""

    def cell(self, plan: CellPlan) -> View:
        """View of a cell's module (template `cell.py.j2`)."""

    def stored_cell_arrays(self, plan: CellPlan) -> Mapping[str, StoredArray]:
        """Canonical name of every array of a cell → how this framework keeps it."""
