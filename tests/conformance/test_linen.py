"""Flax Linen: the layers behave as `nn.Dense`, `nn.Conv` and `nn.ConvTranspose` do."""

import importlib
from pathlib import Path

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import optax
import orbax.checkpoint as ocp
import pytest
from jax.sharding import PartitionSpec

import nmn.linen
from nmn.linen import YatNMN
from tests.conformance.flax_layers import CASES, NAMES, SUBJECTS, UNITS, Subject, square

KEY = jax.random.key(0)


def make(subject: Subject = SUBJECTS[0], **options: object) -> nn.Module:
    return getattr(nmn.linen, subject.name)(UNITS, **subject.windows, **options)


@pytest.fixture(params=SUBJECTS, ids=lambda s: s.name)
def subject(request: pytest.FixtureRequest) -> Subject:
    return request.param


@pytest.fixture(params=CASES, ids=NAMES)
def case(request: pytest.FixtureRequest) -> tuple[nn.Module, jax.Array]:
    """A layer and an input of it."""
    subject, options = request.param
    return make(subject, epsilon=0.1, **options), subject.x


def test_jit_vmap_and_grad(case: tuple[nn.Module, jax.Array]) -> None:
    layer, x = case
    variables = layer.init(KEY, x)
    expected = layer.apply(variables, x)
    np.testing.assert_allclose(jax.jit(layer.apply)(variables, x), expected, rtol=1e-5)
    rows = jax.vmap(lambda x: layer.apply(variables, x))(x)
    np.testing.assert_allclose(rows, expected, rtol=1e-4, atol=1e-6)
    gradient = jax.grad(lambda v: layer.apply(v, x).sum())(variables)
    assert all(jnp.isfinite(g).all() for g in jax.tree.leaves(gradient))


def test_forward_mode_and_hessian(case: tuple[nn.Module, jax.Array]) -> None:
    layer, x = case
    variables = layer.init(KEY, x)

    def loss(x: jax.Array) -> jax.Array:
        return (layer.apply(variables, x) ** 2).sum()

    gradient = jax.grad(loss)(x)
    _, tangent = jax.jvp(loss, (x,), (jnp.ones_like(x),))
    np.testing.assert_allclose(tangent, gradient.sum(), rtol=1e-4)
    hessian = square(jax.hessian(loss)(x[0]))
    np.testing.assert_allclose(hessian, hessian.T, rtol=1e-3, atol=1e-4)
    checkpointed = jax.grad(jax.checkpoint(loss))(x)
    np.testing.assert_allclose(checkpointed, gradient, rtol=1e-5)


def test_orbax_round_trip(case: tuple[nn.Module, jax.Array], tmp_path: Path) -> None:
    layer, x = case
    variables = layer.init(KEY, x)
    with ocp.StandardCheckpointer() as checkpointer:
        checkpointer.save(tmp_path / "state", variables)
        checkpointer.wait_until_finished()
        restored = checkpointer.restore(tmp_path / "state", variables)
    np.testing.assert_array_equal(layer.apply(restored, x), layer.apply(variables, x))


def test_sharding_metadata_on_the_kernel(subject: Subject) -> None:
    axes = (*[None for _ in subject.kernel_shape[:-1]], "model")
    init = nn.with_partitioning(nn.initializers.lecun_normal(), axes)
    layer = make(subject, kernel_init=init, positive_init=True)
    variables = layer.init(KEY, subject.x)
    spec = nn.get_partition_spec(variables)
    assert spec["params"]["kernel"] == PartitionSpec(*axes)
    assert layer.apply(variables, subject.x).shape[-1] == UNITS


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
    variables = layer.init(KEY, subject.x)
    assert {p.dtype for p in jax.tree.leaves(variables)} == {jnp.dtype(param_dtype)}
    assert layer.apply(variables, subject.x).dtype == expected


def test_a_frozen_kernel_is_not_among_the_params(subject: Subject) -> None:
    layer = make(subject, freeze_kernel=True)
    variables = layer.init(KEY, subject.x)
    assert set(variables["params"]) == {"bias", "alpha"}
    optimizer = optax.adamw(0.1, weight_decay=0.5)
    state = optimizer.init(variables["params"])
    gradients = jax.grad(lambda p: layer.apply({**variables, "params": p}, subject.x).sum())(
        variables["params"]
    )
    updates, _ = optimizer.update(gradients, state, variables["params"])
    assert "kernel" not in updates


def test_dropconnect_needs_a_key_and_rests_when_deterministic() -> None:
    layer = YatNMN(300, drop_rate=0.25, epsilon=1e6, use_alpha=False, use_bias=False)
    x = jnp.ones((1, 400))
    ones = {"params": {"kernel": jnp.ones((400, 300))}}
    quiet = layer.apply(ones, x, deterministic=True)
    np.testing.assert_allclose(jnp.sqrt(quiet * 1e6), 400, rtol=1e-3)
    dropped = layer.apply(ones, x, deterministic=False, rngs={"dropout": KEY})
    # With a huge epsilon the response is the squared sum of the kept entries over epsilon.
    assert float(jnp.sqrt(dropped * 1e6).mean()) == pytest.approx(400, rel=0.02)


def test_positive_init_acts_on_the_initial_kernel_only(subject: Subject) -> None:
    layer = make(subject, positive_init=True)
    variables = layer.init(KEY, subject.x)
    assert (variables["params"]["kernel"] >= 0).all()
    negative = jax.tree.map(jnp.negative, variables)
    plain = make(subject).apply(negative, subject.x)
    np.testing.assert_array_equal(layer.apply(negative, subject.x), plain)


@pytest.mark.parametrize("batch", [(), (1,), (0,), (2, 3), (2, 0)])
def test_any_number_of_leading_axes(subject: Subject, batch: tuple[int, ...]) -> None:
    layer = make(subject)
    window = subject.x.shape[1:]
    expected, variables = layer.init_with_output(KEY, jnp.ones((1, *window)))
    found = layer.apply(variables, jnp.ones((*batch, *window)))
    assert found.shape == (*batch, *expected.shape[1:])
    np.testing.assert_allclose(found, jnp.broadcast_to(expected[0], found.shape), rtol=1e-6)


@pytest.mark.parametrize("frozen", [False, True])
def test_wrong_inputs_are_named(subject: Subject, frozen: bool) -> None:
    layer = make(subject, freeze_kernel=frozen)
    variables = layer.init(KEY, subject.x)
    with pytest.raises(ValueError, match="input"):
        layer.apply(variables, subject.x[..., :4])
    with pytest.raises(ValueError, match="input"):
        layer.apply(variables, subject.x[(0,) * (subject.x.ndim - 1)][0])
    with pytest.raises(TypeError, match="input"):
        layer.apply(variables, jnp.ones(subject.x.shape, int))


def test_dropconnect_of_any_layer_needs_its_stream(subject: Subject) -> None:
    layer = make(subject, drop_rate=0.5)
    variables = layer.init(KEY, subject.x, deterministic=True)
    quiet = layer.apply(variables, subject.x, deterministic=True)
    np.testing.assert_array_equal(quiet, make(subject).apply(variables, subject.x))
    dropped = layer.apply(variables, subject.x, deterministic=False, rngs={"dropout": KEY})
    assert not np.array_equal(quiet, dropped)


def test_layers_are_values(subject: Subject) -> None:
    """So that they can be static arguments, and be cloned."""
    assert make(subject) == make(subject)
    assert hash(make(subject)) == hash(make(subject).clone())


def test_both_import_paths_give_one_class(subject: Subject) -> None:
    modules = {"YatNMN": "nmn", "YatConv": "yatconv", "YatConvTranspose": "yatconv_transpose"}
    module = importlib.import_module(f"nmn.linen.{modules[subject.name]}")
    assert getattr(module, subject.name) is getattr(nmn.linen, subject.name)
