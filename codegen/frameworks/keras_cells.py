"""Keras 3: views of cells, and of the layers that repeat them."""

import ast
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
from codegen.frameworks.cells import Columns, Fused, fused, gates, printed, stored_arrays
from codegen.math.function import FunctionMath
from codegen.math.symbols import relu, symbol
from codegen.plans.cell import CellPlan, Equation, Projection
from codegen.plans.layer import ParameterPlan
from codegen.plans.start import cell_start

#: Keras holds the update gate before the reset gate.
ORDER = ("update", "reset")

#: Role → argument, as cells of Keras call it.
ROLES = {"activation": "activation", "gate": "recurrent_activation"}

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
    spelled = {**functions, **{role: role for role in plan.roles}}
    parts = fused(plan, ORDER)
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
        "projected": _projected(plan, parts),
        "split": _split(plan, parts),
        "setup": _setup(plan, parts),
        "step": _step(plan, parts, spelled),
        "output": plan.output,
        "new_states": plan.new_states,
        "scan": _scan(plan, parts, spelled) if plan.recurrences else None,
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


def _projected(plan: CellPlan, parts: tuple[Fused, ...]) -> View:
    """The parts of what the input contributes, in the order in which they lie side by side."""
    reading = [p for p in parts if p.input is not None]
    has_norm = "sq_x" in plan.neuron.math.primitives and bool(reading)
    names = [f"{p.projection.name}_dot" for p in reading] + ["sq_x"] * has_norm
    return {"names": names, "has_norm": has_norm}


def _split(plan: CellPlan, parts: tuple[Fused, ...]) -> str:
    """The statement that takes those parts apart."""
    names = _projected(plan, parts)["names"]
    if len(names) < 2:
        return f"{names[0]} = projected" if names else ""
    stops = [p.input.stop for p in parts if p.input is not None][: len(names) - 1]
    ends = ", ".join("units" if stop == 1 else f"{stop} * units" for stop in stops)
    return f"{', '.join(names)} = ops.split(projected, [{ends}], axis=-1)"


def _setup(plan: CellPlan, parts: tuple[Fused, ...]) -> list[str]:
    """Statements before the first step: what no step changes."""
    lines = ["dtype = self.wide_dtype", "units = self.units"]
    reads_norms = "sq_w" in plan.neuron.math.primitives
    if plan.recurrent_units:
        lines.append("recurrent_kernel = ops.cast(self.recurrent_kernel, dtype)")
    if reads_norms and plan.input_units:
        lines.append("kernel_sq = ops.sum(ops.square(ops.cast(self.kernel, dtype)), axis=0)")
    if reads_norms and plan.recurrent_units:
        lines.append("recurrent_sq = ops.sum(ops.square(recurrent_kernel), axis=0)")
    for parameter in plan.parameters:
        if parameter.trained:
            name = parameter.name
            value = f"ops.cast(self.{name}, dtype)"
            value = f"_numerics.softplus({value})" if parameter.spec.positive else value
            none = f"None if self.{name} is None else " if parameter.optional else ""
            lines.append(f"{name} = {none}{value}")
    for part in parts:
        name = part.projection.name
        if part.recurrent is not None:
            lines.append(f"{name}_kernel = {_columns('recurrent_kernel', part.recurrent)}")
        listed = ", ".join(f'"{k}": {v}' for k, v in _operands(plan, part).items())
        lines.append(f"{name}_operands = {{{listed}}}")
    lines += [f"{role} = _activations.closed_form(self.{ROLES[role]})" for role in plan.roles]
    return lines


def _operands(plan: CellPlan, part: Fused) -> dict[str, str]:
    """What a projection's responses are given beside ⟨w, x⟩ and ‖x‖²."""
    found: dict[str, str] = {}
    seen = [("kernel_sq", "self.kernel.shape[0]", part.input)]
    seen += [("recurrent_sq", "units", part.recurrent)]
    if "sq_w" in plan.neuron.math.primitives:
        norms = [_sliced(norm, columns) for norm, _, columns in seen if columns is not None]
        found["sq_w"] = " + ".join(norms)
    for count in plan.neuron.math.counts:
        sizes = [size for _, size, columns in seen if columns is not None]
        found[count] = "units" if count == "units" else " + ".join(sizes)
    for parameter in plan.parameters:
        name = parameter.name
        if not parameter.trained:
            found[name] = f"self.{name}"
        elif not parameter.per_unit or part.all.whole:
            found[name] = name
        else:
            none = f"None if {name} is None else " if parameter.optional else ""
            found[name] = f"{none}{_sliced(name, part.all)}"
    return found


def _sliced(array: str, columns: Columns) -> str:
    return array if columns.whole else f"{array}[{columns.slice('units')}]"


def _columns(array: str, columns: Columns) -> str:
    return array if columns.whole else f"{array}[:, {columns.slice('units')}]"


def _response(
    plan: CellPlan, part: Fused, functions: Mapping[str, str], source: str | None
) -> list[str]:
    """Statements that compute all responses of a projection."""
    projection = part.projection
    name = projection.name
    terms = [f"{name}_dot"] if projection.reads_input else []
    norms = ["sq_x"] if projection.reads_input else []
    lines: list[str] = []
    if source is not None:
        if not source.isidentifier():
            lines.append(f"{name}_source = {source}")
            source = f"{name}_source"
        terms.append(f"{source} @ {name}_kernel")
        norms.append(f"_recurrent.sq_norm({source})")
    operands = [" + ".join(terms)]
    if "sq_x" in plan.neuron.math.primitives:
        operands.append(f"sq_x={' + '.join(norms)}")
    variables = ", ".join(part.variables)
    target = variables if len(part.variables) == 1 else name
    lines.append(f"{target} = {plan.neuron.name}({', '.join(operands)}, **{name}_operands)")
    if len(part.variables) > 1:
        lines.append(f"{variables} = ops.split({name}, {len(part.variables)}, axis=-1)")
    return lines


def _step(plan: CellPlan, parts: tuple[Fused, ...], functions: Mapping[str, str]) -> list[str]:
    """Statements of one step."""
    by_name = {part.projection.name: part for part in parts}
    lines: list[str] = []
    for step in plan.steps:
        if isinstance(step, Projection):
            source = None if step.source is None else printed(step.source, functions)
            lines += _response(plan, by_name[step.name], functions, source)
        else:
            lines.append(f"{step.name} = {printed(step.tree, functions)}")
    return lines


def _scan(plan: CellPlan, parts: tuple[Fused, ...], functions: Mapping[str, str]) -> View:
    """Statements of all steps at once, before and after the scan."""
    states = {*plan.states, *plan.new_states}
    by_name = {part.projection.name: part for part in parts}
    before: list[str] = []
    after: list[str] = []
    for step in plan.steps:
        if isinstance(step, Projection):
            before += _response(plan, by_name[step.name], functions, None)
        elif step.name in plan.new_states:
            continue
        else:
            late = _names(step) & states
            states |= {step.name} if late else set()
            line = f"{step.name} = {printed(step.tree, functions)}"
            (after if late else before).append(line)
    read = {n for line in after for n in _names_of(line)}
    return {
        "before": before,
        "after": after,
        "recurrences": [
            (
                f"new_{r.state}",
                r.state,
                _expression(r.coefficient, functions),
                _expression(r.addition, functions),
            )
            for r in plan.recurrences
        ],
        "previous": [s for s in plan.states if s in read],
        "output_is_state": plan.output in plan.new_states,
    }


def _names(equation: Equation) -> set[str]:
    return {n.id for n in ast.walk(equation.tree) if isinstance(n, ast.Name)}


def _names_of(line: str) -> set[str]:
    return {n.id for n in ast.walk(ast.parse(line)) if isinstance(n, ast.Name)}


def _expression(expression: object, functions: Mapping[str, str]) -> str:
    """A SymPy expression as code."""
    return printed(ast.parse(sstr(expression), mode="eval").body, functions)


def closed_form(math: FunctionMath) -> str | None:
    """An elementwise function of `x` >= 0, at its default numbers, as a quotient of affine ones."""
    if not math.is_elementwise or math.of_power is None:
        return None
    x = symbol(math.spec.array)
    quotient = math.default.xreplace({relu(x): x})
    return None if quotient.atoms(sympy.Function) else sstr(quotient.xreplace({x: symbol("x")}))
