# Generated from codegen/templates/torch/_parallel.py.j2. Do not edit; run `make generate`.
"""Cells none of whose responses sees a state: all steps at once, with gradients in closed form."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import chain, islice

import torch
from torch import Tensor

from nmn.torch._closed_form import Parameter, as_tensors, differentiate
from nmn.torch._parallel_blocks import Blocks, Parallel, States, Sums, may_be_regular
from nmn.torch._scan import levels_of, scan_, split_steps


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

    A block that is the only one is kept. Of more, only inputs and states are: the backward pass
    computes responses again, since to write all of them to fresh memory would take longer.
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
        is_regular = may_be_regular(parallel.neuron, parameters)
        run = partial(_all_steps, parallel, reverse, x, before, weight, parameters)
        blocks, states, after, scans = run(is_regular)
        if is_regular and not blocks.hold(after):
            blocks, states, after, scans = run(False)
        kept = blocks.kept
        in_scans = list(chain.from_iterable(zip(*scans, strict=True))) if kept else []
        ctx.parallel, ctx.plain, ctx.reverse = parallel, plain, reverse
        ctx.is_regular, ctx.clamps = blocks.is_regular, blocks.clamps
        ctx.kept, ctx.in_scans = len(kept), len(in_scans)
        # Only tensors can be saved as such.
        ctx.numbers = [None if isinstance(o, Tensor) else o for o in operands]
        tensors = [o if isinstance(o, Tensor) else None for o in operands]
        norms = blocks.sq_x, blocks.sq_w
        ctx.save_for_backward(*kept, *in_scans, x, *norms, *states, *tensors)
        ctx.set_materialize_grads(False)
        return states[parallel.output], *(s.clone() for s in after)

    @staticmethod
    def backward(
        ctx, grad: Tensor | None, *grads_after: Tensor | None
    ) -> tuple[Tensor | None, ...]:
        parallel, reverse, count = ctx.parallel, ctx.reverse, ctx.parallel.states
        saved = iter(ctx.saved_tensors)
        kept, in_scans = list(islice(saved, ctx.kept)), list(islice(saved, ctx.in_scans))
        x, *norms = islice(saved, 3)
        states, tensors = list(islice(saved, count)), saved
        if torch._C._autograd._get_current_graph_task_keep_graph():
            # Gradients are to be written over what was kept, but another pass may follow.
            kept = []
        operands = [n if t is None else t for n, t in zip(ctx.numbers, tensors, strict=True)]
        if torch.is_grad_enabled() or any(lowest.item() <= 0 for lowest in ctx.clamps):
            # Gradients are to be differentiated again, or some distance was rounded to zero.
            grads = differentiate(ctx.plain, (x, *operands), (grad, *grads_after))
            return None, None, None, *grads
        before, (weight, *parameters) = operands[:count], operands[count:]
        narrow = count + (parallel.scratch[1] if kept else max(parallel.scratch))
        blocks = Blocks(
            parallel,
            x,
            weight,
            parameters,
            narrow,
            ctx.is_regular,
            norms=norms,
            kept=kept,
        )
        sums = Sums(blocks, ctx.needs_input_grad[3], ctx.needs_input_grad[4 + count :])
        handed_back = list(grads_after)
        for steps in blocks.in_order(not reverse):
            block = blocks.respond(steps)
            of_states, scratch = block.narrow[:count], block.narrow[count:]
            shape = (steps.stop - steps.start, *before[0].shape)
            if kept:
                scans = [in_scans[i::count] for i in range(count)]
            else:
                coefficients = parallel.write_additions(
                    *block.given, *of_states, *scratch[: parallel.scratch[0]]
                )
                scans = [_scan_of(c, shape, reverse) for c in coefficients]
            for i, (of_state, (first, *levels)) in enumerate(zip(of_states, scans, strict=True)):
                of_steps = of_state.view(shape)
                given = None if grad is None or i != parallel.output else grad[steps]
                if given is None:
                    of_steps.zero_()
                elif handed_back[i] is not None:
                    of_steps.copy_(given)
                if handed_back[i] is not None:
                    of_steps[0 if reverse else -1].add_(handed_back[i])
                    given = None
                scan_(levels, of_steps, not reverse, given)
                handed_back[i] = first * of_steps[-1 if reverse else 0]
            outputs = (*of_states, *scratch[: parallel.scratch[1]])
            for rows, earlier in _earlier(states, before, steps, reverse):
                parallel.write_gradients(
                    *(array[rows] for array in block.given),
                    *earlier,
                    *(array[rows] for array in outputs),
                )
            if block.clamped is not None:
                block.responses.masked_fill_(block.clamped, 0)
            sums.add(block)
        grad_x, *grads = sums.total()
        if grad_x is not None:
            grad_x = grad_x.view(x.shape)
        return None, None, None, grad_x, *handed_back, *grads


def _all_steps(
    parallel: Parallel,
    reverse: bool,
    x: Tensor,
    before: States,
    weight: Tensor,
    parameters: Sequence[Tensor | int | None],
    is_regular: bool,
) -> tuple[Blocks, States, States, list[list[Tensor]]]:
    """The states of all steps, those after the last one, and `_scan_of` the last block."""
    blocks = Blocks(parallel, x, weight, parameters, parallel.scratch[0], is_regular)
    states = tuple(x.new_empty(x.shape[0], *s.shape) for s in before)
    after = list(before)
    for steps in blocks.in_order(reverse):
        block = blocks.respond(steps)
        additions = [s[steps] for s in states]
        rows = (a.flatten(0, 1) for a in additions)
        coefficients = parallel.write_additions(*block.given, *rows, *block.narrow)
        scans = [_scan_of(c, additions[0].shape, reverse) for c in coefficients]
        for i, (addition, (first, *levels)) in enumerate(zip(additions, scans, strict=True)):
            addition[-1 if reverse else 0].addcmul_(first, after[i])
            scan_(levels, addition, reverse)
            after[i] = addition[0 if reverse else -1]
    return blocks, states, tuple(after), scans


def _scan_of(coefficient: Tensor, shape: Sequence[int], reverse: bool) -> list[Tensor]:
    """What the state before a block is multiplied with, then levels of factors within the block."""
    first, factors = split_steps(coefficient.unflatten(0, shape[:2]), reverse)
    return [first, *levels_of(factors)]


def _earlier(
    states: States, before: States, steps: slice, reverse: bool
) -> Iterator[tuple[slice, States]]:
    """The states before some steps, and the rows of a block that they are for."""
    start, stop = steps.start, steps.stop
    samples, end = len(before[0]), (stop - start) * len(before[0])
    first, others = slice(0, samples), slice(samples, end)
    if reverse:
        first, others = slice(end - samples, end), slice(0, end - samples)
        earlier = [s[start + 1 : stop + 1] for s in states]
        has_first = stop == len(states[0])
    else:
        earlier = [s[max(start, 1) - 1 : stop - 1] for s in states]
        has_first = start == 0
    if has_first:
        yield first, before
    if len(earlier[0]) > 0:
        yield others if has_first else slice(0, end), tuple(s.flatten(0, 1) for s in earlier)
