"""Flax NNX: the layer behaves as `nnx.Linear` does."""

from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import optax
import orbax.checkpoint as ocp
import pytest
from flax import nnx
from jax.sharding import PartitionSpec

from nmn.nnx import FrozenParam, YatNMN
from nmn.nnx.nmn import YatNMN as FromModule

X = jnp.asarray(np.random.default_rng(0).normal(size=(4, 5)), jnp.float32)

OPTIONS: list[dict] = [
    {},
    {"use_bias": False, "use_alpha": False},
    {"scalar_bias": True, "softplus_bias": True, "learnable_epsilon": True},
    {"constant_bias": 0.5, "constant_alpha": True},
    {"spherical": True},
    {"weight_normalized": True, "freeze_kernel": True},
]


def make(**options: object) -> YatNMN:
    return YatNMN(5, 3, rngs=nnx.Rngs(0), **options)


@pytest.fixture(params=OPTIONS, ids=lambda o: ",".join(o) or "default")
def layer(request: pytest.FixtureRequest) -> YatNMN:
    return make(epsilon=0.1, **request.param)


def test_jit_vmap_and_grad(layer: YatNMN) -> None:
    expected = layer(X)
    np.testing.assert_allclose(nnx.jit(lambda m, x: m(x))(layer, X), expected, rtol=1e-5)
    rows = nnx.vmap(lambda m, x: m(x), in_axes=(None, 0))(layer, X)
    np.testing.assert_allclose(rows, expected, rtol=1e-4, atol=1e-6)
    gradient = nnx.grad(lambda m: m(X).sum())(layer)
    assert all(jnp.isfinite(g).all() for g in jax.tree.leaves(gradient))


def test_forward_mode_and_hessian(layer: YatNMN) -> None:
    def loss(x: jax.Array) -> jax.Array:
        return (layer(x) ** 2).sum()

    _, tangent = jax.jvp(loss, (X,), (jnp.ones_like(X),))
    np.testing.assert_allclose(tangent, jax.grad(loss)(X).sum(), rtol=1e-4)
    hessian = jax.hessian(loss)(X[0])
    np.testing.assert_allclose(hessian, hessian.T, rtol=1e-3, atol=1e-4)


def test_split_merge_and_orbax(layer: YatNMN, tmp_path: Path) -> None:
    graph, state = nnx.split(layer)
    assert hash(graph) == hash(nnx.graphdef(layer))
    np.testing.assert_array_equal(nnx.merge(graph, state)(X), layer(X))
    with ocp.StandardCheckpointer() as checkpointer:
        checkpointer.save(tmp_path / "state", state)
        checkpointer.wait_until_finished()
        restored = checkpointer.restore(tmp_path / "state", state)
    np.testing.assert_array_equal(nnx.merge(graph, restored)(X), layer(X))


def test_building_under_transformations_leaks_nothing(layer: YatNMN) -> None:
    abstract = nnx.eval_shape(make)
    assert abstract.kernel.shape == (5, 3)
    built = nnx.jit(make)()
    assert built(X).shape == (4, 3)
    assert make()(X).shape == (4, 3)


def test_sharding_metadata_on_the_kernel() -> None:
    with jax.set_mesh(jax.make_mesh((1,), ("model",))):
        layer = make(kernel_metadata={"out_sharding": PartitionSpec(None, "model")})
    assert layer.kernel.out_sharding == PartitionSpec(None, "model")
    assert make(bias_metadata={"note": "b"}).bias.note == "b"


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
    layer = make(dtype=dtype, param_dtype=param_dtype, constant_alpha=True)
    assert {p.dtype for p in jax.tree.leaves(nnx.state(layer))} == {jnp.dtype(param_dtype)}
    assert layer(X).dtype == expected


def test_a_frozen_kernel_is_not_moved_by_weight_decay() -> None:
    layer = make(freeze_kernel=True)
    assert isinstance(layer.kernel, FrozenParam)
    before, bias = np.array(layer.kernel[...]), np.array(layer.bias[...])
    optimizer = nnx.Optimizer(layer, optax.adamw(0.1, weight_decay=0.5), wrt=nnx.Param)
    optimizer.update(layer, nnx.grad(lambda m: m(X).sum())(layer))
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


def test_positive_init_acts_on_the_initial_kernel_only() -> None:
    layer, plain = make(positive_init=True), make()
    assert (layer.kernel[...] >= 0).all()
    layer.kernel[...] = -layer.kernel[...]
    plain.kernel[...] = layer.kernel[...]
    np.testing.assert_array_equal(layer(X), plain(X))


@pytest.mark.parametrize("shape", [(5,), (1, 5), (0, 5), (2, 3, 5), (2, 0, 5)])
def test_any_number_of_leading_axes(shape: tuple[int, ...]) -> None:
    assert make()(jnp.ones(shape)).shape == (*shape[:-1], 3)


def test_wrong_inputs_are_named() -> None:
    with pytest.raises(ValueError, match="input"):
        make()(jnp.ones((2, 4)))
    with pytest.raises(TypeError, match="input"):
        make()(jnp.ones((2, 5), int))


def test_both_import_paths_give_one_class() -> None:
    assert FromModule is YatNMN
