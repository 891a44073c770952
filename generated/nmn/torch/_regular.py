# Generated from codegen/templates/torch/_regular.py.j2. Do not edit; run `make generate`.
"""What neurons' modules use, and say of a neuron where no clamp is active."""

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor


class Regular(NamedTuple):
    """A neuron as functions of a step, if the argument of its clamp is positive.

    What multiplies the response is left to the caller.
    """

    write_response: Callable[..., None]
    """As that of a neuron, but for a function before the other arrays, which is shown the arguments
    of the clamp; None if nobody asks for them."""
    add_gradient: Callable[..., None]
    """As that of a neuron, but for gradients of what every unit has of its own: sums over samples
    are left to the caller."""
    norms: tuple[bool, bool]
    """Whether it reads ‖x‖² and ‖w‖²."""
    response_in_dot: bool
    response_scratch: int
    gradient_scratch: int
    dot_factor: float
    derived: tuple[int, ...]
    """Those of `parameters` whose gradients `add_gradient` adds to."""
    parameters: tuple[int, ...]
    """Indices of the neuron's parameters that it takes."""
    folded: int | None
    """Index of the one that is part of ‖w‖², and of the argument of the clamp."""
    in_blocks: bool
    """Whether blocks of rows may do with it: no response is negative before it is multiplied, and
    what is kept is what the neuron keeps."""


def mask(values: Tensor, switch: Tensor, out: Tensor) -> Tensor:
    """`values` where `switch` > 0 and 0 elsewhere: the backward pass of relu."""
    return torch.ops.aten.threshold_backward.grad_input(values, switch, 0, grad_input=out)


def sum_product(left: Tensor, right: Tensor, shape: torch.Size) -> Tensor:
    """Sum of `left * right` down to `shape`; a scalar is a dot product and needs no memory."""
    if not shape and left.shape == right.shape and left.is_contiguous() and right.is_contiguous():
        return torch.dot(left.view(-1), right.view(-1))
    return (left * right).sum_to_size(shape)
