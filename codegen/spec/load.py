"""Load a folder of specs, whole or with all its errors."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from codegen.spec.document import Document, read_document
from codegen.spec.errors import Position, SpecError, SpecErrors, did_you_mean, one_of
from codegen.spec.models import GeometrySpec, LayersDocument, NeuronSpec
from codegen.spec.semantics import check_geometry, check_layers, check_neuron

Model = TypeVar("Model", bound=BaseModel)

_EXPECTED = {
    "string_type": "text",
    "bool_type": "true or false",
    "float_type": "a number",
    "int_type": "a whole number",
    "list_type": "a list",
    "dict_type": "keys and values",
    "model_type": "keys and values",
    "is_instance_of": "a formula",
}


@dataclass(frozen=True)
class Specs:
    """All specs of a folder; sources are paths as messages and generated files call them."""

    neurons: dict[str, NeuronSpec]
    geometries: dict[str, GeometrySpec]
    modules: dict[str, LayersDocument]
    sources: dict[str, dict[str, str]]
    """Folder → name → path."""
    documents: dict[str, Document]
    """Neuron → its file, for errors that only mathematics finds."""


def load_specs(root: Path) -> Specs:
    """Load the folders `neurons`, `geometries` and `layers` of `root`.

    Raises `SpecErrors` with everything that is wrong, in all files.
    """
    errors: list[SpecError] = []
    neurons: dict[str, tuple[NeuronSpec, Document]] = {}
    geometries: dict[str, tuple[GeometrySpec, Document]] = {}
    modules: dict[str, tuple[LayersDocument, Document]] = {}
    for file in sorted(root.glob("neurons/*.yaml")):
        if (loaded := _load(file, root, NeuronSpec, errors)) is not None:
            errors += check_neuron(*loaded, file.stem)
            neurons[file.stem] = loaded
    for file in sorted(root.glob("geometries/*.yaml")):
        if (geometry := _load(file, root, GeometrySpec, errors)) is not None:
            errors += check_geometry(*geometry, file.stem)
            geometries[file.stem] = geometry
    for file in sorted(root.glob("layers/*.yaml")):
        if (module := _load(file, root, LayersDocument, errors)) is not None:
            modules[file.stem] = module
    known = {file.stem for file in root.glob("neurons/*.yaml")}
    kinds = {file.stem for file in root.glob("geometries/*.yaml")}
    errors += check_layers(modules, known, kinds)
    if not errors and not modules:
        position = Position(f"{root.name}/layers", 1, 1)
        errors.append(SpecError(position, "no layer is specified here (no *.yaml)"))
    if errors:
        raise SpecErrors(errors)
    return Specs(
        {name: spec for name, (spec, _) in neurons.items()},
        {name: spec for name, (spec, _) in geometries.items()},
        {name: module for name, (module, _) in modules.items()},
        {
            "neurons": {name: document.path for name, (_, document) in neurons.items()},
            "geometries": {name: document.path for name, (_, document) in geometries.items()},
            "layers": {name: document.path for name, (_, document) in modules.items()},
        },
        {name: document for name, (_, document) in neurons.items()},
    )


def _load(
    file: Path, root: Path, model: type[Model], errors: list[SpecError]
) -> tuple[Model, Document] | None:
    try:
        document = read_document(file, f"{root.name}/{file.parent.name}/{file.name}")
    except SpecErrors as error:
        errors += error.errors
        return None
    if document.errors:
        errors += document.errors
        return None
    try:
        return model.model_validate(document.value), document
    except ValidationError as error:
        errors += [_translate(document, model, details) for details in error.errors()]
        return None


def _translate(document: Document, model: type[BaseModel], details: ErrorDetails) -> SpecError:
    """A pydantic error in the words of someone who writes YAML."""
    loc = [part for part in details["loc"] if part != "function-before[_validate()]"]
    kind, value = details["type"], details["input"]
    context = details.get("ctx", {})
    match kind:
        case "extra_forbidden":
            keys = _keys_at(model, loc[:-1])
            hint = did_you_mean(str(loc[-1]), keys) or f"; known: {', '.join(keys)}"
            return document.key_error(loc, f"unknown key {loc[-1]!r}{hint}")
        case "missing":
            return document.key_error(loc[:-1], f"missing key {loc[-1]!r}")
        case "formula":
            return document.error(loc, context["message"], context["offset"])
        case "literal_error":
            known = re.findall(r"'([^']*)'", context["expected"])
            what = "key" if loc[-1] == "[key]" else "value"
            if what == "key":
                loc = loc[:-1]
            if not isinstance(value, str):
                return document.error(loc, f"expected {one_of(known)}, got {_show(value)}")
            hint = did_you_mean(value, known)
            message = f"unknown {what} {value!r}, expected {one_of(known)}{hint}"
            return (document.key_error if what == "key" else document.error)(loc, message)
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
            return f"text {value!r}"
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
