"""The table of how every framework keeps every array, for `nmn.weights`."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from codegen.frameworks.base import Framework, Recurrent, StoredArray
from codegen.plans.cell import CellPlan
from codegen.plans.layer import ArrayPlan
from codegen.plans.package import PackagePlan

Entries = tuple[tuple[str, object], ...]
"""Keys of a mapping with their values."""

Stored = Mapping[str, Mapping[str, StoredArray]]
"""Framework → canonical name → how it keeps that array."""

_BY_AXES = {(): "SHARED", ("unit",): "PER_UNIT", ("gate", "unit"): "PER_GATE"}
"""What the layouts of parameters are called; a kernel's is called after what it is for."""


@dataclass(frozen=True)
class Layout:
    """One way to keep an array, which many arrays of many layers have in common."""

    axes: tuple[str, ...]
    stored: Entries
    """Framework → axes, where they are not the canonical ones."""
    names: Entries
    """Framework → name, where it is not the canonical one."""


@dataclass(frozen=True)
class Kept:
    """An array of a layer: the name of its layout, and its gates if it has an axis of them."""

    name: str
    layout: str
    gates: tuple[str, ...] = ()
    orders: Entries = ()
    """Framework → its order of gates, where it is not the canonical one."""


@dataclass
class LayoutTable:
    """The arrays of all layers, and the layouts they share."""

    layouts: dict[Layout, str] = field(default_factory=dict)
    layers: dict[str, list[Kept]] = field(default_factory=dict)

    def layout(
        self, kind: str, layer: str, array: ArrayPlan, stored: Mapping[str, StoredArray]
    ) -> str:
        """The name of an array's layout, which is entered if it is new."""
        layout = Layout(
            tuple(array.axes),
            tuple(entry for name, s in stored.items() for entry in _stored(name, s, array)),
            tuple((name, s.name) for name, s in stored.items() if s.name != array.name),
        )
        name = _BY_AXES.get(layout.axes, kind).upper()
        if name in self.layouts.values():
            name = f"{layer}_{array.name}".upper()
        return self.layouts.setdefault(layout, name)


def layout_table(plan: PackagePlan, frameworks: Sequence[Framework]) -> LayoutTable:
    """Every layer, and every cell if some framework has cells; a cell and its layer are one."""
    table = LayoutTable()
    for layer in (layer for module in plan.modules for layer in module.layers):
        stored: Stored = {str(f.name): f.stored_arrays(layer) for f in frameworks}
        kind = f"{layer.kind}_kernel"
        table.layers[layer.name] = [
            Kept(a.name, table.layout(kind, layer.name, a, _of(a, stored))) for a in layer.arrays
        ]
    recurrent = {str(f.name): f for f in frameworks if isinstance(f, Recurrent)}
    for cell in plan.cells if recurrent else ():
        stored = {name: f.stored_cell_arrays(cell) for name, f in recurrent.items()}
        table.layers[cell.name] = [
            Kept(
                a.name,
                table.layout(f"cell_{a.name}", cell.name, a, _of(a, stored)),
                _gates(cell, a),
                tuple((name, s.gates) for name, s in _of(a, stored).items() if s.gates),
            )
            for a in cell.arrays
        ]
    return table


def _of(array: ArrayPlan, stored: Stored) -> dict[str, StoredArray]:
    return {framework: arrays[array.name] for framework, arrays in stored.items()}


def _stored(framework: str, stored: StoredArray, array: ArrayPlan) -> Iterator[tuple[str, object]]:
    """The framework's axes, and one entry for each of its variants."""
    if tuple(stored.axes) != tuple(array.axes):
        yield framework, tuple(stored.axes)
    for flag, axes in stored.variants.items():
        yield f"{framework}.{flag}", tuple(axes)


def _gates(cell: CellPlan, array: ArrayPlan) -> tuple[str, ...]:
    """Responses along the array's axis of gates, in canonical order."""
    if "gate" not in array.axes:
        return ()
    units = {"kernel": cell.input_units, "recurrent_kernel": cell.recurrent_units}
    return tuple(unit.variable for unit in units.get(array.name, cell.units))
