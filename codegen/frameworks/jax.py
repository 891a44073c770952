"""What Flax Linen and Flax NNX share: JAX arithmetic and the conventions of Flax."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from codegen.frameworks.arguments import (
    CHANNELS_LAST_AXES,
    KERNEL_LAWS,
    Naming,
    flag_argument,
    initializer_argument,
    kernel_arguments,
    neuron_view,
    option_arguments,
    start_expression,
)
from codegen.frameworks.base import Argument, StoredArray, View
from codegen.frameworks.first_power import first_power
from codegen.frameworks.functions import Spelling, function_view
from codegen.frameworks.printing import ATOM, PRODUCT, UNARY, Code, Infix, infix_statements
from codegen.math.neuron import NeuronMath
from codegen.math.operations import Operation, Program
from codegen.math.program import forward_program
from codegen.plans.function import FunctionPlan
from codegen.plans.layer import LayerPlan, NeuronPlan, ParameterPlan
from codegen.spec.models import Framework as FrameworkName


class JaxInfix(Infix):
    """Operators where JAX has them: they also take the whole numbers among a layer's settings,
    which `lax.rsqrt` refuses."""

    def expression(self, operation: Operation, arguments: tuple[Code, ...]) -> Code:
        """One operation as an expression, the absent case not considered."""
        match operation.function, arguments:
            case "pow", (base, exponent):
                text = f"({base.text})" if base.text.startswith("-") else base.within(ATOM)
                return Code(f"{text} ** {exponent.within(ATOM)}", UNARY)
            case "rsqrt", (value,):
                return Code(f"1 / {self.functions['sqrt']}({value.text})", PRODUCT)
        return super().expression(operation, arguments)


INFIX = JaxInfix(
    functions={
        "abs": "_numerics.absolute",
        "arcsinh": "jnp.arcsinh",
        "arctan": "jnp.arctan",
        "cos": "jnp.cos",
        "exp": "jnp.exp",
        "expm1": "jnp.expm1",
        "log": "jnp.log",
        "log1p": "jnp.log1p",
        "maximum": "jnp.maximum",
        "minimum": "jnp.minimum",
        "relu": "jax.nn.relu",
        "safe_log": "_numerics.log",
        "safe_power": "_numerics.power",
        "safe_sqrt": "_numerics.sqrt",
        "sigmoid": "jax.nn.sigmoid",
        "sign": "jnp.sign",
        "sin": "jnp.sin",
        "softmax": "_softmax",
        "softplus": "jax.nn.softplus",
        "sqrt": "jnp.sqrt",
        "square": "jnp.square",
        "tanh": "jnp.tanh",
        "total": "_total",
        "where": "jnp.where",
    },
    mask="jnp.where({switch} > 0, {value}, 0)",
)

NAMING = Naming(
    flag=lambda name: f"use_{name}",
    initializer=lambda name: f"{name}_init",
    initializer_type="Initializer",
    initializer_default=lambda name: f"default_{name}_init",
    code=lambda name: f"``{name}``",
)

PRECISION_ARGUMENTS = [
    Argument(
        "dtype",
        "Dtype | None",
        "None",
        "the dtype of the result (default: infer from input and params).",
    ),
    Argument("param_dtype", "Dtype", "jnp.float32", "the dtype passed to parameter initializers."),
    Argument(
        "precision",
        "PrecisionLike",
        "None",
        "numerical precision of products, see ``jax.lax.Precision``.",
    ),
]


@dataclass(frozen=True)
class Geometry:
    """What a layer's geometry contributes to its arguments and its view."""

    functions: list[Argument]
    """Arguments that come after the initialisers: functions, and how results are typed."""
    view: dict[str, Any]
    sizes: list[Argument] = field(default_factory=list)
    """Arguments right after the numbers of features."""
    windows: list[Argument] = field(default_factory=list)
    """Arguments before those about parameters."""
    mask: list[Argument] = field(default_factory=list)
    """Arguments after those about parameters."""
    statements: list[str] = field(default_factory=list)
    """What the constructor does with the arguments above."""
    inputs: str = "len(kernel)"
    """How many components a unit's kernel has."""


def neuron(plan: NeuronPlan, framework: FrameworkName) -> View:
    """View of a neuron's module in one of the two frameworks."""
    program = infix_statements(forward_program(plan.math), INFIX, frozenset(plan.math.formulas))
    text = "\n".join(program)
    return neuron_view(plan, "Array", NAMING) | {
        "framework": framework,
        "response": program,
        "uses": [module for module in ("jax", "jnp", "_numerics") if f"{module}." in text],
    }


def function(plan: FunctionPlan) -> View:
    """View of one function."""
    spelling = Spelling(array="x", wide="wide", axis="axis", annotation="Array")

    def statements(program: Program, names: frozenset[str] = frozenset()) -> list[str]:
        return infix_statements(program, INFIX, names)

    view = function_view(plan, spelling, statements)
    return {**view, "first_power": first_power(plan, statements)}


def call(plan: LayerPlan, inputs: str, units: str) -> str:
    """The call of the neuron's function, with the sizes of the layer as it calls them."""
    math = plan.neuron.math
    sizes = {"inputs": inputs, "units": units}
    arguments = [*math.primitives, *(f"{count}={sizes[count]}" for count in math.counts)]
    for parameter in plan.neuron.parameters:
        name = parameter.name
        if name in math.operands:
            held = not parameter.trained and not parameter.has("learnable")
            arguments.append(f"{name}=self.{name}" if held else f"{name}={name}")
    return f"{plan.neuron.name}({', '.join(arguments)})"


def norms(plan: LayerPlan) -> list[str]:
    """The squared norms that a dense layer's neuron uses."""
    lines = {
        "sq_x": "sq_x = _numerics.sq_norm(inputs, dot.dtype)",
        "sq_w": "sq_w = _numerics.kernel_sq_norm(kernel, dot.dtype)",
    }
    return [line for name, line in lines.items() if name in plan.neuron.math.primitives]


def options(plan: LayerPlan) -> list[Argument]:
    """Everything a caller may choose about the parameters, but for initialisers."""
    arguments: list[Argument] = []
    for parameter in plan.neuron.parameters:
        if parameter.optional:
            arguments.append(flag_argument(parameter, NAMING))
        arguments += option_arguments(parameter, NAMING)
    return arguments + kernel_arguments(plan)


def initializers(plan: LayerPlan) -> list[Argument]:
    """One initialiser for the kernel and each trained parameter."""
    laws = {"kernel": KERNEL_LAWS[plan.kernel.init]}
    laws |= {p.name: p.law_in_words for p in plan.neuron.parameters if p.trained}
    return [initializer_argument(name, law, NAMING) for name, law in laws.items()]


def default_initializers(plan: LayerPlan) -> list[tuple[str, str]]:
    """Module constants: name and expression."""
    found = [("kernel", f"initializers.{plan.kernel.init}()")]
    for parameter in plan.neuron.parameters:
        if parameter.trained:
            found.append((parameter.name, f"initializers.{_initializer(parameter)}"))
    return found


def _initializer(parameter: ParameterPlan) -> str:
    if parameter.law is not None:
        return parameter.law
    return f"constant({start_expression(parameter)})"


def effective(plan: LayerPlan, parameter: ParameterPlan, constant: str) -> list[str]:
    """Statements that turn the stored array, or None, into what takes part in the response."""
    name, stored = parameter.name, parameter.stored_as
    softplus = f"_numerics.softplus({stored}.astype(dot.dtype))"
    if not parameter.trained:
        return [f"{name} = self.{name} if {stored} is None else {softplus}"]
    value = f"{name} = {softplus}"
    condition = f"self.softplus_{name}"
    if parameter.spec.positive:
        condition = ""
    elif name in _used_alone(plan.neuron.math):
        value, condition = f"{name} = {name}.astype(dot.dtype)", ""
        if parameter.has("softplus"):
            value = f"{value}\nif self.softplus_{name}:\n    {name} = _numerics.softplus({name})"
    elif not parameter.has("softplus"):
        value = ""
    return _chosen(parameter, constant, value.splitlines(), condition)


def _chosen(parameter: ParameterPlan, constant: str, value: list[str], condition: str) -> list[str]:
    """The constant if no array is stored, else the value, if the condition holds."""
    name = parameter.name
    if parameter.has("constant"):
        lines = [f"if {name} is None:", f"    {name} = {constant}"]
        if not value:
            return lines
        if len(value) == 1 and not condition:
            return [value[0].replace("=", f"= {constant} if {name} is None else", 1)]
        lines.append(f"elif {condition}:" if condition else "else:")
    else:
        conditions = [condition] if condition else []
        if parameter.optional:
            conditions.append(f"{name} is not None")
        if not (conditions and value):
            return value
        lines = [f"if {' and '.join(conditions)}:"]
    return lines + [f"    {line}" for line in value]


def _used_alone(math: NeuronMath) -> set[str]:
    """Parameters that some step does not combine with a primitive, whose dtype is wide."""
    wide = set(math.primitives)
    found: set[str] = set()
    for operation in forward_program(math).operations:
        names = {a for a in operation.arguments if isinstance(a, str)}
        if names & wide:
            wide.add(operation.target)
        else:
            found |= names
    return found


def stored_parameters(plan: LayerPlan) -> list[ParameterPlan]:
    """Parameters that may be arrays of the layer."""
    return [p for p in plan.neuron.parameters if p.trained or p.has("learnable")]


def grouped(plan: LayerPlan) -> list[str]:
    """Arrays with an entry for every unit."""
    return [p.stored_as for p in stored_parameters(plan) if p.per_unit]


def stored_arrays(plan: LayerPlan) -> Mapping[str, StoredArray]:
    """Flax keeps units last; a transposed convolution is a convolution of the stuffed input,
    unless `transpose_kernel` asks for the kernel of the convolution it is the transpose of.
    """
    stored = {a.name: StoredArray(a.name, a.axes) for a in plan.arrays}
    axes = CHANNELS_LAST_AXES[plan.kind]
    variants = {}
    if plan.kind == "transposed_convolution":
        axes, variants = ("-spatial", "input", "group unit"), {"transpose_kernel": axes}
    return stored | {"kernel": StoredArray("kernel", axes, variants)}
