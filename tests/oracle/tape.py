"""Reverse accumulation over pairs: what a number contributes to a loss, and how wrong that may be.

Contributions are summed once all of them have arrived, with a bound for any order of their terms.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

import numpy as np

from tests.oracle.pair import Array, Pair

Shares = Iterable[tuple["Node", Pair]]
"""Of the gradient by a node: to each that it was computed from."""


class Node:
    """A number in a computation, or one that was given to it."""

    def __init__(self, value: Pair, pull: Callable[[Pair], Shares] | None = None) -> None:
        self.value = value
        self.pull = pull
        self.scanned = 0.0
        """If an implementation may add up contributions in a tree of products: the error of each,
        relative to its own size."""
        self._received: list[Pair] = []
        self._size: Array = np.zeros(value.value.shape)

    def receive(self, gradient: Pair, size: Array | None = None) -> None:
        """Take one contribution to the gradient; `size` is that of what it was added up from."""
        self._received.append(gradient)
        if self.scanned:
            self._size = self._size + (np.abs(gradient.value) if size is None else size)

    @property
    def gradient(self) -> Pair:
        """The sum of all contributions."""
        if not self._received:
            return self.value.arithmetic.exact(np.zeros(self.value.value.shape))
        found = total(self._received)
        extra = (self.scanned * self._size).astype(np.float64)
        return Pair(found.value, found.bound + extra, found.arithmetic)

    def grown(self, gradient: Pair, share: Pair) -> Array:
        """The size of a share of the gradient, by that of the gradient."""
        own = np.abs(gradient.value)
        scale = np.where(own > 0, self._size / np.where(own > 0, own, 1), 1)
        return np.abs(share.value) * np.maximum(scale, 1)


class Tape:
    """Nodes in the order in which they were computed."""

    def __init__(self) -> None:
        self._nodes: list[Node] = []

    def add(self, value: Pair, pull: Callable[[Pair], Shares]) -> Node:
        """A number, and how the gradient by it is passed on."""
        node = Node(value, pull)
        self._nodes.append(node)
        return node

    def elementwise(self, value: Pair, partials: Mapping[Node, Pair]) -> Node:
        """A number whose every entry depends on the same entry of others."""
        return self.add(value, lambda g: [(node, g * slope) for node, slope in partials.items()])

    def select(self, condition: Array, first: Node, second: Node) -> Node:
        """The first where the condition holds, the second elsewhere, as they are."""
        value, bound = (
            np.where(condition, getattr(first.value, part), getattr(second.value, part))
            for part in ("value", "bound")
        )
        return self.add(
            Pair(value, bound, first.value.arithmetic),
            lambda g: [(first, g.zero_where(~condition)), (second, g.zero_where(condition))],
        )

    def run_back(self) -> None:
        """Pass every gradient on, the last node's first."""
        for node in reversed(self._nodes):
            assert node.pull is not None
            gradient = node.gradient
            for parent, share in node.pull(gradient):
                chained = node.scanned and parent.scanned
                parent.receive(share, node.grown(gradient, share) if chained else None)


def total(pairs: Sequence[Pair]) -> Pair:
    """The sum of arrays of one shape, in any order."""
    arithmetic = pairs[0].arithmetic
    value = sum(p.value for p in pairs[1:]) + pairs[0].value
    bound = sum(p.bound for p in pairs[1:]) + pairs[0].bound
    if len(pairs) > 1:
        size = sum(np.abs(p.value).astype(np.float64) for p in pairs)
        bound = bound + arithmetic.gamma(len(pairs)) * (size + bound)
    return Pair(value, bound, arithmetic)
