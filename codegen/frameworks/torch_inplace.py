"""PyTorch statements that reuse memory: eager elementwise arithmetic is bound by it.

Measured on 2 CPU cores, 2**19 float32: an operation that writes to memory in use takes
15–40 µs, one that allocates its result 200–800 µs, most of it page faults. So full-size values
are assigned to a few registers, as a compiler would: the output and some scratch memory.
"""

import re
from dataclasses import dataclass, replace

from codegen.frameworks.printing import scale_lines, single_assignment
from codegen.frameworks.torch_functions import number_values
from codegen.frameworks.torch_writer import Context, OutputOccupiedError, Step, Writer
from codegen.math.operations import Operation, Program, Value
from codegen.math.residual import Differentiated


@dataclass(frozen=True)
class InPlace:
    """Statements for one block of rows, and how many scratch arrays (`scratch_1` …) they need."""

    lines: list[str]
    scratch: int
    response: str = "other"
    """The array in which the response ends."""

    @property
    def scratch_names(self) -> list[str]:
        """The scratch arrays."""
        return [f"scratch_{i + 1}" for i in range(self.scratch)]

    @property
    def scratch_may_be_grad(self) -> bool:
        """Whether ``grad`` is read once, by the call that is the first to write to ``scratch_1``.

        Then no other name can stand for it, either.
        """
        read = [line for line in self.lines if re.search(r"\bgrad\b", line)]
        written = [line for line in self.lines if re.search(r"\bscratch_1\b", line)]
        return read == written[:1] and read[0].endswith(", out=scratch_1)")


class DoesNotFitError(Exception):
    """Response and residual cannot share the memory there is for them."""


def inplace_response(neuron: Differentiated, numbers: frozenset[str] = frozenset()) -> InPlace:
    """The response of a block of rows, and what is kept for its gradient.

    If ⟨w, x⟩ is kept, the response ends in `other`. Otherwise the two share the memory of ⟨w, x⟩
    and `other`. `numbers` are the operands that are numbers of Python.
    """
    context = Context(numbers, "dot")
    if neuron.residual == "dot":
        return _first_that_fits(neuron.response, frozenset({"dot"}), "other", context)
    program = single_assignment(_reading_dot_last(neuron.response))
    writer = _writer(context, program, frozenset({"dot"}), "", "")
    writer.own("dot", "dot")
    writer.lend("other")
    kept = {neuron.residual, "response"} - {None}
    written = _write(program, writer, keep=frozenset(map(str, kept)))
    places = [writer.register_of(str(name)) for name in ("response", neuron.residual) if name]
    if len(set(places)) < len(places) or not set(places) <= {"dot", "other"}:
        raise DoesNotFitError(f"response and {neuron.residual} are in {places}")
    name, _, last = written.lines[-1].partition(" = ") if written.lines else ("", "", "")
    if last and not name.startswith(" "):
        written.lines[-1] = last
    return replace(written, response=str(places[0]))


def inplace_gradient(
    neuron: Differentiated,
    optional: frozenset[str],
    scalars: frozenset[str],
    numbers: frozenset[str] = frozenset(),
    full: frozenset[str] = frozenset(),
) -> InPlace:
    """The gradient of a block of rows; that of ⟨w, x⟩, less `dot_factor`, replaces what was kept.

    `optional` names the parameters that may be absent, `scalars` those without axes, `numbers` the
    operands that are numbers of Python, `full` those whose gradients nobody has to sum over rows.
    """
    kept = neuron.residual
    context = Context(numbers, "grad", optional, scalars, full)
    if kept is None:
        return _first_that_fits(neuron.gradient, frozenset({"grad"}), "grad_dot", context)
    program = single_assignment(neuron.gradient)
    given = frozenset({kept, "grad"})
    try:
        writer = _writer(context, program, given, kept, _result(program))
        writer.own(kept, kept)
        return _write(program, writer)
    except OutputOccupiedError:
        # Still read when its gradient is ready: that is copied at the end.
        return _write(program, _writer(context, program, given, kept, ""))


def _writer(
    context: Context, program: Program, inputs: frozenset[str], output: str, result: str
) -> Writer:
    """A writer of a program whose full-size `inputs` are given."""
    known = replace(context, numbers=number_values(program, context.numbers))
    return Writer(_full_size(program, inputs), output, result, known)


def _first_that_fits(
    program: Program, inputs: frozenset[str], output: str, context: Context
) -> InPlace:
    """Lend the output to other values before the result needs it, if that can be done."""
    program = single_assignment(program)
    result = _result(program)
    try:
        writer = _writer(context, program, inputs, output, result)
        writer.lend(output)
        return _write(program, writer)
    except OutputOccupiedError:
        return _write(program, _writer(context, program, inputs, output, result))


def _reading_dot_last(program: Program) -> Program:
    """Delay what an absent parameter makes ⟨w, x⟩ itself: its memory can then be that of ⟨w, x⟩."""
    delayed = [o for o in program.operations if o.optional is not None and "dot" in o.arguments]
    operations: list[Operation] = []
    for operation in program.operations:
        if operation in delayed:
            continue
        operations += [
            o for o in delayed if o.target in operation.arguments and o not in operations
        ]
        operations.append(operation)
    operations += [o for o in delayed if o not in operations]
    return replace(program, operations=tuple(operations))


def _write(program: Program, writer: Writer, keep: frozenset[str] = frozenset()) -> InPlace:
    """Write all steps; the values in `keep` are not overwritten at the end."""
    steps = _schedule(program)
    writer.kept = keep
    writer.lines += scale_lines(program, writer.context.optional)
    last_read = {v: i for i, step in enumerate(steps) for v in step.reads if v not in keep}
    for i, step in enumerate(steps):
        read = {v for value in step.reads if isinstance(value, str) for v in writer.behind(value)}
        dead = frozenset(v for v in read if last_read.get(v) == i)
        if step.operation is not None:
            writer.operation(step.operation, dead)
            target, *same = writer.behind(step.operation.target)
            for value in same:
                # What may be the same array is read for as long.
                if value not in keep:
                    last_read[value] = max(last_read.get(value, i), last_read.get(target, i))
        elif step.derivative is not None:
            writer.derivative(step.derivative, steps[i + 1 :])
            writer.release(dead)
    return InPlace(writer.lines, writer.registers_made)


def _schedule(program: Program) -> list[Step]:
    """Sum every derivative as soon as its factors exist, so that their memory is free.

    The gradient of `dot` comes last: it takes the memory of what was kept, which nothing may read
    afterwards.
    """
    missing = {o.target for o in program.operations}
    waiting = [d for d in program.derivatives if d.operand != "dot"]
    steps: list[Step] = []
    for operation in (None, *program.operations):
        if operation is not None:
            steps.append(Step(operation=operation))
            missing.remove(operation.target)
        ready = [d for d in waiting if not missing & {*d.factors, *d.scalars}]
        steps += [Step(derivative=d) for d in ready]
        waiting = [d for d in waiting if d not in ready]
    return steps + [Step(derivative=d) for d in program.derivatives if d.operand == "dot"]


def _full_size(program: Program, inputs: frozenset[str]) -> set[str]:
    """Values with one element per sample and unit, as all `inputs` have."""
    axes: dict[Value, set[str]] = {"sq_x": {"sample"}, "sq_w": {"unit"}}
    axes |= {name: {"sample", "unit"} for name in inputs}
    for operation in program.operations:
        if operation.function == "lowest":
            continue
        axes[operation.target] = set().union(*(axes.get(a, set()) for a in operation.arguments))
    return {str(value) for value, present in axes.items() if present == {"sample", "unit"}}


def _result(program: Program) -> str:
    """The value that is to live in the output: the last one computed without a condition."""
    result = program.result or next(d.factors[0] for d in program.derivatives if d.operand == "dot")
    by_target = {o.target: o for o in program.operations}
    while result in by_target and by_target[result].optional is not None:
        operation = by_target[result]
        result = next(str(a) for a in operation.arguments if a != operation.optional)
    return result
