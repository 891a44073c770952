"""Format rendered files with the pinned ruff, all in one run."""

import subprocess
import sys
import tempfile
from pathlib import Path

from codegen.render.environment import PACKAGE

RUFF_VERSION = "0.17.6"
CONFIGURATION = Path(__file__).with_name("ruff.toml")


class FormattingError(Exception):
    """Rendered text is not Python, or ruff is missing or of another version."""


def format_files(files: dict[str, str], package: str = PACKAGE) -> dict[str, str]:
    """Sort imports, drop unused ones and format; raises `FormattingError` with ruff's words."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        for path, text in files.items():
            target = root / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, encoding="utf-8")
        version = _ruff("--version").split()[-1]
        if version != RUFF_VERSION:
            raise FormattingError(f"ruff {RUFF_VERSION} is required, found {version}")
        own = ["--config", f'lint.isort.known-first-party=["{package}"]']
        _ruff("check", "--fix", "--exit-zero", "--quiet", *own, str(root))
        _ruff("format", str(root))
        _ruff("check", *own, str(root))
        return {path: (root / path).read_text(encoding="utf-8") for path in files}


def _ruff(*arguments: str) -> str:
    options = [] if arguments[0] == "--version" else ["--config", str(CONFIGURATION), "--no-cache"]
    command = [sys.executable, "-m", "ruff", *arguments[:1], *options, *arguments[1:]]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    if result.returncode != 0:
        raise FormattingError(f"{result.stdout}{result.stderr}".strip())
    return result.stdout
