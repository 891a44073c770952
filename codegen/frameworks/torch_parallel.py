"""PyTorch: parallel cells, all steps at once, and block by block with gradients in closed form."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from itertools import islice, permutations
from typing import Any

from codegen.frameworks.printing import infix_statements, number
from codegen.frameworks.torch_blocks import (
    Written,
    names_behind,
    names_in,
    program_of,
    write_block,
)
from codegen.frameworks.torch_functions import TorchInfix
from codegen.frameworks.torch_steps import SAFE_FUNCTIONS, code, unit_lines
from codegen.frameworks.torch_writer import OutputOccupiedError
from codegen.math.parallel import ParallelMath, complement, has_broken_power, parallel_math
from codegen.math.symbols import symbol
from codegen.plans.cell import CellPlan, Equation

#: How many orders of outputs are tried: all of four.
_ORDERS = 24


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
                    program = program_of({name: expression}, sorted(names_in(expression)))
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
        "write_additions": write_block(
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
    forward = names_behind(math.values, *math.additions.values(), *math.coefficients.values())
    backward = names_behind(math.values, *math.gradients.values())
    complements = {symbol(name) for name in math.complements}
    return [
        name
        for name, expression in math.values.items()
        if name in forward & backward and not expression.free_symbols <= complements
    ]


def _gradients_in_place(
    math: ParallelMath, kept: Sequence[str], given: Sequence[str], owned: Sequence[str]
) -> Written:
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
            found.append(write_block(values, wanted, given, owned, memory, []))
    if found:
        return min(found, key=lambda written: len(written.scratch))
    written = write_block(values, math.gradients, given, owned, {}, list(memory))
    pairs = zip(math.complements, written.returned, strict=True)
    copies = (f"{memory}.copy_({name})" for memory, name in pairs)
    return replace(written, lines=[*written.lines, *copies], returned=[])
