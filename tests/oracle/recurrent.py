"""What a cell in a loop, or a layer, must return for sequences, and all its gradients."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from tests.adapters.cells import Run
from tests.oracle.cell import Arrays, Definition, Step, stacked
from tests.oracle.pair import Arithmetic, Array, Pair
from tests.oracle.tape import Node, Tape


@dataclass(frozen=True)
class CellOracle:
    """The trace of a run, as pairs."""

    outputs: Pair
    """(steps, batch, units), 0 beyond a sequence's length."""
    states: Mapping[str, Pair]
    gradients: Mapping[str, Pair]
    """By "inputs", by every state, and by canonical array."""
    values: Mapping[str, Pair]
    """Every value of the equations, (steps, batch, units), in the order of computation."""

    @property
    def pairs(self) -> dict[str, Pair]:
        """Everything that an implementation returns, by name."""
        states = {f"final {name}": pair for name, pair in self.states.items()}
        gradients = {f"gradient of {name}": pair for name, pair in self.gradients.items()}
        return {"outputs": self.outputs, **states, **gradients}


def cell_oracle(
    definition: Definition,
    arrays: Mapping[str, Array],
    run: Run,
    arithmetic: Arithmetic,
    constants: Mapping[str, float],
) -> CellOracle:
    """Evaluate a run.

    Args:
        definition: The cell.
        arrays: Canonical arrays, those of the spec's trained parameters among them that take part.
        run: What goes through the cell, exactly as the implementation gets it.
        arithmetic: The arithmetic in which the implementation computes.
        constants: Parameters held constant. Those neither here nor in `arrays` are absent.
    """
    steps, batch = run.inputs.shape[:2]
    order, real = visited(run)
    rows = np.arange(batch)
    tape = Tape()
    # What is beyond the length takes no part, whatever it is.
    inputs = np.where(real[..., None], run.inputs[order, rows], 0)
    upstream = np.where(real[..., None], run.upstream[order, rows], 0)
    leaves = [Node(arithmetic.exact(x)) for x in inputs]
    given = {name: Node(arithmetic.exact(value)) for name, value in run.states.items()}
    blocks = Arrays(definition, arrays, constants, arithmetic)
    calls = steps * len(definition.cell.responses)
    step = Step(definition, blocks, tape, arithmetic, calls)
    scan = _Scan(definition, given, arithmetic, steps)
    scan.mark(given)
    states = dict(given)
    values, outputs = [], []
    for x, mask in zip(leaves, real[..., None], strict=True):
        names = step(x, states)
        new = {name: names[name] for name in states}
        scan.widen(new, states)
        states = {name: tape.select(mask, new[name], states[name]) for name in states}
        scan.mark(states)
        values.append({name: names[name].value for name in definition.cell.math})
        outputs.append(names[definition.cell.output])
    for node, gradient in zip(outputs, upstream, strict=True):
        node.receive(arithmetic.exact(gradient))
    for name, node in states.items():
        node.receive(arithmetic.exact(run.upstream_states[name]))
    tape.run_back()
    by_input = stacked([leaf.gradient for leaf in leaves])
    return CellOracle(
        _put_back(stacked([node.value for node in outputs]), order, real),
        {name: node.value for name, node in states.items()},
        {
            "inputs": _put_back(by_input, order, real),
            **{name: node.gradient for name, node in given.items()},
            **blocks.gradients(),
        },
        {name: stacked([v[name] for v in values]) for name in definition.cell.math},
    )


def visited(run: Run) -> tuple[Array, Array]:
    """Per step and sequence: which step of the input is visited, and whether it is a real one."""
    steps, batch = run.inputs.shape[:2]
    lengths = np.full(batch, steps) if run.lengths is None else run.lengths
    index = np.arange(steps)[:, None]
    real = index < lengths
    order = np.where(real, lengths - 1 - index, index) if run.reverse else index + 0 * lengths
    return order, real


def _put_back(pair: Pair, order: Array, real: Array) -> Pair:
    """From the order of visits to that of the input; exactly 0 where nothing was visited."""
    kept = pair.zero_where(~real[..., None])
    value, bound = np.empty_like(kept.value), np.empty_like(kept.bound)
    rows = np.arange(order.shape[1])
    value[order, rows], bound[order, rows] = kept.value, kept.bound
    return Pair(value, bound, pair.arithmetic)


class _Scan:
    """What computing all steps at once may add to the error of states, and of gradients by them.

    If h ← a·h + b with a and b free of h, then h is a sum of products of steps' a and b, which an
    implementation may take in any order: in a tree of depth d, each product has passed 2d
    roundings relative to its own size, whatever the sum comes to.
    """

    def __init__(
        self,
        definition: Definition,
        states: Mapping[str, Node],
        arithmetic: Arithmetic,
        steps: int,
    ) -> None:
        self._applies = definition.is_linear_in_time
        self._sizes = {name: np.abs(node.value.value) for name, node in states.items()}
        depth = 2 * int(np.ceil(np.log2(max(steps, 2)))) + 2
        self._relative = 2 * depth * arithmetic.unit_roundoff

    def mark(self, states: Mapping[str, Node]) -> None:
        """Let the gradients by these states be added up in the same way."""
        if self._applies:
            for node in states.values():
                node.scanned = self._relative

    def widen(self, new: Mapping[str, Node], old: Mapping[str, Node]) -> None:
        """Add to the bounds of the new states."""
        if not self._applies:
            return
        self.mark(new)
        for name, node in new.items():
            assert node.pull is not None
            one = node.value.arithmetic.exact(np.ones(node.value.value.shape))
            slopes = {parent: slope.value for parent, slope in node.pull(one)}
            slope = np.abs(slopes.get(old[name], np.zeros(())))
            rest = np.abs(node.value.value - slopes.get(old[name], 0) * old[name].value.value)
            self._sizes[name] = slope * self._sizes[name] + rest
            extra = (self._relative * self._sizes[name]).astype(np.float64)
            node.value = Pair(node.value.value, node.value.bound + extra, node.value.arithmetic)
