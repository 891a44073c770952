# Generated from codegen/templates/torch/_scan.py.j2. Do not edit; run `make generate`.
"""States that are linear in the state before: all steps of them in one scan."""

from collections.abc import Sequence

import torch
from torch import Tensor

from nmn.torch._closed_form import closed_form_applies

#: Up to so many steps, and for steps of more elements, a loop over the steps is faster than passes
#: over all of them, which are few but touch every element two or three times. Measured on two CPU
#: cores, float32, forward and backward pass of a minimal GRU at (128, 32, 128): with a loop it
#: takes 1.19 times as long as with passes.
LOOP_STEPS = 16
LOOP_SIZE = 2**13


def linear_scan(
    coefficients: Tensor, additions: Tensor, initial: Tensor, reverse: bool = False
) -> Tensor:
    r"""States of all steps.

    .. math::
        h_t = a_t h_{t-1} + b_t

    A step with coefficient 1 and addition 0 leaves the state as it is.

    Coefficients are multiplied as they are. Of coefficients in [0, 1] products cannot overflow, and
    where one underflows, what it multiplies no longer counts. Nothing is divided by them: that is
    what other scans take logarithms for, which a coefficient of 0 or a state below 0 does not have.

    Reference: Blelloch (1990), Prefix Sums and Their Applications.

    Args:
        coefficients: :math:`a`, of shape (steps, ...).
        additions: :math:`b`, of the same shape.
        initial: The state before the first step, of shape (...).
        reverse: Whether the last step comes first.

    Returns:
        The state after every step, of the shape of ``additions`` and in its order.
    """
    if len(additions) == 0:
        return additions
    function = _LinearScan.apply if closed_form_applies(additions) else _plain
    return function(coefficients, additions, initial, reverse)


def levels_of(factors: Tensor) -> list[Tensor]:
    """What `scan_` takes: factors between neighbours, between every other state, and so on.

    Those of a scan are those of one in the opposite direction.

    Args:
        factors: One between every two neighbours.
    """
    levels = [factors]
    in_passes = factors.shape[1:].numel() <= LOOP_SIZE or not factors.is_cpu
    while in_passes and factors.shape[0] >= LOOP_STEPS:
        factors = factors[1:-1:2] * factors[2::2]
        levels.append(factors)
    return levels


def scan_(
    levels: Sequence[Tensor],
    states: Tensor,
    reverse: bool = False,
    additions: Tensor | None = None,
) -> None:
    """Add to every state the one before times the factor between the two, in order.

    Args:
        levels: From `levels_of`.
        states: The first state, and what is added in every other step; becomes the states.
        reverse: Whether the last state is the first.
        additions: What ``states`` is to start from, if it does not hold that yet.
    """
    if additions is None:
        additions = states
    else:
        first = -1 if reverse else 0
        states[first].copy_(additions[first])
    *passes, between = levels
    returns = []
    for factors in passes:
        # Every other state from the one two before, then the rest from their neighbours.
        odd, odd_factors = states[1::2], factors[1::2]
        even_factors = factors[::2]
        if reverse:
            target, source = states[1:-1:2], additions[2::2]
            added = target if additions is states else additions[1:-1:2]
            torch.addcmul(added, odd_factors, source, out=target)
            returns.append((states[:-1:2], additions[:-1:2], even_factors, odd))
        else:
            added = odd if additions is states else additions[1::2]
            torch.addcmul(added, even_factors, additions[:-1:2], out=odd)
            returns.append((states[2::2], additions[2::2], odd_factors, states[1:-1:2]))
        states = additions = odd
    steps, factors = states.unbind(), between.unbind()
    added = steps if additions is states else additions.unbind()
    if reverse:
        for i in reversed(range(len(factors))):
            torch.addcmul(added[i], factors[i], steps[i + 1], out=steps[i])
    else:
        for i, factor in enumerate(factors):
            torch.addcmul(added[i + 1], factor, steps[i], out=steps[i + 1])
    for target, addition, factor, source in reversed(returns):
        torch.addcmul(addition, factor, source, out=target)


class _LinearScan(torch.autograd.Function):
    """The scan in place; the gradient of the states is one in the opposite direction."""

    @staticmethod
    def forward(
        ctx, coefficients: Tensor, additions: Tensor, initial: Tensor, reverse: bool
    ) -> Tensor:
        states = additions.clone(memory_format=torch.contiguous_format)
        first, factors = split_steps(coefficients, reverse)
        states[-1 if reverse else 0].addcmul_(first, initial)
        scan_(levels_of(factors), states, reverse)
        ctx.reverse = reverse
        ctx.save_for_backward(coefficients, initial, states)
        return states

    @staticmethod
    def backward(ctx, grad: Tensor) -> tuple[Tensor | None, ...]:
        coefficients, initial, states = ctx.saved_tensors
        first, factors = split_steps(coefficients, ctx.reverse)
        if torch.is_grad_enabled():
            # Differentiable again: the last step hands nothing back to what follows it.
            none = torch.zeros_like(first)
            handed = _joined(factors, none, not ctx.reverse)
            grads = linear_scan(handed, grad, none, not ctx.reverse)
        else:
            grads = grad.clone(memory_format=torch.contiguous_format)
            scan_(levels_of(factors), grads, not ctx.reverse)
        of_first, _ = split_steps(grads, ctx.reverse)
        _, earlier = split_steps(states, not ctx.reverse)
        of_coefficients = None
        if ctx.needs_input_grad[0]:
            of_coefficients = grads * _joined(earlier, initial, ctx.reverse)
        return of_coefficients, grads, of_first * first, None


def _plain(coefficients: Tensor, additions: Tensor, initial: Tensor, reverse: bool) -> Tensor:
    """The scan as differentiable passes over all steps."""
    if reverse:
        return _plain(coefficients.flip(0), additions.flip(0), initial, False).flip(0)
    states = torch.cat([additions[:1] + coefficients[:1] * initial, additions[1:]])
    factors = coefficients[1:]
    returns = []
    while len(states) > 1:
        even, odd = states[::2], states[1::2]
        behind_even, behind_odd = factors[::2], factors[1::2]
        returns.append((even, behind_odd))
        states = odd + behind_even * even[: len(odd)]
        factors = behind_even[1:] * behind_odd[: len(odd) - 1]
    for even, factor in reversed(returns):
        odd = states
        even = torch.cat([even[:1], even[1:] + factor * odd[: len(factor)]])
        states = torch.stack([even[: len(odd)], odd], 1).flatten(0, 1)
        states = torch.cat([states, even[len(odd) :]])
    return states


def split_steps(steps: Tensor, reverse: bool) -> tuple[Tensor, Tensor]:
    """The first step, and all others."""
    return (steps[-1], steps[:-1]) if reverse else (steps[0], steps[1:])


def _joined(others: Tensor, first: Tensor, reverse: bool) -> Tensor:
    """What `split_steps` took apart."""
    parts = [first.unsqueeze(0), others]
    return torch.cat(parts[::-1] if reverse else parts)
