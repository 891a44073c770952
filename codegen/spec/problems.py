"""What PyYAML finds wrong with a file, in the words of someone who writes mathematics."""

import re
from collections.abc import Mapping

import yaml

#: The start of PyYAML's problem → what is wrong and what would be right. `{0}` is the character or
#: token that PyYAML names.
_PROBLEMS: Mapping[str, str] = {
    r"found character '\\t' that cannot start": "a tab: indent with spaces",
    r"found character ('.') that cannot start": "put text that starts with {0} in quotes",
    r"found unknown escape character": "no such escape between double quotes: write \\\\ for a "
    "backslash, or use single quotes",
    r"mapping values are not allowed": "no key can stand here: indent it like the keys above, or "
    "put text that contains ': ' in quotes",
    r"could not find expected ':'": "a key without a colon and a blank after it",
    r"found unexpected (?:end of stream|document sep)": "a quote is opened here and never closed",
    r"expected <block end>, but found '(?:<block mapping start>|\?)'": "this key is not in line "
    "with the keys above it",
    r"expected <block end>, but found '(?:-|<block sequence start>)'": "this list item is not in "
    "line with what stands above it",
    r"expected <block end>, but found '<scalar>'": "text after the end of a value: put a value "
    "that contains quotes in quotes as a whole",
    r"expected ',' or ('[\]}]'), but got ('.*')": "expected a comma or {0}, found {1}",
    r"expected '<document start>', but found ('.*')": "expected keys, found {0}",
    r"expected (?:<block end>|the node content), but found ('.*')": "expected a value, found {0}",
    r"found undefined tag handle": "YAML tag: write the value itself",
    r"but found another document": "a second document begins: one file holds one spec",
    r"sequence entries are not allowed": "a list item where none can be: put it on its own line",
    r"expected (?:chomping|indentation|a comment)": "put text that starts with '|' or '>' in "
    "quotes",
    r"expected alphabetic or numeric": "put text that starts with '&', '*' or '%' in quotes",
}

_TOKENS = {
    "'<stream end>'": "the end of the file",
    "'<block end>'": "the end of the indented part",
    "'<block mapping start>'": "keys",
    "'<block sequence start>'": "a list",
    "'<document start>'": "'---'",
    "'<document end>'": "'...'",
    "'<scalar>'": "text",
}


def explain(error: yaml.MarkedYAMLError) -> str:
    """What is wrong, and what would be right."""
    problem = error.problem or ""
    for pattern, message in _PROBLEMS.items():
        if found := re.match(pattern, problem):
            text = message.format(*(_TOKENS.get(token, token) for token in found.groups()))
            return text + _opened(error)
    return f"not YAML: {problem}"


def _opened(error: yaml.MarkedYAMLError) -> str:
    """A bracket opened on a line before, which the end of that line should have closed."""
    start, found = error.context_mark, error.problem_mark
    if "flow" not in (error.context or "") or not start or not found or start.line == found.line:
        return ""
    bracket = "[" if "sequence" in str(error.context) else "{"
    return f"; is the '{bracket}' of line {start.line + 1} closed?"


def place(error: yaml.MarkedYAMLError) -> int:
    """Index of the character to point at: where an open quote or a key began, and not where it
    became clear that it does not end."""
    mark = error.problem_mark or error.context_mark
    if error.context_mark and (error.problem or "").startswith(("found unexpected", "could not")):
        mark = error.context_mark
    return int(mark.index) if mark else 0
