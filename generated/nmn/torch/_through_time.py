# Generated from codegen/templates/torch/_through_time.py.j2. Do not edit; run `make generate`.
"""All steps of a cell as one function, with its gradient in closed form.

Step by step, autograd would record some forty small operations, whose bookkeeping takes longer than
they do. Here steps write to memory that is there for all of them, and gradients of kernels are one
product over all steps after the last.
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor

from nmn.torch._closed_form import closed_form_applies

Constants = Sequence[Tensor | float | None]


class Steps(NamedTuple):
    """What a backward pass starts from: how far a forward pass got, and what it kept."""

    outputs: Tensor
    states: tuple[Tensor, ...]
    kept: tuple[Tensor, ...]
    """Arrays of all steps."""
    shares: tuple[Tensor, ...]
    """Those of them that are shares of responses: in (0, 1], if responses are positive."""
    lowest: list[Tensor]
    """Arguments of clamps: the gradient holds where all of them are positive."""


def scan(
    forward: Callable[..., Steps],
    backward: Callable[..., Any],
    plain: Callable[..., tuple[Tensor, tuple[Tensor, ...]]],
    inputs: Sequence[Tensor],
    states: Sequence[Tensor],
    constants: Constants,
) -> tuple[Tensor, tuple[Tensor, ...]]:
    """Outputs of all steps, and the states after the last one.

    Args:
        forward: All steps in memory of their own.
        backward: Takes gradients of outputs and states, what ``forward`` was given and kept.
        plain: The same as one differentiable expression.
        inputs: What steps need of the input, of shapes (steps, samples, …).
        states: Before the first step.
        constants: What all steps need of the weights.
    """
    if not closed_form_applies(inputs[0]) or inputs[0].shape[:2].numel() == 0:
        return plain(inputs, states, constants)
    functions = forward, backward, plain
    counts = len(inputs), len(states)
    outputs, *after = _Scan.apply(functions, counts, *inputs, *states, *constants)
    return outputs, tuple(after)


class _Scan(torch.autograd.Function):
    @staticmethod
    def forward(ctx, functions, counts, *operands: Tensor | float | None) -> tuple[Tensor, ...]:
        forward, _, plain = functions
        ctx.functions, ctx.counts = functions, counts
        steps = forward(*_groups(counts, operands))
        ctx.is_plain = not _is_regular(steps)
        if ctx.is_plain:
            outputs, states = plain(*_groups(counts, operands))
            kept: tuple[Tensor, ...] = ()
        else:
            outputs, states, kept, *_ = steps
        # Only tensors can be saved as such.
        tensors = [o if isinstance(o, Tensor) else None for o in operands]
        ctx.numbers = [None if isinstance(o, Tensor) else o for o in operands]
        ctx.save_for_backward(*tensors, *kept)
        return outputs, *states

    @staticmethod
    def backward(ctx, grad_outputs: Tensor, *grad_states: Tensor) -> tuple[Tensor | None, ...]:
        _, backward, plain = ctx.functions
        saved = ctx.saved_tensors
        tensors, kept = saved[: len(ctx.numbers)], saved[len(ctx.numbers) :]
        operands = [n if t is None else t for n, t in zip(ctx.numbers, tensors, strict=True)]
        if ctx.is_plain or torch.is_grad_enabled():
            # Some response has left the domain, or gradients are to be differentiated again.
            grads = _differentiate(plain, ctx.counts, operands, (grad_outputs, *grad_states))
            return None, None, *grads
        keep = torch._C._autograd._get_current_graph_task_keep_graph()
        groups = _groups(ctx.counts, operands)
        grads = backward(grad_outputs, grad_states, *groups, kept, keep)
        return None, None, *(grad for group in grads for grad in group)


def _groups(counts: tuple[int, int], operands: Sequence[Any]) -> tuple[Sequence[Any], ...]:
    """Inputs, states and constants."""
    inputs, states = counts
    return operands[:inputs], operands[inputs : inputs + states], operands[inputs + states :]


def _is_regular(steps: Steps) -> bool:
    """Whether all distances and responses are positive, so that no clamp is active."""
    if not all(lowest.amin() > 0 for lowest in steps.lowest):
        return False
    for share in steps.shares:
        least, largest = torch.aminmax(share)
        if not (least > 0 and largest <= 1):
            return False
    return True


def _differentiate(
    plain: Callable[..., tuple[Tensor, tuple[Tensor, ...]]],
    counts: tuple[int, int],
    operands: Sequence[Tensor | float | None],
    grads: Sequence[Tensor],
) -> tuple[Tensor | None, ...]:
    """Gradients of the plain expression, to be differentiated again if grad mode is on."""
    create_graph = torch.is_grad_enabled()
    with torch.enable_grad():
        # Leaves of their own: what belongs to one operand alone is not to flow to another.
        own = [o.view_as(o) if isinstance(o, Tensor) and o.requires_grad else o for o in operands]
        outputs, states = plain(*_groups(counts, own))
    wants = [isinstance(o, Tensor) and o.requires_grad for o in own]
    found = torch.autograd.grad(
        (outputs, *states),
        [o for o, w in zip(own, wants, strict=True) if w],
        grads,
        create_graph=create_graph,
        allow_unused=True,
    )
    gradients = iter(found)
    return tuple(next(gradients) if w else None for w in wants)
