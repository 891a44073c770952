"""Checks of the properties that a neuron states."""

from collections.abc import Iterator

from codegen.spec.checks import check_formula, cycles, reachable
from codegen.spec.document import Document
from codegen.spec.errors import SpecError, did_you_mean
from codegen.spec.formula import CONSTANTS, COUNTS, Formula
from codegen.spec.models import PRIMITIVES, NeuronSpec
from codegen.spec.size import MAX_DEGREE


def check_properties(spec: NeuronSpec, document: Document) -> Iterator[SpecError]:
    stated = spec.properties
    for name in type(stated).model_fields:
        yield from _check_statement(spec, document, ["properties", name], getattr(stated, name))
    for name in ("homogeneous", "homogeneous_in_x", "homogeneous_in_w"):
        yield from _check_degrees(spec, document, name)
    loc: list[str | int] = ["properties", "monotone"]
    known = {*PRIMITIVES, *spec.parameters, *spec.math} - {"response"}
    for name, directions in (stated.monotone or {}).items():
        if name not in known:
            hint = did_you_mean(name, known)
            yield document.key_error([*loc, name], f"unknown name {name!r}{hint}")
        elif name in spec.math and "response" in spec.math and not any(cycles(spec.math)):
            yield from _check_subject(spec, document, name)
        if not directions:
            yield document.error([*loc, name], "either 'increasing' or 'decreasing'")
        for direction, condition in directions.items():
            place = [*loc, name, direction]
            yield from _check_statement(spec, document, place, condition)
    if stated.bounded is not None:
        bounds = {"below": stated.bounded.below, "above": stated.bounded.above}
        for side, bound in bounds.items():
            yield from _check_statement(spec, document, ["properties", "bounded", side], bound)
        if not any(bounds.values()):
            yield document.key_error(
                ["properties", "bounded"], "`bounded` needs `below` or `above`"
            )


def _check_subject(spec: NeuronSpec, document: Document, name: str) -> Iterator[SpecError]:
    """A formula must move while all else that the response reads is held."""
    others = {k: formula for k, formula in spec.math.items() if k != name}
    inside = reachable({**spec.math, "response": spec.math[name]})
    inside -= {*spec.math, *CONSTANTS, *COUNTS}
    if inside <= reachable(others):
        read = ", ".join(sorted(inside))
        message = f"{name!r} never changes by itself: the response reads {read} beside it"
        yield document.key_error(["properties", "monotone", name], message)


def _check_statement(
    spec: NeuronSpec, document: Document, loc: list[str | int], value: object
) -> Iterator[SpecError]:
    """A condition is about parameters; a bound holds for every x, and may depend on w."""
    if not isinstance(value, Formula):
        return
    known = {*spec.parameters, *CONSTANTS, *COUNTS}
    if loc[1] in ("bounded", "supremum", "infimum"):
        known.add("sq_w")
    yield from check_formula(document, loc, f"property {loc[1]!r}", value, known)


def _check_degrees(spec: NeuronSpec, document: Document, name: str) -> Iterator[SpecError]:
    degrees = getattr(spec.properties, name)
    if degrees is None:
        return
    loc: list[str | int] = ["properties", name]
    if "degree" not in degrees:
        yield document.key_error(loc, "missing key 'degree'")
    for parameter, degree in degrees.items():
        place = [*loc, parameter]
        if abs(degree) > MAX_DEGREE:
            yield document.error(place, f"a degree is at most {MAX_DEGREE} in size")
        if parameter == "degree":
            continue
        if parameter not in spec.parameters:
            hint = did_you_mean(parameter, spec.parameters)
            yield document.key_error(place, f"unknown parameter {parameter!r}{hint}")
        elif degree and spec.parameters[parameter].integer:
            yield document.key_error(place, f"{parameter!r} is a whole number and cannot be scaled")
