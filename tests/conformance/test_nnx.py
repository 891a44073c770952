"""Flax NNX: the layers behave as `nnx.Linear`, `nnx.Conv` and `nnx.ConvTranspose` do."""

import importlib
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import optax
import orbax.checkpoint as ocp
import pytest
from flax import nnx
from jax.sharding import PartitionSpec

import nmn.nnx
from nmn.nnx import FrozenParam, YatNMN
from tests.conformance.flax_layers import CASES, CHANNELS, NAMES, SUBJECTS, UNITS, Subject, square


def make(subject: Subject = SUBJECTS[0], **options: object) -> nnx.Module:
    cls = getattr(nmn.nnx, subject.name)
    return cls(CHANNELS, UNITS, rngs=nnx.Rngs(0), **subject.windows, **options)


@pytest.fixture(params=SUBJECTS, ids=lambda s: s.name)
def subject(request: pytest.FixtureRequest) -> Subject:
    return request.param


@pytest.fixture(params=CASES, ids=NAMES)
def case(request: pytest.FixtureRequest) -> tuple[nnx.Module, jax.Array]:
    """A layer and an input of it."""
    subject, options = request.param
    return make(subject, epsilon=0.1, **options), subject.x


def test_jit_vmap_and_grad(case: tuple[nnx.Module, jax.Array]) -> None:
    layer, x = case
    expected = layer(x)
    np.testing.assert_allclose(nnx.jit(lambda m, x: m(x))(layer, x), expected, rtol=1e-5)
    rows = nnx.vmap(lambda m, x: m(x), in_axes=(None, 0))(layer, x)
    np.testing.assert_allclose(rows, expected, rtol=1e-4, atol=1e-6)
    gradient = nnx.grad(lambda m: m(x).sum())(layer)
    assert all(jnp.isfinite(g).all() for g in jax.tree.leaves(gradient))


def test_forward_mode_and_hessian(case: tuple[nnx.Module, jax.Array]) -> None:
    layer, x = case

    def loss(x: jax.Array) -> jax.Array:
        return (layer(x) ** 2).sum()

    _, tangent = jax.jvp(loss, (x,), (jnp.ones_like(x),))
    np.testing.assert_allclose(tangent, jax.grad(loss)(x).sum(), rtol=1e-4)
    hessian = square(jax.hessian(loss)(x[0]))
    np.testing.assert_allclose(hessian, hessian.T, rtol=1e-3, atol=1e-4)


def test_split_merge_and_orbax(case: tuple[nnx.Module, jax.Array], tmp_path: Path) -> None:
    layer, x = case
    graph, state = nnx.split(layer)
    assert hash(graph) == hash(nnx.graphdef(layer))
    np.testing.assert_array_equal(nnx.merge(graph, state)(x), layer(x))
    with ocp.StandardCheckpointer() as checkpointer:
        checkpointer.save(tmp_path / "state", state)
        checkpointer.wait_until_finished()
        restored = checkpointer.restore(tmp_path / "state", state)
    np.testing.assert_array_equal(nnx.merge(graph, restored)(x), layer(x))


def test_building_under_transformations_leaks_nothing(subject: Subject) -> None:
    abstract = nnx.eval_shape(lambda: make(subject))
    assert abstract.kernel.shape == subject.kernel_shape
    built = nnx.jit(lambda: make(subject))()
    np.testing.assert_allclose(built(subject.x), make(subject)(subject.x), rtol=1e-5)


def test_sharding_metadata_on_the_kernel(subject: Subject) -> None:
    spec = PartitionSpec(*[None for _ in subject.kernel_shape[:-1]], "model")
    with jax.set_mesh(jax.make_mesh((1,), ("model",))):
        layer = make(subject, kernel_metadata={"out_sharding": spec})
    assert layer.kernel.out_sharding == spec
    assert make(subject, bias_metadata={"note": "b"}).bias.note == "b"


@pytest.mark.parametrize(
    ("dtype", "param_dtype", "expected"),
    [
        (None, jnp.float32, jnp.float32),
        (None, jnp.float64, jnp.float64),
        (jnp.bfloat16, jnp.float32, jnp.bfloat16),
        (jnp.float16, jnp.float32, jnp.float16),
        (None, jnp.bfloat16, jnp.float32),
    ],
)
def test_dtype_is_of_the_result_and_param_dtype_of_the_parameters(
    subject: Subject, dtype: jnp.dtype, param_dtype: jnp.dtype, expected: jnp.dtype
) -> None:
    layer = make(subject, dtype=dtype, param_dtype=param_dtype, constant_alpha=True)
    assert {p.dtype for p in jax.tree.leaves(nnx.state(layer))} == {jnp.dtype(param_dtype)}
    assert layer(subject.x).dtype == expected


def test_a_frozen_kernel_is_not_moved_by_weight_decay(subject: Subject) -> None:
    layer = make(subject, freeze_kernel=True)
    assert isinstance(layer.kernel, FrozenParam)
    before, bias = np.array(layer.kernel[...]), np.array(layer.bias[...])
    optimizer = nnx.Optimizer(layer, optax.adamw(0.1, weight_decay=0.5), wrt=nnx.Param)
    optimizer.update(layer, nnx.grad(lambda m: m(subject.x).sum())(layer))
    np.testing.assert_array_equal(layer.kernel[...], before)
    assert not np.array_equal(layer.bias[...], bias)


def test_dropconnect_follows_train_and_eval() -> None:
    layer = YatNMN(
        400, 300, drop_rate=0.25, epsilon=1e6, use_alpha=False, use_bias=False, rngs=nnx.Rngs(0),
        kernel_init=nnx.initializers.ones,
    )  # fmt: skip
    x = jnp.ones((1, 400))
    layer.eval()
    np.testing.assert_allclose(jnp.sqrt(layer(x) * 1e6), 400, rtol=1e-3)
    layer.train()
    # With a huge epsilon the response is the squared sum of the kept entries over epsilon.
    assert float(jnp.sqrt(layer(x) * 1e6).mean()) == pytest.approx(400, rel=0.02)
    assert not np.array_equal(layer(x), layer(x))
    assert np.array_equal(layer(x, rngs=jax.random.key(1)), layer(x, rngs=jax.random.key(1)))
    assert np.array_equal(layer(x, deterministic=True), layer(x, deterministic=True))


def test_positive_init_acts_on_the_initial_kernel_only(subject: Subject) -> None:
    layer, plain = make(subject, positive_init=True), make(subject)
    assert (layer.kernel[...] >= 0).all()
    layer.kernel[...] = -layer.kernel[...]
    plain.kernel[...] = layer.kernel[...]
    np.testing.assert_array_equal(layer(subject.x), plain(subject.x))


@pytest.mark.parametrize("batch", [(), (1,), (0,), (2, 3), (2, 0)])
def test_any_number_of_leading_axes(subject: Subject, batch: tuple[int, ...]) -> None:
    layer = make(subject)
    window = subject.x.shape[1:]
    expected = layer(jnp.ones((1, *window)))
    found = layer(jnp.ones((*batch, *window)))
    assert found.shape == (*batch, *expected.shape[1:])
    np.testing.assert_allclose(found, jnp.broadcast_to(expected[0], found.shape), rtol=1e-6)


def test_wrong_inputs_are_named(subject: Subject) -> None:
    layer = make(subject)
    with pytest.raises(ValueError, match="input"):
        layer(subject.x[..., :4])
    with pytest.raises(ValueError, match="input"):
        layer(subject.x[(0,) * (subject.x.ndim - 1)][0])
    with pytest.raises(TypeError, match="input"):
        layer(jnp.ones(subject.x.shape, int))


def test_dropconnect_of_any_layer_needs_its_stream(subject: Subject) -> None:
    layer = make(subject, drop_rate=0.5)
    assert not np.array_equal(layer(subject.x), layer(subject.x))
    layer.eval()
    np.testing.assert_array_equal(layer(subject.x), layer(subject.x))
    np.testing.assert_array_equal(layer(subject.x), make(subject)(subject.x))


def test_both_import_paths_give_one_class(subject: Subject) -> None:
    modules = {"YatNMN": "nmn", "YatConv": "yatconv", "YatConvTranspose": "yatconv_transpose"}
    module = importlib.import_module(f"nmn.nnx.{modules[subject.name]}")
    assert getattr(module, subject.name) is getattr(nmn.nnx, subject.name)
