"""Examples of use: the same few lines in every framework, one layer of each geometry."""

from collections.abc import Sequence
from dataclasses import dataclass

import jinja2

from codegen.frameworks import FRAMEWORKS
from codegen.frameworks.base import Framework
from codegen.plans.layer import LayerPlan
from codegen.render.environment import PACKAGE, environment

_EXTENT = 32


@dataclass(frozen=True)
class Example:
    """Code that runs as it stands."""

    framework: str
    title: str
    code: str


def examples(layers: Sequence[LayerPlan]) -> tuple[Example, ...]:
    """One example per framework, with the first layer of each geometry."""
    first = {layer.kind: layer for layer in reversed(layers)}
    chosen = [layer for layer in layers if first[layer.kind] is layer]
    return tuple(Example(f.name, f.title, _code(f, chosen)) for f in FRAMEWORKS)


def _code(framework: Framework, layers: Sequence[LayerPlan]) -> str:
    names = {layer.name: _class(framework, layer) for layer in layers}
    parts = [_template(framework, "imports").render(names=sorted(names.values()))]
    for layer in layers:
        rank = _rank(layer)
        parts.append(
            _template(framework, layer.kind).render(
                name=names[layer.name],
                extent=_repeated(_EXTENT, rank),
                doubled=_repeated(2 * _EXTENT, rank),
                taps=_tuple(3, rank),
                twos=_tuple(2, rank),
            )
        )
    return "\n".join(parts)


def _template(framework: Framework, name: str) -> jinja2.Template:
    folders = framework.template_folders
    return environment(PACKAGE).select_template([f"{f}/examples/{name}.j2" for f in folders])


def _rank(layer: LayerPlan) -> int:
    """Two spatial axes if there may be two."""
    return 2 if 2 in layer.ranks or not layer.ranks else layer.ranks[0]


def _class(framework: Framework, layer: LayerPlan) -> str:
    names = framework.class_names(layer)
    return names[layer.ranks.index(_rank(layer))] if len(names) > 1 else names[0]


def _repeated(length: int, rank: int) -> str:
    return ", ".join([str(length)] * rank)


def _tuple(length: int, rank: int) -> str:
    return f"{length}," if rank == 1 else _repeated(length, rank)
