"""PyTorch: the steps of a cell as plain, differentiable statements."""

import ast
from collections.abc import Iterable

from codegen.frameworks.cells import Columns, Fused, fused, printed
from codegen.frameworks.torch_functions import FUNCTIONS
from codegen.plans.cell import CellPlan, Equation, Projection
from codegen.spec.formula import CONSTANTS

SAFE_FUNCTIONS = FUNCTIONS | {"sqrt": "_numerics.sqrt", "log": "_numerics.log"}


def size(blocks: int) -> str:
    """So many blocks of the size of the state."""
    return "units" if blocks == 1 else f"{blocks} * units"


def prepare_lines(plan: CellPlan) -> list[str]:
    """Statements that compute what steps need of rows of the input and of the weights.

    Of the input: products of those projections that see the state as well, ‖x‖², and responses of
    those that do not.
    """
    lines: list[str] = []
    for part in fused(plan):
        name = part.projection.name
        lines += [f"{name}_{p} = {e}" for p, e in _per_unit(plan, part)]
        if part.recurrent is None:
            given = ["x", _rows("weight_ih", part.input), *arguments(plan, part, counted=False)]
            lines.append(f"{name} = respond({plan.neuron.name}, Dense(), {', '.join(given)})")
            continue
        lines.append(f"{name}_hh = {_rows('weight_hh', part.recurrent)}")
        norms = [f"sq_norms({name}_hh)"]
        if part.input:
            kernel = _rows("weight_ih", part.input)
            lines.append(f"{name}_x = F.linear(x, {kernel})")
            norms.insert(0, f"sq_norms({kernel})")
        if "sq_w" in plan.neuron.math.primitives:
            lines.append(f"{name}_sq_w = {' + '.join(norms)}")
        if "inputs" in plan.neuron.math.counts:
            lines.append(f"{name}_inputs = {_fan(part)}")
    if "sq_x" in given_inputs(plan):
        lines.append("sq_x = sq_norm(x)")
    if any("units" in line for line in lines):
        kernel = "weight_hh" if plan.recurrent_units else "weight_ih"
        blocks = len(plan.recurrent_units or plan.input_units)
        lines.insert(0, f"units = len({kernel})" + (f" // {blocks}" if blocks > 1 else ""))
    # Rows without columns say how many steps there are where nothing reads the input.
    inputs = given_inputs(plan) if plan.input_units else ("x[:, :0]",)
    return [*lines, f"return {as_tuple(inputs)}, {as_tuple(given_constants(plan))}"]


def given_inputs(plan: CellPlan) -> tuple[str, ...]:
    """What steps take of the input."""
    parts = [part for part in fused(plan) if part.input]
    names = [f"{p.projection.name}_x" if p.recurrent else p.projection.name for p in parts]
    if any(part.recurrent for part in parts) and "sq_x" in plan.neuron.math.primitives:
        names.append("sq_x")
    return tuple(names) or ("_",)


def given_constants(plan: CellPlan) -> tuple[str, ...]:
    """What steps take of the weights: of every projection that sees the state, then of all."""
    names: list[str] = []
    parts = [part for part in fused(plan) if part.recurrent]
    for part in parts:
        names += projection_constants(plan, part)
    return (*names, *(p.name for p in plan.parameters if not p.per_unit and parts))


def projection_constants(plan: CellPlan, part: Fused) -> list[str]:
    """Kernel, norms and parameters of one projection that sees the state."""
    name = part.projection.name
    names = [f"{name}_hh"]
    names += [f"{name}_sq_w"] if "sq_w" in plan.neuron.math.primitives else []
    names += [f"{name}_inputs"] if "inputs" in plan.neuron.math.counts else []
    return names + [f"{name}_{p.name}" for p in plan.parameters if p.per_unit]


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
        lines += unit_lines(step)
    return lines


def unit_lines(projection: Projection) -> list[str]:
    """Statements that give the response of every unit its name."""
    variables = [unit.variable for unit in projection.units]
    if len(variables) > 1:
        return [f"{', '.join(variables)} = {projection.name}.chunk({len(variables)}, -1)"]
    return [f"{variables[0]} = {projection.name}"] if variables[0] != projection.name else []


def code(tree: ast.expr) -> str:
    """A formula as PyTorch computes it, roles by their names."""
    return printed(_Safe().visit(ast.parse(ast.unparse(tree), mode="eval").body), SAFE_FUNCTIONS)


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
    return [*before, f"{name} = response({', '.join([*given, *arguments(plan, part)])})"]


def arguments(plan: CellPlan, part: Fused, counted: bool = True) -> list[str]:
    """What the neuron is given beside products and norms; `counted` where its counts have names."""
    name = part.projection.name
    given = [f"{name}_{p.name}" if p.per_unit else p.name for p in plan.parameters]
    counts = {"inputs": f"{name}_inputs" if counted else _fan(part), "units": "units"}
    return given + [counts[n] for n in plan.neuron.math.counts]


def as_tuple(names: Iterable[str]) -> str:
    """A tuple of names as code."""
    found = list(names)
    return f"({', '.join(found)}{',' if len(found) == 1 else ''})"


def _fan(part: Fused) -> str:
    """The number of components of a unit's kernel."""
    sources = ["x.shape[-1]"] if part.input else []
    return " + ".join([*sources, "units"] if part.recurrent else sources)


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


class _Safe(ast.NodeTransformer):
    """Powers that are not whole have safe derivatives; constants are Python's."""

    def visit_BinOp(self, node: ast.BinOp) -> ast.expr:
        self.generic_visit(node)
        match node:
            case ast.BinOp(op=ast.Pow(), right=ast.Constant(value=int())):
                return node
            case ast.BinOp(left=left, op=ast.Pow(), right=right):
                return ast.Call(ast.Name("_numerics.power", ast.Load()), [left, right], [])
        return node

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return ast.Name("math.pi", ast.Load()) if node.id in CONSTANTS else node
