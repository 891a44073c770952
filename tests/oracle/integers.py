"""Evaluate the whole-number formulas of a geometry, straight from the spec's syntax trees."""

import ast
import itertools
import operator
from collections.abc import Mapping

from codegen.spec.formula import Formula
from codegen.spec.models import GeometrySpec

_ARITHMETIC = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
}
_COMPARE = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}


class Integers:
    """The formulas of a geometry at given values, along one axis."""

    def __init__(self, spec: GeometrySpec, values: Mapping[str, int]) -> None:
        self.spec = spec
        self.values = values

    def length(self, name: str) -> int:
        """A length that the geometry defines."""
        return self._evaluate(self.spec.lengths[name].formula.tree, {})

    def padding(self, name: str) -> tuple[int, int]:
        """What a padding adds before and after."""
        padding = self.spec.padding[name]
        return (
            self._evaluate(padding.before.tree, padding.where),
            self._evaluate(padding.after.tree, padding.where),
        )

    def holds(self, stage: str, constraint: str) -> bool:
        """Whether a constraint does."""
        return bool(self._evaluate(self.spec.constraints[stage][constraint].holds.tree, {}))

    def _evaluate(self, node: ast.expr, where: Mapping[str, Formula]) -> int:
        match node:
            case ast.Name(id=name) if name in where:
                return self._evaluate(where[name].tree, where)
            case ast.Name(id=name) if name in self.values:
                return self.values[name]
            case ast.Name(id=name):
                return self.length(name)
            case ast.Constant(value=int() as value):
                return value
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                return -self._evaluate(operand, where)
            case ast.BinOp(left=left, op=sign, right=right):
                return _ARITHMETIC[type(sign)](
                    self._evaluate(left, where), self._evaluate(right, where)
                )
            case ast.Call(func=ast.Name(id="maximum" | "minimum" as name), args=arguments):
                choose = max if name == "maximum" else min
                return choose(self._evaluate(a, where) for a in arguments)
            case ast.BoolOp(op=sign, values=parts):
                every = all if isinstance(sign, ast.And) else any
                return every(self._evaluate(p, where) for p in parts)
            case ast.Compare(left=left, ops=signs, comparators=others):
                sides = [self._evaluate(side, where) for side in (left, *others)]
                pairs = itertools.pairwise(sides)
                return all(_COMPARE[type(s)](*pair) for s, pair in zip(signs, pairs, strict=True))
        raise TypeError(ast.dump(node))
