"""Checks of the names in a cell: each means one thing, and none hides another in generated code."""

from collections.abc import Collection, Iterator

from codegen.spec.cell_models import INPUT, CellSpec, new_state
from codegen.spec.checks import Loc
from codegen.spec.document import Document
from codegen.spec.errors import SpecError, shortened
from codegen.spec.formula import CONSTANTS, FUNCTIONS
from codegen.spec.models import PRIMITIVES, NeuronSpec
from codegen.spec.reserved import (
    CELL_DERIVED,
    why_derived,
    why_reserved,
    why_reserved_in_cell,
)

MAX_NAMES = 60


def check_title(
    spec: CellSpec, document: Document, stem: str, modules: Collection[str], taken: dict[str, str]
) -> Iterator[SpecError]:
    """The names that a cell adds to the package: its module's, and those of its two classes.

    `modules` are stems of other files that modules are generated from; `taken` are names of the
    package with what they are names of, to which the cell's are added.
    """
    if reason := why_reserved(stem):
        yield document.key_error([], f"the file's name, {shortened(stem)}, {reason}")
    elif stem in modules:
        message = f"layers/{stem}.yaml is generated as the module {stem!r} too: rename the file"
        yield document.key_error([], message)
    elif stem in taken:
        message = f"the file's name, {stem!r}, is already that of {taken[stem]}: rename the file"
        yield document.key_error([], message)
    names = (spec.cell, f"{spec.cell}Cell")
    reserved = {name: reason for name in names if (reason := why_reserved_in_cell(name))}
    if reserved:
        name = min(reserved, key=len)
        yield document.error(["cell"], f"{shortened(name)} {reserved[name]}")
    elif spec.cell == spec.neuron:
        message = f"{spec.cell!r} is the name of the neuron: name the cell otherwise"
        yield document.error(["cell"], message)
    elif clashes := [name for name in names if name in taken]:
        message = f"{clashes[0]!r} is already the name of {taken[clashes[0]]}"
        yield document.error(["cell"], message)
    for name in names:
        taken.setdefault(name, f"a class of {spec.cell}")


def check_names(
    spec: CellSpec, document: Document, neuron: NeuronSpec | None
) -> Iterator[SpecError]:
    """All names of states, projections, units and values."""
    for part in ("state", "projections", "math"):
        if not getattr(spec, part):
            yield document.key_error([part], f"`{part}` is empty")
        elif len(getattr(spec, part)) > MAX_NAMES:
            yield document.key_error([part], f"more than {MAX_NAMES} names")
    places: list[tuple[Loc, str]] = [(["state", name], name) for name in spec.state]
    places += [(["projections", name], name) for name in spec.projections]
    places += [(["math", name], name) for name in spec.math if name not in spec.state]
    seen: set[str] = set()
    for loc, name in places:
        if name in seen:
            yield document.key_error(loc, f"{name!r} is already the name of something else")
        elif reason := _why_not(spec, name, neuron):
            yield document.key_error(loc, f"{shortened(name)} {reason}")
        seen.add(name)
    yield from _check_units(spec, document, neuron)


def _check_units(
    spec: CellSpec, document: Document, neuron: NeuronSpec | None
) -> Iterator[SpecError]:
    values = {*spec.state, *map(new_state, spec.state), *spec.math}
    variables: dict[str, str] = {}
    for name, projection in spec.projections.items():
        if not projection.units:
            yield document.key_error(["projections", name, "units"], "`units` is empty")
        for i, unit in enumerate(projection.units):
            place: Loc = ["projections", name, "units", i]
            spelled = name if len(projection.units) == 1 else f"{name}.{unit}"
            variable = spec.variables[spelled]
            if unit in projection.units[:i]:
                yield document.error(place, f"unit {unit!r} occurs twice")
            elif unit in values:
                message = f"{unit!r} is already the name of a state or value: name the unit of"
                yield document.error(place, f"{message} neurons otherwise")
            elif reason := _why_not(spec, unit, neuron):
                yield document.error(place, f"{shortened(unit)} {reason}")
            elif variable in values or variable in variables:
                other = variables.get(variable, variable)
                message = f"generated code would call both this response and {other!r}"
                yield document.error(place, f"{message} {variable!r}: rename one of them")
            variables.setdefault(variable, spelled)


def _why_not(spec: CellSpec, name: str, neuron: NeuronSpec | None) -> str | None:
    """Why a state, projection, unit or value cannot have that name, or None if it can."""
    if name in (INPUT, *FUNCTIONS, *CONSTANTS, *spec.functions):
        return "already has a meaning in formulas"
    if reason := why_reserved_in_cell(name):
        return reason
    if name == spec.neuron or name in spec.functions.values():
        return f"is the name of {'the neuron' if name == spec.neuron else 'a function'}"
    for state in spec.state:
        if name == new_state(state):
            return f"is what generated code calls the new {state}"
    parameters = () if neuron is None else (*neuron.parameters,)
    if name in parameters:
        return f"is a parameter of the neuron; its formulas are in neurons/{spec.neuron}.yaml"
    derived = (*PRIMITIVES, *parameters)
    return why_derived(name, derived) or why_derived(
        name, (*derived, *spec.projections, *spec.state), CELL_DERIVED
    )
