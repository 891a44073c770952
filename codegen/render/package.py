"""Render the whole package to a mapping from path to text."""

from codegen.frameworks import FRAMEWORKS
from codegen.frameworks.base import Framework
from codegen.plans.layer import ModulePlan, NeuronPlan, PackagePlan
from codegen.render.environment import TEMPLATES, environment

Files = dict[str, str]


def render_package(plan: PackagePlan, frameworks: tuple[Framework, ...] = FRAMEWORKS) -> Files:
    """Every file of the package, unformatted, keyed by its path below `generated/nmn`."""
    files: Files = {}
    for name in sorted(p.name for p in (TEMPLATES / "common").glob("*.j2")):
        files[name.removesuffix(".j2")] = _render(
            f"common/{name}", "spec/", layouts=_layouts(plan, frameworks), frameworks=frameworks
        )
    for framework in frameworks:
        files |= _render_framework(framework, plan)
    return files


def _render_framework(framework: Framework, plan: PackagePlan) -> Files:
    folder = framework.name
    files: Files = {}
    for path in sorted((TEMPLATES / folder).glob("_*.j2")):
        if path.name != "__init__.py.j2":
            files[f"{folder}/{path.name.removesuffix('.j2')}"] = _render(
                f"{folder}/{path.name}", f"codegen/templates/{folder}/{path.name}"
            )
    files[f"{folder}/__init__.py"] = _render(
        "shared/framework_init.py.j2",
        "spec/layers",
        framework=framework,
        exports=[_exports(framework, module) for module in plan.modules],
    )
    files[f"{folder}/neurons/__init__.py"] = _render(
        "shared/neurons_init.py.j2", "spec/neurons", framework=framework, neurons=plan.neurons
    )
    for neuron in plan.neurons:
        files[f"{folder}/neurons/{neuron.name}.py"] = _render(
            f"{folder}/neuron.py.j2", neuron.source, neuron=framework.neuron(neuron)
        )
    for module in plan.modules:
        files[f"{folder}/{module.name}.py"] = _render_module(framework, module)
    return files


def _render_module(framework: Framework, module: ModulePlan) -> str:
    """A module holds the layers of one spec file, which share a geometry."""
    neurons: dict[str, NeuronPlan] = {layer.neuron.name: layer.neuron for layer in module.layers}
    sources = [module.source, *(n.source for n in neurons.values())]
    geometry = module.layers[0].spec.geometry.kind
    views = [framework.layer(layer) for layer in module.layers]
    return _render(
        f"{framework.name}/{geometry}.py.j2",
        *sources,
        layers=views,
        neurons=sorted(neurons),
        aliases=_aliases(framework, module),
    )


def _aliases(framework: Framework, module: ModulePlan) -> list[tuple[str, str]]:
    return [
        (alias, layer.name)
        for layer in module.layers
        for alias in layer.spec.aliases.get(framework.name, [])
    ]


def _exports(framework: Framework, module: ModulePlan) -> tuple[str, list[str]]:
    names = [layer.name for layer in module.layers]
    return module.name, sorted(names + [alias for alias, _ in _aliases(framework, module)])


def _layouts(plan: PackagePlan, frameworks: tuple[Framework, ...]) -> dict[str, object]:
    """Per layer, per canonical array: its axes, and name and axes in every framework."""
    layouts: dict[str, object] = {}
    for module in plan.modules:
        for layer in module.layers:
            per_framework = {f.name: f.stored_arrays(layer) for f in frameworks}
            layouts[layer.name] = {
                array.name: {
                    "axes": array.axes,
                    **{
                        name: (stored[array.name].name, stored[array.name].axes)
                        for name, stored in per_framework.items()
                    },
                }
                for array in layer.arrays
            }
    return layouts


def _render(template: str, *sources: str, **view: object) -> str:
    header = f"# Generated from {' and '.join(sources)}. Do not edit; run `make generate`.\n"
    return header + environment().get_template(template).render(**view)
