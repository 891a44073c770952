"""From specs to plans."""

from codegen.plans.layer import LayerPlan, ModulePlan, NeuronPlan, PackagePlan
from codegen.spec import Specs


def plan_package(specs: Specs) -> PackagePlan:
    """Join every layer with its neuron. Only neurons that some layer uses are generated."""
    neurons = {
        name: NeuronPlan(spec, specs.neuron_sources[name]) for name, spec in specs.neurons.items()
    }
    modules = tuple(
        ModulePlan(
            name,
            specs.module_sources[name],
            tuple(LayerPlan(layer, neurons[layer.neuron]) for layer in document.layers),
        )
        for name, document in specs.modules.items()
    )
    used = {layer.neuron.name for module in modules for layer in module.layers}
    return PackagePlan(tuple(n for n in neurons.values() if n.name in used), modules)
