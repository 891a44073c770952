"""Wrong specs: what was wrong, where, and what would be right."""

from pathlib import Path

import pytest

from codegen.cli import main
from codegen.spec import SpecError, SpecErrors, Specs, load_specs
from codegen.spec.errors import Position
from tests.codegen.edits import SOURCES
from tests.codegen.wrong_specs import GEOMETRY, LAYERS, NEURON, PATHS, WRONG


def write(folder: Path, wrong: str = "", text: str = "") -> Path:
    """A folder of good specs, but that `text` takes the place of the spec `wrong`."""
    root = folder / "spec"
    files = {path: text if spec == wrong else spec for spec, path in PATHS.items()}
    files["geometries/transposed_convolution.yaml"] = SOURCES[
        "geometries/transposed_convolution.yaml"
    ]
    for path, content in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(content.encode())
    return root


def load(folder: Path, wrong: str = "", text: str = "") -> Specs:
    return load_specs(write(folder, wrong, text))


def errors(folder: Path, wrong: str, text: str) -> list[SpecError]:
    with pytest.raises(SpecErrors) as caught:
        load(folder, wrong, text)
    return list(caught.value.errors)


def name(case: object) -> str | None:
    return ascii(case)[1:60] if isinstance(case, str) and case not in PATHS else None


def test_the_specs_that_are_edited_are_good(tmp_path: Path) -> None:
    assert load(tmp_path).modules.keys() == {"radial"}
    assert len(WRONG) >= 50


@pytest.mark.parametrize(
    ("spec", "old", "new", "messages"), [(*w[:3], w[3:]) for w in WRONG], ids=name
)
def test_a_wrong_spec_gives_exactly_these_errors(
    tmp_path: Path, spec: str, old: str, new: str, messages: tuple[str, ...]
) -> None:
    assert old in spec
    found = errors(tmp_path, spec, spec.replace(old, new, 1))
    first_lines = [str(error).splitlines()[0] for error in found]
    assert first_lines == [f"spec/{PATHS[spec]}:{message}" for message in messages]


@pytest.mark.parametrize(
    ("spec", "old", "new"),
    [
        (NEURON, "relu(", "rleu("),
        (NEURON, "summary: Inverse", "summary: 'Inverse"),
        (LAYERS, "neuron: gaussian", "neuron: gausian"),
        (GEOMETRY, "groups > 0", "group > 0"),
    ],
)
def test_a_wrong_spec_leaves_the_generated_package_as_it_was(
    tmp_path: Path, spec: str, old: str, new: str, capsys: pytest.CaptureFixture[str]
) -> None:
    root, out = write(tmp_path, spec, spec.replace(old, new, 1)), tmp_path / "generated"
    (out / "torch").mkdir(parents=True)
    (out / "torch" / "nmn.py").write_text("what stood here")
    before = {path: path.stat().st_mtime_ns for path in out.rglob("*")}
    assert main(["generate", "--spec", str(root), "--out", str(out)]) == 1
    assert PATHS[spec] in capsys.readouterr().err
    assert {path: path.stat().st_mtime_ns for path in out.rglob("*")} == before
    assert (out / "torch" / "nmn.py").read_text() == "what stood here"


@pytest.mark.parametrize("number", ["1e-5", "1E-5", "0.00001", "+1.e-5", ".1e-4", "1.0e-05"])
def test_a_number_is_a_number_however_it_is_written(tmp_path: Path, number: str) -> None:
    specs = load(tmp_path, NEURON, NEURON.replace("1.0e-5", number))
    assert specs.neurons["gaussian"].parameters["epsilon"].value == 1e-5


def test_all_files_report_their_errors_in_one_run(tmp_path: Path) -> None:
    root = write(tmp_path, NEURON, NEURON.replace("+ sq_dist", "+ sq_dst"))
    (root / PATHS[LAYERS]).write_text(LAYERS.replace("kernel:", "kernels:", 1))
    (root / PATHS[GEOMETRY]).write_text(GEOMETRY.replace("stride > 0", "strde > 0"))
    with pytest.raises(SpecErrors) as caught:
        load_specs(root)
    assert {error.position.path for error in caught.value.errors} == {
        f"spec/{path}" for path in PATHS.values()
    }


def test_an_error_shows_its_line_with_a_caret_below_the_place(tmp_path: Path) -> None:
    (error,) = errors(tmp_path, NEURON, NEURON.replace("relu(", "rleu("))
    assert str(error).splitlines()[1:] == [
        "      sq_dist: rleu(sq_w + sq_x - 2 * dot)",
        "               ^",
    ]


@pytest.mark.parametrize(
    "formula",
    [
        "{}",
        "'{}'",
        '"{}"',
        "  {}",
        "|\n    {}",
        ">-\n    {}",
        ">- # folded\n    {}",
        '"\\x64ot*0 + \\\n    {}"',
    ],
)
@pytest.mark.parametrize("gap", [" ", "   ", "\n    "])
def test_a_place_in_a_formula_is_found_however_yaml_writes_it(
    tmp_path: Path, formula: str, gap: str
) -> None:
    if "\n" in gap and formula.startswith("|"):
        gap = " "
    written = formula.format(f"relu(sq_x +{gap}sq_ww - 2 * dot)")
    text = NEURON.replace("relu(sq_w + sq_x - 2 * dot)", written)
    (error,) = errors(tmp_path, NEURON, text)
    before = text[: text.index("sq_ww")]
    assert error.position.line == before.count("\n") + 1
    assert error.position.column == len(before) - before.rfind("\n")


def test_the_caret_is_as_wide_as_what_a_terminal_shows_before_it() -> None:
    for before, blanks in [("ab", 2), ("\t", 1), ("日本", 4), ("e\u0301", 1), ("⟨w⟩", 3)]:
        error = SpecError(Position("f", 1, len(before) + 1), "wrong", before + "x")
        assert str(error).splitlines()[2].expandtabs(1) == " " * (4 + blanks) + "^"


def test_an_error_shows_no_character_that_a_terminal_obeys() -> None:
    text = str(SpecError(Position("f", 1, 3), "wrong", "a\x1b[31m\u202eb"))
    assert text.splitlines()[1] == "    a�[31m�b"


def test_of_a_long_line_an_error_shows_the_part_around_the_place() -> None:
    text = str(SpecError(Position("f", 1, 1001), "wrong", "a" * 1000 + "b" * 1000))
    source, caret = text.splitlines()[1:]
    assert len(source) < 200
    assert source[caret.index("^")] == "b" and source[caret.index("^") - 1] == "a"


def test_a_folder_without_specs_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(SpecErrors, match="no layer"):
        load_specs(tmp_path)


def test_a_file_that_would_not_be_read_is_an_error(tmp_path: Path) -> None:
    root = write(tmp_path)
    (root / PATHS[NEURON]).rename(root / "neurons" / "gaussian.yml")
    with pytest.raises(SpecErrors, match=r"gaussian\.yml:1:1: not read"):
        load_specs(root)


def test_what_is_no_text_is_an_error_where_it_stops_to_be(tmp_path: Path) -> None:
    root = write(tmp_path)
    (root / PATHS[NEURON]).write_bytes("neuron: gaußian".encode("latin-1"))
    with pytest.raises(SpecErrors, match=r"gaussian\.yaml:1:12: not UTF-8 text"):
        load_specs(root)


def test_a_folder_in_the_place_of_a_file_is_an_error(tmp_path: Path) -> None:
    root = write(tmp_path)
    (root / "neurons" / "cosine.yaml").mkdir()
    with pytest.raises(SpecErrors, match=r"cosine\.yaml:1:1: cannot be read"):
        load_specs(root)
