"""The text of `explain` about a function of arrays."""

from collections.abc import Mapping, Sequence

import sympy

from codegen.commands.explanation import properties
from codegen.commands.layout import INDENT, WIDTH, indented, section, wrapped
from codegen.frameworks import FRAMEWORKS
from codegen.frameworks.base import Argument, Framework
from codegen.frameworks.functions import MODULE
from codegen.math.function_properties import check_function
from codegen.math.function_values import slope
from codegen.math.pretty import formula_text
from codegen.math.symbols import safe_log
from codegen.plans.cell import CellPlan
from codegen.plans.function import FunctionPlan
from codegen.spec.function_models import ArgumentSpec


def text(function: FunctionPlan, cells: Sequence[CellPlan]) -> str:
    """All sections; `cells` are all of the folder."""
    spec, math = function.spec, function.math
    title = [f"{function.name}  ({function.source})", "", *wrapped(spec.summary)]
    sections = [
        "\n".join([*title, *wrapped(spec.reference)]),
        section("Formula", formulas(function)),
        section("How it is computed", computation(function)),
        section("Arguments", arguments(function)),
        section("Cells", roles(function, cells)),
        section("Stated properties", properties(check_function(math), "result")),
    ]
    return "\n\n".join(sections)


def formulas(function: FunctionPlan) -> list[str]:
    """The formulas as the spec has them, then the function and its derivative written out."""
    math = function.math
    lines = [f"{name}: {function.spec.math[name].text}" for name in math.definition]
    lines += ["", *_formula("f(x)", math.defined)]
    if math.is_elementwise:
        lines += ["", *_formula("f'(x)", slope(math)), ""]
        return [*lines, *wrapped("where x is above 0.")]
    return [
        *lines,
        "",
        *wrapped("where Σ is the sum along the axis, and x one entry of the array."),
    ]


def computation(function: FunctionPlan) -> list[str]:
    """The form in which frameworks compute it, if that is another."""
    math = function.math
    if not math.from_logarithm:
        return wrapped("As it is written.")
    lines = wrapped("From the logarithm of the power, which never overflows:")
    for name, formula in math.formulas.items():
        lines += ["", *_formula("f(x)" if name == "result" else name, formula)]
    if math.is_elementwise and not math.default.has(safe_log):
        lines += ["", *wrapped("With numbers at their defaults, cells may compute it as written.")]
    return lines


def arguments(function: FunctionPlan) -> list[str]:
    """Each argument: what it is; then the call in every framework."""
    lines: list[str] = []
    for name, argument in function.spec.arguments.items():
        lines += wrapped(f"{name}: {argument.summary}")
        lines += indented(wrapped(_form(argument), 2 * len(INDENT)))
    lines.append("")
    width = max(len(f.title) for f in FRAMEWORKS)
    for framework in FRAMEWORKS:
        entry = f"{framework.title:{width}}  {call(framework, function)}"
        lines += wrapped(entry, len(INDENT), " " * (width + 2))
    return lines


def call(framework: Framework, function: FunctionPlan) -> str:
    """How a framework calls the function."""
    found: Sequence[Argument] = framework.function(function)["arguments"]
    inside = ", ".join(a.assignment for a in found)
    return f"nmn.{framework.name}.{MODULE}.{function.name}({inside})"


def _form(argument: ArgumentSpec) -> str:
    if argument.array:
        return "the array, of any shape; half precision is computed in float32"
    if argument.axis is not None:
        return f"an axis of the array, by default {argument.axis}"
    positive = " above 0" if argument.positive else ""
    return f"a number{positive}, by default {argument.value:g}"


def roles(function: FunctionPlan, cells: Sequence[CellPlan]) -> list[str]:
    """Which cells call it, and as what."""
    found: Mapping[str, list[str]] = {
        role: [cell.name for cell in cells if cell.roles.get(role) == function.name]
        for role in ("gate", "activation")
    }
    lines = [
        line
        for role, names in found.items()
        if names
        for line in wrapped(f"{role} of {', '.join(names)}", len(INDENT), INDENT)
    ]
    if function.spec.axis is not None:
        return wrapped("None: cells call functions of single numbers.")
    return lines or wrapped("None: name it under `functions` in a file of cells/.")


def _formula(left: str, expression: sympy.Expr) -> list[str]:
    return formula_text(left, expression, WIDTH - len(INDENT)).splitlines()
