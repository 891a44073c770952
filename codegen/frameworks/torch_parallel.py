"""PyTorch: parallel cells, all steps at once, and block by block with gradients in closed form."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from itertools import islice, permutations
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

#: How many orders of outputs are tried: all of four.
_ORDERS = 24


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
    """Write gradients of responses over complements, in the order that takes the least memory.

    If there is none in which nothing is overwritten before it is read, they are copied at last.
    """
    values = {name: e for name, e in math.values.items() if name not in kept}
    memory = {f"grad_{r}": complement(r) for r in math.responses}
    found = []
    for order in islice(permutations(memory), _ORDERS):
        last = {name: math.gradients[name] for name in order}
        # What several of them read comes first.
        wanted = {n: e for n, e in math.gradients.items() if n not in last} | last
        with suppress(OutputOccupiedError):
            found.append(_written(values, wanted, given, owned, memory, []))
    if found:
        return min(found, key=lambda written: len(written.scratch))
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
    program = _outputs_after_reads(program, memory)
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
    """Write (1 + c q) z as z + c q z, which is one operation and not two.

    Likewise (1 + c q - h) z as z - (h - c q) z, two and not three.
    """
    read = uses(program)
    made = {o.target: o for o in program.operations}

    def used_once(value: Value, function: str) -> Operation | None:
        operation = made.get(str(value))
        found = operation is not None and operation.function == function
        return operation if found and read[str(value)] == 1 else None

    operations: list[Operation] = []
    for operation in program.operations:
        if operation.function == "mul" and operation.optional is None:
            for one, other in (operation.arguments, operation.arguments[::-1]):
                difference = used_once(one, "sub")
                first = one if difference is None else difference.arguments[0]
                factor = used_once(first, "add_scaled")
                if factor is None or factor.arguments[0] != 1.0 or isinstance(other, float):
                    continue
                _, scale, value = factor.arguments
                operations.remove(factor)
                if difference is not None:
                    terms = (difference.arguments[1], -scale, value)
                    at = operations.index(difference)
                    operations[at] = Operation(difference.target, "add_scaled", terms)
                    scale, value = -1.0, difference.target
                arguments = (other, scale, other, value)
                operation = Operation(operation.target, "add_product", arguments)
                break
        operations.append(operation)
    return replace(program, operations=tuple(operations))


def _outputs_after_reads(program: Program, memory: Mapping[str, str]) -> Program:
    """Leave to the end every output that would overwrite a given array still to be read."""
    read_last = {a: i for i, o in enumerate(program.operations) for a in o.arguments}

    def is_early(place: int, target: str) -> bool:
        overwritten = memory.get(target, target)
        return overwritten != target and read_last.get(overwritten, -1) > place

    early = [o for i, o in enumerate(program.operations) if is_early(i, o.target)]
    others = [o for o in program.operations if o not in early]
    return replace(program, operations=(*others, *early))


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
    """Statements that go on with what the one before wrote, as one."""
    found: list[str] = []
    for line in lines:
        previous = found[-1] if found else ""
        name, _, value = line.partition(" = ")
        memory, _, call = (value or line).partition(".")
        if value:
            follows = name == memory and previous.startswith(f"{name} = ")
        else:
            written = previous.startswith(f"{memory}.") or previous.endswith(f"out={memory})")
            follows = memory in outputs and written
        if follows and len(previous) + len(call) < _WIDTH:
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
