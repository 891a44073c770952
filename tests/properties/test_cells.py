"""Cells and the layers that repeat them: within the oracle's bounds, through time and back.

Padding is garbage in every case that has lengths, so that whatever leaks is found at once.
"""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.adapters import FRAMEWORKS
from tests.properties.cells import CELLS, Case, assert_same, found, judge, mirrored

everywhere = pytest.mark.parametrize("framework", FRAMEWORKS)
each = pytest.mark.parametrize("name", CELLS)

LENGTHS = (4, 1, 2)
"""Of the sequences of a case: a full one, one of a single step, and one that ends in between."""
COMPILED = ("linen", "nnx")
"""Frameworks for which a new shape costs more than many runs of a known one."""


@everywhere
@each
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_cell_in_a_loop_is_within_the_oracles_bounds(
    name: str, framework: str, dtype: str
) -> None:
    judge(framework, "cell", Case(name, dtype=dtype))


@everywhere
@each
def test_of_one_step_and_one_unit_it_is_too(name: str, framework: str) -> None:
    case = Case(name, steps=1, batch=2, inputs=1, units=1, seed=1)
    judge(framework, "cell", case)
    judge(framework, "layer", case)


@everywhere
@each
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_layer_is_within_the_oracles_bounds(name: str, framework: str, dtype: str) -> None:
    judge(framework, "layer", Case(name, dtype=dtype))


@everywhere
@each
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_what_is_beyond_a_sequences_length_changes_nothing(
    name: str, framework: str, dtype: str
) -> None:
    case = Case(name, dtype=dtype, seed=2, lengths=LENGTHS)
    judge(framework, "layer", case)
    # Not even by a rounding error: there is nothing to round.
    beyond = np.arange(case.steps)[:, None] >= np.array(LENGTHS)
    assert (found(framework, "layer", case).gradients["inputs"][beyond] == 0).all()


@everywhere
@each
def test_a_layer_is_its_cell_in_a_loop(name: str, framework: str) -> None:
    case = Case(name)
    one, other = (found(framework, kind, case) for kind in ("cell", "layer"))
    assert_same(one, other, case, f"{framework}: the cell in a loop and the layer")


@everywhere
@each
def test_backwards_is_forwards_through_a_mirror(name: str, framework: str) -> None:
    """Each sequence by itself: the mirror stands at its length."""
    case = Case(name, seed=2, lengths=LENGTHS)
    back = Case(name, seed=2, lengths=LENGTHS, reverse=True, mirrored=True)
    judge(framework, "layer", back)
    reflected = mirrored(found(framework, "layer", back), back)
    assert_same(found(framework, "layer", case), reflected, case, f"{framework}: in a mirror")


@everywhere
@each
@pytest.mark.parametrize("missing", ["bias", "alpha"])
def test_what_is_left_out_is_not_there(name: str, framework: str, missing: str) -> None:
    parameters = {p.name: p.spec for p in CELLS[name].parameters}
    if missing in parameters and parameters[missing].absent is not None:
        judge(framework, "cell", Case(name, seed=3, without=frozenset({missing})))


@everywhere
@each
def test_many_runs_are_within_the_oracles_bounds(name: str, framework: str) -> None:
    """Of a known shape where shapes are compiled, and of any other elsewhere."""
    compiled = framework in COMPILED
    shapes = (
        [(4, 3, 2, 3)] if compiled else [(4, 3, 2, 3), (1, 2, 3, 1), (6, 1, 1, 2), (3, 2, 4, 2)]
    )

    @settings(max_examples=2 if compiled else 4)
    @given(
        st.sampled_from(shapes),
        st.integers(4, 2**32),
        st.sampled_from(["cell", "layer"]),
        st.booleans(),
        st.data(),
    )
    def check(
        shape: tuple[int, int, int, int], seed: int, kind: str, reverse: bool, data: st.DataObject
    ) -> None:
        steps, batch = shape[:2]
        lengths = None
        if kind == "layer":
            lengths = data.draw(st.none() | st.tuples(*[st.integers(1, steps)] * batch))
        case = Case(name, *shape, seed=seed, lengths=lengths, reverse=reverse and kind == "layer")
        judge(framework, kind, case)

    check()
