"""Run the command line."""

import io
import os
import sys

from codegen.cli import main

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
