"""YAML read with its positions, and without its traps.

PyYAML parses; values are made here, after YAML 1.2: `1e-5` is a number, `no` is text, `010` and
duplicate keys are errors. Anchors, aliases, merge keys and tags are not part of the language, so
that a value stands where it is used and nothing but text, numbers, lists and keys can be made.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from pathlib import Path

import yaml
from yaml.reader import ReaderError

from codegen.spec.errors import Position, SpecError, SpecErrors, shortened
from codegen.spec.problems import explain, place

Value = None | bool | int | float | str | list["Value"] | dict[str, "Value"]
Location = tuple[str | int, ...]

#: Numbers end up in float32, where what is larger or smaller overflows or loses its digits.
LARGEST, SMALLEST = 1e30, 1e-30

_INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]*)")
_FLOAT = re.compile(r"[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]+)?")
_LEADING_ZERO = re.compile(r"[-+]?0[0-9_]+")
_UNNAMED = "?"
_LINE = re.compile("[^\n\r\x85\u2028\u2029]*(?:\r\n|[\n\r\x85\u2028\u2029]|$)")
#: Characters of the file that stand for one between double quotes; two where it is not said.
_ESCAPES = {"x": 4, "u": 6, "U": 10}
_MAX_DEPTH = 20
_MAX_DIGITS = 40
_MAX_LENGTH = 100_000


@dataclass(frozen=True)
class _Place:
    """The characters of the file in which a value or a key is written."""

    start: int
    end: int
    text: str | None = None
    """What they say, if that is text or a number."""
    style: str | None = None
    """The quote or block indicator around it."""


@dataclass
class Document:
    """A file's value, and where each part of it stands."""

    path: str
    text: str
    value: Value = None
    errors: list[SpecError] = field(default_factory=list)
    _values: dict[Location, _Place] = field(default_factory=dict)
    _keys: dict[Location, _Place] = field(default_factory=dict)

    def __post_init__(self) -> None:
        lines = _LINE.findall(self.text)
        self.lines = [line.rstrip("\n\r\x85\u2028\u2029") for line in lines]
        self._starts = [0, *accumulate(map(len, lines))][: len(lines)]

    def error(self, loc: Sequence[str | int], message: str, offset: int | None = None) -> SpecError:
        """An error at the value at `loc`, or `offset` characters into it."""
        written = self._nearest(tuple(loc))
        index = written.start if offset is None else self._inside(written, offset)
        return self.error_at(index, message)

    def key_error(self, loc: Sequence[str | int], message: str) -> SpecError:
        """An error at the key that names the value at `loc`."""
        written = self._keys.get(tuple(loc)) or self._nearest(tuple(loc))
        return self.error_at(written.start, message)

    def error_at(self, index: int, message: str) -> SpecError:
        """An error at a character of the file; what is wrong with a blank line or with the end of
        the file shows at the end of what was written before it."""
        row = max(0, bisect_right(self._starts, index) - 1)
        column = min(index - self._starts[row], len(self.lines[row]))
        if not self.lines[row].strip():
            written = [i for i, line in enumerate(self.lines) if line.strip()] or [0]
            row = max((i for i in written if i < row), default=written[0])
            column = len(self.lines[row].rstrip())
        return SpecError(Position(self.path, row + 1, column + 1), message, self.lines[row])

    def read(self) -> None:
        """Parse the text into `value`. Raises `SpecErrors` where that cannot go on."""
        if len(self.text) > _MAX_LENGTH:
            raise SpecErrors([self.error_at(0, f"a file of more than {_MAX_LENGTH} characters")])
        self._last = 0
        try:
            self._read_documents(self._events())
        except yaml.MarkedYAMLError as error:
            raise SpecErrors([*self.errors, self.error_at(place(error), explain(error))]) from None
        except ReaderError as error:
            message = f"a character that no text contains (U+{int(error.character):04X})"
            raise SpecErrors([self.error_at(error.position, message)]) from None
        except (ValueError, OverflowError):
            # PyYAML converts escapes and versions without looking at their size.
            message = "after this, an escape or a version number out of range"
            raise SpecErrors([self.error_at(self._last, message)]) from None

    def _events(self) -> Iterator[yaml.Event]:
        for event in yaml.parse(self.text, Loader=yaml.SafeLoader):
            self._last = _start(event)
            yield event

    def _read_documents(self, events: Iterator[yaml.Event]) -> None:
        documents = 0
        for event in events:
            if isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents == 2:
                    message = "a second document begins: one file holds one spec"
                    raise SpecErrors([*self.errors, self.error_at(_start(event), message)])
                self.value = self._convert(next(events), events, ())
        if not documents:
            raise SpecErrors([self.error_at(0, "the file is empty")])

    def _nearest(self, loc: Location) -> _Place:
        while loc not in self._values:
            loc = loc[:-1]
        return self._values[loc]

    def _inside(self, written: _Place, offset: int) -> int:
        """Where in the file the character `offset` of a value stands.

        Values lose their quotes, and lines are joined with blanks of any number: the characters
        that are not blank are what value and file have in common.
        """
        value, style, index, end = written.text or "", written.style, written.start, written.end
        if style in ("|", ">"):
            index = self._starts[bisect_right(self._starts, index)]
        elif style is not None:
            index, end = index + 1, end - 1
        solid = sum(not c.isspace() for c in value[:offset])
        while index < end and solid > 0:
            if style == '"' and self.text[index] == "\\":
                solid -= not self.text[index + 1].isspace()
                index += _ESCAPES.get(self.text[index + 1], 2)
            else:
                solid -= not self.text[index].isspace()
                index += 1
        if offset < len(value) and not value[offset].isspace():
            while index < end - 1 and self.text[index].isspace():
                index += 1
        return min(index, end)

    def _convert(self, event: yaml.Event, events: Iterator[yaml.Event], loc: Location) -> Value:
        """The value that begins with `event`."""
        start, end = _start(event), event.end_mark.index if event.end_mark else 0
        self._values[loc] = _Place(start, end)
        for reference in ("anchor", "tag"):
            if getattr(event, reference, None) is not None and not isinstance(
                event, yaml.AliasEvent
            ):
                self._refuse(start, f"YAML {reference}: write the value itself")
        if len(loc) > _MAX_DEPTH:
            raise SpecErrors([*self.errors, self.error_at(start, "nested too deeply")])
        if isinstance(event, yaml.MappingStartEvent):
            return self._mapping(events, loc)
        if isinstance(event, yaml.SequenceStartEvent):
            items: list[Value] = []
            while not isinstance(event := next(events), yaml.SequenceEndEvent):
                items.append(self._convert(event, events, (*loc, len(items))))
            return items
        if isinstance(event, yaml.ScalarEvent):
            self._values[loc] = _Place(start, end, event.value, event.style)
            return event.value if event.style else self._scalar(event.value, start)
        self._refuse(start, "YAML alias: write the value itself")
        return None

    def _mapping(self, events: Iterator[yaml.Event], loc: Location) -> dict[str, Value]:
        result: dict[str, Value] = {}
        while not isinstance(event := next(events), yaml.MappingEndEvent):
            inner = (*loc, _UNNAMED)
            self._convert(event, events, inner)
            key = self._values.pop(inner)
            name = key.text
            if name is None:
                self._refuse(key.start, "a key must be a name")
            elif name == "<<" and key.style is None:
                self._refuse(key.start, "YAML merge key: write the keys themselves")
                name = None
            elif name in result:
                first = self.key_error((*loc, name), "").position.line
                message = f"duplicate key {shortened(name)}, first used in line {first}"
                self._refuse(key.start, message)
                name = None
            else:
                self._keys[(*loc, name)] = key
            value = self._convert(next(events), events, inner if name is None else (*loc, name))
            if name is not None:
                result[name] = value
        return result

    def _scalar(self, text: str, start: int) -> Value:
        if text in ("", "~", "null"):
            return None
        if text in ("true", "false"):
            return text == "true"
        if _LEADING_ZERO.fullmatch(text):
            plain = text.lstrip("+-0_") or "0"
            self._refuse(start, f"leading zero: write {plain}, or {text!r} in quotes for text")
        elif not _FLOAT.fullmatch(text):
            return text
        elif len(text) > _MAX_DIGITS:
            self._refuse(start, f"a number of more than {_MAX_DIGITS} digits")
        else:
            number = int(text) if _INTEGER.fullmatch(text) else float(text)
            if not (message := out_of_range(number, text)):
                return number
            self._refuse(start, message)
        return None

    def _refuse(self, index: int, message: str) -> None:
        self.errors.append(self.error_at(index, message))


def _start(event: yaml.Event) -> int:
    return event.start_mark.index if event.start_mark else 0


def out_of_range(number: float, text: str) -> str | None:
    """Why a number that is written `text` cannot be used, or None if it can."""
    if abs(number) >= LARGEST:
        return "a number must be below 1e30"
    if abs(number) < SMALLEST and re.search("[1-9]", text.lower().split("e")[0]):
        return "a number must be 0 or at least 1e-30"
    return None


def read_document(file: Path, path: str) -> Document:
    """Read a file; what is wrong with its YAML is in `errors` of the result.

    `path` is how messages call the file. Raises `SpecErrors` for what is not YAML at all.
    """
    try:
        raw = file.read_bytes()
    except OSError as error:
        message = f"cannot be read: {error.strerror}"
        raise SpecErrors([SpecError(Position(path, 1, 1), message)]) from None
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        document = Document(path, raw.decode("utf-8", "replace"))
        index = len(raw[: error.start].decode("utf-8"))
        raise SpecErrors([document.error_at(index, "not UTF-8 text")]) from None
    document = Document(path, text)
    document.read()
    return document
