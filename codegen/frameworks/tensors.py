"""Programs made ready for frameworks that tell numbers from tensors, or one shape from another."""

from collections.abc import Mapping
from dataclasses import replace

from codegen.math.operations import Operation, Program, Value

#: Written with operators, which Python numbers have as well as tensors.
_OPERATORS = frozenset({"add", "add_scaled", "copy", "default", "div", "mul", "reciprocal", "sub"})

#: Take tensors first, and what is no tensor as it is.
_MIXED = frozenset({"softmax", "total"})

_SAMPLE, _UNIT = frozenset({"sample"}), frozenset({"unit"})
_FULL = _SAMPLE | _UNIT

#: Values whose shape no choice of the caller changes. A parameter may have an axis of units or not.
_AXES: Mapping[Value, frozenset[str]] = {
    "grad": _FULL,
    "dot": _FULL,
    "sq_x": _SAMPLE,
    "sq_w": _UNIT,
}


def with_broadcast_masks(program: Program) -> Program:
    """Mask by `select` where value and switch may differ in shape; `mask` takes equal shapes."""
    axes: dict[Value, frozenset[str]] = dict(_AXES)
    operations = []
    for operation in program.operations:
        of = [axes.get(argument, frozenset()) for argument in operation.arguments]
        if operation.function == "mask" and of != [_FULL, _FULL]:
            value, switch = operation.arguments
            operation = replace(operation, function="select", arguments=(switch, 0.0, value, 0.0))
        axes[operation.target] = frozenset[str]().union(*of)
        operations.append(operation)
    return replace(program, operations=tuple(operations))


def with_typed_numbers(
    program: Program,
    numbers: frozenset[str],
    whole: frozenset[str],
    promotes: bool,
    like: str = "dot",
) -> Program:
    """Let functions read numbers as tensors of the dtype of ⟨w, x⟩, by `like(number, dot)`.

    A function of Python numbers alone would be computed in a default dtype. Whole numbers have
    the same value in any, beside a tensor.

    Args:
      program: What to compute.
      numbers: Operands that may be Python numbers.
      whole: Those of them that are whole numbers.
      promotes: Whether a function gives a number the dtype of the tensors beside it.
      like: The operand whose dtype all tensors have.
    """
    numeric = set(numbers)
    tensors: dict[Value, str] = {}
    operations: list[Operation] = []

    def is_number(value: Value) -> bool:
        return not isinstance(value, str) or value in numeric

    def is_whole(value: Value) -> bool:
        return value in whole if isinstance(value, str) else value == int(value)

    def tensor(value: Value) -> str:
        if value not in tensors:
            name = f"{value}_tensor" if isinstance(value, str) else f"number_{len(tensors)}"
            tensors[value] = name
            operations.append(Operation(name, "like", (value, like)))
        return tensors[value]

    for operation in program.operations:
        arguments = operation.arguments
        if operation.function in _OPERATORS:
            if operation.function == "default" or all(map(is_number, arguments)):
                numeric.add(operation.target)
            operations.append(operation)
            continue
        if operation.function in _MIXED:
            operations.append(operation)
            numeric.discard(operation.target)
            continue
        # Numbers are compared as they are.
        first = 2 if operation.function == "select" else 0
        alone = all(map(is_number, arguments[first:]))
        # The first of two branches decides on the dtype of both.
        decides = alone or operation.function == "select"
        read = list(arguments)
        for i, value in enumerate(arguments[first:], first):
            if is_number(value) and ((decides and i == first) or not (promotes or is_whole(value))):
                read[i] = tensor(value)
        operations.append(replace(operation, arguments=tuple(read)))
        numeric.discard(operation.target)
        tensors.pop(operation.target, None)
    return replace(program, operations=tuple(operations))
