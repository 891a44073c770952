"""PyTorch statements that reuse memory: eager elementwise arithmetic is bound by it.

Measured on 2 CPU cores, 2**19 float32: an operation that writes to memory in use takes
15–40 µs, one that allocates its result 200–800 µs, most of it page faults. So full-size values
are assigned to a few registers, as a compiler would: the output and some scratch memory.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from codegen.frameworks.printing import (
    number,
    scale_expression,
    scale_lines,
    single_assignment,
)
from codegen.frameworks.torch_functions import (
    expression,
    number_values,
    of_tensors,
    updating,
    writing,
)
from codegen.math.operations import Derivative, Operation, Program, Value
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


@dataclass(frozen=True)
class _Step:
    """One operation, or the moment at which a derivative is summed up."""

    operation: Operation | None = None
    derivative: Derivative | None = None

    @property
    def reads(self) -> tuple[Value, ...]:
        if self.operation is not None:
            return self.operation.arguments
        assert self.derivative is not None
        return self.derivative.factors


class DoesNotFitError(Exception):
    """Response and residual cannot share the memory there is for them."""


class _OutputOccupiedError(Exception):
    """A value that is still needed lives where the result must go."""


def inplace_response(neuron: Differentiated, numbers: frozenset[str] = frozenset()) -> InPlace:
    """The response of a block of rows, and what is kept for its gradient.

    If ⟨w, x⟩ is kept, the response ends in `other`. Otherwise the two share the memory of ⟨w, x⟩
    and `other`. `numbers` are the operands that are numbers of Python.
    """
    context = _Context(numbers, "dot")
    if neuron.residual == "dot":
        return _first_that_fits(neuron.response, frozenset({"dot"}), "other", context)
    program = single_assignment(_reading_dot_last(neuron.response))
    writer = context.writer(program, frozenset({"dot"}), "", "")
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
) -> InPlace:
    """The gradient of a block of rows; that of ⟨w, x⟩, less `dot_factor`, replaces what was kept.

    `optional` names the parameters that may be absent, `scalars` those without axes, `numbers` the
    operands that are numbers of Python.
    """
    kept = neuron.residual
    context = _Context(numbers, "grad", optional, scalars)
    if kept is None:
        return _first_that_fits(neuron.gradient, frozenset({"grad"}), "grad_dot", context)
    program = single_assignment(neuron.gradient)
    given = frozenset({kept, "grad"})
    try:
        writer = context.writer(program, given, kept, _result(program))
        writer.own(kept, kept)
        return _write(program, writer)
    except _OutputOccupiedError:
        # Still read when its gradient is ready: that is copied at the end.
        return _write(program, context.writer(program, given, kept, ""))


@dataclass(frozen=True)
class _Context:
    """What a writer knows of the operands."""

    numbers: frozenset[str]
    like: str
    """An array that has the dtype of all of them."""
    optional: frozenset[str] = frozenset()
    scalars: frozenset[str] = frozenset()

    def writer(
        self, program: Program, inputs: frozenset[str], output: str, result: str
    ) -> "_Writer":
        """A writer of a program whose full-size `inputs` are given."""
        numbers = number_values(program, self.numbers)
        context = replace(self, numbers=numbers)
        return _Writer(_full_size(program, inputs), output, result, context)


def _first_that_fits(
    program: Program, inputs: frozenset[str], output: str, context: _Context
) -> InPlace:
    """Lend the output to other values before the result needs it, if that can be done."""
    program = single_assignment(program)
    result = _result(program)
    try:
        writer = context.writer(program, inputs, output, result)
        writer.lend(output)
        return _write(program, writer)
    except _OutputOccupiedError:
        return _write(program, context.writer(program, inputs, output, result))


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


def _write(program: Program, writer: "_Writer", keep: frozenset[str] = frozenset()) -> InPlace:
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


def _schedule(program: Program) -> list[_Step]:
    """Sum every derivative as soon as its factors exist, so that their memory is free.

    The gradient of `dot` comes last: it takes the memory of what was kept, which nothing may read
    afterwards.
    """
    missing = {o.target for o in program.operations}
    waiting = [d for d in program.derivatives if d.operand != "dot"]
    steps: list[_Step] = []
    for operation in (None, *program.operations):
        if operation is not None:
            steps.append(_Step(operation=operation))
            missing.remove(operation.target)
        ready = [d for d in waiting if not missing & {*d.factors, *d.scalars}]
        steps += [_Step(derivative=d) for d in ready]
        waiting = [d for d in waiting if d not in ready]
    return steps + [_Step(derivative=d) for d in program.derivatives if d.operand == "dot"]


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


@dataclass
class _Writer:
    """Writes statements and assigns registers to full-size values."""

    full: set[str]
    output: str
    result: str
    """The value that must end in `output`, if any."""
    context: _Context
    lines: list[str] = field(default_factory=list)
    registers_made: int = 0

    def __post_init__(self) -> None:
        self._free: list[str] = []
        self._register: dict[Value, str] = {}
        self._variable: dict[Value, str] = {}
        self._may_be_operand: set[str] = set()
        self._alias: dict[str, str] = {}
        self.kept: frozenset[str] = frozenset()
        self._row_sums: tuple[str, ...] = ()

    def own(self, value: str, register: str) -> None:
        """Let a given value be overwritten once it is dead."""
        self._register[value] = register

    def lend(self, register: str) -> None:
        """Let values live in `register`."""
        self._free.append(register)

    def register_of(self, value: str) -> str | None:
        """Where a value lives."""
        return self._register.get(value)

    def operation(self, operation: Operation, dead: frozenset[str]) -> None:
        """Write one operation, in the memory of an argument no longer read if there is one."""
        if operation.optional is not None:
            self._optional(operation, dead)
        elif operation.target not in self.full:
            self._define(operation, expression(*self._call(operation)))
        else:
            self._full_size(operation, dead)
        self.release(dead.difference(self.behind(operation.target)))

    def behind(self, value: str) -> list[str]:
        """The value, and all that it is if parameters are absent."""
        found = [value]
        while found[-1] in self._alias:
            found.append(self._alias[found[-1]])
        return found

    def derivative(self, derivative: Derivative, later: Sequence[_Step]) -> None:
        """Write a sum over the axes the operand lacks, onto what earlier blocks gave.

        The sum over the units is used again by `later` sums of the same values.
        """
        operand = derivative.operand
        factors = [self._read(f) for f in derivative.factors]
        scalars = tuple(
            f"scale_{s}" if s in self.context.optional else s for s in derivative.scalars
        )
        if operand == "dot":
            self._grad_dot(scale_expression(1, scalars), factors)
            return
        sign = "-" if derivative.coefficient < 0 else "+"
        total = self._sum(operand, factors)
        if operand == "sq_x" and self._is_used_again(derivative, later):
            self.lines.append(f"row_sums = {total}")
            self._row_sums, total = derivative.factors, "row_sums"
        elif derivative.factors == self._row_sums and operand in self.context.scalars:
            total = "row_sums.sum()"
        scaled = scale_expression(abs(derivative.coefficient), scalars, total)
        update = f"grad_{operand} {sign}= {scaled}"
        if operand in ("sq_x", "sq_w"):
            self.lines.append(update)
        else:
            self.lines += [f"if grad_{operand} is not None:", f"    {update}"]

    def _is_used_again(self, derivative: Derivative, later: Sequence[_Step]) -> bool:
        others = [step.derivative for step in later if step.derivative is not None]
        return any(
            d.factors == derivative.factors and d.operand in self.context.scalars for d in others
        )

    def _sum(self, operand: str, factors: list[str]) -> str:
        if len(factors) == 1:
            return f"{factors[0]}.sum_to_size({operand}.shape)"
        head = " * ".join(factors[:-1])
        return f"sum_product({head}, {factors[-1]}, {operand}.shape)"

    def release(self, dead: frozenset[str]) -> None:
        """Give the registers of dead values back."""
        for value in sorted(dead):  # The same text from every run, whatever the hash seed.
            register = self._register.pop(value, None)
            if register is not None and register not in self._register.values():
                self._free.append(register)

    def _full_size(self, operation: Operation, dead: frozenset[str]) -> None:
        function, arguments = self._call(operation)
        if operation.target == self.result:
            self.release(frozenset(v for v in dead if not self._owns(v)))
        owned = [i for i, a in enumerate(operation.arguments) if a in dead and self._owns(a)]
        if operation.target == self.result:
            in_output = [i for i in owned if self._register[operation.arguments[i]] == self.output]
            owned = in_output
        if owned and function == "copy":
            self._register[operation.target] = self._register[operation.arguments[0]]
            self._variable[operation.target] = arguments[0]
            return
        if owned and function == operation.function:
            self._update(operation, arguments, owned[0])
            return
        register = self._take(operation.target == self.result)
        if function == "mask" and not self.full.issuperset(operation.arguments):
            self._define(operation, f"{register}.copy_({expression(function, arguments)})")
        else:
            self._define(operation, writing(function, arguments, register))
        self._register[operation.target] = register

    def _update(self, operation: Operation, arguments: list[str], place: int) -> None:
        """Compute in the memory of argument `place`."""
        memory = arguments[place]
        register = self._register[operation.arguments[place]]
        update = updating(operation.function, arguments, place)
        previous = self.lines[-1] if self.lines else ""
        chained = update.startswith(f"{memory}.") and not _mentions(update[len(memory) :], memory)
        if chained and previous.startswith(f"{memory} = torch."):
            update = previous.removeprefix(f"{memory} = ") + update.removeprefix(memory)
            self.lines.pop()
        self._define(operation, update)
        self._register[operation.target] = register

    def _optional(self, operation: Operation, dead: frozenset[str]) -> None:
        """A step that an absent parameter skips."""
        arguments = self._names(operation)
        place = next(i for i, a in enumerate(operation.arguments) if a != operation.optional)
        value = operation.arguments[place]
        condition = f"{operation.optional} is None"
        if self._owns(value) and (value in dead or operation.target == self.result):
            others = [a for i, a in enumerate(arguments) if i != place]
            update = f"{arguments[place]}.{operation.function}_({', '.join(others)})"
            self.lines += [f"if {operation.optional} is not None:", f"    {update}"]
            self._variable[operation.target] = arguments[place]
            self._register[operation.target] = self._register[value]
            return
        call = expression(operation.function, arguments)
        if operation.target in self.full:
            register = self._take(operation.target == self.result)
            self._register[operation.target] = register
            call = writing(operation.function, arguments, register)
            if operation.target == self.result or operation.target in self.kept:
                # An array of its own, whichever it is.
                self.lines += [f"if {condition}:", f"    {register}.copy_({arguments[place]})"]
                self.lines += ["else:", f"    {call}"]
                self._variable[operation.target] = register
                return
            self._may_be_operand.add(operation.target)
        self._alias[operation.target] = str(value)
        self._define(operation, f"{arguments[place]} if {condition} else {call}")

    def _grad_dot(self, scale: str, factors: list[str]) -> None:
        if len(factors) > 1:
            head = " * ".join(factors[:-1])
            self.lines.append(f"torch.mul({head}, {factors[-1]}, out={self.output})")
        elif factors != [self.output] and scale == "1":
            self.lines.append(f"{self.output}.copy_({factors[0]})")
        elif factors != [self.output]:
            self.lines.append(f"torch.mul({factors[0]}, {scale}, out={self.output})")
            return
        if scale != "1":
            self.lines.append(f"{self.output}.mul_({scale})")

    def _define(self, operation: Operation, expression: str) -> None:
        """Bind an expression to the operation's name; the result needs none, it is the output."""
        name = operation.target.partition(".")[0]
        if operation.target == self.result:
            name = self.output
            self.lines.append(expression)
        else:
            self.lines.append(f"{name} = {expression}")
        self._variable[operation.target] = name

    def _take(self, for_result: bool) -> str:
        if for_result:
            if self.output in self._register.values():
                raise _OutputOccupiedError
            self._free = [register for register in self._free if register != self.output]
            return self.output
        if self._free:
            return self._free.pop()
        self.registers_made += 1
        return f"scratch_{self.registers_made}"

    def _owns(self, value: Value) -> bool:
        """Whether the value's memory may be overwritten: no operand can be behind it."""
        return value in self._register and value not in self._may_be_operand

    def _call(self, operation: Operation) -> tuple[str, list[str]]:
        """What PyTorch is called with."""
        return of_tensors(
            operation, self._names(operation), self.context.numbers, self.context.like
        )

    def _names(self, operation: Operation) -> list[str]:
        return [self._read(a) for a in operation.arguments]

    def _read(self, value: Value) -> str:
        if isinstance(value, float):
            return number(value)
        return self._variable.get(value, value)


def _mentions(text: str, name: str) -> bool:
    return re.search(rf"\b{name}\b", text) is not None
