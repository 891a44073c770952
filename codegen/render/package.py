"""Render the whole package to a mapping from path to text."""

import re
from pathlib import Path

import jinja2

from codegen.frameworks import FRAMEWORKS
from codegen.frameworks.base import Framework, Recurrent, View
from codegen.frameworks.functions import MODULE as FUNCTIONS
from codegen.plans.layer import ModulePlan
from codegen.plans.package import PackagePlan
from codegen.plans.start import cell_start, neuron_start
from codegen.render.environment import PACKAGE, TEMPLATES, WIDTH, environment
from codegen.render.layouts import layout_table

Files = dict[str, str]


def render_package(
    plan: PackagePlan, frameworks: tuple[Framework, ...] = FRAMEWORKS, package: str = PACKAGE
) -> Files:
    """Every file of the package of that name, unformatted, keyed by its path below the package."""
    env = environment(package)
    files: Files = {}
    for name in sorted(p.name for p in (TEMPLATES / "common").glob("*.j2")):
        files[name.removesuffix(".j2")] = _render(
            env,
            f"common/{name}",
            f"{plan.source}/",
            table=layout_table(plan, frameworks),
            frameworks=frameworks,
        )
    for geometry in plan.geometries:
        files[f"_{geometry.name}.py"] = _render(
            env,
            "geometry/geometry.py.j2",
            geometry.source,
            geometry=geometry,
            title=geometry.name.replace("_", " ").capitalize(),
        )
    if plan.cells:
        files["_starts.py"] = _render_starts(env, plan)
    for framework in frameworks:
        files |= _render_framework(env, framework, plan, package)
    return files


def _render_starts(env: jinja2.Environment, plan: PackagePlan) -> str:
    """Where parameters of cells begin; cells of one neuron share its function."""
    found = {cell.neuron.name: neuron_start(cell) for cell in plan.cells}
    neurons = [neuron for neuron in found.values() if neuron is not None]
    return _render(
        env,
        "cells/_starts.py.j2",
        Path(plan.source, "cells").as_posix(),
        neurons=neurons,
        cells=[cell_start(cell) for cell in plan.cells],
    )


def _render_framework(
    env: jinja2.Environment, framework: Framework, plan: PackagePlan, package: str
) -> Files:
    folder = framework.name
    files: Files = {}
    for name in sorted(
        path.name for source in framework.template_folders for path in _static(source)
    ):
        template = _template(framework, name)
        files[f"{folder}/{name.removesuffix('.j2')}"] = _render(
            env,
            template,
            _owned(f"codegen/templates/{template}", package),
            framework=framework,
        )
    exports = [_exports(framework, module) for module in plan.modules]
    if isinstance(framework, Recurrent):
        exports += [(cell.module, sorted(framework.cell_names(cell))) for cell in plan.cells]
    if plan.functions:
        exports.append((FUNCTIONS, sorted(f.name for f in plan.functions)))
        files[f"{folder}/{FUNCTIONS}.py"] = _render(
            env,
            _template(framework, f"{FUNCTIONS}.py.j2"),
            Path(plan.source, "functions").as_posix(),
            framework=framework,
            **_functions_view([framework.function(f) for f in plan.functions]),
        )
    files[f"{folder}/__init__.py"] = _render(
        env,
        "shared/framework_init.py.j2",
        Path(plan.source, "layers").as_posix(),
        framework=framework,
        requirement=_requirement(framework, package),
        exports=exports + list(framework.exports),
    )
    files[f"{folder}/neurons/__init__.py"] = _render(
        env, "shared/neurons_init.py.j2", Path(plan.source, "neurons").as_posix()
    )
    for neuron in plan.neurons:
        files[f"{folder}/neurons/{neuron.name}.py"] = _render(
            env,
            _template(framework, "neuron.py.j2"),
            neuron.source,
            neuron=framework.neuron(neuron),
        )
    for module in plan.modules:
        files[f"{folder}/{module.name}.py"] = _render_module(env, framework, module)
    if isinstance(framework, Recurrent):
        for cell in plan.cells:
            files[f"{folder}/{cell.module}.py"] = _render(
                env, _template(framework, "cell.py.j2"), cell.source, cell=framework.cell(cell)
            )
    return files


def _functions_view(views: list[View]) -> dict[str, object]:
    """All functions of a module, and what they have in common."""
    return {
        "functions": views,
        "uses": {name for view in views for name in view["uses"]},
        "calls_math": any("math." in line for view in views for line in view["constants"]),
    }


def _requirement(framework: Framework, package: str) -> str:
    """What to give pip: only this repository's package has extras for the frameworks."""
    module, extra = framework.requires
    return f"'{package}[{extra}]'" if package == PACKAGE else module


def _owned(source: str, package: str) -> str:
    """A path of this repository, as the files of a package elsewhere cite it."""
    return source if package == PACKAGE else f"{PACKAGE}'s {source}"


def _static(folder: str) -> list[Path]:
    """Templates of modules that no spec changes."""
    return list((TEMPLATES / folder).glob("_*.j2"))


def _template(framework: Framework, name: str) -> str:
    """The framework's own template of that name, or the one of its family."""
    found = [f for f in framework.template_folders if (TEMPLATES / f / name).exists()]
    return f"{found[0]}/{name}"


def _render_module(env: jinja2.Environment, framework: Framework, module: ModulePlan) -> str:
    """A module holds the layers of one spec file, which share a geometry."""
    neurons = {layer.neuron.name for layer in module.layers}
    geometry = module.layers[0].kind
    return _render(
        env,
        _template(framework, f"{geometry}.py.j2"),
        module.source,
        layers=[framework.layer(layer) for layer in module.layers],
        neurons=sorted(neurons),
        aliases=_aliases(framework, module),
    )


def _aliases(framework: Framework, module: ModulePlan) -> list[tuple[str, str]]:
    return [
        entry
        for layer in module.layers
        for entry in (
            *((alias, layer.name) for alias in layer.spec.aliases.get(framework.name, [])),
            *framework.aliases(layer).items(),
        )
    ]


def _exports(framework: Framework, module: ModulePlan) -> tuple[str, list[str]]:
    names = [name for layer in module.layers for name in framework.class_names(layer)]
    return module.name, sorted(names + [alias for alias, _ in _aliases(framework, module)])


def _render(env: jinja2.Environment, template: str, source: str, **view: object) -> str:
    command = "make" if env.globals["package"] == PACKAGE else "python -m codegen"
    header = f"# Generated from {source}. Do not edit; run `{command} generate`.\n"
    if len(header) > WIDTH:
        header = header.replace(". Do not", ".\n# Do not")
    text = env.get_template(template).render(**view)
    # Where a macro and what follows it both end a paragraph, in docstrings too.
    return header + re.sub(r"\n{3,}(?=[ ])", "\n\n", text)
