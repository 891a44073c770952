"""Checks that every kind of document shares: prose, names, cycles, numbers."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from codegen.spec.document import Document
from codegen.spec.errors import SpecError, did_you_mean, shortened
from codegen.spec.formula import Formula
from codegen.spec.size import wrong_numbers

Loc = Sequence[str | int]

_MAX_PROSE = 300


def check_prose(
    document: Document, loc: Loc, text: str, *, sentence: bool = False
) -> Iterator[SpecError]:
    """Prose ends up in docstrings and messages of generated code, whole and on one line."""
    text = text.rstrip("\n")
    if not text.strip():
        yield document.error(loc, f"`{loc[-1]}` says nothing")
    elif len(text) > _MAX_PROSE:
        yield document.error(loc, f"`{loc[-1]}` is longer than {_MAX_PROSE} characters")
    elif sentence and not text.endswith((".", "!", "?")):
        yield document.error(loc, f"`{loc[-1]}` is a sentence and ends in a full stop")
    for offset, character in enumerate(text):
        if character in ("\\", '"') or not character.isprintable():
            hint = {'"': "write ' instead", "\\": "write the character itself"}.get(character)
            message = f"{character!r} cannot stand in `{loc[-1]}`{'; ' if hint else ''}{hint or ''}"
            yield document.error(loc, message, offset)
            return


def check_formula(
    document: Document, loc: Loc, where: str, formula: Formula, known: Iterable[str]
) -> Iterator[SpecError]:
    """Names of a formula that nothing has, and its parts that are no numbers."""
    names = set(known)
    for node in formula.name_nodes:
        if node.id not in names:
            hint = did_you_mean(node.id, names)
            message = f"unknown name {shortened(node.id)} in {where}{hint}"
            yield document.error(loc, message, node.col_offset)
    for error in wrong_numbers(formula):
        yield document.error(loc, error.message, error.offset)


def reachable(math: Mapping[str, Formula], output: str = "response") -> set[str]:
    """Names the output depends on, itself excluded."""
    reached: set[str] = set()
    waiting = [output]
    while waiting:
        for name in math[waiting.pop()].names - reached:
            reached.add(name)
            if name in math:
                waiting.append(name)
    return reached


def cycles(math: Mapping[str, Formula]) -> Iterator[list[str]]:
    """Each cycle once, starting at the formula that stands first."""
    reported: set[str] = set()
    for start in math:
        path = _path_back(math, start)
        if path and not reported & set(path):
            reported |= set(path)
            yield [*path, start]


def _path_back(math: Mapping[str, Formula], start: str) -> list[str] | None:
    """A shortest chain of uses from `start` to itself."""
    waiting = [[start]]
    seen: set[str] = set()
    while waiting:
        path = waiting.pop(0)
        for name in sorted(math[path[-1]].names & math.keys()):
            if name == start:
                return path
            if name not in seen:
                seen.add(name)
                waiting.append([*path, name])
    return None
