"""Input rows and unit kernels, and the quadratic forms of their components.

A linear combination of the primitives is evaluated component by component with the square
completed: ‖x‖² + ‖w‖² − 2⟨w, x⟩ becomes Σ (xᵢ − wᵢ)², which nothing can cancel. Its bound is that
of the expanded sum, which is what the code computes.
"""

import math
from dataclasses import dataclass

import numpy as np

from tests.oracle.pair import Arithmetic, Pair, contract


@dataclass(frozen=True)
class Operands:
    """Input rows and unit kernels, each component with the error it was computed with."""

    x: Pair
    """Shape (batch, inputs)."""
    w: Pair
    """Shape (units, inputs)."""

    @property
    def arithmetic(self) -> Arithmetic:
        return self.x.arithmetic

    def quadratic(self, sq_x: float, sq_w: float, dot: float) -> Pair:
        """Σ sq_x xᵢ² + sq_w wᵢ² + dot xᵢ wᵢ; value exact, bound that of the three sums."""
        n = self.x.value.shape[1]
        x, w = self.x.value[:, None, :], self.w.value[None, :, :]
        if sq_x:
            ratio = np.longdouble(dot) / (2 * np.longdouble(sq_x))
            terms = sq_x * (x + ratio * w) ** 2 + (sq_w - sq_x * ratio**2) * w**2
        else:
            terms = dot * x * w + sq_w * w**2
        parts = [
            (sq_x, contract("ik,ik->i", self.x, self.x, n), (slice(None), None)),
            (sq_w, contract("jk,jk->j", self.w, self.w, n), (None, slice(None))),
            (dot, contract("ik,jk->ij", self.x, self.w, n), (slice(None), slice(None))),
        ]
        error = np.zeros((x.shape[0], w.shape[1]))
        size = np.zeros_like(error)
        for coefficient, part, place in parts:
            error = error + abs(coefficient) * part.bound[place]
            size = size + abs(coefficient) * np.abs(part.value).astype(np.float64)[place]
        used = [c for c in (sq_x, sq_w, dot) if c]
        # Multiplying by a power of two is exact.
        scaled = any(math.frexp(abs(c))[0] != 0.5 for c in used)
        error = error + (len(used) - 1 + scaled) * 2 * self.arithmetic.unit_roundoff * size
        return Pair(terms.sum(-1), error, self.arithmetic)
