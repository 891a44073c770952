"""PyTorch: formulas of a cell as statements on blocks of rows, in memory that exists."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import permutations

import sympy

from codegen.frameworks.printing import single_assignment, uses
from codegen.frameworks.torch_writer import Context, OutputOccupiedError, Writer
from codegen.math.emitter import Emitter, PlainFormulas
from codegen.math.operations import Operation, Program, Value
from codegen.math.symbols import symbol

_WIDTH = 90


@dataclass(frozen=True)
class Written:
    """Statements for a block of rows, the scratch arrays they need, and what they return."""

    lines: list[str]
    scratch: list[str]
    returned: list[str]


def write_block(
    values: dict[str, sympy.Expr],
    wanted: Mapping[str, sympy.Expr],
    given: Sequence[str],
    owned: Sequence[str],
    memory: Mapping[str, str],
    returned: Sequence[str],
) -> Written:
    """Write what is wanted: outputs into `memory`, all else where there is room.

    Given arrays are overwritten once they are dead if they are `owned`.

    Raises:
        OutputOccupiedError: The memory of an output is a given array that is still to be read.
    """
    same = {n: str(e) for n, e in wanted.items() if n in returned and e.is_Symbol}
    rest = {n: e for n, e in wanted.items() if n not in same}
    needed = names_behind(values, *rest.values(), *map(symbol, same.values()))
    rest = {name: values[name] for name in values if name in needed} | rest
    program = _with_products_added(single_assignment(program_of(rest, given)))
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
    return Written(lines, scratch, [same.get(name, name) for name in returned])


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
        is_product = operation.function == "mul" and operation.optional is None
        for one, other in permutations(operation.arguments) if is_product else ():
            difference = used_once(one, "sub")
            first = one if difference is None else difference.arguments[0]
            factor = used_once(first, "add_scaled")
            if factor is None or factor.arguments[0] != 1.0 or isinstance(other, float):
                continue
            operations.remove(factor)
            scale, value = float(factor.arguments[1]), factor.arguments[2]
            if difference is not None:
                terms = (difference.arguments[1], -scale, value)
                place = operations.index(difference)
                operations[place] = Operation(difference.target, "add_scaled", terms)
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


def program_of(formulas: Mapping[str, sympy.Expr], operands: Sequence[str]) -> Program:
    """A program of formulas, each of which may read those before it."""
    emitter = Emitter(PlainFormulas(formulas, tuple(operands)))
    for name, formula in formulas.items():
        emitter.define(name, formula)
    return Program(tuple(emitter.operations))


def names_behind(values: dict[str, sympy.Expr], *expressions: sympy.Expr) -> set[str]:
    """The names that expressions of values lead to."""
    needed = names_in(*expressions)
    for name, expression in reversed(values.items()):
        if name in needed:
            needed |= names_in(expression)
    return needed


def names_in(*expressions: sympy.Expr) -> set[str]:
    return {s.name for e in expressions for s in e.free_symbols}
