"""One module per command of `python -m codegen`; each adds itself to the command line.

A command has a function `register(commands)`, which adds its parser, and sets there as `run` a
function from the parsed options to an exit code.
"""

from codegen.commands import check, explain, generate, new, test

COMMANDS = (generate, check, new, explain, test)
"""In the order in which they are listed."""
