"""PyTorch: parallel cells, all steps at once, and block by block with gradients in closed form."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import sympy

from codegen.frameworks.printing import infix_statements, number, single_assignment, uses
from codegen.frameworks.torch_functions import TorchInfix
from codegen.frameworks.torch_steps import SAFE_FUNCTIONS, code, unit_lines
from codegen.frameworks.torch_writer import Context, OutputOccupiedError, Writer
from codegen.math.emitter import Emitter
from codegen.math.operations import Operation, Program, Value
from codegen.math.parallel import ParallelMath, complement, has_broken_power, parallel_math
from codegen.math.symbols import symbol
from codegen.plans.cell import CellPlan, Equation

_WIDTH = 90


@dataclass(frozen=True)
class _Formulas:
    """What an emitter asks for: nothing is a parameter, and nothing may be absent."""

    formulas: Mapping[str, sympy.Expr]
    operands: tuple[str, ...]
    settings: tuple[str, ...] = ()
    defaults: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class _Written:
    """Statements for a block of rows, the scratch arrays they need, and what they return."""

    lines: list[str]
    scratch: list[str]
    returned: list[str]


def scan_lines(plan: CellPlan) -> list[str]:
    """Statements that compute all steps at once, or none if only a loop over them can."""
    if not plan.recurrences or not plan.input_units:
        return []
    if any(has_broken_power(e) for r in plan.recurrences for e in (r.coefficient, r.addition)):
        return []
    recurrences = {f"new_{r.state}": r for r in plan.recurrences}
    like = plan.units[0].variable
    roles = SAFE_FUNCTIONS | {role.lower(): role for role in plan.roles}
    lines: list[str] = []
    for step in plan.steps:
        if not isinstance(step, Equation):
            lines += unit_lines(step)
        elif step.name not in recurrences:
            lines.append(f"{step.name} = {code(step.tree)}")
        else:
            state = recurrences[step.name].state
            parts = {"coefficient": recurrences[step.name].coefficient}
            parts["addition"] = recurrences[step.name].addition
            for part, expression in parts.items():
                name = f"{state}_{part}"
                if expression.is_number:
                    filled = f"torch.full_like({like}, {number(float(expression))})"
                    lines.append(f"{name} = {filled}")
                else:
                    program = _program({name: expression}, sorted(_names(expression)))
                    spelling = TorchInfix(roles, "torch.where({switch} > 0, {value}, 0)", like=like)
                    lines += infix_statements(program, spelling, frozenset({name}))
            lines.append(
                f"{step.name} = linear_scan({state}_coefficient, {state}_addition, {state})"
            )
    return lines


def closed_form(plan: CellPlan) -> dict[str, Any] | None:
    """View of the functions of blocks of rows, if the cell has them."""
    math = parallel_math(plan)
    if math is None:
        return None
    given = [*math.shares, *math.complements]
    additions = {f"{s}_addition": e for s, e in math.additions.items()}
    coefficients = {f"{s}_coefficient": e for s, e in math.coefficients.items()}
    upstream = [f"grad_{s}" for s in math.states]
    kept = _kept(math)
    return {
        "given": given,
        "common": kept,
        "responses": len(math.responses),
        "shares": tuple(map(math.responses.index, math.with_share)),
        "states": list(math.states),
        "additions": list(additions),
        "upstream": upstream,
        "write_additions": _written(
            math.values,
            coefficients | additions,
            given,
            [],
            {name: name for name in (*kept, *additions)},
            list(coefficients),
        ),
        "write_gradients": _gradients_in_place(
            math,
            kept,
            [*given, *kept, *math.states, *upstream],
            [*math.shares, *math.complements, *kept, *upstream],
        ),
        "output": plan.new_states.index(plan.output),
        "counts": plan.neuron.math.counts,
    }


def _kept(math: ParallelMath) -> list[str]:
    """Values that both passes need, but for those that take one operation from a complement."""
    forward = _needed(math.values, *math.additions.values(), *math.coefficients.values())
    backward = _needed(math.values, *math.gradients.values())
    complements = {symbol(name) for name in math.complements}
    return [
        name
        for name, expression in math.values.items()
        if name in forward & backward and not expression.free_symbols <= complements
    ]


def _gradients_in_place(
    math: ParallelMath, kept: Sequence[str], given: Sequence[str], owned: Sequence[str]
) -> _Written:
    """Write gradients of responses over complements, at once or after the last one is read."""
    values = {name: e for name, e in math.values.items() if name not in kept}
    memory = {f"grad_{r}": complement(r) for r in math.responses}
    try:
        return _written(values, math.gradients, given, owned, memory, [])
    except OutputOccupiedError:
        written = _written(values, math.gradients, given, owned, {}, list(memory))
        pairs = zip(math.complements, written.returned, strict=True)
        copies = (f"{memory}.copy_({name})" for memory, name in pairs)
        return replace(written, lines=[*written.lines, *copies], returned=[])


def _written(
    values: dict[str, sympy.Expr],
    wanted: Mapping[str, sympy.Expr],
    given: Sequence[str],
    owned: Sequence[str],
    memory: Mapping[str, str],
    returned: Sequence[str],
) -> _Written:
    """Write what is wanted: outputs into `memory`, all else where there is room.

    Given arrays are overwritten once they are dead if they are `owned`.

    Raises:
        OutputOccupiedError: The memory of an output is a given array that is still to be read.
    """
    same = {n: str(e) for n, e in wanted.items() if n in returned and e.is_Symbol}
    rest = {n: e for n, e in wanted.items() if n not in same}
    needed = _needed(values, *rest.values(), *map(symbol, same.values()))
    rest = {name: values[name] for name in values if name in needed} | rest
    program = _with_products_added(single_assignment(_program(rest, given)))
    kept = {same.get(name, name) for name in returned} | set(memory)
    last: dict[Value, int] = {}
    for i, operation in enumerate(program.operations):
        last |= dict.fromkeys(operation.arguments, i)
    full = {*given, *(operation.target for operation in program.operations)}
    writer = Writer(full, "", "", Context(frozenset(), given[0]))
    for name in owned:
        writer.own(name, name)
    places = _places(program, memory, kept)
    for i, operation in enumerate(program.operations):
        place = places.get(operation.target, "")
        if place in given and last.get(place, -1) > i:
            if operation.target in memory:
                raise OutputOccupiedError
            # A step on the way to the output can be elsewhere.
            place = ""
        writer.result, writer.output = (operation.target, place) if place else ("", "")
        dead = {str(a) for a in operation.arguments if last[a] == i and a not in kept}
        writer.operation(operation, frozenset(dead))
    scratch = [f"scratch_{i + 1}" for i in range(writer.registers_made)]
    lines = _chained(writer.lines, list(memory.values()))
    return _Written(lines, scratch, [same.get(name, name) for name in returned])


def _with_products_added(program: Program) -> Program:
    """Write (1 + c q) z as z + c q z, which is one operation and not two."""
    read = uses(program)
    made = {o.target: o for o in program.operations}
    operations: list[Operation] = []
    for operation in program.operations:
        if operation.function == "mul" and operation.optional is None:
            for one, other in (operation.arguments, operation.arguments[::-1]):
                factor = made.get(str(one))
                if factor is None or read[factor.target] != 1 or isinstance(other, float):
                    continue
                if factor.function == "add_scaled" and factor.arguments[0] == 1.0:
                    _, scale, value = factor.arguments
                    operations.remove(factor)
                    arguments = (other, scale, other, value)
                    operation = Operation(operation.target, "add_product", arguments)
                    break
        operations.append(operation)
    return replace(program, operations=tuple(operations))


def _places(program: Program, memory: Mapping[str, str], kept: Collection[str]) -> dict[str, str]:
    """Value → the memory of an output, where it is the output itself, or only leads to it."""
    read = uses(program)
    computed = {operation.target for operation in program.operations} - {*kept}
    places: dict[str, str] = {}
    for operation in reversed(program.operations):
        place = memory.get(operation.target.partition(".")[0], places.get(operation.target))
        if place is not None:
            places[operation.target] = place
            times = Counter(operation.arguments)
            before = [
                str(a) for a in operation.arguments if a in computed and read[str(a)] == times[a]
            ]
            places |= dict.fromkeys(before[:1], place)
    return places


def _chained(lines: Sequence[str], outputs: Sequence[str]) -> list[str]:
    """Statements that go on with what the one before wrote to an output, as one."""
    found: list[str] = []
    for line in lines:
        memory, _, call = line.partition(".")
        previous = found[-1] if found else ""
        follows = previous.startswith(f"{memory}.") or previous.endswith(f"out={memory})")
        if memory in outputs and follows and len(previous) + len(call) < _WIDTH:
            found[-1] = f"{previous}.{call}"
        else:
            found.append(line)
    return found


def _program(formulas: Mapping[str, sympy.Expr], operands: Sequence[str]) -> Program:
    emitter = Emitter(_Formulas(formulas, tuple(operands)))
    for name, formula in formulas.items():
        emitter.define(name, formula)
    return Program(tuple(emitter.operations))


def _needed(values: dict[str, sympy.Expr], *expressions: sympy.Expr) -> set[str]:
    """The names that expressions of values lead to."""
    needed = _names(*expressions)
    for name, expression in reversed(values.items()):
        if name in needed:
            needed |= _names(expression)
    return needed


def _names(*expressions: sympy.Expr) -> set[str]:
    return {s.name for e in expressions for s in e.free_symbols}
