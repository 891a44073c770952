"""Weights in one form for all frameworks: names of stacks, what fits and what does not.

That a single layer's arrays mean the same in every framework is what the properties rest on.
"""

from collections.abc import Mapping
from typing import Any

import jax
import keras
import numpy as np
import pytest
from flax import nnx

from nmn import keras as nmn_keras
from nmn import linen as nmn_linen
from nmn import nnx as nmn_nnx
from nmn import tf as nmn_tf
from nmn import torch as nmn_torch
from nmn.weights import load_canonical, to_canonical
from tests.adapters import FRAMEWORKS

INPUTS = 5


@pytest.fixture(params=FRAMEWORKS)
def framework(request: pytest.FixtureRequest) -> str:
    return request.param


def dense(framework: str, inputs: int, units: int, **options: Any) -> tuple[Any, Any]:
    """A layer with arrays, and its variables if the framework keeps them apart."""
    match framework:
        case "torch":
            return nmn_torch.YatNMN(inputs, units, **options), None
        case "keras":
            layer = nmn_keras.YatNMN(units, **options)
            layer.build((None, inputs))
            return layer, None
        case "tf":
            layer = nmn_tf.YatNMN(units, **options)
            layer.build(inputs)
            return layer, None
        case "linen":
            layer = nmn_linen.YatNMN(units, **options)
            return layer, layer.init(jax.random.key(0), np.ones((1, inputs), np.float32))
    return nmn_nnx.YatNMN(inputs, units, rngs=nnx.Rngs(0), **options), None


def stack(framework: str, kind: type = list) -> tuple[Any, Any]:
    """Two layers of other sizes; as a tuple, two directions of one layer."""
    second = (4, 3) if kind is list else (INPUTS, 4)
    layers, variables = zip(dense(framework, INPUTS, 4), dense(framework, *second), strict=True)
    return kind(layers), list(variables) if framework == "linen" else None


def random(arrays: Mapping[str, np.ndarray], seed: int = 0) -> dict[str, np.ndarray]:
    """Other values of the same shapes."""
    generator = np.random.default_rng(seed)
    return {
        name: generator.normal(size=array.shape).astype(np.float32)
        for name, array in arrays.items()
    }


def load(layer: Any, arrays: Mapping[str, np.ndarray], variables: Any) -> dict[str, np.ndarray]:
    """What a layer holds after the arrays were loaded."""
    loaded = load_canonical(layer, arrays, variables)
    if variables is None:
        assert loaded is layer
        return to_canonical(layer)
    return to_canonical(layer, loaded)


def equal(one: Mapping[str, np.ndarray], other: Mapping[str, np.ndarray]) -> bool:
    return one.keys() == other.keys() and all(np.array_equal(one[n], other[n]) for n in one)


@pytest.mark.parametrize(
    ("kind", "prefixes"), [(list, ("0.", "1.")), (tuple, ("0.", "0.reverse."))]
)
def test_a_stack_has_prefixes(framework: str, kind: type, prefixes: tuple[str, ...]) -> None:
    layers, variables = stack(framework, kind)
    arrays = to_canonical(layers, variables)
    assert list(arrays) == [p + name for p in prefixes for name in ("kernel", "bias", "alpha")]
    values = random(arrays)
    assert equal(load(layers, values, variables), values)


def test_a_list_of_one_layer_is_that_layer(framework: str) -> None:
    layer, variables = dense(framework, INPUTS, 3)
    several = None if variables is None else [variables]
    assert equal(to_canonical([layer], several), to_canonical(layer, variables))


def test_lists_of_stacks_are_one_stack(framework: str) -> None:
    (first, last), variables = stack(framework)
    pair, both = stack(framework, tuple)
    apart = None if variables is None else [both, [variables[0], [variables[1]]]]
    arrays = to_canonical([pair, [first, [last]]], apart)
    assert [name for name in arrays if name.endswith("kernel")] == [
        "0.kernel",
        "0.reverse.kernel",
        "1.kernel",
        "2.kernel",
    ]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"1.kernel": None}, r"arrays lacks '1.kernel', which has the axes \(unit, input\)"),
        ({"1.bias": None}, r"arrays lacks '1.bias' of shape \(3,\)"),
        ({"1.kernel": np.ones((3, 5))}, r"1.kernel must have shape \(3, 4\), got \(3, 5\)"),
        ({"1.kernel": np.ones((3, 4, 5))}, r"1.kernel must have the axes \(unit, input\), got"),
        ({"1.epsilon_param": np.ones(())}, "this stack has no '1.epsilon_param'"),
        ({"kernel": np.ones((3, 5))}, "stack has no kernel, but 0.kernel, 0.bias, 0.alpha"),
        ({"2.kernel": np.ones((3, 5))}, "stack has no 2.kernel, but 0.kernel"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_nothing_changes_unless_all_fits(framework: str, changes: dict, message: str) -> None:
    layers, variables = stack(framework)
    before = to_canonical(layers, variables)
    given = {n: a for n, a in (random(before) | changes).items() if a is not None}
    with pytest.raises(ValueError, match=message):
        load_canonical(layers, given, variables)
    assert equal(to_canonical(layers, variables), before)


@pytest.mark.parametrize("framework", ["keras", "tf"])
def test_a_stack_is_built_from_its_arrays(framework: str) -> None:
    arrays = to_canonical(*stack(framework))
    own = nmn_keras if framework == "keras" else nmn_tf
    layers = [own.YatNMN(4), own.YatNMN(3)]
    with pytest.raises(ValueError, match=r"arrays lacks '1\.kernel'"):
        load_canonical(layers, {n: a for n, a in arrays.items() if n != "1.kernel"})
    assert equal(load(layers, arrays, None), arrays)
    with pytest.raises(ValueError, match="YatNMN has no arrays before"):
        to_canonical(own.YatNMN(4))


def test_variables_of_linen_stay_as_they_are() -> None:
    layers, variables = stack("linen")
    before = to_canonical(layers, variables)
    loaded = load_canonical(layers, random(before), variables)
    assert equal(to_canonical(layers, variables), before)
    assert jax.tree.structure(loaded) == jax.tree.structure(variables)
    with pytest.raises(TypeError, match="variables must be a list of 2, one for each layer"):
        to_canonical(layers, variables[0])


@pytest.mark.parametrize(
    ("layer", "message"),
    [
        (object(), "object is not a layer of nmn"),
        ([keras.layers.Dense(3)], "Dense is not a layer of nmn"),
        (keras.layers.RNN(keras.layers.GRUCell(3)), "GRUCell is not a layer of nmn"),
        ((nmn_torch.YatNMN(3, 3),), "two directions"),
    ],
    ids=["object", "dense", "cell", "pair"],
)
def test_other_things_are_named(layer: Any, message: str) -> None:
    with pytest.raises(TypeError, match=message):
        to_canonical(layer)
