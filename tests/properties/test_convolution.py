"""What makes a layer a convolution, in every framework: no oracle, only the layers themselves.

Two layers that must return the same are each within a bound of the truth, so within twice the
bound of each other.
"""

from dataclasses import replace

import numpy as np
import pytest

from codegen.plans.layer import LayerPlan
from tests.adapters import FRAMEWORKS, Arrays
from tests.geometry import Geometry
from tests.oracle import assert_within, surrounded
from tests.oracle.pair import Pair
from tests.oracle.windows import OUTSIDE
from tests.properties.draw import ALL, GEOMETRIES, SWEPT, Case, fixed_case
from tests.properties.examples import spots
from tests.properties.judge import evaluate
from tests.properties.places import Place, plain_rank

Spot = tuple[str, Place]

SPOTS = [(framework, spot) for framework in FRAMEWORKS for spot in spots(framework)]


def ids(value: str | Spot) -> str:
    return value if isinstance(value, str) else "-".join(map(str, value))


def sibling(layer: LayerPlan, kind: str) -> LayerPlan | None:
    """The layer of the same neuron with another geometry, of as many axes, if there is one."""
    return next(
        (
            x
            for x in ALL.values()
            if (x.neuron.name, x.kind) == (layer.neuron.name, kind)
            if kind == "dense" or set(x.ranks) >= set(layer.ranks)
        ),
        None,
    )


def assert_same(one: np.ndarray, other: np.ndarray, pair: Pair, what: str) -> None:
    """Two results, of which each is within the pair's bound."""
    between = Pair(other.astype(np.longdouble), 2 * pair.bound, pair.arithmetic)
    assert_within(one, between, what)


@pytest.mark.parametrize("layer", [name for name, x in SWEPT.items() if sibling(x, "dense")])
@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_one_tap_is_the_dense_layer_at_every_position(framework: str, layer: str) -> None:
    rank = plain_rank(SWEPT[layer])
    ones = (1,) * rank
    place = Place(
        "one-tap", (3, 2, 1)[:rank], Geometry(SWEPT[layer].kind, ones, ones, ones), channels=4
    )
    swept = fixed_case(SWEPT[layer], place)
    rows = {
        "x": swept.x.reshape(-1, 4),
        "upstream": swept.upstream.reshape(-1, 3),
        "arrays": swept.arrays | {"kernel": swept.arrays["kernel"].reshape(3, 4)},
    }
    dense = replace(swept, layer=sibling(SWEPT[layer], "dense"), geometry=None, **rows)
    found, expected, oracle = evaluate(framework, swept), evaluate(framework, dense), dense.oracle()
    pairs = {"output": oracle.output, **oracle.gradients}
    assert found.keys() == expected.keys()
    for name, value in found.items():
        assert_same(value.reshape(expected[name].shape), expected[name], pairs[name], name)


@pytest.mark.parametrize(
    ("framework", "spot"),
    [
        (framework, spot)
        for framework, spot in SPOTS
        if spot[1].name in ("1d-strided", "2d-strided", "1d-valid-strided", "2d-valid-strided")
    ],
    ids=ids,
)
def test_moving_the_input_moves_the_output(framework: str, spot: Spot) -> None:
    """By one position per stride; for a transposed convolution by stride positions per one."""
    layer, place = spot
    stride = place.geometry.stride[0]
    transposed = SWEPT[layer].kind == "transposed_convolution"
    further = 1 if transposed else stride
    longer = replace(place, sizes=(place.sizes[0] + further, *place.sizes[1:]))
    case = fixed_case(SWEPT[layer], longer)
    if transposed:
        case.x[:, :further] = 0
    moved = replace(
        fixed_case(SWEPT[layer], place), arrays=case.arrays, x=case.x[:, further:].copy()
    )
    rest = slice(stride if transposed else 1, None)
    whole = evaluate(framework, case)["output"]
    pair = moved.oracle().output
    assert_same(evaluate(framework, moved)["output"], whole[:, rest], pair, "output")


@pytest.mark.parametrize(
    ("framework", "spot"),
    [
        (framework, spot)
        for framework, spot in SPOTS
        if spot[1].geometry.groups > 1
        # The parts have fewer units than the whole.
        if "units" not in SWEPT[spot[0]].neuron.math.counts
    ],
    ids=ids,
)
def test_groups_are_separate_convolutions(framework: str, spot: Spot) -> None:
    layer, place = spot
    groups = place.geometry.groups
    case = fixed_case(SWEPT[layer], place)
    single = replace(case.geometry, groups=1)
    xs = np.split(case.x, groups, -1)
    parts = []
    for group, (x, upstream) in enumerate(
        zip(xs, np.split(case.upstream, groups, -1), strict=True)
    ):
        arrays: Arrays = {
            name: np.split(value, groups)[group] if value.ndim else value
            for name, value in case.arrays.items()
        }
        part = replace(case, arrays=arrays, x=x, upstream=upstream, geometry=single)
        parts.append(evaluate(framework, part))
    found, oracle = evaluate(framework, case), case.oracle()
    for name, pair in {"output": oracle.output, **oracle.gradients}.items():
        values = [part[name] for part in parts]
        if found[name].ndim == 0:
            joined = np.sum(values)
        else:
            joined = np.concatenate(values, -1 if name in ("output", "x") else 0)
        assert_same(found[name], joined, pair, name)


@pytest.mark.parametrize(
    ("framework", "spot"),
    [
        (framework, spot)
        for framework, spot in SPOTS
        if spot[1].geometry.rank < 3 and max(spot[1].geometry.stride) > 1
        if SWEPT[spot[0]].kind == "transposed_convolution"
        and sibling(SWEPT[spot[0]], "convolution")
    ],
    ids=ids,
)
def test_a_transposed_convolution_is_one_over_the_stuffed_input(framework: str, spot: Spot) -> None:
    layer, place = spot
    case = fixed_case(SWEPT[layer], place)
    ones = (1,) * place.geometry.rank
    plain = Geometry(
        "convolution",
        place.geometry.kernel_size,
        ones,
        place.geometry.dilation,
        place.geometry.groups,
    )
    kernel = case.arrays["kernel"]
    kernel = np.flip(kernel, tuple(range(2, kernel.ndim))).copy()
    stuffed = replace(
        case,
        layer=sibling(SWEPT[layer], "convolution"),
        geometry=plain,
        x=explicit_input(case),
        arrays=case.arrays | {"kernel": kernel},
    )
    found, expected = evaluate(framework, case), evaluate(framework, stuffed)
    oracle = case.oracle()
    assert_same(found["output"], expected["output"], oracle.output, "output")
    flipped = np.flip(expected["kernel"], tuple(range(2, kernel.ndim)))
    assert_same(found["kernel"], flipped, oracle.gradients["kernel"], "kernel")


def explicit_input(case: Case) -> np.ndarray:
    """The input with every zero written out."""
    x, geometry = case.x, case.geometry
    assert geometry is not None
    spec = GEOMETRIES[geometry.kind]
    for axis, positions in enumerate(surrounded(spec, geometry, x.shape[1:-1]), start=1):
        inside = (positions != OUTSIDE).reshape([-1 if a == axis else 1 for a in range(x.ndim)])
        x = np.where(inside, np.take(x, np.maximum(positions, 0), axis), 0)
    return x
