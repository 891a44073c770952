"""Compare rendered files with a folder, and put them there whole or not at all."""

import difflib
import os
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Drift:
    """How a folder differs from what would be generated."""

    missing: list[str]
    stale: list[str]
    changed: dict[str, str]
    """Path → unified diff."""

    def __bool__(self) -> bool:
        return bool(self.missing or self.stale or self.changed)


def compare(files: dict[str, str], root: Path) -> Drift:
    """Differences between `files` and the folder `root`; caches of Python do not count."""
    present = {
        str(p.relative_to(root)): p
        for p in sorted(root.rglob("*"))
        if p.is_file() and "__pycache__" not in p.parts
    }
    changed: dict[str, str] = {}
    for path in sorted(files.keys() & present.keys()):
        current = present[path].read_text(encoding="utf-8")
        if current != files[path]:
            lines = difflib.unified_diff(
                current.splitlines(),
                files[path].splitlines(),
                path,
                f"{path} (generated)",
                lineterm="",
            )
            changed[path] = "\n".join(lines)
    return Drift(
        sorted(files.keys() - present.keys()), sorted(present.keys() - files.keys()), changed
    )


def replace(files: dict[str, str], root: Path) -> None:
    """Swap `root` for a folder holding exactly `files`; an interruption leaves one or the other."""
    root.parent.mkdir(parents=True, exist_ok=True)
    fresh = Path(tempfile.mkdtemp(prefix=f".{root.name}-", dir=root.parent))
    try:
        for path, text in files.items():
            target = fresh / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, encoding="utf-8")
        fresh.chmod(0o755)
        old = fresh.with_name(f"{fresh.name}-old")
        if root.exists():
            os.rename(root, old)
        os.rename(fresh, root)
        shutil.rmtree(old, ignore_errors=True)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
