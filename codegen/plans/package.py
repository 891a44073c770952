"""From specs to plans."""

from dataclasses import dataclass

from codegen.plans.cell import CellPlan
from codegen.plans.function import FunctionPlan
from codegen.plans.geometry import GeometryPlan
from codegen.plans.layer import LayerPlan, ModulePlan, NeuronPlan
from codegen.spec import Specs


@dataclass(frozen=True)
class PackagePlan:
    """Everything that is generated."""

    source: str
    """The folder of its specs."""
    neurons: tuple[NeuronPlan, ...]
    geometries: tuple[GeometryPlan, ...]
    modules: tuple[ModulePlan, ...]
    cells: tuple[CellPlan, ...]
    functions: tuple[FunctionPlan, ...]


def plan_package(specs: Specs) -> PackagePlan:
    """Join every layer with its neuron and geometry.

    Only the neurons that layers use are generated. Geometries are all of them: what the layers of a
    framework share speaks of each.
    """
    sources = specs.sources
    neurons = {n: NeuronPlan(spec, sources["neurons"][n]) for n, spec in specs.neurons.items()}
    geometries = {
        n: GeometryPlan(spec, sources["geometries"][n]) for n, spec in specs.geometries.items()
    }
    functions = tuple(
        FunctionPlan(spec, sources["functions"][n]) for n, spec in specs.functions.items()
    )
    modules = tuple(
        ModulePlan(
            name,
            sources["layers"][name],
            tuple(
                LayerPlan(layer, neurons[layer.neuron], geometries.get(layer.geometry.kind))
                for layer in document.layers
            ),
        )
        for name, document in specs.modules.items()
    )
    by_name = {function.name: function for function in functions}
    cells = tuple(
        CellPlan(
            spec,
            name,
            sources["cells"][name],
            neurons[spec.neuron],
            {role: by_name[function] for role, function in spec.functions.items()},
        )
        for name, spec in specs.cells.items()
    )
    layers = [layer for module in modules for layer in module.layers]
    used = {layer.neuron.name for layer in layers} | {cell.neuron.name for cell in cells}
    return PackagePlan(
        specs.folder,
        tuple(n for n in neurons.values() if n.name in used),
        tuple(geometries.values()),
        modules,
        cells,
        functions,
    )
