"""PyTorch statements for expressions of arrays of one shape, in memory that exists.

A call takes 1–2 µs whatever it does to a few thousand numbers, so that the number of calls is what
counts: sums of products are `addcmul`, means that a gate weighs are `lerp`. An operation with a
number of Python takes a µs more than one with a tensor without axes, which hold all numbers here.
"""

from collections.abc import Callable, Mapping, Sequence

import sympy

from codegen.frameworks.printing import number
from codegen.math.symbols import sigmoid

_CALLS: Mapping[type[sympy.Function], str] = {
    sympy.tanh: "tanh",
    sympy.exp: "exp",
    sympy.sin: "sin",
    sympy.cos: "cos",
    sigmoid: "sigmoid",
}

_NAMES = {1.0: "one", 2.0: "two"}

Factors = tuple[float, list[sympy.Expr], list[sympy.Expr]]
"""A number, what it is multiplied with, and what it is divided by."""


class ElementwiseWriter:
    """Collects statements, the scratch arrays that they need, and the numbers."""

    def __init__(self, spelled: Callable[[str], str]) -> None:
        """`spelled` says what code calls a value of that name at this step."""
        self.lines: list[str] = []
        self.scratch = 0
        self.numbers: dict[float, str] = {}
        self._spelled = spelled
        self._free: list[str] = []

    def write(self, expression: sympy.Expr, out: str) -> None:
        """Statements that write the expression to `out`, which is not among its operands."""
        self._write(self._cheapest(expression, ElementwiseWriter._write), out)

    def accumulate(self, expression: sympy.Expr, out: str) -> None:
        """Statements that add the expression to `out`."""
        self._accumulate(self._cheapest(expression, ElementwiseWriter._accumulate), out)

    def share(self, argument: sympy.Expr, rho: float, out: str) -> None:
        """Statements that write argument / (rho + argument)."""
        value = self._spelled(argument.name) if argument.is_Symbol else out
        if value == out:
            self.write(argument, out)
        divisor = self._take()
        self._call("add", [value, self.number(rho)], divisor)
        self._call("div", [value, divisor], out)
        self._release(divisor)

    def number(self, value: float) -> str:
        """A tensor without axes that holds the number."""
        name = _NAMES.get(value, f"number_{len(self.numbers)}")
        return self.numbers.setdefault(value, name)

    def _cheapest(
        self,
        expression: sympy.Expr,
        way: "Callable[[ElementwiseWriter, sympy.Expr, str], None]",
    ) -> sympy.Expr:
        """The form of the expression that takes the fewest statements."""

        def cost(form: sympy.Expr) -> int:
            trial = ElementwiseWriter(self._spelled)
            way(trial, form, "out")
            return len(trial.lines)

        forms = [expression, sympy.expand(expression), sympy.factor_terms(expression)]
        return min(dict.fromkeys(forms), key=cost)

    def _accumulate(self, expression: sympy.Expr, out: str) -> None:
        for term in sympy.Add.make_args(expression):
            self._add_term(_factors(term), out)

    def _write(self, expression: sympy.Expr, out: str) -> None:
        if expression == 0:
            self._line(f"{out}.zero_()")
        elif expression.is_number:
            self._line(f"{out}.fill_({number(float(expression))})")
        elif expression.is_Symbol:
            self._line(f"{out}.copy_({self._spelled(expression.name)})")
        elif expression.is_Function:
            argument = self._value(expression.args[0])
            self._call(_CALLS[type(expression)], [argument], out)
            self._release(argument)
        elif expression.is_Add:
            self._sum(expression, out)
        else:
            self._product(_factors(expression), out)

    def _sum(self, expression: sympy.Expr, out: str) -> None:
        if (mean := _weighted_mean(expression)) is not None:
            self._call("lerp", [self._spelled(s.name) for s in mean], out)
            return
        terms = [_factors(term) for term in expression.args]
        terms.sort(key=_start_rank)
        first, second, *rest = terms
        if not first[1] and not first[2]:
            # Numbers come first.
            rest = terms[1:]
            start = self.number(first[0])
            second, *rest = rest
        elif _is_atom(first) and first[0] == 1:
            start = self._value(first[1][0])
        else:
            self._product(first, out)
            for term in terms[1:]:
                self._add_term(term, out)
            return
        if _is_atom(second):
            value = self._value(second[1][0])
            self._scaled("add", [start, value], "alpha", second[0], out)
            self._release(value)
        elif len(second[1]) == 2 and not second[2]:
            left, right = map(self._value, second[1])
            self._scaled("addcmul", [start, left, right], "value", second[0], out)
            self._release(left, right)
        else:
            self._product((second[0], second[1], second[2]), out)
            self._line(f"{out}.add_({start})")
        for term in rest:
            self._add_term(term, out)

    def _add_term(self, term: Factors, out: str) -> None:
        coefficient, above, below = term
        if not above and not below:
            self._line(f"{out}.add_({self.number(coefficient)})")
        elif _is_atom(term):
            value = self._value(above[0])
            self._line(f"{out}.add_({value}{_keyword('alpha', coefficient)})")
            self._release(value)
        else:
            if below or len(above) > 2:
                last = [] if below else above[-1:]
                temporary = self._take()
                self._product((1.0, above[:-1] if last else above, below), temporary)
                if not last:
                    self._line(f"{out}.add_({temporary}{_keyword('alpha', coefficient)})")
                    self._release(temporary)
                    return
                values = [temporary, self._value(last[0])]
            else:
                values = [self._value(f) for f in above]
            keyword = _keyword("value", coefficient)
            self._line(f"{out}.addcmul_({', '.join(values)}{keyword})")
            self._release(*values)

    def _product(self, term: Factors, out: str) -> None:
        coefficient, above, below = term
        above, coefficient = _scaled_factor(above, coefficient)
        once = {f: self._value(f) for f in dict.fromkeys(above)}
        values = [once[f] for f in above]
        if not values:
            divisor = self._value(below[0])
            self._call("div", [self.number(coefficient), divisor], out)
            self._release(divisor)
            below, coefficient = below[1:], 1.0
        elif len(values) == 1:
            if below:
                divisor = self._value(below[0])
                self._call("div", [values[0], divisor], out)
                self._release(divisor)
                below = below[1:]
            else:
                self._call("mul", [values[0], self.number(coefficient)], out)
                coefficient = 1.0
        else:
            self._call("mul", values[:2], out)
        for value in values[2:]:
            self._line(f"{out}.mul_({value})")
        self._release(*values)
        for factor in below:
            divisor = self._value(factor)
            self._line(f"{out}.div_({divisor})")
            self._release(divisor)
        if coefficient != 1:
            self._line(f"{out}.mul_({self.number(coefficient)})")

    def _value(self, expression: sympy.Expr) -> str:
        """The name of an expression's value, computed if it has none."""
        if expression.is_Symbol:
            return self._spelled(expression.name)
        if expression.is_number:
            return self.number(float(expression))
        temporary = self._take()
        self._write(expression, temporary)
        return temporary

    def _scaled(self, call: str, values: list[str], key: str, factor: float, out: str) -> None:
        if call == "add" and factor == -1:
            self._call("sub", values, out)
        else:
            self._line(f"torch.{call}({', '.join(values)}{_keyword(key, factor)}, out={out})")

    def _call(self, call: str, values: Sequence[str], out: str) -> None:
        self._line(f"torch.{call}({', '.join(values)}, out={out})")

    def _line(self, line: str) -> None:
        self.lines.append(line)

    def _take(self) -> str:
        if self._free:
            return self._free.pop()
        self.scratch += 1
        return f"scratch_{self.scratch}"

    def _release(self, *names: str) -> None:
        for name in names:
            if name.startswith("scratch_") and name not in self._free:
                self._free.append(name)


def _keyword(key: str, factor: float) -> str:
    return "" if factor == 1 else f", {key}={number(factor)}"


def _factors(term: sympy.Expr) -> Factors:
    """A product taken apart; powers are written out."""
    coefficient, rest = term.as_coeff_Mul()
    above: list[sympy.Expr] = []
    below: list[sympy.Expr] = []
    for factor in sympy.Mul.make_args(rest):
        if factor == 1:
            continue
        base, exponent = factor.as_base_exp()
        if not exponent.is_Integer:
            base, exponent = factor, sympy.S.One
        (above if exponent > 0 else below).extend([base] * abs(int(exponent)))
    return float(coefficient), above, below


def _is_atom(term: Factors) -> bool:
    """Whether it is a number times one value, which `alpha` takes."""
    return len(term[1]) == 1 and not term[2]


def _start_rank(term: Factors) -> tuple[int, bool]:
    """What a sum begins with: a number, then a value as it is, then the shortest product."""
    coefficient, above, below = term
    if not above and not below:
        return 0, False
    if _is_atom(term):
        return (1 if coefficient == 1 else 2), not above[0].is_Symbol
    return 3 + len(above) + len(below), coefficient != 1


def _scaled_factor(above: list[sympy.Expr], coefficient: float) -> tuple[list[sympy.Expr], float]:
    """Put the coefficient of a product into a factor such as 1 - z, where it costs nothing."""
    for i, factor in enumerate(above):
        constant, rest = factor.as_coeff_Add()
        if coefficient != 1 and constant != 0 and rest.as_coeff_Mul()[1].is_Symbol:
            scaled = sympy.expand(sympy.nsimplify(coefficient) * factor)
            return [*above[:i], scaled, *above[i + 1 :]], 1.0
    return above, coefficient


def _weighted_mean(expression: sympy.Expr) -> tuple[sympy.Symbol, ...] | None:
    """(start, end, weight) of start + weight · (end - start), if it is one."""
    expanded = sympy.expand(expression)
    for weight in sorted(expanded.free_symbols, key=lambda s: s.name):
        start = expanded.coeff(weight, 0)
        end = sympy.expand(expanded.coeff(weight, 1) + start)
        is_mean = start.is_Symbol and end.is_Symbol and weight not in (start, end)
        if is_mean and sympy.expand(start + weight * (end - start) - expanded) == 0:
            return start, end, weight
    return None
