"""Constructor arguments that every framework shares: derived from a plan, worded once.

A framework contributes its naming (`use_bias` or `bias`, `bias_init` or `bias_initializer`)
and the type and default of its initialisers.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from codegen.frameworks.base import Argument
from codegen.frameworks.printing import number
from codegen.math.latex import response_latex
from codegen.plans.layer import LayerPlan, NeuronPlan, ParameterPlan

KERNEL_LAWS = {
    "glorot_normal": "a normal law of variance 2 / (fan_in + fan_out), truncated at two "
    "standard deviations",
    "glorot_uniform": "a uniform law of variance 2 / (fan_in + fan_out)",
    "lecun_normal": "a normal law of variance 1 / fan_in, truncated at two standard deviations",
    "he_normal": "a normal law of variance 2 / fan_in, truncated at two standard deviations",
    "orthogonal": "a random orthogonal matrix",
}

#: Axes of a kernel in the frameworks that keep units last.
CHANNELS_LAST_AXES: Mapping[str, tuple[str, ...]] = {
    "dense": ("input", "unit"),
    "convolution": ("spatial", "input", "unit"),
    "transposed_convolution": ("spatial", "group unit", "input"),
}

#: Laws as arguments of a `variance_scaling` function: scale, fan, distribution.
VARIANCE_SCALING = {
    "glorot_normal": '1.0, "fan_avg", "truncated_normal"',
    "glorot_uniform": '1.0, "fan_avg", "uniform"',
    "lecun_normal": '1.0, "fan_in", "truncated_normal"',
    "he_normal": '2.0, "fan_in", "truncated_normal"',
}

KERNEL_OPTIONS: Mapping[str, tuple[str, str, str]] = {
    "positive_init": ("bool", "False", "Take absolute values of the initial kernel."),
    "freeze_kernel": ("bool", "False", "Keep the kernel as initialised: it is not trained."),
    "weight_normalized": ("bool", "False", "Divide every unit's kernel by its norm."),
    "spherical": ("bool", "False", "Divide the input and every unit's kernel by their norms."),
    "drop_rate": (
        "float",
        "0.0",
        "DropConnect: probability in [0, 1) that an entry of the kernel is zero in a training "
        "step; the others are scaled by 1 / (1 - drop_rate).",
    ),
}


@dataclass(frozen=True)
class Naming:
    """How a framework calls and types what the plan describes."""

    flag: Callable[[str], str]
    initializer: Callable[[str], str]
    initializer_type: str
    initializer_default: Callable[[str], str]
    code: Callable[[str], str]
    """Marks up a name in a docstring."""


def flag_argument(parameter: ParameterPlan, naming: Naming) -> Argument:
    """The switch that leaves a parameter out."""
    name = naming.flag(parameter.name)
    doc = f"Whether the layer has {naming.code(parameter.name)}. {parameter.spec.summary}"
    return Argument(name, "bool", "True", doc)


def option_arguments(parameter: ParameterPlan, naming: Naming) -> list[Argument]:
    """The forms a parameter may take, in the order in which people look for them."""
    name = parameter.name
    code = naming.code
    arguments: list[Argument] = []
    if not parameter.trained:
        kind = "A whole number" if parameter.spec.integer else "A number"
        positive = " > 0" if parameter.spec.positive else ""
        arguments.append(
            Argument(
                name,
                constant_type(parameter),
                constant_default(parameter),
                f"{parameter.spec.summary} {kind}{positive}.",
            )
        )
    if parameter.has("learnable"):
        doc = f"Train {code(name)}, kept positive through softplus and starting from its value."
        arguments.append(Argument(f"learnable_{name}", "bool", "False", doc))
    if parameter.has("constant"):
        true = parameter.spec.constant_true
        annotation = "float | bool | None" if true else "float | None"
        meaning = f" True stands for {true.text}." if true else ""
        doc = f"Hold {code(name)} at this number instead of training it.{meaning}"
        arguments.append(Argument(f"constant_{name}", annotation, "None", doc))
    if parameter.has("softplus"):
        doc = f"Keep {code(name)} positive: the softplus of the stored array takes part."
        arguments.append(Argument(f"softplus_{name}", "bool", "False", doc))
    if parameter.has("scalar"):
        doc = f"Share one {code(name)} among all units."
        arguments.append(Argument(f"scalar_{name}", "bool", "False", doc))
    return arguments


def constant_type(parameter: ParameterPlan) -> str:
    """The type of a parameter that is a number."""
    return "int" if parameter.spec.integer else "float"


def constant_default(parameter: ParameterPlan) -> str:
    """The number a parameter is, as a literal."""
    return repr(int(parameter.start) if parameter.spec.integer else parameter.start)


def initializer_argument(name: str, law: str, naming: Naming) -> Argument:
    """The initialiser of one array."""
    doc = f"Initialiser of {naming.code(name)}. Default: {law}."
    default = naming.initializer_default(name)
    return Argument(naming.initializer(name), naming.initializer_type, default, doc)


def kernel_arguments(plan: LayerPlan) -> list[Argument]:
    """Variations of the kernel."""
    meanings = dict(KERNEL_OPTIONS)
    if plan.geometry is not None:
        doc = "Divide every patch of the input and every unit's kernel by their norms."
        meanings["spherical"] = ("bool", "False", doc)
    return [Argument(option, *meaning) for option, meaning in meanings.items()]


def checked(plan: LayerPlan) -> list[tuple[str, str]]:
    """Arguments to store, each with the expression that checks it."""
    pairs: list[tuple[str, str]] = []
    for parameter in plan.neuron.parameters:
        name = parameter.name
        if not parameter.trained:
            pairs.append((name, checked_constant(parameter)))
        if parameter.has("constant"):
            constant = f"constant_{name}"
            true = parameter.spec.constant_true
            when_true = f", when_true={_constant_expression(true.text)}" if true else ""
            positive = ", positive=True" if parameter.spec.positive else ""
            check = f'_arguments.constant("{constant}", {constant}{when_true}{positive})'
            pairs.append((constant, check))
        if parameter.has("softplus"):
            pairs.append((f"softplus_{name}", f"softplus_{name}"))
    for option in KERNEL_OPTIONS:
        if option == "drop_rate":
            pairs.append((option, '_arguments.rate("drop_rate", drop_rate)'))
        elif option != "freeze_kernel":
            pairs.append((option, option))
    return pairs


def checked_constant(parameter: ParameterPlan) -> str:
    """The expression that checks the argument of a parameter that is a number."""
    kind = "whole" if parameter.spec.integer else "" if parameter.spec.positive else "finite"
    check = "_".join(filter(None, ("positive" * parameter.spec.positive, kind, "number")))
    return f'_arguments.{check}("{parameter.name}", {parameter.name})'


def _constant_expression(text: str) -> str:
    return text.replace("sqrt", "math.sqrt")


def trained_condition(parameter: ParameterPlan, naming: Naming, prefix: str = "self.") -> str:
    """When the parameter is an array of the layer's own."""
    if not parameter.trained:
        return f"learnable_{parameter.name}"
    conditions = [naming.flag(parameter.name)] if parameter.optional else []
    if parameter.has("constant"):
        conditions.append(f"{prefix}constant_{parameter.name} is None")
    return " and ".join(conditions) or "True"


def start_expression(parameter: ParameterPlan) -> str:
    """The number at which the stored array of a trained parameter starts."""
    start = number(parameter.start)
    return f"_arguments.inverse_softplus({start})" if parameter.spec.positive else start


def effective_method(parameter: ParameterPlan, read: str) -> list[str]:
    """Body of the method that gives the value taking part in the response.

    `read` says how the stored array is read in the dtype of the computation.
    """
    name, stored = parameter.name, parameter.stored_as
    value = read.format(stored=stored)
    if not parameter.trained:
        if not parameter.has("learnable"):
            return [f"return self.{name}"]
        return [
            f"if self.{stored} is None:",
            f"    return self.{name}",
            f"return _numerics.softplus({value})",
        ]
    lines = []
    if parameter.optional or parameter.has("constant"):
        constant = f"self.constant_{name}" if parameter.has("constant") else "None"
        lines += [f"if self.{stored} is None:", f"    return {constant}"]
    if parameter.spec.positive:
        return [*lines, f"return _numerics.softplus({value})"]
    if parameter.has("softplus"):
        return [
            *lines,
            f"{name} = {value}",
            f"return _numerics.softplus({name}) if self.softplus_{name} else {name}",
        ]
    return [*lines, f"return {value}"]


def stored_doc(parameter: ParameterPlan, naming: Naming, units: str) -> str:
    """What the stored array is: shape, law, when there is none."""
    spec = parameter.spec
    shape = f"({units},)" if parameter.per_unit else "()"
    if parameter.has("scalar"):
        shape += f", or () with {naming.code('scalar_' + parameter.name)}"
    if parameter.trained:
        missing = [
            text
            for text, possible in (
                ("left out", parameter.optional),
                ("constant", parameter.has("constant")),
            )
            if possible
        ]
        none = f"; None if {' or '.join(missing)}" if missing else ""
        before = ": the value before softplus" if spec.positive else ""
        start = f"such that it is {parameter.start:g}" if spec.positive else parameter.law_in_words
        return f"Shape {shape}{before}, initially {start}{none}."
    assert spec.value is not None
    name = naming.code(parameter.name)
    return f"Shape {shape}: {name} before softplus; None if {name} is constant."


_PRIMITIVE_DOCS = {
    "dot": "⟨w, x⟩, samples along the first axis.",
    "sq_x": "‖x‖², to broadcast along the units.",
    "sq_w": "‖w‖², to broadcast along the samples.",
}

_COUNT_DOCS = {
    "inputs": "Number of components of a unit's kernel.",
    "units": "Number of units of the layer.",
}


def neuron_view(plan: NeuronPlan, array: str, naming: Naming) -> dict[str, Any]:
    """What every framework's neuron module says; `array` is the framework's array type."""
    operands = plan.math.operands
    primitives = plan.math.primitives
    parameters = [p for p in plan.parameters if p.name in operands]
    return {
        "name": plan.name,
        "title": plan.heading,
        "summary": plan.spec.summary,
        "reference": plan.spec.reference,
        "latex": response_latex(plan.math),
        "signature": [f"{n}: {array}" for n in primitives]
        + [f"{n}: int" for n in plan.math.counts]
        + [_operand(p, array) for p in sorted(parameters, key=_has_default)],
        "operand_docs": [f"{n}: {_PRIMITIVE_DOCS[n]}" for n in primitives]
        + [f"{n}: {_COUNT_DOCS[n]}" for n in plan.math.counts]
        + [f"{p.name}: {_operand_doc(p)}" for p in parameters],
        "operands": list(operands),
    }


def _has_default(parameter: ParameterPlan) -> bool:
    return parameter.optional or not parameter.trained


def _operand(parameter: ParameterPlan, array: str) -> str:
    if parameter.optional:
        return f"{parameter.name}: {array} | float | None = None"
    if not parameter.trained:
        kind, default = constant_type(parameter), constant_default(parameter)
        return f"{parameter.name}: {array} | {kind} = {default}"
    return f"{parameter.name}: {array} | float"


def _operand_doc(parameter: ParameterPlan) -> str:
    return f"{parameter.spec.summary}{' None: left out.' if parameter.optional else ''}"


TITLES = {
    "dense": "Dense layer",
    "convolution": "Convolution",
    "transposed_convolution": "Transposed convolution",
}


def layer_view(plan: LayerPlan) -> dict[str, Any]:
    """What every framework's layer class says."""
    title = f"{TITLES[plan.kind]} of {plan.neuron.title} neurons"
    return {
        "name": plan.name,
        "title": title,
        "summary": f"{title}; no activation follows it.",
        "ranks": plan.ranks,
        "neuron": plan.neuron.name,
        "primitives": plan.neuron.math.primitives,
        "counts": plan.neuron.math.counts,
        "neuron_arguments": ", ".join(f"{p.name}={p.name}" for p in plan.neuron.parameters),
        "latex": response_latex(plan.neuron.math),
        "reference": plan.neuron.spec.reference,
        "kernel_law": KERNEL_LAWS[plan.kernel.init],
    }
