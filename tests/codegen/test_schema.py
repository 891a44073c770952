"""`spec/schema.json`: editors accept what the loader accepts, and mark what is plainly wrong."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from codegen.cli import GENERATED, SPEC, main
from codegen.spec.document import read_document
from codegen.spec.models import ParameterSpec
from codegen.spec.schema import DOCUMENTS, SCHEMA_COMMENT, SCHEMA_NAME, schema_text

SCHEMA = json.loads((SPEC / SCHEMA_NAME).read_text(encoding="utf-8"))
VALIDATOR = jsonschema.Draft7Validator(SCHEMA)
FILES = sorted(SPEC.rglob("*.yaml"))
IDS = [str(file.relative_to(SPEC)) for file in FILES]


def value(file: Path) -> Any:
    """What the loader reads, before it meets the models."""
    return read_document(file, file.name).value


def complaint(document: object) -> str:
    """Where the error that explains most stands, and what it says; nothing if there is none."""
    error = jsonschema.exceptions.best_match(VALIDATOR.iter_errors(document))
    return "" if error is None else f"{error.json_path}: {error.message}"


def test_the_schema_is_one_itself() -> None:
    jsonschema.Draft7Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("file", FILES, ids=IDS)
def test_every_spec_of_the_repository_is_valid(file: Path) -> None:
    assert complaint(value(file)) == ""


@pytest.mark.parametrize("file", FILES, ids=IDS)
def test_every_spec_tells_editors_where_the_schema_is(file: Path) -> None:
    assert file.read_text(encoding="utf-8").startswith(SCHEMA_COMMENT)
    assert (file.parent / SCHEMA_COMMENT.rstrip().partition("$schema=")[2]).resolve() == (
        SPEC / SCHEMA_NAME
    )


def test_every_key_has_a_description() -> None:
    bare = [
        key
        for definition in SCHEMA["definitions"].values()
        for key, entry in definition["properties"].items()
        if not str(entry.get("description", "")).endswith(".")
    ]
    assert not bare, f"write a sentence under {bare} in codegen/spec/models.py"


def test_a_neuron_is_completed_with_the_keys_of_its_models() -> None:
    definitions = SCHEMA["definitions"]
    assert definitions["ParameterSpec"]["properties"].keys() == ParameterSpec.model_fields.keys()
    for model in DOCUMENTS.values():
        definition = definitions[model.__name__]
        assert definition["properties"].keys() == model.model_fields.keys()
        assert definition["additionalProperties"] is False


Edit = Callable[[Any], object]

WRONG_NEURONS: list[tuple[str, Edit, str]] = [
    ("unknown key", lambda d: d.update(sumary="x"), "'sumary' was unexpected"),
    ("missing key", lambda d: d.pop("summary"), "'summary' is a required property"),
    ("no response", lambda d: d["math"].pop("response"), "'response' is a required property"),
    ("formula is a list", lambda d: d["math"].update(response=["dot"]), "$.math.response"),
    ("formula is empty", lambda d: d["math"].update(response=""), "$.math.response"),
    ("formula is a truth value", lambda d: d["math"].update(response=True), "$.math.response"),
    ("a name with a space", lambda d: d["math"].update({"sq dist": "dot"}), "'sq dist'"),
    (
        "axes are text",
        lambda d: d["parameters"]["bias"].update(axes="unit"),
        "$.parameters.bias.axes: 'unit' is not of type 'array'",
    ),
    (
        "unknown initialiser",
        lambda d: d["parameters"]["bias"].update(init="zeroes"),
        "$.parameters.bias.init",
    ),
    (
        "trained and constant at once",
        lambda d: d["parameters"]["bias"].update(value=1.0),
        "$.parameters.bias",
    ),
    (
        "unknown option",
        lambda d: d["parameters"]["bias"].update(options=["frozen"]),
        "$.parameters.bias.options[0]: 'frozen' is not one of",
    ),
    ("unknown property", lambda d: d["properties"].update(convex=True), "'convex' was unexpected"),
    ("keys of a layer", lambda d: d.update(layers=[]), "'layers' was unexpected"),
]


@pytest.mark.parametrize(
    ("edit", "message"), [pytest.param(e, m, id=name) for name, e, m in WRONG_NEURONS]
)
def test_a_wrong_neuron_is_marked_at_its_place(edit: Edit, message: str) -> None:
    document = value(SPEC / "neurons/yat.yaml")
    edit(document)
    assert message in complaint(document)


WRONG_LAYERS: list[tuple[str, Edit, str]] = [
    ("no layer", lambda d: d["layers"].clear(), "$.layers"),
    (
        "unknown geometry",
        lambda d: d["layers"][0]["geometry"].update(kind="densee"),
        "$.layers[0].geometry.kind: 'densee' is not one of",
    ),
    (
        "four spatial axes",
        lambda d: d["layers"][0]["geometry"].update(ranks=[4]),
        "$.layers[0].geometry.ranks[0]: 4 is not one of",
    ),
    (
        "unknown framework",
        lambda d: d["layers"][0].update(aliases={"jax": ["A"]}),
        "'jax' is not one of",
    ),
]


@pytest.mark.parametrize(
    ("edit", "message"), [pytest.param(e, m, id=name) for name, e, m in WRONG_LAYERS]
)
def test_a_wrong_layer_is_marked_at_its_place(edit: Edit, message: str) -> None:
    document = value(SPEC / "layers/yatconv.yaml")
    edit(document)
    assert message in complaint(document)


def test_a_wrong_geometry_is_marked_at_its_place() -> None:
    document = value(SPEC / "geometries/convolution.yaml")
    document["lengths"]["extent"]["formula"] = 1.5
    assert "$.lengths.extent.formula: 1.5 is not of type" in complaint(document)


@pytest.mark.parametrize("document", [{}, {"summary": "Of nothing."}, [], "yat", None])
def test_a_document_is_of_one_of_the_kinds(document: object) -> None:
    assert complaint(document)


def specs_with_schema(folder: Path, text: str) -> Path:
    """A copy of the house's specs with a schema of its own."""
    spec = folder / "spec"
    for source in SPEC.rglob("*.yaml"):
        target = spec / source.relative_to(SPEC)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(source.read_bytes())
    (spec / SCHEMA_NAME).write_text(text, encoding="utf-8")
    return spec


def test_generate_brings_a_stale_schema_up_to_date(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    spec, out = specs_with_schema(tmp_path, "{}"), tmp_path / "nmn"
    assert main(["generate", "--spec", str(spec), "--out", str(out)]) == 0
    assert "~ spec/schema.json" in capsys.readouterr().out
    assert (spec / SCHEMA_NAME).read_text(encoding="utf-8") == schema_text()


def test_check_fails_on_a_stale_schema(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    spec = specs_with_schema(tmp_path, "{}")
    assert main(["check", "--spec", str(spec), "--out", str(GENERATED)]) == 1
    assert "spec/schema.json does not match" in capsys.readouterr().err
    assert (spec / SCHEMA_NAME).read_text(encoding="utf-8") == "{}"
