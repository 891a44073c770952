"""Flax: cells work in the framework's own layers, and layers are what these make of the cells."""

import inspect
from typing import Any

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx
from jax import lax

import nmn.linen
import nmn.nnx
from tests.conformance.flax_recurrent import (
    BATCH,
    INPUTS,
    KEY,
    LENGTHS,
    NAMES,
    TIME,
    UNITS,
    assert_close,
    function,
    make,
    real,
    repeated,
    sequences,
    total,
    wide,
)

each = pytest.mark.parametrize("name", NAMES)
#: One that loops and one that scans, each in one framework: what these share is one template.
either = pytest.mark.parametrize(
    ("framework", "name"), [("linen", "YatMinGRU"), ("nnx", "YatLSTM")]
)


@pytest.fixture(params=["linen", "nnx"])
def framework(request: pytest.FixtureRequest) -> str:
    return request.param


# In the framework's own layers.


@each
def test_cells_are_cells_of_the_framework(framework: str, name: str) -> None:
    cell = make(framework, f"{name}Cell")
    base = nn.RNNCellBase if framework == "linen" else nnx.RNNCellBase
    assert isinstance(cell, base) and cell.num_feature_axes == 1
    own = inspect.signature(base.initialize_carry).parameters
    assert list(inspect.signature(cell.initialize_carry).parameters) == list(own)[1:]
    shape = (7, INPUTS)
    carry = (
        cell.initialize_carry(KEY, shape) if framework == "linen" else cell.initialize_carry(shape)
    )
    assert isinstance(carry, tuple) == (name == "YatLSTM")
    assert all(state.shape == (7, UNITS) and not state.any() for state in jax.tree.leaves(carry))


@pytest.mark.parametrize(
    ("theirs", "ours", "deprecated"),
    [
        (nn.GRUCell, nmn.linen.YatGRUCell, set()),
        (nnx.GRUCell, nmn.nnx.YatGRUCell, {"carry_init", "keep_rngs"}),
    ],
)
def test_arguments_are_those_of_the_frameworks_cell_in_its_order(
    theirs: type, ours: type, deprecated: set[str]
) -> None:
    own, names = (list(inspect.signature(cls.__init__).parameters) for cls in (theirs, ours))
    kept = [name for name in own if name not in deprecated]
    assert [name for name in names if name in own] == kept
    positional = [name for name in kept if name not in ("parent", "name", "rngs")]
    if ours is nmn.linen.YatGRUCell:
        assert names[: len(positional)] == positional


def test_a_carry_may_be_drawn() -> None:
    draw = nn.initializers.normal()
    c, h = make("linen", "YatLSTMCell", carry_init=draw).initialize_carry(KEY, (7, INPUTS))
    assert h.std() > 0 and not jnp.array_equal(c, h)
    cell = make("nnx", "YatLSTMCell")
    c, h = cell.initialize_carry((7, INPUTS), nnx.Rngs(0), draw)
    assert h.std() > 0 and not jnp.array_equal(c, h)
    with pytest.raises(ValueError, match="rngs must be given"):
        cell.initialize_carry((7, INPUTS), carry_init=draw)


@pytest.mark.parametrize(
    ("framework", "name", "options"),
    [
        *[("linen" if i % 2 else "nnx", name, 7) for i, name in enumerate(NAMES)],
        *[("linen", "YatMinGRU", i) for i in (0, 1, 2, 3, 5)],
        *[("nnx", "YatLSTM", i) for i in (0, 1, 2, 3, 5)],
    ],
)
def test_a_layer_is_the_frameworks_own_layer_of_its_cell(
    framework: str, name: str, options: int
) -> None:
    """Options by bits: lengths, reverse, in the order of inputs."""
    given: dict[str, Any] = {"reverse": bool(options & 2), "keep_order": bool(options & 4)}
    if options & 1:
        given["seq_lengths"] = jnp.array(LENGTHS)
    x, layer = sequences(), wide(framework, name)
    cell = wide(framework, f"{name}Cell") if framework == "linen" else layer.cell
    apply, parameters = function(layer)
    own, same = function(repeated(framework, cell))
    assert jax.tree.structure(parameters) == jax.tree.structure(same)
    states = [sequences(BATCH, UNITS, seed=s) for s in range(2 if name == "YatLSTM" else 1)]
    carry = tuple(states) if len(states) > 1 else states[0]
    given |= {"initial_carry": carry, "return_carry": True}
    found = apply(parameters, x, **given)
    last, outputs = own(parameters, x, **given)
    assert_close(found, (last, real(outputs) if options & 1 else outputs))


@either
def test_time_may_come_first_also_as_an_attribute(framework: str, name: str) -> None:
    x = sequences()
    apply, parameters = function(wide(framework, name))
    carry, outputs = apply(parameters, x, return_carry=True)
    options = {"time_major": True, "return_carry": True, "reverse": True, "keep_order": True}
    first, _ = function(wide(framework, name, **options))
    last, swapped = first(parameters, x.swapaxes(0, 1)[::-1])
    assert_close((last, swapped[::-1].swapaxes(0, 1)), (carry, outputs))


@either
def test_in_a_bidirectional_layer(framework: str, name: str) -> None:
    x, given = sequences(), {"seq_lengths": jnp.array(LENGTHS), "return_carry": True}
    layers = [wide(framework, name) for _ in range(2)]
    both = nn.Bidirectional(*layers) if framework == "linen" else nnx.Bidirectional(*layers)
    apply, parameters = function(both)
    carries, outputs = apply(parameters, x, **given)
    one, _ = function(layers[0])
    for i, (direction, back) in enumerate((("forward_rnn", False), ("backward_rnn", True))):
        expected = one(parameters[direction], x, reverse=back, keep_order=back, **given)
        assert_close((carries[i], outputs[..., i * UNITS :][..., :UNITS]), expected)


# Padding, and shapes.


@either
def test_what_is_beyond_a_sequence_never_leaks(framework: str, name: str) -> None:
    """Not even where it is no number: gradients are those of each sequence by itself."""
    lengths = (4, 2, 0)
    beyond = (np.arange(TIME) >= np.array(lengths)[:, None])[..., None]
    x = sequences()
    apply, parameters = function(wide(framework, name))

    @jax.jit
    def evaluate(x: jax.Array, lengths: jax.Array) -> Any:
        def loss(parameters: Any, x: jax.Array) -> Any:
            results = apply(parameters, x, seq_lengths=lengths, return_carry=True, reverse=True)
            return total(results), results

        return jax.value_and_grad(loss, (0, 1), has_aux=True)(parameters, x)

    (_, results), gradients = evaluate(jnp.where(beyond, jnp.nan, x), jnp.array(lengths))
    (_, expected), of_zeros = evaluate(jnp.where(beyond, 0, x), jnp.array(lengths))
    assert_close((results, gradients), (expected, of_zeros), rtol=0)
    assert (
        not jnp.where(beyond, results[1], 0).any() and not jnp.where(beyond, gradients[1], 0).any()
    )
    # A sequence without a step leaves its carry, which was zeros, and one of all steps is itself.
    assert all(not state[2].any() for state in jax.tree.leaves(results[0]))
    carry, outputs = apply(parameters, x, return_carry=True, reverse=True)
    assert_close(results[1][0], outputs[0])
    assert_close(
        [s[0] for s in jax.tree.leaves(results[0])], [s[0] for s in jax.tree.leaves(carry)]
    )


@either
@pytest.mark.parametrize("batch", [(), (0,), (2, 3)])
@pytest.mark.parametrize("steps", [0, 2])
def test_any_number_of_batch_axes_and_steps(
    framework: str, name: str, batch: tuple[int, ...], steps: int
) -> None:
    x = sequences(*batch, steps, INPUTS)
    apply, parameters = function(wide(framework, name))
    lengths = jnp.full(batch, steps)
    carry, outputs = apply(parameters, x, return_carry=True, seq_lengths=lengths)
    assert outputs.shape == (*batch, steps, UNITS)
    assert all(state.shape == (*batch, UNITS) for state in jax.tree.leaves(carry))
    if batch == (2, 3):
        flat = apply(parameters, x.reshape(6, steps, INPUTS))
        assert_close(outputs.reshape(flat.shape), flat)


# Transformations.


@pytest.mark.parametrize(
    ("framework", "name", "reverse"),
    [("linen", "YatRNN", False), ("nnx", "YatMinGRU", False), ("linen", "YatMinLSTM", True)],
)
def test_on_other_platforms_than_cpus_results_are_the_same(
    framework: str, name: str, reverse: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Scans are associative ones there."""
    given = {"seq_lengths": jnp.array(LENGTHS), "return_carry": True, "reverse": reverse}

    def evaluated() -> Any:
        apply, parameters = function(wide(framework, name))
        loss = jax.value_and_grad(lambda parameters: total(apply(parameters, sequences(), **given)))
        return jax.jit(loss)(parameters)

    expected = evaluated()
    monkeypatch.setattr(lax, "platform_dependent", lambda *args, default, **_: default(*args))
    assert_close(evaluated(), expected, rtol=1e-10)


@either
def test_vmap_remat_and_forward_mode(framework: str, name: str) -> None:
    x = sequences()
    apply, parameters = function(wide(framework, name))
    assert_close(jax.vmap(apply, (None, 0))(parameters, x), apply(parameters, x))

    def loss(x: jax.Array) -> jax.Array:
        return total(apply(parameters, x))

    gradient = jax.jit(jax.grad(loss))(x)
    assert_close(jax.jit(jax.grad(jax.checkpoint(loss)))(x), gradient)
    _, tangent = jax.jit(lambda x: jax.jvp(loss, (x,), (jnp.ones_like(x),)))(x)
    np.testing.assert_allclose(tangent, gradient.sum(), rtol=1e-10)


def test_second_derivatives(framework: str) -> None:
    apply, parameters = function(wide(framework, "YatRNN"))
    hessian = jax.jit(jax.hessian(lambda x: total(apply(parameters, x))))(sequences()[0, :2])
    square = hessian.reshape(2 * INPUTS, -1)
    np.testing.assert_allclose(square, square.T, rtol=1e-8, atol=1e-12)


def test_nnx_modules_are_split_merged_and_transformed() -> None:
    x, layer = sequences(), wide("nnx", "YatGRU")
    assert isinstance(layer.cell, nmn.nnx.YatGRUCell)
    call = nnx.jit(lambda layer, x: layer(x))
    assert_close(call(nnx.merge(*nnx.split(layer)), x), call(layer, x))
    gradients = nnx.jit(nnx.grad(lambda layer, x: layer(x).sum()))(layer, x)
    assert jax.tree.structure(gradients) == jax.tree.structure(nnx.state(layer, nnx.Param))
