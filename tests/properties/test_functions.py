"""Functions of arrays: within the oracle's bounds, exact at the edges, and what their specs say."""

import importlib
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codegen.plans.function import FunctionPlan
from codegen.spec.evaluate import evaluate as value_of
from codegen.spec.formula import Formula
from codegen.spec.models import BoundsSpec
from tests.adapters import FRAMEWORKS
from tests.adapters.functions import curvature, evaluate, function
from tests.oracle.function import function_oracle
from tests.oracle.pair import FLOAT32
from tests.properties.functions import ARITHMETIC, SHAPE, draw_x, judge_function
from tests.subject import NAME, PACKAGE

FUNCTIONS = {plan.name: plan for plan in PACKAGE.functions}
ELEMENTWISE = [name for name, plan in FUNCTIONS.items() if plan.math.is_elementwise]
ALONG = [name for name, plan in FUNCTIONS.items() if not plan.math.is_elementwise]
OF_POWERS = [name for name, plan in FUNCTIONS.items() if plan.math.from_logarithm]
Array = np.ndarray

everywhere = pytest.mark.parametrize("framework", FRAMEWORKS)
each = pytest.mark.parametrize("name", FUNCTIONS)
#: Exact with every power of two to a power of one of them.
SIMPLE = (0.5, 1.0, 2.0, 3.0)


def numbers(plan: FunctionPlan, of: st.SearchStrategy[float]) -> st.SearchStrategy[dict]:
    """Values of the arguments that are numbers."""
    signed = st.one_of(of, of.map(lambda v: -v))
    arguments = plan.spec.arguments.items()
    return st.fixed_dictionaries(
        {n: of if a.positive else signed for n, a in arguments if a.value is not None}
    )


def padded(rows: list[list[float]]) -> Array:
    """The rows among others of ones: compilers take their time for every new shape."""
    x = np.ones(SHAPE)
    for i, row in enumerate(rows):
        x[i, : len(row)] = row
    return x


@everywhere
@each
@pytest.mark.parametrize("dtype", ARITHMETIC)
def test_values_and_gradients_are_within_the_oracles_bounds(
    framework: str, name: str, dtype: str
) -> None:
    plan = FUNCTIONS[name]

    @settings(max_examples=6)
    @given(st.integers(0, 2**32), numbers(plan, st.floats(0.25, 4.0)), st.integers(0, 1))
    def check(seed: int, settled: dict[str, float], axis: int) -> None:
        judge_function(framework, plan.spec, dtype, seed, settled, axis)

    check()


@everywhere
@each
def test_half_precision_is_computed_in_float32(framework: str, name: str) -> None:
    x = draw_x(np.random.default_rng(1), "float16", 4.0).clip(-6e4, 6e4)
    x, ones = x.astype(np.float16).astype(np.float64), np.ones(SHAPE)
    half, gradient = evaluate(framework, name, x, ones, "float16")
    single, wide = evaluate(framework, name, x, ones, "float32")
    np.testing.assert_array_equal(half, single.astype(np.float16))
    # Of numbers that have all their digits; below them gradients are held down, to stay finite.
    is_normal = (x == 0) | (abs(x) >= 2.0**-14)
    np.testing.assert_array_equal(gradient[is_normal], wide[is_normal].astype(np.float16))
    assert np.isfinite(gradient).all()


@everywhere
@pytest.mark.parametrize("dtype", ["float16", "float32"])
@pytest.mark.parametrize("name", OF_POWERS)
def test_gradients_are_finite_wherever_a_power_is_steep(
    framework: str, name: str, dtype: str
) -> None:
    info = np.finfo(dtype)
    smallest, normal = float(info.smallest_subnormal), float(info.smallest_normal)
    x = padded([[0.0, smallest, 3 * smallest, normal / 2, normal], [normal, normal, smallest]])
    for n in (0.01, 0.06, 0.2, 0.5):
        settled = {k: n for k in FUNCTIONS[name].spec.numbers if k == "n"}
        value, gradient = evaluate(framework, name, x, np.ones_like(x), dtype, **settled)
        assert np.isfinite(gradient).all() and np.isfinite(value).all()


@everywhere
@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32", "float64"])
@pytest.mark.parametrize("name", OF_POWERS)
def test_at_zero_and_below_it_values_are_those_of_zero_and_gradients_zero(
    framework: str, name: str, dtype: str
) -> None:
    plan = FUNCTIONS[name]
    x = padded([[0.0, -0.0, -1.0, -np.inf], [0.0, 1.0, 2.0, -3.0], [-0.5] * 5])
    for n in (0.3, 1.0, 3.0):
        settled = {k: n for k in plan.spec.numbers if k == "n"}
        value, gradient = evaluate(framework, name, x, np.ones_like(x), dtype, **settled)
        zeros, none = evaluate(framework, name, np.maximum(x, 0), np.ones_like(x), dtype, **settled)
        np.testing.assert_array_equal(value, zeros)
        assert (gradient[x <= 0] == 0).all() and np.isfinite(gradient).all()
        assert (none[x <= 0] == 0).all()


@everywhere
@pytest.mark.parametrize("name", OF_POWERS)
def test_infinity_gives_the_limit_and_nan_stays_nan(framework: str, name: str) -> None:
    x = padded([[1.0, np.inf, 3.0], [np.inf, 1e30, 0.0, np.inf]])
    ones = np.ones_like(x)
    value, gradient = evaluate(framework, name, x, ones, "float32")
    far = evaluate(framework, name, np.minimum(x, 1e300), ones, "float64")[0]
    np.testing.assert_allclose(value, far, atol=1e-12)
    assert np.isfinite(gradient).all()
    assert np.isnan(evaluate(framework, name, x * np.nan, ones, "float32")[0]).all()


@everywhere
@pytest.mark.parametrize("name", OF_POWERS)
def test_second_derivatives_are_those_of_the_gradient_and_finite_at_zero(
    framework: str, name: str
) -> None:
    x = padded([[1e-3, 0.25, 0.5, 2.0, 1e3], [0.0, 0.5, 0.0, 2.0, 1.0], [0.0] * 5])
    generator = np.random.default_rng(3)
    upstream, direction = generator.normal(size=SHAPE), generator.normal(size=SHAPE)
    direction[0] *= x[0]
    found = curvature(framework, name, x, upstream, direction)
    assert np.isfinite(found).all()
    step = 1e-5
    ahead, behind = (
        evaluate(framework, name, x + sign * step * direction, upstream, "float64")[1][0]
        for sign in (1, -1)
    )
    expected = (ahead - behind) / (2 * step)
    # Central differences are right to the square of the step, and to rounding over the step.
    np.testing.assert_allclose(found[0], expected, rtol=1e-7, atol=1e-8 * np.abs(expected).max())


@everywhere
@pytest.mark.parametrize("name", sorted({"softermax"} & FUNCTIONS.keys()))
def test_shares_are_exact_where_powers_overflow_and_where_they_vanish(
    framework: str, name: str
) -> None:
    x = padded([[1e13, 2e13, 0, 0, 0], [1e-13, 2e-13, 0, 0, 0], [0, 0, 0, 0, 0]])
    upstream = np.random.default_rng(2).normal(size=SHAPE)
    value, gradient = evaluate(framework, name, x, upstream, "float32", n=3.0, epsilon=1e-30)
    # A power through its logarithm is right to n |ln x| roundings.
    close = {"rtol": 1e-5, "atol": 0}
    ninths = [float(Fraction(k, 9)) for k in (1, 8, 0, 0, 0)]
    np.testing.assert_allclose(value[0], ninths, **close)
    vanishing = [float(Fraction(k, 10**9 + 9)) for k in (1, 8, 0, 0, 0)]
    np.testing.assert_allclose(value[1], vanishing, **close)
    assert (value[2] == 0).all() and (gradient[2] == 0).all()


@everywhere
@pytest.mark.parametrize("name", sorted({"softer_sigmoid", "soft_tanh"} & FUNCTIONS.keys()))
def test_squashed_to_the_limit_where_powers_overflow(framework: str, name: str) -> None:
    x = np.full(SHAPE, 1e13)
    value, gradient = evaluate(framework, name, x, np.ones(SHAPE), "float32", n=3.0)
    assert (value == 1).all() and (np.abs(gradient) < 1e-19).all()


@everywhere
@each
def test_what_is_no_floating_point_array_or_no_number_is_refused(framework: str, name: str) -> None:
    plan, called = FUNCTIONS[name], function(framework, name)
    x = np.ones(SHAPE, np.float32)
    if framework == "torch":
        torch = importlib.import_module("torch")
        x, whole = torch.ones(SHAPE), torch.ones(SHAPE, dtype=torch.int32)
    else:
        whole = np.ones(SHAPE, np.int32)
    with pytest.raises(TypeError, match="input must be a floating-point"):
        called(whole)
    for number, argument in plan.spec.arguments.items():
        if argument.value is None:
            continue
        wrong = [("1", TypeError), (True, TypeError), (np.inf, ValueError)]
        for value, error in [*wrong, *([(0, ValueError), (-1.0, ValueError)] * argument.positive)]:
            with pytest.raises(error, match=f"{number} must be"):
                called(x, **{number: value})


@each
def test_the_frameworks_take_arrays_of_any_shape(name: str) -> None:
    plan = FUNCTIONS[name]
    shapes = [(2, 0), (2, 1, 3)] + [()] * plan.math.is_elementwise
    for framework in FRAMEWORKS:
        for shape in shapes:
            x = np.ones(shape)
            value, gradient = evaluate(framework, name, x, x, "float32")
            assert value.shape == gradient.shape == shape


# What the specs state.


def of_simple_numbers(name: str, check: Callable[[Array, dict[str, float]], None]) -> None:
    """Call `check(x, numbers)` with arrays of powers of two and simple numbers."""

    @settings(max_examples=4)
    @given(st.integers(0, 2**32), numbers(FUNCTIONS[name], st.sampled_from(SIMPLE)))
    def run(seed: int, settled: dict[str, float]) -> None:
        exponents = np.random.default_rng(seed).integers(-20, 20, SHAPE)
        check(2.0**exponents, settled)

    run()


def judged(framework: str, name: str, x: Array, settled: dict[str, float]) -> tuple[Array, Array]:
    """The value in float32, and how far it may be from the truth."""
    ones = np.ones_like(x)
    value, _ = evaluate(framework, name, x, ones, "float32", **settled)
    pair, _ = function_oracle(FUNCTIONS[name].spec, x, ones, settled, FLOAT32)
    return value, pair.bound


def formula(stated: Formula, values: dict[str, float]) -> float:
    return float(value_of(stated.tree, values))


def assert_between(
    bounds: BoundsSpec, settled: dict[str, float], value: Array, slack: Array
) -> None:
    """No entry passes a bound by more than its error may be."""
    if bounds.below is not None:
        assert (value >= formula(bounds.below, settled) - slack).all()
    if bounds.above is not None:
        assert (value <= formula(bounds.above, settled) + slack).all()


def stating(key: str) -> list[str]:
    return [n for n, plan in FUNCTIONS.items() if getattr(plan.spec.properties, key) is not None]


@everywhere
@pytest.mark.parametrize("name", stating("monotone"))
def test_it_grows_or_falls_with_an_argument_as_stated(framework: str, name: str) -> None:
    spec = FUNCTIONS[name].spec

    def check(x: Array, settled: dict[str, float]) -> None:
        before, slack = judged(framework, name, x, settled)
        for argument, direction in (spec.properties.monotone or {}).items():
            sign = 1 if direction == "increasing" else -1
            changed, moved = x.copy(), dict(settled)
            if argument == spec.array:
                changed[:, 0] *= 4
            else:
                moved[argument] += 2
            after, more = judged(framework, name, changed, moved)
            column = 0 if argument == spec.array else slice(None)
            room = (slack + more)[:, column]
            assert (sign * (after - before)[:, column] >= -room).all(), argument

    of_simple_numbers(name, check)


@everywhere
@pytest.mark.parametrize("name", stating("bounded"))
def test_no_entry_passes_a_stated_bound(framework: str, name: str) -> None:
    bounds = FUNCTIONS[name].spec.properties.bounded
    assert bounds is not None

    def check(x: Array, settled: dict[str, float]) -> None:
        for scale in (1.0, 1e-30, 1e30):
            assert_between(bounds, settled, *judged(framework, name, x * scale, settled))

    of_simple_numbers(name, check)


@everywhere
@pytest.mark.parametrize("name", stating("total"))
def test_no_sum_along_the_axis_passes_a_stated_bound(framework: str, name: str) -> None:
    bounds = FUNCTIONS[name].spec.properties.total
    assert bounds is not None

    def check(x: Array, settled: dict[str, float]) -> None:
        value, slack = judged(framework, name, x, settled)
        assert_between(bounds, settled, value.sum(-1), slack.sum(-1))

    of_simple_numbers(name, check)


@everywhere
@pytest.mark.parametrize("name", stating("reciprocal"))
def test_the_function_of_the_reciprocal_is_as_stated(framework: str, name: str) -> None:
    stated = FUNCTIONS[name].spec.properties.reciprocal
    assert stated is not None

    def check(x: Array, settled: dict[str, float]) -> None:
        here, slack = judged(framework, name, x, settled)
        there, more = judged(framework, name, 1 / x, settled)
        wanted = np.vectorize(lambda v: formula(stated, settled | {"result": v}))(here)
        assert (np.abs(there - wanted) <= slack + more).all()

    of_simple_numbers(name, check)


@everywhere
@pytest.mark.parametrize("name", stating("scaling"))
def test_scaling_changes_nothing_as_stated(framework: str, name: str) -> None:
    spec = FUNCTIONS[name].spec
    degrees = spec.properties.scaling
    assert degrees is not None

    def check(x: Array, settled: dict[str, float]) -> None:
        here, slack = judged(framework, name, x, settled)
        powers = {n: 4.0 ** formula(d, settled) for n, d in degrees.items()}
        moved = {n: v * powers.get(n, 1.0) for n, v in settled.items()}
        there, more = judged(framework, name, x * powers[spec.array], moved)
        assert (np.abs(there - here) <= slack + more).all()

    of_simple_numbers(name, check)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_keras_saves_it_as_an_activation(name: str, tmp_path: Path) -> None:
    keras = importlib.import_module("keras")
    called = function("keras", name)
    assert keras.activations.deserialize(f"{NAME}>{name}") is called
    x = np.ones((2, 3), np.float32)
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(4, activation=called)])
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    assert loaded.layers[0].activation is called
    np.testing.assert_array_equal(loaded.predict(x, verbose=0), model.predict(x, verbose=0))
