"""Run the command line."""

import io
import os
import sys

try:
    from codegen.cli import main
except ModuleNotFoundError as error:
    if (error.name or "codegen").partition(".")[0] == "codegen":
        raise
    sys.exit(
        f"codegen needs {error.name}, which this Python does not have: `make generate` puts all it "
        "needs into .venv; then run `.venv/bin/python -m codegen`"
    )

for stream in (sys.stdout, sys.stderr):
    # Formulas are no ASCII, whatever a pipe or a terminal declares.
    if isinstance(stream, io.TextIOWrapper):
        stream.reconfigure(encoding="utf-8")

try:
    exit_code = main()
    sys.stdout.flush()
except BrokenPipeError:
    # The reader, `head` say, has seen enough. What is left must not raise again at exit.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    exit_code = 1

sys.exit(exit_code)
