"""The same law in every framework: mean, variance, truncation and constants, measured."""

import math
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from codegen.plans.layer import LayerPlan
from tests import subject
from tests.adapters import FRAMEWORKS, Arrays
from tests.properties.draw import ALL, SWEPT
from tests.properties.places import places_of, plain_rank, supported
from tests.properties.share import gets_all

INPUTS, UNITS = 400, 250
CHANNELS, FILTERS = 120, 100
KERNEL_SIZES = {1: (6,), 2: (3, 2), 3: (3, 2, 1)}
SCALES = {"glorot_normal": (1, "avg"), "lecun_normal": (1, "in"), "he_normal": (2, "in")}
GROUPS = {"torch": "groups", "keras": "groups", "tf": "groups"}
"""Name of the argument; Flax's is the default."""


def fresh(framework: str, plan: LayerPlan, groups: int = 1, **options: object) -> Arrays:
    """Canonical arrays of a layer that its own constructor initialised."""
    sizes, window, inputs = (INPUTS, UNITS), (), (1, INPUTS)
    if plan.name in SWEPT:
        kernel_size = KERNEL_SIZES[plain_rank(plan)]
        sizes, window = (CHANNELS, FILTERS), (kernel_size,)
        inputs = (1, *kernel_size, CHANNELS)
    if groups > 1:
        options[GROUPS.get(framework, "feature_group_count")] = groups
    to_canonical = subject.module("weights").to_canonical
    package = subject.module(framework)
    cls = class_of(package, plan)
    if framework == "torch":
        return to_canonical(cls(*sizes, *window, **options))
    if framework == "nnx":
        from flax import nnx

        return to_canonical(cls(*sizes, *window, rngs=nnx.Rngs(0), **options))
    module = cls(sizes[1], *window, **options)
    if framework == "linen":
        import jax

        return to_canonical(module, module.init(jax.random.key(0), np.ones(inputs, "f")))
    if framework == "tf":
        module.build(sizes[0])
        return to_canonical(module)
    module.build((None, *inputs[1:]))
    return to_canonical(module)


def class_of(package: ModuleType, plan: LayerPlan) -> Any:
    """The layer's class for as many axes as the kernel has."""
    if plan.name not in SWEPT:
        return getattr(package, plan.name)
    return getattr(package, f"{plan.name}{plain_rank(plan)}D")


@pytest.fixture(params=FRAMEWORKS)
def framework(request: pytest.FixtureRequest) -> str:
    return request.param


KERNELS = {(x.kind, x.kernel.init): x.name for x in sorted(ALL.values(), key=gets_all)}
"""A layer of each geometry with each law of the kernel, the fullest wherever it is one."""
LEARNABLE = [
    name
    for name, layer in ALL.items()
    if any(parameter.has("learnable") for parameter in layer.neuron.parameters)
]


@pytest.fixture
def plan(request: pytest.FixtureRequest) -> LayerPlan:
    return ALL[request.param]


of_every_kernel = pytest.mark.parametrize("plan", KERNELS.values(), indirect=True)


@pytest.mark.parametrize("groups", [1, 2])
@of_every_kernel
def test_the_kernel_follows_its_law(framework: str, plan: LayerPlan, groups: int) -> None:
    """A unit sees its group's channels at every tap; an input reaches all units at every tap."""
    if plan.kernel.init not in SCALES:
        pytest.skip("another law")
    if groups > 1 and not has_groups(framework, plan):
        pytest.skip("no groups")
    shape, taps = (UNITS, INPUTS), 1
    if plan.name in SWEPT:
        kernel_size = KERNEL_SIZES[plain_rank(plan)]
        taps = math.prod(kernel_size)
        shape = (FILTERS, CHANNELS // groups, *kernel_size)
    fan_in, fan_out = shape[1] * taps, shape[0] * taps
    scale, fan = SCALES[plan.kernel.init]
    std = math.sqrt(scale / {"avg": (fan_in + fan_out) / 2, "in": fan_in}[fan])
    kernel = fresh(framework, plan, groups)["kernel"].astype(np.float64)
    assert kernel.shape == shape
    n = kernel.size
    assert abs(kernel.mean()) < 5 * std / math.sqrt(n)
    # A sample variance has variance at most 2σ⁴/n if tails are no heavier than normal.
    assert abs(kernel.var() - std**2) < 5 * std**2 * math.sqrt(2 / n)
    # Cut at two standard deviations of the law before the cut, and close to it.
    cut = 2 * std / 0.87962566103423978
    assert 0.98 * cut < np.abs(kernel).max() <= cut * (1 + 1e-6)


def has_groups(framework: str, plan: LayerPlan) -> bool:
    """Whether the framework's own layer does."""
    return plan.name in SWEPT and any(
        place.geometry.groups > 1
        for place in supported(framework, plan.kind)
        if place in places_of(plan)
    )


@pytest.mark.parametrize("plan", ALL, indirect=True)
def test_parameters_start_as_the_spec_says(framework: str, plan: LayerPlan) -> None:
    arrays = fresh(framework, plan)
    for parameter in plan.neuron.parameters:
        if parameter.trained:
            units = FILTERS if plan.name in SWEPT else UNITS
            shape = (units,) if parameter.per_unit else ()
            found = arrays[parameter.name]
            assert found.shape == shape
            if parameter.spec.positive:
                # Stored before the softplus that keeps it so.
                np.testing.assert_allclose(
                    np.logaddexp(0, np.float64(found)), parameter.start, rtol=1e-6
                )
            else:
                np.testing.assert_array_equal(found, np.float32(parameter.start))
        else:
            assert parameter.stored_as not in arrays


@pytest.mark.parametrize("value", [1e-3, 1e-5, 1e-10])
@pytest.mark.parametrize("plan", LEARNABLE, indirect=True)
def test_a_learnable_constant_starts_at_its_value(
    framework: str, plan: LayerPlan, value: float
) -> None:
    for parameter in plan.neuron.parameters:
        if parameter.has("learnable"):
            options = {parameter.name: value, f"learnable_{parameter.name}": True}
            raw = fresh(framework, plan, **options)[parameter.stored_as]
            assert np.logaddexp(0, np.float64(raw)) == pytest.approx(value, rel=1e-5)


@of_every_kernel
def test_a_positive_kernel_is_the_absolute_value_of_the_law(
    framework: str, plan: LayerPlan
) -> None:
    kernel = fresh(framework, plan, positive_init=True)["kernel"]
    assert (kernel >= 0).all() and kernel.std() > 0


@of_every_kernel
def test_two_layers_share_nothing(framework: str, plan: LayerPlan) -> None:
    if framework == "linen":
        pytest.skip("Linen layers hold no arrays")
    one, other = fresh(framework, plan), fresh(framework, plan)
    assert not any(np.shares_memory(one[name], other[name]) for name in one)
