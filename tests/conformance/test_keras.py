"""Keras: every layer behaves as Keras's own layers do, on the backend of this process."""

from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np
import pytest
from keras import ops

import nmn.keras
from nmn.keras import YatDense, YatNMN
from nmn.keras.nmn import YatNMN as FromModule
from nmn.weights import load_canonical, to_canonical

BACKEND = keras.backend.backend()

OPTIONS: list[dict] = [
    {},
    {"use_bias": False, "use_alpha": False},
    {"scalar_bias": True, "softplus_bias": True, "learnable_epsilon": True},
    {"constant_bias": 0.5, "constant_alpha": True},
    {"spherical": True, "activation": "tanh"},
    {"weight_normalized": True, "positive_init": True, "freeze_kernel": True},
]


@dataclass(frozen=True)
class Subject:
    """A layer of three units, and the shapes of one of its samples."""

    cls: type[keras.Layer]
    arguments: dict
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]

    def __call__(self, **options: object) -> keras.Layer:
        return self.cls(3, **self.arguments, **options)

    @property
    def x(self) -> np.ndarray:
        return np.random.default_rng(0).normal(size=(8, *self.inputs)).astype(np.float32)

    def built(self, **options: object) -> keras.Layer:
        layer = self(**options)
        layer.build((None, *self.inputs))
        return layer

    def model(self, *rest: keras.Layer, **options: object) -> keras.Sequential:
        return keras.Sequential([keras.Input(self.inputs), self(**options), *rest])

    def classifier(self, **options: object) -> keras.Sequential:
        return self.model(keras.layers.Flatten(), YatNMN(3), **options)


def _swept(name: str, inputs: tuple, outputs: tuple, **arguments: object) -> Subject:
    return Subject(getattr(nmn.keras, name), arguments, inputs, outputs)


SUBJECTS = [
    Subject(YatNMN, {}, (5,), (3,)),
    _swept("YatConv1D", (6, 4), (6, 3), kernel_size=3, padding="causal"),
    _swept("YatConv2D", (5, 4, 6), (3, 2, 3), kernel_size=(3, 2), strides=2, padding="same"),
    _swept("YatConv2D", (4, 5, 6), (2, 3, 3), kernel_size=2, dilation_rate=2, groups=3),
    _swept("YatConv3D", (3, 4, 3, 2), (2, 3, 2, 3), kernel_size=2),
    _swept("YatConvTranspose1D", (4, 2), (9, 3), kernel_size=3, strides=2),
    _swept("YatConvTranspose2D", (3, 2, 4), (6, 4, 3), kernel_size=3, strides=2, padding="same"),
    _swept("YatConvTranspose3D", (2, 3, 2, 2), (3, 4, 3, 3), kernel_size=2),
]


#: Each layer with the defaults and with one set of options, for what takes seconds.
TRAINED = [(s, o) for i, s in enumerate(SUBJECTS) for o in (OPTIONS[0], OPTIONS[1 + i % 5])]


def ids(value: Subject | dict) -> str:
    if isinstance(value, dict):
        return ",".join(value) or "default"
    return "-".join([value.cls.__name__, *value.arguments])


@pytest.fixture(params=SUBJECTS, ids=ids)
def subject(request: pytest.FixtureRequest) -> Subject:
    return request.param


@pytest.fixture(params=OPTIONS, ids=ids)
def options(request: pytest.FixtureRequest) -> dict:
    return request.param


def values(tensor: object) -> np.ndarray:
    return ops.convert_to_numpy(tensor)


def test_config_round_trip(subject: Subject, options: dict) -> None:
    layer = subject(**options)
    twin = subject.cls.from_config(layer.get_config())
    assert twin.get_config() == layer.get_config()


@pytest.mark.parametrize(("subject", "options"), TRAINED, ids=ids)
def test_saving_needs_no_custom_objects(subject: Subject, options: dict, tmp_path: Path) -> None:
    model = subject.classifier(**options)
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(values(loaded(subject.x)), values(model(subject.x)))


@pytest.mark.parametrize(("subject", "options"), TRAINED, ids=ids)
def test_symbolic_shapes_are_the_eager_ones(subject: Subject, options: dict) -> None:
    layer = subject(**options)
    assert layer(keras.KerasTensor((None, *subject.inputs))).shape == (None, *subject.outputs)
    assert layer.compute_output_shape((None, *subject.inputs)) == (None, *subject.outputs)
    assert layer(subject.x).shape == (8, *subject.outputs)


@pytest.mark.parametrize(("subject", "options"), TRAINED, ids=ids)
def test_training_lowers_the_loss(subject: Subject, options: dict) -> None:
    model = subject.classifier(**options)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(0.02), loss)
    labels = np.random.default_rng(1).integers(0, 3, 8)
    losses = model.fit(subject.x, labels, epochs=20, verbose=0).history["loss"]
    assert np.isfinite(losses).all() and losses[-1] < losses[0]


def test_dropconnect_trains_and_rests(subject: Subject) -> None:
    model = subject.model(drop_rate=0.5, seed=1)
    model.compile("sgd", "mse")
    model.fit(subject.x, np.zeros((8, *subject.outputs)), epochs=2, verbose=0)
    layer, x = model.layers[0], subject.x
    assert (values(layer(x)) == values(layer(x, training=False))).all()
    one, other = values(layer(x, training=True)), values(layer(x, training=True))
    assert not np.array_equal(one, other)


def test_dropconnect_keeps_the_mean() -> None:
    layer = YatNMN(
        300, drop_rate=0.25, epsilon=1e6, use_alpha=False, use_bias=False, kernel_initializer="ones"
    )
    # With a huge epsilon the response is the squared sum of the kept entries over epsilon.
    kept = np.sqrt(values(layer(np.ones((1, 400), "f"), training=True)) * 1e6)
    assert kept.mean() == pytest.approx(400, rel=0.02)


def test_regularisers_and_constraints_apply(subject: Subject) -> None:
    layer = subject(kernel_regularizer="l2", bias_regularizer="l2", activity_regularizer="l2")
    layer(subject.x)
    assert len(layer.losses) == 3
    layer = subject.built(kernel_constraint="non_neg", bias_constraint="non_neg")
    assert layer.kernel.constraint is not None and layer.bias.constraint is not None


@pytest.mark.parametrize("policy", ["mixed_bfloat16", "mixed_float16", "bfloat16", "float16"])
def test_dtype_policies(subject: Subject, policy: str) -> None:
    layer = subject(dtype=policy)
    output = layer(subject.x)
    assert keras.backend.standardize_dtype(output.dtype) == policy.removeprefix("mixed_")
    full = load_canonical(subject(), to_canonical(layer))
    np.testing.assert_allclose(
        values(ops.cast(output, "float32")), values(full(subject.x)), rtol=0.1, atol=0.02
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


def test_a_frozen_kernel_is_not_moved_by_weight_decay(subject: Subject) -> None:
    model = subject.model(freeze_kernel=True)
    layer = model.layers[0]
    before = to_canonical(layer)
    model.compile(keras.optimizers.AdamW(0.1, weight_decay=0.5), "mse")
    model.fit(subject.x, np.ones((8, *subject.outputs)), epochs=2, verbose=0)
    after = to_canonical(layer)
    np.testing.assert_array_equal(after["kernel"], before["kernel"])
    assert not np.array_equal(after["bias"], before["bias"])


def test_positive_init_acts_on_the_initial_kernel_only(subject: Subject) -> None:
    layer = subject.built(positive_init=True)
    arrays = to_canonical(layer)
    assert (arrays["kernel"] >= 0).all()
    load_canonical(layer, arrays | {"kernel": -arrays["kernel"]})
    plain = load_canonical(subject(), to_canonical(layer))
    np.testing.assert_array_equal(values(layer(subject.x)), values(plain(subject.x)))


def test_any_number_of_leading_axes() -> None:
    layer = YatNMN(3)
    for shape in [(1, 5), (0, 5), (2, 3, 5), (2, 3, 4, 5)]:
        assert layer(np.ones(shape, "f")).shape == (*shape[:-1], 3)


@pytest.mark.parametrize("batch", [0, 1])
def test_any_number_of_samples(subject: Subject, batch: int) -> None:
    if BACKEND == "tensorflow" and batch == 0 and subject.cls is not YatNMN:
        pytest.skip("tf.nn.convolution returns an empty batch as it is")
    assert subject()(np.ones((batch, *subject.inputs), "f")).shape == (batch, *subject.outputs)


def test_wrong_inputs_are_named(subject: Subject) -> None:
    layer = subject()
    layer(subject.x)
    with pytest.raises(ValueError, match=r"expected axis -1|convt?\.c11"):
        layer(subject.x[..., 1:])
    with pytest.raises(TypeError, match="floating-point"):
        layer(ops.ones((2, *subject.inputs), dtype="int32"))


@pytest.mark.skipif(BACKEND == "torch", reason="PyTorch compiles elsewhere")
def test_jit_compiled_training(subject: Subject) -> None:
    model = subject.model()
    model.compile("sgd", "mse", jit_compile=True)
    history = model.fit(subject.x, np.zeros((8, *subject.outputs)), verbose=0).history
    assert np.isfinite(history["loss"]).all()


def test_both_names_give_one_class() -> None:
    assert YatDense is YatNMN is FromModule


@pytest.mark.parametrize(
    ("layer", "arguments"),
    [("YatNMN", (4,)), ("YatConv1D", (4, 2)), ("YatConvTranspose1D", (4, 2))],
)
def test_functions_of_the_package_are_activations_by_name(
    layer: str, arguments: tuple[int, ...]
) -> None:
    cls = getattr(nmn.keras, layer)
    named = cls(*arguments, activation="softermax", seed=1)
    assert named.activation is nmn.keras.softermax
    assert cls.from_config(named.get_config()).activation is nmn.keras.softermax
    assert cls(*arguments, activation="tanh").activation is keras.activations.tanh
    x = np.random.default_rng(0).normal(size=(2, 5, 3)).astype(np.float32)
    outputs = keras.ops.convert_to_numpy(named(x))
    plain = cls.from_config({**named.get_config(), "activation": None})
    plain.build(x.shape)
    plain.set_weights(named.get_weights())
    expected = keras.ops.convert_to_numpy(nmn.keras.softermax(plain(x)))
    np.testing.assert_array_equal(outputs, expected)


def test_a_layer_is_no_activation() -> None:
    with pytest.raises(ValueError, match="YatNMN"):
        YatNMN(3, activation="YatNMN")
