"""Wrong cells: what was wrong, where, and what would be right."""

from pathlib import Path

import pytest

from codegen.cli import main
from codegen.paths import SPEC
from codegen.plans.package import plan_package
from codegen.plans.start_check import check_starts
from codegen.spec import SpecErrors, load_specs
from tests.codegen.wrong_cells import CELL, WITHOUT_PARAMETERS, WRONG

FUNCTION = """\
function: {name}
summary: A function of one number.
reference: Somebody (2000)
arguments:
  x: {{summary: What it is computed of., array: true}}
math:
  result: {result}
"""

NEURON = """\
neuron: {name}
summary: A unit.
reference: Somebody (2000)
parameters:
  bias: {{summary: Added., axes: [unit], init: zeros}}
math:
  response: {response}
"""

LAYERS = """\
layers:
  - {name: Row, neuron: linear, geometry: {kind: dense}, kernel: {init: glorot_normal}}
  - {name: Row2Cell, neuron: linear, geometry: {kind: dense}, kernel: {init: glorot_normal}}
"""

OTHERS = {
    "layers/row.yaml": LAYERS,
    "functions/squash.yaml": FUNCTION.format(name="squash", result="x / (1 + abs(x))"),
    "functions/wave.yaml": FUNCTION.format(name="wave", result="sin(x)"),
    "functions/softermax.yaml": (SPEC / "functions/softermax.yaml").read_text(encoding="utf-8"),
    "neurons/fanned.yaml": NEURON.format(name="fanned", response="dot / inputs + bias"),
    "neurons/bounded.yaml": NEURON.format(name="bounded", response="tanh(dot + bias)"),
}
PATH = "cells/leaky_gru.yaml"


def write(folder: Path, cell: str, path: str = PATH) -> Path:
    root = folder / "spec"
    for place, text in (OTHERS | {path: cell}).items():
        (root / place).parent.mkdir(parents=True, exist_ok=True)
        (root / place).write_text(text, encoding="utf-8")
    return root


def check(root: Path) -> None:
    """Everything that commands look for in the spec of a cell."""
    specs = load_specs(root, house=SPEC)
    check_starts(specs, plan_package(specs))


def errors(root: Path) -> list[str]:
    with pytest.raises(SpecErrors) as caught:
        check(root)
    return [str(error).splitlines()[0] for error in caught.value.errors]


def test_the_cell_that_is_edited_is_good(tmp_path: Path) -> None:
    check(write(tmp_path, CELL))
    assert len(WRONG) >= 80


def name(case: object) -> str | None:
    return ascii(case)[1:60] if isinstance(case, str) else None


@pytest.mark.parametrize(("old", "new", "messages"), [(*w[:2], w[2:]) for w in WRONG], ids=name)
def test_a_wrong_cell_gives_exactly_these_errors(
    tmp_path: Path, old: str, new: str, messages: tuple[str, ...]
) -> None:
    assert old in CELL
    found = errors(write(tmp_path, CELL.replace(old, new, 1)))
    assert found == [f"spec/{PATH}:{message}" for message in messages]


@pytest.mark.parametrize(
    ("old", "new", "messages"), [(*w[:2], w[2:]) for w in WITHOUT_PARAMETERS], ids=name
)
def test_a_start_that_a_neuron_cannot_have_is_an_error(
    tmp_path: Path, old: str, new: str, messages: tuple[str, ...]
) -> None:
    cell = CELL.partition("parameters:")[0].replace(old, new, 1)
    assert errors(write(tmp_path, cell)) == [f"spec/{PATH}:{message}" for message in messages]


@pytest.mark.parametrize("neuron", ["cosine", "signed_yat", "linear", "gaussian", "polynomial"])
def test_without_a_start_any_neuron_will_do(tmp_path: Path, neuron: str) -> None:
    cell = CELL.partition("start:")[0].replace("neuron: yat", f"neuron: {neuron}")
    check(write(tmp_path, cell))


def test_a_start_may_be_below_0_where_the_neuron_has_it(tmp_path: Path) -> None:
    cell = CELL.partition("parameters:")[0].replace("neuron: yat", "neuron: linear")
    check(write(tmp_path, cell.replace("r: 0.5", "r: -0.5")))


@pytest.mark.parametrize(
    ("stem", "message"),
    [
        ("row", "layers/row.yaml is generated as the module 'row' too: rename the file"),
        ("squash", "the file's name, 'squash', is already that of a function: rename the file"),
        (
            "squashers",
            "the file's name, 'squashers', is a name that the frameworks or generated code use; "
            "choose another",
        ),
        (
            "leaky-gru",
            "the file's name, 'leaky-gru', contains '-' (hyphen-minus): names are made of a-z, "
            "A-Z, 0-9 and _",
        ),
    ],
)
def test_a_file_whose_module_would_not_do(tmp_path: Path, stem: str, message: str) -> None:
    found = errors(write(tmp_path, CELL, f"cells/{stem}.yaml"))
    assert f"spec/cells/{stem}.yaml:1:1: {message}" in found


def test_two_cells_of_one_name(tmp_path: Path) -> None:
    root = write(tmp_path, CELL)
    (root / "cells/second.yaml").write_text(CELL, encoding="utf-8")
    assert errors(root) == [
        "spec/cells/second.yaml:1:7: 'LeakyGRU' is already the name of a class of LeakyGRU"
    ]


def test_a_file_that_would_not_be_read_is_an_error(tmp_path: Path) -> None:
    root = write(tmp_path, CELL, "cells/leaky_gru.yml")
    assert errors(root) == [
        "spec/cells/leaky_gru.yml:1:1: not read, since specs end in .yaml: rename the file"
    ]


@pytest.mark.parametrize(
    ("old", "new"),
    [("gate(gates.reset)", "gate(gates.rest)"), ("r: 0.5", "r: 1.5"), ("output: h", "output: k")],
)
def test_a_wrong_cell_writes_nothing(
    tmp_path: Path, old: str, new: str, capsys: pytest.CaptureFixture[str]
) -> None:
    root, out = write(tmp_path, CELL.replace(old, new, 1)), tmp_path / "out"
    command = ["generate", "--spec", str(root), "--out", str(out), "--package", "leaky"]
    assert main(command) == 1
    assert PATH in capsys.readouterr().err
    assert not out.exists()
