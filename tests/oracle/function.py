"""Functions of arrays by definition, with bounds for values and for the gradient."""

import ast
from collections.abc import Mapping
from types import SimpleNamespace

import numpy as np

from codegen.spec.function_models import FunctionSpec
from tests.oracle.formula import Dual, Evaluator, Node
from tests.oracle.pair import ROUNDINGS, Arithmetic, Pair

Array = np.ndarray


def function_oracle(
    spec: FunctionSpec,
    x: Array,
    upstream: Array,
    numbers: Mapping[str, float],
    arithmetic: Arithmetic,
    axis: int = -1,
) -> tuple[Pair, Pair]:
    """What the function must return, and the gradient of `sum(upstream * value)`.

    Args:
        spec: The function.
        x: The array, exactly as the function gets it.
        upstream: Gradient of the loss by the value.
        numbers: The arguments that are numbers.
        arithmetic: The arithmetic of the implementation. What it is given and returns lies in
            range; powers on the way need not, since nobody has to compute them.
        axis: Along which sums run.
    """
    wide = Arithmetic(arithmetic.unit_roundoff, arithmetic.tiny, 1e300)
    evaluator = _Evaluator(spec, wide.exact(x), numbers, axis)
    with np.errstate(all="ignore"):
        result = evaluator.result()
        return result.value, evaluator.gradient(result, wide.exact(upstream))


def elementwise(spec: FunctionSpec, a: Pair) -> tuple[Pair, Pair]:
    """Value and slope of a function of single numbers, its arguments at their defaults."""
    wide = Arithmetic(a.arithmetic.unit_roundoff, a.arithmetic.tiny, 1e300)
    evaluator = _Evaluator(spec, Pair(a.value, a.bound, wide), spec.numbers, -1)
    with np.errstate(all="ignore"):
        result = evaluator.result()
        slope = evaluator.gradient(result, wide.exact(np.ones(a.value.shape)))
    value = result.value
    return tuple(Pair(p.value, p.bound, a.arithmetic) for p in (value, slope))  # type: ignore[return-value]


class _Evaluator(Evaluator):
    """Every sum along the axis is a variable of its own, through which gradients flow back."""

    def __init__(
        self, spec: FunctionSpec, x: Pair, numbers: Mapping[str, float], axis: int
    ) -> None:
        self.neuron = spec  # type: ignore[assignment]
        self.operands = SimpleNamespace(arithmetic=x.arithmetic)  # type: ignore[assignment]
        self.axis = axis
        self.sums: dict[str, Dual] = {}
        self.steepness = np.zeros(x.value.shape)
        exact = x.arithmetic.exact
        self.names = {spec.array: Dual(x, {spec.array: exact(1.0)})}
        self.names |= {name: Dual(exact(value), {}) for name, value in numbers.items()}

    def result(self) -> Dual:
        """The value, and its partial derivatives by the array and the sums."""
        return self._dual(self._name("result"))

    def gradient(self, result: Dual, upstream: Pair) -> Pair:
        """What flows back directly, and through each sum, the last one first."""
        received = {n: p * upstream for n, p in result.partials.items()}
        for name, summand in reversed(self.sums.items()):
            if name in received:
                total = self._sum(received.pop(name))
                for inner, partial in summand.partials.items():
                    share = partial * total
                    received[inner] = received[inner] + share if inner in received else share
        zero = upstream * 0.0
        gradient = zero + received.get(self.neuron.array, zero)
        return Pair(gradient.value, gradient.bound + self._flushed(upstream), gradient.arithmetic)

    def _flushed(self, upstream: Pair) -> Array:
        """Code may differentiate by the logarithm of a power. What is too small for the arithmetic
        there, it loses before that is multiplied by the slope of the logarithm, n / x."""
        size = np.abs(upstream.value).astype(np.float64)
        if self.sums:
            size = size + size.sum(self.axis, keepdims=True)
        return ROUNDINGS * upstream.arithmetic.tiny * size * self.steepness

    def _evaluate(self, node: ast.expr) -> Node:
        match node:
            case ast.Call(func=ast.Name(id="sum"), args=[summand, _]):
                dual = self._dual_of(summand)
                name = f"sum {len(self.sums)}"
                self.sums[name] = dual
                return Dual(self._sum(dual.value), {name: dual.value.arithmetic.exact(1.0)})
        return super()._evaluate(node)

    def _power(self, base: Node, exponent: Node, tree: ast.expr) -> Node:
        a, p = self._dual(base), self._dual(exponent)
        if self.neuron.array in a.partials:
            inner = np.abs(a.partials[self.neuron.array].value / a.value.value * p.value.value)
            inner = np.where(a.value.vanishes, 0.0, inner).astype(np.float64)
            self.steepness = np.maximum(self.steepness, inner)
        return super()._power(base, exponent, tree)

    def _sum(self, terms: Pair) -> Pair:
        arithmetic, length = terms.arithmetic, terms.value.shape[self.axis]
        value = terms.value.sum(self.axis, keepdims=True)
        sizes = np.abs(terms.value).astype(np.float64) + terms.bound
        error = terms.bound.sum(self.axis, keepdims=True)
        error = error + arithmetic.gamma(length) * sizes.sum(self.axis, keepdims=True)
        return arithmetic.rounded(value, error)

    def _is_whole(self, node: ast.expr) -> bool:
        """No argument is known to be a whole number."""
        return False
