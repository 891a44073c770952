"""TensorFlow: what cells say, and the layers that repeat them."""

import ast
from collections.abc import Mapping, Sequence

from sympy.printing.str import StrPrinter

from codegen.frameworks.arguments import Naming
from codegen.frameworks.base import Argument, StoredArray, View
from codegen.frameworks.cells import Fused, fused, printed, stored_arrays
from codegen.frameworks.tf_cell_variables import variables_view
from codegen.math.latex import response_latex
from codegen.plans.cell import CellPlan, Equation, Projection, Step

ORDER = ("update", "reset")
"""The order of gates, as in Sonnet and Keras: z, r, h."""

_ROLES = {
    "gate": "Function of responses that gives gates.",
    "activation": "Function of responses that gives what gates let through.",
}


def cell_arrays(plan: CellPlan) -> Mapping[str, StoredArray]:
    """Inputs first, all gates side by side."""
    return stored_arrays(plan, ORDER)


def cell_view(plan: CellPlan, naming: Naming, functions: Mapping[str, str]) -> View:
    """View of a cell's module; `functions` are TensorFlow's names of the functions of formulas."""
    parts = fused(plan, ORDER)
    spelled = dict(functions) | {"log": "_numerics.log", "sqrt": "_numerics.sqrt"}
    spelled |= {role: role for role in plan.roles}
    roles = [
        Argument(role, "Function", name, f"{_ROLES[role]} Default: `{name}`.")
        for role, name in plan.roles.items()
    ]
    variables = variables_view(plan, naming, [name for p in parts for name in p.variables])
    neuron = plan.neuron
    primitives = neuron.math.primitives
    several = len(plan.states) > 1
    return {
        **variables,
        "name": plan.name,
        "cell_name": plan.cell_name,
        "module": plan.module,
        "summary": plan.spec.summary,
        "reference": plan.spec.reference,
        "neuron": neuron.name,
        "neuron_title": neuron.title,
        "latex": response_latex(neuron.math),
        "roles": list(plan.roles),
        "squashers": sorted(set(plan.roles.values())),
        "arguments": [*roles, *variables["arguments"]],
        "stored": [*((role, role) for role in plan.roles), *variables["stored"]],
        "projections": [_projection(part) for part in parts],
        "operands": ", ".join(
            {"sq_w": "weights.sq_w[projection]"}.get(name, name) for name in primitives
        ),
        "contraction": ", ".join(n if n in primitives else "_" for n in ("dot", "sq_x")),
        "state_names": _tuple(plan.states),
        "state": "states" if several else "state",
        "several": several,
        "state_type": "tuple[tf.Tensor, ...]" if several else "tf.Tensor",
        "state_doc": _state_doc(plan),
        "initial": f"({', '.join(['zeros'] * len(plan.states))})",
        "initial_doc": "Zeros of shape `[batch_size, features]`"
        + (f", for each of ({', '.join(plan.states)})." if several else "."),
        "given": "states" if several else "[state]",
        "given_initial": "initial_state" if several else "[initial_state]",
        "names": f"[{', '.join(map(_quoted, plan.states))}]",
        "bound_roles": "".join(f", {role}={role}" for role in plan.roles),
        "equations": [f"{e.name} = {e.text}" for e in plan.equations],
        "sources": [_source_doc(part) for part in parts],
        "steps": [line for step in plan.steps for line in _lines(step, parts, spelled)],
        "new_states": _tuple(plan.new_states),
        "output": plan.output,
        "parallel": [line for step in plan.steps for line in _lines(step, parts, spelled, plan)]
        if plan.recurrences
        else [],
    }


def _quoted(name: str) -> str:
    return f'"{name}"'


def _state_doc(plan: CellPlan) -> str:
    if len(plan.states) > 1:
        return f"states: ({', '.join(plan.states)}), each a tensor of shape `[batch, features]`."
    return "state: A tensor of shape `[batch, features]`."


def _tuple(names: Sequence[str]) -> str:
    return ", ".join(names) + ("," if len(names) == 1 else "")


def _projection(part: Fused) -> View:
    projection = part.projection
    return {
        "name": projection.name,
        "blocks": len(part.units),
        "reads_input": part.input is not None,
        "reads_state": part.recurrent is not None,
    }


def _source_doc(part: Fused) -> str:
    """`reset` and `update` see [x, h]."""
    projection = part.projection
    names = [f"`{unit.variable}`" for unit in projection.units]
    said = " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))
    sources = ["x"] * projection.reads_input + [projection.source_text or ""]
    return f"{said} of [{', '.join(filter(None, sources))}]"


def _lines(
    step: Step, parts: Sequence[Fused], spelled: Mapping[str, str], parallel: CellPlan | None = None
) -> list[str]:
    """Statements of one step, or of all steps at once."""
    if isinstance(step, Projection):
        part = next(p for p in parts if p.projection is step or p.projection == step)
        call = f'inputs.responses["{step.name}"]'
        if step.source is not None:
            call = f'_respond("{step.name}", inputs, weights, {_printed(step.source, spelled)})'
        if len(part.units) == 1:
            return [f"{part.variables[0]} = {call}"]
        return [f"{', '.join(part.variables)} = tf.split({call}, {len(part.units)}, axis=-1)"]
    found = _recurrence(step, parallel) if parallel else None
    if found is None:
        return [f"{step.name} = {_printed(step.tree, spelled)}"]
    state, *terms = found
    coefficient, addition = (_printed(ast.parse(t, mode="eval").body, spelled) for t in terms)
    return [f"{step.name} = scan({coefficient}, {addition}, {state})"]


def _recurrence(step: Equation, plan: CellPlan) -> tuple[str, str, str] | None:
    printer = StrPrinter({"full_prec": False})
    for found, name in zip(plan.recurrences, plan.new_states, strict=True):
        if step.name == name:
            terms = (printer.doprint(e) for e in (found.coefficient, found.addition))
            return (found.state, *terms)
    return None


def _printed(tree: ast.expr, spelled: Mapping[str, str]) -> str:
    """A formula as code; powers that are not whole are 0 where their base is not positive."""
    tree = _Powers().visit(ast.parse(ast.unparse(tree), mode="eval").body)
    return printed(tree, spelled)


class _Powers(ast.NodeTransformer):
    def visit_BinOp(self, node: ast.BinOp) -> ast.expr:
        self.generic_visit(node)
        match node:
            case ast.BinOp(op=ast.Pow(), right=ast.Constant(value=int())):
                return node
            case ast.BinOp(left=left, op=ast.Pow(), right=right):
                return ast.Call(ast.Name("safe_power", ast.Load()), [left, right], [])
        return node
