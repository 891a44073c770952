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
    start_expression,
    stored_doc,
    trained_condition,
)
from codegen.frameworks.base import Argument, StoredArray, View
from codegen.frameworks.functions import Spelling, function_view, numbers
from codegen.frameworks.keras_cells import arrays, cell_view, closed_form
from codegen.frameworks.keras_sizes import SIZES, Sizes, rank_views
from codegen.frameworks.printing import Infix, infix_statements
from codegen.frameworks.tensors import with_typed_numbers
from codegen.math.operations import Program
from codegen.math.program import forward_program
from codegen.plans.cell import CellPlan
from codegen.plans.function import FunctionPlan
from codegen.plans.layer import LayerPlan, NeuronPlan, ParameterPlan
from codegen.spec.models import PRIMITIVES
from codegen.spec.models import Framework as FrameworkName

INFIX = Infix(
    functions={
        "abs": "_numerics.absolute",
        "arcsinh": "_numerics.arcsinh",
        "arctan": "_numerics.arctan",
        "cos": "_numerics.cos",
        "exp": "ops.exp",
        "expm1": "ops.expm1",
        "like": "_numerics.like",
        "log": "ops.log",
        "log1p": "ops.log1p",
        "maximum": "_numerics.maximum",
        "minimum": "_numerics.minimum",
        "pow": "ops.power",
        "relu": "ops.relu",
        "rsqrt": "ops.rsqrt",
        "safe_log": "_numerics.log",
        "safe_power": "_numerics.power",
        "safe_sqrt": "_numerics.sqrt",
        "sigmoid": "ops.sigmoid",
        "sign": "ops.sign",
        "sin": "_numerics.sin",
        "softmax": "_softmax",
        "softplus": "ops.softplus",
        "sqrt": "ops.sqrt",
        "square": "ops.square",
        "tanh": "_numerics.tanh",
        "total": "_total",
        "where": "ops.where",
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


#: Keras does not look for activations of others by their names.
_GETTERS = {"activations": "_activations"}


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
        counts = frozenset(plan.math.counts)
        whole = frozenset(plan.math.whole_numbers)
        numbers = counts | {p.name for p in plan.parameters if not p.trained or p.has("constant")}
        program = with_typed_numbers(forward_program(plan.math), numbers, whole, promotes=False)
        response = infix_statements(program, INFIX, frozenset(plan.math.formulas))
        return view | {"response": response, "signature": [_bare(o) for o in view["signature"]]}

    def function(self, plan: FunctionPlan) -> View:
        """View of one function."""
        spelling = Spelling(array="x", wide="wide", axis="axis", annotation="")

        def statements(program: Program, formulas: frozenset[str]) -> list[str]:
            typed = with_typed_numbers(
                program, numbers(plan.math), frozenset(), promotes=False, like=spelling.wide
            )
            return infix_statements(typed, INFIX, formulas)

        view = function_view(plan, spelling, statements)
        return {**view, "closed_form": closed_form(plan.math)}

    def layer(self, plan: LayerPlan) -> View:
        """View of one layer class."""
        parameters, sizes = plan.neuron.parameters, SIZES[plan.kind]
        trained = [p for p in parameters if p.trained]
        options: list[Argument] = []
        for parameter in parameters:
            if parameter.optional:
                options.append(flag_argument(parameter, NAMING))
            options += option_arguments(parameter, NAMING)
        options += kernel_arguments(plan)
        initializers = [
            _initializer("kernel", f'"{plan.kernel.init}"', KERNEL_LAWS[plan.kernel.init]),
            *(
                _initializer(p.name, f'"{p.law}"' if p.law else "None", p.law_in_words)
                for p in trained
            ),
        ]
        penalties = [
            Argument(f"{n}_{kind}", "", "None", f"{kind.capitalize()} of `{n}`.")
            for kind in ("regularizer", "constraint")
            for n in ("kernel", *(p.name for p in trained if _penalised(p)))
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
        start = {f"{p.name}_initializer": start_expression(p) for p in trained if not p.law}
        stored += [
            (name, f"{_GETTERS.get(module, module)}.get({_given(name, start.get(name))})")
            for name, module in getters.items()
        ]
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
            "units": sizes.units,
            **_primitives_view(plan.neuron.math.primitives),
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

    def cell_names(self, plan: CellPlan) -> tuple[str, ...]:
        """The cell, and the layer that repeats it."""
        return (plan.cell_name, plan.name)

    def cell(self, plan: CellPlan) -> View:
        """View of a cell's module."""
        # Roots and logarithms have finite derivatives everywhere.
        safe = {name.removeprefix("safe_"): spelled for name, spelled in INFIX.functions.items()}
        return cell_view(plan, safe, NAMING)

    def stored_cell_arrays(self, plan: CellPlan) -> Mapping[str, StoredArray]:
        """Inputs first, gates in the order of Keras's own."""
        return arrays(plan)


def _primitives_view(used: tuple[str, ...]) -> View:
    """Which primitives are computed; a layer that divides windows by their norms needs ‖x‖²."""
    computed = tuple(n for n in PRIMITIVES if n in used or n == "sq_x")
    return {
        "contraction": ", ".join(n if n in computed else "_" for n in PRIMITIVES),
        "normalised": ", ".join(n if n in used else "_" for n in ("dot", "sq_x")),
        "needed": str(used) if computed == used else f"{computed} if self.spherical else {used}",
    }


def _bare(operand: str) -> str:
    """A parameter of a signature without its annotation."""
    name, _, rest = operand.partition(":")
    default = rest.partition("=")[2].strip()
    return f"{name}={default}" if default else name


def _initializer(name: str, default: str, law: str) -> Argument:
    doc = f"Initializer of `{name}`. Default: {law}."
    return Argument(f"{name}_initializer", "", default, doc)


def _given(name: str, start: str | None) -> str:
    """An argument; None stands for the number `start`, if there is one."""
    if start is None:
        return name
    return f"initializers.Constant({start}) if {name} is None else {name}"


def _penalised(parameter: ParameterPlan) -> bool:
    """Whether callers may give a regularizer and a constraint: for what grows with the layer."""
    return parameter.trained and parameter.per_unit


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
        "is_stored": parameter.stored,
        "attribute": stored,
        "attribute_doc": stored_doc(parameter, NAMING, sizes.units),
        "trained_condition": condition,
        "penalised": _penalised(parameter),
        "shape": shape,
        "initializer": initializer,
        "effective": effective_method(parameter, "ops.cast(self.{stored}, dtype)"),
    }
