"""Flax layers of neurons that no spec has: what the formula says, evaluated by JAX itself."""

import importlib
import shutil
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import yaml

from codegen.frameworks import FRAMEWORKS
from codegen.plans.package import plan_package
from codegen.render.formatting import format_files
from codegen.render.package import render_package
from codegen.spec import load_specs

jax = pytest.importorskip("jax")
nnx = pytest.importorskip("flax.nnx")
jnp = jax.numpy

SPEC = Path(__file__).parents[2] / "spec"
FLAX = tuple(f for f in FRAMEWORKS if f.name in ("linen", "nnx"))
DISTANCE = {"d": "relu(sq_w + sq_x - 2 * dot)"}
GEOMETRIES = {"dense": [], "convolution": [1, 2], "transposed_convolution": [1, 2]}
CLASS = {"dense": "dense", "convolution": "conv", "transposed_convolution": "transposed"}

FUNCTIONS = ("sqrt", "exp", "log1p", "expm1", "tanh", "sin", "cos", "arctan", "arcsinh", "where")
UNIT, ONE = {"summary": "A.", "axes": ["unit"]}, {"summary": "A.", "axes": []}
NEURONS: dict[str, tuple[dict[str, Any], dict[str, str]]] = {
    "linear": ({"b": {**UNIT, "init": "zeros", "absent": 0}}, {"response": "dot + b"}),
    "bare": ({}, {"response": "dot / sqrt(inputs) + units"}),
    "polynomial": (
        {
            "gamma": {**ONE, "init": 0.5},
            "c": {**UNIT, "init": "ones", "options": ["constant", "scalar", "softplus"]},
            "degree": {**ONE, "value": 3, "integer": True},
        },
        {"response": "(gamma * dot + c)**degree"},
    ),
    "gaussian": (
        {"gamma": {**UNIT, "init": 0.5, "positive": True, "options": ["constant"]}},
        DISTANCE | {"response": "exp(-gamma * d)"},
    ),
    "cosine": (
        {"delta": {**ONE, "value": 0.1, "positive": True}},
        {"response": "dot / sqrt(sq_w * sq_x + delta)"},
    ),
    "student": (
        {"nu": {**UNIT, "value": 1.5, "positive": True, "options": ["learnable"]}},
        DISTANCE | {"response": "(1 + d / nu)**(-(nu + 1) / 2)"},
    ),
    "edges": (
        {
            "p": {**ONE, "init": 1.25},
            "q": {**UNIT, "init": -0.5, "absent": 2, "options": ["constant", "softplus"]},
            "r": {**UNIT, "init": 0.75, "positive": True, "absent": 0.25},
        },
        DISTANCE
        | {
            "root": "sqrt(d)",
            "near": "log1p(root) * q - where(dot > 0.1, root, d**p / units) - d**0.75",
            "smooth": "tanh(dot) + arcsinh(p**2 * dot) * arctan(r) + expm1(-r) * sigmoid(dot)",
            "response": "near + smooth + sin(q) * cos(dot) + softplus(dot) + 1 / sqrt(units)",
        },
    ),
}


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A package with the layers of all these neurons, which ruff has nothing to say against."""
    folder = tmp_path_factory.mktemp("specs")
    shutil.copytree(SPEC / "geometries", folder / "geometries")
    for name, (parameters, math) in NEURONS.items():
        neuron = {"neuron": name, "summary": "A.", "reference": "B", "math": math}
        _write(folder / f"neurons/{name}.yaml", neuron | {"parameters": parameters})
    for kind, ranks in GEOMETRIES.items():
        geometry = {"kind": kind} | ({"ranks": ranks} if ranks else {})
        layers = [
            {"name": f"{name}_{CLASS[kind]}", "neuron": name, "geometry": geometry}
            | {"kernel": {"init": "he_normal"}}
            for name in NEURONS
        ]
        _write(folder / f"layers/all_{kind}.yaml", {"layers": layers})
    files = render_package(plan_package(load_specs(folder)), FLAX, "odd")
    out = tmp_path_factory.mktemp("out")
    for path, text in format_files(files).items():
        target = out / "odd" / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
    sys.path.insert(0, str(out))
    yield "odd"
    sys.path.remove(str(out))


def _write(path: Path, document: dict[str, Any]) -> None:
    path.parent.mkdir(exist_ok=True)
    dumper = yaml.SafeDumper
    dumper.ignore_aliases = lambda *_: True
    path.write_text(yaml.dump(document, Dumper=dumper), encoding="utf-8")


@pytest.fixture(params=["linen", "nnx"])
def framework(request: pytest.FixtureRequest, package: str) -> ModuleType:
    return importlib.import_module(f"{package}.{request.param}")


def formula(name: str, operands: dict[str, Any]) -> Any:
    """The response as the spec writes it, where nothing is at the edge of a domain."""
    names = {n: getattr(jnp, n) for n in FUNCTIONS}
    names |= {n: getattr(jax.nn, n) for n in ("relu", "sigmoid", "softplus")}
    names |= operands
    for key, text in NEURONS[name][1].items():
        names[key] = eval(text, {"__builtins__": {}}, names)
    return names["response"]


def build(
    framework: ModuleType, layer: str, inputs: int, units: int, start: bool = False, **options: Any
) -> Any:
    """A function of input and arrays, and the arrays: as they start, or of their shapes alone."""
    made = getattr(framework, layer)
    options = {"dtype": jnp.float64, "param_dtype": jnp.float64} | options
    if framework.__name__.endswith("linen"):
        module = made(features=units, **options)
        rank = len(getattr(module, "kernel_size", ()))
        shape = (2, *(5,) * rank, inputs)
        initialise = module.init if start else partial(jax.eval_shape, module.init)
        arrays = initialise(jax.random.key(0), jnp.ones(shape))["params"]
        return jax.jit(lambda x, arrays: module.apply({"params": arrays}, x)), dict(arrays)
    module = made(inputs, units, rngs=nnx.Rngs(0), **options)
    graph, state, rest = nnx.split(module, nnx.Param, ...)
    arrays = {path: value[...] for path, value in state.items()}

    def apply(x: Any, arrays: dict[str, Any]) -> Any:
        leaves = [arrays[path] for path in sorted(arrays)]
        return nnx.merge(graph, jax.tree.unflatten(jax.tree.structure(state), leaves), rest)(x)

    return jax.jit(apply), arrays


def randomised(arrays: dict[str, Any]) -> dict[str, Any]:
    generator = np.random.default_rng(0)
    return {name: jnp.asarray(generator.normal(size=a.shape)) for name, a in arrays.items()}


def parameters(name: str, stored: dict[str, Any], absent: bool = False) -> dict[str, Any]:
    """What takes part in the response."""
    found = {}
    for key, spec in NEURONS[name][0].items():
        value = stored.get(key, stored.get(f"{key}_param"))
        if value is None:
            found[key] = spec["absent"] if absent else spec["value"]
        else:
            found[key] = jax.nn.softplus(value) if spec.get("positive") else value
    return found


def by_definition(name: str, x: Any, arrays: dict[str, Any], absent: bool = False) -> Any:
    """Patches (..., inputs) against a kernel (inputs, units)."""
    kernel = arrays["kernel"].reshape(-1, arrays["kernel"].shape[-1])
    operands = {"dot": x @ kernel, "sq_x": (x * x).sum(-1, keepdims=True)}
    operands |= {"sq_w": (kernel * kernel).sum(0)}
    operands |= {"inputs": kernel.shape[0], "units": kernel.shape[1]}
    return formula(name, operands | parameters(name, arrays, absent))


def assert_same(apply: Any, expected: Any, x: Any, arrays: dict[str, Any]) -> None:
    """Equal values and equal gradients."""
    shape = jax.eval_shape(expected, x, arrays).shape
    upstream = jnp.asarray(np.random.default_rng(1).normal(size=shape))

    def differentiated(function: Any) -> Any:
        def loss(x: Any, arrays: dict[str, Any]) -> Any:
            values = function(x, arrays)
            return (values * upstream).sum(), values

        gradients, values = jax.jit(jax.grad(loss, (0, 1), has_aux=True))(x, arrays)
        return values, gradients

    found, gradients = differentiated(apply)
    values, expected_gradients = differentiated(expected)
    np.testing.assert_allclose(found, values, rtol=1e-12, atol=1e-12)
    jax.tree.map(
        lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-10),
        gradients,
        expected_gradients,
    )


@pytest.mark.parametrize("name", ["bare", "student", "edges"])
def test_a_dense_layer_is_its_formula(framework: ModuleType, name: str) -> None:
    learned = {"learnable_nu": True} if name == "student" else {}
    apply, arrays = build(framework, f"{name}_dense", 3, 4, **learned)
    arrays = randomised(arrays)
    x = jnp.asarray(np.random.default_rng(2).normal(size=(5, 3)))
    assert_same(apply, lambda x, a: by_definition(name, x, a), x, arrays)


@pytest.mark.parametrize("name", ["cosine", "student", "edges"])
def test_gradients_are_finite_on_top_of_the_kernel(framework: ModuleType, name: str) -> None:
    """x = w, x = 0 and w = 0, also for the derivative of the derivative."""
    apply, arrays = build(framework, f"{name}_dense", 3, 3)
    arrays = randomised(arrays)
    arrays["kernel"] = arrays["kernel"].at[:, 2].set(0)
    if name == "edges":
        arrays["p"] = abs(arrays["p"])  # A negative power of 0 is infinite.
    x = arrays["kernel"].T

    def loss(x: Any, arrays: dict[str, Any]) -> Any:
        return apply(x, arrays).sum()

    @jax.jit
    def derivatives(x: Any, arrays: dict[str, Any]) -> Any:
        ones = jax.tree.map(jnp.ones_like, (x, arrays))
        forward = jax.jvp(loss, (x, arrays), ones)
        twice = jax.grad(lambda x: (jax.grad(loss)(x, arrays) ** 2).sum())(x)
        return jax.grad(loss, (0, 1))(x, arrays), forward, twice

    for derivative in jax.tree.leaves(derivatives(x, arrays)):
        assert jnp.isfinite(derivative).all()


@pytest.mark.parametrize("name", ["bare", "edges"])
def test_a_convolution_is_its_formula_at_every_window(framework: ModuleType, name: str) -> None:
    apply, arrays = build(framework, f"{name}_conv", 2, 4, kernel_size=3, padding="VALID")
    arrays = randomised(arrays)
    x = jnp.asarray(np.random.default_rng(2).normal(size=(2, 5, 2)))

    def expected(x: Any, arrays: dict[str, Any]) -> Any:
        windows = jnp.stack([x[:, i : i + 3].reshape(2, 6) for i in range(3)], 1)
        return by_definition(name, windows, arrays)

    assert_same(apply, expected, x, arrays)


@pytest.mark.parametrize("name", ["linear", "student"])
def test_groups_are_convolutions_side_by_side(framework: ModuleType, name: str) -> None:
    options = {"kernel_size": (3,), "feature_group_count": 2, "spherical": True}
    options |= {"learnable_nu": True} if name == "student" else {}
    apply, arrays = build(framework, f"{name}_conv", 4, 6, **options)
    arrays = randomised(arrays)
    x = jnp.asarray(np.random.default_rng(2).normal(size=(2, 5, 4)))
    half, _ = build(framework, f"{name}_conv", 2, 3, **options | {"feature_group_count": 1})
    sides = [
        half(x[..., 2 * g :][..., :2], {k: _units(a, g) for k, a in arrays.items()})
        for g in range(2)
    ]
    np.testing.assert_allclose(apply(x, arrays), jnp.concatenate(sides, -1), rtol=1e-12)


def _units(array: Any, group: int) -> Any:
    return array[..., 3 * group :][..., :3] if array.ndim else array


@pytest.mark.parametrize("name", ["bare", "polynomial"])
def test_a_transposed_convolution_sweeps_the_stuffed_input(
    framework: ModuleType, name: str
) -> None:
    options = {"kernel_size": (3, 2), "padding": ((2, 2), (1, 1))}
    apply, arrays = build(framework, f"{name}_transposed", 2, 4, strides=(2, 1), **options)
    plain, _ = build(framework, f"{name}_conv", 2, 4, input_dilation=(2, 1), **options)
    arrays = randomised(arrays)
    x = jnp.asarray(np.random.default_rng(2).normal(size=(2, 4, 3, 2)))
    np.testing.assert_allclose(apply(x, arrays), plain(x, arrays), rtol=1e-12)


def test_an_absent_parameter_leaves_its_value(framework: ModuleType) -> None:
    apply, arrays = build(framework, "edges_dense", 3, 4, use_q=False, use_r=False)
    assert sorted(arrays) == ["kernel", "p"]
    x = jnp.asarray(np.random.default_rng(2).normal(size=(5, 3)))
    arrays = randomised(arrays)
    assert_same(apply, lambda x, a: by_definition("edges", x, a, absent=True), x, arrays)


def test_parameters_start_where_the_spec_says(framework: ModuleType) -> None:
    _, arrays = build(framework, "edges_dense", 3, 4, start=True)
    assert arrays["p"] == 1.25
    assert (arrays["q"] == -0.5).all()
    np.testing.assert_allclose(jax.nn.softplus(arrays["r"]), 0.75, rtol=1e-6)


def test_a_positive_constant_is_no_array_and_must_be_positive(framework: ModuleType) -> None:
    apply, arrays = build(framework, "gaussian_dense", 3, 4, constant_gamma=0.25)
    assert list(arrays) == ["kernel"]
    arrays = randomised(arrays)
    x = jnp.zeros((1, 3))
    expected = jnp.exp(-0.25 * (arrays["kernel"] ** 2).sum(0))
    np.testing.assert_allclose(apply(x, arrays)[0], expected, rtol=1e-12)
    with pytest.raises(ValueError, match="constant_gamma must be positive"):
        build(framework, "gaussian_dense", 3, 4, constant_gamma=-1.0)


def test_a_whole_number_stays_one(framework: ModuleType) -> None:
    apply, arrays = build(framework, "polynomial_dense", 3, 4, degree=2.0, constant_c=0.0)
    arrays = randomised(arrays)
    x = jnp.asarray(np.random.default_rng(2).normal(size=(5, 3)))
    expected = (arrays["gamma"] * (x @ arrays["kernel"])) ** 2
    np.testing.assert_allclose(apply(x, arrays), expected, rtol=1e-12)
    jaxpr = str(jax.make_jaxpr(apply)(x, arrays))
    assert "integer_pow" in jaxpr or "square" in jaxpr
    with pytest.raises(ValueError, match="degree must be a whole number"):
        build(framework, "polynomial_dense", 3, 4, degree=2.5)


@pytest.mark.parametrize("name", ["gaussian", "edges"])
def test_half_precision_is_computed_in_single(framework: ModuleType, name: str) -> None:
    """The result is the single-precision one of the same numbers, rounded."""
    half = {"dtype": jnp.bfloat16, "param_dtype": jnp.bfloat16}
    apply, arrays = build(framework, f"{name}_dense", 3, 4, **half)
    arrays = {n: a.astype(jnp.bfloat16) for n, a in randomised(arrays).items()}
    x = jnp.asarray(np.random.default_rng(2).normal(size=(5, 3)), jnp.bfloat16)
    wide = {n: a.astype(jnp.float64) for n, a in arrays.items()}
    expected = by_definition(name, x.astype(jnp.float64), wide)
    found = apply(x, arrays)
    assert found.dtype == jnp.bfloat16
    np.testing.assert_allclose(found.astype(jnp.float64), expected, rtol=2.0**-8, atol=1e-5)


def test_a_neuron_pays_for_no_norm_it_does_not_use(framework: ModuleType) -> None:
    for layer, options in (("linear_dense", {}), ("linear_conv", {"kernel_size": 3})):
        apply, arrays = build(framework, layer, 2, 4, **options)
        jaxpr = str(jax.make_jaxpr(apply)(jnp.ones((2, 5, 2)), arrays))
        assert "reduce" not in jaxpr
