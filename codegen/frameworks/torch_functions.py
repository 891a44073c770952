"""How PyTorch calls the functions of formulas, on tensors and on numbers.

A whole parameter and the counts of a layer are numbers of Python in every statement: a whole power
of a tensor takes a twentieth of the time of a power by a tensor. `torch`'s functions take tensors,
so a function of numbers alone is given a tensor of them.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace

from codegen.frameworks.printing import Code, Infix, single_assignment
from codegen.math.operations import Operation, Program, Value
from codegen.plans.layer import NeuronPlan

#: Arithmetic of Python, which numbers have as well as tensors.
_ARITHMETIC = {"add", "sub", "add_scaled", "mul", "div", "reciprocal"}

FUNCTIONS = {
    **{
        name: f"torch.{name}"
        for name in (
            *("abs", "arcsinh", "arctan", "cos", "exp", "expm1", "log", "log1p", "maximum"),
            *("minimum", "pow", "rsqrt", "sigmoid", "sign", "sin", "sqrt", "square", "tanh"),
            "where",
        )
    },
    "relu": "F.relu",
    "softplus": "F.softplus",
    "safe_log": "_numerics.log",
    "safe_power": "_numerics.power",
    "safe_sqrt": "_numerics.sqrt",
    "softmax": "_softmax",
    "total": "_total",
}


def number_values(program: Program, operands: Collection[str]) -> frozenset[str]:
    """All values of a program that are numbers, if `operands` are."""
    found = set(operands)
    for operation in program.operations:
        if operation.function in _ARITHMETIC and all(
            isinstance(a, float) or a in found for a in operation.arguments
        ):
            found.add(operation.target)
    return frozenset(found)


def of_tensors(
    operation: Operation, texts: list[str], numbers: frozenset[str], like: str
) -> tuple[str, list[str]]:
    """Function and arguments such that PyTorch takes them; `like` has the dtype of all tensors."""

    def is_number(value: Value) -> bool:
        return isinstance(value, float) or value in numbers

    function, arguments = operation.function, operation.arguments
    tensor = [
        f"{like}.new_tensor({t})" if is_number(a) else t
        for a, t in zip(arguments, texts, strict=True)
    ]
    match function:
        case "maximum" | "minimum" if any(map(is_number, arguments)):
            if is_number(arguments[0]):
                texts = [tensor[1] if is_number(arguments[1]) else texts[1], texts[0]]
            return {"maximum": "clamp_min", "minimum": "clamp_max"}[function], texts
        case "select":
            for first, second in ((0, 1), (2, 3)):
                if is_number(arguments[first]) and is_number(arguments[second]):
                    texts = [*texts[:first], tensor[first], *texts[second:]]
            return function, texts
        case "mask" | "default":
            return function, [texts[0], tensor[1]]
    if function not in _ARITHMETIC and all(map(is_number, arguments)):
        return function, tensor
    return function, texts


@dataclass(frozen=True)
class TorchInfix(Infix):
    """Infix spelling with `numbers` among the values."""

    numbers: frozenset[str] = frozenset()
    like: str = "dot"
    """A tensor of the dtype of all of them."""

    def expression(self, operation: Operation, arguments: tuple[Code, ...]) -> Code:
        """One operation as an expression, the absent case not considered."""
        texts = [a.text for a in arguments]
        function, given = of_tensors(operation, texts, self.numbers, self.like)
        if function.startswith("clamp") or function == "softplus":
            return Code(expression(function, given))
        codes = tuple(a if a.text == t else Code(t) for a, t in zip(arguments, given, strict=True))
        return super().expression(replace(operation, function=function), codes)


def infix(plan: NeuronPlan, program: Program) -> TorchInfix:
    """The spelling of a neuron's plain expression."""
    return infix_with(program, plan.math.whole_numbers)


def infix_with(program: Program, numbers: Collection[str], like: str = "dot") -> TorchInfix:
    """The spelling of a program of which some operands are numbers."""
    values = number_values(single_assignment(program), numbers)
    return TorchInfix(FUNCTIONS, "torch.where({switch} > 0, {value}, 0)", values, like)


#: Functions of tensors that may replace their argument, `x.exp_()`.
_IN_PLACE = {
    *("abs", "arcsinh", "arctan", "cos", "exp", "expm1", "log", "log1p", "reciprocal", "relu"),
    *("rsqrt", "sigmoid", "sign", "sin", "sqrt", "square", "tanh"),
}
_OPERATORS = {"add": "+", "sub": "-", "mul": "*", "div": "/"}
#: Beyond it, log(1 + exp(x)) is x in float64; PyTorch's own default is for float32.
_SOFTPLUS_THRESHOLD = 40

_SAFE = {"safe_sqrt": "sqrt", "safe_log": "log", "safe_power": "pow"}


def expression(function: str, texts: list[str]) -> str:
    """An operation that gets memory of its own."""
    match function, texts:
        case (("add" | "sub" | "mul" | "div"), _):
            return f" {_OPERATORS[function]} ".join(texts)
        case "add_scaled", [left, factor, right]:
            return f"{left} + {factor} * {right}"
        case "reciprocal", [value]:
            return f"1 / {value}"
        case "mask", [value, switch]:
            return f"torch.where({switch} > 0, {value}, 0)"
        case "select", [left, right, chosen, otherwise]:
            return f"torch.where({left} > {right}, {chosen}, {otherwise})"
        case "default", [value, absent]:
            return f"{absent} if {value} is None else {value}"
        case "lowest", [value]:
            return f"{value}.amin()"
        case "copy", [value]:
            return value
        case "softplus", [value]:
            return f"F.softplus({value}, threshold={_SOFTPLUS_THRESHOLD})"
    return f"{FUNCTIONS.get(function, f'torch.{function}')}({', '.join(texts)})"


def writing(function: str, texts: list[str], out: str) -> str:
    """A statement that writes the result to `out`."""
    match function:
        case "add_scaled":
            return f"torch.add({texts[0]}, {texts[2]}, alpha={texts[1]}, out={out})"
        case "add_product":
            start, factor, left, right = texts
            return f"torch.addcmul({start}, {left}, {right}, value={factor}, out={out})"
        case "mask":
            return f"mask({texts[0]}, {texts[1]}, out={out})"
        case "copy":
            return f"{out}.copy_({texts[0]})"
        case "relu":
            return f"torch.clamp_min({texts[0]}, 0, out={out})"
        case "safe_sqrt" | "safe_log" | "safe_power":
            rest = ", ".join(texts[1:])
            return f"torch.clamp_min({texts[0]}, 0, out={out}).{_SAFE[function]}_({rest})"
        case "softplus" | "select":
            return f"{out}.copy_({expression(function, texts)})"
    return f"torch.{function}({', '.join(texts)}, out={out})"


def updating(function: str, texts: list[str], place: int) -> str:
    """A statement that writes the result where argument `place` is."""
    memory = texts[place]
    others = [t for i, t in enumerate(texts) if i != place]
    match function:
        case "add" | "mul":
            return f"{memory}.{function}_({others[0]})"
        case "sub" | "div" | "pow" | "clamp_min" | "clamp_max" if place == 0:
            return f"{memory}.{function}_({others[0]})"
        case "add_scaled" if place == 0:
            return f"{memory}.add_({others[1]}, alpha={others[0]})"
        case "add_product" if place == 0:
            return f"{memory}.addcmul_({others[1]}, {others[2]}, value={others[0]})"
        case "safe_sqrt" | "safe_log" | "safe_power" if place == 0:
            return f"{memory}.clamp_min_(0).{_SAFE[function]}_({', '.join(others)})"
        case "copy":
            return memory
    if function in _IN_PLACE:
        return f"{memory}.{function}_()"
    return writing(function, texts, memory)
