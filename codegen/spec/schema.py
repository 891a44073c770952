"""`schema.json`: what editors that speak YAML schemas need to complete and check a spec.

It is made of the models. Relations between keys are the loader's business, but for the few that a
schema can say. JSON Schema draft 7 is what editors support best.
"""

import json
from inspect import cleandoc
from typing import Any

from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue, models_json_schema
from pydantic_core import core_schema

from codegen.spec.cell_models import CellSpec
from codegen.spec.function_models import FunctionSpec
from codegen.spec.models import GeometrySpec, LayersDocument, NeuronSpec, SpecModel

SCHEMA_NAME = "schema.json"
#: First line of every spec, one folder below the schema.
SCHEMA_COMMENT = f"# yaml-language-server: $schema=../{SCHEMA_NAME}\n"

#: The key that tells a document's kind → its model. A cell names its neuron too, and goes first.
DOCUMENTS: dict[str, type[SpecModel]] = {
    "cell": CellSpec,
    "neuron": NeuronSpec,
    "layers": LayersDocument,
    "function": FunctionSpec,
    "geometry": GeometrySpec,
}

_NAME = {"pattern": "^[A-Za-z][A-Za-z0-9_]*$"}


class _Generator(GenerateJsonSchema):
    """Absent keys have no default worth showing, and no key is given as nothing."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False

    def nullable_schema(self, schema: core_schema.NullableSchema) -> JsonSchemaValue:
        return self.generate_inner(schema["schema"])

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        return self.generate_inner(schema["schema"])


def schema_text() -> str:
    """The schema of all kinds of document, as the file holds it."""
    return json.dumps(_schema(), indent=2, ensure_ascii=False) + "\n"


def _schema() -> JsonSchemaValue:
    """One schema for all kinds of document, which their first key tells apart.

    A chain of conditions rather than `anyOf`: a wrong key is then reported against the one kind
    that the document is of, and an empty document is offered the keys that begin each kind.
    """
    _, found = models_json_schema(
        [(model, "validation") for model in DOCUMENTS.values()],
        schema_generator=_Generator,
        ref_template="#/definitions/{model}",
    )
    definitions = {name: _described(found["$defs"][name]) for name in sorted(found["$defs"])}
    _refine(definitions)
    keys = {
        key: {"description": definitions[model.__name__]["properties"][key]["description"]}
        for key, model in DOCUMENTS.items()
    }
    chain: JsonSchemaValue = {
        "properties": keys,
        "anyOf": [{"required": [key]} for key in DOCUMENTS],
    }
    for key, model in reversed(DOCUMENTS.items()):
        chain = {
            "if": {"required": [key]},
            "then": {"$ref": f"#/definitions/{model.__name__}"},
            "else": chain,
        }
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "$comment": "Generated from the models of codegen/spec. Do not edit; run `make generate`.",
        "title": "A neuron, the layers of a module, a function, a cell, or a geometry",
        "type": "object",
        **chain,
        "definitions": definitions,
    }


def _described(definition: JsonSchemaValue) -> JsonSchemaValue:
    """A model's schema without its Python name, and its description on one line."""
    definition.pop("title", None)
    for part in (definition, *definition["properties"].values()):
        if "description" in part:
            part["description"] = " ".join(cleandoc(part["description"]).split())
    return definition


def _refine(definitions: dict[str, JsonSchemaValue]) -> None:
    """What the loader checks beyond the models, as far as a schema can say it."""
    definitions["ParameterSpec"]["oneOf"] = [{"required": ["init"]}, {"required": ["value"]}]
    neuron = definitions["NeuronSpec"]["properties"]
    neuron["parameters"]["propertyNames"] = _NAME
    response = {"description": "The output of the neuron; it must depend on `dot`."}
    neuron["math"] |= {
        "propertyNames": _NAME,
        "required": ["response"],
        "properties": {"response": response | neuron["math"]["additionalProperties"]},
    }
    function = definitions["FunctionSpec"]["properties"]
    function["arguments"]["propertyNames"] = _NAME
    definitions["ArgumentSpec"]["oneOf"] = [{"required": [k]} for k in ("array", "value", "axis")]
    result = {"description": "The function itself; it must depend on the array."}
    function["math"] |= {
        "propertyNames": _NAME,
        "required": ["result"],
        "properties": {"result": result | function["math"]["additionalProperties"]},
    }
    definitions["LayersDocument"]["properties"]["layers"]["minItems"] = 1
