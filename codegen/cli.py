"""The command line, `python -m codegen COMMAND`."""

import argparse
import sys

from codegen.commands import COMMANDS
from codegen.commands.errors import CommandError
from codegen.commands.generate import generated_files
from codegen.paths import GENERATED, SPEC
from codegen.render.formatting import FormattingError
from codegen.spec import SpecErrors

__all__ = ["GENERATED", "SPEC", "generated_files", "main"]


def main(arguments: list[str] | None = None) -> int:
    """Entry point; a wrong spec gives its errors and exit code 1, and changes nothing."""
    parser = argparse.ArgumentParser(
        prog="python -m codegen", description="From the YAML specs of neurons to their layers."
    )
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for command in COMMANDS:
        command.register(commands)
    options = parser.parse_args(arguments)
    try:
        exit_code: int = options.run(options)
    except (SpecErrors, FormattingError, CommandError) as error:
        print(error, file=sys.stderr)
        return 1
    return exit_code
