"""Flax Linen: the layer behaves as `nn.Dense` does."""

from pathlib import Path

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import optax
import orbax.checkpoint as ocp
import pytest
from jax.sharding import PartitionSpec

from nmn.linen import YatNMN
from nmn.linen.nmn import YatNMN as FromModule

X = jnp.asarray(np.random.default_rng(0).normal(size=(4, 5)), jnp.float32)
KEY = jax.random.key(0)

OPTIONS: list[dict] = [
    {},
    {"use_bias": False, "use_alpha": False},
    {"scalar_bias": True, "softplus_bias": True, "learnable_epsilon": True},
    {"constant_bias": 0.5, "constant_alpha": True},
    {"spherical": True},
    {"weight_normalized": True, "freeze_kernel": True},
]


@pytest.fixture(params=OPTIONS, ids=lambda o: ",".join(o) or "default")
def layer(request: pytest.FixtureRequest) -> YatNMN:
    return YatNMN(3, epsilon=0.1, **request.param)


def test_jit_vmap_and_grad(layer: YatNMN) -> None:
    variables = layer.init(KEY, X)
    expected = layer.apply(variables, X)
    np.testing.assert_allclose(jax.jit(layer.apply)(variables, X), expected, rtol=1e-5)
    rows = jax.vmap(lambda x: layer.apply(variables, x))(X)
    np.testing.assert_allclose(rows, expected, rtol=1e-4, atol=1e-6)
    gradient = jax.grad(lambda v: layer.apply(v, X).sum())(variables)
    assert all(jnp.isfinite(g).all() for g in jax.tree.leaves(gradient))


def test_forward_mode_and_hessian(layer: YatNMN) -> None:
    variables = layer.init(KEY, X)

    def loss(x: jax.Array) -> jax.Array:
        return (layer.apply(variables, x) ** 2).sum()

    _, tangent = jax.jvp(loss, (X,), (jnp.ones_like(X),))
    np.testing.assert_allclose(tangent, jax.grad(loss)(X).sum(), rtol=1e-4)
    hessian = jax.hessian(loss)(X[0])
    np.testing.assert_allclose(hessian, hessian.T, rtol=1e-3, atol=1e-4)
    checkpointed = jax.grad(jax.checkpoint(loss))(X)
    np.testing.assert_allclose(checkpointed, jax.grad(loss)(X), rtol=1e-5)


def test_orbax_round_trip(layer: YatNMN, tmp_path: Path) -> None:
    variables = layer.init(KEY, X)
    with ocp.StandardCheckpointer() as checkpointer:
        checkpointer.save(tmp_path / "state", variables)
        checkpointer.wait_until_finished()
        restored = checkpointer.restore(tmp_path / "state", variables)
    np.testing.assert_array_equal(layer.apply(restored, X), layer.apply(variables, X))


def test_sharding_metadata_on_the_kernel() -> None:
    init = nn.with_partitioning(nn.initializers.lecun_normal(), (None, "model"))
    layer = YatNMN(3, kernel_init=init, positive_init=True)
    variables = layer.init(KEY, X)
    spec = nn.get_partition_spec(variables)
    assert spec["params"]["kernel"] == PartitionSpec(None, "model")
    assert layer.apply(variables, X).shape == (4, 3)


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
    dtype: jnp.dtype, param_dtype: jnp.dtype, expected: jnp.dtype
) -> None:
    layer = YatNMN(3, dtype=dtype, param_dtype=param_dtype, constant_alpha=True)
    variables = layer.init(KEY, X)
    assert {p.dtype for p in jax.tree.leaves(variables)} == {jnp.dtype(param_dtype)}
    assert layer.apply(variables, X).dtype == expected


def test_a_frozen_kernel_is_not_among_the_params() -> None:
    layer = YatNMN(3, freeze_kernel=True)
    variables = layer.init(KEY, X)
    assert set(variables["params"]) == {"bias", "alpha"}
    optimizer = optax.adamw(0.1, weight_decay=0.5)
    state = optimizer.init(variables["params"])
    gradients = jax.grad(lambda p: layer.apply({**variables, "params": p}, X).sum())(
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
    assert (YatNMN(3).apply(YatNMN(3).init(KEY, X), X) >= 0).all()


def test_positive_init_acts_on_the_initial_kernel_only() -> None:
    layer = YatNMN(3, positive_init=True)
    variables = layer.init(KEY, X)
    assert (variables["params"]["kernel"] >= 0).all()
    negative = jax.tree.map(jnp.negative, variables)
    np.testing.assert_array_equal(layer.apply(negative, X), YatNMN(3).apply(negative, X))


@pytest.mark.parametrize("shape", [(5,), (1, 5), (0, 5), (2, 3, 5), (2, 0, 5)])
def test_any_number_of_leading_axes(shape: tuple[int, ...]) -> None:
    layer = YatNMN(3)
    variables = layer.init(KEY, X)
    assert layer.apply(variables, jnp.ones(shape)).shape == (*shape[:-1], 3)


def test_wrong_inputs_are_named() -> None:
    layer = YatNMN(3)
    variables = layer.init(KEY, X)
    with pytest.raises(ValueError, match="input"):
        layer.apply(variables, jnp.ones((2, 4)))
    with pytest.raises(TypeError, match="input"):
        layer.apply(variables, jnp.ones((2, 5), int))


def test_both_import_paths_give_one_class() -> None:
    assert FromModule is YatNMN
