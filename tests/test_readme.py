"""The README's snippets run as they stand, each in a fresh interpreter."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
TEXT = (ROOT / "README.md").read_text(encoding="utf-8")
SNIPPETS = re.findall(r"```python\n(.*?)```", TEXT, re.S)


@pytest.mark.parametrize("snippet", SNIPPETS, ids=lambda s: s.splitlines()[1])
def test_snippet_runs(snippet: str) -> None:
    environment = os.environ | {"PYTHONPATH": str(ROOT / "generated"), "TF_CPP_MIN_LOG_LEVEL": "3"}
    run = subprocess.run(
        [sys.executable, "-c", snippet], env=environment, capture_output=True, text=True
    )
    assert run.returncode == 0, run.stderr


def test_there_is_a_snippet_for_every_framework() -> None:
    for framework in ("torch", "keras", "tf", "linen", "nnx"):
        assert any(f"nmn.{framework} import" in snippet for snippet in SNIPPETS)


def test_commands_exist() -> None:
    listed = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True)
    for target in set(re.findall(r"make (\w+)", TEXT)):
        assert target == "help" or f"make {target}" in listed.stdout
