"""Formulas: Python expressions parsed against a whitelist, never evaluated as Python."""

import ast
import math
import re
import warnings
from dataclasses import dataclass
from typing import Annotated

from pydantic import BeforeValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

from codegen.spec.errors import did_you_mean, shortened

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

#: What a formula of a function may call beside them: the sum along an axis.
SUM = "sum"

#: Numbers that a formula may name. The counts are those of the layer: components of a unit's
#: kernel, and units.
CONSTANTS = ("pi",)
COUNTS = ("inputs", "units")

MAX_LENGTH = 500
MAX_NODES = 200

#: Functions an integer formula may call.
INTEGER_FUNCTIONS: dict[str, int] = {"maximum": 2, "minimum": 2}

_NORMS = "‖w‖² is sq_w, ‖x‖² is sq_x, and ‖w - x‖² is relu(sq_w + sq_x - 2 * dot)"

#: Notation of paper → what a formula writes.
_NOTATION = {
    **{"·": "a product is written *", "×": "a product is written *", "⋅": "a product is written *"},
    **{"÷": "a quotient is written /", "−": "minus is written -", "–": "minus is written -"},
    **{"²": "a square is written **2", "³": "a cube is written **3"},
    **{"≤": "write <=", "≥": "write >=", "√": "write sqrt(...)", "π": "write pi"},
    **{"‖": _NORMS, "⟨": "⟨w, x⟩ is dot", "⟩": "⟨w, x⟩ is dot"},
}

#: Marks that Python reads and a formula does not have.
_MARKS = {
    "#": "a formula has no comments: put a # outside the quotes, after a blank",
    "||": _NORMS,
    "|": "an absolute value is written abs(...)",
    "\n": "a formula stands on one line",
    "\\": "a formula has no backslash",
}

#: Other names of functions → theirs here.
_SYNONYMS = {
    **{"ln": "log", "asinh": "arcsinh", "atan": "arctan"},
    **{"max": "maximum", "min": "minimum", "sgn": "sign", "signum": "sign"},
    **{"logistic": "sigmoid", "fabs": "abs", "pow": "**"},
}

_OPERATORS = {
    **{"Mod": "%", "FloorDiv": "//", "BitXor": "^", "MatMult": "@"},
    **{"BitAnd": "&", "LShift": "<<", "RShift": ">>", "Div": "/", "Pow": "**"},
}

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


def parse(
    text: str,
    *,
    condition: bool = False,
    integer: bool = False,
    cell: bool = False,
    sums: bool = False,
) -> Formula:
    """Parse `text`, an arithmetic expression or, if `condition`, a comparison.

    If `integer`, it is arithmetic of whole numbers: `//` and `%`, no `/` and no power. If `cell`,
    names may be dotted, such as `gates.reset`, and any name may be called with one argument. If
    `sums`, it may add up an array along an axis, `sum(a, axis)`.

    Raises `FormulaError` for anything that is not in the language.
    """
    if len(text) > MAX_LENGTH:
        raise FormulaError(f"a formula of more than {MAX_LENGTH} characters")
    if not text.isascii():
        offset = next(i for i, c in enumerate(text) if not c.isascii())
        hint = _NOTATION.get(text[offset], "names and numbers are made of ASCII characters")
        raise FormulaError(f"{text[offset]!r} is not part of the formula language; {hint}", offset)
    for symbol, hint in _MARKS.items():
        if symbol in text.rstrip():
            raise FormulaError(hint, text.index(symbol))
    if not text.strip():
        raise FormulaError("the formula is empty")
    if text[0].isspace():
        raise FormulaError("a formula begins with a blank")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            tree = ast.parse(text, mode="eval").body
    except SyntaxError as error:
        raise _not_an_expression(text, error) from None
    except (ValueError, RecursionError, MemoryError, Warning) as error:
        raise FormulaError(f"not an expression: {error}") from None
    if cell:
        tree = _Dotted().visit(tree)
    nodes = list(ast.walk(tree))
    if len(nodes) > MAX_NODES:
        raise FormulaError(f"a formula of more than {MAX_NODES} parts; name some of them")
    conditions = {id(test) for node in nodes if (test := _choice(node)) is not None}
    if condition:
        conditions |= set(map(id, _conditions(tree)))
    for node in nodes:
        if not (cell and _is_call_of_one(node)) and not (sums and _is_sum(node)):
            (_check_integer if integer else _check)(node, id(node) in conditions)
    return Formula(text, tree)


class _Dotted(ast.NodeTransformer):
    """`gates.reset` is the name of a response, and no attribute of anything."""

    def visit_Attribute(self, node: ast.Attribute) -> ast.expr:
        if not isinstance(node.value, ast.Name):
            message = "a response has one dot in its name, as in gates.reset"
            raise FormulaError(message, node.col_offset)
        return ast.copy_location(ast.Name(f"{node.value.id}.{node.attr}", node.ctx), node)


def _is_call_of_one(node: ast.AST) -> bool:
    """Whether it is a call that only the cell's own functions can explain."""
    match node:
        case ast.Call(func=ast.Name(id=name), args=[_], keywords=[]):
            return name not in FUNCTIONS
        case ast.Call(func=ast.Name(id=name)) if name not in FUNCTIONS:
            message = f"{shortened(name)} is called with one argument, such as gate(gates.reset)"
            raise FormulaError(message, node.col_offset)
    return False


def _is_sum(node: ast.AST) -> bool:
    """Whether a node is a sum along an axis; raises for one that is written otherwise."""
    match node:
        case ast.Call(func=ast.Name(id="sum"), args=[_, ast.Name()], keywords=[]):
            return True
        case ast.Call(func=ast.Name(id="sum")):
            message = "sum takes an array and the name of an axis, such as sum(power, axis)"
            raise FormulaError(message, node.col_offset)
    return False


def _not_an_expression(text: str, error: SyntaxError) -> FormulaError:
    """Python's words for a syntax error, where they fit a formula."""
    offset = max(0, (error.offset or 1) - 1)
    if neighbours := re.search(r"[\w.)]\s+(?=[\w(.])|\)(?=[\w(.])|\b[0-9.]+(?=[A-Za-z_])", text):
        return FormulaError("an operator is missing; a product is written *", neighbours.end())
    if product := re.search(r"<\s*w\s*,\s*x\s*>|<\s*x\s*,\s*w\s*>", text):
        return FormulaError("⟨w, x⟩ is dot", product.start())
    reason = "" if error.msg.startswith("invalid syntax") else f": {error.msg}"
    return FormulaError(f"not an expression{reason}", offset)


def _conditions(node: ast.expr) -> list[ast.expr]:
    """The comparisons of a condition, and what joins them."""
    match node:
        case ast.Compare():
            return [node]
        case ast.BoolOp(values=values):
            return [node, *(inner for value in values for inner in _conditions(value))]
    yes = isinstance(node, ast.Name) and node.id.lower() in ("yes", "on", "y", "always")
    hint = f"; {ast.unparse(node)!r} is text here: what always holds is `true`" if yes else ""
    raise FormulaError(f"a condition compares, such as alpha >= 0{hint}", node.col_offset)


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
        case ast.Compare() | ast.BoolOp() if not condition:
            message = "a comparison stands only in conditions that hold"
            raise FormulaError(message, node.col_offset)
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
            if math.isfinite(value) and abs(value) < 1e30 and not 0 < abs(value) < 1e-30:
                return
            if abs(value) < 1:
                raise FormulaError("a number must be 0 or at least 1e-30", node.col_offset)
            raise FormulaError("a number must be below 1e30", node.col_offset)
        case ast.Call(func=ast.Name(id=name), args=arguments, keywords=[]) if name in FUNCTIONS:
            if len(arguments) != FUNCTIONS[name]:
                wanted = f"{FUNCTIONS[name]} argument{'s' if FUNCTIONS[name] > 1 else ''}"
                raise FormulaError(f"{name} takes {wanted}, got {len(arguments)}", node.col_offset)
            return
        case ast.Call(func=ast.Name(id=name)) if name not in FUNCTIONS:
            raise FormulaError(f"unknown function {shortened(name)}{_meant(name)}", node.col_offset)
        case ast.Compare(ops=ops) if condition and all(isinstance(o, _COMPARISON) for o in ops):
            return
        case ast.BoolOp() if condition:
            return
        case ast.Compare(ops=ops) if condition and any(isinstance(o, ast.Eq) for o in ops):
            message = "rounding decides whether two numbers are equal: compare by < <= > or >="
            raise FormulaError(message, node.col_offset)
        case ast.Compare() | ast.BoolOp() if not condition:
            message = "a comparison stands only as the first argument of where"
            raise FormulaError(message, node.col_offset)
    offset = getattr(node, "col_offset", 0)
    message = f"{_describe(node)} is not part of the formula language{_instead(node)}"
    raise FormulaError(message, offset)


def _meant(name: str) -> str:
    if name == SUM:
        return "; sums along an axis stand in functions only"
    if name == "norm":
        return f"; {_NORMS}"
    if name in _SYNONYMS:
        return f"; write {_SYNONYMS[name]}"
    return did_you_mean(name, FUNCTIONS) or f"; known: {', '.join(FUNCTIONS)}"


def _instead(node: ast.AST) -> str:
    match node:
        case ast.BinOp(op=ast.BitXor()):
            return "; a power is written **"
        case ast.IfExp():
            return "; write where(comparison, then, otherwise)"
    return ""


def _describe(node: ast.AST) -> str:
    match node:
        case ast.Compare() | ast.BoolOp():
            return "a comparison other than < <= > >="
        case ast.Constant():
            return shortened(str(node.value))
        case ast.BinOp(op=operator):
            name = type(operator).__name__
            return f"operator {_OPERATORS.get(name, name)}"
        case ast.Call():
            return "a call of something other than a function, or with named arguments"
        case ast.Attribute():
            return "a dot between names"
        case ast.Subscript() | ast.List() | ast.ListComp():
            return "a square bracket"
        case ast.Tuple():
            return "a comma outside the parentheses of a function"
        case ast.IfExp():
            return "`if`"
        case ast.UnaryOp(op=ast.Not()):
            return "`not`"
    return "this notation"


def _validate(
    value: object,
    *,
    condition: bool = False,
    integer: bool = False,
    cell: bool = False,
    sums: bool = False,
) -> object:
    """Turn text, or a bare number, into a `Formula`; positions travel in the error's context."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return value
    try:
        return parse(str(value), condition=condition, integer=integer, cell=cell, sums=sums)
    except FormulaError as error:
        raise PydanticCustomError(
            "formula", "{message}", {"message": error.message, "offset": error.offset}
        ) from None


def _text_or(*types: str) -> WithJsonSchema:
    """What an editor can check of a formula: its length, and that it is text or of `types`."""
    return WithJsonSchema({"type": ["string", *types], "minLength": 1, "maxLength": MAX_LENGTH})


FormulaField = Annotated[Formula, BeforeValidator(_validate), _text_or("number")]
SumFormulaField = Annotated[
    Formula,
    BeforeValidator(lambda value: _validate(value, sums=True)),
    _text_or("number"),
]
ConditionField = Annotated[
    Formula | bool,
    BeforeValidator(lambda value: _validate(value, condition=True)),
    _text_or("number", "boolean"),
]
CellFormulaField = Annotated[
    Formula,
    BeforeValidator(lambda value: _validate(value, cell=True)),
    _text_or("number"),
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
