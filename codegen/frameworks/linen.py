"""Flax Linen: names, layouts and spellings."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from codegen.frameworks import jax, jax_cells, jax_convolution
from codegen.frameworks.arguments import (
    KERNEL_LAWS,
    checked,
    layer_view,
    stored_doc,
    trained_condition,
)
from codegen.frameworks.base import Argument, StoredArray, View
from codegen.plans.cell import CellPlan
from codegen.plans.function import FunctionPlan
from codegen.plans.layer import LayerPlan, NeuronPlan, ParameterPlan
from codegen.spec.models import Framework as FrameworkName


@dataclass(frozen=True)
class Linen:
    """Linen layers are dataclasses; their arrays live in collections outside of them."""

    name: FrameworkName = "linen"
    title: str = "Flax Linen"
    requires: tuple[str, str] = ("flax", "flax")
    template_folders: tuple[str, ...] = ("linen", "jax")
    exports: tuple[tuple[str, tuple[str, ...]], ...] = ()

    def class_names(self, plan: LayerPlan) -> tuple[str, ...]:
        """One class for any number of spatial axes."""
        return (plan.name,)

    def aliases(self, plan: LayerPlan) -> Mapping[str, str]:
        """Names by number of axes, as people write them elsewhere."""
        return {f"{plan.name}{r}D": plan.name for r in plan.ranks}

    def neuron(self, plan: NeuronPlan) -> View:
        """View of a neuron's module."""
        return jax.neuron(plan, self.name)

    def function(self, plan: FunctionPlan) -> View:
        """View of one function."""
        return jax.function(plan)

    def layer(self, plan: LayerPlan) -> View:
        """View of one layer class."""
        geometry = _swept(plan) if plan.ranks else _dense(plan)
        deterministic = Argument(
            "deterministic",
            "bool | None",
            "None",
            "if True, DropConnect is off (may be given at the call instead).",
        )
        arguments = [
            Argument("features", "int", None, "the number of units."),
            *geometry.sizes,
            *geometry.windows,
            *jax.options(plan),
            deterministic,
            *geometry.mask,
            *jax.PRECISION_ARGUMENTS,
            *jax.initializers(plan),
            *geometry.functions,
        ]
        stored = jax.stored_parameters(plan)
        checks = [
            (name, check.replace(f", {name}", f", self.{name}", 1))
            for name, check in checked(plan)
            if check != name
        ]
        whole = plan.neuron.math.whole_numbers
        common = {
            "arguments": arguments,
            "checks": geometry.statements
            + [f"self.{name} = {check}" if name in whole else check for name, check in checks],
            "constants": [(n, c) for n, c in checks if n.startswith("constant_")],
            "default_initializers": jax.default_initializers(plan),
            "example_shapes": _example_shapes(plan),
            "kernel_law": KERNEL_LAWS[plan.kernel.init],
            "stored_names": ["kernel", *(p.stored_as for p in stored)],
            "parameters": [_parameter(plan, p) for p in stored],
            "call": jax.call(plan, geometry.inputs, "self.features"),
        }
        return layer_view(plan) | common | geometry.view

    def stored_arrays(self, plan: LayerPlan) -> Mapping[str, StoredArray]:
        """Names and axes of the stored arrays."""
        return jax.stored_arrays(plan)

    def cell_names(self, plan: CellPlan) -> tuple[str, ...]:
        """The cell, and the layer that repeats it."""
        return (plan.cell_name, plan.name)

    def cell(self, plan: CellPlan) -> View:
        """View of a cell's module."""
        inputs, units = "in_features", "self.features"
        parameters = jax_cells.parameters(plan, inputs, units, "self.")
        arguments = [
            Argument("features", "int", None, "the number of units."),
            *jax_cells.roles(plan),
            *jax_cells.initializers(plan),
            *jax.PRECISION_ARGUMENTS[:2],
            _CARRY_INIT,
            *jax_cells.options(plan),
            *jax.PRECISION_ARGUMENTS[2:],
            _PROMOTE_DTYPE,
            _DOT_GENERAL,
        ]
        return jax_cells.view(plan, "features", "@nn.nowrap") | {
            "arguments": arguments,
            "sequence_arguments": jax_cells.SEQUENCE_ARGUMENTS,
            "parameters": parameters,
            "uses_inputs": any(inputs in str(parameter) for parameter in parameters),
            "array_docs": jax_cells.array_docs(plan, "in", "features"),
            "carry_doc": jax_cells.carry_doc(plan, "features"),
            "example_shapes": jax_cells.example_shapes(plan, 3, 4),
        }

    def stored_cell_arrays(self, plan: CellPlan) -> Mapping[str, StoredArray]:
        """Names and axes of a cell's arrays."""
        return jax_cells.stored_cell_arrays(plan)


_CARRY_INIT = Argument(
    "carry_init", "Initializer", "initializers.zeros", "initialiser of the carry."
)
_DOT_GENERAL = Argument(
    "dot_general",
    "DotGeneralT | None",
    "None",
    "dot product function (default: ``jax.lax.dot_general``).",
)
_PROMOTE_DTYPE = Argument(
    "promote_dtype",
    "PromoteDtypeFn",
    "promote_dtype",
    "function to promote the input and all parameters to one dtype.",
)


def _dense(plan: LayerPlan) -> jax.Geometry:
    return jax.Geometry(
        functions=[_PROMOTE_DTYPE, _DOT_GENERAL],
        view={"kernel_shape_doc": "(in, features)", "norms": jax.norms(plan)},
    )


def _swept(plan: LayerPlan) -> jax.Geometry:
    geometry = jax_convolution.geometry(plan, units="features", inputs="in")
    convolve = Argument(
        "conv_general_dilated",
        "ConvGeneralDilatedT | None",
        "None",
        "convolution function (default: ``jax.lax.conv_general_dilated``).",
    )
    if plan.kind == "transposed_convolution":
        functions = [jax_convolution.TRANSPOSE_KERNEL, _PROMOTE_DTYPE]
        functions.append(jax_convolution.PREFERRED_ELEMENT_TYPE)
        result_dtype = "self.preferred_element_type or dtype"
    else:
        functions = [_PROMOTE_DTYPE, convolve]
        result_dtype = "dtype"
    return replace(
        geometry,
        functions=functions,
        statements=jax_convolution.statements(plan, "features", value="self.{}"),
        view=geometry.view
        | {
            "conv_general_dilated": "self.conv_general_dilated or lax.conv_general_dilated",
            "units": "self.features",
            "result_dtype": result_dtype,
        },
    )


def _example_shapes(plan: LayerPlan) -> str:
    kernel = (3, 3, 3, 4) if plan.ranks else (3, 4)
    shapes: dict[str, tuple[int, ...]] = {
        p.stored_as: (4,) if p.per_unit else () for p in plan.neuron.parameters if p.trained
    }
    return str(dict(sorted((shapes | {"kernel": kernel}).items())))


def _parameter(plan: LayerPlan, parameter: ParameterPlan) -> View:
    name, stored = parameter.name, parameter.stored_as
    shape = "(self.features,)" if parameter.per_unit else "()"
    if parameter.has("scalar"):
        shape = f"() if self.scalar_{name} else {shape}"
    if parameter.trained:
        init = f"self.{name}_init"
        condition = trained_condition(parameter, jax.NAMING, prefix="")
        if parameter.optional:
            condition = f"self.{condition}"
    else:
        raw = f"_arguments.inverse_softplus(self.{name})"
        init = f"initializers.constant({raw})"
        condition = f"self.learnable_{name}"
    param = f'{stored} = self.param("{stored}", {init}, {shape}, self.param_dtype)'
    optional = [f"{stored} = None", f"if {condition}:", f"    {param}"]
    return {
        "attribute": stored,
        "attribute_doc": stored_doc(parameter, jax.NAMING, "features"),
        "stored": [param] if condition == "True" else optional,
        "effective": jax.effective(plan, parameter, f"constant_{name}"),
    }
