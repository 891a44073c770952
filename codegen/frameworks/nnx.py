"""Flax NNX: names, layouts and spellings."""

from collections.abc import Mapping
from dataclasses import dataclass

from codegen.frameworks import jax
from codegen.frameworks.arguments import (
    KERNEL_LAWS,
    checked,
    layer_view,
    stored_doc,
    trained_condition,
)
from codegen.frameworks.base import Argument, StoredArray, View
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
        return jax.neuron(plan)

    def layer(self, plan: LayerPlan) -> View:
        """View of one layer class."""
        sizes = [
            Argument("in_features", "int", None, "the number of input features."),
            Argument("out_features", "int", None, "the number of units."),
        ]
        functions = [
            Argument("dot_general", "DotGeneralT", "lax.dot_general", "dot product function."),
            Argument(
                "promote_dtype",
                "PromoteDtypeFn",
                "dtypes.promote_dtype",
                "function to promote the input and all parameters, a tuple, to one dtype.",
            ),
        ]
        metadata = [
            Argument(
                f"{name}_metadata",
                "Mapping[str, Any]",
                "MappingProxyType({})",
                f"metadata to set on the {name}, such as its sharding.",
            )
            for name in ("kernel", *(p.name for p in plan.neuron.parameters if p.name == "bias"))
        ]
        rngs = Argument("rngs", "nnx.Rngs", None, "rng key.")
        keyword_only = [
            *jax.options(plan),
            *jax.PRECISION_ARGUMENTS,
            *jax.initializers(plan),
            *functions,
            rngs,
            *metadata,
        ]
        stored = jax.stored_parameters(plan)
        return layer_view(plan) | {
            "arguments": sizes + keyword_only,
            "positional": sizes,
            "keyword_only": keyword_only,
            "stored": [f"self.{n} = {c}" for n, c in checked(plan) if n != "positive_init"],
            "default_initializers": jax.default_initializers(plan),
            "kernel_law": KERNEL_LAWS[plan.kernel.init],
            "stored_names": ["kernel", *(p.stored_as for p in stored)],
            "parameters": [_parameter(p) for p in stored],
        }

    def stored_arrays(self, plan: LayerPlan) -> Mapping[str, StoredArray]:
        """Names and axes of the stored arrays."""
        return jax.stored_arrays(plan)


def _parameter(parameter: ParameterPlan) -> View:
    name = parameter.name
    shape = "(self.out_features,)" if parameter.per_unit else "()"
    if parameter.has("scalar"):
        shape = f"() if scalar_{name} else {shape}"
    if parameter.trained:
        initial = f"{name}_init(rngs.params(), {shape}, param_dtype)"
    else:
        initial = f"jnp.asarray(_arguments.inverse_softplus(self.{name}), param_dtype)"
    return {
        "name": name,
        "attribute": parameter.stored_as,
        "attribute_doc": stored_doc(parameter, jax.NAMING, "out_features"),
        "trained_condition": trained_condition(parameter, jax.NAMING),
        "initial": initial,
        "effective": jax.effective(parameter, f"self.constant_{name}"),
    }
