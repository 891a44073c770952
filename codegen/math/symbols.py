"""The functions of formulas as SymPy functions, and one symbol per name.

Where SymPy's own function differentiates as code should, it is used. The classes here have other
derivatives: 0 at a kink, 0 where the argument has left the domain, never NaN.
"""

import math
from collections.abc import Callable, Mapping

import sympy

from codegen.spec.evaluate import UNARY, power


class RealFunction(sympy.Function):
    """A function of real arguments with real values."""

    is_real = True

    def _eval_evalf(self, prec: int) -> sympy.Float | None:
        """The value at numbers, which SymPy asks for where a formula contains `relu(2)`."""
        if not all(a.is_number for a in self.args):
            return None
        function = _VALUES.get(type(self).__name__) or UNARY[type(self).__name__]
        return sympy.Float(function(*map(float, self.args)), precision=prec)


class Switch(RealFunction):
    """1 or 0, by the sign of the argument: what chooses between the derivatives of two pieces."""

    is_nonnegative = True

    def fdiff(self, argindex: int = 1) -> sympy.Expr:
        return sympy.S.Zero


class step(Switch):
    """1 where the argument is positive, 0 elsewhere: the derivative of `relu`, 0 at the kink."""

    @classmethod
    def eval(cls, argument: sympy.Expr) -> sympy.Expr | None:
        """Of a number, the number."""
        return sympy.Integer(bool(argument > 0)) if argument.is_number else None


class rest(Switch):
    """1 − `step`: 0 where the argument is positive, 1 elsewhere."""

    @classmethod
    def eval(cls, argument: sympy.Expr) -> sympy.Expr | None:
        """Of a number, the number."""
        return sympy.Integer(bool(argument <= 0)) if argument.is_number else None


class relu(RealFunction):
    """max(argument, 0)."""

    is_nonnegative = True

    def fdiff(self, argindex: int = 1) -> sympy.Expr:
        return step(self.args[0])


class sign(RealFunction):
    """−1, 0 or 1; its derivative is 0 everywhere."""

    def fdiff(self, argindex: int = 1) -> sympy.Expr:
        return sympy.S.Zero


class absolute(RealFunction):
    """The absolute value; its derivative is `sign`, of an argument known to be real or not."""

    is_nonnegative = True

    def fdiff(self, argindex: int = 1) -> sympy.Expr:
        return sign(self.args[0])


class softplus(RealFunction):
    """log(1 + exp(argument))."""

    is_positive = True

    def fdiff(self, argindex: int = 1) -> sympy.Expr:
        return sigmoid(self.args[0])


class sigmoid(RealFunction):
    """1 / (1 + exp(−argument))."""

    is_positive = True

    def fdiff(self, argindex: int = 1) -> sympy.Expr:
        return self * (1 - self)


class log1p(RealFunction):
    """log(1 + argument)."""

    def fdiff(self, argindex: int = 1) -> sympy.Expr:
        return 1 / (1 + self.args[0])

    def _eval_is_nonnegative(self) -> bool | None:
        return True if self.args[0].is_nonnegative else None

    def _eval_is_positive(self) -> bool | None:
        return True if self.args[0].is_positive else None


class expm1(RealFunction):
    """exp(argument) − 1."""

    def fdiff(self, argindex: int = 1) -> sympy.Expr:
        return 1 + self

    def _eval_is_nonnegative(self) -> bool | None:
        return True if self.args[0].is_nonnegative else None


class maximum(RealFunction):
    """The larger of two; where they are equal, the derivative is that of the second."""

    def fdiff(self, argindex: int = 1) -> sympy.Expr:
        return (step if argindex == 1 else rest)(self.args[0] - self.args[1])

    def _eval_is_nonnegative(self) -> bool | None:
        return True if any(a.is_nonnegative for a in self.args) else None

    def _eval_is_positive(self) -> bool | None:
        return True if any(a.is_positive for a in self.args) else None


class minimum(RealFunction):
    """The smaller of two; where they are equal, the derivative is that of the second."""

    def fdiff(self, argindex: int = 1) -> sympy.Expr:
        return (step if argindex == 1 else rest)(self.args[1] - self.args[0])

    def _eval_is_nonnegative(self) -> bool | None:
        return True if all(a.is_nonnegative for a in self.args) else None

    def _eval_is_positive(self) -> bool | None:
        return True if all(a.is_positive for a in self.args) else None


class select(RealFunction):
    """select(a, b, x, y) is x where a > b, and y elsewhere."""

    def fdiff(self, argindex: int = 1) -> sympy.Expr:
        left, right, *_ = self.args
        switches = {3: step, 4: rest}
        return switches[argindex](left - right) if argindex in switches else sympy.S.Zero

    def _eval_is_nonnegative(self) -> bool | None:
        return True if all(a.is_nonnegative for a in self.args[2:]) else None

    def _eval_is_positive(self) -> bool | None:
        return True if all(a.is_positive for a in self.args[2:]) else None


class inverse(RealFunction):
    """1 / argument where that is positive, 0 elsewhere."""

    is_nonnegative = True


class positive_log(RealFunction):
    """The logarithm where the argument is positive, 0 elsewhere."""


class safe_sqrt(RealFunction):
    """√ of an argument of which nobody knows that it is positive: what is not, counts as 0."""

    is_nonnegative = True

    def fdiff(self, argindex: int = 1) -> sympy.Expr:
        return inverse(self) / 2


class safe_log(RealFunction):
    """The logarithm likewise: −∞ where the argument is not positive, with derivative 0."""

    def fdiff(self, argindex: int = 1) -> sympy.Expr:
        return inverse(self.args[0])


class Power(RealFunction):
    """base ** exponent; subclasses differ in what they know of the two."""


class safe_power(Power):
    """A power that is not whole: a base that is not positive counts as 0, with derivative 0."""

    is_nonnegative = True

    def fdiff(self, argindex: int = 1) -> sympy.Expr:
        base, exponent = self.args
        return self * (exponent * inverse(base) if argindex == 1 else positive_log(base))


class positive_power(Power):
    """A power of a positive base."""

    is_positive = True

    def fdiff(self, argindex: int = 1) -> sympy.Expr:
        base, exponent = self.args
        return self * (exponent / base if argindex == 1 else sympy.log(base))


class whole_power(Power):
    """A whole power, of a base of either sign; the exponent is not trained."""

    def fdiff(self, argindex: int = 1) -> sympy.Expr:
        base, exponent = self.args
        return exponent * whole_power(base, exponent - 1) if argindex == 1 else sympy.S.Zero


class total(RealFunction):
    """The sum of an array along an axis, which stays as an axis of length 1."""

    def _eval_is_nonnegative(self) -> bool | None:
        return True if self.args[0].is_nonnegative else None


class softmax(RealFunction):
    """softmax(u, v, axis) is exp(u) / (exp(v) + total(exp(u), axis)): the softmax of u and one
    more logit v, which is left out of the result."""

    is_nonnegative = True


#: Values of the functions that no formula calls by their name, or that have several arguments.
_VALUES: Mapping[str, Callable[..., float]] = {
    "step": lambda x: float(x > 0),
    "rest": lambda x: float(not x > 0),
    "absolute": abs,
    "inverse": lambda x: 1 / x if x > 0 else 0.0,
    "positive_log": lambda x: math.log(x) if x > 0 else 0.0,
    "safe_sqrt": UNARY["sqrt"],
    "safe_log": UNARY["log"],
    "maximum": max,
    "minimum": min,
    "select": lambda left, right, chosen, otherwise: chosen if left > right else otherwise,
    **dict.fromkeys(("safe_power", "positive_power", "whole_power"), power),
}


def symbol(name: str) -> sympy.Symbol:
    """The symbol of a name; all quantities of a spec are real."""
    return sympy.Symbol(name, real=True)
