# Generated from codegen/templates/torch/_contraction.py.j2. Do not edit; run `make generate`.
"""How units see an input: whole, or through windows that pass over it."""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F

from nmn.torch._closed_form import Products, closed_form_applies, row_blocks

Axes = tuple[int, ...]


class Dense(NamedTuple):
    """Every unit sees all inputs: x of shape (samples, inputs), weight of shape (units, inputs)."""

    def products(self, x: Tensor, weight: Tensor, norms: tuple[bool, bool]) -> Products:
        sq_x = torch.linalg.vecdot(x, x).unsqueeze(-1) if norms[0] else None
        sq_w = torch.linalg.vecdot(weight, weight) if norms[1] else None
        return F.linear(x, weight), sq_x, sq_w

    def gradients(
        self,
        x: Tensor,
        weight: Tensor,
        grads: Products,
        dot_factor: float,
        wanted: Sequence[bool],
    ) -> tuple[Tensor | None, Tensor | None]:
        grad_dot, grad_sq_x, grad_sq_w = grads
        grad_x = grad_weight = None
        twice = 2 / dot_factor
        if wanted[0]:
            grad_x = torch.mm(grad_dot, weight)
            if grad_sq_x is not None:
                grad_x.addcmul_(x, grad_sq_x, value=twice)
        if wanted[1]:
            grad_weight = torch.mm(grad_dot.T, x)
            if grad_sq_w is not None:
                grad_weight.addcmul_(weight, grad_sq_w.unsqueeze(-1), value=twice)
        return grad_x, grad_weight


class Convolution(NamedTuple):
    """Every unit sees one window of its group's channels at a time.

    x has shape (samples, channels, *spatial), weight (units, channels / groups, *taps). If
    `transposed`, the input is stuffed with zeros first, and weight has shape
    (channels, units / groups, *taps).

    ⟨w, x⟩ has shape (samples, units, *spatial), ‖x‖² (samples, 1, *spatial) and ‖w‖² (units, 1, …);
    with several groups, the units are split into (groups, units / groups), and ‖x‖² is
    (samples, groups, 1, *spatial).
    """

    stride: Axes
    padding: Axes
    dilation: Axes
    groups: int
    transposed: bool = False
    output_padding: Axes = (0,)

    def products(self, x: Tensor, weight: Tensor, norms: tuple[bool, bool]) -> Products:
        dot, sq_x, sq_w = self._convolve(x, weight), None, None
        if self.groups > 1:
            dot = self._grouped(dot, 1)
        if norms[0]:
            sq_x = self._window_sums(_sums_of_squares(self._grouped(x, 1)), weight.shape[2:])
            sq_x = sq_x.unsqueeze(2) if self.groups > 1 else sq_x
        if norms[1]:
            sq_w = self.over_windows(self._sums_per_unit(weight.square()), weight.dim() - 2)
        return dot, sq_x, sq_w

    def gradients(
        self,
        x: Tensor,
        weight: Tensor,
        grads: Products,
        dot_factor: float,
        wanted: Sequence[bool],
    ) -> tuple[Tensor | None, Tensor | None]:
        grad_dot, grad_sq_x, grad_sq_w = grads
        if self.groups > 1:
            grad_dot = grad_dot.flatten(1, 2)
            grad_sq_x = None if grad_sq_x is None else grad_sq_x.squeeze(2)
        grad_x, grad_weight, _ = torch.ops.aten.convolution_backward(
            grad_dot,
            x,
            weight,
            None,
            self.stride,
            self.padding,
            self.dilation,
            self.transposed,
            self.output_padding,
            self.groups,
            (*wanted, False),
        )
        twice = 2 / dot_factor
        if wanted[0] and grad_sq_x is not None:
            grad_sq = self._window_sums_transposed(x, grad_sq_x, weight.shape[2:]).unsqueeze(2)
            self._grouped(grad_x, 1).addcmul_(self._grouped(x, 1), grad_sq, value=twice)
        if wanted[1] and grad_sq_w is not None:
            grad_weight.addcmul_(weight, self._like_weight(grad_sq_w, weight), value=twice)
        return grad_x, grad_weight

    def over_windows(self, per_unit: Tensor, rank: int) -> Tensor:
        """One number per unit, in the shape that broadcasts to that of ⟨w, x⟩."""
        units = (self.groups, -1) if self.groups > 1 else (-1,)
        return per_unit.reshape(*units, *[1] * rank)

    def unit_norm_axes(self, weight: Tensor) -> tuple[Tensor, tuple[int, ...]]:
        """The weight with axes of units apart from others, and the others."""
        if self.transposed:
            return self._grouped(weight, 0), (1, *range(3, weight.dim() + 1))
        return weight, tuple(range(1, weight.dim()))

    def _convolve(self, x: Tensor, weight: Tensor) -> Tensor:
        return torch.convolution(
            x,
            weight,
            None,
            self.stride,
            self.padding,
            self.dilation,
            self.transposed,
            self.output_padding,
            self.groups,
        )

    def _grouped(self, tensor: Tensor, dim: int) -> Tensor:
        return tensor.unflatten(dim, (self.groups, -1))

    def _sums_per_unit(self, weights: Tensor) -> Tensor:
        tensor, others = self.unit_norm_axes(weights)
        return tensor.sum(others).flatten()

    def _like_weight(self, sums: Tensor, weight: Tensor) -> Tensor:
        """One number per unit, in the shape that broadcasts to that of the weight."""
        ones = [1] * (weight.dim() - 2)
        if self.transposed:
            per_group = sums.reshape(self.groups, 1, -1)
            rows = per_group.expand(-1, len(weight) // self.groups, -1).flatten(0, 1)
            return rows.reshape(*rows.shape, *ones)
        return sums.reshape(-1, 1, *ones)

    def _window_sums(self, sq: Tensor, kernel_size: Sequence[int]) -> Tensor:
        """Sums over windows of (samples, groups, *spatial), one channel per group.

        Pooling where it can: its backward pass takes a sixth of that of a convolution with ones,
        on two CPU cores.
        """
        halves = [k // 2 for k in kernel_size]
        fits = all(p <= h for p, h in zip(self.padding, halves, strict=True))
        if self.transposed or not fits or max(self.dilation) > 1:
            ones = sq.new_ones(self.groups, 1, *kernel_size)
            return self._convolve(sq, ones)
        if len(kernel_size) == 1:
            window = ((1, *kernel_size), (1, *self.stride), (0, *self.padding))
            return F.avg_pool2d(sq.unsqueeze(2), *window, divisor_override=1).squeeze(2)
        pool = F.avg_pool2d if len(kernel_size) == 2 else F.avg_pool3d
        return pool(sq, tuple(kernel_size), self.stride, self.padding, divisor_override=1)

    def _window_sums_transposed(
        self, x: Tensor, grad: Tensor, kernel_size: Sequence[int]
    ) -> Tensor:
        """The transpose of `_window_sums`, which is linear: its gradient anywhere."""
        with torch.enable_grad():
            sq = x.new_zeros(len(x), self.groups, *x.shape[2:]).requires_grad_()
            (result,) = torch.autograd.grad(self._window_sums(sq, kernel_size), sq, grad)
        return result


def _sums_of_squares(channels: Tensor) -> Tensor:
    """Σ x² over the third axis.

    Block by block where nothing is recorded: squares of the whole input would take its memory
    again, and fresh memory costs ten times what the arithmetic does.
    """
    if torch.is_grad_enabled() or not closed_form_applies(channels):
        return torch.linalg.vecdot(channels, channels, dim=2)
    sums = channels.new_empty((*channels.shape[:2], *channels.shape[3:]))
    for rows, (squares,) in row_blocks(channels, scratch=1, size=2**17):
        torch.mul(channels[rows], channels[rows], out=squares)
        torch.sum(squares, 2, out=sums[rows])
    return sums
