"""Options that commands share."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from codegen.paths import GENERATED, SPEC

if TYPE_CHECKING:
    Commands = argparse._SubParsersAction[argparse.ArgumentParser]
else:
    Commands = argparse._SubParsersAction


def add_spec(parser: argparse.ArgumentParser) -> None:
    """`--spec DIR`."""
    parser.add_argument(
        "--spec", type=Path, default=SPEC, metavar="DIR", help="folder of specs (default: spec/)"
    )


def add_out(parser: argparse.ArgumentParser) -> None:
    """`--out DIR`."""
    parser.add_argument(
        "--out",
        type=Path,
        default=GENERATED,
        metavar="DIR",
        help="folder of the package (default: generated/nmn/)",
    )
