"""TensorFlow: names, layouts and spellings."""

from collections.abc import Mapping
from dataclasses import dataclass

from codegen.frameworks.arguments import (
    CHANNELS_LAST_AXES,
    KERNEL_LAWS,
    VARIANCE_SCALING,
    Naming,
    checked,
    effective_method,
    flag_argument,
    initializer_argument,
    kernel_arguments,
    layer_view,
    neuron_view,
    option_arguments,
    start_expression,
    stored_doc,
    trained_condition,
)
from codegen.frameworks.base import Argument, StoredArray, View
from codegen.frameworks.first_power import first_power
from codegen.frameworks.functions import Spelling, function_view, numbers
from codegen.frameworks.printing import (
    Infix,
    derivative_expression,
    infix_statements,
    scale_lines,
)
from codegen.frameworks.tensors import with_broadcast_masks, with_typed_numbers
from codegen.frameworks.tf_cells import cell_arrays, cell_view
from codegen.frameworks.tf_convolution import convolution_view, geometry_arguments
from codegen.math.operations import Derivative, Program
from codegen.math.program import forward_program, gradient_program
from codegen.plans.cell import CellPlan
from codegen.plans.function import FunctionPlan
from codegen.plans.layer import LayerPlan, NeuronPlan, ParameterPlan
from codegen.spec.models import PRIMITIVES
from codegen.spec.models import Framework as FrameworkName

INFIX = Infix(
    functions={
        "abs": "tf.abs",
        "arcsinh": "tf.asinh",
        "arctan": "tf.atan",
        "cos": "tf.cos",
        "exp": "tf.exp",
        "expm1": "tf.math.expm1",
        "like": "_numerics.like",
        "log": "tf.math.log",
        "log1p": "tf.math.log1p",
        "maximum": "tf.maximum",
        "minimum": "tf.minimum",
        "pow": "tf.pow",
        "relu": "tf.nn.relu",
        "rsqrt": "tf.math.rsqrt",
        "safe_log": "_numerics.log",
        "safe_power": "_numerics.power",
        "safe_sqrt": "_numerics.sqrt",
        "sigmoid": "tf.sigmoid",
        "sign": "tf.sign",
        "sin": "tf.sin",
        "softmax": "_softmax",
        "softplus": "tf.math.softplus",
        "sqrt": "tf.sqrt",
        "square": "tf.square",
        "tanh": "tf.tanh",
        "total": "_total",
        "where": "tf.where",
    },
    mask="mask({value}, {switch})",
)

NAMING = Naming(
    flag=lambda name: f"use_{name}",
    initializer=lambda name: f"{name}_initializer",
    initializer_type="Initializer | None",
    initializer_default=lambda name: "None",
    code=lambda name: f"`{name}`",
)

FEATURES = Argument("features", "int", None, "Number of units.")


@dataclass(frozen=True)
class TF:
    """TensorFlow layers are `tf.Module`s with closed-form gradients, built on first call."""

    name: FrameworkName = "tf"
    title: str = "TensorFlow"
    requires: tuple[str, str] = ("tensorflow", "tf")
    template_folders: tuple[str, ...] = ("tf",)
    exports: tuple[tuple[str, tuple[str, ...]], ...] = ()

    def class_names(self, plan: LayerPlan) -> tuple[str, ...]:
        """One class per number of spatial axes."""
        return tuple(f"{plan.name}{r}D" for r in plan.ranks) or (plan.name,)

    def aliases(self, plan: LayerPlan) -> Mapping[str, str]:
        """Names by number of axes, as people write them elsewhere."""
        return {f"{plan.name}{r}d": f"{plan.name}{r}D" for r in plan.ranks}

    def neuron(self, plan: NeuronPlan) -> View:
        """View of a neuron's module."""
        math = plan.math
        formulas = frozenset(math.formulas)
        optional = frozenset(p.name for p in plan.parameters if p.optional)
        response = _typed(forward_program(math))
        gradient = _typed(with_broadcast_masks(gradient_program(math)))
        derivatives = [(d.operand, _derivative(d, optional)) for d in gradient.derivatives]
        return neuron_view(plan, "tf.Tensor", NAMING) | {
            "annotated_operands": [
                f"{n}: tf.Tensor | None" if n in optional else f"{n}: tf.Tensor"
                for n in math.operands
            ],
            "response": infix_statements(response, INFIX, formulas),
            "gradient": scale_lines(gradient, optional)
            + infix_statements(gradient, INFIX, formulas),
            "derivatives": [(n, e) for n, e in derivatives if n not in optional],
            "optional_derivatives": [(n, e) for n, e in derivatives if n in optional],
        }

    def function(self, plan: FunctionPlan) -> View:
        """View of one function."""
        spelling = Spelling(array="x", wide="wide", axis="axis", annotation="tf.Tensor")

        def statements(program: Program, formulas: frozenset[str]) -> list[str]:
            typed = with_typed_numbers(
                program, numbers(plan.math), frozenset(), promotes=True, like=spelling.wide
            )
            return infix_statements(typed, INFIX, formulas)

        def infix(program: Program) -> list[str]:
            return infix_statements(program, INFIX, frozenset())

        view = function_view(plan, spelling, statements)
        return {**view, "first_power": first_power(plan, infix)}

    def layer(self, plan: LayerPlan) -> View:
        """View of one layer class."""
        parameters = plan.neuron.parameters
        choices: list[Argument] = []
        for parameter in parameters:
            if parameter.optional:
                choices.append(flag_argument(parameter, NAMING))
            choices += option_arguments(parameter, NAMING)
        choices += kernel_arguments(plan)
        laws = {"kernel": KERNEL_LAWS[plan.kernel.init]}
        laws |= {p.name: p.law_in_words for p in parameters if p.trained}
        choices += [initializer_argument(name, law, NAMING) for name, law in laws.items()]
        dtype = Argument(
            "dtype",
            "tf.DType",
            "tf.float32",
            "Dtype of variables and results; half precision is computed in float32.",
        )
        name = Argument("name", "str | None", "None", "Name of the module.")
        checks = dict(checked(plan))
        initialiser = _kernel_initialiser(plan.kernel.init)
        own = convolution_view(plan, initialiser) if plan.ranks else _dense_view(initialiser)
        first = geometry_arguments(plan) if plan.ranks else [FEATURES]
        used = plan.neuron.math.primitives
        # Graphs leave out what nothing reads. Windows are divided by the root of ‖x‖².
        computed = {*used, "sq_x"} if plan.ranks else used
        return {
            **layer_view(plan),
            **own,
            "arguments": [*first, *choices, dtype, name],
            "stored": [f"self.{a.name} = {checks.get(a.name, a.name)}" for a in choices],
            "parameters": [_parameter(p, own["units"]) for p in parameters],
            "contraction": ", ".join(n if n in computed else "_" for n in PRIMITIVES),
            "normalised": ", ".join(n if n in used else "_" for n in ("dot", "sq_x")),
        }

    def stored_arrays(self, plan: LayerPlan) -> Mapping[str, StoredArray]:
        """TensorFlow keeps inputs first."""
        return {
            a.name: StoredArray(
                a.name, CHANNELS_LAST_AXES[plan.kind] if a.name == "kernel" else a.axes
            )
            for a in plan.arrays
        }

    def cell_names(self, plan: CellPlan) -> tuple[str, ...]:
        """The layer, and its cell."""
        return (plan.name, plan.cell_name)

    def cell(self, plan: CellPlan) -> View:
        """View of a cell's module."""
        return cell_view(plan, NAMING, INFIX.functions)

    def stored_cell_arrays(self, plan: CellPlan) -> Mapping[str, StoredArray]:
        """TensorFlow keeps inputs first."""
        return cell_arrays(plan)


def _typed(program: Program) -> Program:
    """All operands are tensors; only what stands for an absent parameter is a number."""
    return with_typed_numbers(program, frozenset(), frozenset(), promotes=True)


def _derivative(derivative: Derivative, optional: frozenset[str]) -> str:
    sum_over = "{value}" if derivative.operand == "dot" else "sum_like({value}, {operand})"
    return derivative_expression(derivative, sum_over, optional)


def _kernel_initialiser(law: str) -> str:
    if law == "orthogonal":
        return "_numerics.orthogonal(shape, self.dtype)"
    return f"_numerics.variance_scaling(shape, self.dtype, {VARIANCE_SCALING[law]})"


def _dense_view(initialiser: str) -> View:
    """What differs from a layer with windows."""
    return {
        "units": "features",
        "kernel_shape": "[in_features, self.features]",
        "kernel_shape_doc": "[in, features]",
        "unit_axes": "0",
        "kernel_initialiser": initialiser,
    }


def _parameter(parameter: ParameterPlan, units: str) -> View:
    name, stored = parameter.name, parameter.stored_as
    shape = f"[self.{units}]" if parameter.per_unit else "[]"
    if parameter.has("scalar"):
        shape = f"[] if self.scalar_{name} else {shape}"
    if parameter.trained:
        start = start_expression(parameter)
        law = f"tf.{parameter.law}" if parameter.law else f"tf.constant_initializer({start})"
        initial = f"(self.{name}_initializer or {law})({shape}, self.dtype)"
        condition = trained_condition(parameter, NAMING)
        if parameter.optional:
            condition = f"self.{condition}"
    else:
        raw = f"_arguments.inverse_softplus(self.{name})"
        sized = f", {shape}" if parameter.per_unit else ""
        initial = f"tf.constant({raw}, self.dtype{sized})"
        condition = f"self.learnable_{name}"
    return {
        "name": name,
        "is_stored": parameter.stored,
        "attribute": stored,
        "attribute_doc": stored_doc(parameter, NAMING, units),
        "trained_condition": condition,
        "initial": initial,
        "optional": parameter.optional,
        "effective": effective_method(parameter, "tf.cast(self.{stored}, dtype)"),
    }
