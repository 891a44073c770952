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

from nmn.torch._closed_form import Neuron, as_tensors, closed_form_applies

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


class Gradient(NamedTuple):
    """Gradients of all that the neurons of a projection are given."""

    x: Tensor
    sq_x: Tensor | None
    hh: Tensor
    sq_w: Tensor | None
    parameters: list[Tensor | None]


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
    if not closed_form_applies() or inputs[0].shape[:2].numel() == 0:
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


class Projection:
    """The neurons of one projection, step by step and back.

    Args:
        neuron: What a unit computes.
        rho: Responses r become shares r / (rho + r); None if they stay responses.
        x: What the input adds to ⟨w, x⟩, of shape (steps, samples, units); None if it does not.
        sq_x: What it adds to ‖x‖², of shape (steps, samples, 1).
        steps: How many there are.
        samples: How many each of them has.
        hh: The kernel of what else the neurons see.
        sq_w: ‖w‖² of every unit, if the neuron reads it.
        parameters: The neuron's.
        kept: What the forward pass kept, in the backward pass.
        keep: Whether another backward pass may follow.
    """

    def __init__(
        self,
        neuron: Neuron,
        rho: float | None,
        x: Tensor | None,
        sq_x: Tensor | None,
        size: tuple[int, int],
        hh: Tensor,
        sq_w: Tensor | None,
        parameters: Sequence[Tensor | float | None],
        kept: Sequence[Tensor] | None = None,
        keep: bool = False,
    ) -> None:
        self.neuron, self.hh, self.sq_w = neuron, hh, sq_w
        self.parameters = as_tensors(hh, parameters)
        if kept is None:
            kept = [hh.new_empty(*size, n) for n in (len(hh), len(hh), 1)]
        self.kept = kept
        self.responses, self.residuals, self.sq_norms = kept
        if keep:
            self.residuals = self.residuals.clone()
        self._x, self._sq_x = x, sq_x
        self._x_steps = None if x is None else x.unbind(0)
        self._sq_x_steps = None if sq_x is None else sq_x.unbind(0)
        self._response_steps = self.responses.unbind(0)
        self._residual_steps = self.residuals.unbind(0)
        self._sq_norm_steps = self.sq_norms.unbind(0)
        self._transposed = hh.t()
        self._one = hh.new_tensor(1.0)
        self._rho = self._one if rho == 1 else None if rho is None else hh.new_tensor(rho)
        count = max(neuron.response_scratch, neuron.gradient_scratch, 1)
        self._scratch = [hh.new_empty(size[1], len(hh)) for _ in range(count)]
        self.lowest: list[Tensor] = []

    def respond(self, t: int, source: Tensor) -> None:
        """Responses or shares of step `t`, to what has the kernel `hh`."""
        neuron = self.neuron
        response, other = self._response_steps[t], self._residual_steps[t]
        dot = response if neuron.response_in_dot else other
        if self._x_steps is None:
            torch.mm(source, self._transposed, out=dot)
        else:
            torch.addmm(self._x_steps[t], source, self._transposed, out=dot)
        norms = ()
        if neuron.norms[0]:
            sq_norm = torch.linalg.vecdot(source, source).unsqueeze_(-1)
            if self._sq_x_steps is None:
                norms = (self._sq_norm_steps[t].copy_(sq_norm),)
            else:
                norms = (torch.add(self._sq_x_steps[t], sq_norm, out=self._sq_norm_steps[t]),)
        if neuron.norms[1]:
            norms = (*norms, self.sq_w)
        lowest = neuron.write_response(
            dot,
            *norms,
            *self.parameters,
            other if neuron.response_in_dot else response,
            *self._scratch[: neuron.response_scratch],
        )
        if lowest is not None:
            self.lowest.append(lowest)
        if self._rho is not None:
            response.div_(torch.add(response, self._rho, out=self._scratch[0]))

    def start_backward(self) -> None:
        """Make room for sums over all steps."""
        neuron, parameters = self.neuron, self.parameters
        scale = None if neuron.scale is None else parameters[neuron.scale]
        self._scale = 1.0 if scale is None else scale.item()
        self._factor = neuron.dot_factor * self._scale
        self._scaled = self.hh * self._factor
        self._grad_sq_norms = torch.zeros_like(self.sq_norms)
        self._grad_sq_norm_steps = self._grad_sq_norms.unbind(0)
        self._grad_sq_w = None if self.sq_w is None else torch.zeros_like(self.sq_w)
        self._grads: list[Tensor | None] = [
            torch.zeros_like(p)
            if i in (*neuron.derived, neuron.scale) and isinstance(p, Tensor)
            else None
            for i, p in enumerate(parameters)
        ]
        self._derived = [self._grads[i] for i in neuron.derived]

    def differentiate(self, t: int, grad: Tensor) -> None:
        """Take in the gradient of what `respond` gave, which is overwritten."""
        neuron = self.neuron
        if self._rho is not None:
            rest = torch.sub(self._one, self._response_steps[t], out=self._scratch[0])
            grad.mul_(rest).mul_(rest)
            if self._rho is not self._one:
                grad.div_(self._rho)
        reads_sq_x, reads_sq_w = neuron.norms
        norms = (self._sq_norm_steps[t],) if reads_sq_x else ()
        grad_norms = (self._grad_sq_norm_steps[t],) if reads_sq_x else ()
        if reads_sq_w:
            norms, grad_norms = (*norms, self.sq_w), (*grad_norms, self._grad_sq_w)
        neuron.add_gradient(
            grad,
            self._residual_steps[t],
            *norms,
            *self.parameters,
            *grad_norms,
            *self._derived,
            *self._scratch[: neuron.gradient_scratch],
        )

    def add_to_source(self, t: int, source: Tensor, grad: Tensor, is_first: bool) -> None:
        """Add to the gradient of the source, or replace it."""
        if is_first:
            torch.mm(self._residual_steps[t], self._scaled, out=grad)
        else:
            grad.addmm_(self._residual_steps[t], self._scaled)
        if self.neuron.norms[0]:
            grad.addcmul_(source, self._grad_sq_norm_steps[t], value=2 * self._scale)

    def finish(self, sources: Tensor, first: Tensor | None = None) -> Gradient:
        """Gradients of what is the same at all steps, which are divided by the scale so far.

        Args:
            sources: What was multiplied with ``hh``, step by step.
            first: The state before the first step, if ``sources`` are those after every step.
        """
        neuron, grads, of_dot = self.neuron, self._grads, self.residuals
        if first is None:
            grad_hh = _product(of_dot, sources)
        else:
            grad_hh = torch.mm(of_dot[0].t(), first)
            if len(of_dot) > 1:
                grad_hh.add_(_product(of_dot[1:], sources[:-1]))
        scale = None if neuron.scale is None else self.parameters[neuron.scale]
        if scale is not None and neuron.degrees is not None:
            # Euler's identity, as the layers without states use it.
            products_degree, *degrees = neuron.degrees
            total = neuron.dot_factor * _inner(self.hh, grad_hh)
            if self._x is not None:
                total += neuron.dot_factor * _inner(self._x, of_dot)
            if neuron.norms[0]:
                total += _inner(self.sq_norms, self._grad_sq_norms)
            if neuron.norms[1]:
                total += _inner(self.sq_w, self._grad_sq_w)
            total *= products_degree
            for degree, parameter, grad in zip(degrees, self.parameters, grads, strict=True):
                if degree and grad is not None:
                    total += degree * _inner(parameter, grad)
            grads[neuron.scale] = total
        for i, grad in enumerate(grads):
            if grad is not None and i != neuron.scale:
                grad.mul_(self._scale)
        return Gradient(
            of_dot.mul_(self._factor),
            self._grad_sq_norms.mul_(self._scale) if neuron.norms[0] else None,
            grad_hh.mul_(self._factor),
            None if self._grad_sq_w is None else self._grad_sq_w.mul_(self._scale),
            grads,
        )


def columns(steps: Tensor, count: int) -> list[tuple[Tensor, ...]]:
    """Step by step, each of `count` runs of units of an array of all steps."""
    return [run.unbind(0) for run in steps.chunk(count, -1)]


def total(*grads: Tensor | None) -> Tensor | None:
    """The sum of those that are there."""
    found = [grad for grad in grads if grad is not None]
    return sum(found[1:], start=found[0]) if found else None


def _groups(counts: tuple[int, int], operands: Sequence[Any]) -> tuple[Sequence[Any], ...]:
    """Inputs, states and constants."""
    inputs, states = counts
    return operands[:inputs], operands[inputs : inputs + states], operands[inputs + states :]


def _is_regular(steps: Steps) -> bool:
    """Whether all distances and responses are positive, so that no clamp is active."""
    if steps.lowest and not torch.stack(steps.lowest).amin() > 0:
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


def _product(grads: Tensor, sources: Tensor) -> Tensor:
    """Σ gradᵀ · source over steps and samples."""
    return torch.mm(grads.flatten(0, 1).t(), sources.flatten(0, 1))


def _inner(left: Tensor, right: Tensor) -> Tensor:
    return torch.dot(left.reshape(-1), right.reshape(-1))
