"""Formulas as Unicode text of several lines, for a terminal."""

from collections.abc import Iterator
from contextlib import contextmanager

import sympy
from sympy.printing.pretty.pretty import PrettyPrinter
from sympy.printing.pretty.pretty_symbology import pretty_symbol, pretty_use_unicode
from sympy.printing.pretty.stringpict import prettyForm

from codegen.math import symbols
from codegen.math.latex import DISTANCE, with_distance

#: Names that stand for what the field writes with more than one sign.
_NORMS = {"sq_x": "‖x‖²", "sq_w": "‖w‖²", DISTANCE.name: "‖w − x‖²"}
_NOTATION = {"dot": "⟨w, x⟩"} | _NORMS


def notation(name: str) -> str:
    """How a name is written in formulas: Greek letters, ⟨w, x⟩ and norms as such."""
    with _unicode():
        return _NOTATION.get(name) or str(pretty_symbol(name))


def formula_text(left: str, expression: sympy.Expr, width: int) -> str:
    """`left = expression`; a sum that is too wide has each of its terms on lines of its own."""
    with _unicode():
        printer = _Printer({"use_unicode": True, "wrap_line": False})
        shown = _with_brackets(with_distance(expression))
        whole = printer._print(shown)
        beginning = f"{left} = "
        if len(beginning) + whole.width() <= width:
            return _rendered(beginning, whole, width)
        indent = " " * (len(beginning) - 2)
        texts: list[str] = []
        for term in shown.as_ordered_terms():
            negative = term.could_extract_minus_sign()
            sign = "- " if negative else "+ "
            start = indent + sign if texts else beginning + "-" * negative
            texts.append(_rendered(start, printer._print(-term if negative else term), width))
        return "\n".join(texts)


@contextmanager
def _unicode() -> Iterator[None]:
    """SymPy decides by the encoding of a terminal that may not be there."""
    before = pretty_use_unicode(True)
    try:
        yield
    finally:
        pretty_use_unicode(before)


def _rendered(beginning: str, picture: prettyForm, width: int) -> str:
    picture = prettyForm(*prettyForm(beginning).right(picture))
    text = picture.render(wrap_line=True, num_columns=width, use_unicode=True)
    return "\n".join(line.rstrip() for line in text.splitlines())


def _with_brackets(expression: sympy.Expr) -> sympy.Expr:
    """What is 0 where its argument is not positive, as a product with Iverson's bracket."""
    step = symbols.step
    expression = expression.replace(symbols.inverse, lambda a: step(a) / a)
    return expression.replace(symbols.positive_log, lambda a: step(a) * sympy.log(a))


class _Printer(PrettyPrinter):
    """SymPy's, with the functions of the language in the field's notation."""

    def _print_Symbol(self, expression: sympy.Symbol) -> prettyForm:
        name = expression.name
        # A squared norm bears an exponent already: its powers need parentheses.
        binding = prettyForm.POW if name in _NORMS else prettyForm.ATOM
        return prettyForm(notation(name), binding=binding)

    def _print_step(self, expression: symbols.step) -> prettyForm:
        """Iverson's bracket: 1 where the condition holds, 0 elsewhere."""
        inside = prettyForm(*self._print(expression.args[0]).right(" > 0"))
        return prettyForm(*inside.parens("[", "]"), binding=prettyForm.ATOM)

    def _print_rest(self, expression: symbols.rest) -> prettyForm:
        """The bracket of the contrary."""
        inside = prettyForm(*self._print(expression.args[0]).right(" ≤ 0"))
        return prettyForm(*inside.parens("[", "]"), binding=prettyForm.ATOM)

    def _print_absolute(self, expression: symbols.absolute) -> prettyForm:
        return self._print(sympy.Abs(expression.args[0]))

    def _print_expm1(self, expression: symbols.expm1) -> prettyForm:
        """Its name ends in a number that is no subscript."""
        arguments = prettyForm(*self._print(expression.args[0]).parens())
        return prettyForm(*arguments.left("expm1"), binding=prettyForm.FUNC)

    def _print_total(self, expression: symbols.total) -> prettyForm:
        """A sum along the axis."""
        inside = prettyForm(*self._print(expression.args[0]).parens())
        return prettyForm(*inside.left("Σ"), binding=prettyForm.FUNC)

    def _print_softmax(self, expression: symbols.softmax) -> prettyForm:
        """Of logits and one more, which has no result of its own."""
        inside = prettyForm(*self._print_seq(expression.args[:2], delimiter="; ").parens())
        return prettyForm(*inside.left("softmax"), binding=prettyForm.FUNC)

    def _print_safe_log(self, expression: symbols.safe_log) -> prettyForm:
        return self._print(sympy.log(expression.args[0]))

    def _print_safe_sqrt(self, expression: symbols.safe_sqrt) -> prettyForm:
        return self._print(sympy.sqrt(expression.args[0]))

    def _print_Power(self, expression: symbols.Power) -> prettyForm:
        return self._print(sympy.Pow(*expression.args, evaluate=False))

    # Printers of SymPy look up functions by their own name, not by their base class.
    _print_safe_power = _print_positive_power = _print_whole_power = _print_Power

    def _print_select(self, expression: symbols.select) -> prettyForm:
        left, right, chosen, otherwise = expression.args
        return self._print(sympy.Piecewise((chosen, left > right), (otherwise, True)))
