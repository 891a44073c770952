"""The folder of specs that a command is about."""

from pathlib import Path

from codegen.commands.errors import CommandError
from codegen.paths import SPEC
from codegen.spec import Specs, load_specs


def specs_of(folder: Path) -> Specs:
    """Its specs, called as their author does; what they only name is borrowed from the house."""
    if not folder.is_dir():
        raise CommandError(f"--spec {folder}: there is no such folder")
    called = SPEC.name if folder.resolve() == SPEC.resolve() else str(folder)
    return load_specs(folder, called, SPEC)
