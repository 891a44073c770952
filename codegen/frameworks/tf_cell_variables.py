"""TensorFlow: the variables of cells, and the arguments that decide on them."""

from collections.abc import Sequence

from codegen.frameworks.arguments import (
    KERNEL_LAWS,
    VARIANCE_SCALING,
    Naming,
    constant_default,
    constant_type,
    flag_argument,
    initializer_argument,
    start_expression,
)
from codegen.frameworks.base import Argument, View
from codegen.plans.cell import CellPlan
from codegen.plans.layer import ParameterPlan
from codegen.plans.start import StartView, cell_start


def variables_view(plan: CellPlan, naming: Naming, gates: Sequence[str]) -> View:
    """What a cell says of its variables; `gates` are its responses in TensorFlow's order."""
    start = cell_start(plan)
    options = [a for p in plan.parameters for a in _options(p, naming)]
    initializers = _initializers(plan, naming, start)
    return {
        "arguments": [*options, *initializers],
        "stored": [
            *((a.name, _checked(plan, a.name)) for a in options),
            *((a.name, a.name) for a in initializers),
        ],
        "kernels": _kernels(plan),
        "parameters": [_parameter(plan, p, start, gates) for p in plan.parameters],
        "starts": [_shared_start(plan, p) for p in plan.parameters if _has_start(plan, p)],
    }


def _options(parameter: ParameterPlan, naming: Naming) -> list[Argument]:
    if parameter.optional:
        flag = flag_argument(parameter, naming)
        doc = flag.doc.replace("the layer has", "the cell has")
        return [Argument(flag.name, flag.annotation, flag.default, doc)]
    if parameter.trained:
        return []
    kind = "A whole number" if parameter.spec.integer else "A number"
    positive = " > 0" if parameter.spec.positive else ""
    doc = f"{parameter.spec.summary} {kind}{positive}."
    default = constant_default(parameter)
    return [Argument(parameter.name, constant_type(parameter), default, doc)]


def _checked(plan: CellPlan, name: str) -> str:
    """The expression that checks an option: a constant of the neuron."""
    spec = next((p.spec for p in plan.parameters if p.name == name), None)
    if spec is None:
        return name
    kind = "whole" if spec.integer else "" if spec.positive else "finite"
    check = "_".join(filter(None, ("positive" * spec.positive, kind, "number")))
    return f'_arguments.{check}("{name}", {name})'


def _initializers(plan: CellPlan, naming: Naming, start: StartView) -> list[Argument]:
    laws = {}
    if plan.input_units:
        laws["kernel"] = f"{KERNEL_LAWS[plan.spec.kernel.input]}, for each gate by itself"
    if plan.recurrent_units:
        laws["recurrent"] = f"{KERNEL_LAWS[plan.spec.kernel.recurrent]}, for each gate by itself"
    for parameter in plan.parameters:
        if parameter.trained:
            laws[parameter.name] = _law(plan, parameter, start)
    return [initializer_argument(name, law, naming) for name, law in laws.items()]


def _law(plan: CellPlan, parameter: ParameterPlan, start: StartView) -> str:
    name = parameter.name
    if name == start.parameter and plan.spec.start:
        values = ", ".join(f"{value} = {number:g}" for value, number in plan.spec.start.items())
        return f"such that {values} for an input of variance 1 that is orthogonal to the kernel"
    if name in plan.spec.parameters:
        text = plan.spec.parameters[name].text
        spelled = text.replace("sq_x", "‖x‖²").replace("sq_w", "‖w‖²")
        return f"{spelled}, with the expected norms" if spelled != text else spelled
    return parameter.law_in_words


def _kernels(plan: CellPlan) -> list[View]:
    found: list[View] = []
    laws = plan.spec.kernel
    kinds = (
        ("kernel", "kernel", plan.input_units, laws.input, "in_features"),
        ("recurrent_kernel", "recurrent", plan.recurrent_units, laws.recurrent, "self.features"),
    )
    for name, argument, units, law, rows in kinds:
        if not units:
            continue
        blocks = len(units)
        width, documented = _width(blocks), _width(blocks, "features")
        block = f"[{rows}, self.features]"
        if law == "orthogonal":
            drawn = f"_numerics.orthogonal({block}, self.dtype)"
        else:
            drawn = f"_numerics.variance_scaling({block}, self.dtype, {VARIANCE_SCALING[law]})"
        if blocks > 1:
            drawn = f"_recurrent.side_by_side(lambda: {drawn}, {blocks})"
        rows_doc = "in" if rows == "in_features" else "features"
        found.append(
            {
                "name": name,
                "initializer": f"self.{argument}_initializer",
                "shape": f"[{rows}, {width}]",
                "drawn": drawn,
                "doc": f"Variable of shape [{rows_doc}, {documented}]: what neurons have for the "
                f"{'input' if argument == 'kernel' else 'state'}.",
            }
        )
    return found


def _parameter(
    plan: CellPlan, parameter: ParameterPlan, start: StartView, gates: Sequence[str]
) -> View:
    """One parameter of the neuron: an attribute, stored if it is trained."""
    name, positive = parameter.name, parameter.spec.positive
    width, documented = _width(len(plan.units)), _width(len(plan.units), "features")
    shape = f"[{width}]" if parameter.per_unit else "[]"
    before: list[str] = []
    if name == start.parameter:
        initial = "_recurrent.repeated(starts, self.features, self.dtype)"
        before = _gate_starts(plan, start, gates)
    elif _has_start(plan, parameter):
        raw = f"_arguments.inverse_softplus({name})" if positive else name
        initial = f"tf.constant({raw}, self.dtype)"
    elif parameter.trained and parameter.law:
        initial = f"tf.{parameter.law}({shape}, self.dtype)"
    else:
        initial = f"tf.constant({start_expression(parameter)}, self.dtype, {shape})"
    value = f"self.{name}"
    if parameter.trained:
        given = f"self.{name}_initializer"
        initial = f"{initial} if {given} is None else {given}({shape}, self.dtype)"
        value = f"tf.cast(self.{name}, dtype)"
        value = f"_numerics.softplus({value})" if positive else value
    if parameter.optional:
        value = f"None if self.{name} is None else {value}"
    notes = [": the value before softplus"] * positive + ["; None if left out"] * parameter.optional
    return {
        "name": name,
        "stored": parameter.trained,
        "flag": f"self.use_{name}" if parameter.optional else "",
        "before": before,
        "initial": initial,
        "value": value,
        "doc": f"Variable of shape [{documented * parameter.per_unit}]{''.join(notes)}.",
    }


def _width(blocks: int, units: str = "self.features") -> str:
    return units if blocks == 1 else f"{blocks} * {units}"


def _has_start(plan: CellPlan, parameter: ParameterPlan) -> bool:
    """Whether the cell says where its own parameter starts."""
    return parameter.name in plan.spec.parameters


def _shared_start(plan: CellPlan, parameter: ParameterPlan) -> str:
    """The statement that computes it, or what stands for a parameter that is left out."""
    name = parameter.name
    call = f"_starts.{plan.module}_{name}(in_features, self.features)"
    if parameter.optional:
        call = f"{call} if self.use_{name} else {parameter.spec.absent!r}"
    return f"{name} = {call}"


def _gate_starts(plan: CellPlan, start: StartView, gates: Sequence[str]) -> list[str]:
    """Statements that compute where each gate's parameter starts, in TensorFlow's order."""
    shared = [_in_build(plan, name) for name in start.shared]
    arguments = ", ".join(["in_features", "self.features", *shared])
    call = f"_starts.{plan.module}_{start.parameter}({arguments})"
    canonical = [unit.variable for unit in plan.units]
    if canonical == list(gates):
        return [f"starts = {call}"]
    return [f"{', '.join(canonical)} = {call}", f"starts = [{', '.join(gates)}]"]


def _in_build(plan: CellPlan, name: str) -> str:
    """The start of a parameter of the cell, as `build` calls it."""
    parameter = next(p for p in plan.parameters if p.name == name)
    if _has_start(plan, parameter):
        return name
    if not parameter.trained:
        return f"self.{name}"
    if parameter.optional:
        return f"{parameter.start!r} if self.use_{name} else {parameter.spec.absent!r}"
    return repr(parameter.start)
