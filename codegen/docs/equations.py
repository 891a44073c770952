"""Equations of cells as LaTeX, in the order in which the spec writes them."""

import ast
from collections.abc import Mapping

from codegen.docs.formulas import name_latex
from codegen.plans.cell import CellPlan, UnitPlan
from codegen.spec.cell_models import INPUT

_SUM, _PRODUCT, _POWER = 1, 2, 3
_CALLS = {
    **{name: rf"\{name}" for name in ("tanh", "log", "sin", "cos", "exp", "arctan")},
    **{"sigmoid": r"\sigma"},
}


def equations(cell: CellPlan) -> tuple[str, ...]:
    """One equation for each of the spec, with responses written as neurons of what they see."""
    names = {state: old(state) for state in cell.states}
    sources: dict[str, str] = {}
    found: list[str] = []
    for name, formula in cell.spec.math.items():
        for unit in cell.units:
            if unit.spelled in formula.names and unit.projection not in sources:
                sources[unit.projection] = _source(cell, unit.projection, names)
        responses = {
            u.spelled: response(cell, u, sources) for u in cell.units if u.projection in sources
        }
        right = latex(formula.tree, names | responses)
        names[name] = now(name)
        found.append(f"{now(name)} = {right}")
    return tuple(found)


def now(name: str) -> str:
    """A value of this step."""
    return _indexed(name, "t")


def old(name: str) -> str:
    """A state as the step before left it."""
    return _indexed(name, "t-1")


def _indexed(name: str, step: str) -> str:
    letter = name_latex(name)
    return f"{letter}_{{{step}}}" if "_{" not in letter else f"{{{letter}}}_{{{step}}}"


def response(cell: CellPlan, unit: UnitPlan, sources: Mapping[str, str]) -> str:
    """A neuron, called by its unit, of what it sees."""
    sign = cell.neuron.spec.symbol or cell.neuron.title
    words = unit.variable.replace("_", " ")
    return rf"\text{{{sign}}}_{{\text{{{words}}}}}\left({sources[unit.projection]}\right)"


def _source(cell: CellPlan, projection: str, names: Mapping[str, str]) -> str:
    parts = cell.spec.projections[projection].source
    known = {**names, INPUT: now(INPUT)}
    return ", ".join(latex(part.tree, known) for part in parts)


def latex(node: ast.expr, names: Mapping[str, str]) -> str:
    """An expression whose names are written as `names` says."""
    return _latex(node, names)[0]


def _latex(node: ast.expr, names: Mapping[str, str]) -> tuple[str, int]:
    """LaTeX, and how tightly its parts hold together."""

    def within(inner: ast.expr, least: int) -> str:
        text, binding = _latex(inner, names)
        return text if binding >= least else rf"\left({text}\right)"

    match node:
        case ast.Name(id=name):
            return names.get(name, r"\pi" if name == "pi" else name_latex(name)), _POWER + 1
        case ast.Constant(value=value):
            return _number(value), _POWER + 1
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            return f"{within(left, _SUM)} + {within(right, _SUM)}", _SUM
        case ast.BinOp(left=left, op=ast.Sub(), right=right):
            return f"{within(left, _SUM)} - {within(right, _PRODUCT)}", _SUM
        case ast.BinOp(left=left, op=ast.Mult(), right=right):
            dot = r" \cdot " if isinstance(right, ast.Constant) else r"\, "
            return f"{within(left, _PRODUCT)}{dot}{within(right, _PRODUCT)}", _PRODUCT
        case ast.BinOp(left=left, op=ast.Div(), right=right):
            return rf"\frac{{{latex(left, names)}}}{{{latex(right, names)}}}", _PRODUCT
        case ast.BinOp(left=left, op=ast.Pow(), right=right):
            return f"{{{within(left, _POWER + 1)}}}^{{{latex(right, names)}}}", _POWER
        case ast.UnaryOp(op=operator, operand=operand):
            sign = "-" if isinstance(operator, ast.USub) else ""
            return f"{sign}{within(operand, _PRODUCT)}", _SUM
        case ast.Call(func=ast.Name(id="sqrt"), args=[argument]):
            return rf"\sqrt{{{latex(argument, names)}}}", _POWER + 1
        case ast.Call(func=ast.Name(id="abs"), args=[argument]):
            return rf"\left|{latex(argument, names)}\right|", _POWER + 1
        case ast.Call(func=ast.Name(id=name), args=[argument]):
            called = _CALLS.get(name, rf"\text{{{name}}}")
            return rf"{called}\left({latex(argument, names)}\right)", _POWER + 1
    raise TypeError(f"no LaTeX for {ast.dump(node)}")


def _number(value: object) -> str:
    text = f"{value:.6g}" if isinstance(value, float) else str(value)
    if "e" not in text:
        return text
    mantissa, exponent = text.split("e")
    factor = "" if mantissa == "1" else rf"{mantissa} \cdot "
    return f"{factor}10^{{{int(exponent)}}}"
