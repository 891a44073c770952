"""Cells and the layers that repeat them: within the oracle's bounds, through time and back.

Beyond a sequence's length stands garbage, so that whatever leaks is found at once.

Frameworks that compile take a second or so for every shape, and for everything else that tells two
programs apart. So few programs are compiled for each cell, tests share what they evaluate, and what
is one code for all cells is tested with another cell in each of these frameworks.
"""

import os
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.adapters import FRAMEWORKS
from tests.oracle import assert_within
from tests.oracle.pair import Pair
from tests.properties.cells import (
    CELLS,
    Case,
    assert_same,
    by_other_means,
    definition,
    expected,
    found,
    judge,
    mirrored,
    of_many_steps,
)

EAGER = ("torch",)
"""Frameworks in which a new shape costs no more than another run of a known one."""
LENGTHS = {"torch": (4, 1, 2)}
"""Of the sequences of a case, and elsewhere `OF_ANY`: PyTorch packs no empty sequence."""
OF_ANY = (4, 0, 2)
"""A full one, one of no step at all, and one that ends in between."""

PARALLEL = [name for name in CELLS if definition(name).is_linear_in_time]

_BACKENDS = ("tensorflow", "jax", "torch")


def _in_turn(first: int) -> list[tuple[str, str]]:
    """All cells in frameworks that are eager, and one in each of the others."""
    backend = _BACKENDS.index(os.environ["KERAS_BACKEND"])
    return [
        (name, framework)
        for turn, framework in enumerate(FRAMEWORKS, first)
        for place, name in enumerate(CELLS)
        if framework in EAGER or place == (turn + backend * (framework == "keras")) % len(CELLS)
    ]


def _once_in_flax() -> list[tuple[str, str]]:
    """Every cell in every framework, but in Linen or NNX, whose loops are one code."""
    left_out = {(name, ("linen", "nnx")[place % 2]) for place, name in enumerate(CELLS)}
    return [(n, f) for f in FRAMEWORKS for n in CELLS if (n, f) not in left_out]


everywhere = pytest.mark.parametrize("framework", FRAMEWORKS)
each = pytest.mark.parametrize("name", CELLS)
eagerly = pytest.mark.parametrize("framework", EAGER)


def padded(name: str, framework: str, dtype: str = "float64") -> Case:
    """Sequences of different lengths."""
    return Case(name, dtype=dtype, seed=2, lengths=LENGTHS.get(framework, OF_ANY))


def reflected(name: str, framework: str) -> Case:
    """The same in a mirror, read backwards, in float32. It stands at each sequence's length."""
    return replace(padded(name, framework, "float32"), reverse=True, mirrored=True)


@everywhere
@each
def test_a_cell_in_a_loop_is_within_the_oracles_bounds(name: str, framework: str) -> None:
    judge(framework, "cell", Case(name, seed=2))


@everywhere
@each
def test_a_layer_is_within_the_oracles_bounds_and_padding_leaks_nowhere(
    name: str, framework: str
) -> None:
    case = padded(name, framework)
    judge(framework, "layer", case)
    # Not even a rounding error comes out where there is nothing to round.
    beyond = np.arange(case.steps)[:, None] >= np.array(case.lengths)
    assert (found(framework, "layer", case).gradients["inputs"][beyond] == 0).all()


@everywhere
@each
def test_a_layer_is_its_cell_in_a_loop(name: str, framework: str) -> None:
    case = padded(name, framework)
    looped = found(framework, "cell", Case(name, seed=2)).outputs
    real = (np.arange(case.steps)[:, None] < np.array(case.lengths))[..., None]
    pair = expected(case).outputs
    between = Pair((looped * real).astype(np.longdouble), 2 * pair.bound, pair.arithmetic)
    assert_within(found(framework, "layer", case).outputs, between, f"{framework}: {name}")


@pytest.mark.parametrize(("name", "framework"), _once_in_flax())
def test_backwards_in_a_mirror_is_forwards(name: str, framework: str) -> None:
    case = reflected(name, framework)
    judge(framework, "layer", case)
    forwards = padded(name, framework)
    back = mirrored(found(framework, "layer", case), case)
    # In float32, and within its bounds of what float64 gives.
    single = padded(name, framework, case.dtype)
    assert_same(found(framework, "layer", forwards), back, single, f"{framework}: in a mirror")


@pytest.mark.parametrize(
    ("name", "framework"),
    [(n, f) for n, f in _in_turn(0) if f == "torch"]
    + [(name, "keras") for name in PARALLEL]
    + list(zip(PARALLEL, ("linen", "nnx"), strict=False)),
)
def test_code_for_other_circumstances_is_within_the_oracles_bounds(
    name: str, framework: str
) -> None:
    with by_other_means(framework):
        # Of a number of steps of its own, since what is compiled would not be again.
        judge(framework, "layer", Case(name, steps=5))


@eagerly
@pytest.mark.parametrize("name", PARALLEL)
def test_scans_of_many_steps_are_within_the_oracles_bounds(name: str, framework: str) -> None:
    for reverse in (False, True):
        judge(framework, "layer", of_many_steps(name, reverse))


@pytest.mark.parametrize(("name", "framework"), _in_turn(1))
def test_parameters_may_have_either_sign(name: str, framework: str) -> None:
    for seed in (6, 7):
        judge(framework, "layer", replace(padded(name, framework), seed=seed, signed=True))


@pytest.mark.parametrize(("name", "framework"), _in_turn(3))
@pytest.mark.parametrize("scale", [1e-20, 1e30])
def test_responses_may_be_large_or_small(name: str, framework: str, scale: float) -> None:
    judge(framework, "layer", replace(reflected(name, framework), scale=scale))


@pytest.mark.parametrize(("name", "framework"), _in_turn(4))
def test_values_are_finite_where_responses_overflow(name: str, framework: str) -> None:
    """Gradients of responses overflow with them; what is squashed does not."""
    trace = found(framework, "layer", replace(reflected(name, framework), scale=2e38))
    for array in (trace.outputs, *trace.states.values()):
        assert np.isfinite(array).all()


@pytest.mark.parametrize(("name", "framework"), _in_turn(0))
def test_of_one_step_and_one_unit_they_are_too(name: str, framework: str) -> None:
    case = Case(name, steps=1, batch=2, inputs=1, units=1, dtype="float32", seed=1)
    judge(framework, "cell", case)
    judge(framework, "layer", case)


@pytest.mark.parametrize(("name", "framework"), _in_turn(2))
def test_what_is_left_out_is_not_there(name: str, framework: str) -> None:
    optional = {p.name for p in CELLS[name].parameters if p.optional}
    judge(framework, "cell", Case(name, seed=3, without=frozenset(optional)))


@eagerly
@each
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_runs_of_any_shape_are_within_the_oracles_bounds(
    name: str, framework: str, dtype: str
) -> None:
    optional = sorted(p.name for p in CELLS[name].parameters if p.optional)

    @settings(max_examples=5)
    @given(
        st.tuples(st.integers(1, 6), st.integers(1, 3), st.integers(1, 4), st.integers(1, 3)),
        st.integers(4, 2**32),
        st.sets(st.sampled_from(optional)) if optional else st.just(set()),
        st.data(),
    )
    def check(
        shape: tuple[int, int, int, int], seed: int, without: set[str], data: st.DataObject
    ) -> None:
        steps, batch = shape[:2]
        lengths = st.none() | st.tuples(*[st.integers(1, steps)] * batch)
        case = Case(name, *shape, dtype=dtype, seed=seed, without=frozenset(without))
        judge(framework, "cell", case)
        drawn, reverse = data.draw(lengths), data.draw(st.booleans())
        judge(framework, "layer", replace(case, lengths=drawn, reverse=reverse))

    check()
