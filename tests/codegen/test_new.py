"""A new neuron starts from a spec that loads and generates, or from nothing at all."""

from pathlib import Path

import pytest

from codegen.cli import SPEC, generated_files, main
from codegen.commands.errors import CommandError
from codegen.commands.new import KINDS, TEMPLATES, new_spec, starting_files
from codegen.frameworks import FRAMEWORKS
from codegen.frameworks.base import Recurrent
from codegen.plans.package import plan_package
from codegen.spec import load_specs
from codegen.spec.schema import SCHEMA_COMMENT, SCHEMA_NAME, schema_text


@pytest.fixture
def spec(tmp_path: Path) -> Path:
    """A copy of the house's specs."""
    folder = tmp_path / "spec"
    for source in SPEC.glob("*/*.yaml"):
        target = folder / source.relative_to(SPEC)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(source.read_bytes())
    (folder / SCHEMA_NAME).write_text(schema_text(), encoding="utf-8")
    return folder


def contents(folder: Path) -> dict[Path, bytes | None]:
    """Everything in a folder; folders have no bytes."""
    return {p: p.read_bytes() if p.is_file() else None for p in folder.rglob("*")}


def new(spec: Path, name: str) -> int:
    return main(["new", "neuron", name, "--spec", str(spec)])


def test_a_new_neuron_has_a_layer_of_every_geometry(spec: Path) -> None:
    assert new(spec, "unheard_of") == 0
    modules = plan_package(load_specs(spec)).modules
    layers = {(m.name, x.name, x.kind) for m in modules for x in m.layers}
    assert layers >= {
        ("unheard_of", "UnheardOfNMN", "dense"),
        ("unheard_of_conv", "UnheardOfConv", "convolution"),
        ("unheard_of_conv_transpose", "UnheardOfConvTranspose", "transposed_convolution"),
    }


def test_layers_are_called_as_those_of_yat_are() -> None:
    made = "".join(starting_files("yat").values())
    for file in (SPEC / "layers").glob("*.yaml"):
        if "neuron: yat\n" in (text := file.read_text(encoding="utf-8")):
            name = text.partition("- name: ")[2].split()[0]
            assert f"- name: {name}\n" in made


# The longest name there may be: sentences and class names are made of it.
@pytest.mark.parametrize("name", ["a", "t_" + 38 * "x"])
def test_a_new_neuron_generates_in_every_framework(spec: Path, name: str) -> None:
    new_spec("neuron", name, spec)
    files = generated_files(spec)
    for framework in FRAMEWORKS:
        for path in (f"neurons/{name}", name, f"{name}_conv", f"{name}_conv_transpose"):
            assert f"{framework.name}/{path}.py" in files


def test_the_starting_spec_is_about_the_new_neuron_alone(spec: Path) -> None:
    new_spec("neuron", "unheard_of", spec)
    text = (spec / "neurons/unheard_of.yaml").read_text(encoding="utf-8")
    assert "NAME" not in text and "explain unheard_of --spec DIR" in text
    assert "make generate" not in text
    assert "make generate" in starting_files("unheard_of")["neurons/unheard_of.yaml"]


@pytest.mark.parametrize("kind", KINDS)
def test_the_starting_spec_says_what_each_of_its_keys_is_for(kind: str) -> None:
    lines = (TEMPLATES / f"{kind}.yaml").read_text(encoding="utf-8").splitlines()
    for number, line in enumerate(lines):
        key = line.partition(":")[0]
        if line and not line.startswith((" ", "#")):
            assert lines[number - 1].startswith("#"), f"no comment above {key!r}"
    assert max(map(len, lines)) <= 100


@pytest.mark.parametrize("name", ["a", "t_" + 38 * "x"])
def test_a_new_function_generates_in_every_framework(spec: Path, name: str) -> None:
    assert [p.name for p in new_spec("function", name, spec)] == [f"{name}.yaml"]
    files = generated_files(spec)
    for framework in FRAMEWORKS:
        assert f"def {name}(" in files[f"{framework.name}/squashers.py"]


@pytest.mark.parametrize("name", ["a", "t_" + 38 * "x"])
def test_a_new_cell_generates(spec: Path, name: str) -> None:
    assert [p.name for p in new_spec("cell", name, spec)] == [f"{name}.yaml"]
    (cell,) = (c for c in plan_package(load_specs(spec)).cells if c.module == name)
    assert cell.name == name.title().replace("_", "")
    files = generated_files(spec)
    assert f"def {name}_bias(" in files["_starts.py"]
    for framework in FRAMEWORKS:
        if isinstance(framework, Recurrent):
            assert f"class {cell.cell_name}(" in files[f"{framework.name}/{name}.py"]


@pytest.mark.parametrize("kind", ["function", "cell"])
def test_a_new_function_or_cell_may_be_alone(
    kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["new", kind, "unheard_of", "--spec", str(tmp_path)]) == 0
    said = capsys.readouterr().out
    assert f"python -m codegen explain unheard_of --spec {tmp_path}" in said
    text = (tmp_path / KINDS[kind] / "unheard_of.yaml").read_text(encoding="utf-8")
    assert "NAME" not in text and "CLASS" not in text and "--spec DIR" in text
    assert main(["explain", "unheard_of", "--spec", str(tmp_path)]) == 0


@pytest.mark.parametrize(
    ("kind", "name", "said"),
    [
        ("function", "softermax", "already there"),
        ("function", "yat", "'yat' is already the name of a neuron"),
        ("function", "sqrt", "'sqrt' already has a meaning in formulas"),
        ("function", "SoftStep", "small letters and underscores, such as soft_step"),
        ("cell", "yat_gru", "already there"),
        ("cell", "nmn", "layers/nmn.yaml is generated as the module 'nmn' too"),
        ("cell", "LeakyGRU", "small letters and underscores, such as leaky_gru"),
    ],
)
def test_a_function_or_cell_of_a_name_that_will_not_do(
    spec: Path, kind: str, name: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    before = contents(spec)
    assert main(["new", kind, name, "--spec", str(spec)]) == 1
    assert said in capsys.readouterr().err
    assert contents(spec) == before


def test_new_files_tell_editors_where_the_schema_is(spec: Path) -> None:
    (spec / SCHEMA_NAME).unlink()
    for path in new_spec("neuron", "unheard_of", spec):
        if path.suffix == ".yaml":
            assert path.read_text(encoding="utf-8").startswith(SCHEMA_COMMENT)
    assert (spec / SCHEMA_NAME).read_text(encoding="utf-8") == schema_text()


def test_a_folder_outside_the_house_may_be_empty(tmp_path: Path) -> None:
    new_spec("neuron", "unheard_of", tmp_path)
    found = {p.relative_to(tmp_path).as_posix() for p in tmp_path.rglob("*") if p.is_file()}
    assert found == {*starting_files("unheard_of"), SCHEMA_NAME}


def test_what_to_do_next_is_said(spec: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert new(spec, "unheard_of") == 0
    said = capsys.readouterr().out
    for path in starting_files("unheard_of"):
        assert f"+ {spec / path}\n" in said
    steps = [
        f"edit {spec / 'neurons/unheard_of.yaml'}",
        f"python -m codegen explain unheard_of --spec {spec}",
        f"python -m codegen generate --spec {spec} --out DIR --package NAME",
        f"python -m codegen test --spec {spec}",
    ]
    assert [line.partition("  #")[0].strip() for line in said.splitlines()[-4:]] == steps


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("yat", "already there"),
        ("lambda", "'lambda'"),
        ("2d", "'2d'"),
        ("student-t", "'student-t'"),
        ("étoile", "'étoile'"),
        ("_t", "'_t'"),
        ("", "''"),
        ("../t", "'../t'"),
        ("training", "'training'"),
        ("Yat", "small letters"),
        ("yat_", "YatNMN"),
    ],
)
def test_a_name_that_will_not_do_is_refused(
    spec: Path, name: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    before = contents(spec.parent)
    assert new(spec, name) == 1
    output = capsys.readouterr()
    assert said in output.err and not output.out
    assert contents(spec.parent) == before


@pytest.mark.parametrize("path", sorted(starting_files("unheard_of")))
def test_no_file_is_ever_overwritten(
    spec: Path, path: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (spec / path).write_text("mine", encoding="utf-8")
    before = contents(spec)
    assert new(spec, "unheard_of") == 1
    assert f"already there: {spec / path}; nothing was written" in capsys.readouterr().err
    assert contents(spec) == before


def test_errors_of_other_specs_come_first(spec: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = spec / "neurons/yat.yaml"
    file.write_text(file.read_text(encoding="utf-8").replace("dot + bias", "dot + bais"))
    before = contents(spec)
    assert new(spec, "unheard_of") == 1
    said = capsys.readouterr().err
    assert "spec/neurons/yat.yaml:" in said and "did you mean 'bias'?" in said
    assert "nothing was written" in said
    assert contents(spec) == before


def test_what_was_written_before_a_failure_is_taken_back(tmp_path: Path) -> None:
    (tmp_path / "layers").write_text("a file where a folder must be", encoding="utf-8")
    before = contents(tmp_path)
    with pytest.raises(CommandError, match="nothing was written"):
        new_spec("neuron", "unheard_of", tmp_path)
    assert contents(tmp_path) == before


def test_a_folder_that_is_not_there_is_not_made(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert new(tmp_path / "nowhere", "unheard_of") == 1
    assert "no folder" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())
