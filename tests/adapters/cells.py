"""What the properties of cells need of a framework: states, outputs and gradients through time."""

import importlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np

from codegen.frameworks.base import Recurrent, StoredArray
from codegen.plans.cell import CellPlan
from codegen.plans.layer import ArrayPlan

Array = np.ndarray
Arrays = Mapping[str, Array]


@dataclass(frozen=True)
class Run:
    """What goes through a cell or layer, and what its results are multiplied with."""

    inputs: Array
    """(steps, batch, inputs)."""
    states: Arrays
    """State → (batch, units), before the first step."""
    upstream: Array
    """(steps, batch, units): of the outputs."""
    upstream_states: Arrays
    """State → (batch, units): of the final states."""
    lengths: Array | None = None
    """(batch,): how many steps of each sequence are real; all if None. Layers only."""
    reverse: bool = False
    """Whether the layer begins at the last (real) step. Outputs stay in the order of inputs."""


@dataclass(frozen=True)
class Trace:
    """What came of it."""

    outputs: Array
    """(steps, batch, units). Steps beyond a sequence's length are 0 here, whatever the framework
    fills them with."""
    states: Arrays
    """State → (batch, units), after the last real step."""
    gradients: Arrays = field(default_factory=dict)
    """Of `sum(upstream * outputs) + sum(upstream_states * states)`: for "inputs", every state by
    its name, and every canonical array of the cell."""


class CellAdapter(Protocol):
    """One framework."""

    name: str

    def cell(
        self, plan: CellPlan, arrays: Arrays, run: Run, dtype: str = "float32", **options: Any
    ) -> Trace:
        """The cell in a loop over steps. Options by the names of the spec: `epsilon`."""

    def layer(
        self, plan: CellPlan, arrays: Arrays, run: Run, dtype: str = "float32", **options: Any
    ) -> Trace:
        """The sequence layer. `arrays` are canonical: `CellPlan.arrays` names their axes."""


def cell_adapter(name: str) -> CellAdapter:
    """The adapter of a framework; imports the framework."""
    module = importlib.import_module(f"tests.adapters.{name}_cells")
    result: CellAdapter = module.CellAdapter()
    return result


def stored(plan: CellPlan, arrays: Arrays, framework: Recurrent) -> dict[str, Array]:
    """Canonical arrays as the framework keeps them, by the framework's names."""
    found = {}
    for array in plan.arrays:
        if array.name in arrays:
            layout = framework.stored_cell_arrays(plan)[array.name]
            value = np.asarray(arrays[array.name])
            if array.axes:
                value = np.take(value, _order(plan, array, layout), 0)
                value = value.reshape(-1, *value.shape[2:])
                value = value if layout.axes[0] == "gate unit" else np.moveaxis(value, 0, -1)
            found[layout.name] = value
    return found


def canonical(plan: CellPlan, arrays: Arrays, framework: Recurrent) -> dict[str, Array]:
    """What `stored` undoes: gradients by canonical names."""
    found = {}
    for array in plan.arrays:
        layout = framework.stored_cell_arrays(plan)[array.name]
        if layout.name in arrays:
            value = np.asarray(arrays[layout.name])
            if array.axes:
                order = _order(plan, array, layout)
                value = value if layout.axes[0] == "gate unit" else np.moveaxis(value, -1, 0)
                value = value.reshape(len(order), -1, *value.shape[1:])
                value = np.take(value, np.argsort(order), 0)
            found[array.name] = value
    return found


def _order(plan: CellPlan, array: ArrayPlan, layout: StoredArray) -> list[int]:
    """The places in canonical order of the responses as the framework stores them."""
    units = {"kernel": plan.input_units, "recurrent_kernel": plan.recurrent_units}
    names = [unit.variable for unit in units.get(array.name, plan.units)]
    return [names.index(gate) for gate in layout.gates or names]
