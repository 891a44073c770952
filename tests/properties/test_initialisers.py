"""The same law in every framework: mean, variance, truncation and constants, measured."""

import math

import numpy as np
import pytest

from codegen.plans.layer import LayerPlan
from nmn.weights import to_canonical
from tests.adapters import FRAMEWORKS
from tests.properties.draw import LAYERS

INPUTS, UNITS = 400, 250
SCALES = {"glorot_normal": (1, "avg"), "lecun_normal": (1, "in"), "he_normal": (2, "in")}


def fresh(framework: str, layer: str, **options: object) -> dict[str, np.ndarray]:
    """Canonical arrays of a layer that its own constructor initialised."""
    if framework == "torch":
        import nmn.torch

        return to_canonical(getattr(nmn.torch, layer)(INPUTS, UNITS, **options))
    if framework == "nnx":
        from flax import nnx

        import nmn.nnx

        return to_canonical(getattr(nmn.nnx, layer)(INPUTS, UNITS, rngs=nnx.Rngs(0), **options))
    if framework == "linen":
        import jax

        import nmn.linen

        module = getattr(nmn.linen, layer)(UNITS, **options)
        return to_canonical(module, module.init(jax.random.key(0), np.ones((1, INPUTS), "f")))
    if framework == "tf":
        import nmn.tf

        module = getattr(nmn.tf, layer)(UNITS, **options)
        module.build(INPUTS)
        return to_canonical(module)
    import nmn.keras

    module = getattr(nmn.keras, layer)(UNITS, **options)
    module.build((None, INPUTS))
    return to_canonical(module)


@pytest.fixture(params=FRAMEWORKS)
def framework(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture(params=LAYERS)
def plan(request: pytest.FixtureRequest) -> LayerPlan:
    return LAYERS[request.param]


def test_the_kernel_follows_its_law(framework: str, plan: LayerPlan) -> None:
    if plan.kernel.init not in SCALES:
        pytest.skip("another law")
    scale, fan = SCALES[plan.kernel.init]
    std = math.sqrt(scale / {"avg": (INPUTS + UNITS) / 2, "in": INPUTS}[fan])
    kernel = fresh(framework, plan.name)["kernel"].astype(np.float64)
    assert kernel.shape == (UNITS, INPUTS)
    n = kernel.size
    assert abs(kernel.mean()) < 5 * std / math.sqrt(n)
    # A sample variance has variance at most 2σ⁴/n if tails are no heavier than normal.
    assert abs(kernel.var() - std**2) < 5 * std**2 * math.sqrt(2 / n)
    # Cut at two standard deviations of the law before the cut, and close to it.
    cut = 2 * std / 0.87962566103423978
    assert 0.98 * cut < np.abs(kernel).max() <= cut * (1 + 1e-6)


def test_parameters_start_as_the_spec_says(framework: str, plan: LayerPlan) -> None:
    arrays = fresh(framework, plan.name)
    for parameter in plan.neuron.parameters:
        if parameter.trained:
            expected = {"zeros": 0.0, "ones": 1.0}[str(parameter.spec.init)]
            shape = (UNITS,) if parameter.per_unit else ()
            np.testing.assert_array_equal(arrays[parameter.name], np.full(shape, expected))
        else:
            assert parameter.stored_as not in arrays


@pytest.mark.parametrize("value", [1e-3, 1e-5, 1e-10])
def test_a_learnable_constant_starts_at_its_value(
    framework: str, plan: LayerPlan, value: float
) -> None:
    for parameter in plan.neuron.parameters:
        if parameter.has("learnable"):
            options = {parameter.name: value, f"learnable_{parameter.name}": True}
            raw = fresh(framework, plan.name, **options)[parameter.stored_as]
            assert np.logaddexp(0, np.float64(raw)) == pytest.approx(value, rel=1e-5)


def test_a_positive_kernel_is_the_absolute_value_of_the_law(
    framework: str, plan: LayerPlan
) -> None:
    if "positive_init" not in plan.kernel.options:
        pytest.skip("no such option")
    kernel = fresh(framework, plan.name, positive_init=True)["kernel"]
    assert (kernel >= 0).all() and kernel.std() > 0


def test_two_layers_share_nothing(framework: str, plan: LayerPlan) -> None:
    if framework == "linen":
        pytest.skip("Linen layers hold no arrays")
    one, other = fresh(framework, plan.name), fresh(framework, plan.name)
    assert not any(np.shares_memory(one[name], other[name]) for name in one)
