"""A cell by definition, step by step, with bounds for its outputs and gradients through time.

Every equation of the spec is evaluated as it is written, and differentiated by what it names;
every response is that of the neuron to the joined source. Bounds run through the recursion, so
that they grow with the steps as an implementation's errors may.
"""

from __future__ import annotations

import ast
import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import SimpleNamespace

import numpy as np

from codegen.spec.cell_models import CellSpec
from codegen.spec.function_models import FunctionSpec
from codegen.spec.models import NeuronSpec
from tests.oracle.formula import Dual, Evaluator
from tests.oracle.function import elementwise
from tests.oracle.functions import softplus as positive
from tests.oracle.functions import softplus_slope
from tests.oracle.operands import Operands
from tests.oracle.pair import Arithmetic, Array, Pair, contract
from tests.oracle.tape import Node, Shares, Tape

INPUT = "x"
KERNELS = ("kernel", "recurrent_kernel")


@dataclass(frozen=True)
class Definition:
    """A cell, and what its spec refers to by name."""

    cell: CellSpec
    neuron: NeuronSpec
    functions: Mapping[str, FunctionSpec]
    """Role → its function."""

    def gates(self, kernel: str) -> tuple[tuple[str, str], ...]:
        """Which responses a kernel, or a parameter of every unit, has a block for."""
        found = []
        for name, projection in self.cell.projections.items():
            inputs = [f for f in projection.source if f.text == INPUT]
            others = [f for f in projection.source if f.text != INPUT]
            if {"kernel": inputs, "recurrent_kernel": others}.get(kernel, projection.source):
                found += [(name, unit) for unit in projection.units]
        return tuple(found)

    @property
    def is_linear_in_time(self) -> bool:
        """Whether no response sees a state, so that all steps may be computed at once."""
        return not self.gates("recurrent_kernel")


class Arrays:
    """A cell's arrays as leaves: one for every block of a kernel, or of a parameter."""

    def __init__(
        self,
        definition: Definition,
        arrays: Mapping[str, Array],
        constants: Mapping[str, float],
        arithmetic: Arithmetic,
    ) -> None:
        self._definition = definition
        self._constants = {n: arithmetic.exact(v) for n, v in constants.items()}
        self._leaves = {
            name: [Node(arithmetic.exact(block)) for block in array]
            if np.ndim(array) > 0
            else [Node(arithmetic.exact(array))]
            for name, array in arrays.items()
        }
        self._shared = frozenset(n for n, array in arrays.items() if np.ndim(array) == 0)

    def kernel(self, name: str, response: tuple[str, str]) -> Node:
        """The part of a kernel that belongs to a response."""
        return self._leaves[name][self._definition.gates(name).index(response)]

    def parameters(self, response: tuple[str, str]) -> dict[str, Node]:
        """The trained parameters of a response."""
        place = self._definition.gates("bias").index(response)
        return {
            name: blocks[0 if name in self._shared else place]
            for name, blocks in self._leaves.items()
            if name not in KERNELS
        }

    def values(self, response: tuple[str, str]) -> dict[str, Pair]:
        """What the neuron's formulas are given for their parameters."""
        found = dict(self._constants)
        for name, leaf in self.parameters(response).items():
            kept = self._definition.neuron.parameters[name].positive
            found[name] = positive(leaf.value) if kept else leaf.value
        return found

    def gradients(self) -> dict[str, Pair]:
        """Of every array as it was given."""
        found = {}
        for name, blocks in self._leaves.items():
            gradients = [leaf.gradient for leaf in blocks]
            if name not in KERNELS and self._definition.neuron.parameters[name].positive:
                gradients = [
                    g * softplus_slope(leaf.value)
                    for g, leaf in zip(gradients, blocks, strict=True)
                ]
            found[name] = gradients[0] if name in self._shared else stacked(gradients)
        return found


class Step:
    """One step of a cell: equations from top to bottom, each projection when it is first named."""

    def __init__(
        self, definition: Definition, arrays: Arrays, tape: Tape, arithmetic: Arithmetic, calls: int
    ) -> None:
        self._definition = definition
        self._arrays = arrays
        self._tape = tape
        self._arithmetic = arithmetic
        self._calls = calls
        """In how many steps and responses an implementation may add up one sum."""

    def __call__(self, x: Node, states: Mapping[str, Node]) -> dict[str, Node]:
        """Every value of the step, the new states among them."""
        names = dict(states)
        responses = self._definition.cell.responses
        for name, formula in self._definition.cell.math.items():
            for used in sorted(formula.names & responses.keys()):
                if used not in names:
                    projection, _ = responses[used]
                    names |= self._project(projection, x, names)
            names[name] = self._equation(formula.tree, names)
        return names

    def _equation(self, tree: ast.expr, names: Mapping[str, Node]) -> Node:
        dual = Equation(self._definition.functions, names, self._arithmetic).value_of(tree)
        return self._tape.elementwise(dual.value, {names[n]: p for n, p in dual.partials.items()})

    def _project(self, projection: str, x: Node, names: Mapping[str, Node]) -> dict[str, Node]:
        sources = [
            (kernel, x if formula.text == INPUT else self._equation(formula.tree, names))
            for formula in self._definition.cell.projections[projection].source
            for kernel in [KERNELS[formula.text != INPUT]]
        ]
        return {
            spelled: self._respond(response, sources)
            for spelled, response in self._definition.cell.responses.items()
            if response[0] == projection
        }

    def _respond(self, response: tuple[str, str], sources: list[tuple[str, Node]]) -> Node:
        kernels = [self._arrays.kernel(name, response) for name, _ in sources]
        vectors = [source for _, source in sources]
        operands = Operands(joined([v.value for v in vectors]), joined([k.value for k in kernels]))
        parameters = self._arrays.parameters(response)
        units = len(operands.w.value)
        dual = Evaluator(
            self._definition.neuron,
            operands,
            self._arrays.values(response),
            frozenset(parameters),
            units,
        ).response()
        shape = (len(operands.x.value), units)

        def pull(gradient: Pair) -> Shares:
            weighted = {n: full(p * gradient, shape) for n, p in dual.partials.items()}
            by_vector, by_kernel = self._by_operands(operands, weighted)
            start = 0
            for vector, kernel in zip(vectors, kernels, strict=True):
                part = slice(start, start + vector.value.value.shape[-1])
                yield vector, cut(by_vector, part)
                yield kernel, cut(by_kernel, part)
                start = part.stop
            for name, leaf in parameters.items():
                if name in weighted:
                    yield leaf, self._summed(weighted[name], leaf.value.value.shape)

        return self._tape.add(full(dual.value, shape), pull)

    def _by_operands(self, operands: Operands, weighted: Mapping[str, Pair]) -> tuple[Pair, Pair]:
        """∂/∂x = Σ_units (∂dot w + 2 ∂sq_x x), ∂/∂w = Σ_batch (∂dot x + 2 ∂sq_w w)."""
        x, w = operands.x, operands.w
        exact, calls = self._arithmetic.exact, self._calls
        batch, units = len(x.value), len(w.value)
        zero = exact(np.zeros((batch, units)))
        dot, sq_x, sq_w = (weighted.get(n, zero) for n in ("dot", "sq_x", "sq_w"))
        rows = contract("ij,j->i", sq_x, exact(np.ones(units)), units * calls)
        columns = contract("ij,i->j", sq_w, exact(np.ones(batch)), batch * calls)
        by_x = contract("ij,jk->ik", dot, w, units * calls) + column(rows) * x * 2.0
        by_w = contract("ij,ik->jk", dot, x, batch * calls) + column(columns) * w * 2.0
        return by_x, by_w

    def _summed(self, weighted: Pair, shape: tuple[int, ...]) -> Pair:
        """Over the axes that a parameter lacks."""
        ones = self._arithmetic.exact(np.ones(weighted.value.shape))
        if shape == ():
            return contract("ij,ij->", weighted, ones, weighted.value.size * self._calls)
        return contract("ij,ij->j", weighted, ones, len(weighted.value) * self._calls)


class Equation(Evaluator):
    """A formula over values, each of which is a variable of its own."""

    def __init__(
        self,
        functions: Mapping[str, FunctionSpec],
        names: Mapping[str, Node],
        arithmetic: Arithmetic,
    ) -> None:
        self.neuron = SimpleNamespace(math={}, parameters={})  # type: ignore[assignment]
        self.operands = SimpleNamespace(arithmetic=arithmetic)  # type: ignore[assignment]
        self.names = {"pi": math.pi}
        self.names |= {
            name: Dual(node.value, {name: arithmetic.exact(1.0)}) for name, node in names.items()
        }
        self._functions = functions

    def value_of(self, tree: ast.expr) -> Dual:
        """The value, and its partial derivatives by the names in the formula."""
        with np.errstate(all="ignore"):
            return self._dual_of(tree)

    def _call(self, name: str, arguments: list[Dual]) -> Dual:
        if name not in self._functions:
            return super()._call(name, arguments)
        value, slope = elementwise(self._functions[name], arguments[0].value)
        return Dual(value, {n: p * slope for n, p in arguments[0].partials.items()})


def joined(pairs: list[Pair]) -> Pair:
    """Side by side in the last axis."""
    return Pair(
        np.concatenate([p.value for p in pairs], -1),
        np.concatenate([p.bound for p in pairs], -1),
        pairs[0].arithmetic,
    )


def stacked(pairs: list[Pair]) -> Pair:
    """One after the other in a new first axis."""
    return Pair(
        np.stack([p.value for p in pairs]), np.stack([p.bound for p in pairs]), pairs[0].arithmetic
    )


def cut(pair: Pair, part: slice) -> Pair:
    """A part of the last axis."""
    return Pair(pair.value[..., part], pair.bound[..., part], pair.arithmetic)


def full(pair: Pair, shape: tuple[int, ...]) -> Pair:
    """The same in every row."""
    return Pair(
        np.broadcast_to(pair.value, shape), np.broadcast_to(pair.bound, shape), pair.arithmetic
    )


def column(pair: Pair) -> Pair:
    """As one column."""
    return Pair(pair.value[:, None], pair.bound[:, None], pair.arithmetic)
