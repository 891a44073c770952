"""Checks that relate parts of a spec to each other; shapes and types are `models`' business."""

from collections.abc import Iterator
from contextlib import suppress

from codegen.spec.checks import check_formula, check_prose, cycles, reachable
from codegen.spec.document import Document
from codegen.spec.errors import SpecError, shortened
from codegen.spec.formula import CONSTANTS, COUNTS, FUNCTIONS, FormulaError, parse
from codegen.spec.models import PRIMITIVES, NeuronSpec, ParameterSpec
from codegen.spec.probe import without_effect, without_value
from codegen.spec.property_semantics import check_properties
from codegen.spec.reserved import why_derived, why_reserved
from codegen.spec.size import Written

MAX_NAMES = 60


def check_neuron(spec: NeuronSpec, document: Document, stem: str) -> Iterator[SpecError]:
    """Everything that is wrong with a neuron whose shape is right."""
    if spec.neuron != stem:
        yield document.error(
            ["neuron"],
            f"neuron {shortened(spec.neuron)} stands in a file of another name, {stem}.yaml",
        )
    elif reason := why_reserved(spec.neuron):
        yield document.error(["neuron"], f"{shortened(spec.neuron)} {reason}")
    yield from check_prose(document, ["summary"], spec.summary, sentence=True)
    yield from check_prose(document, ["reference"], spec.reference)
    for key in ("title", "symbol"):
        if (text := getattr(spec, key)) is not None:
            yield from check_prose(document, [key], text)
    for part in ("parameters", "math"):
        if len(getattr(spec, part)) > MAX_NAMES:
            yield document.key_error([part], f"more than {MAX_NAMES} names")
            return
    for name, parameter in spec.parameters.items():
        yield from _check_name(spec, document, ["parameters", name], name)
        yield from _check_parameter(document, name, parameter)
    wrong = [*_check_formulas(spec, document), *check_properties(spec, document)]
    yield from wrong or _check_values(spec, document)


def check_unfinished(document: Document) -> Iterator[SpecError]:
    """Unknown names in the formulas of a neuron whose shape is wrong somewhere."""
    value = document.value if isinstance(document.value, dict) else {}
    parameters, math = value.get("parameters", {}), value.get("math")
    if not isinstance(parameters, dict) or not isinstance(math, dict):
        return
    known = {*PRIMITIVES, *CONSTANTS, *COUNTS, *parameters, *math}
    for name, text in math.items():
        if isinstance(text, str):
            with suppress(FormulaError):
                where = f"formula {name!r}"
                yield from check_formula(document, ["math", name], where, parse(text), known)


def _check_name(
    spec: NeuronSpec, document: Document, loc: list[str | int], name: str
) -> Iterator[SpecError]:
    reason = why_reserved(name) or why_derived(name, (*PRIMITIVES, *spec.parameters))
    if name in PRIMITIVES or name in FUNCTIONS or name in CONSTANTS or name in COUNTS:
        yield document.key_error(loc, f"{name!r} already has a meaning in formulas")
    elif name == spec.neuron:
        yield document.key_error(loc, f"{name!r} is the name of the neuron itself")
    elif reason and loc != ["math", "response"]:
        yield document.key_error(loc, f"{shortened(name)} {reason}")


def _check_parameter(
    document: Document, name: str, parameter: ParameterSpec
) -> Iterator[SpecError]:
    loc: list[str | int] = ["parameters", name]
    trained = parameter.init is not None
    yield from check_prose(document, [*loc, "summary"], parameter.summary, sentence=True)
    if trained == (parameter.value is not None):
        both = f"parameter {name!r} has `init` (trained) and `value` (a constant): leave one out"
        none = f"parameter {name!r} needs `init` (it is trained) or `value` (a constant)"
        yield document.key_error(loc, both if trained else none)
        return
    if parameter.absent is not None and not trained:
        yield document.key_error([*loc, "absent"], "`absent` goes with `init`")
    start = "init" if trained else "value"
    if parameter.positive and _start(parameter) <= 0:
        yield document.error([*loc, start], f"`{start}` is above 0 where `positive: true`")
    if parameter.integer and (trained or parameter.options):
        yield document.key_error(
            [*loc, "integer"], "`integer` goes with `value` and without options"
        )
    elif parameter.integer and _start(parameter) % 1:
        yield document.error([*loc, "value"], "not a whole number, though `integer: true`")
    if len(set(parameter.axes)) < len(parameter.axes):
        yield document.error([*loc, "axes"], "an axis occurs twice")
    for i, option in enumerate(parameter.options):
        place = [*loc, "options", i]
        if option in parameter.options[:i]:
            yield document.error(place, f"option {option!r} occurs twice")
        elif option == "learnable" and (trained or not parameter.positive):
            yield document.error(place, "'learnable' goes with `value` and `positive: true`")
        elif option != "learnable" and not trained:
            yield document.error(place, f"{option!r} goes with `init`")
        elif option == "scalar" and "unit" not in parameter.axes:
            yield document.error(place, "'scalar' goes with `axes: [unit]`")
        elif option == "softplus" and parameter.positive:
            yield document.error(place, "a positive parameter goes through softplus already")
    if parameter.constant_true is not None:
        place = [*loc, "constant_true"]
        if "constant" not in parameter.options:
            yield document.key_error(place, "`constant_true` goes with option 'constant'")
        if names := parameter.constant_true.name_nodes:
            message = f"{names[0].id!r}: `constant_true` is a number without names"
            yield document.error(place, message, names[0].col_offset)
            return
        yield from check_formula(document, place, "`constant_true`", parameter.constant_true, ())


def _start(parameter: ParameterSpec) -> float:
    """The number at which a parameter starts, or that it is."""
    start = parameter.value if parameter.init is None else parameter.init
    return float(start == "ones") if isinstance(start, str) else start or 0.0


def _check_formulas(spec: NeuronSpec, document: Document) -> Iterator[SpecError]:
    known = {*PRIMITIVES, *CONSTANTS, *COUNTS, *spec.parameters, *spec.math}
    for name, formula in spec.math.items():
        loc: list[str | int] = ["math", name]
        if name in spec.parameters:
            yield document.key_error(loc, f"{name!r} is already a parameter")
        else:
            yield from _check_name(spec, document, loc, name)
        yield from check_formula(document, loc, f"formula {name!r}", formula, known)
    if "response" not in spec.math:
        message = "`math` must define `response`, the output of a unit"
        yield document.key_error(["math"], message)
        return
    circles = list(cycles(spec.math))
    for circle in circles:
        path = " -> ".join(circle)
        yield document.key_error(["math", circle[0]], f"formulas refer to each other: {path}")
    if circles:
        return
    if any(formula.names - known for formula in spec.math.values()):
        return  # What nothing uses may be what a misspelt name was meant to be.
    reached = reachable(spec.math)
    if "dot" not in reached:
        message = "the response does not use `dot`, so that a unit would not compare w with x"
        yield document.key_error(["math", "response"], message)
    for name in spec.math:
        if name != "response" and name not in reached:
            yield document.key_error(["math", name], f"formula {name!r} is not used")
    for name in spec.parameters:
        if name not in reached:
            yield document.key_error(["parameters", name], f"parameter {name!r} is not used")


def _check_values(spec: NeuronSpec, document: Document) -> Iterator[SpecError]:
    """Size and values of formulas about which everything else is right."""
    written = Written(spec.math)
    too_large = {name: reason for name in spec.math if (reason := written.why_too_large(name))}
    for name, reason in too_large.items():
        if not too_large.keys() & (spec.math[name].names - {name}):
            yield document.error(["math", name], reason)
    if too_large:
        return
    for name, error in without_value(spec):
        yield document.error(["math", name], error.message, error.offset)
    for name in without_effect(spec):
        if name in spec.parameters:
            message = f"parameter {name!r} cancels out: the response is the same for all its values"
            yield document.key_error(["parameters", name], message)
        else:
            message = f"`{name}` cancels out: the response is the same for all its values"
            yield document.key_error(["math", "response"], message)
