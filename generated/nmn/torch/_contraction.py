# Generated from codegen/templates/torch/_contraction.py.j2. Do not edit; run `make generate`.
"""Contraction and response in one step, with gradients in closed form."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import NamedTuple

import torch
from torch import Tensor
from torch.autograd import forward_ad
from torch.nn import functional as F

#: Elements of a block: small enough for the cache, large enough to hide the cost of a call.
#: 2**19 was the fastest of 2**15 … 2**20 on two CPU cores, float32.
BLOCK_SIZE = 2**19


class Neuron(NamedTuple):
    """A neuron as functions of a block of rows; operands are ⟨w, x⟩, ‖x‖², ‖w‖², parameters."""

    response: Callable[..., Tensor]
    """The plain expression of its operands."""
    write_response: Callable[..., None]
    """Takes the operands, the array to write to and scratch arrays."""
    add_gradient: Callable[..., None]
    """Takes the gradient of the response, the operands, the gradients to add to, scratch arrays."""
    response_scratch: int
    """Scratch arrays of the shape of ⟨w, x⟩ that `write_response` needs."""
    gradient_scratch: int
    """Scratch arrays of the shape of ⟨w, x⟩ that `add_gradient` needs."""


def closed_form_applies() -> bool:
    """Whether gradients are eager and reverse-mode, so that the closed form may be used.

    Compilers fuse the plain expression as well, and `torch.func` needs it for forward mode.
    """
    return not (
        torch.compiler.is_compiling()
        or torch._C._are_functorch_transforms_active()
        or forward_ad._current_level >= 0
    )


def differentiate(
    function: Callable[..., Tensor], operands: Sequence[Tensor | None], grad: Tensor
) -> tuple[Tensor | None, ...]:
    """Gradients that can be differentiated again, from the plain expression."""
    wanted = [o for o in operands if o is not None and o.requires_grad]
    gradients = iter(torch.autograd.grad(function(*operands), wanted, grad, create_graph=True))
    return tuple(next(gradients) if o is not None and o.requires_grad else None for o in operands)


def row_blocks(values: Tensor, scratch: int) -> Iterator[tuple[slice, Tensor]]:
    """Cut `values` along the first axis into blocks of about `BLOCK_SIZE` elements.

    Yields each block's slice and `scratch` arrays of its shape, uninitialised; all blocks share
    their memory, since fresh memory costs more than the arithmetic done in it.
    """
    rows = len(values)
    step = min(rows, max(1, BLOCK_SIZE * rows // max(1, values.numel())))
    memory = values.new_empty((scratch, step, *values.shape[1:]))
    for start in range(0, rows, step or 1):
        stop = min(start + step, rows)
        yield slice(start, stop), memory[:, : stop - start]


def mask(values: Tensor, switch: Tensor, out: Tensor) -> Tensor:
    """`values` where `switch` > 0 and 0 elsewhere: the backward pass of relu."""
    return torch.ops.aten.threshold_backward.grad_input(values, switch, 0, grad_input=out)


def zeros_if_wanted(
    operands: Sequence[Tensor | None], wanted: Sequence[bool]
) -> list[Tensor | None]:
    """Zeros like every operand whose gradient is wanted, None for the others."""
    return [
        torch.zeros_like(o) if o is not None and w else None
        for o, w in zip(operands, wanted, strict=True)
    ]


def sum_product(left: Tensor, right: Tensor, shape: torch.Size) -> Tensor:
    """Sum of `left * right` down to `shape`; a scalar is a dot product and needs no memory."""
    if not shape and left.shape == right.shape and left.is_contiguous() and right.is_contiguous():
        return torch.dot(left.view(-1), right.view(-1))
    return (left * right).sum_to_size(shape)


class _Dense(torch.autograd.Function):
    """Responses of rows; only ⟨w, x⟩ is kept of what has their size.

    The elementwise work is done row block by row block. The products are not: adding up the
    gradient of the weight costs more than a block that is still in the cache saves.
    """

    @staticmethod
    def forward(ctx, neuron: Neuron, x: Tensor, weight: Tensor, *parameters: Tensor | None):
        dot, sq_x, sq_w = _contract(x, weight)
        output = torch.empty_like(dot)
        for rows, scratch in row_blocks(dot, scratch=neuron.response_scratch):
            neuron.write_response(dot[rows], sq_x[rows], sq_w, *parameters, output[rows], scratch)
        ctx.neuron = neuron
        ctx.save_for_backward(x, weight, dot, sq_x, sq_w, *parameters)
        return output

    @staticmethod
    def backward(ctx, grad: Tensor) -> tuple[Tensor | None, ...]:
        x, weight, dot, sq_x, sq_w, *parameters = ctx.saved_tensors
        if torch.is_grad_enabled():
            plain = partial(_dense, ctx.neuron)
            return None, *differentiate(plain, (x, weight, *parameters), grad)
        grad_x = grad_weight = None
        grad_dot = torch.empty_like(dot)
        grad_sq_x, grad_sq_w, *grad_parameters = zeros_if_wanted(
            (sq_x, sq_w, *parameters), ctx.needs_input_grad[1:]
        )
        for rows, scratch in row_blocks(dot, scratch=ctx.neuron.gradient_scratch):
            ctx.neuron.add_gradient(
                grad[rows],
                dot[rows],
                sq_x[rows],
                sq_w,
                *parameters,
                grad_dot[rows],
                None if grad_sq_x is None else grad_sq_x[rows],
                grad_sq_w,
                *grad_parameters,
                scratch,
            )
        if grad_sq_x is not None:
            grad_x = torch.mm(grad_dot, weight).addcmul_(x, grad_sq_x, value=2)
        if grad_sq_w is not None:
            grad_weight = torch.mm(grad_dot.T, x).addcmul_(weight, grad_sq_w.unsqueeze(-1), value=2)
        return None, grad_x, grad_weight, *grad_parameters


def _contract(x: Tensor, weight: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    sq_x = torch.linalg.vecdot(x, x).unsqueeze(-1)
    return F.linear(x, weight), sq_x, torch.linalg.vecdot(weight, weight)


def _dense(neuron: Neuron, x: Tensor, weight: Tensor, *parameters: Tensor | float | None) -> Tensor:
    return neuron.response(*_contract(x, weight), *parameters)


def dense(neuron: Neuron, x: Tensor, weight: Tensor, *parameters: Tensor | float | None) -> Tensor:
    r"""Responses of units to rows.

    Args:
        neuron: What a unit computes.
        x: Shape :math:`(N, H_\text{in})`.
        weight: Shape :math:`(H_\text{out}, H_\text{in})`.
        parameters: The neuron's parameters, to broadcast to :math:`(N, H_\text{out})`.

    Returns:
        Shape :math:`(N, H_\text{out})`.
    """
    if not closed_form_applies():
        return _dense(neuron, x, weight, *parameters)
    tensors = [x.new_tensor(p) if isinstance(p, float) else p for p in parameters]
    return _Dense.apply(neuron, x, weight, *tensors)
