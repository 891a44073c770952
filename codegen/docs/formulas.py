"""Formulas as a mathematician writes them: LaTeX from the expressions of a neuron.

What the code does beside the mathematics is left unsaid here and said in words: the clamp of the
squared distance guards against rounding alone, and the safe functions are the plain ones wherever
these are defined.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import sympy
from sympy.printing.latex import greek_letters_set

from codegen.math import symbols
from codegen.math.latex import Printer
from codegen.math.neuron import NeuronMath
from codegen.math.symbols import relu, step, symbol
from codegen.plans.layer import NeuronPlan

_DISTANCE = sympy.Symbol("distance", positive=True)
_DOT, _SQ_X, _SQ_W = (symbol(n) for n in ("dot", "sq_x", "sq_w"))
_EXPANDED = sympy.Add(_SQ_X, _SQ_W, sympy.Mul(-2, _DOT))

_NOTATION = {
    "dot": r"\left\langle w, x\right\rangle",
    "sq_x": r"\left\lVert x\right\rVert^{2}",
    "sq_w": r"\left\lVert w\right\rVert^{2}",
    "distance": r"\left\lVert w - x\right\rVert^{2}",
    "bias": "b",
    "inputs": r"n_{\text{in}}",
    "units": r"n_{\text{out}}",
    "epsilon": r"\varepsilon",
}
_GREEK = frozenset(greek_letters_set) - {"omicron"}


def name_latex(name: str) -> str:
    """A name of the spec: its letter, or the word set upright."""
    if name in _NOTATION:
        return _NOTATION[name]
    if name in _GREEK:
        return rf"\{name}"
    head, _, index = name.partition("_")
    if index and (head in _GREEK or head == "epsilon" or len(head) == 1):
        return rf"{name_latex(head)}_{{\text{{{index}}}}}"
    return name if len(name) == 1 else rf"\text{{{name}}}"


class _Ranked(Printer):
    """SymPy's printer for symbols whose names begin with their rank."""

    def _print_Symbol(self, expr: sympy.Symbol, style: str = "plain") -> str:
        return name_latex(expr.name[1:])

    def _as_ordered_terms(self, expr: sympy.Expr, order: str | None = None) -> list[sympy.Expr]:
        """What depends on the input first, then what is added to it, then numbers; but no minus
        sign in front where something else could stand there."""
        terms = sorted(super()._as_ordered_terms(expr, order=order), key=_rank)
        return sorted(terms, key=lambda term: term is not _first(terms))


def _first(terms: list[sympy.Expr]) -> sympy.Expr:
    return next((t for t in terms if not t.could_extract_minus_sign()), terms[0])


def _rank(term: sympy.Expr) -> int:
    ranks = {s.name[0] for s in term.free_symbols}
    return 0 if ranks - {"0"} else 1 if ranks else 2


def plain(expression: sympy.Expr) -> sympy.Expr:
    """The expression where everything is defined, with the distance as one symbol."""
    square = sympy.Wild("a")
    expression = expression.xreplace({relu(_EXPANDED): _DISTANCE, step(_EXPANDED): sympy.S.One})
    rules = [
        (symbols.inverse(square), 1 / square),
        (symbols.positive_log(square), sympy.log(square)),
        (symbols.safe_log(square), sympy.log(square)),
        (symbols.safe_sqrt(square), sympy.sqrt(square)),
    ]
    for pattern, replacement in rules:
        expression = expression.replace(pattern, replacement)
    return expression.replace(lambda e: isinstance(e, symbols.Power), lambda e: sympy.Pow(*e.args))


def is_distance(formula: sympy.Expr) -> bool:
    """Whether a formula is the squared distance, guarded against rounding."""
    return bool(formula == relu(_EXPANDED))


@dataclass(frozen=True)
class Derivative:
    """A partial derivative, and the operand it belongs to."""

    operand: str
    latex: str


@dataclass(frozen=True)
class Formulas:
    """What a page shows of a neuron's mathematics."""

    plan: NeuronPlan

    @property
    def math(self) -> NeuronMath:
        return self.plan.math

    def latex(self, expression: sympy.Expr) -> str:
        """An expression over the spec's names: factors are parameters, then formulas, then
        primitives."""
        formulas = list(self.math.formulas)
        ranks = {n: "0" for n in self.math.settings} | {n: "1" for n in formulas}
        ranked = {
            s: sympy.Symbol(ranks.get(s.name, "2") + s.name, real=True)
            for s in expression.free_symbols
        }
        printer = _Ranked({"inv_trig_style": "full"})
        return str(printer.doprint(expression.xreplace(ranked)))

    @cached_property
    def response(self) -> str:
        """The response with everything written out."""
        return f"{self._call} = {self.latex(plain(self.math.response))}"

    @cached_property
    def intermediate(self) -> tuple[str, ...]:
        """One equation per formula of the spec that is not the response itself."""
        named = {
            n: f
            for n, f in self.math.formulas.items()
            if n != "response" and symbol(n) not in self._distances
        }
        equations = [f"{name_latex(n)} = {self._named(f)}" for n, f in named.items()]
        if equations:
            equations.append(f"y = {self._named(self.math.formulas['response'])}")
        return tuple(equations)

    @cached_property
    def derivatives(self) -> tuple[Derivative, ...]:
        """The partial derivatives over the names of the intermediate formulas."""
        partials = self._partials()
        return tuple(
            Derivative(
                n,
                rf"\frac{{\partial y}}{{\partial {self._operand(n)}}} = "
                f"{self._shortest(partials.get(n, sympy.S.Zero))}",
            )
            for n in self.math.differentiable
        )

    @cached_property
    def notes(self) -> tuple[str, ...]:
        """What the code does where the formulas as shown are not defined or not exact."""
        everything = sympy.Tuple(*self.math.formulas.values())
        derived = sympy.Tuple(*(self.math.response.diff(symbol(n)) for n in self.math.primitives))
        notes = []
        if everything.has(relu(_EXPANDED)):
            notes.append(
                "The squared distance is computed from the products and cut off at 0, where "
                "rounding could make it negative; there its own gradient is exactly 0."
            )
        if everything.has(symbols.safe_sqrt, symbols.safe_log, symbols.safe_power):
            notes.append(
                "The argument of a root, logarithm or broken power counts as 0 where it is not "
                "positive, and its derivative there is 0."
            )
        if derived.replace(step(_EXPANDED), sympy.S.One).has(step):
            notes.append("A bracket [ … ] is 1 where the condition in it holds, and 0 elsewhere.")
        return tuple(notes)

    def setting(self, name: str, value: float) -> str:
        """An equation that gives an operand its value."""
        text = f"{value:.3g}"
        if "e" in text:
            mantissa, exponent = text.split("e")
            factor = "" if mantissa == "1" else rf"{mantissa} \cdot "
            text = f"{factor}10^{{{int(exponent)}}}"
        return f"{name_latex(name)} = {text}"

    @property
    def _call(self) -> str:
        sign = self.plan.spec.symbol
        return "y" if sign is None else rf"\text{{{sign}}}\left(w, x\right)"

    def _operand(self, name: str) -> str:
        return name_latex(name)

    def _named(self, formula: sympy.Expr) -> str:
        return self.latex(plain(formula.xreplace(self._distances)))

    @cached_property
    def _distances(self) -> Mapping[sympy.Expr, sympy.Expr]:
        """Names of the spec that stand for the squared distance, which has a notation."""
        names = [n for n, f in self.math.formulas.items() if is_distance(f)]
        return {symbol(n): _DISTANCE for n in names}

    def _partials(self) -> dict[str, sympy.Expr]:
        """The chain rule from the response backwards, products left as they are."""
        received: dict[str, sympy.Expr] = {"response": sympy.S.One}
        for name, formula in reversed(self.math.formulas.items()):
            adjoint = received.pop(name)
            for used in sorted(formula.free_symbols, key=lambda s: s.name):
                local = plain(formula.diff(used).xreplace(self._distances))
                received[used.name] = received.get(used.name, sympy.S.Zero) + adjoint * local
        return received

    def _shortest(self, expression: sympy.Expr) -> str:
        """The shortest of a few ways to write the same."""
        forms = [expression, sympy.factor_terms(expression), sympy.powsimp(expression)]
        if sympy.count_ops(expression) < 60:
            forms += [sympy.factor(expression), sympy.expand_mul(expression)]
        return min((self.latex(form) for form in forms), key=len)
