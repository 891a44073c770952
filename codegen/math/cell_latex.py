"""A cell's equations as LaTeX, as papers write them."""

import ast

from codegen.math.cell import CellTranslator
from codegen.math.latex import latex
from codegen.math.symbols import symbol
from codegen.plans.cell import CellPlan, Equation
from codegen.spec.cell_models import INPUT


def cell_latex(plan: CellPlan) -> list[str]:
    """One line per projection and equation; y(·) stands for responses of neurons."""
    names = {symbol(s): f"{_name(s)}_{{t-1}}" for s in plan.states}
    names |= {symbol(f"new_{s}"): f"{_name(s)}_t" for s in plan.states}
    names |= {symbol(u.variable): _name(u.variable) for u in plan.units}
    names |= {symbol(e.name): _name(e.name) for e in plan.equations if symbol(e.name) not in names}
    translator = CellTranslator(plan.roles)

    def written(tree: ast.expr) -> str:
        return latex(translator.expression(tree), names)

    lines = []
    for step in plan.steps:
        if isinstance(step, Equation):
            lines.append(f"{names[symbol(step.name)]} &= {written(step.tree)}")
            continue
        sources = [f"{INPUT}_t"] if step.reads_input else []
        sources += [written(step.source)] if step.source is not None else []
        read = ", ".join(sources)
        vector = rf"\left[{read}\right]" if len(sources) > 1 else read
        left = ", ".join(_name(u.variable) for u in step.units)
        lines.append(rf"{left} &= y\left({vector}\right)")
    return lines


def _name(name: str) -> str:
    if len(name) == 1:
        return name
    text = name.replace("_", r"\_")
    return rf"\text{{{text}}}"
