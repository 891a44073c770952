"""What every framework owes its users, stated once."""

import math

import numpy as np
import pytest

from tests.adapters import FRAMEWORKS, Arrays, adapter
from tests.conformance.definition import oracle_values
from tests.oracle import FLOAT32, assert_within, dense_oracle
from tests.properties.draw import LAYERS

X = np.random.default_rng(0).normal(size=(4, 5)).astype(np.float32)
YAT = LAYERS["YatNMN"].neuron.spec


@pytest.fixture(params=FRAMEWORKS)
def framework(request: pytest.FixtureRequest) -> str:
    return request.param


def arrays(units: int = 3, inputs: int = 5) -> Arrays:
    """Random canonical arrays."""
    generator = np.random.default_rng(1)
    return {
        "kernel": generator.normal(size=(units, inputs)).astype(np.float32),
        "bias": generator.normal(size=units).astype(np.float32),
        "alpha": np.float32(1.3),
    }


def respond(framework: str, x: np.ndarray, weights: Arrays, **options: object) -> np.ndarray:
    """Output of a layer with the given weights."""
    implementation = adapter(framework)
    units, inputs = weights["kernel"].shape
    layer = implementation.layer("YatNMN", inputs, units, **options)
    return implementation.evaluate(layer, weights, x, np.zeros((len(x), units)))[0]


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"epsilon": 0.0}, ValueError),
        ({"epsilon": -1e-5}, ValueError),
        ({"epsilon": 1e-50}, ValueError),
        ({"epsilon": math.nan}, ValueError),
        ({"epsilon": "1e-5"}, TypeError),
        ({"drop_rate": 1.0}, ValueError),
        ({"drop_rate": -0.1}, ValueError),
        ({"constant_bias": True}, TypeError),
        ({"constant_alpha": math.inf}, ValueError),
    ],
    ids=str,
)
def test_wrong_arguments_are_named(framework: str, options: dict, error: type[Exception]) -> None:
    with pytest.raises(error, match=next(iter(options))):
        adapter(framework).layer("YatNMN", 5, 3, **options)


@pytest.mark.parametrize("units", [0, -1])
def test_sizes_must_be_positive(framework: str, units: int) -> None:
    with pytest.raises(ValueError, match=r"features|units"):
        adapter(framework).layer("YatNMN", 5, units)


@pytest.mark.parametrize("dtype", ["bfloat16", "float16"])
def test_half_precision_is_rounded_once(framework: str, dtype: str) -> None:
    """Operands are multiplied exactly, so near the kernel the distance keeps its digits."""
    import ml_dtypes

    half = {"bfloat16": ml_dtypes.bfloat16, "float16": np.float16}[dtype]
    roundoff = {"bfloat16": 2.0**-8, "float16": 2.0**-11}[dtype]
    generator = np.random.default_rng(2)
    weights = {
        "kernel": generator.normal(size=(6, 64)).astype(half).astype(np.float32),
        "bias": generator.normal(size=6).astype(half).astype(np.float32),
        "alpha": np.float32(1.25),
    }
    x = (weights["kernel"] * 1.05).astype(half).astype(np.float32)
    output = respond(framework, x, weights, dtype=dtype)
    zeros = np.zeros((6, 6), np.float32)
    oracle = dense_oracle(YAT, x, weights, zeros, FLOAT32, constants={"epsilon": 1e-5})
    # Half a unit in the last place of the result, and the step between subnormals of float16.
    bound = oracle.output.bound + 2.0**-24
    pair = type(oracle.output)(oracle.output.value, bound, FLOAT32)
    assert_within(output, pair, f"{framework} {dtype}", roundoff=1.01 * roundoff)


def test_float64_is_float64_inside(framework: str) -> None:
    generator = np.random.default_rng(3)
    weights = {
        "kernel": generator.normal(size=(3, 256)),
        "bias": generator.normal(size=3),
        "alpha": np.float64(1.3),
    }
    x = weights["kernel"] + 1e-3 * generator.normal(size=(3, 256))
    expected = oracle_values("YatNMN", x, weights, epsilon=1e-5)
    np.testing.assert_allclose(respond(framework, x, weights, dtype="float64"), expected, rtol=1e-7)


@pytest.mark.parametrize("option", ["spherical", "weight_normalized"])
@pytest.mark.parametrize("scale", [1.0, 1e-30, 1e30])
def test_zero_rows_and_extreme_scales_have_finite_gradients(
    framework: str, option: str, scale: float
) -> None:
    implementation = adapter(framework)
    weights = arrays()
    weights["kernel"] = weights["kernel"] * np.float32(scale)
    weights["kernel"][1] = 0
    x = X.copy()
    x[2] = 0
    layer = implementation.layer("YatNMN", 5, 3, **{option: True})
    output, gradients = implementation.evaluate(layer, weights, x, np.ones((4, 3), np.float32))
    assert np.isfinite(output).all()
    # The gradient of a unit vector grows as its norm shrinks; at 1e-30 it may overflow.
    judged = [g for name, g in gradients.items() if name != "kernel" or scale >= 1]
    assert all(np.isfinite(g).all() for g in judged)
    assert (gradients["kernel"][1] == 0).all()


@pytest.mark.parametrize("value", [0.0, 1e-38, 1e-42, 1e4, -1e4])
def test_extreme_inputs_stay_finite(framework: str, value: float) -> None:
    implementation = adapter(framework)
    x = np.full((2, 5), value, np.float32)
    layer = implementation.layer("YatNMN", 5, 3)
    output, gradients = implementation.evaluate(layer, arrays(), x, np.ones((2, 3), np.float32))
    assert np.isfinite(output).all() and (output >= 0).all()
    assert all(np.isfinite(g).all() for g in gradients.values())


def test_a_vanishing_learnable_epsilon_gives_no_nan(framework: str) -> None:
    weights = arrays() | {"epsilon_param": np.float32(-300)}
    output = respond(framework, weights["kernel"], weights, learnable_epsilon=True)
    assert not np.isnan(output).any()


def test_constants_equal_parameters_of_that_value(framework: str) -> None:
    weights = arrays()
    expected = respond(
        framework, X, weights | {"bias": np.full(3, 0.25, "f"), "alpha": np.float32(math.sqrt(2))}
    )
    kernel_alone = {"kernel": weights["kernel"]}
    options = {"constant_alpha": True, "constant_bias": 0.25}
    np.testing.assert_allclose(respond(framework, X, kernel_alone, **options), expected, rtol=1e-6)


def test_a_constant_of_zero_is_a_factor_of_zero(framework: str) -> None:
    weights = arrays()
    del weights["alpha"]
    assert (respond(framework, X, weights, constant_alpha=0) == 0).all()
