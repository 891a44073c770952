"""Every framework is within the oracle's bounds, and so are any two frameworks of each other."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.adapters import FRAMEWORKS
from tests.oracle import assert_within
from tests.oracle.pair import Pair
from tests.properties.draw import LAYERS, cases, on_top_of_the_kernel
from tests.properties.judge import evaluate, judge


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("framework", FRAMEWORKS)
@pytest.mark.parametrize("layer", LAYERS)
@given(data=st.data())
def test_values_and_gradients_are_within_the_oracles_bounds(
    layer: str, framework: str, dtype: str, data: st.DataObject
) -> None:
    case = data.draw(cases(LAYERS[layer], dtype))
    judge(framework, case, evaluate(framework, case), case.oracle())


@pytest.mark.parametrize("layer", LAYERS)
@given(data=st.data())
def test_the_frameworks_agree_pairwise(layer: str, data: st.DataObject) -> None:
    case = data.draw(cases(LAYERS[layer]))
    oracle = case.oracle()
    pairs = {"output": oracle.output, **oracle.gradients}
    found = {framework: evaluate(framework, case) for framework in FRAMEWORKS}
    for one, other in combinations(FRAMEWORKS, 2):
        for name, pair in pairs.items():
            # Two results within a bound of the same value are within twice the bound.
            between = Pair(
                found[other][name].astype(np.longdouble), 2 * pair.bound, pair.arithmetic
            )
            assert_within(found[one][name], between, f"{one} against {other}: {name}")


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("framework", FRAMEWORKS)
@pytest.mark.parametrize("layer", LAYERS)
def test_on_top_of_the_kernel_nothing_is_negative_or_infinite(
    layer: str, framework: str, seed: int
) -> None:
    case = on_top_of_the_kernel(LAYERS[layer], seed)
    judge(framework, case, evaluate(framework, case), case.oracle())
