"""Specs outside this repository become a package that stands alone, and are tested as ours are."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from codegen.cli import main

ROOT = Path(__file__).parents[2]

NEURON = """\
neuron: bell
summary: A bell around the kernel.
reference: "Broomhead and Lowe (1988), Multivariable functional interpolation"
parameters:
  gamma: {summary: Inverse squared width., axes: [unit], init: ones, positive: true}
math:
  spread: gamma * relu(sq_w - 2 * dot + sq_x)
  response: exp(-spread)
properties:
  nonnegative: true
"""

UNUSED = NEURON.replace("neuron: bell", "neuron: unused")

DENSE = """\
layers:
  - name: BellDense
    neuron: bell
    geometry: {kind: dense}
    kernel: {init: glorot_normal}
"""

BORROWED = """\
layers:
  - name: YatRow
    neuron: yat
    geometry: {kind: convolution, ranks: [1]}
    kernel: {init: glorot_normal}
"""

FILES = {
    "neurons/bell.yaml": NEURON,
    "neurons/unused.yaml": UNUSED,
    "layers/dense.yaml": DENSE,
    "layers/row.yaml": BORROWED,
}


def write(folder: Path, files: dict[str, str] = FILES) -> Path:
    for path, text in files.items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with specs in `mine` and what they generate in `out/bells`."""
    folder = tmp_path_factory.mktemp("own")
    write(folder / "mine")
    here = Path.cwd()
    os.chdir(folder)
    try:
        assert main(["generate", "--spec", "mine", "--out", "out", "--package", "bells"]) == 0
    finally:
        os.chdir(here)
    return folder


@pytest.fixture
def specs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Specs in `mine`, below the current folder."""
    monkeypatch.chdir(tmp_path)
    return write(tmp_path / "mine")


def generate(package: str = "bells", spec: str = "mine") -> int:
    return main(["generate", "--spec", spec, "--out", "out", "--package", package])


def texts(package: Path) -> dict[str, str]:
    files = sorted(package.rglob("*.py"))
    return {str(p.relative_to(package)): p.read_text(encoding="utf-8") for p in files}


def test_it_runs_where_there_is_no_nmn(built: Path) -> None:
    code = """
import importlib.util
assert importlib.util.find_spec("nmn") is None and importlib.util.find_spec("codegen") is None
import torch
from bells.torch import BellDense, YatRow1d
from bells.weights import to_canonical
dense, row = BellDense(3, 2), YatRow1d(2, 4, 3)
output = row(dense(torch.randn(1, 6, 3)).mT)
output.sum().backward()
assert output.shape == (1, 4, 4) and all(p.grad is not None for p in dense.parameters())
assert set(to_canonical(dense)) == {"kernel", "gamma"}
"""
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
    run = subprocess.run(
        [sys.executable, "-c", code], cwd=built / "out", env=environment, capture_output=True
    )
    assert run.returncode == 0, run.stderr.decode()


def test_it_holds_the_neurons_that_its_layers_use(built: Path) -> None:
    for framework in ("torch", "keras", "tf", "linen", "nnx"):
        neurons = {p.stem for p in (built / "out/bells" / framework / "neurons").glob("*.py")}
        assert neurons == {"__init__", "bell", "yat"}


def test_only_what_it_was_generated_from_names_nmn(built: Path) -> None:
    for path, text in texts(built / "out" / "bells").items():
        _, rest = text.split("\n", 1)
        assert "nmn" not in rest, path


def test_a_missing_framework_is_installed_by_its_own_name(built: Path) -> None:
    for framework, name in {"torch": "torch", "tf": "tensorflow", "nnx": "flax"}.items():
        text = (built / "out" / "bells" / framework / "__init__.py").read_text(encoding="utf-8")
        assert f"bells.{framework} needs" in text and f"pip install {name}" in text


@pytest.mark.parametrize("relative", [True, False])
def test_files_cite_their_specs_and_no_folder_of_the_machine(specs: Path, relative: bool) -> None:
    assert generate(spec="mine" if relative else str(specs)) == 0
    found = texts(Path("out", "bells"))
    for path, source in {
        "torch/dense.py": "mine/layers/dense.yaml",
        "tf/neurons/bell.py": "mine/neurons/bell.yaml",
        "nnx/neurons/yat.py": "nmn's spec/neurons/yat.yaml",
        "_convolution.py": "nmn's spec/geometries/convolution.yaml",
        "keras/_windows.py": "nmn's codegen/templates/keras/_windows.py.j2",
        "keras/__init__.py": "mine/layers",
    }.items():
        assert found[path].startswith(f"# Generated from {source}.")
    assert not any(str(specs.parent) in text for text in found.values())


def test_errors_name_files_as_their_author_called_them(
    specs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(specs, {"neurons/bell.yaml": NEURON.replace("exp(-spread)", "exp(-spraed)")})
    for called in ("mine", str(specs), "../" + specs.parent.name + "/mine"):
        assert generate(spec=called) == 1
        message = capsys.readouterr().err
        assert f"{called}/neurons/bell.yaml:8:18: unknown name 'spraed'" in message
    assert not Path("out").exists()


def test_neurons_of_nmn_are_known_by_name(specs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(specs, {"layers/row.yaml": BORROWED.replace("yat", "yatt")})
    assert generate() == 1
    assert "unknown neuron 'yatt'; did you mean 'yat'?" in capsys.readouterr().err


def test_a_neuron_of_ones_own_goes_before_one_of_nmn(specs: Path) -> None:
    write(specs, {"neurons/yat.yaml": NEURON.replace("neuron: bell", "neuron: yat")})
    assert generate() == 0
    text = Path("out/bells/linen/neurons/yat.py").read_text(encoding="utf-8")
    assert text.startswith("# Generated from mine/neurons/yat.yaml.") and "epsilon" not in text


def test_generating_again_changes_what_changed(
    specs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert generate() == 0
    assert generate() == 0
    assert "all up to date" in capsys.readouterr().out
    Path(specs, "layers/row.yaml").unlink()
    assert generate() == 0
    assert not Path("out/bells/torch/row.py").exists()


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("my-units", "is not a name that Python can import"),
        ("a.b", "is not a name that Python can import"),
        ("class", "is not a name that Python can import"),
        ("../up", "is not a name that Python can import"),
        ("nmn", "is the package of this repository; choose another name"),
        *((name, "would hide the module") for name in ("torch", "tensorflow", "jax", "math")),
    ],
)
def test_a_name_must_be_free(
    specs: Path, capsys: pytest.CaptureFixture[str], name: str, reason: str
) -> None:
    assert generate(name) == 1
    assert capsys.readouterr().err.startswith(f"--package {name}: {name!r} {reason}")
    assert not Path("out").exists()


def test_what_was_not_generated_is_left_as_it_is(
    specs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    mine = Path("out", "bells", "torch", "mine.py")
    mine.parent.mkdir(parents=True)
    mine.write_text("answer = 42\n")
    assert generate() == 1
    message = "out/bells is left as it is: it holds torch/mine.py, which was not generated\n"
    assert capsys.readouterr().err == message
    assert list(Path("out").rglob("*.py")) == [mine]


@pytest.mark.parametrize(
    "options", [["--package", "bells"], ["--spec", "mine"], ["--spec", "mine", "--package", "b"]]
)
def test_the_package_of_this_repository_is_never_replaced(
    specs: Path, capsys: pytest.CaptureFixture[str], options: list[str]
) -> None:
    assert main(["generate", *options]) == 1
    message = "a package of your own needs --package NAME and --out DIR\n"
    assert capsys.readouterr().err == message


def test_a_folder_that_is_not_there(specs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert generate(spec="yours") == 1
    assert capsys.readouterr().err == "--spec yours: there is no such folder\n"


def run_tests(folder: Path, expression: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "codegen", "test", "--spec", "mine"]
    command += ["--processes", "1", "-k", expression]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    environment.pop("NMN_REPORT", None)
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)


def test_the_properties_are_tested_of_what_there_is(specs: Path) -> None:
    """No layer here is a convolution, which is no error."""
    Path(specs, "layers/row.yaml").unlink()
    run = run_tests(specs.parent, "torch and (bounds or law or nonnegative)")
    assert run.returncode == 0, run.stdout + run.stderr
    assert "torch float32 gradient" in run.stdout
    assert "passed" in run.stdout
    assert (
        run_tests(specs.parent, "no_test_is_called_so").returncode
        == pytest.ExitCode.NO_TESTS_COLLECTED
    )
