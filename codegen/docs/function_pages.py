"""What a page shows of a function of arrays."""

from typing import Any

from codegen.docs.properties import known
from codegen.frameworks import FRAMEWORKS
from codegen.frameworks.functions import MODULE
from codegen.math.function_properties import check_function
from codegen.math.function_values import slope
from codegen.math.latex import function_latex, latex
from codegen.plans.cell import CellPlan
from codegen.plans.function import FunctionPlan
from codegen.spec.function_models import ArgumentSpec


def function_view(function: FunctionPlan, cells: tuple[CellPlan, ...]) -> dict[str, Any]:
    """Everything but the plots and the spec."""
    spec, math = function.spec, function.math
    callers = {
        role: [c for c in cells if c.roles.get(role) == function.name]
        for role in ("gate", "activation")
    }
    return {
        "name": function.name,
        "title": function.title[:1].upper() + function.title[1:],
        "summary": spec.summary,
        "reference": spec.reference,
        "response": function_latex(math),
        "slope": f"f'(x) = {latex(slope(math))}" if math.is_elementwise else "",
        "from_logarithm": math.from_logarithm,
        "elementwise": math.is_elementwise,
        "arguments": [(n, a.summary, _fact(a)) for n, a in spec.arguments.items()],
        "calls": [(f.title, _call(f.name, function), f.name) for f in FRAMEWORKS],
        "callers": {role: found for role, found in callers.items() if found},
        "properties": known(check_function(math)),
    }


def _fact(argument: ArgumentSpec) -> str:
    if argument.array:
        return "the array, of any shape"
    if argument.axis is not None:
        return f"an axis, {argument.axis} by default"
    positive = " above 0" if argument.positive else ""
    return f"a number{positive}, {argument.value:g} by default"


def _call(framework: str, function: FunctionPlan) -> str:
    found = next(f for f in FRAMEWORKS if f.name == framework).function(function)["arguments"]
    return f"{MODULE}.{function.name}({', '.join(a.assignment for a in found)})"
