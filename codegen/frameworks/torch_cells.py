"""PyTorch: views of cells, and of the layers that repeat them."""

import re
from collections.abc import Mapping
from typing import Any

from codegen.frameworks.arguments import (
    KERNEL_LAWS,
    VARIANCE_SCALING,
    Naming,
    constant_default,
    constant_type,
    flag_argument,
    option_arguments,
)
from codegen.frameworks.base import Argument, StoredArray, View
from codegen.frameworks.cells import stored_arrays
from codegen.frameworks.printing import number
from codegen.frameworks.torch_parallel import closed_form, scan_lines
from codegen.frameworks.torch_steps import (
    given_constants,
    given_inputs,
    prepare_lines,
    size,
    step_lines,
)
from codegen.frameworks.torch_through_time import through_time
from codegen.math.cell_latex import cell_latex
from codegen.math.latex import response_latex
from codegen.plans.cell import CellPlan
from codegen.plans.layer import ParameterPlan
from codegen.plans.start import cell_start

NAMES = {"kernel": "weight_ih", "recurrent_kernel": "weight_hh"}
"""What `torch.nn` calls the kernels of a cell."""

_CELL_ARGUMENTS = [
    Argument("input_size", "int", None, "Length of the last axis of the input."),
    Argument("hidden_size", "int", None, "Number of units, the length of the last axis of states."),
]
_NUM_LAYERS = Argument(
    "num_layers", "int", "1", "Number of layers, each of which takes the output of the last."
)
_SEQUENCE_ARGUMENTS = [
    Argument(
        "batch_first",
        "bool",
        "False",
        "Whether the first axis of input and output is that of samples and not that of steps. "
        "States, and a ``PackedSequence``, are as they are.",
    ),
    Argument(
        "dropout",
        "float",
        "0.0",
        "Probability that an entry of the output of any layer but the last is zero in training; "
        "the others are scaled by 1 / (1 - dropout).",
    ),
    Argument(
        "bidirectional",
        "bool",
        "False",
        "Whether every layer has a second set of parameters that begins at the last step; the "
        "output is that of both directions, joined.",
    ),
]
_PLACEMENT = [
    Argument("device", "torch.device | str | None", "None", "Where the parameters live."),
    Argument("dtype", "torch.dtype | None", "None", "Dtype of the parameters."),
]


def stored_cell_arrays(plan: CellPlan) -> Mapping[str, StoredArray]:
    """Units first; every gate's side by side in canonical order."""
    return stored_arrays(plan, names=NAMES, units_first=True)


def cell_view(plan: CellPlan, naming: Naming, neuron: View) -> dict[str, Any]:
    """Everything that the template of a cell's module asks for."""
    flags = {p.name: flag_argument(p, naming) for p in plan.parameters if p.optional}
    bias = [flags[n] for n in ("bias",) if n in flags]
    keyword_only = [flag for name, flag in flags.items() if name != "bias"]
    for p in plan.parameters:
        keyword_only += option_arguments(p, naming) if not p.trained else []
    keyword_only = [a for a in keyword_only if not a.name.startswith("learnable_")]
    keyword_only += [_role_argument(role, function) for role, function in plan.roles.items()]
    return {
        "name": plan.name,
        "cell_name": plan.cell_name,
        "module": plan.module,
        "summary": plan.spec.summary,
        "reference": plan.spec.reference,
        "latex": cell_latex(plan),
        "response_latex": response_latex(plan.neuron.math),
        "neuron": plan.neuron.name,
        "neuron_title": plan.neuron.title,
        "states": plan.states,
        "new_states": plan.new_states,
        "output": plan.output,
        "cell_arguments": _CELL_ARGUMENTS + bias + _PLACEMENT,
        "layer_arguments": [
            *_CELL_ARGUMENTS,
            _NUM_LAYERS,
            *bias,
            *_SEQUENCE_ARGUMENTS,
            *_PLACEMENT,
        ],
        "keyword_only": keyword_only,
        "flags": list(flags),
        "constants": [(p.name, _checked(p)) for p in plan.parameters if not p.trained],
        "constant_defaults": [
            (p.name, constant_default(p)) for p in plan.parameters if not p.trained
        ],
        "roles": list(plan.roles.items()),
        "arrays": _arrays(plan),
        "weights": [_weight(p) for p in plan.parameters],
        "positive": [p.name for p in plan.parameters if p.trained and p.spec.positive],
        "kernels": [NAMES[a.name] for a in plan.arrays if a.name in NAMES],
        "initialise": _initialise(plan),
        "start_doc": _start_doc(plan),
        "role_functions": sorted(set(plan.roles.values())),
        "cell_states_doc": _states_doc(
            plan, r":math:`(N, H_\text{out})` or :math:`(H_\text{out})`"
        ),
        "layer_states_doc": _states_doc(
            plan,
            r":math:`(D \cdot \text{num\_layers}, N, H_\text{out})`, without N as the input is",
        ),
        "example_states": _example_states(plan),
        "through_time": through_time(plan, neuron),
        "scan": scan_lines(plan),
        "parallel": closed_form(plan),
        "prepare": prepare_lines(plan),
        "inputs": given_inputs(plan),
        "given_constants": given_constants(plan),
        "step": step_lines(plan),
        "counts_units": any(re.search(r"\bunits\b", line) for line in step_lines(plan)),
    }


def _role_argument(role: str, function: str) -> Argument:
    doc = f"What equations call {role}. Default: :func:`{function}` of ``squashers``."
    return Argument(role, "Callable[[Tensor], Tensor] | None", "None", doc)


def _checked(parameter: ParameterPlan) -> str:
    """The expression that checks a constant."""
    name, spec = parameter.name, parameter.spec
    kind = "whole" if spec.integer else "" if spec.positive else "finite"
    check = "_".join(filter(None, ("positive" * spec.positive, kind, "number")))
    return f'_arguments.{check}("{name}", {name})'


def _arrays(plan: CellPlan) -> list[dict[str, str]]:
    """Name, shape and start of every array of one direction of one layer."""
    sizes = {"kernel": len(plan.input_units), "recurrent_kernel": len(plan.recurrent_units)}
    laws = {
        "kernel": KERNEL_LAWS[plan.spec.kernel.input],
        "recurrent_kernel": KERNEL_LAWS[plan.spec.kernel.recurrent],
    }
    parameters = {p.name: p for p in plan.parameters}
    found = []
    for array in plan.arrays:
        blocks = sizes.get(array.name, len(plan.units))
        rows = size(blocks)
        shape = {
            "kernel": f"({rows}, inputs)",
            "recurrent_kernel": f"({rows}, units)",
        }.get(array.name, f"({rows},)" if array.axes else "()")
        shown = shape.replace("units", "hidden_size").replace("inputs", "input_size")
        doc = f"Shape {shown}"
        if array.name in laws:
            doc += f", initially {laws[array.name]} for every gate"
        elif parameters[array.name].optional:
            doc += "; None if left out"
        found.append({"name": NAMES.get(array.name, array.name), "shape": shape, "doc": f"{doc}."})
    return found


def _weight(parameter: ParameterPlan) -> tuple[str, str]:
    """Name and type of a parameter as the equations take it."""
    if not parameter.trained:
        return parameter.name, constant_type(parameter)
    return parameter.name, "Tensor | None" if parameter.optional else "Tensor"


def _initialise(plan: CellPlan) -> list[str]:
    """Statements that fill the arrays of one direction of one layer."""
    lines = []
    for kernel, law, fans in (
        ("weight_ih", plan.spec.kernel.input, "inputs, units"),
        ("weight_hh", plan.spec.kernel.recurrent, "units, units"),
    ):
        if {"weight_ih": plan.input_units, "weight_hh": plan.recurrent_units}[kernel]:
            fill = (
                "orthogonal_(block)"
                if law == "orthogonal"
                else f"_numerics.variance_scaling_(block, {fans}, {VARIANCE_SCALING[law]})"
            )
            lines += [f"for block in {kernel}.split(units):", f"    {fill}"]
    start = cell_start(plan)
    formulas = {name for name, _ in start.parameters}
    for p in sorted(plan.parameters, key=lambda p: p.name == start.parameter):
        if p.trained:
            lines += _start(plan, p, start.parameter, start.shared, formulas)
    return lines


def _start(
    plan: CellPlan,
    p: ParameterPlan,
    solved: str | None,
    shared: tuple[str, ...],
    formulas: set[str],
) -> list[str]:
    """Statements that start one parameter; those that the solved one reads come before it."""
    name = p.name
    if name == solved:
        numbers = ", ".join(["inputs", "units", *(_value(plan, n) for n in shared)])
        body = [
            f"starts = _starts.{plan.module}_{name}({numbers})",
            f"for block, start in zip({name}.split(units), starts, strict=True):",
            "    init.constant_(block, start)",
        ]
    elif name in formulas:
        start = f"_starts.{plan.module}_{name}(inputs, units)"
        body = [f"{name}_start = {start}"]
        stored = (
            f"_arguments.inverse_softplus({name}_start)" if p.spec.positive else f"{name}_start"
        )
        body.append(f"init.constant_({name}, {stored})")
    else:
        body = [f"init.constant_({name}, {number(p.stored_start)})"]
    before = (
        [f"{name}_start = {number(p.spec.absent or 0)}"] if name in shared and p.optional else []
    )
    if p.optional:
        body = [f"if {name} is not None:", *(f"    {line}" for line in body)]
    return before + body


def _value(plan: CellPlan, name: str) -> str:
    """The number that a parameter of the cell starts at."""
    parameter = next(p for p in plan.parameters if p.name == name)
    if not parameter.trained:
        return name
    return f"{name}_start"


def _start_doc(plan: CellPlan) -> str:
    """Which values gates start with, in words."""
    values = ", ".join(f"{name} = {value:g}" for name, value in plan.spec.start.items())
    if not values:
        return "Biases start at zero."
    return (
        f"Before training, biases are such that {values}, for a state of zeros and an input of "
        "variance 1 that is orthogonal to the kernel."
    )


def _states_doc(plan: CellPlan, shape: str) -> str:
    """The states as callers give and get them."""
    if len(plan.states) == 1:
        return f"{shape}."
    return f"a tuple ({', '.join(plan.states)}), each {shape}."


def _example_states(plan: CellPlan) -> str:
    zeros = ["torch.zeros(3, 20)"] * len(plan.states)
    return zeros[0] if len(zeros) == 1 else f"({', '.join(zeros)})"
