"""Where a cell's biases start, so that its gates and candidates have chosen values."""

import ast
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass

from sympy.printing.pycode import pycode

from codegen.math.function_values import inverse
from codegen.math.start import NoStartError, start
from codegen.plans.cell import CellPlan, UnitPlan
from codegen.spec.cell_models import started
from codegen.spec.formula import Formula, parse

#: Law → expected ‖w‖² of a unit, drawn for these numbers of inputs and units.
_INPUT_SQ_W: Mapping[str, str] = {
    "glorot_normal": "2 * inputs / (inputs + units)",
    "glorot_uniform": "2 * inputs / (inputs + units)",
    "lecun_normal": "1",
    "he_normal": "2",
    "orthogonal": "minimum(1, inputs / units)",
}
#: The same of a square kernel.
_STATE_SQ_W: Mapping[str, int] = {
    "glorot_normal": 1,
    "glorot_uniform": 1,
    "lecun_normal": 1,
    "he_normal": 2,
    "orthogonal": 1,
}
#: Functions of numbers that Python does not have under their name in `math`.
_PYTHON: Mapping[str, str] = {
    **{"abs": "abs", "maximum": "max", "minimum": "min"},
    **{"arcsinh": "math.asinh", "arctan": "math.atan"},
}


@dataclass(frozen=True)
class StartView:
    """How a cell's biases are computed, in the words of `nmn._starts`."""

    module: str
    """The module of the cell, after which its functions are called."""
    cell: str
    parameter: str | None
    """The one whose values these are; None if none of the neuron's follows from its response."""
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


def neuron_start(plan: CellPlan) -> NeuronStartView | None:
    """None where the neuron has no such bias."""
    try:
        found = start(plan.neuron.math)
    except NoStartError:
        return None
    names = {s.name for s in found.value.free_symbols}
    return NeuronStartView(
        plan.neuron.name,
        plan.neuron.title,
        found.parameter,
        tuple(n for n in ("sq_x", "sq_w", *plan.neuron.spec.parameters) if n in names),
        pycode(found.value),
    )


def cell_start(plan: CellPlan) -> StartView:
    """What a cell's spec says of its beginning; `check_starts` has found it possible."""
    neuron = neuron_start(plan)
    targets = start_targets(plan)
    parameters = tuple(
        (name, _statements(plan, formula)) for name, formula in plan.spec.parameters.items()
    )
    if neuron is None:
        return StartView(plan.module, plan.name, None, (), (), parameters)
    values = []
    for unit in plan.units:
        spelled = unit.spelled
        if spelled in targets:
            norms = {n: _in_python(formula) for n, formula in norms_of(plan, unit).items()}
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
        parameters,
    )


def _statements(plan: CellPlan, formula: Formula) -> tuple[str, ...]:
    """The formula, after the norms that it reads: those of the first response."""
    norms = norms_of(plan, plan.units[0])
    return (
        *(f"{n} = {_in_python(e)}" for n, e in norms.items() if n in formula.names),
        f"return {_in_python(formula)}",
    )


def _in_python(formula: Formula) -> str:
    """The formula, whose functions are Python's under other names."""
    tree = deepcopy(formula.tree)
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    for call in calls:
        if isinstance(call.func, ast.Name):
            call.func.id = _PYTHON.get(call.func.id, f"math.{call.func.id}")
    return ast.unparse(tree) if calls else formula.text


def start_targets(plan: CellPlan) -> dict[str, float]:
    """Response → what it is before training: equal shares of what the function is to be given.

    Raises `ValueError` for a value that the function does not have.
    """
    targets: dict[str, float] = {}
    for name, value in plan.spec.start.items():
        found = started(plan.spec, name)
        assert found is not None
        targets |= dict.fromkeys(found[1], target(plan, name, value))
    return targets


def target(plan: CellPlan, name: str, value: float) -> float:
    """What each response is before training for a value to be `value`.

    Raises `ValueError` if its function does not have that value.
    """
    found = started(plan.spec, name)
    assert found is not None
    role, responses = found
    return inverse(plan.functions[role].math, value) / len(responses)


def norms_of(plan: CellPlan, unit: UnitPlan) -> dict[str, Formula]:
    """Expected ‖x‖² and ‖w‖² of a response before training, as formulas of `inputs` and `units`."""
    kernel = plan.spec.kernel
    of_input = _INPUT_SQ_W[kernel.input] if unit.reads_input else "0"
    of_state = _STATE_SQ_W[kernel.recurrent] if unit.reads_state else 0
    if of_input.isdigit():
        sq_w = str(int(of_input) + of_state)
    else:
        sq_w = f"{of_input} + {of_state}" if of_state else of_input
    return {"sq_x": parse("inputs" if unit.reads_input else "0"), "sq_w": parse(sq_w)}
