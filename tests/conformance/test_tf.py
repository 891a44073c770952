"""TensorFlow: the layer is a `tf.Module` that works eagerly, in graphs, under XLA and saved."""

import ast
import copy
import gc
import math
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

import nmn.tf.nmn
from nmn.tf import YatDense, YatNMN
from nmn.tf.neurons import yat
from nmn.tf.nmn import YatNMN as FromModule
from nmn.weights import load_canonical, to_canonical
from tests.conformance.definition import oracle_values

OPTIONS: list[dict[str, Any]] = [
    {},
    {"use_bias": False, "use_alpha": False},
    {"scalar_bias": True, "softplus_bias": True, "learnable_epsilon": True},
    {"constant_bias": 0.5, "constant_alpha": True},
    {"spherical": True},
    {"weight_normalized": True},
]

GENERATED = Path(__file__).parents[2] / "generated"


def definition(layer: YatNMN, x: tf.Tensor) -> np.ndarray:
    """What the oracle says of the layer's own weights and of `x`."""
    rows = tf.cast(x, tf.float64).numpy().reshape(-1, x.shape[-1])
    arrays = {name: array.astype(np.float64) for name, array in to_canonical(layer).items()}
    values = oracle_values("YatNMN", rows, arrays, epsilon=layer.epsilon)
    return values.reshape(*x.shape[:-1], layer.features)


def normal(*shape: int, seed: int = 1, dtype: tf.DType = tf.float32) -> tf.Tensor:
    return tf.cast(tf.random.stateless_normal(shape, [seed, 0], dtype=tf.float64), dtype)


def built(features: int = 3, inputs: int = 5, **options: Any) -> YatNMN:
    """A zero bias hides a missing one: a built layer whose parameters are all random."""
    layer = YatNMN(features, **options)
    layer.build(inputs)
    for i, variable in enumerate(layer.variables):
        noise = normal(*variable.shape, seed=i, dtype=variable.dtype)
        variable.assign_add(tf.cast(0.3, variable.dtype) * noise)
    return layer


@pytest.fixture(params=OPTIONS, ids=lambda o: ",".join(o) or "default")
def layer(request: pytest.FixtureRequest) -> YatNMN:
    return built(dtype=tf.float64, epsilon=0.1, **request.param)


def gradients(
    function: Callable[[tf.Tensor], tf.Tensor], layer: YatNMN, x: tf.Tensor
) -> list[tf.Tensor]:
    """Gradients of the sum of squares, for `x` and every variable."""
    with tf.GradientTape() as tape:
        tape.watch(x)
        loss = tf.reduce_sum(tf.square(function(x)))
    return tape.gradient(loss, [x, *layer.trainable_variables])


def assert_all_close(ours: list[tf.Tensor], theirs: list[tf.Tensor], rtol: float = 1e-9) -> None:
    for one, other in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(one, other, rtol=rtol, atol=rtol)


def test_first_and_second_derivatives(layer: YatNMN, monkeypatch: pytest.MonkeyPatch) -> None:
    """The closed form, and its own derivative, against the tape through the plain expression."""
    x = normal(2, 5, dtype=tf.float64)

    def derivatives() -> list[tf.Tensor]:
        with tf.GradientTape() as tape:
            tape.watch(x)
            first = gradients(layer, layer, x)
            weighted = [tf.reduce_sum(g * normal(*g.shape, dtype=g.dtype)) for g in first]
            total = tf.add_n(weighted)
        return [*first, *tape.gradient(total, [x, *layer.trainable_variables])]

    closed = derivatives()
    monkeypatch.setattr(yat, "with_gradient", lambda response, _, operands: response(**operands))
    monkeypatch.setattr(nmn.tf.nmn, "_dense_yat", nmn.tf.nmn._dense_yat.python_function)
    assert_all_close(closed, derivatives())


def test_forward_mode_agrees_with_the_tape(layer: YatNMN) -> None:
    x, direction = normal(4, 5, dtype=tf.float64), normal(4, 5, seed=2, dtype=tf.float64)
    with tf.autodiff.ForwardAccumulator(x, direction) as accumulator:
        loss = tf.reduce_sum(tf.square(layer(x)))
    (grad_x, *_) = gradients(layer, layer, x)
    np.testing.assert_allclose(accumulator.jvp(loss), tf.reduce_sum(grad_x * direction), rtol=1e-9)


@pytest.mark.parametrize("jit_compile", [False, True], ids=["graph", "xla"])
def test_compiled_values_and_gradients_are_the_eager_ones(layer: YatNMN, jit_compile: bool) -> None:
    x = normal(4, 5, dtype=tf.float64)

    @tf.function(jit_compile=jit_compile)
    def compiled(x: tf.Tensor) -> list[tf.Tensor]:
        return [layer(x), *gradients(layer, layer, x)]

    assert_all_close(compiled(x), [layer(x), *gradients(layer, layer, x)])


def test_values_do_not_depend_on_the_layers_called_before() -> None:
    """Graphs are shared by all layers: no size, number or option of one may stay in another."""
    for inputs, features, batch in [(5, 3, 4), (6, 4, 7), (9, 2, 1), (1, 1, 1), (3, 8, 0)]:
        for options in [{}, {"epsilon": 0.5}, {"scalar_bias": True}, {"use_bias": False}]:
            layer = built(features, inputs, **options)
            x = normal(batch, inputs)
            np.testing.assert_allclose(layer(x), definition(layer, x), rtol=1e-3, atol=1e-6)
            shapes = [g.shape for g in gradients(layer, layer, x)]
            assert shapes == [x.shape, *(v.shape for v in layer.trainable_variables)]


def test_unknown_batch_sizes_in_a_graph() -> None:
    layer = YatNMN(3)

    @tf.function(input_signature=[tf.TensorSpec([None, None, 5])])
    def function(x: tf.Tensor) -> tf.Tensor:
        output = layer(x)
        assert output.shape.as_list() == [None, None, 3]
        return output

    assert function(normal(2, 4, 5)).shape == (2, 4, 3)
    assert function(normal(0, 4, 5)).shape == (0, 4, 3)
    x = normal(2, 4, 5)
    np.testing.assert_allclose(function(x), definition(layer, x), rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("shape", [[None, None], None, []])
def test_an_unknown_last_axis_is_one_clear_error(shape: list[int | None] | None) -> None:
    layer = YatNMN(3)
    function = tf.function(layer, input_signature=[tf.TensorSpec(shape)])
    with pytest.raises(ValueError, match="input must have a last axis of known length"):
        function.get_concrete_function()


@pytest.mark.parametrize("shape", [(5,), (1, 5), (0, 5), (2, 3, 5), (2, 0, 5), (2, 3, 4, 1, 1, 5)])
def test_any_number_of_leading_axes(shape: tuple[int, ...]) -> None:
    layer = built()
    x = normal(*shape)
    np.testing.assert_allclose(layer(x), definition(layer, x), rtol=1e-4, atol=1e-6)
    assert layer(x).shape == (*shape[:-1], 3)
    (grad_x, *_) = gradients(layer, layer, x)
    assert grad_x.shape == shape


def test_variables_are_created_once_by_the_first_call() -> None:
    layer = YatNMN(3, learnable_epsilon=True, name="hidden")
    assert layer.variables == ()
    layer(normal(2, 5))
    before = {v.name: v.ref() for v in layer.variables}
    layer(normal(4, 5))
    assert {v.name: v.ref() for v in layer.variables} == before
    assert set(before) == {f"hidden/{n}:0" for n in ("kernel", "bias", "alpha", "epsilon_param")}
    assert {v.name: tuple(v.shape) for v in layer.variables}["hidden/kernel:0"] == (5, 3)


def test_variables_may_be_created_inside_a_function() -> None:
    layer = YatNMN(3)
    function = tf.function(layer)
    np.testing.assert_array_equal(function(tf.ones((2, 5))), layer(tf.ones((2, 5))))
    assert len(layer.trainable_variables) == 3


class Model(tf.Module):
    """A module with a layer inside, as users save it."""

    def __init__(self, layer: YatNMN) -> None:
        super().__init__()
        self.layer = layer

    @tf.function(input_signature=[tf.TensorSpec([None, 5], tf.float64)])
    def __call__(self, x: tf.Tensor) -> tf.Tensor:
        return self.layer(x)


def test_saved_model_keeps_values_and_gradients(layer: YatNMN, tmp_path: Path) -> None:
    tf.saved_model.save(Model(layer), str(tmp_path))
    loaded = tf.saved_model.load(str(tmp_path))
    x = normal(4, 5, dtype=tf.float64)
    np.testing.assert_allclose(loaded(x), layer(x), rtol=1e-12)
    (ours, *_) = gradients(layer, layer, x)
    with tf.GradientTape() as tape:
        tape.watch(x)
        loss = tf.reduce_sum(tf.square(loaded(x)))
    np.testing.assert_allclose(tape.gradient(loss, x), ours, rtol=1e-9)


def test_checkpoint_round_trip(layer: YatNMN, tmp_path: Path) -> None:
    path = tf.train.Checkpoint(layer=layer).save(str(tmp_path / "checkpoint"))
    options = {
        name: getattr(layer, name)
        for name in ("use_bias", "use_alpha", "scalar_bias", "softplus_bias", "spherical")
    }
    fresh = YatNMN(
        3,
        dtype=tf.float64,
        epsilon=0.1,
        learnable_epsilon=layer.learnable_epsilon,
        constant_bias=layer.constant_bias,
        constant_alpha=layer.constant_alpha,
        weight_normalized=layer.weight_normalized,
        **options,
    )
    # Restored when the first call creates the variables.
    status = tf.train.Checkpoint(layer=fresh).restore(path)
    x = normal(4, 5, dtype=tf.float64)
    np.testing.assert_array_equal(fresh(x), layer(x))
    status.assert_existing_objects_matched()


def test_canonical_arrays_round_trip(layer: YatNMN) -> None:
    arrays = to_canonical(layer)
    assert arrays["kernel"].shape == (3, 5)
    twin = copy.deepcopy(layer)
    for variable in twin.variables:
        variable.assign(tf.zeros_like(variable))
    load_canonical(twin, arrays)
    x = normal(4, 5, dtype=tf.float64)
    np.testing.assert_array_equal(twin(x), layer(x))


def test_training_under_a_distribution_strategy() -> None:
    strategy = tf.distribute.MirroredStrategy(["CPU:0"])
    with strategy.scope():
        layer = YatNMN(3)
        layer.build(5)
    x = normal(4, 5)

    @tf.function
    def step() -> tf.Tensor:
        return strategy.run(lambda: gradients(layer, layer, x)[1])

    (expected, *_) = gradients(layer, layer, x)[1:]
    np.testing.assert_allclose(step(), expected, rtol=1e-5, atol=1e-6)


def test_only_one_tensor_of_the_outputs_size_is_kept() -> None:
    """The tape holds on to what the backward pass needs; count the memory that stays alive."""
    layer = built(256, 16)
    x = normal(512, 16)
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


@pytest.mark.parametrize("dtype", [tf.bfloat16, tf.float16])
def test_half_precision_keeps_its_dtype_and_computes_in_float32(dtype: tf.DType) -> None:
    layer = YatNMN(8, dtype=dtype)
    layer.build(64)
    noise = 0.02 * normal(8, 64)
    x = tf.cast(tf.cast(tf.transpose(layer.kernel), tf.float32) + noise, dtype)
    output = layer(x)
    assert output.dtype == dtype
    assert {v.dtype for v in layer.variables} == {dtype}
    eps = 2.0**-7 if dtype == tf.bfloat16 else 2.0**-10
    smallest = 2.0**-126 if dtype == tf.bfloat16 else 2.0**-14
    exact = definition(layer, x)
    ours = tf.cast(output, tf.float64).numpy()
    np.testing.assert_allclose(ours, exact, rtol=2 * eps, atol=eps * smallest)
    assert [g.dtype for g in gradients(layer, layer, x)] == [dtype] * 4


def test_operands_are_rounded_once_and_the_distance_is_kept() -> None:
    """Norms of unrounded and products of rounded operands would be wrong by 1e5 near x = w."""
    layer = YatNMN(64, dtype=tf.bfloat16)
    layer.build(512)
    x = 1.05 * tf.cast(tf.transpose(layer.kernel), tf.float32)
    exact = definition(layer, tf.cast(x, tf.bfloat16))
    relative = np.abs(tf.cast(layer(x), tf.float64).numpy() / exact - 1)
    assert relative.max() < 0.02


def test_float64_is_float64_inside() -> None:
    layer = built(4, 256, dtype=tf.float64)
    x = tf.transpose(layer.kernel) + 1e-3 * normal(4, 256, dtype=tf.float64)
    np.testing.assert_allclose(layer(x), definition(layer, x), rtol=1e-7)


@pytest.mark.parametrize("dtype", [tf.float16, tf.bfloat16, tf.float32, tf.float64])
def test_floating_inputs_are_cast_to_the_layers_dtype(dtype: tf.DType) -> None:
    layer = built()
    x = normal(4, 5, dtype=dtype)
    assert layer(x).dtype == tf.float32
    np.testing.assert_array_equal(layer(x), layer(tf.cast(x, tf.float32)))
    np.testing.assert_array_equal(layer(tf.cast(x, tf.float64).numpy()), layer(x))


@pytest.mark.parametrize(
    ("x", "error"),
    [
        (tf.ones((2, 4)), ValueError),
        (tf.ones(()), ValueError),
        (tf.ones((2, 5), tf.int32), TypeError),
        (tf.ones((2, 5), tf.bool), TypeError),
        (tf.ones((2, 5), tf.complex64), TypeError),
        (np.ones((2, 5), np.int64), TypeError),
        ([[1, 2, 3, 4, 5]], TypeError),
    ],
)
def test_wrong_inputs_are_named(x: Any, error: type[Exception]) -> None:
    with pytest.raises(error, match="input"):
        built()(x)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"features": 0}, ValueError, "features"),
        ({"features": 2.5}, TypeError, "features"),
    ],
)
def test_wrong_sizes_are_named(
    arguments: dict[str, Any], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        YatNMN(**{"features": 3, **arguments})


@pytest.mark.parametrize("option", ["spherical", "weight_normalized"])
def test_zero_rows_have_finite_gradients(option: str) -> None:
    layer = YatNMN(3, **{option: True})
    layer.build(5)
    layer.kernel.assign(layer.kernel * [1.0, 0.0, 1.0])
    x = normal(4, 5) * [[1.0], [1.0], [0.0], [1.0]]
    assert np.isfinite(layer(x)).all()
    grad_x, *rest = gradients(layer, layer, x)
    assert all(np.isfinite(g).all() for g in (grad_x, *rest))
    named = dict(zip((v.name for v in layer.trainable_variables), rest, strict=True))
    (grad_kernel,) = (g for name, g in named.items() if "kernel" in name)
    assert (grad_kernel.numpy()[:, 1] == 0).all()


def test_x_equal_to_w_has_finite_value_and_gradient() -> None:
    layer = YatNMN(7)
    layer.build(300)
    x = tf.transpose(layer.kernel)
    output = layer(x).numpy()
    assert np.isfinite(output).all() and (output >= 0).all()
    assert all(np.isfinite(g).all() for g in gradients(layer, layer, x))


def test_positive_init_acts_on_the_initial_kernel_only() -> None:
    layer = YatNMN(10, positive_init=True)
    layer.build(20)
    assert (layer.kernel.numpy() >= 0).all()
    layer.kernel.assign(-layer.kernel)
    x = normal(4, 20)
    np.testing.assert_allclose(layer(x), definition(layer, x), rtol=1e-4)


def test_weight_decay_does_not_move_a_frozen_kernel() -> None:
    layer = built(freeze_kernel=True)
    kernel, bias = layer.kernel.numpy(), layer.bias.numpy()
    x = normal(4, 5)
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(layer(x))
    optimizer = keras.optimizers.AdamW(0.1, weight_decay=0.5)
    variables = layer.trainable_variables
    optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables, strict=True))
    np.testing.assert_array_equal(layer.kernel, kernel)
    assert (layer.bias.numpy() != bias).any()
    assert any(v is layer.kernel for v in layer.non_trainable_variables)


def test_dropconnect_is_active_in_training_only_and_rescaled() -> None:
    options = {"epsilon": 1e6, "use_alpha": False, "use_bias": False}
    layer = YatNMN(300, drop_rate=0.25, kernel_initializer=tf.ones, **options)
    plain = YatNMN(300, kernel_initializer=tf.ones, **options)
    x = tf.ones((1, 400))
    np.testing.assert_array_equal(layer(x), plain(x))
    one, other = layer(x, training=True), layer(x, training=True)
    assert (one.numpy() != other.numpy()).any()
    # With a huge epsilon the response is the squared sum of the kept entries over epsilon.
    mean = tf.reduce_mean(tf.sqrt(one * 1e6)).numpy()
    assert mean == pytest.approx(400, rel=0.02)


@pytest.mark.parametrize("epsilon", [1e-3, 1e-5, 1e-10, 1e-30])
def test_learnable_epsilon_starts_at_epsilon_and_cannot_vanish(epsilon: float) -> None:
    layer = YatNMN(3, epsilon=epsilon, learnable_epsilon=True)
    layer.build(5)
    assert layer._effective_epsilon(tf.float32).numpy() == pytest.approx(epsilon, rel=2e-5)
    layer.epsilon_param.assign(-300.0)
    assert layer._effective_epsilon(tf.float32).numpy() > 0
    assert not np.isnan(layer(tf.transpose(layer.kernel))).any()


def test_constants_leave_no_variable_behind() -> None:
    layer = built(constant_alpha=True, constant_bias=0.25)
    assert [v.name for v in layer.variables] == ["yat_nmn/kernel:0"]
    twin = YatNMN(3, bias_initializer=lambda s, d: tf.fill(s, tf.constant(0.25, d)))
    twin.build(5)
    twin.kernel.assign(layer.kernel)
    twin.alpha.assign(math.sqrt(2))
    x = normal(4, 5)
    np.testing.assert_allclose(layer(x), twin(x), rtol=1e-6)


def test_initialisers_get_shape_and_dtype() -> None:
    calls = []

    def initializer(shape: list[int], dtype: tf.DType) -> tf.Tensor:
        calls.append((tuple(shape), dtype))
        return tf.fill(shape, tf.constant(2, dtype))

    arguments = dict.fromkeys(
        ("kernel_initializer", "bias_initializer", "alpha_initializer"), initializer
    )
    layer = YatNMN(3, dtype=tf.float64, **arguments)
    layer.build(5)
    assert sorted(calls) == [((), tf.float64), ((3,), tf.float64), ((5, 3), tf.float64)]
    assert all((v.numpy() == 2).all() for v in layer.variables)


def test_the_kernels_law_is_glorot_normal() -> None:
    layer = YatNMN(300)
    layer.build(200)
    kernel = layer.kernel.numpy()
    std = math.sqrt(2 / 500)
    assert kernel.std() == pytest.approx(std, rel=0.02)
    assert np.abs(kernel).max() <= 2 * std / 0.8796 * (1 + 1e-5)
    assert np.abs(kernel).max() > 2.2 * std


def test_two_layers_share_no_state() -> None:
    one, other = built(), YatNMN(3)
    other.build(5)
    before = {v.name: v.numpy() for v in other.variables}
    for variable in one.variables:
        variable.assign(tf.fill(variable.shape, 9.0))
    assert all((v.numpy() == before[v.name]).all() for v in other.variables)


def test_no_other_framework_is_imported() -> None:
    code = (
        "import sys, tensorflow as tf; before = set(sys.modules);"
        "import nmn.tf; nmn.tf.YatNMN(3)(tf.ones((2, 5)));"
        "print({m.partition('.')[0] for m in set(sys.modules) - before})"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], cwd=GENERATED, capture_output=True, text=True, check=True
    )
    assert not {"keras", "tf_keras", "torch", "jax", "flax"} & ast.literal_eval(result.stdout)


def test_both_names_and_both_import_paths_give_one_class() -> None:
    assert FromModule is YatNMN
    assert YatDense is YatNMN
