"""Checks of geometries."""

import re
from collections.abc import Iterator, Mapping

from codegen.spec.checks import Loc, check_formula, check_prose, cycles
from codegen.spec.document import Document
from codegen.spec.errors import SpecError, shortened
from codegen.spec.models import GEOMETRY_NAMES, GeometrySpec
from codegen.spec.reserved import why_reserved

#: What the frameworks' code asks of a geometry: lengths, paddings and stages of constraints.
_NEEDED: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "convolution": {
        "lengths": ("extent", "output_length", "stuffed_length"),
        "padding": ("valid", "same", "causal", "centred"),
        "constraints": (
            *("arguments", "channels", "padding", "dilated_stride", "same_stride", "input"),
            *("input_channels", "input_rank", "reflect", "circular", "entries", "mask", "causal"),
            *("input_dilation", "input_axes", "same_input_dilation"),
        ),
    },
    "transposed_convolution": {
        "lengths": ("extent", "output_length"),
        "padding": (
            *("valid", "same", "cropped", "same_with_output_padding", "circular"),
            *("mirrored_circular", "repeated", "around_repeated"),
        ),
        "constraints": (
            *("arguments", "channels", "padding", "output_padding", "dilated_stride", "input"),
            *("input_channels", "input_rank", "entries", "mask", "input_axes"),
        ),
    },
}

_ID = re.compile(r"[a-z]+\.[a-z]+[0-9]+")


def check_geometry(spec: GeometrySpec, document: Document, stem: str) -> Iterator[SpecError]:
    """Everything that is wrong with a geometry whose shape is right."""
    if spec.geometry != stem:
        yield document.error(
            ["geometry"], f"geometry {spec.geometry!r} must stand in a file {spec.geometry}.yaml"
        )
        return
    yield from check_prose(document, ["summary"], spec.summary, sentence=True)
    for part, names in _NEEDED[spec.geometry].items():
        for name in names:
            if name not in getattr(spec, part):
                yield document.key_error([part], f"`{part}` must define {name!r}")
    known = {*GEOMETRY_NAMES, *spec.lengths}
    for name, length in spec.lengths.items():
        loc: Loc = ["lengths", name]
        yield from _check_name(document, loc, name)
        yield from check_prose(document, [*loc, "summary"], length.summary, sentence=True)
        place = [*loc, "formula"]
        yield from check_formula(document, place, f"length {name!r}", length.formula, known)
    lengths = {name: length.formula for name, length in spec.lengths.items()}
    for cycle in cycles(lengths):
        message = f"lengths refer to each other: {' -> '.join(cycle)}"
        yield document.key_error(["lengths", cycle[0]], message)
    yield from _check_padding(spec, document, known)
    yield from _check_constraints(spec, document, known)


def _check_padding(spec: GeometrySpec, document: Document, known: set[str]) -> Iterator[SpecError]:
    for name, padding in spec.padding.items():
        loc: Loc = ["padding", name]
        where = f"padding {name!r}"
        yield from _check_name(document, loc, name)
        yield from check_prose(document, [*loc, "summary"], padding.summary, sentence=True)
        for key, formula in padding.where.items():
            place: Loc = [*loc, "where", key]
            yield from _check_name(document, place, key)
            yield from check_formula(document, place, where, formula, known | padding.where.keys())
        for side, formula in (("before", padding.before), ("after", padding.after)):
            names = known | padding.where.keys()
            yield from check_formula(document, [*loc, side], where, formula, names)
        used = padding.before.names.union(
            padding.after.names, *(formula.names for formula in padding.where.values())
        )
        for key in padding.where:
            if key not in used:
                yield document.key_error([*loc, "where", key], f"formula {key!r} is not used")
        lengths = {n: length.formula for n, length in spec.lengths.items()}
        for cycle in cycles({**lengths, **padding.where}):
            if cycle[0] in padding.where:
                message = f"formulas refer to each other: {' -> '.join(cycle)}"
                yield document.key_error([*loc, "where", cycle[0]], message)


def _check_constraints(
    spec: GeometrySpec, document: Document, known: set[str]
) -> Iterator[SpecError]:
    first: dict[str, str] = {}
    for stage, constraints in spec.constraints.items():
        if stage not in _NEEDED[spec.geometry]["constraints"]:
            yield from _check_name(document, ["constraints", stage], stage)
        if not constraints:
            yield document.key_error(["constraints", stage], f"no constraint in {stage!r}")
        for name, constraint in constraints.items():
            loc: Loc = ["constraints", stage, name]
            if not _ID.fullmatch(name):
                message = f"{shortened(name)} is no id, such as 'conv.c1'"
                yield document.key_error(loc, message)
            elif name in first:
                yield document.key_error(loc, f"{name!r} is already in {first[name]!r}")
            first.setdefault(name, stage)
            place = [*loc, "holds"]
            where = f"constraint {name!r}"
            yield from check_prose(document, [*loc, "message"], constraint.message)
            yield from check_formula(document, place, where, constraint.holds, known)


def _check_name(document: Document, loc: Loc, name: str) -> Iterator[SpecError]:
    """A length or padding becomes a function of generated code, or a value in one."""
    if name in GEOMETRY_NAMES and loc[0] == "lengths":
        yield document.key_error(loc, f"{name!r} already has a meaning in formulas")
    elif name not in GEOMETRY_NAMES and (reason := why_reserved(name)):
        yield document.key_error(loc, f"{shortened(name)} {reason}")
