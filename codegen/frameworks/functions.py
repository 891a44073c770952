"""Functions of arrays: what every framework's module of them says."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from sympy.printing.pycode import pycode

from codegen.frameworks.base import Argument, View
from codegen.math.function import FunctionMath
from codegen.math.latex import function_latex
from codegen.math.operations import Program
from codegen.math.proofs import analytic
from codegen.plans.function import FunctionPlan

MODULE = "squashers"
"""The module that holds them all."""

_EDGES = "What is not positive counts as 0, with derivative 0; infinity gives the limit. "
"""Of a function that is computed from the logarithm of a power."""


@dataclass(frozen=True)
class Spelling:
    """How a framework calls and types what functions are made of."""

    array: str
    """The argument."""
    wide: str
    """The same in the dtype of the computation."""
    axis: str
    annotation: str
    """The type of an array."""


def function_view(
    plan: FunctionPlan,
    spelling: Spelling,
    statements: Callable[[Program, frozenset[str]], list[str]],
) -> View:
    """View of one function.

    Args:
      plan: The function.
      spelling: The names of the framework.
      statements: What the framework makes of a program whose formulas have these names.
    """
    math, spec = plan.math, plan.spec
    names = {spec.array: spelling.wide} | ({spec.axis: spelling.axis} if spec.axis else {})
    program = _renamed(math.program, names)
    lines = statements(program, frozenset(math.formulas))
    text = "\n".join(lines)
    return {
        "name": plan.name,
        "summary": spec.summary,
        "reference": spec.reference,
        "latex": function_latex(math),
        "edges": (_EDGES if math.from_logarithm else "") + "Half precision is computed in float32.",
        "from_logarithm": math.from_logarithm,
        "elementwise": math.is_elementwise,
        "arguments": _arguments(plan, spelling),
        "checks": [
            f'{n} = _arguments.{"positive" if a.positive else "finite"}_number("{n}", {n})'
            for n, a in spec.arguments.items()
            if a.value is not None
        ],
        "constants": [f"{n} = {pycode(analytic(e))}" for n, e in math.constants.items()],
        "statements": lines,
        "uses": [name for name in ("_softmax", "_total") if f"{name}(" in text],
    }


def numbers(math: FunctionMath) -> frozenset[str]:
    """What is a number of Python, the axis left aside."""
    return frozenset({*math.spec.numbers, *math.constants})


def _arguments(plan: FunctionPlan, spelling: Spelling) -> list[Argument]:
    found: list[Argument] = []
    for name, argument in plan.spec.arguments.items():
        if argument.array:
            doc = f"{argument.summary} Floating-point numbers of any shape."
            found.append(Argument(spelling.array, spelling.annotation, None, doc))
        elif argument.axis is not None:
            found.append(Argument(spelling.axis, "int", str(argument.axis), argument.summary))
        else:
            positive = " > 0" if argument.positive else ""
            doc = f"{argument.summary} A number{positive}. Default: {argument.value:g}."
            found.append(Argument(name, "float", repr(argument.value), doc))
    return found


def _renamed(program: Program, names: Mapping[str, str]) -> Program:
    """Operands under the names of the framework."""
    operations = (
        replace(
            o,
            arguments=tuple(names.get(a, a) if isinstance(a, str) else a for a in o.arguments),
        )
        for o in program.operations
    )
    return replace(program, operations=tuple(operations))
