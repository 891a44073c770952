"""PyTorch: the steps of a cell as plain, differentiable statements."""

import ast
from collections.abc import Iterable

from codegen.frameworks.cells import Columns, Fused, fused, printed
from codegen.frameworks.torch_functions import FUNCTIONS
from codegen.plans.cell import CellPlan, Equation
from codegen.spec.formula import CONSTANTS

_FUNCTIONS = FUNCTIONS | {"sqrt": "_numerics.sqrt", "log": "_numerics.log"}


def size(blocks: int) -> str:
    """So many blocks of the size of the state."""
    return "units" if blocks == 1 else f"{blocks} * units"


def project_lines(plan: CellPlan) -> list[str]:
    """Statements that compute what steps need of rows of the input, and return it.

    Products of those projections that see the state as well, ‖x‖², and responses of those that do
    not.
    """
    parts = [part for part in fused(plan) if part.input]
    if not parts:
        # Rows without columns say how many steps there are.
        return ["return (x[:, :0],)"]
    blocks = len(plan.input_units)
    lines = ["units = len(weight_ih)" + (f" // {blocks}" if blocks > 1 else "")]
    joined = [part for part in parts if part.recurrent]
    if joined and len(joined) == len(parts):
        names = ", ".join(f"{p.projection.name}_x" for p in joined)
        product = "F.linear(x, weight_ih)"
        if len(joined) > 1:
            sizes = ", ".join(size(len(p.units)) for p in joined)
            product += f".split(({sizes}), -1)"
        lines.append(f"{names} = {product}")
    else:
        for part in joined:
            weight = _rows("weight_ih", part.input)
            lines.append(f"{part.projection.name}_x = F.linear(x, {weight})")
    for part in parts:
        if part not in joined:
            name = part.projection.name
            lines += [f"{name}_{p} = {e}" for p, e in _per_unit(plan, part)]
            given = ["x", _rows("weight_ih", part.input), *_arguments(plan, part)]
            lines.append(f"{name} = respond({plan.neuron.name}, Dense(), {', '.join(given)})")
    returned = given_inputs(plan)
    lines += ["sq_x = sq_norm(x)"] if "sq_x" in returned else []
    if len(lines) > 1 and lines[0].startswith("units") and not _uses_units(lines[1:]):
        lines.pop(0)
    return [*lines, f"return {', '.join(returned)}{',' if len(returned) == 1 else ''}"]


def given_inputs(plan: CellPlan) -> list[str]:
    """What `project_lines` return: the names of what steps take of the input."""
    parts = [part for part in fused(plan) if part.input]
    names = [f"{p.projection.name}_x" if p.recurrent else p.projection.name for p in parts]
    if any(part.recurrent for part in parts) and "sq_x" in plan.neuron.math.primitives:
        names.append("sq_x")
    return names or ["_"]


def prelude_lines(plan: CellPlan) -> list[str]:
    """Statements before the first step: what all steps have in common."""
    lines = ["units = states[0].shape[-1]"]
    lines.append(f"{_target(plan.states)} = states")
    for part in fused(plan):
        if part.recurrent is None:
            continue
        name = part.projection.name
        if "sq_w" in plan.neuron.math.primitives:
            kernels = [("weight_hh", part.recurrent)]
            kernels = [("weight_ih", part.input), *kernels] if part.input else kernels
            rows = (_rows(kernel, columns) for kernel, columns in kernels)
            lines.append(f"{name}_sq_w = {' + '.join(f'sq_norms({r})' for r in rows)}")
        lines.append(f"{name}_hh = {_rows('weight_hh', part.recurrent)}")
        lines += [f"{name}_{p} = {e}" for p, e in _per_unit(plan, part)]
    return lines if _uses_units(lines[1:]) else lines[1:]


def step_lines(plan: CellPlan) -> list[str]:
    """One step."""
    parts = {part.projection.name: part for part in fused(plan)}
    lines: list[str] = []
    for step in plan.steps:
        if isinstance(step, Equation):
            lines.append(f"{step.name} = {code(step.tree)}")
            continue
        part = parts[step.name]
        if step.source is not None:
            lines += _response(plan, part)
        if len(part.units) > 1:
            chunks = ", ".join(part.variables)
            lines.append(f"{chunks} = {step.name}.chunk({len(part.units)}, -1)")
        elif part.variables[0] != step.name:
            lines.append(f"{part.variables[0]} = {step.name}")
    return lines


def code(tree: ast.expr) -> str:
    """A formula as PyTorch computes it, roles by their names."""
    return printed(_Safe().visit(ast.parse(ast.unparse(tree), mode="eval").body), _FUNCTIONS)


def _response(plan: CellPlan, part: Fused) -> list[str]:
    """The response of a projection that sees the state."""
    name = part.projection.name
    assert part.projection.source is not None
    source, before = code(part.projection.source), []
    if not part.projection.sees_state_itself:
        before = [f"{name}_source = {source}"]
        source = f"{name}_source"
    given = [f"F.linear({source}, {name}_hh)"]
    if part.input:
        given = [f"{name}_x + {given[0]}"]
    primitives = plan.neuron.math.primitives
    if "sq_x" in primitives:
        given.append(f"sq_x + sq_norm({source})" if part.input else f"sq_norm({source})")
    if "sq_w" in primitives:
        given.append(f"{name}_sq_w")
    return [*before, f"{name} = response({', '.join([*given, *_arguments(plan, part)])})"]


def _arguments(plan: CellPlan, part: Fused) -> list[str]:
    """What the neuron is given beside products and norms."""
    name = part.projection.name
    given = [f"{name}_{p.name}" if p.per_unit else p.name for p in plan.parameters]
    lengths = ["weight_ih.shape[1]"] if part.input else []
    lengths += ["units"] if part.recurrent else []
    counts = {"inputs": " + ".join(lengths), "units": "units"}
    return given + [counts[n] for n in plan.neuron.math.counts]


def _per_unit(plan: CellPlan, part: Fused) -> Iterable[tuple[str, str]]:
    """The projection's share of parameters that every unit has of its own."""
    for p in plan.parameters:
        if p.per_unit:
            share = _rows(p.name, part.all)
            missing = f"None if {p.name} is None else "
            yield p.name, (missing if p.optional and share != p.name else "") + share


def _rows(array: str, columns: Columns | None) -> str:
    assert columns is not None
    return array if columns.whole else f"{array}[{columns.slice('units')}]"


def _target(names: tuple[str, ...]) -> str:
    return f"({names[0]},)" if len(names) == 1 else ", ".join(names)


def _uses_units(lines: Iterable[str]) -> bool:
    return any("units" in line for line in lines)


class _Safe(ast.NodeTransformer):
    """Powers that are not whole have safe derivatives; constants are Python's."""

    def visit_BinOp(self, node: ast.BinOp) -> ast.expr:
        self.generic_visit(node)
        match node:
            case ast.BinOp(op=ast.Pow(), right=ast.Constant(value=int())):
                return node
            case ast.BinOp(left=left, op=ast.Pow(), right=right):
                return ast.Call(ast.Name("_numerics.power"), [left, right], [])
        return node

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return ast.Name("math.pi") if node.id in CONSTANTS else node
