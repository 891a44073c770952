"""Where a cell's biases start, so that its gates and candidates have chosen values."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from sympy.printing.pycode import pycode

from codegen.math.start import start
from codegen.plans.cell import CellPlan, UnitPlan
from codegen.spec.cell_models import started

#: Law → expected ‖w‖² of a unit, drawn for these numbers of inputs and units.
_INPUT_SQ_W: Mapping[str, str] = {
    "glorot_normal": "2 * inputs / (inputs + units)",
    "glorot_uniform": "2 * inputs / (inputs + units)",
    "lecun_normal": "1",
    "he_normal": "2",
    "orthogonal": "min(1, inputs / units)",
}
#: The same of a square kernel.
_STATE_SQ_W: Mapping[str, int] = {
    "glorot_normal": 1,
    "glorot_uniform": 1,
    "lecun_normal": 1,
    "he_normal": 2,
    "orthogonal": 1,
}


@dataclass(frozen=True)
class StartView:
    """How a cell's biases are computed, in the words of `nmn._starts`."""

    function: str
    """The module of the cell, after which its function is called."""
    cell: str
    parameter: str
    constants: tuple[str, ...]
    """Constants of the constructor that the neuron's formula reads."""
    values: tuple[tuple[str, str], ...]
    """Response → expression of its bias."""


@dataclass(frozen=True)
class NeuronStartView:
    """The bias of a neuron as a function of its response."""

    neuron: str
    title: str
    parameter: str
    arguments: tuple[str, ...]
    expression: str


def neuron_start(plan: CellPlan) -> NeuronStartView:
    """Raises `NoStartError` where the neuron has no such bias."""
    found = start(plan.neuron.math)
    names = {s.name for s in found.value.free_symbols}
    return NeuronStartView(
        plan.neuron.name,
        plan.neuron.title,
        found.parameter,
        tuple(n for n in ("sq_x", "sq_w", *plan.neuron.spec.parameters) if n in names),
        pycode(found.value),
    )


def cell_start(plan: CellPlan, inverse: Callable[[str, float], float]) -> StartView:
    """`inverse` gives where a function of `spec/functions` has a value."""
    neuron = neuron_start(plan)
    targets = _targets(plan, inverse)
    values = []
    for unit in plan.units:
        spelled = _spelled(plan, unit)
        if spelled in targets:
            norms = _norms(plan, unit)
            arguments = [f"{targets[spelled]:.12g}"]
            arguments += [norms.get(n, n) for n in neuron.arguments]
            values.append((spelled, f"{plan.neuron.name}({', '.join(arguments)})"))
        else:
            law = next(p for p in plan.parameters if p.name == neuron.parameter)
            values.append((spelled, repr(law.stored_start)))
    constants = tuple(n for n in neuron.arguments if n in plan.neuron.spec.parameters)
    return StartView(plan.module, plan.name, neuron.parameter, constants, tuple(values))


def _targets(plan: CellPlan, inverse: Callable[[str, float], float]) -> dict[str, float]:
    """Response → what it is before training: equal shares of what the function is to be given."""
    targets: dict[str, float] = {}
    for name, value in plan.spec.start.items():
        found = started(plan.spec, name)
        assert found is not None
        role, responses = found
        total = inverse(plan.roles[role], value)
        targets |= {response: total / len(responses) for response in responses}
    return targets


def _spelled(plan: CellPlan, unit: UnitPlan) -> str:
    return next(k for k, v in plan.spec.responses.items() if v == (unit.projection, unit.name))


def _norms(plan: CellPlan, unit: UnitPlan) -> dict[str, str]:
    kernel = plan.spec.kernel
    of_input = _INPUT_SQ_W[kernel.input] if unit.reads_input else "0"
    of_state = _STATE_SQ_W[kernel.recurrent] if unit.reads_state else 0
    if of_input.isdigit():
        sq_w = str(int(of_input) + of_state)
    else:
        sq_w = f"{of_input} + {of_state}" if of_state else of_input
    return {"sq_x": "inputs" if unit.reads_input else "0", "sq_w": sq_w}
