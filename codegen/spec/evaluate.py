"""The value of a formula at given numbers: what its functions mean, in plain Python.

Nothing is run but the arithmetic written here. The loader asks for values to refuse what has none:
a division by what is always 0, a constant beyond the range of floating-point numbers, a parameter
that cancels out.
"""

import ast
import math
from collections.abc import Callable, Mapping

#: Functions of one number; at the edge of a domain, what the language says of it.
UNARY: Mapping[str, Callable[[float], float]] = {
    "abs": abs,
    "arcsinh": math.asinh,
    "arctan": math.atan,
    "cos": math.cos,
    "exp": math.exp,
    "expm1": math.expm1,
    "log": lambda x: -math.inf if x <= 0 else math.log(x),
    "log1p": lambda x: -math.inf if x <= -1 else math.log1p(x),
    "relu": lambda x: max(x, 0.0),
    "sigmoid": lambda x: (1 + math.tanh(x / 2)) / 2,
    "sign": lambda x: float((x > 0) - (x < 0)),
    "sin": math.sin,
    "softplus": lambda x: max(x, 0.0) + math.log1p(math.exp(-abs(x))),
    "sqrt": lambda x: math.sqrt(max(x, 0.0)),
    "tanh": math.tanh,
}

_BINARY: Mapping[type[ast.operator], Callable[[float, float], float]] = {
    ast.Add: lambda left, right: left + right,
    ast.Sub: lambda left, right: left - right,
    ast.Mult: lambda left, right: left * right,
    ast.Div: lambda left, right: left / right,
    ast.FloorDiv: lambda left, right: left // right,
    ast.Mod: lambda left, right: left % right,
    ast.Pow: lambda base, exponent: power(base, exponent),
}

_COMPARISONS: Mapping[type[ast.cmpop], Callable[[float, float], bool]] = {
    ast.Gt: lambda left, right: left > right,
    ast.GtE: lambda left, right: left >= right,
    ast.Lt: lambda left, right: left < right,
    ast.LtE: lambda left, right: left <= right,
}


def evaluate(node: ast.expr, values: Mapping[str, float]) -> float:
    """The value of an expression where names have these values.

    Raises `ArithmeticError` where it has none: at a division by 0, beyond the largest number.
    """
    match node:
        case ast.Constant(value=int() | float() as value):
            return float(value)
        case ast.Name(id=name):
            return math.pi if name == "pi" else values[name]
        case ast.UnaryOp(op=operator, operand=operand):
            sign = -1 if isinstance(operator, ast.USub) else 1
            return sign * evaluate(operand, values)
        case ast.BinOp(left=first, op=binary, right=second):
            return _BINARY[type(binary)](evaluate(first, values), evaluate(second, values))
        case ast.Call(func=ast.Name(id="maximum"), args=arguments):
            return max(evaluate(a, values) for a in arguments)
        case ast.Call(func=ast.Name(id="minimum"), args=arguments):
            return min(evaluate(a, values) for a in arguments)
        case ast.Call(func=ast.Name(id="where"), args=[ast.Compare() as test, chosen, otherwise]):
            left, right = evaluate(test.left, values), evaluate(test.comparators[0], values)
            holds = _COMPARISONS[type(test.ops[0])](left, right)
            return evaluate(chosen if holds else otherwise, values)
        case ast.Call(func=ast.Name(id=name), args=[argument]):
            try:
                return float(UNARY[name](evaluate(argument, values)))
            except ValueError as error:  # Python's word for the sine of infinity
                raise ArithmeticError(str(error)) from None
    raise TypeError(f"no value for {ast.dump(node)}")


def power(base: float, exponent: float) -> float:
    """base ** exponent; a base below 0 counts as 0 where the exponent is not whole."""
    return float((base if base > 0 or exponent % 1 == 0 else 0.0) ** exponent)
