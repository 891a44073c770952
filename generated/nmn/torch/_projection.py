# Generated from codegen/templates/torch/_projection.py.j2. Do not edit; run `make generate`.
"""Neurons that see a state, at one step after the other and back, in memory for all of them."""

import math
from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from nmn.torch._closed_form import Neuron, as_tensors
from nmn.torch._regular import Regular


class Gradient(NamedTuple):
    """Gradients of all that the neurons of a projection are given."""

    x: Tensor
    sq_x: Tensor | None
    hh: Tensor
    sq_w: Tensor | None
    parameters: list[Tensor | None]


class Projection:
    """The neurons of one projection, step by step and back.

    Args:
        neuron: What a unit computes.
        rho: Responses r become shares r / (rho + r); None if they stay responses.
        x: What the input adds to ⟨w, x⟩, of shape (steps, samples, units); None if it does not.
        sq_x: What it adds to ‖x‖², of shape (steps, samples, 1).
        size: How many steps there are, and how many samples each of them has.
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
        self._x, self._sq_x, self._hh, self._sq_w = x, sq_x, hh, sq_w
        trained, tensors = [isinstance(p, Tensor) for p in parameters], as_tensors(hh, parameters)
        own, regular = tuple(range(len(tensors))), neuron.regular
        self._count, self._scale_index = len(tensors), neuron.scale
        self._scale = None if neuron.scale is None else tensors[neuron.scale]
        self._scale_is_trained = neuron.scale is not None and trained[neuron.scale]
        self._scale_is_separate = regular is not None or neuron.scale not in neuron.derived
        self._bound: Tensor | float = 0.0
        if regular is not None:
            own = regular.parameters
            if regular.folded is not None:
                self._bound = tensors[regular.folded]
                self._sq_w = sq_w + self._bound
        self._neuron: Neuron | Regular = neuron if regular is None else regular
        self._is_regular, self._own = regular is not None, own
        self._parameters = [tensors[i] for i in own]
        self._is_trained = [trained[i] for i in own]
        neuron = self._neuron
        units, (steps, samples) = len(hh), size
        if kept is None:
            kept = [hh.new_empty(steps, samples, n) for n in (units, units, 1)]
        self.kept = kept
        self.responses, self._residuals, self._sq_norms = kept
        if keep:
            self._residuals = self._residuals.clone()
        self._sq_norm_steps = self._sq_norms.unbind(0)
        self._one = hh.new_tensor(1.0)
        self._rho = self._one if rho == 1 else None if rho is None else hh.new_tensor(rho)
        count = max(neuron.response_scratch, neuron.gradient_scratch, 1)
        self._scratch = [hh.new_empty(samples, units) for _ in range(count)]
        self._clamps: list[Tensor] = []

    @property
    def lowest(self) -> list[Tensor]:
        """Arguments of clamps, which are to be positive."""
        return [self._lowest - self._bound] if self._is_regular else self._clamps

    def start(self) -> "Projection":
        """Prepare for the forward pass."""
        neuron, sq_w = self._neuron, self._sq_w
        self._transposed = self._hh.t().contiguous()
        self._ones = self._hh.new_ones(self._hh.shape[1], 1)
        self._squares = self._hh.new_empty(self.responses.shape[1], self._hh.shape[1])
        self._x_steps = None if self._x is None else self._x.unbind(0)
        self._sq_x_steps = None if self._sq_x is None else self._sq_x.unbind(0)
        dots, others = self.responses, self._residuals
        if not neuron.response_in_dot:
            dots, others = others, dots
        self._dot_steps, self._other_steps = dots.unbind(0), others.unbind(0)
        self.response_steps = self._dot_steps if neuron.response_in_dot else self._other_steps
        parameters = list(self._parameters)
        self._ratio, self._multiplier = self._rho, None
        if self._scale is not None and self._scale_is_separate:
            # a r / (rho + a r) is r / (rho / a + r), which takes one operation less.
            if self._rho is not None:
                self._ratio = self._rho / self._scale
            elif self._is_regular:
                self._multiplier = self._scale
            if self._rho is not None and not self._is_regular:
                parameters[self._scale_index] = None
        self._tail = (*((sq_w,) if neuron.norms[1] else ()), *parameters)
        if self._is_regular:
            self._lowest = torch.full_like(self._scratch[0], math.inf)
            self._tail = (*self._tail, self._check)
        return self

    def respond(self, t: int, source: Tensor) -> None:
        """Write responses or shares of step `t`, to what has the kernel `hh`."""
        neuron, dot, scratch = self._neuron, self._dot_steps[t], self._scratch
        if self._x_steps is None:
            torch.mm(source, self._transposed, out=dot)
        else:
            torch.addmm(self._x_steps[t], source, self._transposed, out=dot)
        norms = ()
        if neuron.norms[0]:
            total = self._sq_norm_steps[t]
            squares = torch.mul(source, source, out=self._squares)
            if self._sq_x_steps is None:
                torch.mm(squares, self._ones, out=total)
            else:
                torch.addmm(self._sq_x_steps[t], squares, self._ones, out=total)
            norms = (total,)
        needed = scratch[: neuron.response_scratch]
        lowest = neuron.write_response(dot, *norms, *self._tail, self._other_steps[t], *needed)
        if lowest is not None:
            self._clamps.append(lowest)
        if self._ratio is not None:
            response = self.response_steps[t]
            response.div_(torch.add(response, self._ratio, out=scratch[0]))
        elif self._multiplier is not None:
            self.response_steps[t].mul_(self._multiplier)

    def _check(self, values: Tensor) -> None:
        """Keep the least arguments of the clamp."""
        torch.minimum(self._lowest, values, out=self._lowest)

    def start_backward(self) -> "Projection":
        """Make room for sums over all steps."""
        neuron, parameters, sq_w = self._neuron, list(self._parameters), self._sq_w
        scale = 1.0 if self._scale is None else self._scale.item()
        self.response_steps = self.responses.unbind(0)
        self._residual_steps = self._residuals.unbind(0)
        # What `add_gradient` leaves out of the gradients of ⟨w, x⟩, and of norms and parameters.
        self._factor, self._norm_factor = neuron.dot_factor * scale, scale
        if self._rho is not None:
            # The derivative of a share, (1 - s)² / rho, takes it in.
            self._weight = math.sqrt(abs(self._factor) / self._rho.item())
            self._root = self._hh.new_tensor(self._weight)
            self._norm_factor = scale / abs(self._factor)
            self._factor = math.copysign(1.0, self._factor)
        self._kernel = self._hh if self._factor == 1 else self._hh * self._factor
        self._twice = 2 * self._norm_factor
        # Sums over samples wait until the end: adding arrays is one operation less.
        full = self._residuals.shape[1:]
        if sq_w is not None:
            sq_w = sq_w.expand(full)
        per_unit = [isinstance(p, Tensor) and p.dim() > 0 for p in parameters]
        parameters = [
            p.expand(full) if wide else p for p, wide in zip(parameters, per_unit, strict=True)
        ]
        sums = [
            p.new_zeros(p.shape) if i in neuron.derived and self._is_trained[i] else None
            for i, p in enumerate(parameters)
        ]
        self._grads = sums
        self._grad_sq_w = None if sq_w is None else self._hh.new_zeros(full)
        # α ∂/∂α is r ∂/∂r, and s (1 - s) ∂/∂s of a share.
        self._grad_scale = None
        if self._scale_is_trained and self._scale_is_separate:
            self._grad_scale = self._hh.new_zeros(full)
        self._grad_sq_norms = torch.zeros_like(self._sq_norms)
        self._grad_sq_norm_steps = self._grad_sq_norms.unbind(0)
        reads_sq_w = neuron.norms[1]
        self._tail = (*((sq_w,) if reads_sq_w else ()), *parameters)
        self._sums = (
            *((self._grad_sq_w,) if reads_sq_w else ()),
            *(sums[i] for i in neuron.derived),
            *self._scratch[: neuron.gradient_scratch],
        )
        return self

    def differentiate(self, t: int, grad: Tensor) -> None:
        """Take in the gradient of what `respond` wrote, which is overwritten."""
        response = self.response_steps[t]
        if self._rho is not None:
            rest = torch.add(self._root, response, alpha=-self._weight, out=self._scratch[0])
            grad.mul_(rest)
            if self._grad_scale is not None:
                self._grad_scale.addcmul_(grad, response)
            grad.mul_(rest)
        elif self._grad_scale is not None:
            self._grad_scale.addcmul_(grad, response)
        residual = self._residual_steps[t]
        if self._neuron.norms[0]:
            norm, grad_norm = self._sq_norm_steps[t], self._grad_sq_norm_steps[t]
            self._neuron.add_gradient(grad, residual, norm, *self._tail, grad_norm, *self._sums)
        else:
            self._neuron.add_gradient(grad, residual, *self._tail, *self._sums)

    def add_to_source(self, t: int, source: Tensor, grad: Tensor, is_first: bool) -> None:
        """Add to the gradient of the source, or replace it."""
        if is_first:
            torch.mm(self._residual_steps[t], self._kernel, out=grad)
        else:
            grad.addmm_(self._residual_steps[t], self._kernel)
        if self._neuron.norms[0]:
            grad.addcmul_(source, self._grad_sq_norm_steps[t], value=self._twice)

    def finish(self, sources: Tensor, first: Tensor | None = None) -> Gradient:
        """Gradients of what is the same at all steps.

        Args:
            sources: What was multiplied with ``hh``, step by step.
            first: The state before the first step, if ``sources`` are those after every step.
        """
        neuron, grad_dot = self._neuron, self._residuals
        if self._factor != 1:
            grad_dot.mul_(self._factor)
        if first is None:
            grad_hh = _product(grad_dot, sources)
        else:
            grad_hh = torch.mm(grad_dot[0].t(), first)
            if len(grad_dot) > 1:
                grad_hh.add_(_product(grad_dot[1:], sources[:-1]))
        grad_sq_x = self._grad_sq_norms.mul_(self._norm_factor) if neuron.norms[0] else None
        grad_sq_w = self._grad_sq_w
        if grad_sq_w is not None:
            grad_sq_w = grad_sq_w.sum(0).mul_(self._norm_factor)
        grads = [
            None if g is None else g.sum_to_size(p.shape).mul_(self._norm_factor)
            for g, p in zip(self._grads, self._parameters, strict=True)
        ]
        found: list[Tensor | None] = [None] * self._count
        for i, grad in zip(self._own, grads, strict=True):
            found[i] = grad
        if self._grad_scale is not None:
            weight = 1.0 if self._rho is None else self._weight
            found[self._scale_index] = self._grad_scale.sum() / (weight * self._scale)
        return Gradient(grad_dot, grad_sq_x, grad_hh, grad_sq_w, found)


def columns(steps: Tensor, count: int) -> list[tuple[Tensor, ...]]:
    """Step by step, each of `count` runs of units of an array of all steps."""
    return [run.unbind(0) for run in steps.chunk(count, -1)]


def total(*grads: Tensor | None) -> Tensor | None:
    """The sum of those that are there."""
    found = [grad for grad in grads if grad is not None]
    return sum(found[1:], start=found[0]) if found else None


def _product(grads: Tensor, sources: Tensor) -> Tensor:
    """Σ gradᵀ · source over steps and samples."""
    return torch.mm(grads.flatten(0, 1).t(), sources.flatten(0, 1))
