"""Keras: the layer behaves as `keras.layers.Dense` does, on the backend of this process."""

from pathlib import Path

import keras
import numpy as np
import pytest
from keras import ops

from nmn.keras import YatDense, YatNMN
from nmn.keras.nmn import YatNMN as FromModule
from nmn.weights import load_canonical, to_canonical

BACKEND = keras.backend.backend()
X = np.random.default_rng(0).normal(size=(8, 5)).astype(np.float32)
Y = np.random.default_rng(1).integers(0, 3, 8)

OPTIONS: list[dict] = [
    {},
    {"use_bias": False, "use_alpha": False},
    {"scalar_bias": True, "softplus_bias": True, "learnable_epsilon": True},
    {"constant_bias": 0.5, "constant_alpha": True},
    {"spherical": True, "activation": "tanh"},
    {"weight_normalized": True, "positive_init": True, "freeze_kernel": True},
]


def values(tensor: object) -> np.ndarray:
    return ops.convert_to_numpy(tensor)


@pytest.fixture(params=OPTIONS, ids=lambda o: ",".join(o) or "default")
def options(request: pytest.FixtureRequest) -> dict:
    return request.param


def test_config_round_trip(options: dict) -> None:
    layer = YatNMN(3, **options)
    twin = YatNMN.from_config(layer.get_config())
    assert twin.get_config() == layer.get_config()


def test_saving_needs_no_custom_objects(options: dict, tmp_path: Path) -> None:
    model = keras.Sequential([keras.Input((5,)), YatNMN(4, **options), YatNMN(3)])
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(values(loaded(X)), values(model(X)))


def test_symbolic_shapes_are_the_eager_ones(options: dict) -> None:
    layer = YatNMN(3, **options)
    symbolic = layer(keras.KerasTensor((None, 7, 5)))
    assert symbolic.shape == (None, 7, 3)
    assert layer.compute_output_shape((None, 7, 5)) == (None, 7, 3)
    assert layer(np.zeros((2, 7, 5), "f")).shape == (2, 7, 3)


def test_training_lowers_the_loss(options: dict) -> None:
    model = keras.Sequential([keras.Input((5,)), YatNMN(16, **options), YatNMN(3)])
    model.compile(
        keras.optimizers.Adam(0.02), keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    )
    losses = model.fit(X, Y, epochs=30, verbose=0).history["loss"]
    assert np.isfinite(losses).all() and losses[-1] < losses[0]


def test_dropconnect_trains_and_rests() -> None:
    model = keras.Sequential([keras.Input((5,)), YatNMN(3, drop_rate=0.5, seed=1)])
    model.compile("sgd", "mse")
    model.fit(X, np.zeros((8, 3)), epochs=2, verbose=0)
    layer = model.layers[0]
    assert (values(layer(X)) == values(layer(X, training=False))).all()
    one, other = values(layer(X, training=True)), values(layer(X, training=True))
    assert not np.array_equal(one, other)


def test_dropconnect_keeps_the_mean() -> None:
    layer = YatNMN(
        300, drop_rate=0.25, epsilon=1e6, use_alpha=False, use_bias=False, kernel_initializer="ones"
    )
    # With a huge epsilon the response is the squared sum of the kept entries over epsilon.
    kept = np.sqrt(values(layer(np.ones((1, 400), "f"), training=True)) * 1e6)
    assert kept.mean() == pytest.approx(400, rel=0.02)


def test_regularisers_and_constraints_apply() -> None:
    layer = YatNMN(3, kernel_regularizer="l2", bias_regularizer="l2", activity_regularizer="l2")
    layer(X)
    assert len(layer.losses) == 3
    layer = YatNMN(3, kernel_constraint="non_neg", bias_constraint="non_neg")
    layer.build((None, 5))
    assert layer.kernel.constraint is not None and layer.bias.constraint is not None


@pytest.mark.parametrize("policy", ["mixed_bfloat16", "mixed_float16", "bfloat16", "float16"])
def test_dtype_policies(policy: str) -> None:
    layer = YatNMN(3, dtype=policy)
    output = layer(X)
    assert keras.backend.standardize_dtype(output.dtype) == policy.removeprefix("mixed_")
    full = YatNMN(3)
    load_canonical(full, to_canonical(layer))
    np.testing.assert_allclose(
        values(ops.cast(output, "float32")), values(full(X)), rtol=0.1, atol=0.02
    )


def test_mixed_precision_keeps_the_distance_near_the_kernel() -> None:
    layer = YatNMN(16, dtype="mixed_bfloat16")
    layer.build((None, 256))
    x = to_canonical(layer)["kernel"] * 1.05
    rounded = YatNMN(16)
    rounded.build((None, 256))
    arrays = to_canonical(layer)
    arrays["kernel"] = values(ops.cast(ops.cast(arrays["kernel"], "bfloat16"), "float32"))
    load_canonical(rounded, arrays)
    x = values(ops.cast(ops.cast(x, "bfloat16"), "float32"))
    output = values(ops.cast(layer(x), "float32"))
    np.testing.assert_allclose(output, values(rounded(x)), rtol=0.02)


def test_masks_pass_through() -> None:
    model = keras.Sequential([keras.Input((4, 5)), keras.layers.Masking(), YatNMN(3)])
    assert model.layers[-1].supports_masking
    model(np.zeros((2, 4, 5), "f"))


def test_a_frozen_kernel_is_not_moved_by_weight_decay() -> None:
    layer = YatNMN(3, freeze_kernel=True)
    model = keras.Sequential([keras.Input((5,)), layer])
    before = to_canonical(layer)
    model.compile(keras.optimizers.AdamW(0.1, weight_decay=0.5), "mse")
    model.fit(X, np.ones((8, 3)), epochs=2, verbose=0)
    after = to_canonical(layer)
    np.testing.assert_array_equal(after["kernel"], before["kernel"])
    assert not np.array_equal(after["bias"], before["bias"])


def test_positive_init_acts_on_the_initial_kernel_only() -> None:
    layer = YatNMN(3, positive_init=True)
    layer.build((None, 5))
    arrays = to_canonical(layer)
    assert (arrays["kernel"] >= 0).all()
    load_canonical(layer, arrays | {"kernel": -arrays["kernel"]})
    plain = load_canonical(YatNMN(3), to_canonical(layer))
    np.testing.assert_array_equal(values(layer(X)), values(plain(X)))


def test_any_number_of_leading_axes() -> None:
    layer = YatNMN(3)
    for shape in [(1, 5), (0, 5), (2, 3, 5), (2, 3, 4, 5)]:
        assert layer(np.ones(shape, "f")).shape == (*shape[:-1], 3)


def test_wrong_inputs_are_named() -> None:
    layer = YatNMN(3)
    layer(X)
    with pytest.raises(ValueError, match="expected axis -1"):
        layer(np.ones((2, 4), "f"))
    with pytest.raises(TypeError, match="floating-point"):
        layer(ops.ones((2, 5), dtype="int32"))


@pytest.mark.skipif(BACKEND == "torch", reason="PyTorch compiles elsewhere")
def test_jit_compiled_training() -> None:
    model = keras.Sequential([keras.Input((5,)), YatNMN(3)])
    model.compile("sgd", "mse", jit_compile=True)
    assert np.isfinite(model.fit(X, np.zeros((8, 3)), verbose=0).history["loss"]).all()


def test_both_names_give_one_class() -> None:
    assert YatDense is YatNMN is FromModule
