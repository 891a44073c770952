"""`python -m codegen explain NAME`: what follows from a spec, for a terminal."""

import argparse
from pathlib import Path

from codegen.commands import cell_explanation, explanation, function_explanation
from codegen.commands.errors import CommandError
from codegen.commands.options import Commands, add_spec
from codegen.commands.specs import specs_of
from codegen.frameworks import FRAMEWORKS
from codegen.plans.layer import LayerPlan, NeuronPlan
from codegen.plans.package import PackagePlan, plan_package
from codegen.plans.start_check import check_starts
from codegen.spec import Specs
from codegen.spec.errors import did_you_mean


def register(commands: Commands) -> None:
    """Add the command's parser."""
    parser = commands.add_parser(
        "explain", help="print what follows from the spec of a neuron, a function or a cell"
    )
    parser.add_argument(
        "name",
        metavar="NAME",
        help="a neuron, such as yat, a function, such as softermax, or a cell, such as YatGRU",
    )
    add_spec(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Run the command."""
    print(explain(options.name, options.spec))
    return 0


def explain(name: str, spec: Path) -> str:
    """Everything about the neuron, function or cell `name` of the folder `spec`, as text."""
    specs = specs_of(spec)
    plan = plan_package(specs)
    function = next((f for f in plan.functions if f.name == name), None)
    if function is not None:
        return function_explanation.text(function, plan.cells)
    cell = next((c for c in plan.cells if name in (c.name, c.cell_name, c.module)), None)
    if cell is not None and name not in specs.neurons:
        check_starts(specs, plan)
        return cell_explanation.text(cell)
    if name not in specs.neurons:
        raise CommandError(_unknown(name, specs, plan))
    neuron = NeuronPlan(specs.neurons[name], specs.sources["neurons"][name])
    layers = {
        module.name: tuple(x for x in module.layers if x.neuron.name == name)
        for module in plan.modules
    }
    return explanation.text(neuron, {m: found for m, found in layers.items() if found})


def _unknown(name: str, specs: Specs, plan: PackagePlan) -> str:
    """The nearest name, or the neuron that a layer of that name is made of."""
    for layer in (layer for module in plan.modules for layer in module.layers):
        if name in _class_names(layer):
            return f"{name!r} is a layer; its neuron is {layer.neuron.name!r}"
    known = [*sorted(specs.neurons), *sorted(specs.functions), *(c.name for c in plan.cells)]
    hint = did_you_mean(name, known) or f"; known: {', '.join(known)}"
    return f"no neuron, function or cell is called {name!r}{hint}"


def _class_names(layer: LayerPlan) -> set[str]:
    names = {layer.name, *(a for aliases in layer.spec.aliases.values() for a in aliases)}
    for framework in FRAMEWORKS:
        names |= {*framework.class_names(layer), *framework.aliases(layer)}
    return names
