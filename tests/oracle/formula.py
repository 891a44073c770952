"""Evaluate a neuron's formulas, and their derivatives, straight from the spec's syntax trees.

A linear combination of the primitives is a sum over the components of a quadratic form in
(xᵢ, wᵢ). It is kept as such until something else is done with it, and then evaluated component by
component with the square completed: ‖x‖² + ‖w‖² − 2⟨w, x⟩ becomes Σ (xᵢ − wᵢ)², which nothing can
cancel. Its bound is that of the expanded sum, which is what the code computes.
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from codegen.spec.models import PRIMITIVES, NeuronSpec
from tests.oracle.pair import Arithmetic, Pair, contract


@dataclass(frozen=True)
class Operands:
    """Input rows and unit kernels, each component with the error it was computed with."""

    x: Pair
    """Shape (batch, inputs)."""
    w: Pair
    """Shape (units, inputs)."""

    @property
    def arithmetic(self) -> Arithmetic:
        return self.x.arithmetic

    def quadratic(self, sq_x: float, sq_w: float, dot: float) -> Pair:
        """Σ sq_x xᵢ² + sq_w wᵢ² + dot xᵢ wᵢ; value exact, bound that of the three sums."""
        n = self.x.value.shape[1]
        x, w = self.x.value[:, None, :], self.w.value[None, :, :]
        if sq_x:
            ratio = np.longdouble(dot) / (2 * np.longdouble(sq_x))
            terms = sq_x * (x + ratio * w) ** 2 + (sq_w - sq_x * ratio**2) * w**2
        else:
            terms = dot * x * w + sq_w * w**2
        parts = [
            (sq_x, contract("ik,ik->i", self.x, self.x, n), (slice(None), None)),
            (sq_w, contract("jk,jk->j", self.w, self.w, n), (None, slice(None))),
            (dot, contract("ik,jk->ij", self.x, self.w, n), (slice(None), slice(None))),
        ]
        error = np.zeros((x.shape[0], w.shape[1]))
        size = np.zeros_like(error)
        for coefficient, part, place in parts:
            error = error + abs(coefficient) * part.bound[place]
            size = size + abs(coefficient) * np.abs(part.value).astype(np.float64)[place]
        used = sum(c != 0 for c in (sq_x, sq_w, dot))
        error = error + (used - 1) * 2 * self.arithmetic.unit_roundoff * size
        return Pair(terms.sum(-1), error, self.arithmetic)


@dataclass(frozen=True)
class Linear:
    """A linear combination of the primitives, not yet evaluated."""

    coefficients: tuple[float, float, float]
    """Of sq_x, sq_w and dot."""


@dataclass(frozen=True)
class Dual:
    """A pair, and its partial derivatives by primitive and parameter (absent: zero)."""

    value: Pair
    partials: Mapping[str, Pair]


Node = Linear | Dual | float

_ORDER = ("sq_x", "sq_w", "dot")


class Evaluator:
    """Evaluates formulas for given operands and parameters."""

    def __init__(
        self, neuron: NeuronSpec, operands: Operands, parameters: Mapping[str, Pair]
    ) -> None:
        self.neuron = neuron
        self.operands = operands
        self.names: dict[str, Node] = {
            name: Linear(tuple(float(name == p) for p in _ORDER))  # type: ignore[arg-type]
            for name in PRIMITIVES
        }
        one = operands.arithmetic.exact(1.0)
        for name, pair in parameters.items():
            self.names[name] = Dual(pair, {name: one})
        for name, parameter in neuron.parameters.items():
            if name not in parameters:
                assert parameter.absent is not None, name
                self.names[name] = parameter.absent

    def response(self) -> Dual:
        """The response and all its partial derivatives."""
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
                return self._power(self._evaluate(left), self._evaluate(right))
            case ast.BinOp(left=left, op=sign, right=right):
                return self._binary(sign, self._evaluate(left), self._evaluate(right))
            case ast.Call(func=ast.Name(id=name), args=arguments):
                return self._call(name, [self._dual(self._evaluate(a)) for a in arguments])
        raise TypeError(ast.dump(node))

    def _binary(self, sign: ast.operator, left: Node, right: Node) -> Node:
        match sign:
            case ast.Sub():
                return self._binary(ast.Add(), left, self._times(-1.0, right))
            case ast.Add():
                if isinstance(left, Linear) and isinstance(right, Linear):
                    total = map(operator.add, left.coefficients, right.coefficients)
                    return Linear(tuple(total))  # type: ignore[arg-type]
                if isinstance(left, float) and isinstance(right, float):
                    return left + right
                if left == 0.0:
                    return right
                if right == 0.0:
                    return left
                a, b = self._dual(left), self._dual(right)
                return Dual(a.value + b.value, _merge(a.partials, b.partials))
            case ast.Mult():
                if isinstance(left, float):
                    return self._times(left, right)
                if isinstance(right, float):
                    return self._times(right, left)
                a, b = self._dual(left), self._dual(right)
                partials = _merge(_scaled(a.partials, b.value), _scaled(b.partials, a.value))
                return Dual(a.value * b.value, partials)
            case ast.Div():
                if isinstance(right, float):
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
        if isinstance(node, Linear):
            return Linear(tuple(factor * c for c in node.coefficients))  # type: ignore[arg-type]
        if factor == 1.0:
            return node
        pair = self.operands.arithmetic.exact(factor)
        return Dual(node.value * pair, _scaled(node.partials, pair))

    def _power(self, base: Node, exponent: Node) -> Node:
        if isinstance(base, float) and isinstance(exponent, float):
            return base**exponent
        dual = self._dual(base)
        if isinstance(exponent, float):
            slope = dual.value.power(exponent - 1) * exponent
            return Dual(dual.value.power(exponent), _scaled(dual.partials, slope))
        raise NotImplementedError("a power with a parameter in the exponent")

    def _call(self, name: str, arguments: list[Dual]) -> Dual:
        a = arguments[0]
        match name:
            case "relu":
                return Dual(a.value.relu(), _scaled(a.partials, a.value.step()))
            case "abs":
                return Dual(a.value.absolute(), _scaled(a.partials, a.value.sign()))
            case "sign":
                return Dual(a.value.sign(), {})
            case "exp":
                return Dual(a.value.exp(), _scaled(a.partials, a.value.exp()))
            case "softplus":
                return Dual(a.value.softplus(), _scaled(a.partials, a.value.logistic()))
            case "sqrt":
                return Dual(a.value.sqrt(), _scaled(a.partials, a.value.power(-0.5) * 0.5))
            case "log":
                return Dual(a.value.log(), _scaled(a.partials, a.value.power(-1)))
            case "maximum" | "minimum":
                b = arguments[1]
                compare = np.greater_equal if name == "maximum" else np.less_equal
                difference = a.value - b.value
                first = (difference if name == "maximum" else -difference).step()
                second = self.operands.arithmetic.exact(1.0) - first
                partials = _merge(_scaled(a.partials, first), _scaled(b.partials, second))
                return Dual(a.value.choose(b.value, compare), partials)
        raise TypeError(name)

    def _dual(self, node: Node) -> Dual:
        exact = self.operands.arithmetic.exact
        if isinstance(node, float):
            return Dual(exact(node), {})
        if isinstance(node, Linear):
            partials = {n: exact(c) for n, c in zip(_ORDER, node.coefficients, strict=True) if c}
            return Dual(self.operands.quadratic(*node.coefficients), partials)
        return node


def _scaled(partials: Mapping[str, Pair], factor: Pair) -> dict[str, Pair]:
    return {name: pair * factor for name, pair in partials.items()}


def _merge(left: Mapping[str, Pair], right: Mapping[str, Pair]) -> dict[str, Pair]:
    merged = dict(left)
    for name, pair in right.items():
        merged[name] = merged[name] + pair if name in merged else pair
    return merged
