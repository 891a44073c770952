"""The bias at which a neuron has a wished-for response before it is trained."""

from dataclasses import dataclass

import sympy
from sympy.printing.codeprinter import PrintMethodNotImplementedError
from sympy.printing.pycode import pycode

from codegen.math.neuron import NeuronMath
from codegen.math.symbols import relu, symbol
from codegen.spec.models import NeuronSpec, ParameterSpec


class NoStartError(Exception):
    """No parameter can bring the response to a number; says why."""


@dataclass(frozen=True)
class Start:
    """A parameter, and its value at which the response to an input that is orthogonal to the kernel
    is `response`: a formula of `response`, ‖x‖², ‖w‖² and the parameters that all units share."""

    parameter: str
    value: sympy.Expr


def start(math: NeuronMath) -> Start:
    """Solve the response for the parameter that every unit has of its own.

    Other parameters of every unit are at their own start. Of several solutions the largest is
    meant, where the response is 1/2 and all other names are 1: Yat's bias may have either sign, and
    is not negative.

    Raises:
        NoStartError: The neuron has no such parameter, or SymPy finds no solution.
    """
    spec = math.spec
    name = next((n for n, p in spec.parameters.items() if _is_free(p)), None)
    if name is None:
        raise NoStartError(
            f"neuron {spec.neuron!r} has no trained parameter of every unit, of either sign"
        )
    # Positive symbols let SymPy take roots; a bias and a response of either sign would not.
    positive = {s: sympy.Symbol(s.name, positive=True) for s in math.response.free_symbols}
    response = sympy.Symbol("response", positive=True)
    expression = math.response.subs(symbol("dot"), 0).xreplace(positive | _started(spec, name))
    expression = expression.replace(relu, lambda argument: argument)
    unknown = sympy.Symbol(name, positive=True)
    try:
        found = sympy.solve(expression - response, unknown)
    except NotImplementedError:
        found = []
    found = [solution for solution in found if _printable(solution)]
    ones = {s: sympy.S.One for solution in found for s in solution.free_symbols}
    ones[response] = sympy.S.Half
    at_ones = {solution: solution.subs(ones) for solution in found}
    solutions = [solution for solution, value in at_ones.items() if value.is_real]
    if not solutions:
        raise NoStartError(
            f"no value of {name!r} is found at which neuron {spec.neuron!r} has a given response"
        )
    chosen = max(solutions, key=lambda solution: float(at_ones[solution]))
    return Start(name, chosen.xreplace({s: symbol(s.name) for s in chosen.free_symbols}))


def _printable(expression: sympy.Expr) -> bool:
    """Whether it can be written in Python's own arithmetic."""
    try:
        pycode(expression)
    except PrintMethodNotImplementedError:
        return False
    return not expression.has(sympy.Piecewise)


def _is_free(parameter: ParameterSpec) -> bool:
    return bool(parameter.axes) and parameter.init is not None and not parameter.positive


def _started(spec: NeuronSpec, unknown: str) -> dict[sympy.Symbol, sympy.Expr]:
    """Parameters of every unit other than the unknown, at the numbers where they begin."""
    laws = {"zeros": 0.0, "ones": 1.0}
    return {
        symbol(name): sympy.nsimplify(laws.get(str(p.init), p.init))
        for name, p in spec.parameters.items()
        if p.axes and p.init is not None and name != unknown
    }
