"""At least twelve mistakes in every framework, and the properties find each of them."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests import report
from tests.adapters import FRAMEWORKS

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(("part", "least"), [("layers", 12), ("cells", 12)])
@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_every_planted_mistake_is_found(framework: str, part: str, least: int) -> None:
    run = subprocess.run(
        [sys.executable, "-m", "tests.mutation", framework, part],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    found = json.loads(run.stdout.splitlines()[-1])
    for _ in found["caught"]:
        report.mutant_caught(framework)
    assert found["survived"] == []
    assert len(found["caught"]) >= least
