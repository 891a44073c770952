"""TensorFlow: recurrent layers in graphs, under XLA, saved and trained."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

import nmn.tf
from nmn.tf import _scans
from tests.conformance.tf_layers import assert_all_close, normal
from tests.conformance.tf_recurrent import (
    BATCH,
    FEATURES,
    INPUTS,
    LOOPS,
    TIME,
    UNKNOWN,
    built,
    derivatives,
    either,
    sequences,
)


def curvature(function: Callable[[tf.Tensor], tf.Tensor], x: tf.Tensor) -> None:
    """Second derivatives along a direction are differences of the gradient."""
    direction = normal(*x.shape, seed=5, dtype=x.dtype)

    @tf.function
    def slope_and_curvature(x: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        with tf.GradientTape() as outer:
            outer.watch(x)
            with tf.GradientTape() as inner:
                inner.watch(x)
                loss = tf.reduce_sum(tf.sin(function(x)))
            slope = inner.gradient(loss, x)
            along = tf.reduce_sum(slope * direction)
        return slope, outer.gradient(along, x)

    step = 1e-5
    (ahead, _), (behind, _) = (slope_and_curvature(x + s * direction) for s in (step, -step))
    _, found = slope_and_curvature(x)
    np.testing.assert_allclose(found, (ahead - behind) / (2 * step), rtol=1e-6, atol=1e-7)


def test_second_derivatives_of_a_loop() -> None:
    layer = built("YatRNN")
    curvature(lambda x: layer(x)[0], sequences(2, 3))


def test_second_derivatives_of_a_scan() -> None:
    """Of coefficients, additions and the first state at once."""

    def scanned(x: tf.Tensor) -> tf.Tensor:
        return _scans.affine_scan(x[:3], x[3:6] ** 2, x[6], is_real=None, reverse=True)

    curvature(scanned, normal(7, 2, 2, dtype=tf.float64))


@pytest.mark.parametrize("name", ["YatGRU", "YatMinGRU"])
def test_values_and_gradients_under_xla_are_the_eager_ones(name: str) -> None:
    layer, x, lengths = built(name), sequences(), tf.constant([5, 2, 0])

    @tf.function(jit_compile=True, input_signature=[UNKNOWN, tf.TensorSpec([None], tf.int32)])
    def compiled(x: tf.Tensor, lengths: tf.Tensor) -> list[tf.Tensor]:
        return derivatives(layer, x, sequence_length=lengths)

    eager = derivatives(layer, x, sequence_length=lengths)
    assert_all_close(compiled(x, lengths), eager, rtol=1e-10)


@pytest.mark.parametrize("name", ["YatLSTM", "YatSumGRU", "YatMinGRU"])
def test_batch_and_time_may_be_unknown_or_empty(name: str) -> None:
    layer = built(name)

    @tf.function(input_signature=[UNKNOWN])
    def compiled(x: tf.Tensor) -> list[tf.Tensor]:
        outputs, _ = layer(x)
        assert outputs.shape.as_list() == [None, None, FEATURES]
        return derivatives(layer, x)

    assert_all_close(compiled(sequences()), derivatives(layer, sequences()))
    for batch, time in [(2, 1), (1, 9), (0, 5), (3, 0)]:
        x = sequences(batch, time)
        outputs, *rest = compiled(x)
        assert outputs.shape == (batch, time, FEATURES)
        gradients = rest[-1 - len(layer.variables) :]
        assert [g.shape for g in gradients] == [x.shape, *(v.shape for v in layer.variables)]


def test_a_scan_of_unknown_length_is_that_of_a_known_one() -> None:
    """Longer ones than pairs of pairs reduce to a single step, too."""
    layer = built("YatMinGRU")

    def found(x: tf.Tensor) -> list[tf.Tensor]:
        return derivatives(layer, x)

    unknown = tf.function(found, input_signature=[UNKNOWN])
    for time in (1, 7, 300):
        x = sequences(1, time)
        known = tf.function(found, input_signature=[tf.TensorSpec(x.shape, x.dtype)])
        assert_all_close(known(x), unknown(x), rtol=1e-10)


@pytest.mark.parametrize("name", LOOPS)
def test_the_input_takes_one_product_before_the_loop(name: str) -> None:
    # Of a size that no other test has: graphs of known shapes.
    layer = built(name, 6, dtype=tf.float32)
    graph = tf.function(lambda x: layer(x)[0]).get_concrete_function(
        tf.TensorSpec([BATCH, TIME, INPUTS])
    )
    rows: dict[bool, list[int]] = {False: [], True: []}
    for function in graph.graph.as_graph_def(add_shapes=True).library.function:
        in_loop = "while_body" in function.signature.name
        for node in function.node_def:
            if node.op == "MatMul":
                (shape,) = node.attr["_output_shapes"].list.shape
                rows[in_loop].append(shape.dim[0].size)
    assert rows[False] == [BATCH * TIME]
    assert set(rows[True]) == {BATCH} and len(rows[True]) <= len(layer.cell.variables)


def test_eager_calls_share_graphs() -> None:
    """Neither lengths, nor batches, nor numbers have graphs of their own."""
    graphs = nmn.tf.yat_gru._call_layer
    layer = built("YatGRU", 7)
    for batch, time in [(2, 3), (2, 4), (3, 4)]:
        layer(sequences(batch, time))
    before = graphs.experimental_get_tracing_count()
    for time in range(6, 12):
        built("YatGRU", 7, epsilon=time / 7)(sequences(time, time))
    assert graphs.experimental_get_tracing_count() == before


@either
def test_variables_may_be_created_inside_a_function(name: str) -> None:
    layer = getattr(nmn.tf, name)(FEATURES, dtype=tf.float64)
    x = sequences()
    outputs, _ = tf.function(layer)(x)
    np.testing.assert_allclose(outputs, layer(x)[0], rtol=1e-12)


@pytest.mark.parametrize("shape", [None, [None] * 3, [None, INPUTS], [1, 2, 3, INPUTS]])
def test_inputs_without_these_axes_are_one_clear_error(shape: list[int | None] | None) -> None:
    function = tf.function(nmn.tf.YatGRU(FEATURES), input_signature=[tf.TensorSpec(shape)])
    with pytest.raises(ValueError, match=r"input must have shape \[batch, time, in\]"):
        function.get_concrete_function()


def test_an_unknown_number_of_steps_cannot_be_unrolled() -> None:
    layer = built("YatGRU", unroll=True)
    with pytest.raises(ValueError, match="unroll"):
        tf.function(layer, input_signature=[UNKNOWN]).get_concrete_function()


class Model(tf.Module):
    """A module with a layer inside, as users save it."""

    def __init__(self, layer: tf.Module) -> None:
        super().__init__()
        self.layer = layer
        lengths = tf.TensorSpec([None], tf.int32)
        self.respond = tf.function(
            lambda x, n: layer(x, sequence_length=n), input_signature=[UNKNOWN, lengths]
        )


@pytest.mark.parametrize("name", ["YatGRU", "YatMinGRU"])
def test_saved_model_keeps_values_and_gradients(name: str, tmp_path: Path) -> None:
    layer, lengths = built(name), tf.constant([5, 2, 0])
    tf.saved_model.save(Model(layer), str(tmp_path))
    loaded = tf.saved_model.load(str(tmp_path))
    for x in (sequences(), sequences(time=8)):
        (ours, _), (theirs, _) = (
            layer(x, sequence_length=lengths),
            loaded.respond(x, lengths),
        )
        np.testing.assert_allclose(theirs, ours, rtol=1e-12, atol=1e-14)
    with tf.GradientTape() as tape:
        tape.watch(x)
        outputs, _ = loaded.respond(x, lengths)
    with tf.GradientTape() as own:
        own.watch(x)
        expected, _ = layer(x, sequence_length=lengths)
    assert_all_close([tape.gradient(outputs, x)], [own.gradient(expected, x)])


@either
def test_checkpoint_round_trip(name: str, tmp_path: Path) -> None:
    layer, x = built(name), sequences()
    path = tf.train.Checkpoint(layer=layer).save(str(tmp_path / "checkpoint"))
    fresh = getattr(nmn.tf, name)(FEATURES, dtype=tf.float64, epsilon=0.1)
    # Restored when the first call creates the variables.
    status = tf.train.Checkpoint(layer=fresh).restore(path)
    np.testing.assert_array_equal(fresh(x)[0], layer(x)[0])
    status.assert_existing_objects_matched()


@either
def test_training_remembers_the_first_step(name: str) -> None:
    """The last output learns the sign of what came first."""
    tf.random.set_seed(1)
    layer = getattr(nmn.tf, name)(8)
    x = tf.random.stateless_normal([64, 6, INPUTS], [3, 0])
    signs = tf.cast(x[:, 0, 0] > 0, tf.float32)
    layer.build(INPUTS)

    @tf.function
    def step() -> tf.Tensor:
        with tf.GradientTape() as tape:
            outputs, _ = layer(x)
            loss = tf.reduce_mean(tf.square(outputs[:, -1, 0] - signs))
        gradients = tape.gradient(loss, layer.trainable_variables)
        for variable, gradient in zip(layer.trainable_variables, gradients, strict=True):
            variable.assign_sub(0.3 * gradient)
        return loss

    first = step()
    losses = [step() for _ in range(200)]
    assert losses[-1] < 0.5 * first
