"""Every framework is within the oracle's bounds, and so are any two frameworks of each other."""

from collections.abc import Sequence
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.adapters import FRAMEWORKS
from tests.oracle import assert_within
from tests.oracle.pair import Pair
from tests.properties.draw import ALL, LAYERS, SWEPT, Case, cases, on_top_of_the_kernel
from tests.properties.examples import Spot, at_examples, spots
from tests.properties.judge import evaluate, judge
from tests.properties.places import POOL, places_of, supported
from tests.properties.share import count_for


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("framework", FRAMEWORKS)
@pytest.mark.parametrize("layer", LAYERS)
def test_values_and_gradients_are_within_the_oracles_bounds(
    layer: str, framework: str, dtype: str
) -> None:
    at_examples(
        (layer, None),
        lambda case: judge(framework, case, evaluate(framework, case), case.oracle()),
        dtype,
        count_for(LAYERS[layer], settings.default.max_examples),
    )


@pytest.mark.parametrize(("dtype", "count"), [("float32", 2), ("float64", 1)])
@pytest.mark.parametrize(
    ("framework", "spot"),
    [(framework, spot) for framework in FRAMEWORKS for spot in spots(framework)],
    ids=lambda value: value if isinstance(value, str) else "-".join(map(str, value)),
)
def test_convolutions_are_within_the_oracles_bounds(
    framework: str, spot: Spot, dtype: str, count: int
) -> None:
    at_examples(
        spot,
        lambda case: judge(framework, case, evaluate(framework, case), case.oracle()),
        dtype,
        count_for(SWEPT[spot[0]], count),
    )


@pytest.mark.parametrize("layer", LAYERS)
def test_the_frameworks_agree_pairwise(layer: str) -> None:
    count = count_for(LAYERS[layer], settings.default.max_examples)
    at_examples((layer, None), lambda case: assert_pairwise(case, FRAMEWORKS), count=count)


@pytest.mark.parametrize("layer", SWEPT)
def test_the_frameworks_agree_pairwise_on_convolutions(layer: str) -> None:
    @settings(max_examples=count_for(SWEPT[layer], 12))
    @given(data=st.data())
    def run(data: st.DataObject) -> None:
        place = data.draw(st.sampled_from(places_of(SWEPT[layer])))
        able = [f for f in FRAMEWORKS if place in supported(f, SWEPT[layer].kind)]
        assert_pairwise(data.draw(cases(SWEPT[layer], place=place)), able)

    run()


def assert_pairwise(case: Case, frameworks: Sequence[str]) -> None:
    """Any two frameworks return the same from the same weights."""
    oracle = case.oracle()
    pairs = {"output": oracle.output, **oracle.gradients}
    found = {framework: evaluate(framework, case) for framework in frameworks}
    for one, other in combinations(frameworks, 2):
        for name, pair in pairs.items():
            # Two results within a bound of the same value are within twice the bound.
            between = Pair(
                found[other][name].astype(np.longdouble), 2 * pair.bound, pair.arithmetic
            )
            assert_within(found[one][name], between, f"{one} against {other}: {name}")


def test_every_place_is_known_to_some_framework() -> None:
    for kind, places in POOL.items():
        known = {place.name for framework in FRAMEWORKS for place in supported(framework, kind)}
        assert known == {place.name for place in places}


@pytest.mark.parametrize(
    ("layer", "seed"), [(name, seed) for name in ALL for seed in range(count_for(ALL[name], 10))]
)
@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_on_top_of_the_kernel_nothing_is_negative_or_infinite(
    layer: str, framework: str, seed: int
) -> None:
    case = on_top_of_the_kernel(ALL[layer], seed)
    judge(framework, case, evaluate(framework, case), case.oracle())
