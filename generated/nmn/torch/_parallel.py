# Generated from codegen/templates/torch/_parallel.py.j2. Do not edit; run `make generate`.
"""Cells none of whose responses sees a state: all steps at once, with gradients in closed form."""

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from nmn.torch._closed_form import (
    Neuron,
    Parameter,
    as_tensors,
    differentiate,
    mask,
    norms_of,
    scale_gradient,
    zeros_like,
)
from nmn.torch._scan import scan_, split_steps

#: Elements of a block of responses: small enough for the cache, large enough to hide the cost of
#: calls. 2**17 was the fastest of 2**14 … 2**19 on one CPU core, float32.
BLOCK_SIZE = 2**17

States = tuple[Tensor, ...]


class Parallel(NamedTuple):
    """A cell whose states are linear in themselves, as functions of a block of rows.

    Arrays have the size of a state. Functions take every response, clamped at 0, and its complement
    1 / (1 + response), then what is named below, then scratch arrays.
    """

    neuron: Neuron
    counts: tuple[str, ...]
    """Numbers of the layer that the neuron takes after its parameters."""
    responses: int
    """How many there are."""
    states: int
    """How many there are."""
    output: int
    """Which state is the output."""
    write_additions: Callable[..., States]
    """Takes an array per state for what is added to it; returns what it is multiplied with before.
    Responses and complements may be overwritten."""
    coefficients: Callable[..., States]
    """Takes nothing more; returns the same."""
    write_gradients: Callable[..., None]
    """Takes every state before its step, the gradient of every state, which may be overwritten, and
    an array per response: for its gradient, divided by the square of the complement."""
    scratch: tuple[int, int, int]
    """How many scratch arrays each of the three takes."""


def scan_parallel(
    parallel: Parallel,
    plain: Callable[..., States],
    reverse: bool,
    x: Tensor,
    states: States,
    weight: Tensor,
    *parameters: Parameter,
) -> tuple[Tensor, States]:
    """Outputs of all steps, and the states after the last one.

    Args:
        parallel: The cell.
        plain: The same as a differentiable function of `x`, every state, the weight and the
            parameters; returns the output, then every state after the last step.
        reverse: Whether the last step comes first.
        x: Input, of shape (steps, samples, inputs).
        states: Before the first step, of shape (samples, units).
        weight: Kernels of the units of all responses.
        parameters: The neuron's parameters.
    """
    numbers = {"inputs": x.shape[-1], "units": states[0].shape[-1]}
    counts = [numbers[name] for name in parallel.counts]
    operands = (*states, weight, *as_tensors(x, parameters), *counts)
    output, *after = _ParallelScan.apply(parallel, plain, reverse, x, *operands)
    return output, tuple(after)


class _ParallelScan(torch.autograd.Function):
    """Projection, functions and scan, block by block of steps.

    Only inputs and states are kept. The backward pass computes responses again: to write them to
    fresh memory, and to read them when they have left the cache, would take longer.
    """

    @staticmethod
    def forward(
        ctx,
        parallel: Parallel,
        plain: Callable[..., States],
        reverse: bool,
        x: Tensor,
        *operands: Tensor | int | None,
    ) -> States:
        before, (weight, *parameters) = operands[: parallel.states], operands[parallel.states :]
        blocks = _Blocks(parallel, x, weight, parameters, parallel.scratch[0])
        states = [x.new_empty(len(x), *s.shape) for s in before]
        after = list(before)
        for steps in blocks.in_order(reverse):
            block = blocks.respond(steps)
            additions = [s[steps] for s in states]
            rows = (a.flatten(0, 1) for a in additions)
            coefficients = parallel.write_additions(*block.gates, *rows, *block.narrow)
            for i, addition in enumerate(additions):
                coefficient = coefficients[i].unflatten(0, addition.shape[:2])
                first, factors = split_steps(coefficient, reverse)
                addition[-1 if reverse else 0].addcmul_(first, after[i])
                scan_(factors, addition, reverse)
                after[i] = addition[0 if reverse else -1]
        ctx.parallel, ctx.plain, ctx.reverse, ctx.clamps = parallel, plain, reverse, blocks.clamps
        # Only tensors can be saved as such.
        ctx.numbers = [None if isinstance(o, Tensor) else o for o in operands]
        tensors = [o if isinstance(o, Tensor) else None for o in operands]
        ctx.save_for_backward(x, blocks.sq_x, *states, *tensors)
        ctx.set_materialize_grads(False)
        return states[parallel.output], *(s.clone() for s in after)

    @staticmethod
    def backward(
        ctx, grad: Tensor | None, *grads_after: Tensor | None
    ) -> tuple[Tensor | None, ...]:
        parallel, reverse, count = ctx.parallel, ctx.reverse, ctx.parallel.states
        x, sq_x, *saved = ctx.saved_tensors
        states, tensors = saved[:count], saved[count:]
        operands = [n if t is None else t for n, t in zip(ctx.numbers, tensors, strict=True)]
        if torch.is_grad_enabled() or any(lowest.item() <= 0 for lowest in ctx.clamps):
            # Gradients are to be differentiated again, or some distance was rounded to zero.
            grads = differentiate(ctx.plain, (x, *operands), (grad, *grads_after))
            return None, None, None, *grads
        before, (weight, *parameters) = operands[:count], operands[count:]
        narrow = count + max(parallel.scratch[1:])
        blocks = _Blocks(parallel, x, weight, parameters, narrow, sq_x, backward=True)
        sums = _Sums(blocks, ctx.needs_input_grad[3], ctx.needs_input_grad[4 + count :])
        handed_back = list(grads_after)
        for steps in blocks.in_order(not reverse):
            block = blocks.respond(steps)
            of_states, scratch = block.narrow[:count], block.narrow[count:]
            coefficients = parallel.coefficients(*block.gates, *scratch[: parallel.scratch[1]])
            earlier = []
            for i, of_state in enumerate(of_states):
                of_steps = of_state.view(-1, *before[i].shape)
                if grad is None or i != parallel.output:
                    of_steps.zero_()
                else:
                    of_steps.copy_(grad[steps])
                if handed_back[i] is not None:
                    of_steps[0 if reverse else -1].add_(handed_back[i])
                coefficient = coefficients[i].unflatten(0, of_steps.shape[:2])
                first, factors = split_steps(coefficient, reverse)
                scan_(factors, of_steps, not reverse)
                handed_back[i] = first * of_steps[-1 if reverse else 0]
                earlier.append(_earlier(states[i], before[i], steps, reverse).flatten(0, 1))
            parallel.write_gradients(
                *block.gates,
                *earlier,
                *of_states,
                *block.gradients,
                *scratch[: parallel.scratch[2]],
            )
            block.gradient.mul_(block.complements).mul_(block.complements)
            mask(block.gradient, block.responses, out=block.gradient)
            sums.add(block)
        grad_x, *grads = sums.total()
        if grad_x is not None:
            grad_x = grad_x.view(x.shape)
        return None, None, None, grad_x, *handed_back, *grads


class _Block(NamedTuple):
    """Rows of a run of steps, and memory; arrays of all responses hold them side by side."""

    rows: slice
    x: Tensor
    dot: Tensor
    other: Tensor
    responses: Tensor
    """Clamped at 0."""
    complements: Tensor
    residual: Tensor
    """What the neuron keeps for its gradient."""
    gates: tuple[Tensor, ...]
    """Every response, then every complement."""
    gradient: Tensor
    """For the gradient of all responses, in the backward pass."""
    gradients: tuple[Tensor, ...]
    """The same, response by response."""
    wide: list[Tensor]
    """For what neurons need. The first array is that of the complements in the backward pass."""
    narrow: list[Tensor]
    """Of the size of a state."""


class _Blocks:
    """What all blocks have in common: operands, and memory that each of them fills anew."""

    def __init__(
        self,
        parallel: Parallel,
        x: Tensor,
        weight: Tensor,
        parameters: Sequence[Tensor | int | None],
        narrow: int,
        sq_x: Tensor | None = None,
        backward: bool = False,
    ) -> None:
        self.parallel, self.weight, self.parameters = parallel, weight, parameters
        neuron = parallel.neuron
        self.x = x.flatten(0, 1)
        if sq_x is None and neuron.norms[0]:
            sq_x = torch.linalg.vecdot(self.x, self.x).unsqueeze(-1)
        self.sq_x = sq_x
        self.sq_w = torch.linalg.vecdot(weight, weight) if neuron.norms[1] else None
        self.clamps: list[Tensor] = []
        self._steps, self._samples, _ = x.shape
        self._run = max(1, BLOCK_SIZE // max(1, self._samples * len(weight)))
        rows = min(self._run, self._steps) * self._samples
        scratch = [neuron.response_scratch, *([1, neuron.gradient_scratch] if backward else [])]
        self._backward = backward
        self._wide = x.new_empty(2 + backward + max(scratch), rows, len(weight))
        self._narrow = x.new_empty(narrow, rows, len(weight) // parallel.responses)
        self._memory: dict[int, _Block] = {}
        self._transposed = weight.T
        self._largest = 1 / torch.finfo(x.dtype).tiny

    def in_order(self, reverse: bool) -> Iterator[slice]:
        """Runs of steps."""
        starts = range(0, self._steps, self._run)
        for start in reversed(starts) if reverse else starts:
            yield slice(start, min(start + self._run, self._steps))

    def respond(self, steps: slice) -> _Block:
        """The responses to the input of some steps, in the memory of those before."""
        rows = slice(steps.start * self._samples, steps.stop * self._samples)
        x, neuron = self.x[rows], self.parallel.neuron
        if len(x) not in self._memory:
            self._memory[len(x)] = self._first(rows, x)
        block = self._memory[len(x)]._replace(rows=rows, x=x)
        torch.mm(x, self._transposed, out=block.dot)
        norms, scratch = norms_of(self.sq_x, self.sq_w, rows), block.wide[: neuron.response_scratch]
        lowest = neuron.write_response(block.dot, *norms, *self.parameters, block.other, *scratch)
        if lowest is not None:
            self.clamps.append(lowest)
        # The product of an infinite response and its complement would not be 1.
        block.responses.clamp_(0, self._largest)
        torch.add(block.responses, 1, out=block.complements).reciprocal_()
        return block

    def _first(self, rows: slice, x: Tensor) -> _Block:
        """A block of as many rows as others have."""
        dot, other, *wide = self._wide[:, : len(x)]
        responses, residual = (dot, other) if self.parallel.neuron.response_in_dot else (other, dot)
        # What is kept for the gradient is not needed without one.
        complements = wide[0] if self._backward else residual
        gradient = wide[-1] if self._backward else residual

        def split(array: Tensor) -> tuple[Tensor, ...]:
            return array.chunk(self.parallel.responses, -1)

        return _Block(
            rows,
            x,
            dot,
            other,
            responses,
            complements,
            residual,
            (*split(responses), *split(complements)),
            gradient,
            split(gradient),
            wide,
            list(self._narrow[:, : len(x)]),
        )


class _Sums:
    """Gradients of input, weight and parameters, to which every block adds."""

    def __init__(self, blocks: _Blocks, wants_x: bool, wanted: Sequence[bool]) -> None:
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

    def add(self, block: _Block) -> None:
        """Add what is due to a block, whose residual becomes the gradient of ⟨w, x⟩."""
        blocks, neuron = self.blocks, self.blocks.parallel.neuron
        grad_norms = norms_of(self.grad_sq_x, self.grad_sq_w, block.rows)
        neuron.add_gradient(
            block.gradient,
            block.residual,
            *norms_of(blocks.sq_x, blocks.sq_w, block.rows),
            *blocks.parameters,
            *grad_norms,
            *(self.grads[i] for i in neuron.derived),
            *block.wide[: neuron.gradient_scratch],
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


def _earlier(states: Tensor, before: Tensor, steps: slice, reverse: bool) -> Tensor:
    """The states before each of some steps."""
    if reverse:
        if steps.stop < len(states):
            return states[steps.start + 1 : steps.stop + 1]
        return torch.cat([states[steps.start + 1 :], before.unsqueeze(0)])
    if steps.start > 0:
        return states[steps.start - 1 : steps.stop - 1]
    return torch.cat([before.unsqueeze(0), states[: steps.stop - 1]])
