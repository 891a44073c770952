"""What in a formula would be too large, or no number at all, for everything derived from it.

Derivatives and typeset formulas write a response out in full: `x**10**9` and its like would keep
SymPy busy for years. The bounds here lie far beyond what anybody writes by hand.
"""

import ast
import math
from collections.abc import Iterator, Mapping
from math import comb

from codegen.spec.document import LARGEST, SMALLEST
from codegen.spec.evaluate import evaluate
from codegen.spec.formula import CONSTANTS, Formula, FormulaError

#: Parts, terms and degree.
Measure = tuple[int, int, float]

MAX_DEGREE = 64
MAX_PARTS = 600
MAX_TERMS = 10_000


def wrong_numbers(formula: Formula) -> Iterator[FormulaError]:
    """Parts of a formula that are numbers, and not ones that floating-point arithmetic has."""
    yield from _wrong_numbers(formula.tree)


def _wrong_numbers(node: ast.expr) -> Iterator[FormulaError]:
    inner = [e for part in _parts(node) for e in _wrong_numbers(part)]
    if inner:
        yield from inner
    elif is_number(node) and not isinstance(node, ast.Constant):
        if message := _why_no_number(node):
            yield FormulaError(message, node.col_offset)
    elif isinstance(node, ast.BinOp) and is_number(node.right):
        right = evaluate(node.right, {})
        if isinstance(node.op, ast.Pow) and abs(right) > MAX_DEGREE:
            message = f"an exponent is at most {MAX_DEGREE} in size"
            yield FormulaError(message, node.right.col_offset)
        elif isinstance(node.op, ast.Div | ast.FloorDiv | ast.Mod) and right == 0:
            yield FormulaError("a division by 0", node.right.col_offset)


def _why_no_number(node: ast.expr) -> str | None:
    parts = [evaluate(part, {}) for part in _parts(node)]
    match node:
        case ast.Call(func=ast.Name(id="sqrt")) if parts[0] < 0:
            return f"sqrt of {parts[0]:g} is no real number"
        case ast.Call(func=ast.Name(id="log")) if parts[0] <= 0:
            return f"log of {parts[0]:g} is no real number"
        case ast.BinOp(op=ast.Pow()) if parts[0] < 0 and parts[1] % 1:
            return f"a power of {parts[0]:g} that is not whole is no real number"
    try:
        value = evaluate(node, {})
    except ZeroDivisionError:
        return "a division by 0"
    except ArithmeticError:
        value = math.inf
    if not abs(value) < LARGEST:
        return "this part is a number of 1e30 or more"
    vanished = isinstance(node, ast.BinOp) and isinstance(node.op, ast.Pow) and parts[0] != 0
    vanished = vanished or (isinstance(node, ast.Call) and ast.unparse(node.func) == "exp")
    if 0 < abs(value) < SMALLEST or (vanished and value == 0):
        return "this part is a number below 1e-30, and not 0"
    return None


class Written:
    """How large the formulas of a neuron are when every name is written out."""

    def __init__(self, formulas: Mapping[str, Formula]) -> None:
        self._formulas = formulas
        self._measures: dict[str, Measure] = {}

    def why_too_large(self, name: str) -> str | None:
        """Why a formula is too large, or None; names must not refer to each other in a circle."""
        return _why_too_large(self._measure_name(name))

    def why_tree_too_large(self, tree: ast.expr) -> str | None:
        """The same of an expression."""
        return _why_too_large(self._measure(tree))

    def _measure_name(self, name: str) -> Measure:
        if name not in self._formulas:
            return (1, 1, 1)
        if name not in self._measures:
            self._measures[name] = self._measure(self._formulas[name].tree)
        return self._measures[name]

    def _measure(self, node: ast.expr) -> Measure:
        """Parts, terms and degree: bounds of what SymPy has to handle."""
        if isinstance(node, ast.Name):
            return (1, 1, 0) if node.id in CONSTANTS else self._measure_name(node.id)
        inner = [_capped(self._measure(part)) for part in _parts(node)]
        size = 1 + sum(parts for parts, _, _ in inner)
        degree = max((d for _, _, d in inner), default=0)
        match node:
            case ast.BinOp(op=ast.Mult() | ast.Div()):
                (_, left, first), (_, right, second) = inner
                return size, left * right, first + second
            case ast.BinOp(left=base, op=ast.Pow(), right=exponent) if is_number(exponent):
                value = abs(evaluate(exponent, {}))
                terms = inner[0][1]
                if value % 1 == 0 and value <= MAX_DEGREE:
                    terms = comb(terms + int(value) - 1, int(value))
                return size, max(terms, 1), 0 if is_number(base) else inner[0][2] * value
            case ast.BinOp(op=ast.Pow()):
                return size, inner[0][1] * inner[1][1], max(1, degree)
        terms = max(1, sum(t for _, t, _ in inner))
        if isinstance(node, ast.Call) and degree <= MAX_DEGREE:
            degree = min(degree, 1)
        return size, terms, degree


def _why_too_large(measure: Measure) -> str | None:
    parts, terms, degree = measure
    if parts > MAX_PARTS:
        return f"more than {MAX_PARTS} parts when the names in it are written out"
    if degree > MAX_DEGREE:
        return f"a power of more than {MAX_DEGREE} when the names in it are written out"
    if terms > MAX_TERMS:
        return f"more than {MAX_TERMS} terms when its products are multiplied out"
    return None


def _capped(measure: Measure) -> Measure:
    """Bounds multiply from name to name; beyond all limits their exact size is of no interest."""
    parts, terms, degree = measure
    return min(parts, 10 * MAX_PARTS), min(terms, 10 * MAX_TERMS), min(degree, 10 * MAX_DEGREE)


def _parts(node: ast.expr) -> list[ast.expr]:
    """The expressions that an expression is made of."""
    match node:
        case ast.BinOp(left=left, right=right):
            return [left, right]
        case ast.UnaryOp(operand=operand):
            return [operand]
        case ast.Compare(left=left, comparators=comparators):
            return [left, *comparators]
        case ast.BoolOp(values=values):
            return values
        case ast.Call(args=arguments):
            return arguments
    return []


def is_number(node: ast.expr) -> bool:
    """Whether an expression mentions no name but that of a constant."""
    if isinstance(node, ast.Compare | ast.BoolOp):
        return False
    if isinstance(node, ast.Name):
        return node.id in CONSTANTS
    return all(map(is_number, _parts(node)))
