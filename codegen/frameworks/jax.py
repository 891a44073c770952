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
)
from codegen.frameworks.base import Argument, StoredArray, View
from codegen.frameworks.printing import Infix, infix_statements
from codegen.math.program import forward_program
from codegen.plans.layer import LayerPlan, NeuronPlan, ParameterPlan

INFIX = Infix(
    functions={
        "abs": "jnp.abs",
        "exp": "jnp.exp",
        "log": "jnp.log",
        "maximum": "jnp.maximum",
        "minimum": "jnp.minimum",
        "pow": "jnp.power",
        "relu": "jax.nn.relu",
        "rsqrt": "jax.lax.rsqrt",
        "sign": "jnp.sign",
        "softplus": "jax.nn.softplus",
        "sqrt": "jnp.sqrt",
        "square": "jnp.square",
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


def neuron(plan: NeuronPlan) -> View:
    """View of a neuron's module."""
    program = infix_statements(forward_program(plan.math), INFIX, frozenset(plan.math.formulas))
    return neuron_view(plan, "Array", NAMING) | {"response": program}


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
    kernel = {"orthogonal": "orthogonal()"}.get(plan.kernel.init, f"{plan.kernel.init}()")
    found = [("kernel", f"initializers.{kernel}")]
    for parameter in plan.neuron.parameters:
        if parameter.trained:
            found.append((parameter.name, f"initializers.{parameter.spec.init}"))
    return found


def effective(parameter: ParameterPlan, constant: str) -> list[str]:
    """Statements that turn the stored array, or None, into what takes part in the response."""
    name, stored = parameter.name, parameter.stored_as
    softplus = f"_numerics.softplus({stored}.astype(dot.dtype))"
    if not parameter.trained:
        return [
            f"{name} = self.{name} if {stored} is None else {softplus}"
            if parameter.has("learnable")
            else f"{name} = self.{name}"
        ]
    lines: list[str] = []
    if parameter.has("constant"):
        lines += [f"if {name} is None:", f"    {name} = {constant}"]
    if parameter.has("softplus"):
        branch = "elif" if lines else "if"
        condition = f"{branch} self.softplus_{name}"
        if not lines and parameter.optional:
            condition += f" and {name} is not None"
        lines += [f"{condition}:", f"    {name} = {softplus}"]
    elif parameter.spec.positive:
        lines += ["else:", f"    {name} = {softplus}"] if lines else [f"{name} = {softplus}"]
    return lines


def stored_parameters(plan: LayerPlan) -> list[ParameterPlan]:
    """Parameters that may be arrays of the layer."""
    return [p for p in plan.neuron.parameters if p.trained or p.has("learnable")]


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
