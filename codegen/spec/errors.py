"""Errors in specs: where, what was wrong, what would be right."""

import difflib
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

#: Characters of the source line that a message shows on either side of the place it points at.
_CONTEXT = 90


@dataclass(frozen=True, order=True)
class Position:
    """A place in a file; lines and columns count from 1."""

    path: str
    line: int
    column: int


@dataclass(frozen=True, order=True)
class SpecError:
    """One thing that is wrong."""

    position: Position
    message: str
    source: str = ""

    def __str__(self) -> str:
        place = self.position
        text = f"{place.path}:{place.line}:{place.column}: {self.message}"
        if not self.source.strip():
            return text
        start = max(0, place.column - 1 - _CONTEXT)
        before = self.source[start : place.column - 1]
        after = self.source[place.column - 1 : place.column - 1 + _CONTEXT]
        left = "…" if start else ""
        right = "…" if place.column - 1 + _CONTEXT < len(self.source) else ""
        caret = " " * len(left) + "".join(map(_blank, before)) + "^"
        return f"{text}\n    {left}{_shown(before + after)}{right}\n    {caret}"


class SpecErrors(Exception):
    """Everything that is wrong with a folder of specs, in order of position."""

    def __init__(self, errors: Iterable[SpecError]) -> None:
        self.errors = tuple(sorted(set(errors)))
        super().__init__("\n".join(map(str, self.errors)))


def _shown(text: str) -> str:
    """Text that a terminal shows and does not obey: no control and no direction characters."""
    return "".join(c if c.isprintable() or c == "\t" else "�" for c in text)


def _blank(character: str) -> str:
    """Blanks as wide as a terminal shows `character`."""
    if character == "\t":
        return "\t"
    if unicodedata.category(character) in ("Mn", "Me"):
        return ""
    return "  " if unicodedata.east_asian_width(character) in "WF" else " "


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """`; did you mean 'x'?` if a known name is near, else nothing."""
    near = difflib.get_close_matches(word[:_CONTEXT], sorted(known), n=1, cutoff=0.6)
    return f"; did you mean {near[0]!r}?" if near else ""


def one_of(known: Iterable[str]) -> str:
    """`'a', 'b' or 'c'`."""
    names = [repr(name) for name in known]
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} or {names[-1]}"


def shortened(text: str, length: int = 60) -> str:
    """The text in quotes, cut where it is long."""
    return repr(text if len(text) <= length else f"{text[: length - 1]}…")
