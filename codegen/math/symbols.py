"""Formulas as SymPy expressions: one symbol per name, one function per spec function."""

import ast

import sympy

from codegen.spec.formula import Formula


class step(sympy.Function):
    """1 where the argument is positive, 0 elsewhere: the derivative of `relu`, 0 at the kink."""

    def fdiff(self, argindex: int = 1) -> sympy.Expr:
        return sympy.S.Zero


class relu(sympy.Function):
    """max(argument, 0)."""

    def fdiff(self, argindex: int = 1) -> sympy.Expr:
        return step(self.args[0])

    def _latex(self, printer: object) -> str:
        return rf"\max\left({sympy.latex(self.args[0])}, 0\right)"


class softplus(sympy.Function):
    """log(1 + exp(argument))."""

    def fdiff(self, argindex: int = 1) -> sympy.Expr:
        return 1 / (1 + sympy.exp(-self.args[0]))


_FUNCTIONS = {
    "abs": sympy.Abs,
    "exp": sympy.exp,
    "log": sympy.log,
    "maximum": sympy.Max,
    "minimum": sympy.Min,
    "relu": relu,
    "sign": sympy.sign,
    "softplus": softplus,
    "sqrt": sympy.sqrt,
}

_OPERATORS = {
    ast.Add: lambda left, right: left + right,
    ast.Sub: lambda left, right: left - right,
    ast.Mult: lambda left, right: left * right,
    ast.Div: lambda left, right: left / right,
    ast.Pow: lambda left, right: left**right,
}


def symbol(name: str) -> sympy.Symbol:
    """The symbol of a name; all quantities of a spec are real."""
    return sympy.Symbol(name, real=True)


def to_sympy(formula: Formula) -> sympy.Expr:
    """Translate a validated formula, node by node."""
    return _translate(formula.tree)


def _translate(node: ast.expr) -> sympy.Expr:
    match node:
        case ast.Name(id=name):
            return symbol(name)
        case ast.Constant(value=int(value)):
            return sympy.Integer(value)
        case ast.Constant(value=float(value)):
            return sympy.Float(value)
        case ast.BinOp(left=left, op=operator, right=right):
            return _OPERATORS[type(operator)](_translate(left), _translate(right))
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return -_translate(operand)
        case ast.UnaryOp(op=ast.UAdd(), operand=operand):
            return _translate(operand)
        case ast.Call(func=ast.Name(id=name), args=arguments):
            return _FUNCTIONS[name](*map(_translate, arguments))
    raise TypeError(f"no translation for {ast.dump(node)}")
