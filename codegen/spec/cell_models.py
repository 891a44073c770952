"""The shape of a cell's spec: what a contributor may write in YAML, key by key."""

import ast
from collections.abc import Iterator
from typing import Literal

from pydantic import Field

from codegen.spec.formula import CellFormulaField, FormulaField
from codegen.spec.models import KernelInit, SpecModel

Role = Literal["gate", "activation"]

INPUT = "x"
"""The name of the input in sources."""


class ProjectionSpec(SpecModel):
    """One neuron per unit and component of the state, on the concatenation of its sources."""

    source: list[CellFormulaField]
    """What the neurons see, such as `[x, h]` or `[x, r * h]`: the input `x`, a formula of states
    and earlier values, or both, joined to one vector."""
    units: list[str]
    """Names of the responses, each of the size of the state: formulas say `<projection>.<unit>`."""


class CellKernelSpec(SpecModel):
    """The laws that initial kernels are drawn from, for every unit by itself."""

    input: KernelInit = "glorot_normal"
    """The part of the kernel that sees the input."""
    recurrent: KernelInit = "orthogonal"
    """The part of the kernel that sees the state."""


class CellSpec(SpecModel):
    """Equations over responses and a carried state: a cell, and the layer that repeats it."""

    cell: str
    """The layer's class, such as `YatGRU`; the cell is `YatGRUCell`."""
    summary: str
    """What the layer is, in one sentence that ends in a full stop; begins docstrings."""
    reference: str
    """The paper to cite."""
    neuron: str
    """The neuron of all projections: a file of `spec/neurons`."""
    functions: dict[Role, str] = Field(default_factory=dict)
    """Role → a function of `spec/functions`. Formulas call roles, and callers may replace them."""
    state: dict[str, Literal["zeros"]]
    """What is carried from step to step, and what it is before the first one."""
    projections: dict[str, ProjectionSpec]
    """Named responses of neurons to input and state."""
    math: dict[str, CellFormulaField]
    """Equations, read from top to bottom: the name of a state is its previous value until its own
    equation has been read."""
    output: str
    """The state or value that a step gives out."""
    start: dict[str, float] = Field(default_factory=dict)
    """Value → what it is before training, for an input of variance 1 and a state of zeros: the bias
    that makes it so follows from the neuron."""
    parameters: dict[str, FormulaField] = Field(default_factory=dict)
    """The neuron's trained parameter, one for the cell → where it starts in this cell: a formula of
    `sq_x` and `sq_w`, the expected ‖x‖² and ‖w‖² of the first response."""
    kernel: CellKernelSpec = CellKernelSpec()
    """The laws of the initial kernels."""

    @property
    def responses(self) -> dict[str, tuple[str, str]]:
        """How formulas call a response → its projection and unit: `gates.reset`, or the name of the
        projection if that has one unit."""
        return {
            name if len(projection.units) == 1 else f"{name}.{unit}": (name, unit)
            for name, projection in self.projections.items()
            for unit in projection.units
        }

    @property
    def variables(self) -> dict[str, str]:
        """How formulas call a response → what code calls it: its unit's name, and the projection's
        where that is not enough."""
        names = [unit for projection in self.projections.values() for unit in projection.units]
        return {
            spelled: unit
            if names.count(unit) == 1
            else projection
            if len(self.projections[projection].units) == 1
            else f"{projection}_{unit}"
            for spelled, (projection, unit) in self.responses.items()
        }


def new_state(name: str) -> str:
    """What code calls a state after its equation."""
    return f"new_{name}"


def started(spec: CellSpec, name: str) -> tuple[str, tuple[str, ...]] | None:
    """The role that makes a value, and the responses it is given: one, or several as a sum."""
    match spec.math[name].tree:
        case ast.Call(func=ast.Name(id=role), args=[argument]) if role in spec.functions:
            terms = [*_terms(argument)]
            if all(term in spec.responses for term in terms):
                return role, tuple(terms)
    return None


def _terms(node: ast.expr) -> Iterator[str]:
    match node:
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            yield from _terms(left)
            yield from _terms(right)
        case _:
            yield ast.unparse(node)
