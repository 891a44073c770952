# Generated from codegen/templates/torch/_contraction.py.j2. Do not edit; run `make generate`.
"""How units see an input: whole, or through windows that pass over it."""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F


class Dense(NamedTuple):
    """Every unit sees all inputs: x of shape (samples, inputs), weight of shape (units, inputs)."""

    def products(self, x: Tensor, weight: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        sq_x = torch.linalg.vecdot(x, x).unsqueeze(-1)
        return F.linear(x, weight), sq_x, torch.linalg.vecdot(weight, weight)

    def gradients(
        self,
        x: Tensor,
        weight: Tensor,
        grads: tuple[Tensor, Tensor, Tensor],
        dot_factor: float,
        wanted: Sequence[bool],
    ) -> tuple[Tensor | None, Tensor | None]:
        grad_dot, grad_sq_x, grad_sq_w = grads
        grad_x = grad_weight = None
        twice = 2 / dot_factor
        if wanted[0]:
            grad_x = torch.mm(grad_dot, weight).addcmul_(x, grad_sq_x, value=twice)
        if wanted[1]:
            grad_weight = torch.mm(grad_dot.T, x)
            grad_weight.addcmul_(weight, grad_sq_w.unsqueeze(-1), value=twice)
        return grad_x, grad_weight
