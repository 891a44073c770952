"""Errors in specs: where, what was wrong, what would be right."""

import difflib
from collections.abc import Iterable
from dataclasses import dataclass


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
        caret = "".join("\t" if c == "\t" else " " for c in self.source[: place.column - 1]) + "^"
        return f"{text}\n    {self.source}\n    {caret}"


class SpecErrors(Exception):
    """Everything that is wrong with a folder of specs, in order of position."""

    def __init__(self, errors: Iterable[SpecError]) -> None:
        self.errors = tuple(sorted(set(errors)))
        super().__init__("\n".join(map(str, self.errors)))


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """`; did you mean 'x'?` if a known name is near, else nothing."""
    near = difflib.get_close_matches(word, sorted(known), n=1, cutoff=0.6)
    return f"; did you mean {near[0]!r}?" if near else ""


def one_of(known: Iterable[str]) -> str:
    """`'a', 'b' or 'c'`."""
    names = [repr(name) for name in known]
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} or {names[-1]}"
