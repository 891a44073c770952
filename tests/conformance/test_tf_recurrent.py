"""TensorFlow: cells and recurrent layers: values, variables, options and errors."""

import copy
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

import nmn.tf
from nmn.tf.squashers import soft_tanh, softer_sigmoid
from nmn.weights import load_canonical, to_canonical
from tests.conformance.tf_layers import assert_all_close, normal
from tests.conformance.tf_recurrent import (
    BATCH,
    FEATURES,
    INPUTS,
    PARALLEL,
    TIME,
    built,
    derivatives,
    each,
    either,
    sequences,
    twin,
)


@each
def test_a_layer_is_its_cell_in_a_loop(name: str) -> None:
    layer, x = built(name), sequences()
    state, outputs = layer.initial_state(BATCH), []
    for step in range(TIME):
        output, state = layer.cell(x[:, step], state)
        outputs.append(output)
    found, last = layer(x)
    np.testing.assert_allclose(found, tf.stack(outputs, 1), rtol=1e-12, atol=1e-14)
    assert_all_close(tf.nest.flatten(last), tf.nest.flatten(state), rtol=1e-12)


@each
def test_states_are_passed_on(name: str) -> None:
    """The first steps and then the others are all steps."""
    layer, x = built(name), sequences()
    outputs, last = layer(x)
    first, between = layer(x[:, :2])
    then, after = layer(x[:, 2:], between)
    np.testing.assert_allclose(tf.concat([first, then], 1), outputs, rtol=1e-12, atol=1e-14)
    assert_all_close(tf.nest.flatten(after), tf.nest.flatten(last), rtol=1e-12)


@pytest.mark.parametrize("name", ["YatGRU", "YatSumGRU", "YatLSTM"])
def test_unrolled_is_the_loop(name: str) -> None:
    layer, x, lengths = built(name), sequences(), [5, 2, 0]
    other = twin(layer, unroll=True)
    ours, theirs = (derivatives(one, x, sequence_length=lengths) for one in (layer, other))
    assert_all_close(ours, theirs, rtol=1e-12)


@each
def test_time_may_come_first(name: str) -> None:
    layer, x = built(name), sequences()
    outputs, last = layer(x, sequence_length=[5, 2, 0])
    swapped, state = twin(layer, time_major=True)(
        tf.transpose(x, [1, 0, 2]), sequence_length=[5, 2, 0]
    )
    np.testing.assert_array_equal(tf.transpose(swapped, [1, 0, 2]), outputs)
    assert_all_close(tf.nest.flatten(state), tf.nest.flatten(last))


@each
def test_in_reverse_the_last_real_step_comes_first(name: str) -> None:
    layer, x, lengths = built(name), sequences(), [5, 2, 0]
    outputs, last = twin(layer, reverse=True)(x, sequence_length=lengths)
    flipped, state = layer(tf.reverse_sequence(x, lengths, 1), sequence_length=lengths)
    expected = tf.reverse_sequence(flipped, lengths, 1)
    np.testing.assert_allclose(outputs, expected, rtol=1e-12, atol=1e-14)
    assert_all_close(tf.nest.flatten(last), tf.nest.flatten(state), rtol=1e-12)


@each
def test_what_is_beyond_a_sequence_never_leaks(name: str) -> None:
    """Not even where it is no number, and not by a rounding."""
    layer, x, lengths = built(name, reverse=name == "YatGRU"), sequences().numpy(), [5, 2, 0]
    expected = derivatives(layer, tf.constant(x), sequence_length=lengths)
    beyond = np.arange(TIME) >= np.array(lengths)[:, None]
    x[beyond] = np.nan
    found = derivatives(layer, tf.constant(x), sequence_length=lengths)
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_array_equal(one, other)
    outputs, grad_x = found[0].numpy(), found[-1 - len(layer.variables)].numpy()
    assert not outputs[beyond].any() and not grad_x[beyond].any()


def test_a_length_beyond_the_time_is_all_of_it() -> None:
    layer, x = built("YatGRU"), sequences()
    np.testing.assert_array_equal(layer(x, sequence_length=[9, 9, 9])[0], layer(x)[0])


@each
def test_variables_are_the_cells(name: str) -> None:
    layer = getattr(nmn.tf, name)(FEATURES, name="hidden")
    assert layer.variables == ()
    layer(normal(1, 1, INPUTS))
    before = {v.name: v.ref() for v in layer.variables}
    layer(normal(2, 3, INPUTS))
    assert {v.name: v.ref() for v in layer.variables} == before
    kernels = ["kernel"] if name in PARALLEL else ["kernel", "recurrent_kernel"]
    assert set(before) == {f"hidden/cell/{n}:0" for n in (*kernels, "bias", "alpha")}
    assert {v.ref() for v in layer.cell.variables} == set(before.values())
    assert layer.cell.kernel.shape[0] == INPUTS


@pytest.mark.parametrize("missing", ["bias", "alpha"])
def test_what_is_left_out_is_no_variable(missing: str) -> None:
    layer = nmn.tf.YatGRU(FEATURES, **{f"use_{missing}": False})
    outputs, _ = layer(normal(1, 2, INPUTS))
    assert getattr(layer.cell, missing) is None and len(layer.variables) == 3
    assert np.isfinite(outputs).all()


def test_gates_are_drawn_one_by_one() -> None:
    cell = nmn.tf.YatGRUCell(64)
    cell.build(48)
    for block in tf.split(cell.recurrent_kernel, 3, -1):
        np.testing.assert_allclose(tf.matmul(block, block, transpose_a=True), np.eye(64), atol=1e-5)
    assert np.std(cell.kernel) == pytest.approx((2 / (48 + 64)) ** 0.5, rel=0.05)
    blocks = tf.split(cell.kernel, 3, -1)
    assert not np.array_equal(blocks[0], blocks[1])


def test_gates_begin_where_they_should() -> None:
    """At the input's expected norm, orthogonal to the kernel, and in TensorFlow's order of gates:
    update, reset, candidate."""
    cell = nmn.tf.YatGRUCell(FEATURES, dtype=tf.float64)
    cell.build(64)
    norms = tf.reduce_sum(tf.square(cell.recurrent_kernel), 0)
    expected = 2 * 64 / (64 + FEATURES) + norms
    response = cell.alpha * cell.bias**2 / (64 + expected + cell.epsilon)
    update, reset, candidate = tf.split(response, 3)
    np.testing.assert_allclose(softer_sigmoid(update), 0.9, atol=1e-6)
    np.testing.assert_allclose(softer_sigmoid(reset), 0.5, atol=1e-6)
    np.testing.assert_allclose(soft_tanh(candidate), 0, atol=1e-6)


def test_initialisers_are_given_whole_shapes() -> None:
    asked: list[list[int]] = []

    def constant(shape: list[int], dtype: tf.DType) -> tf.Tensor:
        asked.append(list(shape))
        return tf.fill(shape, tf.cast(len(asked), dtype))

    kinds = ("kernel", "recurrent", "bias", "alpha")
    cell = nmn.tf.YatLSTMCell(2, **{f"{kind}_initializer": constant for kind in kinds})
    cell.build(INPUTS)
    assert sorted(asked) == sorted([[INPUTS, 8], [2, 8], [8], []])
    assert all((v.numpy() == v.numpy().flat[0]).all() for v in cell.variables)


@either
def test_canonical_arrays_round_trip_and_build_a_layer(name: str) -> None:
    layer, x = built(name), sequences()
    fresh = getattr(nmn.tf, name)(FEATURES, dtype=tf.float64, epsilon=0.1)
    load_canonical(fresh, to_canonical(layer))
    np.testing.assert_allclose(fresh(x)[0], layer(x)[0], rtol=1e-5)
    np.testing.assert_array_equal(copy.deepcopy(layer)(x)[0], layer(x)[0])


@pytest.mark.parametrize("dtype", [tf.float16, tf.bfloat16], ids=lambda d: d.name)
@either
def test_half_precision_is_computed_in_float32(name: str, dtype: tf.DType) -> None:
    layer = built(name, dtype=tf.float32)
    half = twin(layer, dtype=dtype)
    layer = twin(half, dtype=tf.float32)
    x = tf.cast(sequences(), dtype)
    outputs, last = half(x)
    assert {t.dtype for t in tf.nest.flatten((outputs, last))} == {dtype}
    exact, _ = layer(tf.cast(x, tf.float32))
    # A state is rounded once a step, and what was rounded before fades.
    rounding = 2.0**-11 if dtype == tf.float16 else 2.0**-8
    np.testing.assert_allclose(tf.cast(outputs, tf.float32), exact, atol=20 * rounding)
    results = derivatives(half, x)
    assert all(np.isfinite(tf.cast(r, tf.float32)).all() for r in results)


def test_roles_may_be_replaced() -> None:
    layer = built("YatGRU", gate=tf.sigmoid, activation=tf.tanh)
    other, x = twin(layer), sequences()
    assert np.abs(layer(x)[0] - other(x)[0]).max() > 1e-3
    same = twin(layer, gate=lambda r: r / (1 + r), activation=lambda r: (r - 1) / (r + 1))
    np.testing.assert_allclose(same(x)[0], other(x)[0], rtol=1e-10)


@either
def test_roles_may_be_modules_with_variables_of_their_own(name: str) -> None:
    class Slope(tf.Module):
        def __init__(self) -> None:
            super().__init__()
            self.slope = tf.Variable(tf.constant(1.5, tf.float64))

        def __call__(self, responses: tf.Tensor) -> tf.Tensor:
            return softer_sigmoid(self.slope * responses)

    gate, x = Slope(), sequences()
    layer = built(name, gate=gate)
    assert gate.slope.ref() in {v.ref() for v in layer.trainable_variables}

    def loss() -> tf.Tensor:
        return tf.reduce_sum(tf.sin(layer(x)[0]))

    with tf.GradientTape() as tape:
        value = loss()
    found, step = tape.gradient(value, gate.slope), 1e-6
    gate.slope.assign_add(step)
    ahead = loss()
    gate.slope.assign_sub(2 * step)
    assert float((ahead - loss()) / (2 * step)) == pytest.approx(float(found), rel=1e-6)


@pytest.mark.parametrize(
    ("call", "error", "match"),
    [
        (lambda c: c(tf.ones([2, 5]), c.initial_state(2)), ValueError, "last axis of length 4"),
        (lambda c: c(tf.ones([2, 1, 4]), c.initial_state(2)), ValueError, r"\[batch, in\]"),
        (lambda c: c([[1, 2, 3, 4]], c.initial_state(1)), TypeError, "floating-point"),
        (
            lambda c: c(tf.ones([2, 4]), [tf.ones([2, 3])] * 2),
            ValueError,
            r"state h .*\[batch, 2\]",
        ),
        (lambda c: c(tf.ones([2, 4]), [tf.ones([2, 2])]), ValueError, r"\(h, c\), got 1"),
    ],
)
def test_wrong_arguments_of_a_cell_are_named(
    call: Callable[[Any], Any], error: type[Exception], match: str
) -> None:
    with pytest.raises(error, match=match):
        call(built("YatLSTMCell", dtype=tf.float32))


@pytest.mark.parametrize(
    ("lengths", "error"), [([1.0, 2.0], TypeError), ([[1], [2]], ValueError), (1, ValueError)]
)
def test_wrong_lengths_are_named(lengths: Any, error: type[Exception]) -> None:
    with pytest.raises(error, match="sequence_length must"):
        built("YatGRU")(sequences(2), sequence_length=lengths)


@pytest.mark.parametrize(
    ("options", "error", "match"),
    [
        ({"features": 0}, ValueError, "features must be at least 1"),
        ({"features": 2.5}, TypeError, "features must be an integer"),
        ({"features": 2, "epsilon": 0.0}, ValueError, "epsilon must be positive"),
    ],
)
def test_wrong_options_are_named(
    options: dict[str, Any], error: type[Exception], match: str
) -> None:
    for name in ("YatGRU", "YatGRUCell"):
        with pytest.raises(error, match=match):
            getattr(nmn.tf, name)(**options)
