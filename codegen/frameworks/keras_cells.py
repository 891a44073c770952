"""Keras 3: views of cells, and of the layers that repeat them."""

from collections.abc import Mapping
from dataclasses import dataclass

import sympy
from sympy.printing.str import sstr

from codegen.frameworks.arguments import (
    KERNEL_LAWS,
    Naming,
    checked_constant,
    constant_default,
    option_arguments,
    start_expression,
)
from codegen.frameworks.base import Argument, StoredArray, View
from codegen.frameworks.cells import gates, stored_arrays
from codegen.frameworks.keras_steps import ORDER, ROLES, statements
from codegen.math.function import FunctionMath
from codegen.math.symbols import relu, symbol
from codegen.plans.cell import CellPlan
from codegen.plans.layer import ParameterPlan
from codegen.plans.start import cell_start

_ROLE_DOCS = {
    "activation": "Function of what is to enter the state",
    "gate": "Function of the gates",
}


_LAYER_ARGUMENTS = (
    Argument(
        "return_sequences", "", "False", "Whether to return the outputs of all steps, not the last."
    ),
    Argument("return_state", "", "False", "Whether to return the last states, too."),
    Argument(
        "go_backwards",
        "",
        "False",
        "Whether to begin at the last step; outputs are in the order in which they are computed.",
    ),
    Argument(
        "stateful", "", "False", "Whether a batch begins with the states that the last one left."
    ),
    Argument("unroll", "", "False", "Whether to write out the loop over the steps."),
    Argument(
        "zero_output_for_mask",
        "",
        "False",
        "Whether outputs of masked steps are zeros, not those of the step before.",
    ),
)


@dataclass(frozen=True)
class Kernel:
    """A kernel of a cell, and how its arguments are called."""

    name: str
    prefix: str
    rows: str
    blocks: int
    law: str


def arrays(plan: CellPlan) -> Mapping[str, StoredArray]:
    """How Keras keeps the arrays of a cell."""
    return stored_arrays(plan, ORDER)


def cell_view(plan: CellPlan, functions: Mapping[str, str], naming: Naming) -> View:
    """View of a cell's module. `functions` spells what equations may call."""
    arguments = _arguments(plan, naming)
    getters = _getters(arguments)
    return {
        "name": plan.name,
        "cell": plan.cell_name,
        "module": plan.module,
        "summary": plan.spec.summary,
        "reference": plan.spec.reference,
        "equations": [f"{n} = {f.text}" for n, f in plan.spec.math.items()],
        "neuron": plan.neuron.name,
        "paragraph": _paragraph(plan),
        "states": plan.states,
        "arguments": arguments,
        "layer_arguments": _layer_arguments(arguments),
        "stored": _stored(plan, arguments),
        "serialized": {
            a.name: f"{getters[a.name]}.serialize(self.{a.name})"
            if a.name in getters
            else f"self.{a.name}"
            for a in arguments
        },
        "kernels": _kernels(plan),
        "parameters": [_parameter(plan, p) for p in plan.parameters if p.trained],
        "output": plan.output,
        "new_states": plan.new_states,
        **statements(plan, functions),
    }


def _kernels(plan: CellPlan) -> list[Kernel]:
    found = []
    if plan.input_units:
        blocks = len(plan.input_units)
        found.append(Kernel("kernel", "kernel", "input_dim", blocks, plan.spec.kernel.input))
    if plan.recurrent_units:
        blocks, law = len(plan.recurrent_units), plan.spec.kernel.recurrent
        found.append(Kernel("recurrent_kernel", "recurrent", "self.units", blocks, law))
    return found


def _arguments(plan: CellPlan, naming: Naming) -> list[Argument]:
    """Those of the cell, in the order in which `keras.layers.GRUCell` has its own."""
    trained = [p for p in plan.parameters if p.trained]
    found = [Argument("units", "", None, "Size of the state, at least 1.")]
    for role, name in ROLES.items():
        if role in plan.roles:
            function = plan.roles[role]
            doc = f"{_ROLE_DOCS[role]}, or its name. Default: `nmn.keras.{function}`."
            found.append(Argument(name, "", f'"{function}"', doc))
    for parameter in trained:
        if parameter.optional:
            doc = f"Whether there is `{parameter.name}`. {parameter.spec.summary}"
            found.append(Argument(naming.flag(parameter.name), "", "True", doc))
    for parameter in plan.neuron.parameters:
        if not parameter.trained:
            argument = option_arguments(parameter, naming)[0]
            found.append(Argument(parameter.name, "", constant_default(parameter), argument.doc))
    for kernel in _kernels(plan):
        doc = f"Initializer of each gate's `{kernel.name}`. Default: {KERNEL_LAWS[kernel.law]}."
        found.append(Argument(f"{kernel.prefix}_initializer", "", f'"{kernel.law}"', doc))
    for parameter in trained:
        doc = f"Initializer of `{parameter.name}`. None: as stated above."
        found.append(Argument(f"{parameter.name}_initializer", "", "None", doc))
    prefixes = [k.prefix for k in _kernels(plan)] + [p.name for p in trained if p.per_unit]
    arrays = [k.name for k in _kernels(plan)] + [p.name for p in trained if p.per_unit]
    for kind in ("regularizer", "constraint"):
        for prefix, array in zip(prefixes, arrays, strict=True):
            doc = f"{kind.capitalize()} of `{array}`."
            found.append(Argument(f"{prefix}_{kind}", "", "None", doc))
    return found


def _getters(arguments: list[Argument]) -> dict[str, str]:
    """Argument → module of Keras that turns names into objects and back."""
    kinds = ("activation", "initializer", "regularizer", "constraint")
    return {
        a.name: f"{kind}s" for a in arguments for kind in kinds if a.name.rpartition("_")[2] == kind
    }


def _layer_arguments(arguments: list[Argument]) -> list[Argument]:
    """Those of the layer, which has its own between and after those of the cell."""
    activity = Argument("activity_regularizer", "", "None", "Regularizer of the output.")
    last = max(i for i, a in enumerate(arguments) if a.name.endswith("_regularizer"))
    return [*arguments[: last + 1], activity, *arguments[last + 1 :], *_LAYER_ARGUMENTS]


def _stored(plan: CellPlan, arguments: list[Argument]) -> list[str]:
    """Statements of the constructor after that of the base class."""
    getters, lines = _getters(arguments), []
    constants = {p.name: p for p in plan.neuron.parameters if not p.trained}
    optional = {f"{p.name}_initializer" for p in plan.parameters if p.trained}
    for argument in arguments[1:]:
        name, value = argument.name, argument.name
        if name in getters:
            module = "_activations" if getters[name] == "activations" else getters[name]
            value = f"{module}.get({name})"
        elif name in constants:
            value = checked_constant(constants[name])
        lines.append(f"self.{name} = {value}")
    assert optional <= getters.keys()
    return lines


def _paragraph(plan: CellPlan) -> str:
    """What the docstring says between the equations and the reference."""
    sources = []
    for projection in plan.spec.projections.values():
        names = ", ".join(f"`{unit}`" for unit in projection.units)
        seen = " and ".join(f"`{f.text}`" for f in projection.source)
        joined = "the concatenation of " if len(projection.source) > 1 else ""
        sources.append(f"{names} of {joined}{seen}")
    text = f"Responses of {plan.neuron.title} neurons: {'; '.join(sources)}."
    if plan.spec.start:
        starts = ", ".join(f"{n} = {v:g}" for n, v in plan.spec.start.items())
        text += (
            f" At an input of variance 1 that is orthogonal to the kernels, and a state of zeros, "
            f"initial parameters give {starts}."
        )
    return text


def _parameter(plan: CellPlan, parameter: ParameterPlan) -> View:
    """How a parameter is created; one per unit begins in gates' blocks."""
    name, start = parameter.name, cell_start(plan)
    canonical = [unit.variable for unit in plan.units]
    order = [canonical.index(unit.variable) for unit in gates(plan, ORDER)]
    shared = [
        f"self._initial_{n}(input_dim)" if n in _trained(plan) else f"self.{n}"
        for n in start.shared
    ]
    value = start_expression(parameter)
    if name in dict(start.parameters):
        value = f"_starts.{plan.module}_{name}(input_dim, self.units)"
    begin = f"initializers.Constant({value})"
    if name == start.parameter:
        arguments = ", ".join(["input_dim", "self.units", *shared])
        values = f"_starts.{plan.module}_{name}({arguments})"
        reordered = f", {tuple(order)}" if order != sorted(order) else ""
        begin = f"_recurrent.Blocks({values}, self.units{reordered})"
    return {
        "name": name,
        "optional": parameter.optional,
        "absent": parameter.spec.absent,
        "per_unit": parameter.per_unit,
        "blocks": len(plan.units),
        "start": begin,
        "start_value": value,
        "read_by_start": name in start.shared,
    }


def _trained(plan: CellPlan) -> set[str]:
    return {p.name for p in plan.parameters if p.trained}


def closed_form(math: FunctionMath) -> str | None:
    """An elementwise function of `x` >= 0, at its default numbers, as a quotient of affine ones."""
    if not math.is_elementwise or math.of_power is None:
        return None
    x = symbol(math.spec.array)
    quotient = math.default.xreplace({relu(x): x})
    return None if quotient.atoms(sympy.Function) else sstr(quotient.xreplace({x: symbol("x")}))
