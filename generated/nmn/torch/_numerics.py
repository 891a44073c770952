# Generated from codegen/templates/torch/_numerics.py.j2. Do not edit; run `make generate`.
"""Arithmetic that the layers share: precision, norms, laws of initial values."""

import math
from contextlib import AbstractContextManager, nullcontext

import torch
from torch import Tensor
from torch.nn import functional as F
from torch.nn import init

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
    if has_autocast(device) and input.dtype != torch.float64:
        dtype = torch.get_autocast_dtype(device)
        input, weight = input.to(dtype), weight.to(dtype)
    elif input.dtype != weight.dtype:
        raise TypeError(f"input must have the layer's dtype {weight.dtype}, got {input.dtype}")
    wide = torch.promote_types(input.dtype, torch.float32)
    return input.to(wide), weight.to(wide), input.dtype


def has_autocast(device: str) -> bool:
    """Whether it is on; there are devices that have none."""
    return torch.amp.is_autocast_available(device) and torch.is_autocast_enabled(device)


def no_autocast(device: str) -> AbstractContextManager[object]:
    """Arithmetic in the dtype of its operands; where it is so anyway, the switch is saved."""
    if has_autocast(device):
        return torch.autocast(device, enabled=False)
    return nullcontext()


def unit_norm(vectors: Tensor, dim: tuple[int, ...] = (-1,)) -> Tensor:
    """Divide by the Euclidean norm over `dim`; zero stays zero, with zero gradient."""
    largest = vectors.detach().abs().amax(dim, keepdim=True)
    scaled = vectors / torch.where(largest == 0, 1, largest)
    sq_norm = scaled.square().sum(dim, keepdim=True)
    is_zero = sq_norm == 0
    return torch.where(is_zero, 0, scaled * torch.where(is_zero, 1, sq_norm).rsqrt())


def unit_norm_windows(dot: Tensor, sq_x: Tensor) -> tuple[Tensor, Tensor]:
    """⟨w, x⟩ and ‖x‖² of windows divided by their norms; zero stays zero, with zero gradient."""
    is_zero = sq_x == 0
    inverse = torch.where(is_zero, 1, sq_x).rsqrt()
    return torch.where(is_zero, 0, dot * inverse), torch.where(is_zero, 0, torch.ones_like(sq_x))


def largest_one(x: Tensor) -> Tensor:
    """Divide every sample by its largest absolute value, as a constant; zero stays zero."""
    largest = x.detach().abs().amax(tuple(range(1, x.dim())), keepdim=True)
    return x / torch.where(largest == 0, 1, largest)


def sqrt(x: Tensor) -> Tensor:
    """√max(x, 0), with derivative 0 where x ≤ 0."""
    is_positive = x > 0
    return torch.where(is_positive, torch.where(is_positive, x, 1).sqrt(), 0)


def log(x: Tensor) -> Tensor:
    """The logarithm of max(x, 0), with derivative 0 where x ≤ 0.

    Subnormal numbers count as 0, as compiled programs have it: 1 / x would overflow.
    """
    outside = x < torch.finfo(x.dtype).tiny
    return torch.where(outside, -torch.inf, torch.where(outside, 1, x).log())


def limit_slope(x: Tensor, smallest: float) -> Tensor:
    """`x`, with a derivative of x / smallest where that is below 1.

    The derivative of its logarithm is at most 1 / smallest: with the smallest normal number of a
    dtype, gradients of powers that are steep at 0 stay finite in that dtype.
    """
    held = x.detach()
    slope = held.clamp(0, smallest) / smallest
    return torch.where((slope > 0) & (slope < 1), held + (x - held) * slope, x)


def power(base: Tensor, exponent: Tensor | float) -> Tensor:
    """max(base, 0) to a power, with derivative 0 where base ≤ 0."""
    is_positive = base > 0
    at_zero = torch.zeros_like(base).pow(
        exponent.detach() if isinstance(exponent, Tensor) else exponent
    )
    return torch.where(is_positive, torch.where(is_positive, base, 1).pow(exponent), at_zero)


def softplus(raw: Tensor) -> Tensor:
    """log(1 + exp(raw)), kept above zero where it would underflow."""
    return F.softplus(raw).clamp_min(TINY)


def variance_scaling_(
    tensor: Tensor, fan_in: int, fan_out: int, scale: float, mode: str, distribution: str
) -> Tensor:
    """Fill with a law of variance scale / fan, `mode` being "fan_in", "fan_out" or "fan_avg".

    "truncated_normal" is cut at two standard deviations of the untruncated law, whose width
    makes up for the variance the cut takes away, as in JAX and Keras.
    """
    fan = {"fan_in": fan_in, "fan_out": fan_out, "fan_avg": (fan_in + fan_out) / 2}[mode]
    std = math.sqrt(scale / fan)
    if distribution == "uniform":
        return init.uniform_(tensor, -math.sqrt(3) * std, math.sqrt(3) * std)
    std /= TRUNCATED_STD
    return init.trunc_normal_(tensor, std=std, a=-2 * std, b=2 * std)
