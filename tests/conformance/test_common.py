"""What every framework owes its users, stated once."""

import math
import os

import numpy as np
import pytest

from tests.adapters import FRAMEWORKS, Arrays, adapter
from tests.conformance.definition import YAT, oracle_of, oracle_values, output_shape
from tests.geometry import Geometry
from tests.oracle import FLOAT32, assert_within
from tests.properties.draw import SWEPT

WINDOW = {
    name: Geometry(plan.kind, (3,), (1,), (1,)) if name in SWEPT else None
    for name, plan in YAT.items()
}
"""The geometry with which a layer is tested here: three taps along one axis."""


@pytest.fixture(params=FRAMEWORKS)
def framework(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture(params=YAT)
def layer(request: pytest.FixtureRequest) -> str:
    return request.param


def inputs(layer: str) -> np.ndarray:
    """Random input of four samples and five channels."""
    sizes = () if WINDOW[layer] is None else (6,)
    return np.random.default_rng(0).normal(size=(4, *sizes, 5)).astype(np.float32)


def arrays(layer: str, units: int = 3, channels: int = 5) -> Arrays:
    """Random canonical arrays."""
    generator = np.random.default_rng(1)
    taps = () if WINDOW[layer] is None else (3,)
    return {
        "kernel": generator.normal(size=(units, channels, *taps)).astype(np.float32),
        "bias": generator.normal(size=units).astype(np.float32),
        "alpha": np.float32(1.3),
    }


def under_the_kernel(layer: str, kernel: np.ndarray) -> np.ndarray:
    """As many inputs as units, each with one window that is a unit's kernel."""
    if YAT[layer].kind == "transposed_convolution":
        kernel = np.flip(kernel, tuple(range(2, kernel.ndim)))
    return np.moveaxis(kernel, 1, -1).copy()


def make(framework: str, layer: str, channels: int, units: int, **options: object) -> object:
    """A layer of one framework."""
    if WINDOW[layer] is not None:
        options["geometry"] = WINDOW[layer]
    return adapter(framework).layer(layer, channels, units, **options)


def evaluate(
    framework: str, layer: str, x: np.ndarray, weights: Arrays, upstream: float, **options: object
) -> tuple[np.ndarray, Arrays]:
    """Output and gradients of a layer with the given weights."""
    kernel = weights["kernel"]
    made = make(framework, layer, x.shape[-1], len(kernel), **options)
    full = np.full(output_shape(x, kernel, WINDOW[layer]), upstream, np.float32)
    return adapter(framework).evaluate(made, weights, x, full)


def respond(
    framework: str, layer: str, x: np.ndarray, weights: Arrays, **options: object
) -> np.ndarray:
    """Output of a layer with the given weights."""
    return evaluate(framework, layer, x, weights, 0.0, **options)[0]


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
def test_wrong_arguments_are_named(
    framework: str, layer: str, options: dict, error: type[Exception]
) -> None:
    with pytest.raises(error, match=next(iter(options))):
        make(framework, layer, 5, 3, **options)


@pytest.mark.parametrize("units", [0, -1])
def test_sizes_must_be_positive(framework: str, layer: str, units: int) -> None:
    with pytest.raises(ValueError, match=r"features|units|filters|channels"):
        make(framework, layer, 5, units)


@pytest.mark.parametrize("dtype", ["bfloat16", "float16"])
def test_half_precision_is_rounded_once(framework: str, layer: str, dtype: str) -> None:
    """Operands are multiplied exactly, so near the kernel the distance keeps its digits."""
    import ml_dtypes

    half = {"bfloat16": ml_dtypes.bfloat16, "float16": np.float16}[dtype]
    roundoff = {"bfloat16": 2.0**-8, "float16": 2.0**-11}[dtype]
    generator = np.random.default_rng(2)
    # Few enough terms that no response exceeds float16.
    shape = arrays(layer, 6, 12 if layer in SWEPT else 64)["kernel"].shape
    weights = {
        "kernel": generator.normal(size=shape).astype(half).astype(np.float32),
        "bias": generator.normal(size=6).astype(half).astype(np.float32),
        "alpha": np.float32(1.25),
    }
    x = under_the_kernel(layer, weights["kernel"] * 1.05).astype(half).astype(np.float32)
    output = respond(framework, layer, x, weights, dtype=dtype)
    oracle = oracle_of(layer, x, weights, FLOAT32, WINDOW[layer], epsilon=1e-5)
    # Half a unit in the last place of the result, and the step between subnormals of float16.
    bound = oracle.output.bound + 2.0**-24
    pair = type(oracle.output)(oracle.output.value, bound, FLOAT32)
    assert_within(output, pair, f"{framework} {dtype}", roundoff=1.01 * roundoff)


def test_float64_is_float64_inside(framework: str, layer: str) -> None:
    generator = np.random.default_rng(3)
    weights = {
        "kernel": generator.normal(size=arrays(layer, 3, 256)["kernel"].shape),
        "bias": generator.normal(size=3),
        "alpha": np.float64(1.3),
    }
    x = under_the_kernel(layer, weights["kernel"])
    x = x + 1e-3 * generator.normal(size=x.shape)
    expected = oracle_values(layer, x, weights, WINDOW[layer], epsilon=1e-5)
    output = respond(framework, layer, x, weights, dtype="float64")
    np.testing.assert_allclose(output, expected, rtol=1e-7)


@pytest.mark.parametrize("option", ["spherical", "weight_normalized"])
@pytest.mark.parametrize("scale", [1.0, 1e-30, 1e30])
def test_zero_rows_and_extreme_scales_have_finite_gradients(
    framework: str, layer: str, option: str, scale: float
) -> None:
    weights = arrays(layer)
    weights["kernel"] = weights["kernel"] * np.float32(scale)
    weights["kernel"][1] = 0
    x = inputs(layer)
    x[2] = 0
    output, gradients = evaluate(framework, layer, x, weights, 1.0, **{option: True})
    assert np.isfinite(output).all()
    # The gradient of a unit vector grows as its norm shrinks; at 1e-30 it may overflow.
    judged = [g for name, g in gradients.items() if name != "kernel" or scale >= 1]
    assert all(np.isfinite(g).all() for g in judged)
    assert (gradients["kernel"][1] == 0).all()


@pytest.mark.parametrize("scale", [1e-30, 1e-3, 1e30])
def test_a_spherical_layer_does_not_know_the_scale_of_its_input(
    framework: str, layer: str, scale: float
) -> None:
    """To a power of two, so that nothing is rounded."""
    weights, x = arrays(layer), inputs(layer)
    x[2] = 0
    power = np.float32(2.0 ** round(math.log2(scale)))
    expected = respond(framework, layer, x, weights, spherical=True)
    found = respond(framework, layer, x * power, weights, spherical=True)
    np.testing.assert_allclose(found, expected, rtol=1e-5)


@pytest.mark.parametrize("value", [0.0, 1e-38, 1e-42, 1e4, -1e4])
def test_extreme_inputs_stay_finite(framework: str, layer: str, value: float) -> None:
    x = np.full_like(inputs(layer), value)
    output, gradients = evaluate(framework, layer, x, arrays(layer), 1.0)
    assert np.isfinite(output).all() and (output >= 0).all()
    assert all(np.isfinite(g).all() for g in gradients.values())


def test_an_empty_batch_has_empty_results(framework: str, layer: str) -> None:
    if (framework, os.environ["KERAS_BACKEND"]) == ("keras", "tensorflow") and layer in SWEPT:
        pytest.skip("as do Keras's own: TensorFlow's convolutions of nothing have a wrong shape")
    weights = arrays(layer)
    x = inputs(layer)[:0]
    output, gradients = evaluate(framework, layer, x, weights, 1.0)
    assert output.shape == output_shape(x, weights["kernel"], WINDOW[layer])
    assert gradients["x"].shape == x.shape
    assert all((gradients[name] == 0).all() for name in weights)


def test_a_vanishing_learnable_epsilon_gives_no_nan(framework: str, layer: str) -> None:
    weights = arrays(layer) | {"epsilon_param": np.float32(-300)}
    x = under_the_kernel(layer, weights["kernel"])
    output = respond(framework, layer, x, weights, learnable_epsilon=True)
    assert not np.isnan(output).any()


def test_constants_equal_parameters_of_that_value(framework: str, layer: str) -> None:
    weights, x = arrays(layer), inputs(layer)
    equal = {"bias": np.full(3, 0.25, "f"), "alpha": np.float32(math.sqrt(2))}
    expected = respond(framework, layer, x, weights | equal)
    kernel_alone = {"kernel": weights["kernel"]}
    options = {"constant_alpha": True, "constant_bias": 0.25}
    found = respond(framework, layer, x, kernel_alone, **options)
    np.testing.assert_allclose(found, expected, rtol=1e-6)


def test_a_constant_of_zero_is_a_factor_of_zero(framework: str, layer: str) -> None:
    weights = arrays(layer)
    del weights["alpha"]
    assert (respond(framework, layer, inputs(layer), weights, constant_alpha=0) == 0).all()
