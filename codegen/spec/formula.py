"""Formulas: Python expressions parsed against a whitelist, never evaluated as Python."""

import ast
import math
import warnings
from dataclasses import dataclass
from typing import Annotated

from pydantic import BeforeValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

from codegen.spec.errors import did_you_mean

#: Functions a formula may call, with the number of arguments each takes.
FUNCTIONS: dict[str, int] = {
    "abs": 1,
    "arcsinh": 1,
    "arctan": 1,
    "cos": 1,
    "exp": 1,
    "expm1": 1,
    "log": 1,
    "log1p": 1,
    "maximum": 2,
    "minimum": 2,
    "relu": 1,
    "sigmoid": 1,
    "sign": 1,
    "sin": 1,
    "softplus": 1,
    "sqrt": 1,
    "tanh": 1,
    "where": 3,
}

#: Numbers that a formula may name. The counts are those of the layer: components of a unit's
#: kernel, and units.
CONSTANTS = ("pi",)
COUNTS = ("inputs", "units")

MAX_LENGTH = 500
MAX_NODES = 200

#: Functions an integer formula may call.
INTEGER_FUNCTIONS: dict[str, int] = {"maximum": 2, "minimum": 2}

_COMPARISON = (ast.Lt, ast.LtE, ast.Gt, ast.GtE)


@dataclass(frozen=True)
class Formula:
    """An expression as the spec states it: its text and its syntax tree."""

    text: str
    tree: ast.expr

    @property
    def names(self) -> frozenset[str]:
        """Names the formula refers to, functions excluded."""
        return frozenset(node.id for node in self.name_nodes)

    @property
    def name_nodes(self) -> tuple[ast.Name, ...]:
        """Every use of a name, functions excluded, in order of appearance."""
        called = {id(n.func) for n in ast.walk(self.tree) if isinstance(n, ast.Call)}
        nodes = [n for n in ast.walk(self.tree) if isinstance(n, ast.Name) and id(n) not in called]
        return tuple(sorted(nodes, key=lambda n: n.col_offset))


class FormulaError(ValueError):
    """What is wrong with a formula, and how many characters into it."""

    def __init__(self, message: str, offset: int = 0) -> None:
        super().__init__(message)
        self.message = message
        self.offset = offset


def parse(text: str, *, condition: bool = False, integer: bool = False) -> Formula:
    """Parse `text`, an arithmetic expression or, if `condition`, a comparison.

    If `integer`, it is arithmetic of whole numbers: `//` and `%`, no `/` and no power.

    Raises `FormulaError` for anything that is not in the language.
    """
    if len(text) > MAX_LENGTH:
        raise FormulaError(f"a formula of more than {MAX_LENGTH} characters")
    if not text.isascii():
        offset = next(i for i, c in enumerate(text) if not c.isascii())
        raise FormulaError(f"{text[offset]!r} is not ASCII; formulas use plain names", offset)
    if "\n" in text.strip():
        raise FormulaError("a formula stands on one line")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            tree = ast.parse(text, mode="eval").body
    except SyntaxError as error:
        offset = max(0, (error.offset or 1) - 1)
        raise FormulaError(f"not an expression: {error.msg}", offset) from None
    except (ValueError, RecursionError, MemoryError, Warning) as error:
        raise FormulaError(f"not an expression: {error}") from None
    nodes = list(ast.walk(tree))
    if len(nodes) > MAX_NODES:
        raise FormulaError(f"a formula of more than {MAX_NODES} parts; name some of them")
    choices = {id(test): test for node in nodes if (test := _choice(node)) is not None}
    for node in nodes:
        (_check_integer if integer else _check)(node, condition or id(node) in choices)
    return Formula(text, tree)


def _choice(node: ast.AST) -> ast.Compare | None:
    """The comparison by which a call of `where` chooses."""
    match node:
        case ast.Call(func=ast.Name(id="where"), args=[ast.Compare(ops=[_]) as test, _, _]):
            return test
        case ast.Call(func=ast.Name(id="where"), args=[test, _, _]):
            message = "where chooses by one comparison, such as where(dot > 0, dot, 0)"
            raise FormulaError(message, test.col_offset)
    return None


def _check_integer(node: ast.AST, condition: bool) -> None:
    match node:
        case ast.BinOp(op=ast.FloorDiv() | ast.Mod()):
            return
        case ast.BinOp(op=ast.Div() | ast.Pow()) | ast.Constant(value=float()):
            pass
        case ast.Call(func=ast.Name(id=name)) if name not in INTEGER_FUNCTIONS:
            hint = did_you_mean(name, INTEGER_FUNCTIONS)
            message = f"unknown function {name!r}{hint or '; known: maximum, minimum'}"
            raise FormulaError(message, node.col_offset)
        case ast.Compare() if condition:
            return
        case _:
            return _check(node, condition)
    offset = getattr(node, "col_offset", 0)
    raise FormulaError(f"{_describe(node)} is not part of integer formulas", offset)


def _check(node: ast.AST, condition: bool) -> None:
    match node:
        case ast.expr_context() | ast.operator() | ast.unaryop() | ast.boolop() | ast.cmpop():
            return
        case ast.Name() | ast.BinOp(op=ast.Add() | ast.Sub() | ast.Mult() | ast.Div() | ast.Pow()):
            return
        case ast.UnaryOp(op=ast.USub() | ast.UAdd()):
            return
        case ast.Constant(value=bool() | str() | bytes() | complex() | None):
            pass
        case ast.Constant(value=int() | float() as value):
            if math.isfinite(value) and abs(value) < 1e30:
                return
            raise FormulaError("a number must be below 1e30", node.col_offset)
        case ast.Call(func=ast.Name(id=name), args=arguments, keywords=[]) if name in FUNCTIONS:
            if len(arguments) != FUNCTIONS[name]:
                wanted = f"{FUNCTIONS[name]} argument{'s' if FUNCTIONS[name] > 1 else ''}"
                raise FormulaError(f"{name} takes {wanted}, got {len(arguments)}", node.col_offset)
            return
        case ast.Call(func=ast.Name(id=name)) if name not in FUNCTIONS:
            hint = did_you_mean(name, FUNCTIONS) or f"; known: {', '.join(FUNCTIONS)}"
            raise FormulaError(f"unknown function {name!r}{hint}", node.col_offset)
        case ast.Compare(ops=ops) if condition and all(isinstance(o, _COMPARISON) for o in ops):
            return
        case ast.BoolOp() if condition:
            return
    offset = getattr(node, "col_offset", 0)
    raise FormulaError(f"{_describe(node)} is not part of the formula language", offset)


def _describe(node: ast.AST) -> str:
    match node:
        case ast.Compare() | ast.BoolOp():
            return "a condition"
        case ast.Constant():
            return f"{node.value!r}"
        case ast.BinOp(op=operator):
            return f"operator {type(operator).__name__}"
        case ast.Call():
            return "a call with keywords or of something other than a function"
    return type(node).__name__.lower()


def _validate(value: object, *, condition: bool = False, integer: bool = False) -> object:
    """Turn text, or a bare number, into a `Formula`; positions travel in the error's context."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return value
    try:
        return parse(str(value), condition=condition, integer=integer)
    except FormulaError as error:
        raise PydanticCustomError(
            "formula", "{message}", {"message": error.message, "offset": error.offset}
        ) from None


def _text_or(*types: str) -> WithJsonSchema:
    """What an editor can check of a formula: its length, and that it is text or of `types`."""
    return WithJsonSchema({"type": ["string", *types], "minLength": 1, "maxLength": MAX_LENGTH})


FormulaField = Annotated[Formula, BeforeValidator(_validate), _text_or("number")]
ConditionField = Annotated[
    Formula | bool,
    BeforeValidator(lambda value: _validate(value, condition=True)),
    _text_or("number", "boolean"),
]
IntegerField = Annotated[
    Formula,
    BeforeValidator(lambda value: _validate(value, integer=True)),
    _text_or("integer"),
]
IntegerConditionField = Annotated[
    Formula,
    BeforeValidator(lambda value: _validate(value, condition=True, integer=True)),
    _text_or(),
]
