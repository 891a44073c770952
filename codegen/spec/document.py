"""YAML read with its positions, and without its traps.

PyYAML parses; values are made here, after YAML 1.2: `1e-5` is a number, `no` is text, `010` and
duplicate keys are errors. Anchors, aliases and tags are not part of the language.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from codegen.spec.errors import Position, SpecError, SpecErrors

Value = None | bool | int | float | str | list["Value"] | dict[str, "Value"]

_INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]*)$")
_FLOAT = re.compile(r"[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]+)?$")
_LEADING_ZERO = re.compile(r"[-+]?0[0-9_]+$")
_MAX_DEPTH = 20
_MAX_DIGITS = 40


@dataclass
class Document:
    """A file's value, and where each part of it stands."""

    path: str
    lines: list[str]
    value: Value = None
    errors: list[SpecError] = field(default_factory=list)
    _nodes: dict[tuple[str | int, ...], yaml.Node] = field(default_factory=dict)
    _keys: dict[tuple[str | int, ...], yaml.Node] = field(default_factory=dict)

    def error(self, loc: Sequence[str | int], message: str, offset: int | None = None) -> SpecError:
        """An error at the value at `loc`, or `offset` characters into it."""
        node = self._nearest(tuple(loc))
        line, column = node.start_mark.line, node.start_mark.column
        if (
            offset is not None
            and isinstance(node, yaml.ScalarNode)
            and node.style not in ("|", ">")
        ):
            column += offset + (1 if getattr(node, "style", None) else 0)
        return self._at(line, column, message)

    def key_error(self, loc: Sequence[str | int], message: str) -> SpecError:
        """An error at the key that names the value at `loc`."""
        node = self._keys.get(tuple(loc)) or self._nearest(tuple(loc))
        return self._at(node.start_mark.line, node.start_mark.column, message)

    def _nearest(self, loc: tuple[str | int, ...]) -> yaml.Node:
        while loc not in self._nodes:
            loc = loc[:-1]
        return self._nodes[loc]

    def _at(self, line: int, column: int, message: str) -> SpecError:
        source = self.lines[line] if line < len(self.lines) else ""
        return SpecError(Position(self.path, line + 1, column + 1), message, source)

    def _convert(self, node: yaml.Node, loc: tuple[str | int, ...]) -> Value:
        self._nodes[loc] = node
        if len(loc) > _MAX_DEPTH:
            self.errors.append(self.error(loc, "nested too deeply"))
            return None
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, loc)
        if isinstance(node, yaml.SequenceNode):
            return [self._convert(item, (*loc, i)) for i, item in enumerate(node.value)]
        assert isinstance(node, yaml.ScalarNode)
        return self._scalar(node, loc)

    def _mapping(self, node: yaml.MappingNode, loc: tuple[str | int, ...]) -> dict[str, Value]:
        result: dict[str, Value] = {}
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                self.errors.append(
                    self._at(key.start_mark.line, key.start_mark.column, "a key must be a name")
                )
                continue
            name = key.value
            if name in result:
                first = self._keys[(*loc, name)].start_mark.line + 1
                message = f"duplicate key {name!r}, first used in line {first}"
                mark = key.start_mark
                self.errors.append(self._at(mark.line, mark.column, message))
                continue
            self._keys[(*loc, name)] = key
            result[name] = self._convert(value, (*loc, name))
        return result

    def _scalar(self, node: yaml.ScalarNode, loc: tuple[str | int, ...]) -> Value:
        text: str = node.value
        if node.style is not None:
            return text
        if text in ("", "~", "null"):
            return None
        if text in ("true", "false"):
            return text == "true"
        if _LEADING_ZERO.match(text):
            plain = text.lstrip("+-0_") or "0"
            message = f"leading zero: write {plain}, or {text!r} in quotes for text"
            self.errors.append(self.error(loc, message))
            return None
        if _INTEGER.match(text) or _FLOAT.match(text):
            if len(text) > _MAX_DIGITS:
                self.errors.append(self.error(loc, f"a number of more than {_MAX_DIGITS} digits"))
                return None
            return int(text) if _INTEGER.match(text) else float(text)
        return text


def read_document(file: Path, path: str) -> Document:
    """Read a file; what is wrong with its YAML is in `errors` of the result.

    `path` is how messages call the file.
    """
    raw = file.read_bytes()
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n")
        position = Position(path, line + 1, 1)
        raise SpecErrors([SpecError(position, "not UTF-8 text")]) from None
    document = Document(path, text.splitlines())
    try:
        _reject_references(document, text)
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line, mark.column) if mark else (0, 0)
        raise SpecErrors([document._at(line, column, f"YAML: {error.problem}")]) from None
    except (yaml.YAMLError, RecursionError) as error:
        reason = str(error).splitlines()[0] if str(error) else "nested too deeply"
        raise SpecErrors([document._at(0, 0, f"YAML: {reason}")]) from None
    if node is None:
        raise SpecErrors([document._at(0, 0, "the file is empty")])
    document.value = document._convert(node, ())
    return document


def _reject_references(document: Document, text: str) -> None:
    """Anchors, aliases, tags and further documents would hide where a value comes from."""
    for event in yaml.parse(text, Loader=yaml.SafeLoader):
        found = ""
        if isinstance(event, yaml.AliasEvent):
            found = "alias"
        elif getattr(event, "anchor", None):
            found = "anchor"
        elif getattr(event, "tag", None):
            found = "tag"
        mark = event.start_mark
        if found and mark is not None:
            message = f"YAML {found}: write the value itself"
            raise SpecErrors([document._at(mark.line, mark.column, message)])
