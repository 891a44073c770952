"""From formulas to SymPy expressions.

Square roots, logarithms and broken powers become SymPy's own where their argument is proved to be
positive, and the safe functions of `symbols` elsewhere.
"""

import ast
from collections.abc import Callable, Mapping

import sympy

from codegen.math import symbols
from codegen.math.symbols import symbol
from codegen.spec.formula import CONSTANTS, COUNTS, Formula
from codegen.spec.function_models import FunctionSpec
from codegen.spec.models import NeuronSpec

_FUNCTIONS: Mapping[str, Callable[..., sympy.Expr]] = {
    "abs": symbols.absolute,
    "arcsinh": sympy.asinh,
    "arctan": sympy.atan,
    "cos": sympy.cos,
    "exp": sympy.exp,
    "expm1": symbols.expm1,
    "log1p": symbols.log1p,
    "maximum": symbols.maximum,
    "minimum": symbols.minimum,
    "relu": symbols.relu,
    "sigmoid": symbols.sigmoid,
    "sign": symbols.sign,
    "sin": sympy.sin,
    "softplus": symbols.softplus,
    "sum": symbols.total,
    "tanh": sympy.tanh,
}

#: The same of numbers, by SymPy's own names, so that they are numbers again.
_OF_NUMBERS: Mapping[str, Callable[..., sympy.Expr]] = {
    "abs": sympy.Abs,
    "expm1": lambda a: sympy.exp(a) - 1,
    "log1p": lambda a: sympy.log(1 + a),
    "maximum": sympy.Max,
    "minimum": sympy.Min,
    "relu": lambda a: sympy.Max(a, 0),
    "sigmoid": lambda a: 1 / (1 + sympy.exp(-a)),
    "sign": sympy.sign,
    "softplus": lambda a: sympy.log(1 + sympy.exp(a)),
}

_OPERATORS: Mapping[type[ast.operator], Callable[[sympy.Expr, sympy.Expr], sympy.Expr]] = {
    ast.Add: lambda left, right: left + right,
    ast.Sub: lambda left, right: left - right,
    ast.Mult: lambda left, right: left * right,
    ast.Div: lambda left, right: left / right,
}


class Translator:
    """Translates formulas, and remembers what is known of their values."""

    def __init__(self, known: Mapping[str, sympy.Expr]) -> None:
        """`known` gives names as symbols that carry what is known of them."""
        self._numbers: dict[str, sympy.Expr] = {}
        self._known: dict[sympy.Symbol, sympy.Expr] = {symbol(n): e for n, e in known.items()}

    @classmethod
    def of_neuron(cls, spec: NeuronSpec) -> "Translator":
        """What a neuron's spec says of its primitives and parameters."""
        known = {"sq_x": _assumed("sq_x", nonnegative=True)}
        known["sq_w"] = _assumed("sq_w", nonnegative=True)
        known |= {count: _assumed(count, positive=True, integer=True) for count in COUNTS}
        for name, parameter in spec.parameters.items():
            known[name] = _assumed(
                name, positive=parameter.positive or None, integer=parameter.integer or None
            )
        return cls(known)

    @classmethod
    def of_function(cls, spec: FunctionSpec) -> "Translator":
        """What a function's spec says of its arguments."""
        return cls({n: _assumed(n, positive=a.positive or None) for n, a in spec.arguments.items()})

    def formula(self, name: str, formula: Formula) -> sympy.Expr:
        """The expression of a formula whose own formulas were translated before.

        A formula that is a number is written where it is used.
        """
        # SymPy writes the root of a square as its own absolute value.
        expression = self._translate(formula.tree).replace(sympy.Abs, symbols.absolute)
        if expression.is_number:
            self._numbers[name] = expression
            return expression
        self._known[symbol(name)] = self.assumed(expression)
        return expression

    def expression(self, tree: ast.expr) -> sympy.Expr:
        """The expression of a part of a formula that no other formula refers to."""
        return self._translate(tree)

    def assumed(self, expression: sympy.Expr) -> sympy.Expr:
        """The expression written out, over symbols that carry what is known of them."""
        return expression.xreplace(self._known)

    def _is_positive(self, expression: sympy.Expr) -> bool:
        return bool(self.assumed(expression).is_positive)

    def _translate(self, node: ast.expr) -> sympy.Expr:
        match node:
            case ast.Name(id=name):
                return sympy.pi if name in CONSTANTS else self._numbers.get(name, symbol(name))
            case ast.Constant(value=int(value)):
                return sympy.Integer(value)
            case ast.Constant(value=float(value)):
                return sympy.Float(value)
            case ast.BinOp(left=left, op=ast.Pow(), right=right):
                return self._power(self._translate(left), self._translate(right))
            case ast.BinOp(left=left, op=operator, right=right):
                return _OPERATORS[type(operator)](self._translate(left), self._translate(right))
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                return -self._translate(operand)
            case ast.UnaryOp(op=ast.UAdd(), operand=operand):
                return self._translate(operand)
            case ast.Call(func=ast.Name(id="where"), args=[ast.Compare() as test, *branches]):
                return self._choice(test, *map(self._translate, branches))
            case ast.Call(func=ast.Name(id="sqrt"), args=[argument]):
                return self._power(self._translate(argument), sympy.Rational(1, 2))
            case ast.Call(func=ast.Name(id="log"), args=[argument]):
                value = self._translate(argument)
                return (sympy.log if self._is_positive(value) else symbols.safe_log)(value)
            case ast.Call(func=ast.Name(id=name), args=arguments):
                values = [self._translate(argument) for argument in arguments]
                functions = _OF_NUMBERS if all(v.is_number for v in values) else {}
                return functions.get(name, _FUNCTIONS[name])(*values)
        raise TypeError(f"no translation for {ast.dump(node)}")

    def _power(self, base: sympy.Expr, exponent: sympy.Expr) -> sympy.Expr:
        if exponent.is_Float:
            exponent = sympy.Rational(repr(float(exponent)))
        if exponent.is_Integer or base.is_positive:
            return base**exponent
        if base.is_number:
            return sympy.S.Zero
        positive = self._is_positive(base)
        if exponent.is_number:
            if positive:
                return base**exponent
            half = sympy.Rational(1, 2)
            return (
                symbols.safe_sqrt(base) if exponent == half else symbols.safe_power(base, exponent)
            )
        if positive:
            return symbols.positive_power(base, exponent)
        whole = self.assumed(exponent).is_integer
        return (symbols.whole_power if whole else symbols.safe_power)(base, exponent)

    def _choice(self, test: ast.Compare, chosen: sympy.Expr, otherwise: sympy.Expr) -> sympy.Expr:
        left, right = self._translate(test.left), self._translate(test.comparators[0])
        if (ahead := left - right).is_number:
            holds = {ast.Gt: ahead > 0, ast.Lt: ahead < 0, ast.GtE: ahead >= 0}
            return chosen if holds.get(type(test.ops[0]), ahead <= 0) else otherwise
        match test.ops[0]:
            case ast.Gt():
                return symbols.select(left, right, chosen, otherwise)
            case ast.Lt():
                return symbols.select(right, left, chosen, otherwise)
            case ast.GtE():
                return symbols.select(right, left, otherwise, chosen)
        return symbols.select(left, right, otherwise, chosen)


def _assumed(name: str, **assumptions: bool | None) -> sympy.Symbol:
    return sympy.Symbol(name, real=True, **{k: v for k, v in assumptions.items() if v is not None})
