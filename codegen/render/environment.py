"""The Jinja environment: strict, and with no filter that decides anything."""

import textwrap
from pathlib import Path

import jinja2

TEMPLATES = Path(__file__).parent.parent / "templates"
WIDTH = 100
PACKAGE = "nmn"
"""The package of this repository, whose extras install the frameworks."""


def environment(package: str) -> jinja2.Environment:
    """Templates fail on any name a view lacks; all of them know the name of the package."""
    env = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,
    )
    env.filters["wrapped"] = wrapped
    env.filters["filled"] = filled
    env.globals["package"] = package
    return env


def wrapped(text: str, indent: int) -> str:
    """Fill a docstring item to the line width, continuation lines indented once more."""
    return textwrap.fill(
        text,
        WIDTH,
        initial_indent=" " * indent,
        subsequent_indent=" " * (indent + 4),
        break_long_words=False,
        break_on_hyphens=False,
    )


def filled(text: str, indent: int) -> str:
    """Fill a paragraph of a docstring to the line width."""
    margin = " " * indent
    return textwrap.fill(text, WIDTH, initial_indent=margin, subsequent_indent=margin)
