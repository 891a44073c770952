"""Checks that relate parts of a cell's spec to each other."""

import ast
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import get_args

from codegen.spec.cell_models import INPUT, CellSpec, Role, started
from codegen.spec.cell_names import check_names, check_title
from codegen.spec.checks import Loc, check_formula, check_prose
from codegen.spec.document import Document
from codegen.spec.errors import SpecError, did_you_mean, one_of, shortened
from codegen.spec.evaluate import evaluate
from codegen.spec.formula import CONSTANTS, COUNTS, FUNCTIONS, Formula
from codegen.spec.function_models import FunctionSpec
from codegen.spec.models import NeuronSpec
from codegen.spec.size import Written, is_number, wrong_numbers

#: Functions of one argument: equations are arithmetic of arrays in every framework.
CELL_FUNCTIONS = tuple(name for name, arguments in FUNCTIONS.items() if arguments == 1)

NORMS = ("sq_x", "sq_w")
"""What starts of parameters may depend on."""

START_FUNCTIONS = (
    *("abs", "arcsinh", "arctan", "cos", "exp", "expm1", "log", "log1p", "maximum", "minimum"),
    *("sin", "sqrt", "tanh"),
)
"""Functions that starts of parameters may call: Python computes them."""


@dataclass(frozen=True)
class Surroundings:
    """What cells of a folder may name, and what names are no longer free."""

    neurons: Collection[str]
    """All that there are; those that could be loaded are in `loaded_neurons`."""
    functions: Collection[str]
    """All that there are; those that could be loaded are in `loaded_functions`."""
    loaded_neurons: Mapping[str, NeuronSpec]
    loaded_functions: Mapping[str, FunctionSpec]
    modules: Collection[str]
    """Stems of the files of layers."""
    taken: Mapping[str, str]
    """Names of the package, with what they are names of."""


def check_cells(
    cells: Mapping[str, tuple[CellSpec, Document]], around: Surroundings
) -> Iterator[SpecError]:
    """Everything that is wrong with the cells of all files together."""
    taken = dict(around.taken)
    for stem, (spec, document) in cells.items():
        yield from check_title(spec, document, stem, around.modules, taken)
        yield from check_prose(document, ["summary"], spec.summary, sentence=True)
        yield from check_prose(document, ["reference"], spec.reference)
        yield from _check_named(document, ["neuron"], "neuron", spec.neuron, around.neurons)
        for role, function in spec.functions.items():
            loc = ["functions", role]
            yield from _check_named(document, loc, "function", function, around.functions)
            found = around.loaded_functions.get(function)
            if found is not None and found.axis is not None:
                message = f"{function!r} runs along an axis: {role} is a function of single numbers"
                yield document.error(loc, message)
        neuron = around.loaded_neurons.get(spec.neuron)
        if neuron is not None:
            yield from _check_neuron(spec, document, neuron)
        wrong = [*check_names(spec, document, neuron)]
        wrong = wrong or [*_check_flow(spec, document)]
        wrong = wrong or [*_check_uses(spec, document), *_check_start(spec, document)]
        yield from wrong


def _check_named(
    document: Document, loc: Loc, kind: str, name: str, known: Collection[str]
) -> Iterator[SpecError]:
    if name not in known:
        there = f"; there is {one_of(sorted(known))}" if known else f"; there is none in {kind}s/"
        hint = did_you_mean(name, known) or there
        yield document.error(loc, f"unknown {kind} {shortened(name)}{hint}")


def _check_neuron(spec: CellSpec, document: Document, neuron: NeuronSpec) -> Iterator[SpecError]:
    """What a cell can be made of, and starts of parameters that the cell has one of."""
    for count in COUNTS:
        if any(count in formula.names for formula in neuron.math.values()):
            message = f"neuron {neuron.neuron!r} depends on `{count}`, which a cell does not have"
            yield document.error(["neuron"], message)
    shared = [n for n, p in neuron.parameters.items() if p.init is not None and not p.axes]
    for name, formula in spec.parameters.items():
        loc = ["parameters", name]
        if name not in shared:
            there = f"; it has {one_of(shared)}" if shared else ""
            hint = did_you_mean(name, shared) or there
            message = f"neuron {neuron.neuron!r} has no trained parameter {shortened(name)}"
            yield document.key_error(loc, f"{message} that all units share{hint}")
        yield from check_formula(document, loc, f"the start of {name!r}", formula, NORMS)
        for node in ast.walk(formula.tree):
            match node:
                case ast.Call(func=ast.Name(id=called)) if called not in START_FUNCTIONS:
                    message = f"{called!r} is not known to starts; known: "
                    message += ", ".join(START_FUNCTIONS)
                    yield document.error(loc, message, node.col_offset)


def _check_flow(spec: CellSpec, document: Document) -> Iterator[SpecError]:
    """Each formula, from top to bottom, may use what stands above it."""
    responses = spec.responses
    values = set(spec.state)
    projected: set[str] = set()
    for name, formula in spec.math.items():
        for projection in [responses[n][0] for n in sorted(formula.names) if n in responses]:
            if projection not in projected:
                projected.add(projection)
                yield from _check_source(spec, document, projection, values)
        yield from _check_equation(spec, document, ["math", name], formula, values)
        values.add(name)


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
    spec: CellSpec, document: Document, loc: Loc, formula: Formula, values: set[str]
) -> Iterator[SpecError]:
    """A formula over values that are known by then and, in an equation, responses."""
    in_math = loc[0] == "math"
    where = f"the equation of {loc[1]!r}" if in_math else f"the source of {loc[1]!r}"
    known = values | spec.responses.keys() if in_math else values
    for name in formula.name_nodes:
        if name.id not in known and name.id not in CONSTANTS:
            message = _unknown(spec, name.id, where, known)
            yield document.error(loc, message, name.col_offset)
    wrong = [*_check_calls(spec, document, loc, formula)]
    wrong = wrong or [document.error(loc, e.message, e.offset) for e in wrong_numbers(formula)]
    if not wrong and not formula.names - set(CONSTANTS):
        message = f"{where} is a number: write it where it is used"
        wrong.append(document.error(loc, message))
    if not wrong and (reason := Written({}).why_tree_too_large(formula.tree)):
        wrong.append(document.error(loc, reason))
    yield from wrong


def _unknown(spec: CellSpec, name: str, where: str, known: set[str]) -> str:
    """What is wrong with a name that is not known at that place."""
    if name in spec.math:
        return f"{name!r} is computed after {where}, which uses it"
    if name == INPUT:
        example = f"[x, {next(iter(spec.state))}]"
        return f"`x` is the input, of another size than a state: it stands by itself in {example}"
    if name in spec.responses:
        return f"{name!r} is a response: give a value a name in `math`, and let {where} use that"
    if name in spec.projections:
        units = [f"{name}.{unit}" for unit in spec.projections[name].units]
        return f"{name!r} has several units: write {one_of(units)}"
    projection, _, unit = name.partition(".")
    if unit and projection in known and spec.projections[projection].units == [unit]:
        return f"{projection!r} has one unit: write {projection}"
    return f"unknown name {shortened(name)} in {where}{did_you_mean(name, known)}"


def _check_calls(
    spec: CellSpec, document: Document, loc: Loc, formula: Formula
) -> Iterator[SpecError]:
    """Functions that there are, of something that is no number."""
    names = (*spec.functions, *CELL_FUNCTIONS)
    for call in ast.walk(formula.tree):
        match call:
            case ast.Call(func=ast.Name(id=called)) if called not in names:
                message = f"unknown function {shortened(called)}"
                message += did_you_mean(called, names) or f"; known: {', '.join(names)}"
                if called in get_args(Role):
                    message = f"no function for {called!r} is named under `functions`"
                elif called in FUNCTIONS:
                    message = f"{called!r} has several arguments: equations of cells call functions"
                    message += " of one"
                yield document.error(loc, message, call.col_offset)
            case ast.Call(func=ast.Name(id=called), args=[argument]) if is_number(argument):
                number = _value(call) if called in FUNCTIONS else None
                instead = "" if number is None else f": write {number:.9g}"
                yield document.error(loc, f"a function of a number{instead}", call.col_offset)


def _value(call: ast.expr) -> float | None:
    try:
        return evaluate(call, {})
    except ArithmeticError:
        return None


def _check_uses(spec: CellSpec, document: Document) -> Iterator[SpecError]:
    """Everything that is declared is used."""
    formulas = [*spec.math.values(), *(f for p in spec.projections.values() for f in p.source)]
    read = {name for formula in formulas for name in formula.names}
    called = {
        node.func.id
        for formula in formulas
        for node in ast.walk(formula.tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    }
    for name in spec.state:
        if name not in spec.math:
            yield document.key_error(["state", name], f"`math` has no equation for state {name!r}")
        elif name not in read:
            message = f"state {name!r} is carried and never read: make it a value, and no state"
            yield document.key_error(["state", name], message)
    if spec.output not in spec.math:
        hint = did_you_mean(spec.output, spec.math) or f"; there is {one_of(spec.math)}"
        what = f"{spec.output!r} is a response, and no" if spec.output in spec.responses else ""
        message = f"{what} value{hint}" if what else f"unknown value {shortened(spec.output)}{hint}"
        yield document.error(["output"], message)
    for role in spec.functions:
        if role not in called:
            yield document.key_error(["functions", role], f"no equation calls {role!r}")
    for name in spec.math:
        if name not in read | {spec.output, *spec.state}:
            yield document.key_error(["math", name], f"value {name!r} is not used")
    for response, (projection, unit) in spec.responses.items():
        if response not in read:
            place = spec.projections[projection].units.index(unit)
            message = f"no equation uses the response {response!r}"
            yield document.error(["projections", projection, "units", place], message)


def _check_start(spec: CellSpec, document: Document) -> Iterator[SpecError]:
    """A start is that of a value which is a role's function of one response, or of a sum."""
    given: dict[str, str] = {}
    for name in spec.start:
        loc = ["start", name]
        if name not in spec.math:
            hint = did_you_mean(name, spec.math) or f"; there is {one_of(spec.math)}"
            yield document.key_error(loc, f"unknown value {shortened(name)}{hint}")
            continue
        found = started(spec, name)
        if found is None:
            message = f"a bias follows only where {name!r} is a function of a response, or of a sum"
            yield document.key_error(loc, f"{message} of responses, such as gate(gates.reset)")
            continue
        for response in found[1]:
            first = given.setdefault(response, name)
            if first != name:
                message = f"the start of {first!r} already says where {response!r} begins"
                yield document.key_error(loc, message)
