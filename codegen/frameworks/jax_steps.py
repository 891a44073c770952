"""Steps of cells as statements in JAX: one at a time, or all at once."""

import ast
from collections.abc import Sequence

from sympy import Expr
from sympy.printing.str import StrPrinter

from codegen.frameworks import jax
from codegen.frameworks.base import View
from codegen.frameworks.cells import printed
from codegen.plans.cell import CellPlan, Equation, Step

_FUNCTIONS = {
    **jax.INFIX.functions,
    **{"sqrt": "_numerics.sqrt", "log": "_numerics.log"},
    **{"gate": "self.gate_fn", "activation": "self.activation_fn"},
}


def carry(names: Sequence[str], in_parentheses: bool = False) -> str:
    """States in the order of Flax, which is the reverse one; one of them is no tuple."""
    text = ", ".join(reversed(names))
    return f"({text})" if in_parentheses and len(names) > 1 else text


def step_lines(plan: CellPlan) -> list[str]:
    """Statements of one step."""
    return [line for step in plan.steps for line in _step(step)]


def _step(step: Step) -> list[str]:
    if isinstance(step, Equation):
        return [f"{step.name} = {_code(step.tree)}"]
    variables = [unit.variable for unit in step.units]
    if step.source is None:
        return [f'{v} = seen.response["{v}"]' for v in variables]
    gates = "".join(f'"{v}", ' for v in variables)
    left = ", ".join(variables) if len(variables) > 1 else f"({variables[0]},)"
    return [f"{left} = _recurrence.respond(self, weights, seen, ({gates}), {_code(step.source)})"]


def parallel_view(plan: CellPlan) -> View:
    """All steps at once: what is free of states, then a scan for each, then what follows."""
    moving = {*plan.new_states}
    before: list[str] = []
    after: list[str] = []
    read_after: set[str] = set()
    known = [unit.variable for unit in plan.units]
    of_state = dict(zip(plan.new_states, plan.recurrences, strict=True))
    for equation in plan.equations:
        read = {n.id for n in ast.walk(equation.tree) if isinstance(n, ast.Name)}
        if equation.name in of_state:
            state = of_state[equation.name].state
            after.append(f"{state}, {equation.name} = scan({state}_terms, {state})")
        elif read & moving:
            moving.add(equation.name)
            after.append(f"{equation.name} = {_code(equation.tree)}")
            read_after |= read
        else:
            before.append(f"{equation.name} = {_code(equation.tree)}")
            known.append(equation.name)
    kept = [name for name in known if name in read_after or name == plan.output]
    terms = [f"({_written(r.coefficient)}, {_written(r.addition)})" for r in plan.recurrences]
    results = [f"{r.state}_terms" for r in plan.recurrences]
    return {
        "given": [unit.variable for unit in plan.units],
        "terms": before,
        "returned": ", ".join([*terms, *kept]),
        "results": ", ".join([*results, *kept]),
        "scans": after,
    }


def _written(expression: Expr) -> str:
    text = StrPrinter({"full_prec": False}).doprint(expression)
    return _code(ast.parse(text, mode="eval").body)


def _code(tree: ast.expr) -> str:
    """A formula in JAX; powers that are not whole have safe derivatives."""
    tree = _Powers().visit(ast.parse(ast.unparse(tree), mode="eval").body)
    return printed(tree, _FUNCTIONS)


class _Powers(ast.NodeTransformer):
    def visit_BinOp(self, node: ast.BinOp) -> ast.expr:
        self.generic_visit(node)
        match node:
            case ast.BinOp(op=ast.Pow(), right=ast.Constant(value=int())):
                return node
            case ast.BinOp(left=left, op=ast.Pow(), right=right):
                return ast.Call(ast.Name("safe_power"), [left, right], [])
        return node
