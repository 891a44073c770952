"""Two more evaluators of formulas, which share nothing with the oracle that they test.

Both read the formula from left to right: `in_float32` as NumPy would compute it in float32,
derivatives included, and `exact` in 60 digits, whose derivatives are differences.
"""

import ast
import math
from collections.abc import Callable, Mapping

import mpmath
import numpy as np

from codegen.spec.formula import parse

_EXACT: dict[str, Callable] = {
    "abs": abs,
    "arcsinh": mpmath.asinh,
    "arctan": mpmath.atan,
    "cos": mpmath.cos,
    "exp": mpmath.exp,
    "expm1": mpmath.expm1,
    "log": lambda a: mpmath.log(a) if a > 0 else -mpmath.inf,
    "log1p": mpmath.log1p,
    "maximum": max,
    "minimum": min,
    "relu": lambda a: max(a, mpmath.mpf(0)),
    "sigmoid": lambda a: 1 / (1 + mpmath.exp(-a)),
    "sign": mpmath.sign,
    "sin": mpmath.sin,
    "softplus": lambda a: mpmath.log1p(mpmath.exp(a)),
    "sqrt": lambda a: mpmath.sqrt(max(a, mpmath.mpf(0))),
    "tanh": mpmath.tanh,
}

_COMPARE: dict[type, Callable] = {
    ast.Lt: lambda a, b: a < b,
    ast.LtE: lambda a, b: a <= b,
    ast.Gt: lambda a, b: a > b,
    ast.GtE: lambda a, b: a >= b,
}


class OutOfReach(Exception):
    """A number that no arithmetic under test represents."""


def exact(text: str, names: Mapping[str, object]) -> mpmath.mpf:
    """The formula's value in the working precision of mpmath."""
    tree = parse(text).tree

    def visit(node: ast.expr) -> mpmath.mpf:
        return _finite(_visit(node))

    def _visit(node: ast.expr) -> mpmath.mpf:
        match node:
            case ast.Name(id=name):
                return mpmath.pi() if name == "pi" else names[name]
            case ast.Constant(value=value):
                return mpmath.mpf(repr(value))
            case ast.UnaryOp(operand=operand):
                return -visit(operand)
            case ast.BinOp(left=left, op=ast.Add(), right=right):
                return visit(left) + visit(right)
            case ast.BinOp(left=left, op=ast.Sub(), right=right):
                return visit(left) - visit(right)
            case ast.BinOp(left=left, op=ast.Mult(), right=right):
                return visit(left) * visit(right)
            case ast.BinOp(left=left, op=ast.Div(), right=right):
                return visit(left) / _nonzero(visit(right))
            case ast.BinOp(left=left, op=ast.Pow(), right=right):
                base, exponent = visit(left), visit(right)
                if is_whole(right):
                    return (base if exponent >= 0 else _nonzero(base)) ** int(exponent)
                if base <= 0:
                    if exponent <= 0:
                        raise OutOfReach
                    return mpmath.mpf(0)
                return mpmath.exp(_moderate(exponent * mpmath.log(base)))
            case ast.Call(args=[ast.Compare(left=left, ops=[sign], comparators=[right]), a, b]):
                holds = _COMPARE[type(sign)](visit(left), visit(right))
                return visit(a if holds else b)
            case ast.Call(func=ast.Name(id=name), args=arguments):
                values = [visit(a) for a in arguments]
                if name in ("exp", "expm1", "sigmoid", "softplus", "tanh"):
                    _moderate(values[0])
                if name == "log1p" and values[0] <= -1:
                    raise OutOfReach
                return _EXACT[name](*values)
        raise TypeError(ast.dump(node))

    return visit(tree)


def is_whole(node: ast.expr) -> bool:
    """Whether an exponent is a whole number: by its value if it is a number, else by its making."""
    names = {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}
    if names <= {"pi"}:
        code = compile(ast.Expression(node), "exponent", "eval")
        try:
            return float(eval(code, {"__builtins__": {}, "pi": math.pi})).is_integer()
        except (ZeroDivisionError, OverflowError, TypeError):
            return False
    signs = [n.op for n in ast.walk(node) if isinstance(n, ast.BinOp)]
    numbers = [n.value for n in ast.walk(node) if isinstance(n, ast.Constant)]
    return (
        names <= {"k", "inputs", "units"}
        and all(isinstance(sign, ast.Add | ast.Sub | ast.Mult) for sign in signs)
        and all(isinstance(number, int) for number in numbers)
    )


def _finite(value: mpmath.mpf) -> mpmath.mpf:
    if not mpmath.isfinite(value) or abs(value) > 1e300:
        raise OutOfReach
    return value


def _moderate(value: mpmath.mpf) -> mpmath.mpf:
    if abs(value) > 1e4:
        raise OutOfReach
    return value


def _nonzero(value: mpmath.mpf) -> mpmath.mpf:
    if value == 0:
        raise OutOfReach
    return value


Tangent = tuple[np.ndarray, dict[str, np.ndarray]]
"""A value, and its derivatives by name."""


def in_float32(text: str, names: Mapping[str, np.ndarray], by: tuple[str, ...]) -> Tangent:
    """Value and derivatives by the chain rule, every operation rounded to float32."""
    one, zero = np.float32(1), np.float32(0)

    def chain(*parts: tuple[Tangent, np.ndarray]) -> dict[str, np.ndarray]:
        total: dict[str, np.ndarray] = {}
        for (_, tangents), slope in parts:
            for name, tangent in tangents.items():
                term = tangent * slope
                total[name] = total[name] + term if name in total else term
        return total

    def pick(holds: np.ndarray, a: Tangent, b: Tangent) -> Tangent:
        tangents = {
            name: np.where(holds, a[1].get(name, zero), b[1].get(name, zero))
            for name in {**a[1], **b[1]}
        }
        return np.where(holds, a[0], b[0]), tangents

    def visit(node: ast.expr) -> Tangent:
        match node:
            case ast.Name(id="pi"):
                return np.float32(np.pi), {}
            case ast.Name(id=name):
                return names[name], {name: one} if name in by else {}
            case ast.Constant(value=value):
                return np.float32(value), {}
            case ast.UnaryOp(operand=operand):
                a = visit(operand)
                return -a[0], chain((a, -one))
            case ast.BinOp(left=left, op=ast.Pow(), right=right):
                return raised(visit(left), visit(right), is_whole(right))
            case ast.BinOp(left=left, op=sign, right=right):
                a, b = visit(left), visit(right)
                match sign:
                    case ast.Add():
                        return a[0] + b[0], chain((a, one), (b, one))
                    case ast.Sub():
                        return a[0] - b[0], chain((a, one), (b, -one))
                    case ast.Mult():
                        return a[0] * b[0], chain((a, b[0]), (b, a[0]))
                    case ast.Div():
                        quotient = a[0] / b[0]
                        return quotient, chain((a, one / b[0]), (b, -quotient / b[0]))
            case ast.Call(args=[ast.Compare(left=left, ops=[sign], comparators=[right]), a, b]):
                holds = _COMPARE[type(sign)](visit(left)[0], visit(right)[0])
                return pick(holds, visit(a), visit(b))
            case ast.Call(func=ast.Name(id="maximum" | "minimum" as name), args=[a, b]):
                first, second = visit(a), visit(b)
                larger = first[0] > second[0] if name == "maximum" else first[0] < second[0]
                return pick(larger, first, second)
            case ast.Call(func=ast.Name(id=name), args=[argument]):
                a = visit(argument)
                value, slope = _FLOAT32[name](a[0])
                return value, chain((a, slope))
        raise TypeError(ast.dump(node))

    def raised(a: Tangent, p: Tangent, whole: bool) -> Tangent:
        if whole:
            n = np.rint(p[0])
            return np.power(a[0], n), chain(
                (a, np.where(n == 0, zero, n * np.power(a[0], n - one)))
            )
        value = np.power(np.maximum(a[0], zero), p[0])
        within = np.where(a[0] > 0, a[0], one)
        by_base = np.where(a[0] > 0, value * p[0] / within, zero)
        by_exponent = np.where(a[0] > 0, value * np.log(within), zero)
        return value, chain((a, by_base), (p, by_exponent))

    with np.errstate(all="ignore"):
        return visit(parse(text).tree)


def _where_positive(a: np.ndarray, slope: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
    return np.where(a > 0, slope(np.where(a > 0, a, np.float32(1))), np.float32(0))


def _logistic(a: np.ndarray) -> np.ndarray:
    return np.float32(1) / (np.float32(1) + np.exp(-a))


_FLOAT32: dict[str, Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]]] = {
    "abs": lambda a: (np.abs(a), np.sign(a)),
    "arcsinh": lambda a: (np.arcsinh(a), 1 / np.sqrt(a * a + 1)),
    "arctan": lambda a: (np.arctan(a), 1 / (a * a + 1)),
    "cos": lambda a: (np.cos(a), -np.sin(a)),
    "exp": lambda a: (np.exp(a), np.exp(a)),
    "expm1": lambda a: (np.expm1(a), np.expm1(a) + 1),
    "log": lambda a: (np.log(np.maximum(a, 0)), _where_positive(a, lambda b: 1 / b)),
    "log1p": lambda a: (np.log1p(a), 1 / (a + 1)),
    "relu": lambda a: (np.maximum(a, 0), np.float32(1) * (a > 0)),
    "sigmoid": lambda a: (_logistic(a), _logistic(a) * (1 - _logistic(a))),
    "sign": lambda a: (np.sign(a), np.float32(0)),
    "sin": lambda a: (np.sin(a), np.cos(a)),
    "softplus": lambda a: (np.logaddexp(a, np.float32(0)), _logistic(a)),
    "sqrt": lambda a: (
        np.sqrt(np.maximum(a, 0)),
        _where_positive(a, lambda b: 1 / (2 * np.sqrt(b))),
    ),
    "tanh": lambda a: (np.tanh(a), 1 - np.tanh(a) ** 2),
}
