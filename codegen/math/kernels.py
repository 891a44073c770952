"""Positive semi-definite kernels: the statement, and the rules that prove it."""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import sympy

from codegen.math import proofs
from codegen.math.counterexample import DRAWS, Point, below, listed, number, search, vector
from codegen.math.facts import DISTANCE
from codegen.math.numeric import Array
from codegen.math.statements import Statement
from codegen.spec.models import PRIMITIVES

_CIRCLE = 12


class PositiveSemidefinite(Statement):
    """Every Gram matrix has no negative eigenvalue."""

    claim = "every Gram matrix of responses is positive semi-definite"

    def prove(self) -> str | None:
        expression = self.facts.relaxed()
        if expression is not None and is_kernel(expression, DISTANCE):
            return "the formula is made of kernels by sums, products and whole powers"
        return None

    def refute(self) -> str | None:
        for count in range(1, 5):
            names = [f"x{'₁₂₃₄'[i]}" for i in range(count)]
            point = self._search(names, self.space.vectors(*names), DRAWS)
            if point is not None:
                where = ", ".join(f"{name} = {vector(point, name)}" for name in names)
                return self._reason(f"at {where}", names, point)
        # More points than are pleasant to read; on a circle, a Gram matrix is a Fourier series.
        names = [f"x{i}" for i in range(_CIRCLE)]
        angles = 2 * np.pi / _CIRCLE * np.arange(_CIRCLE)
        circle = {f"{n}0": (float(np.cos(a)),) for n, a in zip(names, angles, strict=True)}
        circle |= {f"{n}1": (float(np.sin(a)),) for n, a in zip(names, angles, strict=True)}
        point = self._search(names, circle, DRAWS // 50)
        if point is None:
            return None
        return self._reason(f"at {_CIRCLE} points evenly on the unit circle", names, point)

    def _search(
        self, names: list[str], vectors: Mapping[str, tuple[float, ...]], draws: int
    ) -> Point | None:
        def negative(point: Mapping[str, Array]) -> npt.NDArray[np.bool_]:
            values = self.space.values(point, names[0], names[0])
            return (self._least_eigenvalue(point, names) < 0) & self.admitted(values)

        return search({**vectors, **self.space.settings()}, negative, draws)

    def _least_eigenvalue(self, point: Mapping[str, Array], names: list[str]) -> Array:
        """Of the Gram matrices of vectors, if that is negative beyond rounding, else 0."""
        space = self.space
        rows = [[space.response(space.values(point, a, b)) for b in names] for a in names]
        entries = np.broadcast_arrays(*(entry for row in rows for entry in row))
        gram = np.stack(entries, -1).reshape(*entries[0].shape, len(names), len(names))
        gram = np.where(np.isfinite(gram).all((-1, -2), keepdims=True), gram, 0.0)
        values = np.linalg.eigvalsh((gram + np.swapaxes(gram, -1, -2)) / 2)
        return np.where(below(values[..., 0], -1e-9 * values[..., -1]), values[..., 0], 0.0)

    def _reason(self, where: str, names: list[str], point: Point) -> str:
        arrays = {name: np.asarray(value) for name, value in point.items()}
        settings = "".join(f", {listed(point, [n])}" for n in self.math.spec.parameters)
        value = float(self._least_eigenvalue(arrays, names))
        return f"{where}{settings} the Gram matrix has the eigenvalue {number(value)}"


def is_kernel(expression: sympy.Expr, distance: sympy.Symbol) -> bool:
    """Whether the expression is proved to be a positive semi-definite kernel of w and x.

    Sums, products and whole powers of kernels are; ⟨w, x⟩ is, and constants ≥ 0; exp of a kernel;
    exp(−γ‖w − x‖²) and (c + γ‖w − x‖²)^−p are (Schoenberg), for γ, p ≥ 0 and c > 0.
    """
    if not _names(expression) & {*PRIMITIVES, distance.name}:
        return proofs.nonnegative(expression)
    if expression.is_Symbol:
        return bool(expression.name == "dot")
    if expression.is_Add or expression.is_Mul:
        return all(is_kernel(argument, distance) for argument in expression.args)
    if isinstance(expression, sympy.exp):
        terms = sympy.Add.make_args(expression.args[0])
        return all(is_kernel(t, distance) or _multiple(-t, distance) for t in terms)
    if expression.is_Pow or isinstance(expression, proofs.POWERS):
        base, exponent = expression.args
        if exponent.is_integer and exponent.is_nonnegative:
            return is_kernel(base, distance)
        if not proofs.nonnegative(-exponent) or _names(exponent) & {*PRIMITIVES, distance.name}:
            return False
        rest = [t for t in sympy.Add.make_args(base) if not _multiple(t, distance)]
        constant = sympy.Add(*rest)
        return distance not in constant.free_symbols and bool(
            constant.is_positive and is_kernel(constant, distance)
        )
    return False


def _multiple(term: sympy.Expr, distance: sympy.Symbol) -> bool:
    """Whether a term is γ‖w − x‖² for a γ ≥ 0."""
    factor = term.coeff(distance) if term.has(distance) else None
    if factor is None or factor * distance != term:
        return False
    return not _names(factor) & {*PRIMITIVES, distance.name} and proofs.nonnegative(factor)


def _names(expression: sympy.Expr) -> set[str]:
    return {s.name for s in expression.free_symbols}
