"""Checks of layers: across files, and against the neurons and geometries they name."""

from collections.abc import Iterable, Iterator, Mapping

from codegen.spec.checks import Loc
from codegen.spec.document import Document
from codegen.spec.errors import SpecError, did_you_mean, one_of, shortened
from codegen.spec.models import LayersDocument, LayerSpec
from codegen.spec.reserved import why_reserved


def check_layers(
    modules: Mapping[str, tuple[LayersDocument, Document]],
    neurons: Iterable[str],
    geometries: Iterable[str],
    functions: Iterable[str] = (),
) -> Iterator[SpecError]:
    """Everything that is wrong with the layers of all files together."""
    squashers = set(functions)
    known, swept = set(neurons), set(geometries)
    taken: dict[str, str] = {}
    for stem, (module, document) in modules.items():
        if reason := why_reserved(stem):
            yield document.key_error([], f"the file's name, {shortened(stem)}, {reason}")
        if not module.layers:
            yield document.key_error(["layers"], "`layers` is empty")
        for i, layer in enumerate(module.layers):
            loc: Loc = ["layers", i]
            yield from _check_names(layer, document, loc, taken)
            if layer.name in squashers:
                message = f"{layer.name!r} is the name of a function: name the layer otherwise"
                yield document.error([*loc, "name"], message)
            if layer.neuron not in known:
                hint = did_you_mean(layer.neuron, known)
                message = f"unknown neuron {shortened(layer.neuron)}{hint or _listed(known)}"
                yield document.error([*loc, "neuron"], message)
            yield from _check_sweep(layer, document, loc, swept)
            if layer.geometry.kind != module.layers[0].geometry.kind:
                message = "layers of one file share a geometry: give this one a file of its own"
                yield document.error([*loc, "geometry", "kind"], message)


def _listed(known: set[str]) -> str:
    return f"; there is {one_of(sorted(known))}" if known else "; there is none in neurons/"


def _check_names(
    layer: LayerSpec, document: Document, loc: Loc, taken: dict[str, str]
) -> Iterator[SpecError]:
    """The names of a layer's classes are names of the package: no two are the same."""
    places: list[tuple[Loc, str]] = [([*loc, "name"], layer.name)]
    for framework, aliases in layer.aliases.items():
        places += [([*loc, "aliases", framework, j], a) for j, a in enumerate(aliases)]
    own: set[tuple[str, str]] = set()
    for place, name in places:
        where = str(place[-2])
        if reason := why_reserved(name):
            yield document.error(place, f"{shortened(name)} {reason}")
            continue
        if name == layer.neuron:
            message = f"{name!r} is the name of the neuron: name the layer otherwise"
            yield document.error(place, message)
        classes = _classes(name, layer)
        owner = next((taken[c] for c in classes if taken.get(c, layer.name) != layer.name), None)
        again = place[-1] == "name" and taken.get(name) == name
        if again or owner is not None or (name, where) in own:
            message = f"{name!r} is already the name of a layer"
            yield document.error(place, message)
        elif place[-1] != "name" and name == layer.name:
            yield document.error(place, f"{name!r} is already the name of this layer")
        own.add((name, where))
        for c in classes:
            taken.setdefault(c, layer.name)


def class_names(layer: LayerSpec) -> set[str]:
    """Every name that a framework may have for a class of the layer."""
    names = [layer.name, *(alias for aliases in layer.aliases.values() for alias in aliases)]
    return {c for name in names for c in _classes(name, layer)}


def _classes(name: str, layer: LayerSpec) -> list[str]:
    return [name, *(f"{name}{r}{d}" for r in layer.geometry.ranks for d in "dD")]


def _check_sweep(
    layer: LayerSpec, document: Document, loc: Loc, swept: set[str]
) -> Iterator[SpecError]:
    kind, ranks = layer.geometry.kind, layer.geometry.ranks
    place = [*loc, "geometry"]
    if kind == "dense":
        if ranks:
            message = "a dense layer has no spatial axes: leave out `ranks`, or choose another kind"
            yield document.key_error([*place, "ranks"], message)
        return
    if kind not in swept:
        yield document.error([*place, "kind"], f"no file geometries/{kind}.yaml")
    if not ranks:
        message = f"a {kind} needs `ranks`, its numbers of spatial axes, such as [1, 2, 3]"
        yield document.key_error(place, message)
    for j, rank in enumerate(ranks):
        if rank in ranks[:j]:
            yield document.error([*place, "ranks", j], f"rank {rank} occurs twice")
