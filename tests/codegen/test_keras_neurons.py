"""Keras layers of neurons that only tests have: values, gradients, saving.

On PyTorch the responses are those of the PyTorch package, except where windows are transposed.
"""

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from codegen.frameworks.keras import Keras
from codegen.frameworks.torch import Torch
from tests.codegen import odd_neurons

keras = pytest.importorskip("keras")

PACKAGE = "odd_ks"
NEURONS = list(odd_neurons.NEURONS)
CHOICES: list[tuple[str, dict[str, object]]] = [
    *((name, {}) for name in NEURONS),
    ("gaussian", {"constant_gamma": 0.7}),
    ("choices", {"constant_slope": 0.1}),
    ("student", {"learnable_nu": True}),
    ("functions", {"use_a": False, "use_q": False}),
    ("polynomial", {"degree": 2}),
]
VARIANTS = [pytest.param(n, o, id="-".join((n, *o))) for n, o in CHOICES]


@pytest.fixture(scope="module", autouse=True)
def _package(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    folder = tmp_path_factory.mktemp("odd")
    frameworks = (Keras(), Torch()) if keras.backend.backend() == "torch" else (Keras(),)
    odd_neurons.generate(folder, PACKAGE, *frameworks)
    sys.path.insert(0, str(folder))
    if keras.backend.backend() != "jax":
        yield
        return
    config = importlib.import_module("jax").config
    before = config.jax_enable_x64
    config.update("jax_enable_x64", True)
    yield
    config.update("jax_enable_x64", before)


def layer(name: str, kind: str, *arguments: object, **options: object):
    module = importlib.import_module(f"{PACKAGE}.keras.{name}_{kind}")
    suffix = {"dense": "", "transposed": "Transposed1D"}[kind]
    made = getattr(module, name.capitalize() + suffix)
    return made(*arguments, **({"dtype": "float64"} | options))


def settings(name: str, made) -> dict[str, object]:
    """The values of parameters that take part; what is left out has the value for that."""
    found = {}
    for parameter, spec in odd_neurons.NEURONS[name][0].items():
        value = getattr(made, f"_effective_{parameter}")("float64")
        if value is None:
            value = spec["absent"]
        number = isinstance(value, int | float)
        found[parameter] = value if number else keras.ops.convert_to_numpy(value)
    return found


@pytest.mark.parametrize(("name", "options"), VARIANTS)
def test_the_response_is_the_formula(name: str, options: dict[str, object]) -> None:
    random = np.random.default_rng(1)
    made = layer(name, "dense", 4, **options)
    x = random.normal(size=(6, 3))
    found = keras.ops.convert_to_numpy(made(keras.ops.convert_to_tensor(x)))
    kernel = keras.ops.convert_to_numpy(made.kernel)
    assert found.dtype == np.float64
    expected = odd_neurons.response(name, x, kernel.T, **settings(name, made))
    np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize(("name", "options"), VARIANTS)
def test_transposed_windows_respond_as_inputs_do(name: str, options: dict[str, object]) -> None:
    random = np.random.default_rng(3)
    made = layer(name, "transposed", 4, 3, strides=2, **options)
    x = random.normal(size=(2, 3, 2))
    found = keras.ops.convert_to_numpy(made(keras.ops.convert_to_tensor(x)))
    windows, kernel = odd_neurons.stuffed_windows(x, keras.ops.convert_to_numpy(made.kernel))
    expected = odd_neurons.response(name, windows, kernel, **settings(name, made))
    assert found.dtype == np.float64
    np.testing.assert_allclose(found, expected, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("name", NEURONS)
def test_a_saved_layer_is_the_same_layer(name: str, tmp_path: Path) -> None:
    made = layer(name, "dense", 4, dtype="float32")
    model = keras.Sequential([keras.Input((3,)), made])
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    assert loaded.layers[-1].get_config() == made.get_config()
    x = np.random.default_rng(5).normal(size=(2, 3)).astype("float32")
    np.testing.assert_array_equal(loaded.predict(x, verbose=0), model.predict(x, verbose=0))
