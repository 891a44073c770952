"""What cancels out of a function, found by trying numbers as `probe` does for neurons.

A sum along the axis is tried over three entries: the one whose result is looked at, and two others.
"""

import ast
import random
from collections.abc import Iterator, Mapping
from copy import deepcopy

from codegen.spec.formula import SUM, Formula, FormulaError
from codegen.spec.function_models import FunctionSpec
from codegen.spec.probe import SCALES, Values, always_wrong, equal, value_of

_POINTS = 12
_OTHERS = ("other", "another")
"""Stand for other entries of the array; no name of a spec is spelt like what is made of them."""


def _points(spec: FunctionSpec) -> list[Values]:
    found: list[Values] = []
    for i in range(_POINTS):
        numbers, scale = random.Random(i), SCALES[i % len(SCALES)]
        entries = [spec.array, *(_other(spec.array, other) for other in _OTHERS)]
        values = {name: scale * numbers.randint(1, 32) / 8 for name in entries}
        for name, argument in spec.arguments.items():
            if argument.value is not None:
                sign = 1 if argument.positive else numbers.choice((-1, 1))
                values[name] = sign * numbers.randint(1, 32) / 8
        found.append(values)
    return found


def without_value(spec: FunctionSpec) -> Iterator[tuple[str, FormulaError]]:
    """Formulas that divide by what is always 0, or take a root of what is never positive."""
    tried = _points(spec)
    for name, formula in spec.math.items():
        for part, doubt in always_wrong(formula):
            written = _written_out(part, spec)
            if doubt.wrong(value_of(written, values) for values in tried):
                yield name, FormulaError(doubt.message, part.col_offset)


def without_effect(spec: FunctionSpec) -> Iterator[str]:
    """The array and numbers that the result mentions and does not change with."""
    result = _written_out(spec.math["result"].tree, spec)
    tried = _points(spec)
    results = [value_of(result, point) for point in tried]
    for name in (spec.array, *spec.numbers):
        changed = (
            value_of(result, point | {name: other[name]})
            for point, other in zip(tried, tried[1:] + tried[:1], strict=True)
        )
        if all(map(equal, results, changed)):
            yield name


def _written_out(tree: ast.expr, spec: FunctionSpec) -> ast.expr:
    """The expression over arguments alone, sums along the axis as sums of three."""
    written: ast.expr = _Written(spec.math).visit(deepcopy(tree))
    found: ast.expr = _Summed(spec.array).visit(written)
    return found


def _other(name: str, which: str) -> str:
    return f"{which} {name}"


class _Written(ast.NodeTransformer):
    def __init__(self, formulas: Mapping[str, Formula]) -> None:
        self._formulas = formulas

    def visit_Name(self, node: ast.Name) -> ast.expr:
        if node.id not in self._formulas:
            return node
        found: ast.expr = self.visit(deepcopy(self._formulas[node.id].tree))
        return found


class _Summed(ast.NodeTransformer):
    def __init__(self, array: str) -> None:
        self._array = array

    def visit_Call(self, node: ast.Call) -> ast.expr:
        self.generic_visit(node)
        match node:
            case ast.Call(func=ast.Name(id=name), args=[entry, _]) if name == SUM:
                total = entry
                for which in _OTHERS:
                    other = deepcopy(entry)
                    for inner in ast.walk(other):
                        if isinstance(inner, ast.Name) and inner.id == self._array:
                            inner.id = _other(self._array, which)
                    total = ast.copy_location(ast.BinOp(total, ast.Add(), other), node)
                return total
        return node
