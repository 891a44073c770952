"""Checks that relate parts of a cell's spec to each other."""

import ast
from collections.abc import Collection, Iterator, Mapping

from codegen.spec.cell_models import CellSpec, started
from codegen.spec.checks import Loc, check_formula, check_prose
from codegen.spec.document import Document
from codegen.spec.errors import SpecError, did_you_mean, one_of, shortened
from codegen.spec.formula import CONSTANTS, FUNCTIONS, Formula
from codegen.spec.models import NeuronSpec
from codegen.spec.reserved import why_reserved

#: Functions of one argument: equations are arithmetic of arrays in every framework.
CELL_FUNCTIONS = tuple(name for name, arguments in FUNCTIONS.items() if arguments == 1)

NORMS = ("sq_x", "sq_w")
"""What starts of parameters may depend on."""

INPUT = "x"
"""The name of the input in sources."""


def check_cells(
    cells: Mapping[str, tuple[CellSpec, Document]],
    neurons: Collection[str],
    functions: Collection[str],
    layers: Collection[str],
    specified: Mapping[str, NeuronSpec],
) -> Iterator[SpecError]:
    """Everything that is wrong with the cells of all files together."""
    taken = set(layers)
    for stem, (spec, document) in cells.items():
        if reason := why_reserved(stem):
            yield document.key_error([], f"the file's name, {shortened(stem)}, {reason}")
        if reason := why_reserved(spec.cell):
            yield document.error(["cell"], f"{shortened(spec.cell)} {reason}")
        for name in (spec.cell, f"{spec.cell}Cell"):
            if name in taken:
                yield document.error(["cell"], f"{name!r} is already the name of a layer")
            taken.add(name)
        yield from _check_named(document, ["neuron"], "neuron", spec.neuron, neurons)
        for role, function in spec.functions.items():
            yield from _check_named(document, ["functions", role], "function", function, functions)
        yield from check_prose(document, ["summary"], spec.summary, sentence=True)
        yield from check_prose(document, ["reference"], spec.reference)
        yield from _check_cell(spec, document)
        if spec.neuron in specified:
            yield from _check_parameters(spec, document, specified[spec.neuron])


def _check_parameters(
    spec: CellSpec, document: Document, neuron: NeuronSpec
) -> Iterator[SpecError]:
    """Starts of parameters that the cell has one of."""
    shared = [n for n, p in neuron.parameters.items() if p.init is not None and not p.axes]
    for name, formula in spec.parameters.items():
        loc = ["parameters", name]
        if name not in shared:
            hint = did_you_mean(name, shared)
            message = (
                f"neuron {neuron.neuron!r} has no trained parameter {shortened(name)} that all"
            )
            yield document.key_error(loc, f"{message} units share{hint}")
        yield from check_formula(document, loc, f"the start of {name!r}", formula, NORMS)


def _check_named(
    document: Document, loc: Loc, kind: str, name: str, known: Collection[str]
) -> Iterator[SpecError]:
    if name not in known:
        there = f"; there is {one_of(sorted(known))}" if known else f"; there is none in {kind}s/"
        hint = did_you_mean(name, known) or there
        yield document.error(loc, f"unknown {kind} {shortened(name)}{hint}")


def _check_cell(spec: CellSpec, document: Document) -> Iterator[SpecError]:
    """Names first; then each formula may use what stands above it."""
    wrong = [*_check_names(spec, document)]
    yield from wrong
    if wrong:
        return
    responses = spec.responses
    values = set(spec.state)
    projected: dict[str, None] = {}
    for name, formula in spec.math.items():
        for projection in [responses[n][0] for n in sorted(formula.names) if n in responses]:
            if projection not in projected:
                projected[projection] = None
                yield from _check_source(spec, document, projection, values)
        yield from _check_equation(spec, document, ["math", name], formula, {*responses, *values})
        values.add(name)
    for name in spec.projections.keys() - projected.keys():
        yield document.key_error(["projections", name], f"projection {name!r} is not used")
    for name in spec.state:
        if name not in spec.math:
            yield document.key_error(["state", name], f"`math` has no equation for state {name!r}")
    if spec.output not in spec.math:
        hint = did_you_mean(spec.output, spec.math)
        yield document.error(["output"], f"unknown value {shortened(spec.output)}{hint}")
    called = {n for f in spec.math.values() for n in _called(f)}
    for role in spec.functions:
        if role not in called:
            yield document.key_error(["functions", role], f"no equation calls {role!r}")
    read = {n for f in _formulas(spec) for n in f.names}
    for name in spec.math:
        if name not in read | {spec.output, *spec.state}:
            yield document.key_error(["math", name], f"value {name!r} is not used")
    for response, (projection, unit) in responses.items():
        if response not in read and projection in projected:
            place = spec.projections[projection].units.index(unit)
            message = f"no equation uses the response {response!r}"
            yield document.error(["projections", projection, "units", place], message)
    yield from _check_start(spec, document)


def _formulas(spec: CellSpec) -> Iterator[Formula]:
    yield from spec.math.values()
    for projection in spec.projections.values():
        yield from projection.source


def _called(formula: Formula) -> Iterator[str]:
    for node in ast.walk(formula.tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            yield node.func.id


def _check_names(spec: CellSpec, document: Document) -> Iterator[SpecError]:
    """Every name means one thing, and none hides another in generated code."""
    for part in ("state", "projections", "math"):
        if not getattr(spec, part):
            yield document.key_error([part], f"`{part}` is empty")
    places: list[tuple[Loc, str]] = [(["state", name], name) for name in spec.state]
    places += [(["projections", name], name) for name in spec.projections]
    places += [(["math", name], name) for name in spec.math if name not in spec.state]
    units: dict[tuple[str, str], None] = {}
    for name, projection in spec.projections.items():
        if not projection.units:
            yield document.key_error(["projections", name, "units"], "`units` is empty")
        for i, unit in enumerate(projection.units):
            place: Loc = ["projections", name, "units", i]
            if (name, unit) in units:
                yield document.error(place, f"unit {unit!r} occurs twice")
            units[name, unit] = None
            if reason := why_reserved(unit):
                yield document.error(place, f"{shortened(unit)} {reason}")
            elif unit in spec.state or unit in spec.math or unit == INPUT:
                yield document.error(place, f"{unit!r} already has a meaning in formulas")
    seen: set[str] = set()
    for loc, name in places:
        if name in (INPUT, *FUNCTIONS, *CONSTANTS, *spec.functions):
            yield document.key_error(loc, f"{name!r} already has a meaning in formulas")
        elif name in seen:
            yield document.key_error(loc, f"{name!r} is already the name of something else")
        elif reason := why_reserved(name):
            yield document.key_error(loc, f"{shortened(name)} {reason}")
        seen.add(name)


def _check_source(
    spec: CellSpec, document: Document, name: str, values: set[str]
) -> Iterator[SpecError]:
    """The input at most once, and at most one formula, of what is known at that point."""
    projection = spec.projections[name]
    loc = ["projections", name, "source"]
    if not projection.source:
        yield document.key_error(loc, "`source` is empty")
    inputs = [f for f in projection.source if f.text == INPUT]
    others = [f for f in projection.source if f.text != INPUT]
    if len(inputs) > 1 or len(others) > 1:
        message = "a source is the input `x`, one formula of states and values, or both"
        yield document.error(loc, message)
    for i, formula in enumerate(projection.source):
        if formula.text != INPUT:
            yield from _check_equation(spec, document, [*loc, i], formula, values)


def _check_equation(
    spec: CellSpec, document: Document, loc: Loc, formula: Formula, known: set[str]
) -> Iterator[SpecError]:
    where = f"the equation of {loc[1]!r}" if loc[0] == "math" else f"the source of {loc[1]!r}"
    later = {n for n in formula.names if n in spec.math} - known
    for name in formula.name_nodes:
        if name.id in later:
            message = f"{name.id!r} is computed after {where}, which uses it"
            yield document.error(loc, message, name.col_offset)
    for node in ast.walk(formula.tree):
        match node:
            case ast.Call(func=ast.Name(id=called)) if called not in spec.functions:
                if called not in CELL_FUNCTIONS:
                    callable_names = (*spec.functions, *CELL_FUNCTIONS)
                    hint = did_you_mean(called, callable_names)
                    hint = hint or f"; known: {', '.join(callable_names)}"
                    message = f"unknown function {shortened(called)}{hint}"
                    yield document.error(loc, message, node.col_offset)
            case ast.Call(args=[argument]) if not any(
                isinstance(n, ast.Name) for n in ast.walk(argument)
            ):
                yield document.error(loc, "a function of a number", node.col_offset)
    if not any(called not in FUNCTIONS for called in _called(formula)):
        yield from check_formula(document, loc, where, formula, known | later)
        return
    for name in formula.name_nodes:
        if name.id not in known | later:
            hint = did_you_mean(name.id, known)
            message = f"unknown name {shortened(name.id)} in {where}{hint}"
            yield document.error(loc, message, name.col_offset)


def _check_start(spec: CellSpec, document: Document) -> Iterator[SpecError]:
    """A start is that of a value which is a role's function of one response, or of a sum."""
    for name in spec.start:
        loc = ["start", name]
        if name not in spec.math:
            hint = did_you_mean(name, spec.math)
            yield document.key_error(loc, f"unknown value {shortened(name)}{hint}")
        elif started(spec, name) is None:
            message = f"a bias follows only where {name!r} is a function of a response, or of a sum"
            yield document.key_error(loc, f"{message} of responses, such as gate(gates.reset)")
