"""Flax NNX: names, layouts and spellings."""

from collections.abc import Mapping, Sequence
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
class NNX:
    """NNX layers own their variables and are built by their constructor."""

    name: FrameworkName = "nnx"
    title: str = "Flax NNX"
    requires: tuple[str, str] = ("flax", "flax")
    template_folders: tuple[str, ...] = ("nnx", "jax")
    exports: tuple[tuple[str, tuple[str, ...]], ...] = (("_variables", ("FrozenParam",)),)

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
        sizes = [
            Argument("in_features", "int", None, "the number of input features."),
            Argument("out_features", "int", None, "the number of units."),
        ]
        geometry = _swept(plan) if plan.ranks else _dense(plan)
        names = ["kernel", *(p.name for p in plan.neuron.parameters if p.trained)]
        positional = sizes + geometry.sizes
        keyword_only = [
            *geometry.windows,
            *jax.options(plan),
            *geometry.mask,
            *jax.PRECISION_ARGUMENTS,
            *jax.initializers(plan),
            *geometry.functions,
            _RNGS,
            *_metadata(names),
        ]
        stored = jax.stored_parameters(plan)
        options = [f"self.{n} = {c}" for n, c in checked(plan) if n != "positive_init"]
        common = {
            "arguments": positional + keyword_only,
            "positional": positional,
            "keyword_only": keyword_only,
            "stored": geometry.statements + options,
            "functions": [argument.name for argument in geometry.functions],
            "default_initializers": jax.default_initializers(plan),
            "kernel_law": KERNEL_LAWS[plan.kernel.init],
            "stored_names": ["kernel", *(p.stored_as for p in stored)],
            "parameters": [_parameter(plan, p) for p in stored],
            "read": _read(stored),
            "call": jax.call(plan, geometry.inputs, "self.out_features"),
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
        inputs, units = "in_features", "hidden_features"
        kept = [
            *jax_cells.roles(plan),
            *jax.PRECISION_ARGUMENTS[:2],
            _PROMOTE_DTYPE,
            *jax.PRECISION_ARGUMENTS[2:],
            _DOT_GENERAL,
        ]
        return jax_cells.view(plan, units, "") | {
            "positional": [
                Argument(inputs, "int", None, "the number of input features."),
                Argument(units, "int", None, "the number of units."),
            ],
            "keyword_only": [
                *jax_cells.roles(plan),
                *jax_cells.initializers(plan),
                *jax.PRECISION_ARGUMENTS[:2],
                _PROMOTE_DTYPE,
                *jax_cells.options(plan),
                *jax.PRECISION_ARGUMENTS[2:],
                _DOT_GENERAL,
                _RNGS,
                *_metadata([array.name for array in plan.arrays]),
            ],
            "sequence_arguments": jax_cells.SEQUENCE_ARGUMENTS,
            "kept": [argument.name for argument in kept],
            "parameters": jax_cells.parameters(plan, inputs, units, ""),
            "optional": any(p.optional for p in plan.parameters),
            "array_docs": jax_cells.array_docs(plan, inputs, units),
            "carry_doc": jax_cells.carry_doc(plan, units),
        }

    def stored_cell_arrays(self, plan: CellPlan) -> Mapping[str, StoredArray]:
        """Names and axes of a cell's arrays."""
        return jax_cells.stored_cell_arrays(plan)


_RNGS = Argument("rngs", "nnx.Rngs", None, "rng key.")
_DOT_GENERAL = Argument("dot_general", "DotGeneralT", "lax.dot_general", "dot product function.")
_PROMOTE_DTYPE = Argument(
    "promote_dtype",
    "PromoteDtypeFn",
    "dtypes.promote_dtype",
    "function to promote the input and all parameters, a tuple, to one dtype.",
)


def _metadata(names: Sequence[str]) -> list[Argument]:
    return [
        Argument(
            f"{name}_metadata",
            "Mapping[str, Any]",
            "MappingProxyType({})",
            f"metadata to set on the {name}, such as its sharding.",
        )
        for name in names
    ]


def _dense(plan: LayerPlan) -> jax.Geometry:
    return jax.Geometry(
        functions=[_DOT_GENERAL, _PROMOTE_DTYPE],
        view={
            "kernel_shape": "(self.in_features, self.out_features)",
            "kernel_shape_doc": "(in_features, out_features)",
            "norms": jax.norms(plan),
        },
    )


def _swept(plan: LayerPlan) -> jax.Geometry:
    geometry = jax_convolution.geometry(plan, units="out_features", inputs="in_features")
    convolve = Argument(
        "conv_general_dilated",
        "ConvGeneralDilatedT",
        "lax.conv_general_dilated",
        "convolution function.",
    )
    transposed = plan.kind == "transposed_convolution"
    first = jax_convolution.TRANSPOSE_KERNEL if transposed else convolve
    return replace(
        geometry,
        functions=[first, _PROMOTE_DTYPE, jax_convolution.PREFERRED_ELEMENT_TYPE],
        statements=jax_convolution.statements(plan, "out_features", value="{}"),
        view=geometry.view
        | {
            "kernel_shape": "self.kernel_shape",
            "conv_general_dilated": "self.conv_general_dilated",
            "units": "self.out_features",
            "result_dtype": "self.preferred_element_type or dtype",
        },
    )


def _read(stored: list[ParameterPlan]) -> list[str]:
    """Statements that read the stored arrays, None where there is none."""
    names = ["kernel", *(p.stored_as for p in stored)]
    targets = ", ".join(names)
    if all(_condition(p) == "True" for p in stored):
        return [f"{targets} = {', '.join(f'self.{name}[...]' for name in names)}"]
    return [
        f"{targets} = (",
        "    None if stored is None else stored[...]",
        f"    for stored in [{', '.join(f'self.{name}' for name in names)}]",
        ")",
    ]


def _condition(parameter: ParameterPlan) -> str:
    return trained_condition(parameter, jax.NAMING)


def _parameter(plan: LayerPlan, parameter: ParameterPlan) -> View:
    name, stored = parameter.name, parameter.stored_as
    shape = "(self.out_features,)" if parameter.per_unit else "()"
    if parameter.has("scalar"):
        shape = f"() if scalar_{name} else {shape}"
    if parameter.trained:
        initial = f"{name}_init(rngs.params(), {shape}, param_dtype), **{name}_metadata"
    else:
        raw = f"_arguments.inverse_softplus(self.{name})"
        initial = (
            f"jnp.full({shape}, {raw}, param_dtype)"
            if parameter.per_unit
            else f"jnp.asarray({raw}, param_dtype)"
        )
    variable = f"self.{stored} = nnx.Param({initial})"
    condition = _condition(parameter)
    optional = [
        f"self.{stored}: nnx.Param[Array] | None",
        f"if {condition}:",
        f"    {variable}",
        "else:",
        f"    self.{stored} = nnx.data(None)",
    ]
    return {
        "attribute": stored,
        "attribute_doc": stored_doc(parameter, jax.NAMING, "out_features"),
        "stored": [variable] if condition == "True" else optional,
        "effective": jax.effective(plan, parameter, f"self.constant_{name}"),
    }
