"""Straight-line programs: what a framework's printer turns into statements.

A program is a list of elementary operations on named values. Nothing in it knows a framework;
a printer only has to spell the operations of `Operation.function`.
"""

from dataclasses import dataclass

import sympy

Value = str | float


@dataclass(frozen=True)
class Operation:
    """`target = function(*arguments)`; if the `optional` argument is absent, `target` is the
    other argument."""

    target: str
    function: str
    arguments: tuple[Value, ...]
    optional: str | None = None


@dataclass(frozen=True)
class Derivative:
    """The gradient with respect to `operand`: coefficient × `scalars` × Σ product of `factors`.

    The sum runs over the axes the operand lacks. One factor is a value of the program; more
    leave their last multiplication to the printer, which may fuse it with the sum. `scalars`
    are parameters without axes: multiplying by them after the sum costs nothing.
    """

    operand: str
    coefficient: float
    factors: tuple[str, ...]
    scalars: tuple[str, ...] = ()


@dataclass(frozen=True)
class Program:
    """Operations in order, and what they are for."""

    operations: tuple[Operation, ...]
    result: str = ""
    derivatives: tuple[Derivative, ...] = ()


#: A product: its number, and its factors with their integer powers.
Monomial = tuple[sympy.Expr, dict[sympy.Expr, int]]


def monomial(term: sympy.Expr) -> Monomial:
    """Split a product into its number and its factors with integer powers.

    Half-integer powers become integer powers of a square root, so that one root serves all.
    """
    coefficient, rest = term.as_coeff_Mul()
    factors: dict[sympy.Expr, int] = {}
    for factor in sympy.Mul.make_args(rest):
        if factor.is_number:
            coefficient *= factor
            continue
        base, exponent = factor.as_base_exp()
        if exponent.is_Rational and exponent.q == 2:
            base, exponent = sympy.sqrt(base), 2 * exponent
        if not exponent.is_Integer:
            base, exponent = factor, sympy.S.One
        if base != 1:
            factors[base] = factors.get(base, 0) + int(exponent)
    return coefficient, factors
