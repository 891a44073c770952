# Generated from codegen/templates/torch/_numerics.py.j2. Do not edit; run `make generate`.
"""Arithmetic that the layers share: precision, norms, contractions, blocks of rows."""

import math
from collections.abc import Callable, Iterator, Sequence

import torch
from torch import Tensor
from torch.autograd import forward_ad
from torch.nn import functional as F
from torch.nn import init

#: Elements of a block: small enough for the cache, large enough to hide the cost of a call.
#: 2**19 was the fastest of 2**15 … 2**20 on two CPU cores, float32.
BLOCK_SIZE = 2**19

#: Standard deviation of a standard normal law truncated to [-2, 2].
TRUNCATED_STD = 0.87962566103423978

TINY = torch.finfo(torch.float32).tiny


def round_operands(input: Tensor, weight: Tensor) -> tuple[Tensor, Tensor, torch.dtype]:
    """Operands in at least float32, and the dtype of the layer's output.

    Under autocast both are rounded to its dtype first, as `torch.nn.functional.linear` rounds
    them; norms and products then see the same numbers. The products of half-precision numbers
    are exact in float32.
    """
    if not input.is_floating_point():
        raise TypeError(f"input must be a floating-point tensor, got dtype {input.dtype}")
    device = input.device.type
    if torch.is_autocast_enabled(device) and input.dtype != torch.float64:
        dtype = torch.get_autocast_dtype(device)
        input, weight = input.to(dtype), weight.to(dtype)
    elif input.dtype != weight.dtype:
        raise TypeError(f"input must have the layer's dtype {weight.dtype}, got {input.dtype}")
    wide = torch.promote_types(input.dtype, torch.float32)
    return input.to(wide), weight.to(wide), input.dtype


def unit_norm(vectors: Tensor) -> Tensor:
    """Divide by the Euclidean norm over the last axis; zero stays zero, with zero gradient."""
    largest = vectors.detach().abs().amax(-1, keepdim=True)
    scaled = vectors / torch.where(largest == 0, 1, largest)
    sq_norm = scaled.square().sum(-1, keepdim=True)
    is_zero = sq_norm == 0
    return torch.where(is_zero, 0, scaled * torch.where(is_zero, 1, sq_norm).rsqrt())


def softplus(raw: Tensor) -> Tensor:
    """log(1 + exp(raw)), kept above zero where it would underflow."""
    return F.softplus(raw).clamp_min(TINY)


def variance_scaling_(tensor: Tensor, scale: float, mode: str, distribution: str) -> Tensor:
    """Fill with a law of variance scale / fan, `mode` being "fan_in", "fan_out" or "fan_avg".

    "truncated_normal" is cut at two standard deviations of the untruncated law, whose width
    makes up for the variance the cut takes away, as in JAX and Keras.
    """
    fan_in, fan_out = init._calculate_fan_in_and_fan_out(tensor)
    fan = {"fan_in": fan_in, "fan_out": fan_out, "fan_avg": (fan_in + fan_out) / 2}[mode]
    std = math.sqrt(scale / fan)
    if distribution == "uniform":
        return init.uniform_(tensor, -math.sqrt(3) * std, math.sqrt(3) * std)
    std /= TRUNCATED_STD
    return init.trunc_normal_(tensor, std=std, a=-2 * std, b=2 * std)


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
    """Products and squared norms of rows, with one pass over each gradient."""

    @staticmethod
    def forward(ctx, x: Tensor, weight: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        ctx.save_for_backward(x, weight)
        return _dense(x, weight)

    @staticmethod
    def backward(ctx, grad_dot: Tensor, grad_sq_x: Tensor, grad_sq_w: Tensor):
        x, weight = ctx.saved_tensors
        grad_x = grad_weight = None
        if ctx.needs_input_grad[0]:
            grad_x = torch.addcmul(grad_dot @ weight, x, grad_sq_x, value=2)
        if ctx.needs_input_grad[1]:
            grad_weight = torch.addcmul(grad_dot.T @ x, weight, grad_sq_w.unsqueeze(-1), value=2)
        return grad_x, grad_weight


def _dense(x: Tensor, weight: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    sq_x = torch.linalg.vecdot(x, x).unsqueeze(-1)
    return F.linear(x, weight), sq_x, torch.linalg.vecdot(weight, weight)


def dense(x: Tensor, weight: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    r"""Contract every row of `x` with every row of `weight`.

    Args:
        x: Shape :math:`(N, H_\text{in})`.
        weight: Shape :math:`(H_\text{out}, H_\text{in})`.

    Returns:
        :math:`\langle w, x\rangle` of shape :math:`(N, H_\text{out})`,
        :math:`\lVert x\rVert^2` of shape :math:`(N, 1)` and
        :math:`\lVert w\rVert^2` of shape :math:`(H_\text{out})`.
    """
    return _Dense.apply(x, weight) if closed_form_applies() else _dense(x, weight)
