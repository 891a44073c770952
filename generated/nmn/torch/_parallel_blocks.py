# Generated from codegen/templates/torch/_parallel_blocks.py.j2. Do not edit; run `make generate`.
"""Blocks of rows of a parallel cell: its responses, and what they add to gradients."""

import math
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from nmn.torch._closed_form import Neuron, norms_of, scale_gradient, zeros_like

#: Elements of a block of responses: large enough to hide the cost of calls. Of 2**16 … 2**21 on two
#: CPU cores that share 32 MiB, float32, 2**19 and 2**20 were the fastest for sequences of several
#: blocks. Twice that is one block still: its responses need not be computed again.
BLOCK_SIZE = 2**20

States = tuple[Tensor, ...]


class Parallel(NamedTuple):
    """A cell whose states are linear in themselves, as functions of a block of rows.

    Arrays have the size of a state. Functions take shares r / (1 + r) of responses r, clamped at 0,
    and complements 1 / (1 + r), then what is named below, then scratch arrays.
    """

    neuron: Neuron
    counts: tuple[str, ...]
    """Numbers of the layer that the neuron takes after its parameters."""
    responses: int
    """How many there are."""
    shares: tuple[int, ...]
    """Of which of them there are shares; there are complements of all."""
    states: int
    """How many there are."""
    output: int
    """Which state is the output."""
    values: int
    """How many of them, beside shares and complements, both functions need."""
    write_additions: Callable[..., States]
    """Takes an array for every value, and one per state for what is added to it; returns what the
    state is multiplied with before."""
    write_gradients: Callable[..., None]
    """Takes the values, every state before its step, and the gradient of every state. All but the
    states may be overwritten; complements become the gradients of responses."""
    scratch: tuple[int, int]
    """How many scratch arrays each of the two takes."""


class Block(NamedTuple):
    """Rows of a run of steps, and memory; arrays of all responses hold them side by side."""

    rows: slice
    x: Tensor
    dot: Tensor
    other: Tensor
    responses: Tensor
    """Clamped at 0, then their complements, then their gradients."""
    residual: Tensor
    """What the neuron keeps for its gradient."""
    wide: list[Tensor]
    """Scratch arrays of that size, for the neuron."""
    gates: tuple[Tensor, ...]
    """Every response, in the memory of all."""
    shares: Sequence[Tensor]
    values: Sequence[Tensor]
    narrow: Sequence[Tensor]
    """Scratch arrays of the size of a state, for the cell."""
    clamped: Tensor | None = None
    """Where responses are 0 or were below, in the backward pass; None if nowhere."""

    @property
    def given(self) -> States:
        """What the functions of a cell take first."""
        return (*self.shares, *self.gates, *self.values)


class Blocks:
    """What all blocks have in common: operands, and memory that each of them fills anew."""

    def __init__(
        self,
        parallel: Parallel,
        x: Tensor,
        weight: Tensor,
        parameters: Sequence[Tensor | int | None],
        narrow: int,
        is_regular: bool,
        norms: Sequence[Tensor | None] | None = None,
        kept: Sequence[Tensor] = (),
    ) -> None:
        """`norms` are those of input and weight, which the backward pass has."""
        self.parallel, self.weight, self.parameters = parallel, weight, parameters
        self.is_regular, self._is_written = is_regular, bool(kept)
        self._is_backward = norms is not None
        neuron, units = parallel.neuron, weight.shape[0]
        self.x = x.flatten(0, 1)
        if norms is None:
            pairs = zip(neuron.norms, (self.x, weight), strict=True)
            norms = [torch.linalg.vecdot(v, v) if wanted else None for wanted, v in pairs]
            if norms[0] is not None:
                norms[0] = norms[0].unsqueeze(-1)
        self.sq_x, self.sq_w = norms
        self.clamps: list[Tensor] = []
        self._steps, self._samples, _ = x.shape
        in_step = self._samples * units
        is_small = self._steps * in_step <= 2 * BLOCK_SIZE
        in_block = max(1, BLOCK_SIZE // max(1, in_step))
        self._run = self._steps if is_small or not x.is_cpu else in_block
        self._rows = min(self._run, self._steps) * self._samples
        self._may_be_kept = is_regular and is_small
        self._writer = neuron.regular if is_regular else neuron
        scratch = 0 if kept else self._writer.response_scratch
        if self._is_backward:
            scratch = max(scratch, neuron.gradient_scratch - neuron.scratch_may_be_grad)
        wide, values = kept[:2], kept[2:]
        self._wide = [*wide, *self._new(2 + scratch - len(wide), units)]
        units //= parallel.responses
        self._values = values or self._new(len(parallel.shares) + parallel.values, units)
        self._narrow = self._new(narrow, units)
        self._memory: dict[int, Block] = {}
        if is_regular and not kept:
            self._start_regular()

    def _new(self, count: int, units: int) -> States:
        """Arrays of the rows of a block."""
        return self.x.new_empty(count, self._rows, units).unbind() if count else ()

    @property
    def kept(self) -> tuple[Tensor, ...]:
        """Memory of the only block, if gradients may start from it."""
        return (*self._wide[:2], *self._values) if self._may_be_kept else ()

    def in_order(self, reverse: bool) -> Iterator[slice]:
        """Runs of steps."""
        starts = range(0, self._steps, self._run)
        for start in reversed(starts) if reverse else starts:
            yield slice(start, min(start + self._run, self._steps))

    def respond(self, steps: slice) -> Block:
        """The responses to the input of some steps, in the memory of those before."""
        rows = slice(steps.start * self._samples, steps.stop * self._samples)
        x, count = self.x[rows], rows.stop - rows.start
        if count in self._memory:
            block = self._memory[count]._replace(rows=rows, x=x)
        else:
            block = self._memory[count] = self._first(rows, x)
        if self._is_written:
            return block
        torch.mm(x, self.weight.T, out=block.dot)
        scale = 1.0
        if self.is_regular:
            self._write_regular(block)
            scale = self._scale
        else:
            block = self._write(block)
        gates = [block.gates[i] for i in self.parallel.shares]
        for gate, share in zip(gates, block.shares, strict=True):
            torch.mul(gate, scale, out=share)
        torch.add(1, block.responses, alpha=scale, out=block.responses)
        # Where the responses were is now what they are divided by.
        for gate, share in zip(gates, block.shares, strict=True):
            share.div_(gate)
        block.responses.reciprocal_()
        return block

    def _write(self, block: Block) -> Block:
        """Responses clamped at 0."""
        neuron, rows = self.parallel.neuron, block.rows
        norms, scratch = norms_of(self.sq_x, self.sq_w, rows), block.wide[: neuron.response_scratch]
        lowest = neuron.write_response(block.dot, *norms, *self.parameters, block.other, *scratch)
        if lowest is not None:
            self.clamps.append(lowest)
        if self._is_backward and not block.responses.amin().item() > 0:
            block = block._replace(clamped=block.responses <= 0)
        # The share of an infinite response would not be 1.
        block.responses.clamp_(0, 1 / torch.finfo(block.responses.dtype).tiny)
        return block

    def _start_regular(self) -> None:
        """Prepare for responses that need no clamp."""
        regular = self.parallel.neuron.regular
        self._bound: Tensor | float = 0.0
        self._sq_w = self.sq_w
        if regular.folded is not None:
            self._bound = self.parameters[regular.folded]
            self._sq_w = self.sq_w + self._bound
        self._own = [self.parameters[i] for i in regular.parameters]
        self._scale = _scale_of(self.parallel.neuron, self.parameters)
        self._check = None if self._is_backward else self._note

    def _write_regular(self, block: Block) -> None:
        """Responses where no clamp is active, but for the scale."""
        regular = self.parallel.neuron.regular
        regular.write_response(
            block.dot,
            *norms_of(self.sq_x, self._sq_w, block.rows),
            *self._own,
            self._check,
            block.other,
            *block.wide[: regular.response_scratch],
        )

    def hold(self, states: States) -> bool:
        """Whether no clamp was active before these last states, and no response infinite.

        What is not a number at one step is none after it. A sum tells, and if it is too large for
        its dtype, all that is lost is time.
        """
        return all(lowest.item() > 0 for lowest in self.clamps) and all(
            math.isfinite(state.sum().item()) for state in states
        )

    def _note(self, values: Tensor) -> None:
        """Keep the least argument of the clamp."""
        self.clamps.append(values.amin() - self._bound)

    def _first(self, rows: slice, x: Tensor) -> Block:
        """A block of as many rows as others have."""
        dot, other, *wide = self._cut(self._wide, x)
        responses, residual = (dot, other) if self._writer.response_in_dot else (other, dot)
        values = self._cut(self._values, x)
        shares = len(self.parallel.shares)
        return Block(
            rows,
            x,
            dot,
            other,
            responses,
            residual,
            wide,
            responses.chunk(self.parallel.responses, -1),
            values[:shares],
            values[shares:],
            self._cut(self._narrow, x),
        )

    def _cut(self, arrays: Sequence[Tensor], x: Tensor) -> Sequence[Tensor]:
        """Arrays of as many rows as x has."""
        rows = x.shape[0]
        return arrays if rows == self._rows else [array[:rows] for array in arrays]


def may_be_regular(neuron: Neuron, parameters: Sequence[Tensor | int | None]) -> bool:
    """Whether responses are not negative unless a clamp is active, which is to be seen."""
    if neuron.regular is None or not neuron.regular.in_blocks:
        return False
    return _scale_of(neuron, parameters) > 0


def _scale_of(neuron: Neuron, parameters: Sequence[Tensor | int | None]) -> float:
    """What multiplies the response; 1 if nothing does."""
    scale = None if neuron.scale is None else parameters[neuron.scale]
    return 1.0 if scale is None else scale.item()


class Sums:
    """Gradients of input, weight and parameters, to which every block adds."""

    def __init__(self, blocks: Blocks, wants_x: bool, wanted: Sequence[bool]) -> None:
        self.blocks, neuron = blocks, blocks.parallel.neuron
        wants_weight, *wants = wanted
        self.by_identity = neuron.degrees is not None and wants[neuron.scale]
        self.grad_sq_x, self.grad_sq_w = zeros_like(blocks.sq_x), zeros_like(blocks.sq_w)
        self.grads = [
            zeros_like(p) if isinstance(p, Tensor) and (w or self.by_identity) else None
            for p, w in zip(blocks.parameters, wants, strict=True)
        ]
        scale = None if neuron.scale is None else blocks.parameters[neuron.scale]
        self.scale = 1 if scale is None else scale
        self.grad_x = torch.empty_like(blocks.x) if wants_x else None
        self.grad_weight = (
            torch.zeros_like(blocks.weight) if wants_weight or self.by_identity else None
        )
        self._scaled_weight = blocks.weight * (neuron.dot_factor * self.scale)

    def add(self, block: Block) -> None:
        """Add what is due to a block of which responses are replaced by their gradients.

        Its residual becomes the gradient of ⟨w, x⟩.
        """
        blocks, neuron = self.blocks, self.blocks.parallel.neuron
        grad_norms = norms_of(self.grad_sq_x, self.grad_sq_w, block.rows)
        scratch = [block.responses] * neuron.scratch_may_be_grad + [*block.wide]
        neuron.add_gradient(
            block.responses,
            block.residual,
            *norms_of(blocks.sq_x, blocks.sq_w, block.rows),
            *blocks.parameters,
            *grad_norms,
            *(self.grads[i] for i in neuron.derived),
            *scratch[: neuron.gradient_scratch],
        )
        if self.grad_x is not None:
            grad_x = torch.mm(block.residual, self._scaled_weight, out=self.grad_x[block.rows])
            if self.grad_sq_x is not None:
                grad_x.addcmul_(block.x, grad_norms[0] * (2 * self.scale))
        if self.grad_weight is not None:
            self.grad_weight.addmm_(block.residual.T, block.x)

    def total(self) -> tuple[Tensor | None, ...]:
        """The gradients of input, weight and parameters."""
        blocks, neuron = self.blocks, self.blocks.parallel.neuron
        if self.grad_weight is not None:
            if self.grad_sq_w is not None:
                norms = self.grad_sq_w.unsqueeze(-1)
                self.grad_weight.addcmul_(blocks.weight, norms, value=2 / neuron.dot_factor)
            if self.by_identity:
                pairs = [(blocks.sq_x, self.grad_sq_x), (blocks.sq_w, self.grad_sq_w)]
                pairs += zip(blocks.parameters, self.grads, strict=True)
                weights = (blocks.weight, self.grad_weight)
                self.grads[neuron.scale] = scale_gradient(neuron, weights, pairs)
            self.grad_weight.mul_(neuron.dot_factor * self.scale)
        for i, sums in enumerate(self.grads):
            if sums is not None and i != neuron.scale:
                sums.mul_(self.scale)
        return self.grad_x, self.grad_weight, *self.grads
