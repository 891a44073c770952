"""What cancels out of a formula: found by trying numbers, since no number gives it away.

`dot / (sq_x - sq_x)` has every name and no value. The numbers tried are exact in binary, so that
what cancels on paper cancels here, and lie far apart, so that little else does.
"""

import ast
import math
import random
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from codegen.spec.evaluate import evaluate
from codegen.spec.formula import COUNTS, Formula, FormulaError
from codegen.spec.models import PRIMITIVES, NeuronSpec

_POINTS = 12
SCALES = (0.25, 1, 16, 4096)

Values = dict[str, float]


def points(spec: NeuronSpec) -> list[Values]:
    """Values of primitives, parameters and counts: the same for the same spec."""
    return [_point(spec, random.Random(i), SCALES[i % len(SCALES)]) for i in range(_POINTS)]


def _point(spec: NeuronSpec, numbers: random.Random, scale: float) -> Values:
    def draw(least: int = 1) -> float:
        return scale * numbers.randint(least, 32) / 8

    def whole() -> float:
        return float(numbers.randint(1, 5))

    values = {"dot": numbers.choice((-1, 1)) * draw()}
    # Cauchy's inequality: the square of `dot` is at most the product of the squared norms.
    values |= {"sq_x": abs(values["dot"]) + draw(), "sq_w": abs(values["dot"]) + draw()}
    values |= {count: whole() for count in COUNTS}
    for name, parameter in spec.parameters.items():
        sign = 1 if parameter.positive else numbers.choice((-1, 1))
        values[name] = sign * (whole() if parameter.integer else draw())
    return values


@dataclass(frozen=True)
class Doubt:
    """What would be wrong with a formula if a part of it were so for all values."""

    message: str
    wrong: Callable[[Iterable[float]], bool]


def always_wrong(formula: Formula) -> Iterator[tuple[ast.expr, Doubt]]:
    """Parts that others are divided by, or a root or logarithm is taken of."""
    for node in ast.walk(formula.tree):
        match node:
            case ast.BinOp(op=ast.Div(), right=part):
                yield part, Doubt("a division by what is always 0", _all_zero)
            case ast.BinOp(left=part, op=ast.Pow(), right=ast.UnaryOp(op=ast.USub())):
                yield part, Doubt("a negative power of what is always 0", _all_zero)
            case ast.Call(func=ast.Name(id=("log" | "sqrt") as function), args=[part]):
                yield part, Doubt(f"{function} of what is never above 0", _never_positive)


def _all_zero(values: Iterable[float]) -> bool:
    return all(value == 0 for value in values)


def _never_positive(values: Iterable[float]) -> bool:
    return all(value <= 0 for value in values)


def without_value(spec: NeuronSpec) -> Iterator[tuple[str, FormulaError]]:
    """Formulas that divide by what is always 0, or take a root of what is never positive."""
    tried = [_with_formulas(spec, point) for point in points(spec)]
    for name, formula in spec.math.items():
        for part, doubt in always_wrong(formula):
            if doubt.wrong(value_of(part, values) for values in tried):
                yield name, FormulaError(doubt.message, part.col_offset)


def without_effect(spec: NeuronSpec) -> Iterator[str]:
    """`dot` and parameters that the response mentions and does not change with."""
    tried = points(spec)
    responses = [_with_formulas(spec, point)["response"] for point in tried]
    for name in (PRIMITIVES[0], *spec.parameters):
        changed = (
            _with_formulas(spec, point | {name: other[name]})["response"]
            for point, other in zip(tried, tried[1:] + tried[:1], strict=True)
        )
        if all(map(equal, responses, changed)):
            yield name


def equal(first: float, second: float) -> bool:
    """Whether two values are the same number, which what has no value is not."""
    return first == second and math.isfinite(first)


def _with_formulas(spec: NeuronSpec, point: Values) -> Values:
    values = dict(point)

    def visit(name: str) -> None:
        formula = spec.math[name]
        for used in formula.names & spec.math.keys():
            if used not in values:
                visit(used)
        values[name] = value_of(formula.tree, values)

    visit("response")
    return values


def value_of(node: ast.expr, values: Mapping[str, float]) -> float:
    """The value of an expression, NaN if it has none."""
    try:
        return evaluate(node, values)
    except ArithmeticError:
        return math.nan
