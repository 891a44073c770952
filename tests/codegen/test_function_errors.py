"""Wrong functions: what was wrong, where, and what would be right."""

from pathlib import Path

import pytest

from codegen.cli import main
from codegen.paths import SPEC
from codegen.plans.statements import check_statements
from codegen.spec import SpecErrors, load_specs
from tests.codegen.wrong_functions import FUNCTION, WRONG

ELEMENTWISE = """\
function: share
summary: A function of one number.
reference: Somebody (2000)
arguments:
  x: {summary: What it is computed of., array: true}
math:
  result: x / (1 + abs(x))
"""
LAYERS = """\
layers:
  - {name: Row, neuron: linear, geometry: {kind: dense}, kernel: {init: orthogonal}}
"""
PATH = "functions/share.yaml"


def write(folder: Path, text: str, path: str = PATH) -> Path:
    root = folder / "spec"
    for place, content in {"layers/row.yaml": LAYERS, path: text}.items():
        (root / place).parent.mkdir(parents=True, exist_ok=True)
        (root / place).write_text(content, encoding="utf-8")
    return root


def errors(root: Path) -> list[str]:
    with pytest.raises(SpecErrors) as caught:
        check_statements(load_specs(root, house=SPEC))
    return [str(error).splitlines()[0] for error in caught.value.errors]


def test_the_function_that_is_edited_is_good(tmp_path: Path) -> None:
    for text in (FUNCTION, ELEMENTWISE):
        check_statements(load_specs(write(tmp_path, text), house=SPEC))
    assert len(WRONG) >= 50


def name(case: object) -> str | None:
    return ascii(case)[1:60] if isinstance(case, str) else None


@pytest.mark.parametrize(("old", "new", "messages"), [(*w[:2], w[2:]) for w in WRONG], ids=name)
def test_a_wrong_function_gives_exactly_these_errors(
    tmp_path: Path, old: str, new: str, messages: tuple[str, ...]
) -> None:
    assert old in FUNCTION
    found = errors(write(tmp_path, FUNCTION.replace(old, new, 1)))
    assert found == [f"spec/{PATH}:{message}" for message in messages]


@pytest.mark.parametrize(
    ("taken", "message"),
    [
        ("sigmoid", "'sigmoid' already has a meaning in formulas"),
        ("cosine", "'cosine' is already the name of a neuron"),
        ("row", "'row' is already the name of a module of layers"),
        ("weights", "'weights' is a name that the frameworks or generated code use"),
        ("squashers", "'squashers' is a name that the frameworks or generated code use"),
        ("lambda", "'lambda' has a meaning in Python"),
        ("soft-max", "'soft-max' contains '-' (hyphen-minus)"),
    ],
)
def test_a_name_that_is_taken(tmp_path: Path, taken: str, message: str) -> None:
    text = ELEMENTWISE.replace("function: share", f"function: {taken}")
    (found,) = errors(write(tmp_path, text, f"functions/{taken}.yaml"))
    assert found.startswith(f"spec/functions/{taken}.yaml:1:11: {message}")


def test_the_sum_along_an_axis_goes_with_an_axis(tmp_path: Path) -> None:
    text = ELEMENTWISE + "properties:\n  total: {above: 1}\n"
    assert errors(write(tmp_path, text)) == [
        f"spec/{PATH}:9:3: `total` goes with an argument that is an axis"
    ]


def test_a_wrong_function_writes_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root, out = write(tmp_path, FUNCTION.replace("x**n", "x**m")), tmp_path / "out"
    command = ["generate", "--spec", str(root), "--out", str(out), "--package", "shares"]
    assert main(command) == 1
    assert f"{PATH}:20:13: unknown name 'm'" in capsys.readouterr().err
    assert not out.exists()
