"""Load a folder of specs, whole or with all its errors."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from codegen.spec.cell_models import CellSpec
from codegen.spec.cell_semantics import Surroundings, check_cells
from codegen.spec.document import Document, read_document
from codegen.spec.errors import Position, SpecError, SpecErrors, did_you_mean, one_of, shortened
from codegen.spec.folders import File, Folder
from codegen.spec.function_models import FunctionSpec
from codegen.spec.function_semantics import check_function
from codegen.spec.geometry_semantics import check_geometry
from codegen.spec.layer_semantics import check_layers, class_names
from codegen.spec.models import GeometrySpec, LayersDocument, NeuronSpec
from codegen.spec.semantics import check_neuron, check_unfinished

Model = TypeVar("Model", bound=BaseModel)

_EXPECTED = {
    "string_type": "text",
    "bool_type": "true or false",
    "float_type": "a number",
    "int_type": "a whole number",
    "list_type": "a list",
    "dict_type": "keys and values",
    "model_type": "keys and values",
    "dataclass_exact_type": "a formula",
    "int_from_float": "a whole number",
    "finite_number": "a number",
}


@dataclass(frozen=True)
class Specs:
    """All specs of a folder; it and its files as generated files cite them."""

    folder: str
    neurons: dict[str, NeuronSpec]
    geometries: dict[str, GeometrySpec]
    modules: dict[str, LayersDocument]
    cells: dict[str, CellSpec]
    functions: dict[str, FunctionSpec]
    sources: dict[str, dict[str, str]]
    """Folder → name → path."""
    documents: dict[str, dict[str, Document]]
    """Folder → name → file, for errors that only mathematics finds."""


def load_specs(root: Path, called: str | None = None, house: Path | None = None) -> Specs:
    """Load the folders `neurons`, `functions`, `geometries`, `layers` and `cells` of `root`.

    Args:
        root: The folder of specs.
        called: How messages call that folder; its name by default.
        house: Another such folder, for the geometries, and the neurons and functions that layers
            and cells of `root` name, where `root` does not define them.

    Raises:
        SpecErrors: Everything that is wrong, in all files.
    """
    errors: list[SpecError] = []
    own = Folder(root, root.name if called is None else called)
    other = None if house is None else Folder(house, f"nmn's {house.name}")
    layer_files = own.files("layers")
    modules = _load_all(layer_files, LayersDocument, errors)
    layers = [layer for module, _ in modules.values() for layer in module.layers]
    cell_files = own.files("cells")
    cells = _load_all(cell_files, CellSpec, errors)
    named = {x.neuron for x in layers} | {cell.neuron for cell, _ in cells.values()}
    neuron_files, known = _own_and_lent(own, other, "neurons", named)
    geometry_files, kinds = _own_and_lent(own, other, "geometries")
    called_functions = {f for cell, _ in cells.values() for f in cell.functions.values()}
    function_files, named_functions = _own_and_lent(own, other, "functions", called_functions)
    neurons = _load_all(neuron_files, NeuronSpec, errors)
    functions = _load_all(function_files, FunctionSpec, errors)
    geometries = _load_all(geometry_files, GeometrySpec, errors)
    for stem, neuron in neurons.items():
        errors += check_neuron(*neuron, stem)
    files_of = {"neuron": known, "module of layers": layer_files, "module of a cell": cell_files}
    for stem, function in functions.items():
        errors += check_function(*function, stem, files_of)
    for stem, geometry in geometries.items():
        errors += check_geometry(*geometry, stem)
    errors += check_layers(modules, known, kinds, function_files)
    taken = {name: f"layer {layer.name}" for layer in layers for name in class_names(layer)}
    taken |= dict.fromkeys(function_files, "a function")
    errors += check_cells(
        cells,
        Surroundings(
            known,
            named_functions,
            {name: spec for name, (spec, _) in neurons.items()},
            {name: spec for name, (spec, _) in functions.items()},
            layer_files,
            taken,
        ),
    )
    for folder in ("neurons", "functions", "geometries", "layers", "cells"):
        for file in sorted(root.glob(f"{folder}/*.yml")):
            place = Position(own.path_of(f"{folder}/{file.name}"), 1, 1)
            errors.append(SpecError(place, "not read, since specs end in .yaml: rename the file"))
    if not errors and not modules and not cells and not functions:
        position = Position(own.path_of("layers"), 1, 1)
        message = "no layer is specified here (no *.yaml), no cell and no function"
        errors.append(SpecError(position, message))
    if errors:
        raise SpecErrors(errors)
    return Specs(
        own.cited,
        {name: spec for name, (spec, _) in neurons.items()},
        {name: spec for name, (spec, _) in geometries.items()},
        {name: module for name, (module, _) in modules.items()},
        {name: cell for name, (cell, _) in cells.items()},
        {name: spec for name, (spec, _) in functions.items()},
        {
            "neurons": {stem: file.cited for stem, file in neuron_files.items()},
            "functions": {stem: file.cited for stem, file in function_files.items()},
            "geometries": {stem: file.cited for stem, file in geometry_files.items()},
            "layers": {stem: file.cited for stem, file in layer_files.items()},
            "cells": {stem: file.cited for stem, file in cell_files.items()},
        },
        {
            folder: {name: document for name, (_, document) in found.items()}
            for folder, found in (("neurons", neurons), ("functions", functions), ("cells", cells))
        },
    )


def _own_and_lent(
    own: Folder, other: Folder | None, kind: str, named: set[str] | None = None
) -> tuple[dict[str, File], set[str]]:
    """The files of a kind: all of `own`, and of `other` those that are named; all known stems.

    A name defined in both is `own`'s.
    """
    files = own.files(kind)
    lent = {} if other is None else other.files(kind)
    taken = {stem: file for stem, file in lent.items() if named is None or stem in named}
    return dict(sorted((taken | files).items())), files.keys() | lent.keys()


def _load_all(
    files: Mapping[str, File], model: type[Model], errors: list[SpecError]
) -> dict[str, tuple[Model, Document]]:
    """Those that could be read, by their stems."""
    loaded = {stem: _load(file, model, errors) for stem, file in files.items()}
    return {stem: found for stem, found in loaded.items() if found is not None}


def _load(file: File, model: type[Model], errors: list[SpecError]) -> tuple[Model, Document] | None:
    try:
        document = read_document(file.path, file.called)
    except SpecErrors as error:
        errors += error.errors
        return None
    if document.errors:
        errors += document.errors
        return None
    try:
        return model.model_validate(document.value), document
    except ValidationError as error:
        errors += _translate_all(document, model, error.errors())
        if model is NeuronSpec:
            errors += check_unfinished(document)
        return None


def _translate_all(
    document: Document, model: type[BaseModel], details: Iterable[ErrorDetails]
) -> list[SpecError]:
    """One error for each place: of a value that is neither a formula nor true or false, pydantic
    says both."""
    translated: dict[Position, SpecError] = {}
    for detail in details:
        error = _translate(document, model, detail)
        translated.setdefault(error.position, error)
    return list(translated.values())


def _translate(document: Document, model: type[BaseModel], details: ErrorDetails) -> SpecError:
    """A pydantic error in the words of someone who writes YAML."""
    loc = [part for part in details["loc"] if part != "function-before[_validate()]"]
    kind, value = details["type"], details["input"]
    context = details.get("ctx", {})
    match kind:
        case "extra_forbidden":
            keys = _keys_at(model, loc[:-1])
            hint = did_you_mean(str(loc[-1]), keys) or f"; known: {', '.join(keys)}"
            return document.key_error(loc, f"unknown key {shortened(str(loc[-1]))}{hint}")
        case "missing":
            return document.key_error(loc[:-1], f"missing key {loc[-1]!r}")
        case "formula":
            return document.error(loc, context["message"], context["offset"])
        case "literal_error":
            known = re.findall(r"'([^']*)'", context["expected"])
            what = "key" if loc[-1] == "[key]" else "value"
            if what == "key":
                loc = loc[:-1]
            if not isinstance(value, str) or not known:
                message = f"expected {context['expected']}, got {_show(value)}"
                return document.error(loc, message)
            hint = did_you_mean(value, known)
            message = f"unknown {what} {shortened(value)}, expected {one_of(known)}{hint}"
            return (document.key_error if what == "key" else document.error)(loc, message)
    if kind == "dataclass_exact_type" and loc[-1] == "Formula":
        return document.error(loc, f"expected a condition, true or false, got {_show(value)}")
    expected = _EXPECTED.get(kind)
    if expected is None:
        return document.error(loc, details["msg"])
    return document.error(loc, f"expected {expected}, got {_show(value)}")


def _show(value: object) -> str:
    match value:
        case None:
            return "nothing"
        case bool():
            return "true" if value else "false"
        case str():
            return f"text {shortened(value)}"
        case list():
            return "a list"
        case dict():
            return "keys and values"
    return repr(value)


def _keys_at(model: type[BaseModel], loc: list[str | int]) -> list[str]:
    """The keys that the mapping at `loc` may have."""
    current: object = model
    for part in loc:
        current = _step(current, part)
    found = _model_in(current)
    return list(found.model_fields) if found else []


def _step(current: object, part: str | int) -> object:
    """The annotation one level down."""
    found = _model_in(current)
    if found is not None and isinstance(part, str) and part in found.model_fields:
        return found.model_fields[part].annotation
    inner = [a for a in get_args(current) if a is not type(None)]
    return inner[-1] if inner else current


def _model_in(annotation: object) -> type[BaseModel] | None:
    for candidate in (annotation, *get_args(annotation)):
        if isinstance(candidate, type) and issubclass(candidate, BaseModel):
            return candidate
    return None
