"""Where a cell's biases start, so that its gates and candidates have chosen values."""

from collections.abc import Mapping
from dataclasses import dataclass

from sympy.printing.pycode import pycode

from codegen.math.start import start
from codegen.plans.cell import CellPlan, UnitPlan
from codegen.spec.cell_models import started
from codegen.spec.formula import Formula

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

    module: str
    """The module of the cell, after which its functions are called."""
    cell: str
    parameter: str
    shared: tuple[str, ...]
    """Parameters of the cell that the neuron's formula reads."""
    values: tuple[tuple[str, str], ...]
    """Response → expression of its bias."""
    parameters: tuple[tuple[str, tuple[str, ...]], ...]
    """Parameter of the cell → statements that return its start."""


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


def cell_start(plan: CellPlan) -> StartView:
    """Raises `NoStartError` where the neuron has no such bias."""
    neuron = neuron_start(plan)
    targets = _targets(plan)
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
    return StartView(
        plan.module,
        plan.name,
        neuron.parameter,
        tuple(n for n in neuron.arguments if n in plan.neuron.spec.parameters),
        tuple(values),
        tuple((name, _statements(plan, formula)) for name, formula in plan.spec.parameters.items()),
    )


def _statements(plan: CellPlan, formula: Formula) -> tuple[str, ...]:
    """The formula, after the norms that it reads: those of the first response."""
    norms = _norms(plan, plan.units[0])
    return (
        *(f"{n} = {e}" for n, e in norms.items() if n in formula.names),
        f"return {formula.text}",
    )


def _targets(plan: CellPlan) -> dict[str, float]:
    """Response → what it is before training: equal shares of what the function is to be given."""
    targets: dict[str, float] = {}
    for name, value in plan.spec.start.items():
        found = started(plan.spec, name)
        assert found is not None
        role, responses = found
        total = plan.functions[role].math.inverse(value)
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
