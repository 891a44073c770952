"""From plans to the files that MkDocs reads: pages, plots, the math font, the stylesheet."""

import html
import re
from collections.abc import Container, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jinja2

from codegen.docs import mathml, tables
from codegen.docs.cell_pages import cell_view
from codegen.docs.description import describe
from codegen.docs.examples import examples
from codegen.docs.formulas import Formulas
from codegen.docs.function_pages import function_view
from codegen.docs.function_plots import graph
from codegen.docs.plots import LOOKS, PLOTS
from codegen.docs.properties import properties
from codegen.docs.surface import Surface
from codegen.frameworks import FRAMEWORKS
from codegen.plans.cell import CellPlan
from codegen.plans.function import FunctionPlan
from codegen.plans.layer import LayerPlan, NeuronPlan
from codegen.plans.package import PackagePlan
from codegen.render.environment import PACKAGE

DOCS = Path(__file__).parents[2] / "docs"
"""Words and looks of the site: templates, stylesheet, settings of MkDocs."""

Files = dict[str, str | bytes]


@dataclass(frozen=True)
class Site:
    """Every file of the site's source, and the order of its pages."""

    files: Files
    navigation: list[dict[str, Any]]


def render_site(plan: PackagePlan, spec: Path) -> Site:
    """Pages for all that `plan` has, whose specs stand under `spec`."""
    layers = [layer for module in plan.modules for layer in module.layers]
    # The module that bears the package's name holds what the package is known for.
    module = next((m for m in plan.modules if m.name == PACKAGE), plan.modules[0])
    featured = module.layers[0].neuron
    files: Files = {
        "assets/site.css": (DOCS / "site.css").read_text(encoding="utf-8"),
        "assets/favicon.svg": (DOCS / "favicon.svg").read_text(encoding="utf-8"),
        "assets/math.woff": mathml.math_font(),
        "spec/index.md": (spec / "README.md").read_text(encoding="utf-8"),
    }
    # The page of the language may point at what lies beside it.
    for path in sorted(p for p in spec.rglob("*") if p.suffix in (".yaml", ".json")):
        files[f"spec/{path.relative_to(spec)}"] = path.read_text(encoding="utf-8")
    views = {n.name: _neuron(n, _layers_of(n, layers), files) for n in plan.neurons}
    functions = [_function(f, plan.cells, files) for f in plan.functions]
    cells = [_cell(cell, views.keys(), files) for cell in plan.cells]
    files["index.md"] = _page(
        "index",
        neurons=views.values(),
        featured=views[featured.name],
        functions=functions,
        cells=cells,
    )
    files["neurons/index.md"] = _page("neurons", neurons=views.values())
    navigation: list[dict[str, Any]] = [{"Home": "index.md"}, _section("Neurons", views.values())]
    for title, found in (("Functions", functions), ("Cells", cells)):
        if found:
            folder = title.lower()
            files[f"{folder}/index.md"] = _page(folder, **{folder: found})
            navigation.append(_section(title, found))
    return Site(files, [*navigation, {"Writing a spec": "spec/index.md"}])


def _section(title: str, views: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """An index and the pages below it, in the navigation."""
    folder = title.lower()
    pages = [{v["title"]: f"{folder}/{v['name']}.md"} for v in views]
    return {title: [f"{folder}/index.md", *pages]}


def _function(plan: FunctionPlan, cells: tuple[CellPlan, ...], files: Files) -> dict[str, Any]:
    """Write the page and the graph of a function; returns what other pages show of it."""
    for look in LOOKS:
        files[f"functions/{plan.name}-graph-{look.name}.svg"] = graph(plan, look)
    view = function_view(plan, cells) | {
        "looks": [look.name for look in LOOKS],
        "source": files[f"spec/functions/{plan.name}.yaml"],
    }
    files[f"functions/{plan.name}.md"] = _page("function", function=view)
    return view


def _cell(plan: CellPlan, neurons: Container[str], files: Files) -> dict[str, Any]:
    """Write the page of a cell; returns what other pages show of it."""
    view = cell_view(plan) | {
        "linked": plan.neuron.name in neurons,
        "source": files[f"spec/cells/{plan.module}.yaml"],
    }
    files[f"cells/{plan.module}.md"] = _page("cell", cell=view)
    return view


def _neuron(plan: NeuronPlan, layers: list[LayerPlan], files: Files) -> dict[str, Any]:
    """Write the page and the plots of a neuron; returns what other pages show of it."""
    formulas, surface = Formulas(plan), Surface(plan)
    for name, plot in PLOTS.items():
        for look in LOOKS:
            files[f"neurons/{plan.name}-{name}-{look.name}.svg"] = plot(surface, look)
    view = {
        "name": plan.name,
        "title": plan.heading,
        "symbol": plan.spec.symbol,
        "summary": plan.spec.summary,
        "reference": plan.spec.reference,
        "response": formulas.response,
        "intermediate": formulas.intermediate,
        "derivatives": formulas.derivatives,
        "notes": formulas.notes,
        "sentences": describe(surface),
        "settings": [formulas.setting(n, v) for n, v in surface.settings.items()],
        "plots": list(PLOTS),
        "looks": [look.name for look in LOOKS],
        "classes": tables.class_rows(layers),
        "arguments": tables.argument_rows(layers[0]),
        "arrays": tables.array_rows(layers),
        "defaults": tables.defaults(plan),
        "examples": examples(layers),
        "properties": properties(plan),
        "source": files[f"spec/neurons/{plan.name}.yaml"],
    }
    files[f"neurons/{plan.name}.md"] = _page("neuron", neuron=view)
    return view


def _layers_of(plan: NeuronPlan, layers: list[LayerPlan]) -> list[LayerPlan]:
    """The layers of a neuron, in the order in which people look for them."""
    kinds = list(tables.KINDS)
    own = [layer for layer in layers if layer.neuron.name == plan.name]
    return sorted(own, key=lambda layer: kinds.index(layer.kind))


def _page(template: str, **view: object) -> str:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(DOCS),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        autoescape=False,
    )
    environment.filters["block"] = mathml.block
    environment.filters["math"] = mathml.inline
    environment.filters["powers"] = _powers
    return environment.get_template(f"{template}.md.j2").render(frameworks=FRAMEWORKS, **view)


def _powers(text: str) -> str:
    """Words of a property as HTML, s^2 with its exponent raised."""
    return re.sub(r"\^(\w+)", r"<sup>\1</sup>", html.escape(text))
