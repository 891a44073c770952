"""The wheel holds the package and nothing else, and works where it is installed."""

import os
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
INSTALLED = {"torch": "torch", "keras": "keras", "tf": "tensorflow", "linen": "flax", "nnx": "flax"}


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(out)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    (built,) = out.glob("*.whl")
    return built


@pytest.fixture(scope="session")
def clean(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment with NumPy and the wheel, nothing else."""
    folder = tmp_path_factory.mktemp("clean")
    venv.create(folder, with_pip=True)
    python = folder / "bin" / "python"
    subprocess.run([python, "-m", "pip", "install", "--quiet", wheel], check=True)
    return python


def run(python: Path, code: str, **environment: str) -> subprocess.CompletedProcess[str]:
    inherited = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "KERAS_BACKEND")}
    return subprocess.run(
        [python, "-c", code], env=inherited | environment, capture_output=True, text=True, cwd="/"
    )


def test_it_holds_the_package_and_nothing_else(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    package = {n for n in names if n.startswith("nmn/")}
    files = {str(p.relative_to(ROOT / "generated")) for p in (ROOT / "generated/nmn").rglob("*.py")}
    assert package == files
    assert all(n.startswith("nmn-") and ".dist-info/" in n for n in set(names) - package)


def test_it_imports_with_numpy_alone(clean: Path) -> None:
    assert (
        run(clean, "import nmn, nmn.weights; assert nmn.__version__ != 'unknown'").returncode == 0
    )


@pytest.mark.parametrize("framework", INSTALLED)
def test_a_missing_framework_is_one_line_that_names_the_extra(clean: Path, framework: str) -> None:
    extra = {"linen": "flax", "nnx": "flax"}.get(framework, framework)
    result = run(clean, f"import nmn.{framework}")
    assert result.returncode != 0
    assert result.stderr.splitlines()[-1].endswith(f"pip install 'nmn[{extra}]'")


ONE_FRAMEWORK = """
import importlib.abc, sys
sys.path.insert(0, {site!r})
class Blocker(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {blocked!r}:
            raise ModuleNotFoundError(name)
sys.meta_path.insert(0, Blocker())
from nmn.{framework} import YatNMN
import nmn
assert {site!r} not in nmn.__file__
"""


@pytest.mark.parametrize("framework", ["torch", "tf", "linen", "nnx"])
def test_it_works_with_one_framework_present(clean: Path, framework: str) -> None:
    """The clean environment sees this one's packages, with every other framework hidden."""
    blocked = sorted({"torch", "keras", "tensorflow", "jax", "flax"} - _needed(framework))
    site = str(Path(sys.prefix) / "lib" / f"python3.{sys.version_info.minor}" / "site-packages")
    if framework == "tf":
        blocked.remove("keras")  # TensorFlow imports it itself.
    code = ONE_FRAMEWORK.format(site=site, blocked=blocked, framework=framework)
    result = run(clean, code)
    assert result.returncode == 0, result.stderr


def _needed(framework: str) -> set[str]:
    return {
        "torch": {"torch"},
        "tf": {"tensorflow"},
        "linen": {"jax", "flax"},
        "nnx": {"jax", "flax"},
    }[framework]


def test_importing_the_package_is_quick_and_imports_no_framework() -> None:
    """A generous reading of 0.2 s: the median over several interpreters, start-up taken off."""
    code = (
        "import time; start = time.perf_counter(); import nmn; "
        "print(time.perf_counter() - start); import sys; "
        "assert not {'torch', 'keras', 'tensorflow', 'jax', 'flax', 'numpy'} & set(sys.modules)"
    )
    path = str(ROOT / "generated")
    runs = [run(Path(sys.executable), code, PYTHONPATH=path) for _ in range(3)]
    assert all(r.returncode == 0 for r in runs), runs[0].stderr
    print("import nmn takes", sorted(float(r.stdout) for r in runs)[1], "s")
