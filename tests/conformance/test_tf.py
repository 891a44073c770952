"""TensorFlow: the layer behaves as a `tf.Module` built on first call should."""

import gc
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from nmn.tf import YatDense, YatNMN
from nmn.tf.nmn import YatNMN as FromModule
from nmn.weights import load_canonical, to_canonical

X = tf.constant(np.random.default_rng(0).normal(size=(4, 5)).astype(np.float32))

OPTIONS: list[dict] = [
    {},
    {"use_bias": False, "use_alpha": False},
    {"scalar_bias": True, "softplus_bias": True, "learnable_epsilon": True},
    {"constant_bias": 0.5, "constant_alpha": True},
    {"spherical": True},
    {"weight_normalized": True},
]


@pytest.fixture(params=OPTIONS, ids=lambda o: ",".join(o) or "default")
def layer(request: pytest.FixtureRequest) -> YatNMN:
    layer = YatNMN(3, epsilon=0.1, **request.param)
    layer(X)
    return layer


def gradients(function: object, layer: YatNMN) -> list[np.ndarray]:
    with tf.GradientTape() as tape:
        tape.watch(X)
        output = function(X)
    return [g.numpy() for g in tape.gradient(output, [X, *layer.trainable_variables])]


@pytest.mark.parametrize("jit_compile", [False, True])
def test_graphs_and_xla_agree_with_eager(layer: YatNMN, jit_compile: bool) -> None:
    compiled = tf.function(layer, jit_compile=jit_compile)
    np.testing.assert_allclose(compiled(X), layer(X), rtol=1e-5, atol=1e-7)
    for ours, theirs in zip(gradients(compiled, layer), gradients(layer, layer), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-5)


def test_second_derivatives_agree_with_differences() -> None:
    layer = YatNMN(3, epsilon=0.1, learnable_epsilon=True, dtype=tf.float64)
    x = tf.cast(X, tf.float64)
    direction = tf.ones_like(x)

    def slope(x: tf.Tensor) -> tf.Tensor:
        with tf.GradientTape() as tape:
            tape.watch(x)
            total = tf.reduce_sum(layer(x) ** 2)
        return tape.gradient(total, x)

    with tf.GradientTape() as tape:
        tape.watch(x)
        along = tf.reduce_sum(slope(x) * direction)
    second = tape.gradient(along, x)
    step = 1e-6
    differences = (slope(x + step * direction) - slope(x - step * direction)) / (2 * step)
    np.testing.assert_allclose(second, differences, rtol=1e-5, atol=1e-6)


def test_saved_model_with_an_unknown_batch(layer: YatNMN, tmp_path: Path) -> None:
    module = tf.Module()
    module.layer = layer
    signature = [tf.TensorSpec([None, 5], tf.float32)]
    module.call = tf.function(lambda x: layer(x), input_signature=signature)
    tf.saved_model.save(module, str(tmp_path))
    loaded = tf.saved_model.load(str(tmp_path))
    np.testing.assert_allclose(loaded.call(X), layer(X), rtol=1e-6)
    assert loaded.call(X[:0]).shape == (0, 3)


def test_checkpoint_round_trip(layer: YatNMN, tmp_path: Path) -> None:
    expected = layer(X).numpy()
    path = tf.train.Checkpoint(layer=layer).write(str(tmp_path / "checkpoint"))
    for variable in layer.variables:
        variable.assign(variable + 1)
    tf.train.Checkpoint(layer=layer).read(path).assert_consumed()
    np.testing.assert_array_equal(layer(X), expected)


def test_variables_are_created_inside_a_graph_once() -> None:
    layer = YatNMN(3)
    compiled = tf.function(layer)
    np.testing.assert_allclose(compiled(X), layer(X), rtol=1e-5)
    assert len(layer.variables) == 3


def test_an_unknown_last_axis_is_an_error() -> None:
    function = tf.function(YatNMN(3), input_signature=[tf.TensorSpec([4, None], tf.float32)])
    with pytest.raises(ValueError, match="known length"):
        function.get_concrete_function()


@pytest.mark.parametrize("shape", [(5,), (1, 5), (0, 5), (2, 3, 5), (2, 0, 5)])
def test_any_number_of_leading_axes(shape: tuple[int, ...]) -> None:
    layer = YatNMN(3)
    x = tf.ones(shape)
    with tf.GradientTape() as tape:
        tape.watch(x)
        output = layer(x)
    assert output.shape == (*shape[:-1], 3)
    assert tape.gradient(output, x).shape == shape


def test_wrong_inputs_are_named() -> None:
    layer = YatNMN(3)
    layer(X)
    with pytest.raises(ValueError, match="input"):
        layer(tf.ones((2, 4)))
    with pytest.raises(ValueError, match="input"):
        layer(tf.constant(1.0))
    with pytest.raises(TypeError, match="input"):
        layer(tf.ones((2, 5), tf.int32))


def test_only_one_tensor_of_the_outputs_size_is_kept() -> None:
    """The tape holds on to what the backward pass needs; count the memory that stays alive."""
    layer = YatNMN(256)
    x = tf.random.normal((512, 16))
    layer(x)
    with tf.GradientTape():
        output = layer(x)
        gc.collect()
        alive = [o for o in gc.get_objects() if type(o) is type(output)]
        memory = {
            np.from_dlpack(o).ctypes.data
            for o in alive
            if o.dtype == tf.float32 and o.shape == output.shape
        }
    assert len(memory) == 2, "the output and one residual"


def test_a_frozen_kernel_is_no_trainable_variable() -> None:
    layer = YatNMN(3, freeze_kernel=True)
    layer(X)
    assert layer.kernel is not None
    assert all(v is not layer.kernel for v in layer.trainable_variables)


def test_positive_init_acts_on_the_initial_kernel_only() -> None:
    layer = YatNMN(3, positive_init=True)
    layer(X)
    assert (layer.kernel.numpy() >= 0).all()
    layer.kernel.assign(-layer.kernel)
    plain = load_canonical(YatNMN(3), to_canonical(layer))
    np.testing.assert_array_equal(layer(X), plain(X))


def test_dropconnect_is_active_in_training_only_and_rescaled() -> None:
    layer = YatNMN(300, drop_rate=0.25, epsilon=1e6, use_alpha=False, use_bias=False)
    x = tf.ones((1, 400))
    layer(x)
    layer.kernel.assign(tf.ones_like(layer.kernel))
    # With a huge epsilon the response is the squared sum of the kept entries over epsilon.
    kept = np.sqrt(layer(x, training=True).numpy() * 1e6)
    assert kept.mean() == pytest.approx(400, rel=0.02)
    assert (layer(x).numpy() == layer(x, training=False).numpy()).all()
    assert not np.array_equal(layer(x, training=True), layer(x, training=True))


def test_initialisers_are_honoured() -> None:
    layer = YatNMN(3, kernel_initializer=tf.ones, bias_initializer=tf.ones)
    layer(X)
    assert (layer.kernel.numpy() == 1).all() and (layer.bias.numpy() == 1).all()


def test_both_names_give_one_class() -> None:
    assert YatDense is YatNMN is FromModule
