"""What the frameworks' views of cells have in common: columns, layouts and equations."""

import ast
from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass

from codegen.frameworks.base import StoredArray
from codegen.plans.cell import CellPlan, Projection, UnitPlan


@dataclass(frozen=True)
class Columns:
    """A run of units in a fused array, counted in blocks of the size of the state."""

    start: int
    stop: int
    total: int
    """Blocks of the whole array."""

    @property
    def whole(self) -> bool:
        return (self.start, self.stop) == (0, self.total)

    @property
    def blocks(self) -> int:
        return self.stop - self.start

    def slice(self, units: str) -> str:
        """The slice along the axis of units, in terms of `units`, the size of the state."""
        start = "" if self.start == 0 else _times(self.start, units)
        stop = "" if self.stop == self.total else _times(self.stop, units)
        return f"{start}:{stop}"


@dataclass(frozen=True)
class Fused:
    """Where a projection's units stand in the arrays of a framework."""

    projection: Projection
    units: tuple[UnitPlan, ...]
    """In the framework's order of gates."""
    input: Columns | None
    """In the input's kernel; None if it does not see the input."""
    recurrent: Columns | None
    """In the recurrent kernel; None if it does not see the state."""
    all: Columns
    """In arrays of an entry per unit, such as the bias."""

    @property
    def variables(self) -> tuple[str, ...]:
        return tuple(unit.variable for unit in self.units)


def fused(plan: CellPlan, order: Sequence[str] = ()) -> tuple[Fused, ...]:
    """Every projection; a framework's `order` of gates rearranges the units within each."""
    found: list[Fused] = []
    counts = {"input": 0, "recurrent": 0, "all": 0}
    totals = {
        "input": len(plan.input_units),
        "recurrent": len(plan.recurrent_units),
        "all": len(plan.units),
    }

    def columns(array: str, blocks: int) -> Columns:
        start = counts[array]
        counts[array] += blocks
        return Columns(start, start + blocks, totals[array])

    for projection in plan.projections:
        units = ordered(projection.units, order)
        found.append(
            Fused(
                projection,
                units,
                columns("input", len(units)) if projection.reads_input else None,
                columns("recurrent", len(units)) if projection.source is not None else None,
                columns("all", len(units)),
            )
        )
    return tuple(found)


def ordered(units: Sequence[UnitPlan], order: Sequence[str]) -> tuple[UnitPlan, ...]:
    """The units that `order` names first, in that order; then the others in canonical order."""
    ranks = {name: i for i, name in enumerate(order)}
    return tuple(sorted(units, key=lambda unit: ranks.get(unit.name, len(ranks))))


def gates(plan: CellPlan, order: Sequence[str] = ()) -> tuple[UnitPlan, ...]:
    """All units in the order in which a framework's arrays hold them."""
    return tuple(unit for part in fused(plan, order) for unit in part.units)


def stored_arrays(
    plan: CellPlan,
    order: Sequence[str] = (),
    names: Mapping[str, str] | None = None,
    units_first: bool = False,
) -> dict[str, StoredArray]:
    """Canonical name → layout: every gate's units side by side in one axis, last or first.

    `names` are the framework's own where they differ; its `order` of gates is named if it differs
    from the canonical one.
    """
    held = gates(plan, order)
    found: dict[str, StoredArray] = {}
    for array in plan.arrays:
        reads = {"kernel": "reads_input", "recurrent_kernel": "reads_state"}.get(array.name)
        variables = tuple(u.variable for u in held if reads is None or getattr(u, reads))
        canonical = tuple(u.variable for u in plan.units if reads is None or getattr(u, reads))
        others = array.axes[2:]
        merged = ("gate unit",) if array.axes else ()
        found[array.name] = StoredArray(
            (names or {}).get(array.name, array.name),
            (*merged, *others) if units_first else (*others, *merged),
            gates=variables if array.axes and variables != canonical else (),
        )
    return found


def printed(tree: ast.expr, functions: Mapping[str, str]) -> str:
    """A formula as code, with the framework's spelling of roles and functions."""
    copy = deepcopy(tree)
    for node in ast.walk(copy):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            node.func = ast.Name(functions.get(node.func.id, node.func.id), ast.Load())
    return ast.unparse(copy)


def _times(count: int, units: str) -> str:
    return units if count == 1 else f"{count} * {units}"
