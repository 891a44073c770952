"""Random edits of valid specs: of their text, of their structure, and of their formulas."""

import copy
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import yaml
from hypothesis import strategies as st

SPEC = Path(__file__).parents[2] / "spec"

#: Path below `spec/` → text of every spec of the repository.
SOURCES = {
    str(file.relative_to(SPEC)): file.read_text(encoding="utf-8")
    for folder in ("neurons", "functions", "layers", "geometries", "cells")
    for file in sorted((SPEC / folder).glob("*.yaml"))
}

VALUES = {path: yaml.safe_load(text) for path, text in SOURCES.items()}

#: What would leave a trace if anything of a spec were run.
HOSTILE = [
    "__import__('os').system('touch ran')",
    "exec('import os')",
    "open('ran', 'w')",
    "().__class__.__base__.__subclasses__()",
    "(lambda: dot)()",
    "[x for x in (1,)]",
    "f'{dot}'",
    "dot.real",
    "dot := 1",
    "{{ 7 * 7 }}",
]

#: Formulas that keep computer algebra busy for ever, and some at the edge of that.
LARGE = [
    "10**10**10",
    "dot**10**9",
    "dot**dot**dot**dot**9**9**9",
    "2**2**2**2**2**2 * dot",
    "((dot**64)**64)**64",
    "(dot + sq_w + sq_x + 1)**64",
    "(dot + 1) * (dot + 2) * (dot + 3) * (dot + 4) * (dot + 5) * (dot + 6) * (dot + 7)",
    "*".join(f"(dot + sq_x**{n})" for n in range(2, 20)),
    "exp(" * 40 + "dot" + ")" * 40,
    "(" * 150 + "dot" + ")" * 150,
    "-" * 150 + "dot",
    "sqrt(" * 12 + "dot" + " + 1)" * 12,
    "dot**0.123456789123456789",
    "dot / (sq_x - sq_x)",
    "dot * 0",
    "exp(exp(exp(9))) * dot",
    "sin(9e29) * dot",
    "where(dot > 0, dot, 0) + where(dot >= 1, 1 / dot, log(dot))",
    "relu(0) + sigmoid(1) * dot",
    "abs(relu(2) - 3) * abs(dot - maximum(dot, 1))",
    "maximum(1, 2) * dot + minimum(pi, 3)",
    "sqrt(2) * dot + log(3)",
    "log(0) * dot",
    "1e-300 * dot",
    "9" * 60 + " * dot",
    "dot**(1/3) + dot**-2.5",
    "abs(dot)**(inputs / units)",
]

FRAGMENTS = [
    *("\t", "\n", "  ", ": ", "- ", "#", "{", "}", "[", "]", ",", "'", '"', "|", ">", "?", "%"),
    *("&a ", "*a", "<<: *a\n", "!!python/object/apply:os.system ['touch ran']", "!e ", "---\n"),
    *("...\n", "%YAML 9.9\n---\n", "\x00", "\x1b[31m", "\ufeff", "\u2028", "\x85", "\r", "\r\n"),
    *("‮", "é", "𝒘", "日本", "ａｌｐｈａ", "е", "\u200b", "\ud7ff", "\U0010ffff", '"\\U99999999"'),
    *("null", "~", "no", "010", "1e-5", "1e999", "-1", "0x10", ".inf", ".nan", "9" * 400, "1_000"),
    *("[" * 60, "{a: " * 60, "- " * 60, "a: &a [*a, *a]", "true", "[unit]", "response", "dot"),
    *HOSTILE,
    *LARGE,
]

ODD_VALUES = [
    *(None, True, False, 0, -1, 7, 0.5, 1e30, -1e300, 10**39, "", " ", "no", "x" * 500, "α", "\n"),
    *([], {}, [[]], {"": ""}, [None], {"a": {"b": {"c": 1}}}, ["unit"], "zeros", "ones", "dot"),
    *("\u202e", "a\u0301", "class", "_x", "__init__", "max", "пи", "training", '"""', "\\"),
]

_TOKEN = re.compile(r"[A-Za-z_][A-Za-z_0-9]*|[0-9.]+(?:e-?[0-9]+)?|\*\*|//|[<>=!]=|\S")
_REPLACEMENTS = [
    *("dot", "sq_x", "sq_w", "bias", "alpha", "epsilon", "response", "pi", "inputs", "units"),
    *("abs", "exp", "log", "log1p", "expm1", "sqrt", "tanh", "sigmoid", "softplus", "relu", "sign"),
    *("sin", "cos", "arctan", "arcsinh", "minimum", "maximum", "where", "+", "-", "*", "/", "**"),
    *("(", ")", ",", "<", "<=", ">", ">=", "==", "and", "not", "if", "0", "1", "2", "-1", "1/2"),
    *("0.5", "3", "64", "1e-5", "1e29", "", "//", "%", "^", "@", "·", "²", "dot + bias", "'dot'"),
    *("x", "h", "n", "axis", "power", "sum", "gate", "activation", "gates", "gates . reset"),
    *("candidate", "sum(power, axis)", "gate(h)", "new_h", "z", "r", "gates.update + h"),
]


@dataclass(frozen=True)
class Edited:
    """One file of the repository, no longer what it was."""

    path: str
    text: str


def edited() -> st.SearchStrategy[Edited]:
    """A spec of the repository after one edit or a few."""
    neurons = [path for path in SOURCES if path.startswith("neurons/")]
    others = [path for path in SOURCES if path.startswith(("functions/", "cells/"))]
    often = [*neurons * len(SOURCES), *others * (len(SOURCES) // 2)]
    return st.sampled_from([*SOURCES, *often]).flatmap(
        lambda path: st.one_of(texts(path), structures(path), formulas(path)).map(
            lambda text: Edited(path, text)
        )
    )


@st.composite
def texts(draw: st.DrawFn, path: str) -> str:
    """Characters or lines deleted, moved, doubled or put in."""
    text = SOURCES[path]
    for _ in range(draw(st.integers(1, 3))):
        at, length = draw(st.integers(0, len(text))), draw(st.integers(0, 12))
        lines = text.splitlines(keepends=True) or [""]
        row, other = (draw(st.integers(0, len(lines) - 1)) for _ in range(2))
        match draw(st.sampled_from(["put", "delete", "drop", "double", "swap", "indent"])):
            case "put":
                new = draw(st.one_of(st.sampled_from(FRAGMENTS), st.text(max_size=6)))
                text = text[:at] + new + text[at + draw(st.sampled_from([0, length])) :]
            case "delete":
                text = text[:at] + text[at + length :]
            case "drop":
                text = "".join(lines[:row] + lines[row + 1 :])
            case "double":
                text = "".join([*lines[:row], lines[row], *lines[row:]])
            case "swap":
                lines[row], lines[other] = lines[other], lines[row]
                text = "".join(lines)
            case "indent":
                lines[row] = " " * draw(st.integers(0, 3)) + lines[row].lstrip(" ")
                text = "".join(lines)
    return text.encode("utf-8", "replace").decode()


@st.composite
def structures(draw: st.DrawFn, path: str) -> str:
    """Keys deleted, renamed, added or given a value of another kind."""
    value = copy.deepcopy(VALUES[path])
    for _ in range(draw(st.integers(1, 2))):
        places = list(_places(value))
        if not places:
            break
        holder, key = draw(st.sampled_from(places))
        old = holder[key]
        match draw(st.sampled_from(["delete", "replace", "rename", "add", "nest", "copy"])):
            case "delete":
                del holder[key]
            case "replace":
                holder[key] = copy.deepcopy(draw(st.sampled_from(ODD_VALUES)))
            case "rename" if isinstance(holder, dict):
                del holder[key]
                holder[draw(_names())] = old
            case "add" if isinstance(holder, dict):
                holder[draw(_names())] = copy.deepcopy(draw(st.sampled_from([old, *ODD_VALUES])))
            case "nest":
                for _ in range(draw(st.sampled_from([1, 2, 25]))):
                    old = draw(st.sampled_from([[old], {"a": old}]))
                holder[key] = old
            case "copy":
                other, place = draw(st.sampled_from(places))
                if place in other if isinstance(other, dict) else place < len(other):
                    holder[key] = copy.deepcopy(other[place])
    return _dump(value)


@st.composite
def formulas(draw: st.DrawFn, path: str) -> str:
    """Tokens of a formula replaced, or the whole of it."""
    value = copy.deepcopy(VALUES[path])
    places = [(h, k) for h, k in _places(value) if isinstance(h[k], str)]
    in_math = [(value["math"], name) for name in value.get("math", ())]
    holder, key = draw(st.sampled_from(in_math or places))
    if draw(st.integers(0, 3)) == 0:
        new = draw(st.sampled_from(HOSTILE + LARGE))
        holder[key] = draw(st.sampled_from([new, f"{holder[key]} + {new}", f"dot * ({new})"]))
    else:
        tokens = _TOKEN.findall(holder[key] if isinstance(holder[key], str) else "dot")
        for _ in range(draw(st.integers(1, 4))):
            at = draw(st.integers(0, max(0, len(tokens) - 1)))
            new = draw(st.sampled_from(_REPLACEMENTS))
            tokens[at : at + draw(st.integers(0, 1))] = [new]
        holder[key] = " ".join(tokens)
    return _dump(value)


def with_formula(path: str, formula: str) -> Edited:
    """A neuron of the repository that responds with `formula`."""
    value = copy.deepcopy(VALUES[path])
    value["math"]["response"] = formula
    return Edited(path, _dump(value))


def _dump(value: object) -> str:
    dumper = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
    return yaml.dump(value, Dumper=dumper, allow_unicode=True, sort_keys=False, width=1000)


def _names() -> st.SearchStrategy[str]:
    odd = [v for v in ODD_VALUES if isinstance(v, str)]
    known = ["init", "value", "absent", "positive", "integer", "math", "axes", "options", "where"]
    return st.one_of(st.sampled_from(odd + known), st.text(max_size=5))


def _places(value: object) -> Iterator[tuple[dict | list, str | int]]:
    """Every place of a value that could hold another."""
    if isinstance(value, dict | list):
        for key in list(value) if isinstance(value, dict) else range(len(value)):
            yield value, key
            yield from _places(value[key])
