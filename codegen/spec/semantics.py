"""Checks that relate parts of a spec to each other; shapes and types are `models`' business."""

import ast
from collections.abc import Iterable, Iterator, Mapping

from codegen.spec.document import Document
from codegen.spec.errors import SpecError, did_you_mean
from codegen.spec.formula import CONSTANTS, COUNTS, FUNCTIONS, Formula
from codegen.spec.models import (
    GEOMETRY_NAMES,
    PRIMITIVES,
    GeometrySpec,
    LayersDocument,
    NeuronSpec,
    ParameterSpec,
)
from codegen.spec.reserved import why_reserved


def check_neuron(spec: NeuronSpec, document: Document, stem: str) -> Iterator[SpecError]:
    """Everything that is wrong with a neuron whose shape is right."""
    if spec.neuron != stem:
        yield document.error(
            ["neuron"], f"neuron {spec.neuron!r} must stand in a file {spec.neuron}.yaml"
        )
    elif reason := why_reserved(spec.neuron):
        yield document.error(["neuron"], f"{spec.neuron!r} {reason}")
    for name, parameter in spec.parameters.items():
        yield from _check_name(document, ["parameters", name], name)
        yield from _check_parameter(document, name, parameter)
    yield from _check_formulas(spec, document)
    yield from _check_properties(spec, document)


def _check_name(document: Document, loc: list[str | int], name: str) -> Iterator[SpecError]:
    if name in PRIMITIVES or name in FUNCTIONS or name in CONSTANTS or name in COUNTS:
        yield document.key_error(loc, f"{name!r} already has a meaning in formulas")
    elif name != "response" and (reason := why_reserved(name)):
        yield document.key_error(loc, f"{name!r} {reason}")


def _check_parameter(
    document: Document, name: str, parameter: ParameterSpec
) -> Iterator[SpecError]:
    loc: list[str | int] = ["parameters", name]
    trained = parameter.init is not None
    if trained == (parameter.value is not None):
        yield document.key_error(
            loc, f"parameter {name!r} needs either `init` (trained) or `value` (a constant)"
        )
        return
    if parameter.absent is not None and not trained:
        yield document.key_error([*loc, "absent"], "`absent` goes with `init`")
    start = "init" if trained else "value"
    if parameter.positive and _start(parameter) <= 0:
        yield document.error([*loc, start], f"a positive parameter needs a {start} above 0")
    if parameter.integer and (trained or parameter.options):
        yield document.key_error([*loc, "integer"], "a trained parameter is no whole number")
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
        elif option == "scalar" and parameter.axes != ["unit"]:
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
            yield from _check_name(document, loc, name)
        yield from _unknown_names(document, loc, f"formula {name!r}", formula, known)
    if "response" not in spec.math:
        yield document.key_error(["math"], "`math` must define `response`")
        return
    cycles = list(_cycles(spec.math))
    for cycle in cycles:
        path = " -> ".join(cycle)
        yield document.key_error(["math", cycle[0]], f"formulas refer to each other: {path}")
    if cycles:
        return
    reached = _reachable(spec.math)
    if "dot" not in reached:
        message = "the response does not use `dot`, so that a unit would not compare w with x"
        yield document.key_error(["math", "response"], message)
    for name in spec.math:
        if name != "response" and name not in reached:
            yield document.key_error(["math", name], f"formula {name!r} is not used")
    for name in spec.parameters:
        if name not in reached:
            yield document.key_error(["parameters", name], f"parameter {name!r} is not used")


def _check_properties(spec: NeuronSpec, document: Document) -> Iterator[SpecError]:
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
        elif name in spec.math and "response" in spec.math and not any(_cycles(spec.math)):
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
    inside = _reachable({**spec.math, "response": spec.math[name]})
    inside -= {*spec.math, *CONSTANTS, *COUNTS}
    if inside <= _reachable(others):
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
    is_bound = loc[1] in ("bounded", "supremum", "infimum")
    if is_bound:
        known.add("sq_w")
    found = list(_unknown_names(document, loc, f"property {loc[1]!r}", value, known))
    yield from found
    if not found and not is_bound and not _is_condition(value.tree):
        yield document.error(loc, "a condition compares, such as alpha >= 0", 0)


def _is_condition(node: ast.expr) -> bool:
    """Whether a tree is comparisons, joined by `and` and `or`."""
    if isinstance(node, ast.BoolOp):
        return all(map(_is_condition, node.values))
    if not isinstance(node, ast.Compare):
        return False
    return not any(isinstance(n, ast.Compare | ast.BoolOp) for n in ast.walk(node) if n is not node)


def _check_degrees(spec: NeuronSpec, document: Document, name: str) -> Iterator[SpecError]:
    degrees = getattr(spec.properties, name)
    if degrees is None:
        return
    loc: list[str | int] = ["properties", name]
    if "degree" not in degrees:
        yield document.key_error(loc, "missing key 'degree'")
    for parameter, degree in degrees.items():
        place = [*loc, parameter]
        if parameter == "degree":
            continue
        if parameter not in spec.parameters:
            hint = did_you_mean(parameter, spec.parameters)
            yield document.key_error(place, f"unknown parameter {parameter!r}{hint}")
        elif degree and spec.parameters[parameter].integer:
            yield document.key_error(place, f"{parameter!r} is a whole number and cannot be scaled")


def check_geometry(spec: GeometrySpec, document: Document, stem: str) -> Iterator[SpecError]:
    """Everything that is wrong with a geometry whose shape is right."""
    if spec.geometry != stem:
        yield document.error(
            ["geometry"], f"geometry {spec.geometry!r} must stand in a file {spec.geometry}.yaml"
        )
    known = {*GEOMETRY_NAMES, *spec.lengths}
    loc: list[str | int]
    for name, length in spec.lengths.items():
        loc = ["lengths", name, "formula"]
        yield from _unknown_names(document, loc, f"length {name!r}", length.formula, known)
    for name, padding in spec.padding.items():
        entries = {("where", key): formula for key, formula in padding.where.items()}
        sides = {("before",): padding.before, ("after",): padding.after}
        for key, formula in (entries | sides).items():
            loc = ["padding", name, *key]
            where = f"padding {name!r}"
            yield from _unknown_names(document, loc, where, formula, known | padding.where.keys())
    for stage, constraints in spec.constraints.items():
        for name, constraint in constraints.items():
            loc = ["constraints", stage, name, "holds"]
            where = f"constraint {name!r}"
            yield from _unknown_names(document, loc, where, constraint.holds, known)


def check_layers(
    modules: Mapping[str, tuple[LayersDocument, Document]],
    neurons: Iterable[str],
    geometries: Iterable[str],
) -> Iterator[SpecError]:
    """Everything that is wrong with the layers of all files together."""
    known = set(neurons)
    swept = set(geometries)
    taken: dict[str, str] = {}
    for stem, (module, document) in modules.items():
        if reason := why_reserved(stem):
            yield document.key_error([], f"module {stem!r} {reason}")
        if not module.layers:
            yield document.key_error(["layers"], "`layers` is empty")
        for i, layer in enumerate(module.layers):
            loc: list[str | int] = ["layers", i]
            names = [([*loc, "name"], layer.name)]
            for framework, aliases in layer.aliases.items():
                names += [([*loc, "aliases", framework, j], a) for j, a in enumerate(aliases)]
            for place, name in names:
                if reason := why_reserved(name):
                    yield document.error(place, f"{name!r} {reason}")
                elif taken.setdefault(name, layer.name) != layer.name or (
                    name == layer.name and place[-1] != "name"
                ):
                    yield document.error(place, f"{name!r} is already the name of a layer")
            if sum(other.name == layer.name for other in module.layers[:i]):
                yield document.error([*loc, "name"], f"{layer.name!r} is already a layer")
            if layer.neuron not in known:
                hint = did_you_mean(layer.neuron, known)
                yield document.error([*loc, "neuron"], f"unknown neuron {layer.neuron!r}{hint}")
            kind, ranks = layer.geometry.kind, layer.geometry.ranks
            if kind == "dense" and ranks:
                message = "a dense layer has no spatial axes"
                yield document.key_error([*loc, "geometry", "ranks"], message)
            elif kind != "dense" and kind not in swept:
                message = f"no file geometries/{kind}.yaml"
                yield document.error([*loc, "geometry", "kind"], message)
            elif kind != "dense" and not ranks:
                message = f"a {kind} needs `ranks`, such as [1, 2, 3]"
                yield document.key_error([*loc, "geometry"], message)
            elif kind != module.layers[0].geometry.kind:
                message = "layers of one file share a geometry"
                yield document.error([*loc, "geometry", "kind"], message)
            options = layer.kernel.options
            for j, option in enumerate(options):
                if option in options[:j]:
                    place = [*loc, "kernel", "options", j]
                    yield document.error(place, f"option {option!r} occurs twice")


def _unknown_names(
    document: Document, loc: list[str | int], where: str, formula: Formula, known: set[str]
) -> Iterator[SpecError]:
    for node in formula.name_nodes:
        if node.id not in known:
            hint = did_you_mean(node.id, known)
            message = f"unknown name {node.id!r} in {where}{hint}"
            yield document.error(loc, message, node.col_offset)


def _reachable(math: Mapping[str, Formula]) -> set[str]:
    """Names the response depends on, itself excluded."""
    reached: set[str] = set()
    waiting = ["response"]
    while waiting:
        for name in math[waiting.pop()].names - reached:
            reached.add(name)
            if name in math:
                waiting.append(name)
    return reached


def _cycles(math: Mapping[str, Formula]) -> Iterator[list[str]]:
    """Each cycle once, starting at the formula that stands first."""
    reported: set[str] = set()
    for start in math:
        path = _path_back(math, start)
        if path and not reported & set(path):
            reported |= set(path)
            yield [*path, start]


def _path_back(math: Mapping[str, Formula], start: str) -> list[str] | None:
    """A shortest chain of uses from `start` to itself."""
    waiting = [[start]]
    seen: set[str] = set()
    while waiting:
        path = waiting.pop(0)
        for name in sorted(math[path[-1]].names & math.keys()):
            if name == start:
                return path
            if name not in seen:
                seen.add(name)
                waiting.append([*path, name])
    return None
