"""Flax: parameters of recurrent cells, and what is said of mistakes."""

from typing import Any

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx
from jax.sharding import PartitionSpec

from tests.conformance.flax_recurrent import (
    BATCH,
    INPUTS,
    KEY,
    UNITS,
    function,
    initial,
    make,
    sequences,
)

either = pytest.mark.parametrize(
    ("framework", "name"), [("linen", "YatMinGRU"), ("nnx", "YatLSTM")]
)


@pytest.fixture(params=["linen", "nnx"])
def framework(request: pytest.FixtureRequest) -> str:
    return request.param


# Parameters.


@either
@pytest.mark.parametrize(
    ("dtype", "param_dtype", "expected"),
    [
        (None, jnp.float32, jnp.float32),
        (jnp.bfloat16, jnp.float32, jnp.bfloat16),
        (jnp.float16, jnp.float16, jnp.float16),
        (None, jnp.bfloat16, jnp.float32),
    ],
)
def test_dtype_is_of_the_outputs_and_param_dtype_of_parameters_and_carry(
    framework: str, name: str, dtype: Any, param_dtype: Any, expected: Any
) -> None:
    x = sequences().astype(jnp.float32)
    apply, parameters = function(make(framework, name, dtype=dtype, param_dtype=param_dtype), x)
    assert {p.dtype for p in jax.tree.leaves(parameters)} == {jnp.dtype(param_dtype)}
    carry, outputs = apply(parameters, x, return_carry=True)
    assert outputs.dtype == expected
    # As wide as outputs at least.
    states = jnp.promote_types(expected, param_dtype)
    assert {s.dtype for s in jax.tree.leaves(carry)} == {states}


@either
def test_kernels_are_drawn_gate_by_gate(framework: str, name: str) -> None:
    arrays = initial(make(framework, f"{name}Cell", param_dtype=jnp.float16))
    if "recurrent_kernel" in arrays:
        gates = arrays["recurrent_kernel"].shape[-1] // UNITS
        for block in jnp.split(arrays["recurrent_kernel"].astype(jnp.float64), gates, axis=-1):
            np.testing.assert_allclose(block.T @ block, jnp.eye(UNITS), atol=3e-3)
    assert len(jnp.unique(arrays["kernel"])) == arrays["kernel"].size


def test_initialisers_are_given_whole_biases_and_single_gates(framework: str) -> None:
    shapes = []

    def init(key: jax.Array, shape: tuple[int, ...], dtype: Any) -> jax.Array:
        shapes.append(shape)
        return jnp.zeros(shape, dtype)

    names = ("kernel_init", "recurrent_kernel_init", "bias_init", "alpha_init")
    initial(make(framework, "YatGRUCell", **dict.fromkeys(names, init)))
    kernels = [(INPUTS, UNITS)] * 3 + [(UNITS, UNITS)] * 3
    assert sorted(shapes) == sorted([*kernels, (3 * UNITS,), ()])


def test_what_is_left_out_is_no_parameter(framework: str) -> None:
    arrays = initial(make(framework, "YatLSTMCell", use_bias=False, use_alpha=False))
    assert set(arrays) == {"kernel", "recurrent_kernel"}


def test_metadata_of_parameters() -> None:
    init = nn.with_partitioning(nn.initializers.lecun_normal(), (None, "model"))
    layer = make("linen", "YatGRU", kernel_init=init, recurrent_kernel_init=init)
    variables = layer.init(KEY, sequences())
    specs = nn.get_partition_spec(variables)["params"]["cell"]
    assert specs["kernel"] == specs["recurrent_kernel"] == PartitionSpec(None, "model")
    names = ("kernel", "recurrent_kernel", "bias", "alpha")
    given = {f"{name}_metadata": {"tag": name} for name in names[1:]}
    init = nnx.with_metadata(nnx.initializers.lecun_normal(), tag="kernel")
    cell = make("nnx", "YatGRU", kernel_init=init, **given).cell
    assert [getattr(cell, name).tag for name in names] == list(names)


# Errors.


def test_mistakes_are_named(framework: str) -> None:
    x = sequences()
    apply, parameters = function(make(framework, "YatLSTM"))
    one = jnp.zeros((BATCH, UNITS))
    mistakes = [
        (ValueError, r"carry must be \(c, h\)", x, {"initial_carry": one}),
        (ValueError, "length 2, got", x, {"initial_carry": (one[:, :1], one)}),
        (ValueError, "seq_lengths must have the shape", x, {"seq_lengths": jnp.ones(2, int)}),
        (TypeError, "seq_lengths must be integers", x, {"seq_lengths": jnp.ones(BATCH)}),
        (ValueError, f"last axis of length {INPUTS}", x[..., :2], {}),
        (ValueError, "axis of steps", x[0, 0], {}),
        (TypeError, "floating-point", x.astype(int), {}),
    ]
    for error, message, given, options in mistakes:
        with pytest.raises(error, match=message):
            apply(parameters, given, **options)
    with pytest.raises(ValueError, match="epsilon must be positive"):
        make(framework, "YatGRUCell", epsilon=0.0)
