"""Keras: cells and the layers that repeat them behave as Keras's own, on this process's backend."""

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from keras import ops

import nmn.keras
from nmn.keras import YatGRU, YatGRUCell, YatLSTM, YatMinGRU, soft_tanh, softer_sigmoid
from nmn.keras._scan import _compose

NAMES = ["YatRNN", "YatGRU", "YatSumGRU", "YatLSTM", "YatMinGRU", "YatMinLSTM"]
LOOPS = ["YatGRU", "YatLSTM"]
MASK = np.array([[1, 1, 1, 0], [0, 1, 0, 1], [0, 0, 1, 1]], bool)
OPTIONS: dict[str, Any] = {
    "use_bias": False,
    "use_alpha": False,
    "epsilon": 0.5,
    "activation": "tanh",
    "kernel_regularizer": "l2",
    "kernel_constraint": "max_norm",
    "return_sequences": True,
    "go_backwards": True,
    "zero_output_for_mask": True,
    "dtype": "float64",
}

everywhere = pytest.mark.parametrize("name", NAMES)


def layer(name: str, units: int = 3, **options: Any) -> Any:
    return getattr(nmn.keras, name)(units, **options)


def cell(name: str, units: int = 3, **options: Any) -> Any:
    return getattr(nmn.keras, f"{name}Cell")(units, **options)


def draw(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=shape)


def values(tensor: Any) -> np.ndarray:
    array: np.ndarray = ops.convert_to_numpy(ops.cast(tensor, "float64"))
    return array


def tensor(array: np.ndarray, dtype: str = "float64") -> Any:
    return ops.convert_to_tensor(array, dtype)


@everywhere
@pytest.mark.parametrize("options", [{}, OPTIONS], ids=["default", "options"])
def test_config_round_trip(name: str, options: dict[str, Any]) -> None:
    made = layer(name, **options)
    twin = type(made).from_config(made.get_config())
    assert twin.get_config() == made.get_config()
    assert (
        type(made.cell).from_config(made.cell.get_config()).get_config() == made.cell.get_config()
    )
    assert made.get_config().keys() >= options.keys() & {"units", "return_sequences", "epsilon"}
    assert (made.epsilon, made.use_bias) == (made.cell.epsilon, made.cell.use_bias)


def test_saving_needs_no_custom_objects(tmp_path: Path) -> None:
    bidirectional = YatGRU(3, return_sequences=True, activation=soft_tanh)
    model = keras.Sequential(
        [
            keras.Input((4, 2)),
            keras.layers.Masking(),
            keras.layers.Bidirectional(bidirectional),
            keras.layers.RNN([cell("YatLSTM"), cell("YatGRU", 2)]),
        ]
    )
    x = draw(3, 4, 2).astype("float32")
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(values(loaded(x)), values(model(x)))


@pytest.mark.parametrize(
    ("name", "sequences"), [(name, i % 2 == 0) for i, name in enumerate(NAMES)]
)
def test_symbolic_shapes_are_the_eager_ones(name: str, sequences: bool) -> None:
    made = layer(name, return_sequences=sequences, return_state=True)
    output = (4, 3) if sequences else (3,)
    states = [(3,)] * len(made.state_size)
    symbolic = made(keras.KerasTensor((None, 4, 2)))
    assert [s.shape for s in symbolic] == [(None, *s) for s in (output, *states)]
    assert list(made.compute_output_shape((5, 4, 2))) == [(5, *s) for s in (output, *states)]
    assert [s.shape for s in made(draw(5, 4, 2))] == [(5, *s) for s in (output, *states)]


CASES = [
    *((name, {}) for name in NAMES),
    *((name, {"return_sequences": False}) for name in ("YatSumGRU", "YatMinLSTM")),
    *((name, {"masked": True}) for name in NAMES),
    *((name, {"unroll": True}) for name in ("YatGRU", "YatMinGRU")),
    *((name, {"masked": True, "go_backwards": True}) for name in (*LOOPS, "YatMinLSTM")),
    *((name, {"masked": True, "zero_output_for_mask": True}) for name in ("YatGRU", "YatMinGRU")),
]


@pytest.mark.parametrize(("name", "options"), CASES, ids=lambda v: v if v in NAMES else ",".join(v))
def test_a_layer_is_its_cell_in_a_layer_of_keras(name: str, options: dict[str, Any]) -> None:
    options = {"return_sequences": True, "return_state": True, "dtype": "float64"} | options
    mask = ops.convert_to_tensor(MASK) if options.pop("masked", False) else None
    made, x = layer(name, **options), tensor(draw(3, 4, 2))
    repeated = keras.layers.RNN(made.cell, **options)
    for found, expected in zip(made(x, mask=mask), repeated(x, mask=mask), strict=True):
        np.testing.assert_allclose(values(found), values(expected), rtol=1e-12, atol=1e-13)


def test_an_unrolled_loop_passes_over_what_is_masked() -> None:
    """Which that of Keras cannot on every backend, when it goes backwards."""
    looped = YatGRU(3, return_sequences=True, go_backwards=True, dtype="float64")
    x, mask = tensor(draw(3, 4, 2)), ops.convert_to_tensor(MASK)
    expected = values(looped(x, mask=mask))
    unrolled = YatGRU.from_config(looped.get_config() | {"unroll": True})
    unrolled.build((3, 4, 2))
    unrolled.set_weights(looped.get_weights())
    np.testing.assert_allclose(values(unrolled(x, mask=mask)), expected, rtol=1e-12, atol=1e-13)


@everywhere
def test_masked_steps_leave_states_as_they_are(name: str) -> None:
    made = layer(name, dtype="float64", return_sequences=True, return_state=True)
    x, states = draw(1, 4, 2), [tensor(draw(1, 3, seed=i)) for i in range(len(made.state_size))]
    kept = [0, 2]
    outputs, *after = made(
        tensor(x), initial_state=states, mask=ops.convert_to_tensor([[True, False, True, False]])
    )
    short, *expected = made(tensor(x[:, kept]), initial_state=states)
    np.testing.assert_allclose(values(outputs)[:, kept], values(short), rtol=1e-12, atol=1e-14)
    np.testing.assert_array_equal(values(outputs)[:, [0, 2]], values(outputs)[:, [1, 3]])
    for found, wanted in zip(after, expected, strict=True):
        np.testing.assert_allclose(values(found), values(wanted), rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("name", ["YatLSTM", "YatMinGRU"])
def test_stateful_layers_go_on_where_they_were(name: str) -> None:
    made = layer(name, stateful=True, return_sequences=True, dtype="float64")
    x = draw(2, 6, 2)
    made.build((2, 3, 2))
    whole = layer(name, return_sequences=True, dtype="float64")
    whole.build((2, 6, 2))
    whole.set_weights(made.cell.get_weights())
    parts = np.concatenate([values(made(tensor(x[:, :3]))), values(made(tensor(x[:, 3:])))], 1)
    np.testing.assert_allclose(parts, values(whole(tensor(x))), rtol=1e-12, atol=1e-14)
    made.reset_state()
    np.testing.assert_allclose(values(made(tensor(x[:, :3]))), parts[:, :3], rtol=1e-12)


@pytest.mark.parametrize("name", ["YatGRU", "YatSumGRU", "YatMinGRU"])
def test_training_lowers_the_loss(name: str) -> None:
    keras.utils.set_random_seed(1)
    stateful = name == "YatGRU"
    model = keras.Sequential(
        [
            keras.Input(batch_shape=(16, 5, 3)),
            layer(name, 8, stateful=stateful),
            keras.layers.Dense(1),
        ]
    )
    x = draw(16, 5, 3).astype("float32")
    y = x[:, 0, :1] + x[:, -1, 1:2]
    model.compile(keras.optimizers.Adam(0.01), "mse")
    losses = model.fit(x, y, batch_size=16, epochs=15, verbose=0).history["loss"]
    assert losses[-1] < 0.9 * losses[0]


def test_lengths_need_not_be_known() -> None:
    layers = [YatMinGRU(3, return_sequences=True), YatGRU(3), keras.layers.Dense(1)]
    model = keras.Sequential([keras.Input((None, 2)), *layers])
    for steps in (2, 5):
        assert model.predict(draw(4, steps, 2), verbose=0).shape == (4, 1)


POLICIES = ["float16", "bfloat16", "mixed_float16", "float64", "mixed_bfloat16", "float32"]


@pytest.mark.parametrize(("name", "policy"), zip(NAMES, POLICIES, strict=True))
def test_outputs_have_the_dtype_of_the_policy(name: str, policy: str) -> None:
    made = layer(name, dtype=policy, return_state=True)
    repeated = keras.layers.RNN(made.cell, dtype=policy, return_state=True)
    for result in (*made(draw(2, 3, 2)), *repeated(draw(2, 3, 2))):
        assert keras.backend.standardize_dtype(result.dtype) == made.compute_dtype
        assert np.isfinite(values(result)).all()


def test_activations_are_names_or_functions() -> None:
    x = draw(2, 3, 2).astype("float32")
    by_name = YatGRU(3, activation="soft_tanh", recurrent_activation="softer_sigmoid")
    by_name.build((None, 3, 2))
    given = {
        "activation": lambda r: soft_tanh(r),
        "recurrent_activation": lambda r: softer_sigmoid(r),
    }
    by_function = YatGRU(3, **given)
    by_function.build((None, 3, 2))
    by_function.set_weights(by_name.get_weights())
    np.testing.assert_allclose(values(by_name(x)), values(by_function(x)), rtol=1e-5, atol=1e-6)
    assert YatLSTM(3, activation=None).activation is keras.activations.linear


def test_activations_see_one_gate_at_a_time() -> None:
    shapes = []

    def softmax(x: Any) -> Any:
        shapes.append(tuple(x.shape))
        return ops.softmax(x, axis=-1)

    made = YatGRUCell(3, recurrent_activation=softmax)
    made(draw(2, 4).astype("float32"), [ops.zeros((2, 3))])
    assert shapes == [(2, 3), (2, 3)]


def test_kernels_are_drawn_gate_by_gate() -> None:
    made = YatGRUCell(4, kernel_initializer=keras.initializers.GlorotNormal(seed=3))
    made.build((None, 200))
    kernels = np.split(values(made.kernel), 3, axis=1)
    assert abs(np.std(np.concatenate(kernels)) / np.sqrt(2 / 204) - 1) < 0.05
    assert np.abs(kernels[0] - kernels[1]).min() > 0
    for block in np.split(values(made.recurrent_kernel), 3, axis=1):
        np.testing.assert_allclose(block.T @ block, np.eye(4), atol=1e-5)
    twin = YatGRUCell(4, kernel_initializer=keras.initializers.GlorotNormal(seed=3))
    twin.build((None, 200))
    np.testing.assert_array_equal(values(twin.kernel), values(made.kernel))


def test_other_initializers_see_the_stored_shape() -> None:
    kernel = draw(2, 9).astype("float32")
    made = YatGRUCell(3, kernel_initializer=lambda shape, dtype=None: kernel.reshape(shape))
    made.build((None, 2))
    np.testing.assert_array_equal(values(made.kernel), kernel)


def test_biases_start_gates_for_the_alpha_that_there_is() -> None:
    for options in ({}, {"alpha_initializer": "ones"}, {"use_alpha": False}):
        made = YatGRUCell(3, epsilon=1e-3, **options)
        made.build((None, 5))
        alpha = 1.0 if made.alpha is None else float(values(made.alpha))
        bias = values(made.bias).reshape(3, 3)
        # Orthogonal to the kernel, ‖w - x‖² is the sum of the norms: 5, and 10/8 + 1.
        response = alpha * bias**2 / (5 + 10 / 8 + 1 + 1e-3)
        np.testing.assert_allclose(
            response / (1 + response), [[0.9] * 3, [0.5] * 3, [0.5] * 3], 1e-5
        )


def test_penalties_and_constraints_reach_the_cell() -> None:
    made = YatGRU(3, recurrent_regularizer="l2", bias_regularizer="l1", activity_regularizer="l2")
    made(draw(2, 3, 2).astype("float32"))
    assert len(made.losses) == 3


@everywhere
def test_what_is_wrong_is_said(name: str) -> None:
    with pytest.raises(ValueError, match="units"):
        layer(name, 0)
    with pytest.raises(ValueError, match="epsilon"):
        layer(name, epsilon=0.0)
    with pytest.raises(TypeError, match="floating-point"):
        cell(name)(ops.ones((2, 3), "int32"), [ops.zeros((2, 3))] * (1 + (name == "YatLSTM")))
    with pytest.raises(ValueError, match="incompatible"):
        layer(name)(draw(2, 3))


@pytest.mark.parametrize("steps", [1, 2, 3, 4, 7, 8, 13])
def test_pairs_of_steps_compose_to_the_recurrence(steps: int) -> None:
    a, b = draw(2, steps, 3), draw(2, steps, 3, seed=1)
    products, sums = map(values, _compose(tensor(a), tensor(b)))
    h, initial = draw(2, 3, seed=2), draw(2, 3, seed=2)
    for t in range(steps):
        h = a[:, t] * h + b[:, t]
        found = products[:, t] * initial + sums[:, t]
        np.testing.assert_allclose(found, h, rtol=1e-11, atol=1e-12)
