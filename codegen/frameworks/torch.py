"""PyTorch: names, layouts and spellings."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from codegen.frameworks import torch_cells, torch_convolution
from codegen.frameworks.arguments import (
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
from codegen.frameworks.functions import Spelling, function_view, numbers
from codegen.frameworks.printing import infix_statements, number
from codegen.frameworks.torch_functions import infix, infix_with
from codegen.frameworks.torch_inplace import (
    DoesNotFitError,
    InPlace,
    inplace_gradient,
    inplace_response,
)
from codegen.frameworks.torch_regular import regular_view
from codegen.math.operations import Program
from codegen.math.program import forward_program
from codegen.math.residual import Differentiated, candidates
from codegen.plans.cell import CellPlan
from codegen.plans.function import FunctionPlan
from codegen.plans.layer import LayerPlan, NeuronPlan, ParameterPlan
from codegen.spec.models import PRIMITIVES
from codegen.spec.models import Framework as FrameworkName

_COUNTS = {
    "dense": {"inputs": "self.in_features", "units": "self.out_features"},
    "convolution": {"inputs": "self.weight[0].numel()", "units": "self.out_channels"},
    "transposed_convolution": {
        "inputs": "self.weight[:, 0].numel() // self.groups",
        "units": "self.out_channels",
    },
}

NAMING = Naming(
    flag=lambda name: name,
    initializer=lambda name: f"{name}_init",
    initializer_type="Callable[[Tensor], Any] | None",
    initializer_default=lambda name: "None",
    code=lambda name: f"``{name}``",
)


@dataclass(frozen=True)
class Torch:
    """PyTorch layers are `nn.Module`s with eager, closed-form gradients."""

    name: FrameworkName = "torch"
    title: str = "PyTorch"
    requires: tuple[str, str] = ("torch", "torch")
    template_folders: tuple[str, ...] = ("torch",)
    exports: tuple[tuple[str, tuple[str, ...]], ...] = ()

    def class_names(self, plan: LayerPlan) -> tuple[str, ...]:
        """One class per number of spatial axes."""
        return tuple(f"{plan.name}{r}d" for r in plan.ranks) or (plan.name,)

    def aliases(self, plan: LayerPlan) -> Mapping[str, str]:
        """Names by number of axes, as people write them elsewhere."""
        return {f"{plan.name}{r}D": f"{plan.name}{r}d" for r in plan.ranks}

    def neuron(self, plan: NeuronPlan) -> View:
        """View of a neuron's module."""
        math = plan.math
        optional = frozenset(p.name for p in plan.parameters if p.optional)
        scalars = frozenset(p.name for p in plan.parameters if not p.spec.axes)
        differentiated, response, gradient = _programs(plan, optional, scalars)
        norms = [n for n in math.primitives if n != "dot"]
        given = [f"{n}: Tensor" for n in norms]
        given += [f"{n}: {_setting(plan, n)}" for n in math.settings]
        summed = {d.operand for d in differentiated.gradient.derivatives}
        derived = [n for n in math.settings if n in summed]
        degrees = differentiated.degrees
        plain = forward_program(math)
        return neuron_view(plan, "Tensor", NAMING) | {
            "annotated_operands": given,
            "response_operands": [_response_operand(plan, n) for n in math.operands],
            "keeps_dot": differentiated.residual == "dot",
            "response_in_dot": response.response == "dot",
            "residual": differentiated.residual or "grad_dot",
            "keeps_residual": differentiated.residual is not None,
            "reports_clamps": differentiated.clamps,
            "norms": [n in math.primitives for n in ("sq_x", "sq_w")],
            "norm_grads": [f"grad_{n}" for n in norms],
            "parameter_grads": [f"grad_{n}" for n in derived],
            "derived": tuple(math.settings.index(n) for n in derived),
            "response": infix_statements(plain, infix(plan, plain), frozenset(math.formulas)),
            "inplace_response": response.lines,
            "response_scratch": response.scratch_names,
            "inplace_gradient": gradient.lines,
            "gradient_scratch": gradient.scratch_names,
            "scratch_may_be_grad": gradient.scratch_may_be_grad,
            "dot_factor": number(differentiated.dot_factor),
            "scale": _index(differentiated.scale, math.settings),
            "regular": regular_view(plan, _programs),
            "degrees": None
            if degrees is None
            else tuple(degrees.get(n, 0.0) for n in ("dot", *math.settings)),
        }

    def function(self, plan: FunctionPlan) -> View:
        """View of one function."""
        spelling = Spelling(array="input", wide="x", axis="dim", annotation="Tensor")

        def statements(program: Program, formulas: frozenset[str]) -> list[str]:
            spelt = infix_with(program, numbers(plan.math), spelling.wide)
            return infix_statements(program, spelt, formulas)

        return function_view(plan, spelling, statements)

    def layer(self, plan: LayerPlan) -> View:
        """View of one layer class."""
        parameters = plan.neuron.parameters
        flags = {p.name: flag_argument(p, NAMING) for p in parameters if p.optional}
        sizes = [
            Argument("in_features", "int", None, "Length of the last axis of the input."),
            Argument("out_features", "int", None, "Number of units."),
        ]
        placement = [
            Argument("device", "torch.device | str | None", "None", "Where the parameters live."),
            Argument("dtype", "torch.dtype | None", "None", "Dtype of the parameters."),
        ]
        options: list[Argument] = []
        for p in parameters:
            if p.optional and p.name != "bias":
                options.append(flags[p.name])
            options += option_arguments(p, NAMING)
        laws = {"kernel": KERNEL_LAWS[plan.kernel.init]}
        laws |= {p.name: p.law_in_words for p in parameters if p.trained}
        initializers = [initializer_argument(name, law, NAMING) for name, law in laws.items()]
        positional = sizes + [flags[n] for n in ("bias",) if n in flags] + placement
        keyword_only = options + kernel_arguments(plan) + initializers
        extra: dict[str, Any] = {}
        if plan.geometry is not None:
            positional = torch_convolution.positional(plan, flags) + placement
            keyword_only.append(torch_convolution.MASK)
            extra = torch_convolution.view(plan)
        units = "out_features" if plan.geometry is None else "out_channels"
        return (
            layer_view(plan)
            | extra
            | {
                "arguments": positional + keyword_only,
                "positional": positional,
                "keyword_only": keyword_only,
                "stored": [f"self.{name} = {check}" for name, check in checked(plan)]
                + [f"self.{a.name} = {a.name}" for a in initializers],
                "kernel_initialiser": _kernel_initialiser(plan),
                "parameters": [_parameter(p, units) for p in parameters],
                "numbers": [_COUNTS[plan.kind][n] for n in plan.neuron.math.counts],
                "shown_options": _shown(plan, keyword_only),
            }
        )

    def stored_arrays(self, plan: LayerPlan) -> Mapping[str, StoredArray]:
        """PyTorch calls the kernel `weight` and keeps units first."""
        transposed = plan.kind == "transposed_convolution"
        return {
            a.name: StoredArray(
                "weight" if a.name == "kernel" else a.name,
                ("group input", "unit", "spatial") if transposed and a.name == "kernel" else a.axes,
            )
            for a in plan.arrays
        }

    def cell_names(self, plan: CellPlan) -> tuple[str, ...]:
        """The layer, and the cell it repeats."""
        return (plan.name, plan.cell_name)

    def cell(self, plan: CellPlan) -> View:
        """View of a cell's module."""
        return torch_cells.cell_view(plan, NAMING, self.neuron(plan.neuron))

    def stored_cell_arrays(self, plan: CellPlan) -> Mapping[str, StoredArray]:
        """PyTorch's own names of kernels, and units first."""
        return torch_cells.stored_cell_arrays(plan)


def _programs(
    plan: NeuronPlan, optional: frozenset[str], scalars: frozenset[str]
) -> tuple[Differentiated, InPlace, InPlace]:
    """The cheapest of all programs whose values fit into the memory there is."""
    numbers = frozenset(plan.math.whole_numbers)
    for candidate in candidates(plan.math):
        try:
            response = inplace_response(candidate, numbers)
        except DoesNotFitError:
            continue
        return candidate, response, inplace_gradient(candidate, optional, scalars, numbers)
    raise AssertionError("⟨w, x⟩ can always be kept")


def _setting(plan: NeuronPlan, name: str) -> str:
    """The type of a parameter or count where parameters are tensors."""
    if name in plan.math.whole_numbers:
        return "int"
    return (
        "Tensor | None" if any(p.name == name and p.optional for p in plan.parameters) else "Tensor"
    )


def _index(name: str | None, names: Sequence[str]) -> int | None:
    return None if name is None else names.index(name)


def _response_operand(plan: NeuronPlan, name: str) -> str:
    """An operand of the plain expression, which takes constants as numbers."""
    if name in PRIMITIVES:
        return f"{name}: Tensor"
    if name in plan.math.whole_numbers:
        return f"{name}: int"
    optional = any(p.name == name and p.optional for p in plan.parameters)
    return f"{name}: Tensor | float" + (" | None" if optional else "")


def _kernel_initialiser(plan: LayerPlan) -> list[str]:
    if plan.kernel.init == "orthogonal":
        return ["init.orthogonal_(self.weight)"]
    law = VARIANCE_SCALING[plan.kernel.init]
    if plan.geometry is None:
        fans = "self.in_features, self.out_features"
        return [f"_numerics.variance_scaling_(self.weight, {fans}, {law})"]
    return [
        "taps = math.prod(self.kernel_size)",
        "fan_in, fan_out = taps * self.in_channels // self.groups, taps * self.out_channels",
        f"_numerics.variance_scaling_(self.weight, fan_in, fan_out, {law})",
    ]


def _shown(plan: LayerPlan, arguments: list[Argument]) -> list[tuple[str, str]]:
    """Options that are attributes under the names of their arguments."""
    attributes = {name for name, _ in checked(plan)}
    return [(a.name, str(a.default)) for a in arguments if a.name in attributes]


def _parameter(parameter: ParameterPlan, units: str) -> dict[str, Any]:
    """View of a parameter: how it is stored, initialised and read."""
    name, stored = parameter.name, parameter.stored_as
    if parameter.per_unit:
        shape = (
            f"() if scalar_{name} else self.{units}" if parameter.has("scalar") else f"self.{units}"
        )
    else:
        shape = "()"
    stored_parameter = f"self.{stored}"
    if not parameter.trained:
        start = f"_arguments.inverse_softplus(self.{name})"
        initialise = [f"init.constant_({stored_parameter}, {start})"]
    elif parameter.law is not None:
        initialise = [f"(self.{name}_init or init.{parameter.law}_)({stored_parameter})"]
    else:
        start = start_expression(parameter)
        initialise = [
            f"if self.{name}_init is None:",
            f"    init.constant_({stored_parameter}, {start})",
            "else:",
            f"    self.{name}_init({stored_parameter})",
        ]
    return {
        "name": name,
        "attribute": stored,
        "attribute_doc": stored_doc(parameter, NAMING, units),
        "trained_condition": trained_condition(parameter, NAMING),
        "shape": shape,
        "initialise": initialise,
        "stored": parameter.stored,
        "optional": parameter.optional,
        "type": "int" if parameter.spec.integer else "Tensor | float",
        "effective": effective_method(parameter, "self.{stored}.to(dtype)"),
    }
