"""Keras 3: names, layouts and spellings."""

from collections.abc import Mapping
from dataclasses import dataclass

from codegen.frameworks.arguments import (
    CHANNELS_LAST_AXES,
    KERNEL_LAWS,
    Naming,
    checked,
    effective_method,
    flag_argument,
    kernel_arguments,
    layer_view,
    neuron_view,
    option_arguments,
    stored_doc,
    trained_condition,
)
from codegen.frameworks.base import Argument, StoredArray, View
from codegen.frameworks.keras_sizes import SIZES, Sizes, rank_views
from codegen.frameworks.printing import Infix, infix_statements
from codegen.math.program import forward_program
from codegen.plans.layer import LayerPlan, NeuronPlan, ParameterPlan
from codegen.spec.models import Framework as FrameworkName

INFIX = Infix(
    functions={
        "abs": "ops.abs",
        "exp": "ops.exp",
        "log": "ops.log",
        "maximum": "ops.maximum",
        "minimum": "ops.minimum",
        "pow": "ops.power",
        "relu": "ops.relu",
        "rsqrt": "ops.rsqrt",
        "sign": "ops.sign",
        "softplus": "ops.softplus",
        "sqrt": "ops.sqrt",
        "square": "ops.square",
    },
    mask="ops.where({switch} > 0, {value}, 0)",
)

NAMING = Naming(
    flag=lambda name: f"use_{name}",
    initializer=lambda name: f"{name}_initializer",
    initializer_type="",
    initializer_default=lambda name: "",
    code=lambda name: f"`{name}`",
)

_REGULARISED = ("kernel", "bias")


@dataclass(frozen=True)
class Keras:
    """Keras layers run on every backend, so they are written in `keras.ops` alone."""

    name: FrameworkName = "keras"
    title: str = "Keras"
    requires: tuple[str, str] = ("keras", "keras")
    template_folders: tuple[str, ...] = ("keras",)
    exports: tuple[tuple[str, tuple[str, ...]], ...] = ()

    def class_names(self, plan: LayerPlan) -> tuple[str, ...]:
        """One class per number of spatial axes."""
        return tuple(f"{plan.name}{r}D" for r in plan.ranks) or (plan.name,)

    def aliases(self, plan: LayerPlan) -> Mapping[str, str]:
        """Names by number of axes, as people write them elsewhere."""
        return {f"{plan.name}{r}d": f"{plan.name}{r}D" for r in plan.ranks}

    def neuron(self, plan: NeuronPlan) -> View:
        """View of a neuron's module; Keras does not annotate tensors."""
        view = neuron_view(plan, "", NAMING)
        response = infix_statements(
            forward_program(plan.math), INFIX, frozenset(plan.math.formulas)
        )
        return view | {"response": response, "signature": [_bare(o) for o in view["signature"]]}

    def layer(self, plan: LayerPlan) -> View:
        """View of one layer class."""
        parameters, sizes = plan.neuron.parameters, SIZES[plan.kind]
        trained = [p.name for p in parameters if p.trained]
        options: list[Argument] = []
        for parameter in parameters:
            if parameter.optional:
                options.append(flag_argument(parameter, NAMING))
            options += option_arguments(parameter, NAMING)
        options += kernel_arguments(plan)
        laws = {"kernel": plan.kernel.init} | {
            p.name: str(p.spec.init) for p in parameters if p.trained
        }
        initializers = [
            Argument(f"{n}_initializer", "", f'"{law}"', f"Initializer of `{n}`. {_law(law)}")
            for n, law in laws.items()
        ]
        penalties = [
            Argument(f"{n}_{kind}", "", "None", f"{kind.capitalize()} of `{n}`.")
            for kind in ("regularizer", "constraint")
            for n in _REGULARISED
            if n == "kernel" or n in trained
        ]
        activation = Argument(
            "activation", "", "None", "Applied to the response. The layer needs none."
        )
        seed = Argument("seed", "", "None", "Seed of DropConnect.")
        activity = Argument("activity_regularizer", "", "None", "Regularizer of the output.")
        arguments = [
            *sizes.arguments,
            activation,
            *options,
            *initializers,
            *penalties,
            activity,
            seed,
        ]
        checks = dict(checked(plan))
        getters = {"activation": "activations"} | {
            a.name: f"{a.name.rpartition('_')[2]}s" for a in initializers + penalties
        }
        stored = [(a.name, checks.get(a.name, a.name)) for a in options]
        stored += [(name, f"{module}.get({name})") for name, module in getters.items()]
        getters["activity_regularizer"] = "regularizers"
        config = [
            (a.name, f"{getters[a.name]}.serialize({value})" if a.name in getters else value)
            for a in arguments
            if (value := f"self.{a.name}")
        ]
        return layer_view(plan) | {
            "arguments": arguments,
            "stored": [
                *sizes.stored,
                *(f"self.{name} = {value}" for name, value in [*stored, ("seed", "seed")]),
            ],
            "config": config,
            "kernel_shape": sizes.kernel_shape,
            "kernel_shape_doc": sizes.kernel_shape_doc,
            "kernel_axes": sizes.kernel_axes,
            "initialize": sizes.initialize,
            "parameters": [_parameter(p, sizes) for p in parameters],
            "classes": rank_views(plan),
        }

    def stored_arrays(self, plan: LayerPlan) -> Mapping[str, StoredArray]:
        """Keras keeps inputs first."""
        return {
            a.name: StoredArray(
                a.name, CHANNELS_LAST_AXES[plan.kind] if a.name == "kernel" else a.axes
            )
            for a in plan.arrays
        }


def _bare(operand: str) -> str:
    """A parameter of a signature without its annotation."""
    name, _, rest = operand.partition(":")
    default = rest.partition("=")[2].strip()
    return f"{name}={default}" if default else name


def _law(law: str) -> str:
    return f"Default: {KERNEL_LAWS[law]}." if law in KERNEL_LAWS else f"Default: {law}."


def _parameter(parameter: ParameterPlan, sizes: Sizes) -> View:
    name, stored = parameter.name, parameter.stored_as
    shape = f"(self.{sizes.units},)" if parameter.per_unit else "()"
    if parameter.has("scalar"):
        shape = f"() if self.scalar_{name} else {shape}"
    if parameter.trained:
        initializer = f"self.{name}_initializer"
        condition = trained_condition(parameter, NAMING)
        if parameter.optional:
            condition = f"self.{condition}"
    else:
        raw = f"_arguments.inverse_softplus(self.{name})"
        initializer = f"initializers.Constant({raw})"
        condition = f"self.learnable_{name}"
    return {
        "name": name,
        "attribute": stored,
        "attribute_doc": stored_doc(parameter, NAMING, sizes.units),
        "trained_condition": condition,
        "penalised": name in _REGULARISED,
        "shape": shape,
        "initializer": initializer,
        "effective": effective_method(parameter, "ops.cast(self.{stored}, dtype)"),
    }
