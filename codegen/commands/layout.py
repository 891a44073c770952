"""Lines of `explain`: at most `WIDTH` characters wide."""

import textwrap
from collections.abc import Iterable

WIDTH = 100
INDENT = "  "


def section(title: str, lines: Iterable[str]) -> str:
    """Lines under an underlined title."""
    body = "\n".join(indented(lines)).rstrip()
    return f"{title}\n{'─' * len(title)}\n{body}"


def indented(lines: Iterable[str]) -> list[str]:
    """The lines, each further in."""
    return [f"{INDENT}{line}".rstrip() for line in lines]


def wrapped(line: str, taken: int = len(INDENT), hanging: str = "") -> list[str]:
    """The line in pieces, where `taken` columns are spent on indentation."""
    return textwrap.wrap(line, WIDTH - taken, subsequent_indent=hanging, break_on_hyphens=False)


def bullet(line: str) -> list[str]:
    """A line in pieces, as an item of a list."""
    first, *rest = wrapped(line, len(INDENT) + 2)
    return [f"• {first}", *(f"  {more}" for more in rest)]
