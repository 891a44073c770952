"""A writer of PyTorch statements: full-size values live in registers, as a compiler has them."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from codegen.frameworks.printing import number, scale_expression
from codegen.frameworks.torch_functions import expression, of_tensors, updating, writing
from codegen.math.operations import Derivative, Operation, Value


@dataclass(frozen=True)
class Step:
    """One operation, or the moment at which a derivative is summed up."""

    operation: Operation | None = None
    derivative: Derivative | None = None

    @property
    def reads(self) -> tuple[Value, ...]:
        if self.operation is not None:
            return self.operation.arguments
        assert self.derivative is not None
        return self.derivative.factors


class OutputOccupiedError(Exception):
    """A value that is still needed lives where the result must go."""


@dataclass(frozen=True)
class Context:
    """What a writer knows of the operands."""

    numbers: frozenset[str]
    like: str
    """An array that has the dtype of all of them."""
    optional: frozenset[str] = frozenset()
    scalars: frozenset[str] = frozenset()
    full: frozenset[str] = frozenset()
    """Operands whose gradients are arrays of the shape of ⟨w, x⟩."""


@dataclass
class Writer:
    """Writes statements and assigns registers to full-size values."""

    full: set[str]
    output: str
    result: str
    """The value that must end in `output`, if any."""
    context: Context
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

    def derivative(self, derivative: Derivative, later: Sequence[Step]) -> None:
        """Write a sum over the axes the operand lacks, onto what earlier blocks gave.

        The sum over the units is used again by `later` sums of the same values.
        """
        # Numbers multiply the sum, like parameters without axes.
        counts = tuple(f for f in derivative.factors if f in self.context.numbers)
        tensors = tuple(f for f in derivative.factors if f not in counts)
        scalars = (*derivative.scalars, *map(self._read, counts))
        derivative = replace(derivative, factors=tensors, scalars=scalars)
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
        if scalars or abs(derivative.coefficient) == 1:
            scaled = scale_expression(abs(derivative.coefficient), scalars, total)
            update = f"grad_{operand} {sign}= {scaled}"
        else:
            update = f"grad_{operand}.add_({total}, alpha={number(derivative.coefficient)})"
        if operand in ("sq_x", "sq_w"):
            self.lines.append(update)
        else:
            self.lines += [f"if grad_{operand} is not None:", f"    {update}"]

    def _is_used_again(self, derivative: Derivative, later: Sequence[Step]) -> bool:
        others = [step.derivative for step in later if step.derivative is not None]
        return any(
            d.factors == derivative.factors and d.operand in self.context.scalars for d in others
        )

    def _sum(self, operand: str, factors: list[str]) -> str:
        if operand in self.context.full:
            return " * ".join(factors)
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
                raise OutputOccupiedError
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
