"""Keras 3: statements of cells, for one step or for all steps at once."""

import ast
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from sympy.printing.str import sstr

from codegen.frameworks.base import View
from codegen.frameworks.cells import Columns, Fused, fused, printed
from codegen.plans.cell import CellPlan, Equation, Projection

#: Keras holds the update gate before the reset gate.
ORDER = ("update", "reset")

#: Role → argument, as cells of Keras call it.
ROLES = {"activation": "activation", "gate": "recurrent_activation"}


def statements(plan: CellPlan, functions: Mapping[str, str]) -> View:
    """Statements of the methods of a cell. `functions` spells what equations may call."""
    spelled = {**functions, **{role: role for role in plan.roles}}
    parts = fused(plan, ORDER)
    return {
        "project": _project(plan, parts),
        "unpack": _unpack(plan, parts),
        "weights": _weights(plan, parts),
        "setup": _setup(plan, parts),
        "step": [line.text for line in _steps(plan, parts, spelled)],
        "scan": _scan(plan, parts, spelled) if plan.recurrences else None,
    }


@dataclass(frozen=True)
class Line:
    """A statement, and the equation that it is, if it is one."""

    equation: Equation | None
    text: str


def _inputs_alone(part: Fused) -> bool:
    """Whether a projection's responses can be computed for all steps at once."""
    return part.recurrent is None


def _reads_sq_x(plan: CellPlan, parts: tuple[Fused, ...]) -> bool:
    """Whether steps take ‖x‖² from the inputs."""
    mixed = any(p.input is not None and not _inputs_alone(p) for p in parts)
    return mixed and "sq_x" in plan.neuron.math.primitives


def _project(plan: CellPlan, parts: tuple[Fused, ...]) -> list[str]:
    """Statements that return what inputs contribute: responses, or ⟨w, x⟩ and ‖x‖²."""
    reading = [p for p in parts if p.input is not None]
    if not reading:
        return ["return [ops.cast(inputs, self.wide_dtype)]"]
    lines = ["x = ops.cast(inputs, dtype)", "kernel = ops.cast(self.kernel, dtype)"]
    names = [_contribution(p) for p in reading]
    if any(_inputs_alone(p) for p in reading):
        lines += _read_parameters(plan)
    for part, name in zip(reading, names, strict=True):
        assert part.input is not None
        columns = _columns("kernel", part.input)
        if _inputs_alone(part):
            operands = _operands(plan, part, by_name=True)
            primitives = plan.neuron.math.primitives
            settings = ", ".join(f"{k}={v}" for k, v in operands.items())
            call = f"_recurrent.responses({plan.neuron.name}, {primitives}, x, {columns}"
            lines.append(f"{name} = {call}{', ' if settings else ''}{settings})")
        else:
            # A product of its own takes less time than to split one of all, and its gradient.
            lines.append(f"{name} = _numerics.product(x, {columns})")
    norm = ["_recurrent.sq_norm(x)"] if _reads_sq_x(plan, parts) else []
    return _with_sizes([*lines, f"return [{', '.join(names + norm)}]"])


def _contribution(part: Fused) -> str:
    """What code calls the part of the input in a projection."""
    if not _inputs_alone(part):
        return f"{part.projection.name}_dot"
    return part.projection.name if len(part.variables) > 1 else part.variables[0]


def _unpack(plan: CellPlan, parts: tuple[Fused, ...]) -> str:
    """The statement that names what `project` returns."""
    names = [_contribution(p) for p in parts if p.input is not None]
    names += ["sq_x"] * _reads_sq_x(plan, parts)
    if not names:
        return ""
    return f"{', '.join(names)}{',' * (len(names) == 1)} = projected"


def _read_parameters(plan: CellPlan) -> list[str]:
    """Statements that read the trained parameters."""
    lines = []
    for parameter in plan.parameters:
        if parameter.trained:
            name = parameter.name
            value = f"ops.cast(self.{name}, dtype)"
            value = f"_numerics.softplus({value})" if parameter.spec.positive else value
            none = f"None if self.{name} is None else " if parameter.optional else ""
            lines.append(f"{name} = {none}{value}")
    return lines


def _weights(plan: CellPlan, parts: tuple[Fused, ...]) -> list[str]:
    """Statements that return what steps take of the weights, by projection."""
    recurrent = [p for p in parts if p.recurrent is not None]
    if not recurrent:
        return ['return {"kernels": {}, "operands": {}}']
    lines = ["recurrent_kernel = ops.cast(self.recurrent_kernel, dtype)"]
    if "sq_w" in plan.neuron.math.primitives:
        if any(p.input is not None for p in recurrent):
            lines.append("kernel_sq = ops.sum(ops.square(ops.cast(self.kernel, dtype)), axis=0)")
        lines.append("recurrent_sq = ops.sum(ops.square(recurrent_kernel), axis=0)")
    kernels = {
        p.projection.name: _columns("recurrent_kernel", p.recurrent)
        for p in recurrent
        if p.recurrent is not None
    }
    listed = ", ".join(f'"{name}": {kernel}' for name, kernel in kernels.items())
    lines += [*_read_parameters(plan), "return {", f'    "kernels": {{{listed}}},']
    lines.append('    "operands": {')
    for part in recurrent:
        listed = ", ".join(f'"{k}": {v}' for k, v in _operands(plan, part).items())
        lines.append(f'        "{part.projection.name}": {{{listed}}},')
    return _with_sizes([*lines, "    }", "}"])


def _setup(plan: CellPlan, parts: tuple[Fused, ...]) -> list[str]:
    """The first statements of a step: functions that it calls."""
    if all(_inputs_alone(part) for part in parts):
        return _roles(plan)
    respond = f"respond = _responses.of_products({plan.neuron.name})"
    return ['operands = weights["operands"]', respond, *_roles(plan)]


def _with_sizes(lines: list[str]) -> list[str]:
    """Statements, after those that name what they read of the layer."""
    read = {n for line in lines for n in re.findall(r"(?<![.\w])\w+", line)}
    found = [("dtype", "self.wide_dtype"), ("units", "self.units")]
    return [f"{name} = {value}" for name, value in found if name in read] + lines


def _roles(plan: CellPlan) -> list[str]:
    return [f"{role} = _activations.Role(self.{ROLES[role]})" for role in plan.roles]


def _operands(plan: CellPlan, part: Fused, by_name: bool = False) -> dict[str, str]:
    """What a projection's responses are given beside ⟨w, x⟩ and ‖x‖²; `by_name`, beside kernels."""
    found: dict[str, str] = {}
    seen = [("kernel_sq", "self.kernel.shape[0]", part.input)]
    seen += [("recurrent_sq", "self.units", part.recurrent)]
    if "sq_w" in plan.neuron.math.primitives and not by_name:
        norms = [_sliced(norm, columns) for norm, _, columns in seen if columns is not None]
        found["sq_w"] = " + ".join(norms)
    for parameter in plan.parameters:
        name = parameter.name
        if not parameter.trained:
            found[name] = f"self.{name}"
        elif not parameter.per_unit or part.all.whole:
            found[name] = name
        else:
            none = f"None if {name} is None else " if parameter.optional else ""
            found[name] = f"{none}{_sliced(name, part.all)}"
    for count in plan.neuron.math.counts:
        sizes = [size for _, size, columns in seen if columns is not None]
        found[count] = "self.units" if count == "units" else " + ".join(sizes)
    return found


def _sliced(array: str, columns: Columns) -> str:
    return array if columns.whole else f"{array}[{columns.slice('units')}]"


def _columns(array: str, columns: Columns) -> str:
    return array if columns.whole else f"{array}[:, {columns.slice('units')}]"


def _response(plan: CellPlan, part: Fused, functions: Mapping[str, str]) -> list[str]:
    """Statements that compute all responses of a projection, and apply their role."""
    projection = part.projection
    name, count = projection.name, len(part.variables)
    target = name if count > 1 else part.variables[0]
    lines: list[str] = []
    if projection.source is not None:
        source = printed(projection.source, functions)
        if not projection.sees_state_itself:
            lines.append(f"{name}_source = {source}")
            source = f"{name}_source"
        factors = [f'"{name}"', source] + [f"{name}_dot"] * projection.reads_input
        operands = [f"multiply({', '.join(factors)})"]
        if "sq_x" in plan.neuron.math.primitives:
            norms = ["sq_x"] * projection.reads_input + [f"_recurrent.sq_norm({source})"]
            operands.append(f"sq_x={' + '.join(norms)}")
        lines.append(f'{target} = respond({", ".join(operands)}, **operands["{name}"])')
    if role := _common_role(plan, part):
        names = ", ".join(_made_of(plan, role, variable) for variable in part.variables)
        return [*lines, f"{names} = {role}.of_parts({name}, {count})"]
    if count == 1:
        return lines
    return [*lines, f"{', '.join(part.variables)} = ops.split({name}, {count}, axis=-1)"]


def _common_role(plan: CellPlan, part: Fused) -> str | None:
    """The role whose function several responses are given alone, each in an equation of its own."""
    if len(part.variables) == 1:
        return None
    made = {(r, v) for r in plan.roles for v in part.variables if _made_of(plan, r, v)}
    role = next(iter(made), ("", ""))[0]
    counts = Counter(
        n.id for e in plan.equations for n in ast.walk(e.tree) if isinstance(n, ast.Name)
    )
    alone = all((role, v) in made and counts[v] == 1 for v in part.variables)
    return role if alone else None


def _made_of(plan: CellPlan, role: str, variable: str) -> str:
    """The value that is the role's function of a response and of nothing else, or ""."""
    text = f"{role}({variable})"
    return next((e.name for e in plan.equations if e.text == text), "")


def _steps(plan: CellPlan, parts: tuple[Fused, ...], functions: Mapping[str, str]) -> list[Line]:
    """All statements of a step, each with the value it computes."""
    by_name = {part.projection.name: part for part in parts}
    lines: list[Line] = []
    done: set[str] = set()
    for step in plan.steps:
        if isinstance(step, Projection):
            part = by_name[step.name]
            lines += [Line(None, text) for text in _response(plan, part, functions)]
            if role := _common_role(plan, part):
                done |= {_made_of(plan, role, variable) for variable in part.variables}
        elif step.name not in done:
            lines.append(Line(step, f"{step.name} = {printed(step.tree, functions)}"))
    return lines


def _scan(plan: CellPlan, parts: tuple[Fused, ...], functions: Mapping[str, str]) -> View:
    """Statements of all steps at once, before and after the scan."""
    states = {*plan.states, *plan.new_states}
    before: list[str] = []
    after: list[str] = []
    for line in _steps(plan, parts, functions):
        if line.equation is None:
            before.append(line.text)
        elif line.equation.name not in plan.new_states:
            late = _names(line.equation) & states
            states |= {line.equation.name} if late else set()
            (after if late else before).append(line.text)
    read = {n for line in after for n in _names_of(line)}
    return {
        "setup": _roles(plan),
        "before": before,
        "after": after,
        "recurrences": [
            (
                f"new_{r.state}",
                r.state,
                _expression(r.coefficient, functions),
                _expression(r.addition, functions),
            )
            for r in plan.recurrences
        ],
        "previous": [s for s in plan.states if s in read],
        "output_is_state": plan.output in plan.new_states,
    }


def _names(equation: Equation) -> set[str]:
    return {n.id for n in ast.walk(equation.tree) if isinstance(n, ast.Name)}


def _names_of(line: str) -> set[str]:
    return {n.id for n in ast.walk(ast.parse(line)) if isinstance(n, ast.Name)}


def _expression(expression: object, functions: Mapping[str, str]) -> str:
    """A SymPy expression as code."""
    return printed(ast.parse(sstr(expression), mode="eval").body, functions)
