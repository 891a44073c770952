"""How much of the suite a layer gets: all of it, or a share.

Where windows lie is the same code for every neuron, and a neuron is the same code in every
geometry. So one layer of each kind, the fullest, is tested everywhere and often, and each of the
others at some places and less often: with every number of axes and with groups, at places that
turn from layer to layer and from framework to framework, so that together they are everywhere.
Someone's own layers (`python -m codegen test`) are alike in this.
"""

import os
from collections.abc import Iterator, Sequence

from codegen.plans.layer import LayerPlan
from tests.adapters import FRAMEWORKS
from tests.properties.places import Place
from tests.subject import BRIEF, PACKAGE

STEP = 12
"""A layer that is not the fullest goes to one place in so many, and to one of each sort."""
FEWER = 5
"""It gets one random case for so many."""

_LAYERS = [layer for module in PACKAGE.modules for layer in module.layers]
_BACKENDS = ("tensorflow", "jax", "torch")


def gets_all(layer: LayerPlan) -> bool:
    """Whether it is the fullest of its kind; briefly tested places are too few to be shared."""
    return BRIEF or layer.name == max(_of_kind(layer), key=_fullness).name


def places_for(
    framework: str, layer: LayerPlan, places: Sequence[Place], step: int = STEP
) -> list[Place]:
    """Which of the places in question the layer is tested at."""
    if gets_all(layer):
        return list(places)
    backend = os.environ["KERAS_BACKEND"]
    # On its further backends, Keras is given what it was given on the first one.
    if framework == "keras" and backend != _BACKENDS[0]:
        step = len(places)
    turn = _turn(layer) + FRAMEWORKS.index(framework) + _BACKENDS.index(backend)
    sorts: dict[object, list[Place]] = {}
    for place in places:
        grouped = place.geometry.groups > 1
        sorts.setdefault(grouped or place.geometry.rank, []).append(place)
    return [place for sort in sorts.values() for place in _every(sort, step, turn)]


def count_for(layer: LayerPlan, count: int) -> int:
    """Of so many random cases, how many the layer gets."""
    return count if gets_all(layer) else -(-count // FEWER)


def repeats(framework: str, layer: LayerPlan) -> bool:
    """Whether Keras does once more, on another backend, what it did with a layer on the first."""
    further = os.environ["KERAS_BACKEND"] != _BACKENDS[0]
    return framework == "keras" and further and not gets_all(layer)


def _every(places: list[Place], step: int, turn: int) -> Iterator[Place]:
    step = min(step, len(places))
    return (place for index, place in enumerate(places) if (index + turn) % step == 0)


def _turn(layer: LayerPlan) -> int:
    return [x.name for x in _of_kind(layer)].index(layer.name)


def _of_kind(layer: LayerPlan) -> list[LayerPlan]:
    return [x for x in _LAYERS if x.kind == layer.kind]


def _fullness(layer: LayerPlan) -> tuple[int, int]:
    """What a neuron may have gradients of, and what is stated about it."""
    neuron = layer.neuron
    stated = neuron.spec.properties.model_dump(exclude_none=True)
    return len(neuron.math.differentiable), len(stated)
