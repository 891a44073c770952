"""Checks that relate parts of a function's spec to each other."""

import ast
from collections.abc import Container, Iterator, Mapping

from codegen.spec.checks import Loc, check_formula, check_prose, cycles, reachable
from codegen.spec.document import Document
from codegen.spec.errors import SpecError, did_you_mean, shortened
from codegen.spec.formula import CONSTANTS, FUNCTIONS, SUM, Formula
from codegen.spec.function_models import ArgumentSpec, FunctionSpec, LimitsSpec
from codegen.spec.function_probe import without_effect, without_value
from codegen.spec.reserved import why_reserved
from codegen.spec.size import Written

MAX_NAMES = 60

#: What every framework has a name of its own for.
ARRAY, AXIS, RESULT = "x", "axis", "result"


def check_function(
    spec: FunctionSpec, document: Document, stem: str, files: Mapping[str, Container[str]]
) -> Iterator[SpecError]:
    """Everything that is wrong with a function whose shape is right.

    `files` are stems of other files by what they are: their names are no longer free.
    """
    name = spec.function
    if name != stem:
        message = f"function {shortened(name)} stands in a file of another name, {stem}.yaml"
        yield document.error(["function"], message)
    elif reason := why_reserved(name):
        yield document.error(["function"], f"{shortened(name)} {reason}")
    elif name in FUNCTIONS:
        yield document.error(["function"], f"{name!r} already has a meaning in formulas")
    elif kind := next((kind for kind, stems in files.items() if name in stems), None):
        yield document.error(["function"], f"{name!r} is already the name of a {kind}")
    yield from check_prose(document, ["summary"], spec.summary, sentence=True)
    yield from check_prose(document, ["reference"], spec.reference)
    for part in ("arguments", "math"):
        if len(getattr(spec, part)) > MAX_NAMES:
            yield document.key_error([part], f"more than {MAX_NAMES} names")
            return
    wrong = [*_check_arguments(spec, document), *_check_formulas(spec, document)]
    yield from wrong or _check_values(spec, document)
    yield from _check_properties(spec, document)


def _check_arguments(spec: FunctionSpec, document: Document) -> Iterator[SpecError]:
    for i, (name, argument) in enumerate(spec.arguments.items()):
        loc: Loc = ["arguments", name]
        yield from check_prose(document, [*loc, "summary"], argument.summary, sentence=True)
        kinds = (argument.array, argument.value is not None, argument.axis is not None)
        if sum(kinds) != 1:
            message = f"argument {name!r} is either `array: true`, a number `value`, or an `axis`"
            yield document.key_error(loc, message)
            continue
        yield from _check_argument_name(document, loc, name, argument)
        if argument.array != (i == 0):
            message = "the first argument is the array, with `array: true`, and no other is"
            yield document.key_error(loc, message)
        if argument.positive and argument.value is None:
            yield document.key_error([*loc, "positive"], "`positive` goes with `value`")
        elif argument.positive and (argument.value or 0) <= 0:
            yield document.error([*loc, "value"], "`value` is above 0 where `positive: true`")
    if not spec.arguments:
        yield document.key_error(["arguments"], "the first argument is the array, `x`")


def _check_argument_name(
    document: Document, loc: Loc, name: str, argument: ArgumentSpec
) -> Iterator[SpecError]:
    wanted = ARRAY if argument.array else AXIS if argument.axis is not None else None
    if wanted is not None:
        if name != wanted:
            what = "array" if argument.array else "axis"
            message = f"the {what} is called `{wanted}` here; each framework has its own word"
            yield document.key_error(loc, message)
    elif name in FUNCTIONS or name in CONSTANTS or name == SUM:
        yield document.key_error(loc, f"{name!r} already has a meaning in formulas")
    elif reason := why_reserved(name):
        yield document.key_error(loc, f"{shortened(name)} {reason}")


def _check_formulas(spec: FunctionSpec, document: Document) -> Iterator[SpecError]:
    axes = {name for name, argument in spec.arguments.items() if argument.axis is not None}
    known = {*CONSTANTS, *spec.arguments, *spec.math} - axes
    for name, formula in spec.math.items():
        loc: Loc = ["math", name]
        if name in spec.arguments:
            yield document.key_error(loc, f"{name!r} is already an argument")
        elif name in FUNCTIONS or name in CONSTANTS or name == SUM:
            yield document.key_error(loc, f"{name!r} already has a meaning in formulas")
        elif name != RESULT and (reason := why_reserved(name)):
            yield document.key_error(loc, f"{shortened(name)} {reason}")
        yield from _check_axes(document, loc, formula, axes, known)
        yield from check_formula(document, loc, f"formula {name!r}", formula, known | axes)
    if RESULT not in spec.math:
        yield document.key_error(["math"], f"`math` must define `{RESULT}`, the function itself")
        return
    circles = list(cycles(spec.math))
    for circle in circles:
        path = " -> ".join(circle)
        yield document.key_error(["math", circle[0]], f"formulas refer to each other: {path}")
    if circles or any(f.names - known - axes for f in spec.math.values()):
        return
    reached = reachable(spec.math, RESULT)
    for name in spec.math:
        if name != RESULT and name not in reached:
            yield document.key_error(["math", name], f"formula {name!r} is not used")
    for name in spec.arguments:
        if name not in reached:
            yield document.key_error(["arguments", name], f"argument {name!r} is not used")


def _check_values(spec: FunctionSpec, document: Document) -> Iterator[SpecError]:
    """Size and values of formulas about which everything else is right."""
    written = Written(spec.math)
    for name in spec.math:
        if reason := written.why_too_large(name):
            yield document.error(["math", name], reason)
            return
    for name, error in without_value(spec):
        yield document.error(["math", name], error.message, error.offset)
    for name in without_effect(spec):
        message = f"`{name}` cancels out: the result is the same for all its values"
        yield document.key_error(["math", RESULT], message)


def _check_axes(
    document: Document, loc: Loc, formula: Formula, axes: set[str], others: set[str]
) -> Iterator[SpecError]:
    """An axis stands in sums alone, and sums run along an axis."""
    named: set[int] = set()
    for node in ast.walk(formula.tree):
        match node:
            case ast.Call(func=ast.Name(id="sum"), args=[_, ast.Name(id=name) as axis]):
                named.add(id(axis))
                if name in others:
                    hint = did_you_mean(name, axes)
                    message = f"{shortened(name)} is no argument with `axis`{hint}"
                    yield document.error(loc, message, axis.col_offset)
    for node in formula.name_nodes:
        if node.id in axes and id(node) not in named:
            message = f"{node.id!r} is an axis: it stands in sums alone, sum(a, {node.id})"
            yield document.error(loc, message, node.col_offset)


def _check_properties(spec: FunctionSpec, document: Document) -> Iterator[SpecError]:
    stated, loc = spec.properties, ["properties"]
    numbers = {*spec.numbers, *CONSTANTS}
    for name in stated.monotone or {}:
        yield from _check_key(document, [*loc, "monotone", name], {ARRAY, *spec.numbers})
    for name, formula in (stated.scaling or {}).items():
        yield from _check_key(document, [*loc, "scaling", name], {ARRAY, *spec.numbers})
        yield from check_formula(document, [*loc, "scaling", name], "'scaling'", formula, numbers)
    if stated.scaling is not None and ARRAY not in stated.scaling:
        yield document.key_error([*loc, "scaling"], f"missing key {ARRAY!r}")
    if stated.reciprocal is not None:
        known = {RESULT, *numbers}
        place = [*loc, "reciprocal"]
        yield from check_formula(document, place, "'reciprocal'", stated.reciprocal, known)
    for key in ("bounded", "total"):
        limits: LimitsSpec | None = getattr(stated, key)
        if limits is None:
            continue
        sides = {"below": limits.below, "above": limits.above}
        if not any(sides.values()):
            yield document.key_error([*loc, key], f"`{key}` needs `below` or `above`")
        for side, bound in sides.items():
            if bound is not None:
                yield from check_formula(document, [*loc, key, side], repr(key), bound, numbers)
    if stated.total is not None and spec.axis is None:
        yield document.key_error([*loc, "total"], "`total` goes with an argument that is an axis")


def _check_key(document: Document, loc: Loc, known: set[str]) -> Iterator[SpecError]:
    name = str(loc[-1])
    if name not in known:
        hint = did_you_mean(name, known)
        yield document.key_error(loc, f"unknown argument {shortened(name)}{hint}")
