"""What cells of Flax Linen and Flax NNX share: equations in JAX, arrays and where they start."""

from collections.abc import Mapping
from typing import Any

from codegen.frameworks import jax
from codegen.frameworks.arguments import (
    KERNEL_LAWS,
    constant_default,
    constant_type,
    flag_argument,
    initializer_argument,
    start_expression,
)
from codegen.frameworks.base import Argument, StoredArray
from codegen.frameworks.cells import stored_arrays
from codegen.frameworks.jax_steps import carry, parallel_view, step_lines
from codegen.math.cell_latex import cell_latex
from codegen.math.latex import response_latex
from codegen.plans.cell import CellPlan
from codegen.plans.layer import ParameterPlan
from codegen.plans.start import cell_start

_KERNELS = {"kernel": "input", "recurrent_kernel": "recurrent"}
"""Kernel → the key of its law in the spec."""

SEQUENCE_ARGUMENTS = [
    Argument(
        "time_major",
        "bool",
        "False",
        "if True, the first axis of inputs and outputs is that of time; if False, the last but "
        "one is.",
    ),
    Argument(
        "return_carry", "bool", "False", "if True, return the final carry before the outputs."
    ),
    Argument(
        "reverse",
        "bool",
        "False",
        "if True, begin at the last real step, and return outputs in the order in which they are "
        "computed; padding stays at the end.",
    ),
    Argument(
        "keep_order",
        "bool",
        "False",
        "if True, return outputs in the order of inputs also with ``reverse``.",
    ),
    Argument("unroll", "int", "1", "how many steps one iteration of the loop takes."),
]


def view(plan: CellPlan, units: str, nowrap: str) -> dict[str, Any]:
    """What the templates of both say; `units` is what a cell calls its number of units."""
    math = plan.neuron.math
    counts = {"inputs": "weights.inputs(gate)", "units": f"self.{units}"}
    operands = {"dot": "product", "sq_w": "weights.sq_w[gate]"}
    return {
        "name": plan.name,
        "cell_name": plan.cell_name,
        "module": plan.module,
        "summary": plan.spec.summary,
        "reference": plan.spec.reference,
        "latex": cell_latex(plan),
        "response_latex": response_latex(math),
        "neuron": plan.neuron.name,
        "neuron_title": plan.neuron.title,
        "functions": sorted(set(plan.roles.values())),
        "layout": _layout(plan),
        "states": plan.states[::-1],
        "operands": [operands.get(n, n) for n in math.primitives],
        "settings": [f"{n}={counts[n]}" for n in math.counts]
        + [f"{p.name}=self.{p.name}" for p in plan.parameters if not p.trained],
        "nowrap": nowrap,
        "carry": carry(plan.states),
        "last_carry": carry(plan.states, in_parentheses=True),
        "new_carry": carry(plan.new_states, in_parentheses=True),
        "output": plan.output,
        "step": step_lines(plan),
        "parallel": parallel_view(plan) if plan.recurrences else None,
        "checks": [(p.name, _check(p)) for p in plan.parameters if not p.trained],
        "default_initializers": _default_initializers(plan),
        "arrays": [array.name for array in plan.arrays],
        "kernels": [name for name in _KERNELS if _blocks(plan, name)],
        "per_unit": [p.name for p in _trained(plan) if p.per_unit],
        "shared": [p.name for p in _trained(plan) if not p.per_unit],
        "effective": {p.name: _effective(p) for p in _trained(plan)},
        "start_doc": _start_doc(plan),
    }


def roles(plan: CellPlan) -> list[Argument]:
    """The functions of equations, as Flax's cells name them."""
    docs = {"gate": "function of responses that gives gates", "activation": "that of candidates"}
    return [
        Argument(f"{role}_fn", "Callable[..., Any]", name, f"{docs[role]} (default: ``{name}``).")
        for role, name in plan.roles.items()
    ]


def initializers(plan: CellPlan) -> list[Argument]:
    """Those that cells of Flax have as well."""
    found = []
    for name, key in _KERNELS.items():
        if _blocks(plan, name):
            law = f"{KERNEL_LAWS[getattr(plan.spec.kernel, key)]}, for each gate by itself"
            found.append(initializer_argument(name, law, jax.NAMING))
    return found + [_initializer(plan, p) for p in _trained(plan) if p.name == "bias"]


def options(plan: CellPlan) -> list[Argument]:
    """Which parameters there are, and constants."""
    found = []
    for parameter in plan.parameters:
        if parameter.optional:
            argument = flag_argument(parameter, jax.NAMING)
            doc = argument.doc.replace("Whether the layer has", "whether there is")
            found.append(Argument(argument.name, argument.annotation, argument.default, doc))
        elif not parameter.trained:
            positive = " > 0" if parameter.spec.positive else ""
            kind = "A whole number" if parameter.spec.integer else "A number"
            found.append(
                Argument(
                    parameter.name,
                    constant_type(parameter),
                    constant_default(parameter),
                    f"{parameter.spec.summary} {kind}{positive}.",
                )
            )
    return found + [_initializer(plan, p) for p in _trained(plan) if p.name != "bias"]


def parameters(plan: CellPlan, inputs: str, units: str, prefix: str) -> list[dict[str, Any]]:
    """Every array in the order in which it is made; `prefix` stands before names of options."""
    start = cell_start(plan)
    found: list[dict[str, Any]] = []
    for name in _KERNELS:
        if blocks := _blocks(plan, name):
            rows = inputs if name == "kernel" else units
            made = f"_initial.by_gate({prefix}{name}_init, {blocks})"
            shape = f"({rows}, {_times(blocks, units)})"
            found.append({"name": name, "made": made, "shape": shape, "flag": None})
    # The starts of those that the solved one reads come before it.
    for p in sorted(_trained(plan), key=lambda p: p.name == start.parameter):
        default, before = _start(plan, p, inputs, units, prefix)
        found.append(
            {
                "name": p.name,
                "made": f"{prefix}{p.name}_init",
                "default": default,
                "shape": f"({_times(len(plan.units), units)},)" if p.per_unit else "()",
                "flag": f"{prefix}use_{p.name}" if p.optional else None,
                "before": before,
            }
        )
    return [{"default": "", "before": []} | array for array in found]


def array_docs(plan: CellPlan, inputs: str, units: str) -> list[tuple[str, str]]:
    """Name and shape of every array."""
    docs = {}
    for array in plan.arrays:
        rows = {"kernel": f"{inputs}, ", "recurrent_kernel": f"{units}, "}.get(array.name, "")
        blocks = _blocks(plan, array.name) if array.name in _KERNELS else len(plan.units)
        comma = "" if rows else ","
        docs[array.name] = (
            f"shape ({rows}{_times(blocks, units)}{comma})" if array.axes else ("shape ()")
        )
    flags = {p.name for p in plan.parameters if p.optional}
    return [(n, f"{d}; None if left out" if n in flags else d) for n, d in docs.items()]


def carry_doc(plan: CellPlan, units: str) -> str:
    """What a carry is."""
    shape = f"shape ``(*batch, {units})``"
    if len(plan.states) == 1:
        return f"{plan.states[0]}, an array of {shape}"
    return f"the tuple {carry(plan.states, in_parentheses=True)}, each of {shape}"


def example_shapes(plan: CellPlan, inputs: int, units: int) -> str:
    """The shapes of all arrays of a cell, as a mapping in order of names."""
    shapes: dict[str, tuple[int, ...]] = {}
    for array in plan.arrays:
        if array.name in _KERNELS:
            rows = inputs if array.name == "kernel" else units
            shapes[array.name] = (rows, _blocks(plan, array.name) * units)
        else:
            shapes[array.name] = (len(plan.units) * units,) if array.axes else ()
    return str(dict(sorted(shapes.items())))


def stored_cell_arrays(plan: CellPlan) -> Mapping[str, StoredArray]:
    """Units last, every gate's side by side in canonical order."""
    return stored_arrays(plan)


def _trained(plan: CellPlan) -> list[ParameterPlan]:
    return [p for p in plan.parameters if p.trained]


def _blocks(plan: CellPlan, kernel: str) -> int:
    return len(plan.input_units if kernel == "kernel" else plan.recurrent_units)


def _times(count: int, units: str | int) -> str:
    return str(units) if count == 1 else f"{count} * {units}"


def _layout(plan: CellPlan) -> dict[str, tuple[str, ...]]:
    return {
        "kernel": tuple(u.variable for u in plan.input_units),
        "recurrent_kernel": tuple(u.variable for u in plan.recurrent_units),
        "parameters": tuple(u.variable for u in plan.units),
        "primitives": plan.neuron.math.primitives,
    }


def _check(parameter: ParameterPlan) -> str:
    """The function of `_arguments` that checks a constant."""
    spec = parameter.spec
    kind = "whole" if spec.integer else "" if spec.positive else "finite"
    return "_".join(filter(None, ("positive" * spec.positive, kind, "number")))


def _has_start(plan: CellPlan, parameter: ParameterPlan) -> bool:
    return parameter.name in (cell_start(plan).parameter, *plan.spec.parameters)


def _initializer(plan: CellPlan, parameter: ParameterPlan) -> Argument:
    name, spec = parameter.name, plan.spec
    if not _has_start(plan, parameter):
        return initializer_argument(name, parameter.law_in_words, jax.NAMING)
    if name in spec.parameters:
        text = spec.parameters[name].text.replace("sq_x", "‖x‖²").replace("sq_w", "‖w‖²")
        law = f"{text}, of expected norms" if "‖" in text else text
    else:
        law = "constants, so that gates start as stated above"
    doc = f"Initialiser of ``{name}``. Default: {law}."
    return Argument(f"{name}_init", "Initializer | None", "None", doc)


def _start(
    plan: CellPlan, p: ParameterPlan, inputs: str, units: str, prefix: str
) -> tuple[str, list[str]]:
    """The default initialiser of a parameter whose start is computed, and statements before it."""
    start = cell_start(plan)
    before: list[str] = []
    if p.name in plan.spec.parameters:
        value = f"_starts.{plan.module}_{p.name}({inputs}, {units})"
        if p.name in start.shared:
            absent = f" if {prefix}use_{p.name} else {p.spec.absent}" if p.optional else ""
            before = [f"{p.name}_start = {value}{absent}"]
            value = f"{p.name}_start"
        stored = f"_arguments.inverse_softplus({value})" if p.spec.positive else value
        return f"initializers.constant({stored})", before
    if p.name != start.parameter:
        return "", []
    named = {q.name: q for q in plan.parameters}
    given = [inputs, units]
    for name in start.shared:
        q = named[name]
        if not q.trained:
            given.append(f"self.{name}")
        elif name in plan.spec.parameters:
            given.append(f"{name}_start")
        else:
            given.append(str(q.start))
    return f"_initial.constants(_starts.{plan.module}_{p.name}({', '.join(given)}))", []


def _default_initializers(plan: CellPlan) -> list[tuple[str, str]]:
    """Module constants: name and expression."""
    found = []
    for name, key in _KERNELS.items():
        if _blocks(plan, name):
            law = getattr(plan.spec.kernel, key)
            orthogonal = law == "orthogonal"
            found.append((name, "_initial.orthogonal" if orthogonal else f"initializers.{law}()"))
    for p in _trained(plan):
        if not _has_start(plan, p):
            law = p.law or f"constant({start_expression(p)})"
            found.append((p.name, f"initializers.{law}"))
    return found


def _effective(parameter: ParameterPlan) -> str:
    """What takes part in responses, of an array in the dtype of the computation."""
    name = parameter.name
    if not parameter.spec.positive:
        return name
    value = f"_numerics.softplus({name}.astype(_numerics.wide_dtype(inputs.dtype)))"
    return f"None if {name} is None else {value}" if parameter.optional else value


def _start_doc(plan: CellPlan) -> str:
    values = ", ".join(f"{name} = {value:g}" for name, value in plan.spec.start.items())
    if not values:
        return ""
    return (
        f"Before training, {values} for a carry of zeros and an input of variance 1 that is "
        "orthogonal to the kernel: biases are computed from that."
    )
