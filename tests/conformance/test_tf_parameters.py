"""TensorFlow: parameters, dtypes and wrong arguments of every layer."""

import math

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.conformance.tf_layers import KINDS, Kind, definition, gradients, normal


@pytest.fixture(params=KINDS, ids=lambda kind: kind.name)
def kind(request: pytest.FixtureRequest) -> Kind:
    return request.param


@pytest.mark.parametrize("dtype", [tf.bfloat16, tf.float16])
def test_half_precision_keeps_its_dtype_and_computes_in_float32(
    kind: Kind, dtype: tf.DType
) -> None:
    """Operands are rounded once, so that near x = w the distance keeps its digits."""
    layer = kind.layer(dtype=dtype)
    layer.build(kind.input_shape[-1])
    x = kind.equal_to_kernel(layer)
    x = tf.cast(1.05 * x, dtype)
    output = layer(x)
    assert output.dtype == dtype
    assert {v.dtype for v in layer.variables} == {dtype}
    eps = 2.0**-7 if dtype == tf.bfloat16 else 2.0**-10
    smallest = 2.0**-126 if dtype == tf.bfloat16 else 2.0**-14
    exact = definition(layer, x)
    ours = tf.cast(output, tf.float64).numpy()
    np.testing.assert_allclose(ours, exact, rtol=2 * eps, atol=eps * smallest)
    assert [g.dtype for g in gradients(layer, layer, x)] == [dtype] * 4


def test_float64_is_float64_inside(kind: Kind) -> None:
    layer = kind.built(dtype=tf.float64)
    x = tf.cast(kind.equal_to_kernel(layer), tf.float64)
    x += 1e-3 * normal(*x.shape, dtype=tf.float64)
    np.testing.assert_allclose(layer(x), definition(layer, x), rtol=1e-7)


@pytest.mark.parametrize("dtype", [tf.float16, tf.bfloat16, tf.float32, tf.float64])
def test_floating_inputs_are_cast_to_the_layers_dtype(kind: Kind, dtype: tf.DType) -> None:
    layer = kind.built()
    x = kind.normal(dtype=dtype)
    assert layer(x).dtype == tf.float32
    np.testing.assert_array_equal(layer(x), layer(tf.cast(x, tf.float32)))
    np.testing.assert_array_equal(layer(tf.cast(x, tf.float64).numpy()), layer(x))


@pytest.mark.parametrize("dtype", [tf.int32, tf.bool, tf.complex64])
def test_other_inputs_are_named(kind: Kind, dtype: tf.DType) -> None:
    x = tf.ones((2, *kind.input_shape), dtype)
    for wrong in (x, x.numpy()):
        with pytest.raises(TypeError, match="input"):
            kind.built()(wrong)


def test_another_number_of_channels_is_named(kind: Kind) -> None:
    *size, channels = kind.input_shape
    with pytest.raises(ValueError, match=rf"{channels + 2}.*{channels}|{channels}.*{channels + 2}"):
        kind.built()(tf.ones((2, *size, channels + 2)))


@pytest.mark.parametrize(("units", "error"), [(0, ValueError), (-1, ValueError), (2.5, TypeError)])
def test_wrong_numbers_of_units_are_named(kind: Kind, units: float, error: type[Exception]) -> None:
    with pytest.raises(error, match=r"features|filters"):
        kind.cls(units, **kind.arguments)


@pytest.mark.parametrize("option", ["spherical", "weight_normalized"])
def test_zeros_have_finite_gradients(kind: Kind, option: str) -> None:
    layer = kind.layer(**{option: True})
    layer.build(kind.input_shape[-1])
    kernel = np.moveaxis(layer.kernel.numpy(), kind.unit_axis, 0)
    kernel[1] = 0
    layer.kernel.assign(np.moveaxis(kernel, 0, kind.unit_axis))
    x = kind.normal(4).numpy()
    x[2] = 0
    x = tf.constant(x)
    assert np.isfinite(layer(x)).all()
    grad_x, *rest = gradients(layer, layer, x)
    assert all(np.isfinite(g).all() for g in (grad_x, *rest))
    named = dict(zip((v.name for v in layer.trainable_variables), rest, strict=True))
    (grad_kernel,) = (g for name, g in named.items() if "kernel" in name)
    assert (kind.unit(grad_kernel.numpy(), 1) == 0).all()


def test_x_equal_to_w_has_finite_value_and_gradient(kind: Kind) -> None:
    layer = kind.layer()
    layer.build(kind.input_shape[-1])
    layer.kernel.assign(100 * layer.kernel)
    x = kind.equal_to_kernel(layer)
    output = layer(x).numpy()
    assert np.isfinite(output).all() and (output >= 0).all()
    assert all(np.isfinite(g).all() for g in gradients(layer, layer, x))


def test_positive_init_acts_on_the_initial_kernel_only(kind: Kind) -> None:
    layer = kind.layer(positive_init=True)
    layer.build(kind.input_shape[-1])
    assert (layer.kernel.numpy() >= 0).all()
    layer.kernel.assign(-layer.kernel)
    x = kind.normal()
    np.testing.assert_allclose(layer(x), definition(layer, x), rtol=1e-4, atol=1e-7)


def test_weight_decay_does_not_move_a_frozen_kernel(kind: Kind) -> None:
    layer = kind.built(freeze_kernel=True)
    kernel, bias = layer.kernel.numpy(), layer.bias.numpy()
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(layer(kind.normal()))
    optimizer = keras.optimizers.AdamW(0.1, weight_decay=0.5)
    variables = layer.trainable_variables
    optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables, strict=True))
    np.testing.assert_array_equal(layer.kernel, kernel)
    assert (layer.bias.numpy() != bias).any()
    assert any(v is layer.kernel for v in layer.non_trainable_variables)


def test_dropconnect_is_active_in_training_only_and_rescaled(kind: Kind) -> None:
    options = {
        "epsilon": 1e6,
        "use_alpha": False,
        "use_bias": False,
        "kernel_initializer": tf.ones,
    }
    layer, plain = kind.layer(drop_rate=0.25, **options), kind.layer(**options)
    x = tf.ones((1, *kind.input_shape))
    np.testing.assert_array_equal(layer(x), plain(x))
    drawn = tf.stack([layer(x, training=True) for _ in range(300)])
    assert (drawn.numpy() != plain(x).numpy()).any()
    # With a huge epsilon the response is the squared sum of the kept entries over epsilon.
    mean = tf.reduce_mean(tf.sqrt(drawn)).numpy()
    assert mean == pytest.approx(tf.reduce_mean(tf.sqrt(plain(x))).numpy(), rel=0.03)


@pytest.mark.parametrize("epsilon", [1e-3, 1e-5, 1e-10, 1e-30])
def test_learnable_epsilon_starts_at_epsilon_and_cannot_vanish(kind: Kind, epsilon: float) -> None:
    layer = kind.layer(epsilon=epsilon, learnable_epsilon=True)
    layer.build(kind.input_shape[-1])
    assert layer._effective_epsilon(tf.float32).numpy() == pytest.approx(epsilon, rel=2e-5)
    layer.epsilon_param.assign(-300.0)
    assert layer._effective_epsilon(tf.float32).numpy() > 0
    assert not np.isnan(layer(kind.equal_to_kernel(layer))).any()


def test_constants_leave_no_variable_behind(kind: Kind) -> None:
    layer = kind.built(constant_alpha=True, constant_bias=0.25)
    assert [v.name.split("/")[1] for v in layer.variables] == ["kernel:0"]
    twin = kind.layer(bias_initializer=lambda s, d: tf.fill(s, tf.constant(0.25, d)))
    twin.build(kind.input_shape[-1])
    twin.kernel.assign(layer.kernel)
    twin.alpha.assign(math.sqrt(2))
    x = kind.normal()
    np.testing.assert_allclose(layer(x), twin(x), rtol=1e-6)


def test_initialisers_get_shape_and_dtype(kind: Kind) -> None:
    calls = []

    def initializer(shape: list[int], dtype: tf.DType) -> tf.Tensor:
        calls.append((tuple(shape), dtype))
        return tf.fill(shape, tf.constant(2, dtype))

    arguments = dict.fromkeys(
        ("kernel_initializer", "bias_initializer", "alpha_initializer"), initializer
    )
    layer = kind.layer(dtype=tf.float64, **arguments)
    layer.build(kind.input_shape[-1])
    shapes = {(), (kind.units,), kind.kernel_shape}
    assert len(calls) == 3 and set(calls) == {(shape, tf.float64) for shape in shapes}
    assert all((v.numpy() == 2).all() for v in layer.variables)


def test_two_layers_share_no_state(kind: Kind) -> None:
    one, other = kind.built(), kind.built()
    before = {v.name: v.numpy() for v in other.variables}
    for variable in one.variables:
        variable.assign(tf.fill(variable.shape, 9.0))
    assert all((v.numpy() == before[v.name]).all() for v in other.variables)
