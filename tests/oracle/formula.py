"""Evaluate a neuron's formulas, and their derivatives, straight from the spec's syntax trees.

A linear combination of the primitives is kept as such until something else is done with it (see
`operands`). Everything else is evaluated in extended precision, and bounded by running error
analysis.
"""

from __future__ import annotations

import ast
import math
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from codegen.spec.models import PRIMITIVES, NeuronSpec
from tests.oracle.choices import Decision
from tests.oracle.functions import FUNCTIONS, power_slopes
from tests.oracle.operands import Operands
from tests.oracle.pair import Pair, is_short
from tests.oracle.powers import power, whole_power, whole_power_slope


@dataclass(frozen=True)
class Linear:
    """A linear combination of the primitives, not yet evaluated."""

    coefficients: tuple[float, float, float]
    """Of sq_x, sq_w and dot; numbers of few digits, which all arithmetics hold."""


@dataclass(frozen=True)
class Dual:
    """A pair, and its partial derivatives by primitive and parameter (absent: zero)."""

    value: Pair
    partials: Mapping[str, Pair]


Node = Linear | Dual | float

_ORDER = ("sq_x", "sq_w", "dot")


class Evaluator:
    """Evaluates formulas for given operands and parameters.

    Partial derivatives by parameters are those by the `trained` ones; `units` is the number of
    units of the whole layer.
    """

    def __init__(
        self,
        neuron: NeuronSpec,
        operands: Operands,
        parameters: Mapping[str, Pair],
        trained: frozenset[str],
        units: int,
    ) -> None:
        self.neuron = neuron
        self.operands = operands
        self.names: dict[str, Node] = {
            name: Linear(tuple(float(name == p) for p in _ORDER))  # type: ignore[arg-type]
            for name in PRIMITIVES
        }
        exact = operands.arithmetic.exact
        self.names["pi"] = math.pi
        self.names["inputs"] = Dual(exact(operands.w.value.shape[1]), {})
        self.names["units"] = Dual(exact(units), {})
        for name, pair in parameters.items():
            self.names[name] = Dual(pair, {name: exact(1.0)} if name in trained else {})
        for name, parameter in neuron.parameters.items():
            if name not in parameters:
                assert parameter.absent is not None, name
                self.names[name] = float(parameter.absent)

    def response(self) -> Dual:
        """The response and all its partial derivatives."""
        # Far outside their domains functions are infinite or no numbers; bounds say so.
        with np.errstate(all="ignore"):
            return self._dual(self._name("response"))

    def _name(self, name: str) -> Node:
        if name not in self.names:
            self.names[name] = self._evaluate(self.neuron.math[name].tree)
        return self.names[name]

    def _evaluate(self, node: ast.expr) -> Node:
        match node:
            case ast.Name(id=name):
                return self._name(name)
            case ast.Constant(value=value):
                return float(value)  # type: ignore[arg-type]
            case ast.UnaryOp(op=ast.UAdd(), operand=operand):
                return self._evaluate(operand)
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                return self._times(-1.0, self._evaluate(operand))
            case ast.BinOp(left=left, op=ast.Pow(), right=right):
                return self._power(self._evaluate(left), self._evaluate(right), right)
            case ast.BinOp(left=left, op=sign, right=right):
                return self._binary(sign, self._evaluate(left), self._evaluate(right))
            case ast.Call(func=ast.Name(id="where"), args=[ast.Compare() as test, *branches]):
                sides = (test.left, test.comparators[0])
                return self._where(test.ops[0], *map(self._dual_of, (*sides, *branches)))
            case ast.Call(func=ast.Name(id=name), args=arguments):
                return self._call(name, list(map(self._dual_of, arguments)))
        raise TypeError(ast.dump(node))

    def _binary(self, sign: ast.operator, left: Node, right: Node) -> Node:
        match sign:
            case ast.Sub():
                return self._binary(ast.Add(), left, self._times(-1.0, right))
            case ast.Add():
                if isinstance(left, Linear) and isinstance(right, Linear):
                    sums = zip(left.coefficients, right.coefficients, strict=True)
                    if all(_is_exact(*pair, operator.add) for pair in sums):
                        total = map(operator.add, left.coefficients, right.coefficients)
                        return Linear(tuple(total))  # type: ignore[arg-type]
                if _is_exact(left, right, operator.add):
                    return left + right  # type: ignore[operator]
                if left == 0.0:
                    return right
                if right == 0.0:
                    return left
                a, b = self._dual(left), self._dual(right)
                return Dual(a.value + b.value, _merge(a.partials, b.partials))
            case ast.Mult():
                if _is_exact(left, right, operator.mul):
                    return left * right  # type: ignore[operator]
                if isinstance(left, float) and not isinstance(right, float):
                    return self._times(left, right)
                if isinstance(right, float) and not isinstance(left, float):
                    return self._times(right, left)
                a, b = self._dual(left), self._dual(right)
                partials = _merge(_scaled(a.partials, b.value), _scaled(b.partials, a.value))
                return Dual(a.value * b.value, partials)
            case ast.Div():
                if _is_exact(left, right, operator.truediv):
                    return left / right  # type: ignore[operator]
                if isinstance(right, float) and _is_exact(1.0, right, operator.truediv):
                    return self._times(1 / right, left)
                a, b = self._dual(left), self._dual(right)
                quotient = a.value / b.value
                inverse = self.operands.arithmetic.exact(1.0) / b.value
                down = _scaled(b.partials, -(quotient * inverse))
                return Dual(quotient, _merge(_scaled(a.partials, inverse), down))
        raise TypeError(ast.dump(sign))

    def _times(self, factor: float, node: Node) -> Node:
        if isinstance(node, float):
            return factor * node
        if factor == 1.0:
            return node
        if isinstance(node, Linear):
            if all(_is_exact(factor, c, operator.mul) for c in node.coefficients):
                scaled = tuple(factor * c for c in node.coefficients)
                return Linear(scaled)  # type: ignore[arg-type]
            node = self._dual(node)
        pair = self.operands.arithmetic.constant(factor)
        return Dual(node.value * pair, _scaled(node.partials, pair))

    def _power(self, base: Node, exponent: Node, tree: ast.expr) -> Node:
        """What a base that is not positive means depends on how the exponent is written: a number,
        a whole number whose value the layer knows, or any other."""
        a, p = self._dual(base), self._dual(exponent)
        if self._is_number(tree) and float(p.value.value).is_integer():
            n = int(float(p.value.value))
            slope = a.value.power(n - 1) * n if n else self.operands.arithmetic.exact(0.0)
            return Dual(a.value.power(n), _scaled(a.partials, slope))
        if self._is_whole(tree):
            # Whole parameters are not trained.
            assert not p.partials
            slope = whole_power_slope(a.value, p.value)
            return Dual(whole_power(a.value, p.value), _scaled(a.partials, slope))
        value = power(a.value, p.value)
        by_base, by_exponent = power_slopes(a.value, p.value, value)
        return Dual(value, _merge(_scaled(a.partials, by_base), _scaled(p.partials, by_exponent)))

    def _is_number(self, node: ast.expr) -> bool:
        """Whether no parameter, count or primitive takes part."""
        names = {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}
        formulas = self.neuron.math
        return all(self._is_number(formulas[n].tree) if n in formulas else n == "pi" for n in names)

    def _is_whole(self, node: ast.expr) -> bool:
        """Whether the formula is made of whole numbers alone, by sums and products."""
        match node:
            case ast.Name(id=name) if name in self.neuron.math:
                return self._is_whole(self.neuron.math[name].tree)
            case ast.Name(id="inputs" | "units"):
                return True
            case ast.Name(id=name) if name in self.neuron.parameters:
                return self.neuron.parameters[name].integer
            case ast.Constant(value=int()):
                return True
            case ast.UnaryOp(operand=operand):
                return self._is_whole(operand)
            case ast.BinOp(left=left, op=ast.Add() | ast.Sub() | ast.Mult(), right=right):
                return self._is_whole(left) and self._is_whole(right)
        return False

    def _where(self, sign: ast.cmpop, left: Dual, right: Dual, first: Dual, second: Dual) -> Dual:
        return _chosen(Decision(left.value, sign, right.value), first, second)

    def _call(self, name: str, arguments: list[Dual]) -> Dual:
        a = arguments[0]
        if name in ("maximum", "minimum"):
            b = arguments[1]
            sign = ast.Gt() if name == "maximum" else ast.Lt()
            decision = Decision(a.value, sign, b.value)
            if (a.value.value == b.value.value).any():
                # At a tie frameworks take either derivative, or the mean of both.
                decision.certain = decision.certain & (a.value.value != b.value.value)
            partials = _chosen(decision, a, b).partials
            return Dual(decision.extreme(a.value, b.value), partials)
        function, slope = FUNCTIONS[name]
        return Dual(function(a.value), _scaled(a.partials, slope(a.value)) if a.partials else {})

    def _dual_of(self, node: ast.expr) -> Dual:
        return self._dual(self._evaluate(node))

    def _dual(self, node: Node) -> Dual:
        constant = self.operands.arithmetic.constant
        if isinstance(node, float):
            return Dual(constant(node), {})
        if isinstance(node, Linear):
            partials = {n: constant(c) for n, c in zip(_ORDER, node.coefficients, strict=True) if c}
            return Dual(self.operands.quadratic(*node.coefficients), partials)
        return node


def _is_exact(left: Node, right: Node, operation: Callable[[float, float], float]) -> bool:
    """Whether an operation on two numbers may be done in advance: nothing is rounded."""
    if not isinstance(left, float) or not isinstance(right, float):
        return False
    if operation is operator.truediv and not right:
        return False
    return all(map(is_short, (left, right, operation(left, right))))


def _scaled(partials: Mapping[str, Pair], factor: Pair) -> dict[str, Pair]:
    return {name: pair * factor for name, pair in partials.items()}


def _merge(left: Mapping[str, Pair], right: Mapping[str, Pair]) -> dict[str, Pair]:
    merged = dict(left)
    for name, pair in right.items():
        merged[name] = merged[name] + pair if name in merged else pair
    return merged


def _chosen(decision: Decision, first: Dual, second: Dual) -> Dual:
    """One of two, derivatives included."""
    zero = first.value.arithmetic.exact(0.0)
    names = {**first.partials, **second.partials}
    return Dual(
        decision.choose(first.value, second.value),
        {
            name: decision.choose(first.partials.get(name, zero), second.partials.get(name, zero))
            for name in names
        },
    )
