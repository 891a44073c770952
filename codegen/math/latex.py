"""The formula as LaTeX, in the field's notation."""

from collections.abc import Mapping

import sympy
from sympy.printing.latex import LatexPrinter

from codegen.math.function import FunctionMath
from codegen.math.neuron import NeuronMath
from codegen.math.symbols import relu, step, symbol

#: ‖w − x‖²; no name of a spec is spelt like this.
DISTANCE = symbol("D²")

_SYMBOLS = {
    "dot": r"\langle w, x\rangle",
    "sq_x": r"\lVert x\rVert^2",
    "sq_w": r"\lVert w\rVert^2",
    "bias": "b",
    "epsilon": r"\varepsilon",
    "inputs": "n",
    "units": "m",
    DISTANCE.name: r"\lVert w - x\rVert^2",
}


def with_distance(expression: sympy.Expr) -> sympy.Expr:
    """The expression with `DISTANCE` for ‖x‖² + ‖w‖² − 2⟨w, x⟩.

    In exact arithmetic that is ‖w − x‖² and never negative, and `relu` around it guards against
    rounding alone, so that it is left unsaid.
    """
    dot, sq_x, sq_w = (symbol(n) for n in ("dot", "sq_x", "sq_w"))
    x, w = sympy.symbols("x w", real=True)
    expanded = sympy.expand((w - x) ** 2).subs({x * w: dot, x**2: sq_x, w**2: sq_w})
    return expression.subs({relu(expanded): DISTANCE, step(expanded): step(DISTANCE)})


def response_latex(math: NeuronMath) -> str:
    """`y = …` with intermediate formulas written out and the clamp of the distance left unsaid."""
    return f"y = {latex(with_distance(math.response))}"


def function_latex(math: FunctionMath) -> str:
    """`f(x) = …` as it is defined, with intermediate formulas written out."""
    subscripts = {"x": "x"} if math.is_elementwise else {"x": "x_i"}
    left = "f(x)" if math.is_elementwise else "f(x)_i"
    names = {symbol(n): s for n, s in subscripts.items()}
    return f"{left} = {latex(math.defined, names)}"


def latex(expression: sympy.Expr, names: Mapping[sympy.Symbol, str] | None = None) -> str:
    """Any expression of `symbols`; `names` are spellings of symbols beside the usual ones."""
    usual = {symbol(k): v for k, v in _SYMBOLS.items()}
    return str(Printer({"symbol_names": usual | dict(names or {})}).doprint(expression))


class Printer(LatexPrinter):
    """Knows the functions that SymPy does not; methods are called by the function's name."""

    def _written(self, text: str, exponent: str | None) -> str:
        """Text as a whole, to a power if there is one."""
        return text if exponent is None else rf"\left({text}\right)^{{{exponent}}}"

    def _named(self, name: str, expr: sympy.Expr, exp: str | None) -> str:
        arguments = ", ".join(map(self._print, expr.args))
        return self._written(rf"{name}\left({arguments}\right)", exp)

    def _print_relu(self, expr: sympy.Expr, exp: str | None = None) -> str:
        return self._written(rf"\max\left({self._print(expr.args[0])}, 0\right)", exp)

    def _print_step(self, expr: sympy.Expr, exp: str | None = None) -> str:
        return self._written(rf"\left[{self._print(expr.args[0])} > 0\right]", exp)

    def _print_rest(self, expr: sympy.Expr, exp: str | None = None) -> str:
        return self._written(rf"\left[{self._print(expr.args[0])} \leq 0\right]", exp)

    def _print_sign(self, expr: sympy.Expr, exp: str | None = None) -> str:
        return self._named(r"\operatorname{sign}", expr, exp)

    def _print_absolute(self, expr: sympy.Expr, exp: str | None = None) -> str:
        return self._written(rf"\left|{{{self._print(expr.args[0])}}}\right|", exp)

    def _print_sigmoid(self, expr: sympy.Expr, exp: str | None = None) -> str:
        return self._named(r"\sigma", expr, exp)

    def _print_softplus(self, expr: sympy.Expr, exp: str | None = None) -> str:
        argument = self._print(expr.args[0])
        return self._written(rf"\log\left(1 + e^{{{argument}}}\right)", exp)

    def _print_log1p(self, expr: sympy.Expr, exp: str | None = None) -> str:
        return self._written(rf"\log\left(1 + {self._print(expr.args[0])}\right)", exp)

    def _print_expm1(self, expr: sympy.Expr, exp: str | None = None) -> str:
        return self._written(rf"\left(e^{{{self._print(expr.args[0])}}} - 1\right)", exp)

    def _print_maximum(self, expr: sympy.Expr, exp: str | None = None) -> str:
        return self._named(r"\max", expr, exp)

    def _print_minimum(self, expr: sympy.Expr, exp: str | None = None) -> str:
        return self._named(r"\min", expr, exp)

    def _print_total(self, expr: sympy.Expr, exp: str | None = None) -> str:
        inner = self._print(expr.args[0]).replace("x_i", "x_j")
        return self._written(rf"\sum_j {inner}", exp)

    def _print_select(self, expr: sympy.Expr, exp: str | None = None) -> str:
        left, right, chosen, otherwise = map(self._print, expr.args)
        cases = rf"{chosen} & \text{{if }} {left} > {right} \\ {otherwise} & \text{{otherwise}}"
        return self._written(rf"\begin{{cases}} {cases} \end{{cases}}", exp)

    def _print_inverse(self, expr: sympy.Expr, exp: str | None = None) -> str:
        return self._written(rf"\frac{{1}}{{{self._print(expr.args[0])}}}", exp)

    def _print_positive_log(self, expr: sympy.Expr, exp: str | None = None) -> str:
        return self._named(r"\log", expr, exp)

    def _print_safe_log(self, expr: sympy.Expr, exp: str | None = None) -> str:
        return self._named(r"\log", expr, exp)

    def _print_safe_sqrt(self, expr: sympy.Expr, exp: str | None = None) -> str:
        return self._written(rf"\sqrt{{{self._print(expr.args[0])}}}", exp)

    def _print_Power(self, expr: sympy.Expr, exp: str | None = None) -> str:
        return self._written(self._print(sympy.Pow(*expr.args, evaluate=False)), exp)

    # SymPy looks up functions by their own name, not by their base class.
    _print_safe_power = _print_positive_power = _print_whole_power = _print_Power
