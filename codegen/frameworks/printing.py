"""Printers: from straight-line programs to Python statements.

`infix_statements` writes arithmetic as anyone would and suits every framework. In-place
arithmetic, which only PyTorch has, lives with PyTorch.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from codegen.math.operations import Derivative, Operation, Program, Value

ATOM, UNARY, PRODUCT, SUM, CONDITIONAL = range(5)
"""How tightly an expression binds, tightest first."""


@dataclass(frozen=True)
class Code:
    """An expression and how tightly its outermost operator binds."""

    text: str
    binding: int = ATOM

    def within(self, binding: int) -> str:
        """The text, in parentheses where an operator of `binding` would tear it apart."""
        return self.text if self.binding <= binding else f"({self.text})"


def number(value: float) -> str:
    """A literal: integers without a fraction, everything else shortest."""
    return str(int(value)) if value == int(value) else repr(value)


def single_assignment(program: Program) -> Program:
    """Rename so that every value is assigned once; formulas keep their names."""
    last = {o.target: i for i, o in enumerate(program.operations)}
    current: dict[str, str] = {}
    counts: Counter[str] = Counter()

    def renamed(value: Value) -> Value:
        return current.get(value, value) if isinstance(value, str) else value

    operations = []
    for i, operation in enumerate(program.operations):
        arguments = tuple(map(renamed, operation.arguments))
        counts[operation.target] += 1
        final = last[operation.target] == i
        target = operation.target if final else f"{operation.target}.{counts[operation.target]}"
        current[operation.target] = target
        operations.append(replace(operation, target=target, arguments=arguments))
    return replace(program, operations=tuple(operations))


def uses(program: Program) -> Counter[str]:
    """How often each value is read, by operations, derivatives and as the result."""
    counts: Counter[str] = Counter()
    for operation in program.operations:
        counts.update(a for a in operation.arguments if isinstance(a, str))
    for derivative in program.derivatives:
        counts.update(derivative.factors)
    counts.update([program.result])
    return counts


Call = Callable[..., str]


@dataclass(frozen=True)
class Infix:
    """Infix spelling of a framework: how its functions are called."""

    functions: Mapping[str, str]
    mask: str

    def expression(self, operation: Operation, arguments: tuple[Code, ...]) -> Code:
        """One operation as an expression, the absent case not considered."""
        match operation.function, arguments:
            case "copy", (value,):
                return value
            case "add", (left, right):
                if right.text.startswith("-"):
                    return Code(f"{left.within(SUM)} - {right.text[1:]}", SUM)
                return Code(f"{left.within(SUM)} + {right.within(PRODUCT)}", SUM)
            case "sub", (left, right):
                return Code(f"{left.within(SUM)} - {right.within(PRODUCT)}", SUM)
            case "add_scaled", (left, factor, right):
                sign, size = ("-", factor.text[1:]) if factor.text[0] == "-" else ("+", factor.text)
                return Code(f"{left.within(SUM)} {sign} {size} * {right.within(UNARY)}", SUM)
            case "mul", (left, Code(text="-1")):
                return Code(f"-{left.within(UNARY)}", UNARY)
            case "mul", (left, right) if left.binding == ATOM and right.binding == ATOM:
                first, second = (right, left) if _is_number(right) else (left, right)
                return Code(f"{first.text} * {second.text}", PRODUCT)
            case "mul", (left, right):
                return Code(f"{left.within(PRODUCT)} * {right.within(UNARY)}", PRODUCT)
            case "div", (left, right):
                return Code(f"{left.within(PRODUCT)} / {right.within(UNARY)}", PRODUCT)
            case "reciprocal", (value,):
                return Code(f"1 / {value.within(UNARY)}", PRODUCT)
            case "select", (left, right, chosen, otherwise):
                test = f"{left.within(SUM)} > {right.within(SUM)}"
                return Code(f"{self.functions['where']}({test}, {chosen.text}, {otherwise.text})")
            case "default", (value, absent):
                return Code(f"{absent.text} if {value.text} is None else {value.text}", CONDITIONAL)
            case "mask", (value, switch):
                text = self.mask.format(value=value.within(PRODUCT), switch=switch.text)
                return Code(text, PRODUCT)
        spelling = self.functions[operation.function]
        return Code(f"{spelling}({', '.join(a.text for a in arguments)})")


def _is_number(code: Code) -> bool:
    return code.text.lstrip("-")[:1].isdigit()


def infix_statements(program: Program, infix: Infix, keep: frozenset[str]) -> list[str]:
    """The program's operations as statements; values read once are written in place.

    `keep` names the values that deserve a line of their own: the formulas of the spec.
    """
    program = single_assignment(program)
    counts = uses(program)
    keep |= {factor for derivative in program.derivatives for factor in derivative.factors}
    inlined: dict[str, Code] = {}
    lines: list[str] = []
    for operation in program.operations:
        arguments = tuple(
            inlined.get(a, Code(a)) if isinstance(a, str) else Code(number(a))
            for a in operation.arguments
        )
        code = infix.expression(operation, arguments)
        target = operation.target.partition(".")[0]
        if operation.optional is not None:
            other = next(c for c in arguments if c.text != operation.optional)
            code = Code(
                f"{other.text} if {operation.optional} is None else {code.text}", CONDITIONAL
            )
            if other.binding != ATOM:
                lines.append(f"{target} = {other.text}")
                arguments = tuple(Code(target) if a is other else a for a in arguments)
                text = infix.expression(operation, arguments).text
                code = Code(f"{target} if {operation.optional} is None else {text}", CONDITIONAL)
        elif (
            operation.target not in keep
            and counts[operation.target] == 1
            and code.binding != CONDITIONAL
        ):
            inlined[operation.target] = code
            continue
        if operation.target == program.result:
            lines.append(f"return {code.text}")
        else:
            lines.append(f"{target} = {code.text}")
            if target != operation.target:
                inlined[operation.target] = Code(target)
    return lines


def scale_expression(coefficient: float, scalars: tuple[str, ...], value: str = "") -> str:
    """`coefficient * scalars * value`, leaving out what is 1."""
    sign = "-" if coefficient < 0 else ""
    size = [] if abs(coefficient) == 1 else [number(abs(coefficient))]
    factors = [*size, *scalars, *([value] if value else [])]
    return sign + (" * ".join(factors) or "1")


def scale_lines(program: Program, optional: frozenset[str]) -> list[str]:
    """Statements before the derivatives: scalars that may be absent stand for 1."""
    used = {s for derivative in program.derivatives for s in derivative.scalars}
    return [f"scale_{s} = 1 if {s} is None else {s}" for s in sorted(used & optional)]


def derivative_expression(
    derivative: Derivative, sum_over: str, optional: frozenset[str] = frozenset()
) -> str:
    """`coefficient * scalars * sum(product)`; `sum_over` has places for `value`, `operand`.

    Scalars in `optional` are read as the values that `scale_lines` defines.
    """
    product = " * ".join(derivative.factors)
    value = sum_over.format(value=product, operand=derivative.operand)
    scalars = tuple(f"scale_{s}" if s in optional else s for s in derivative.scalars)
    return scale_expression(derivative.coefficient, scalars, value)
