"""TensorFlow: every layer is a `tf.Module` that works eagerly, in graphs, under XLA and saved."""

import ast
import copy
import functools
import gc
import inspect
import math
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

import nmn.tf
from nmn.tf import nmn as dense
from nmn.tf import yatconv, yatconv_transpose
from nmn.tf.neurons import yat
from nmn.weights import load_canonical, to_canonical
from tests.conformance.tf_layers import (
    KINDS,
    OPTIONS,
    Kind,
    assert_all_close,
    definition,
    gradients,
    normal,
)

GENERATED = Path(__file__).parents[2] / "generated"


@pytest.fixture(params=KINDS, ids=lambda kind: kind.name)
def kind(request: pytest.FixtureRequest) -> Kind:
    return request.param


@pytest.fixture(params=OPTIONS, ids=lambda o: ",".join(o) or "default")
def options(request: pytest.FixtureRequest) -> dict[str, Any]:
    return request.param


@pytest.fixture
def layer(kind: Kind, options: dict[str, Any]) -> tf.Module:
    return kind.built(dtype=tf.float64, epsilon=0.1, **options)


@pytest.fixture
def x(kind: Kind) -> tf.Tensor:
    return kind.normal(dtype=tf.float64)


def test_first_and_second_derivatives(
    layer: tf.Module, x: tf.Tensor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The closed form, and its own derivative, against the tape through the plain expression."""

    def derivatives() -> list[tf.Tensor]:
        with tf.GradientTape() as tape:
            tape.watch(x)
            first = gradients(layer, layer, x)
            weighted = [tf.reduce_sum(g * normal(*g.shape, dtype=g.dtype)) for g in first]
            total = tf.add_n(weighted)
        return [*first, *tape.gradient(total, [x, *layer.trainable_variables])]

    closed = derivatives()
    monkeypatch.setattr(yat, "with_gradient", lambda response, _, operands: response(**operands))
    monkeypatch.setattr(dense, "_dense_yat", dense._dense_yat.python_function)
    for module, name in ((yatconv, "_convolution"), (yatconv_transpose, "_transposed_convolution")):
        plain = functools.partial(functools.partial, getattr(module, f"{name}_yat"))
        monkeypatch.setattr(module, f"{name}_yat_graph", plain)
    assert_all_close(closed, derivatives())


def test_forward_mode_agrees_with_the_tape(kind: Kind, layer: tf.Module, x: tf.Tensor) -> None:
    direction = kind.normal(seed=2, dtype=tf.float64)
    with tf.autodiff.ForwardAccumulator(x, direction) as accumulator:
        loss = tf.reduce_sum(tf.square(layer(x)))
    (grad_x, *_) = gradients(layer, layer, x)
    np.testing.assert_allclose(accumulator.jvp(loss), tf.reduce_sum(grad_x * direction), rtol=1e-9)


@pytest.mark.parametrize("jit_compile", [False, True], ids=["graph", "xla"])
def test_compiled_values_and_gradients_are_the_eager_ones(
    layer: tf.Module, x: tf.Tensor, jit_compile: bool
) -> None:
    @tf.function(jit_compile=jit_compile)
    def compiled(x: tf.Tensor) -> list[tf.Tensor]:
        return [layer(x), *gradients(layer, layer, x)]

    assert_all_close(compiled(x), [layer(x), *gradients(layer, layer, x)])


def test_values_are_the_definitions(kind: Kind) -> None:
    layer, x = kind.built(), kind.normal()
    np.testing.assert_allclose(layer(x), definition(layer, x), rtol=1e-4, atol=1e-6)
    assert layer(x).shape == (2, *kind.output_shape)


def test_unknown_sizes_in_a_graph(kind: Kind) -> None:
    layer = kind.layer()
    unknown = [None] * len(kind.input_shape)

    @tf.function(input_signature=[tf.TensorSpec([*unknown, kind.input_shape[-1]])])
    def function(x: tf.Tensor) -> tf.Tensor:
        output = layer(x)
        assert output.shape.as_list() == [*unknown, kind.units]
        return output

    x = kind.normal()
    assert function(x).shape == (2, *kind.output_shape)
    np.testing.assert_allclose(function(x), definition(layer, x), rtol=1e-4, atol=1e-6)
    assert function(kind.normal(0)).shape == (0, *kind.output_shape)


def test_a_batch_may_be_unknown_or_empty(kind: Kind) -> None:
    layer = kind.built()

    @tf.function(input_signature=[tf.TensorSpec([None, *kind.input_shape])])
    def function(x: tf.Tensor) -> tf.Tensor:
        output = layer(x)
        assert output.shape.as_list() == [None, *kind.output_shape]
        return output

    for batch in (0, 1, 3):
        x = kind.normal(batch)
        assert function(x).shape == layer(x).shape == (batch, *kind.output_shape)
        shapes = [g.shape for g in gradients(layer, layer, x)]
        assert shapes == [x.shape, *(v.shape for v in layer.trainable_variables)]


@pytest.mark.parametrize("shape", [[None] * 2, [None] * 4, None, []])
def test_an_unknown_last_axis_is_one_clear_error(
    kind: Kind, shape: list[int | None] | None
) -> None:
    function = tf.function(kind.layer(), input_signature=[tf.TensorSpec(shape)])
    with pytest.raises(ValueError, match="input"):
        function.get_concrete_function()


def test_variables_are_created_once_by_the_first_call(kind: Kind) -> None:
    layer = kind.layer(learnable_epsilon=True, name="hidden")
    assert layer.variables == ()
    layer(kind.normal())
    before = {v.name: v.ref() for v in layer.variables}
    layer(kind.normal(4))
    assert {v.name: v.ref() for v in layer.variables} == before
    assert set(before) == {f"hidden/{n}:0" for n in ("kernel", "bias", "alpha", "epsilon_param")}
    shapes = {v.name: tuple(v.shape) for v in layer.variables}
    assert shapes["hidden/kernel:0"] == kind.kernel_shape


def test_variables_may_be_created_inside_a_function(kind: Kind) -> None:
    layer = kind.layer()
    function = tf.function(layer)
    x = kind.normal()
    np.testing.assert_allclose(function(x), layer(x), rtol=1e-6)
    assert len(layer.trainable_variables) == 3


class Model(tf.Module):
    """A module with a layer inside, as users save it."""

    def __init__(self, layer: tf.Module, shape: tuple[int, ...]) -> None:
        super().__init__()
        self.layer = layer
        self.respond = tf.function(
            self.layer.__call__, input_signature=[tf.TensorSpec([None, *shape], tf.float64)]
        )


def test_saved_model_keeps_values_and_gradients(
    kind: Kind, layer: tf.Module, x: tf.Tensor, tmp_path: Path
) -> None:
    tf.saved_model.save(Model(layer, kind.input_shape), str(tmp_path))
    loaded = tf.saved_model.load(str(tmp_path))
    np.testing.assert_allclose(loaded.respond(x), layer(x), rtol=1e-12)
    (ours, *_) = gradients(layer, layer, x)
    with tf.GradientTape() as tape:
        tape.watch(x)
        loss = tf.reduce_sum(tf.square(loaded.respond(x)))
    np.testing.assert_allclose(tape.gradient(loss, x), ours, rtol=1e-9)


def test_checkpoint_round_trip(
    kind: Kind, options: dict[str, Any], layer: tf.Module, x: tf.Tensor, tmp_path: Path
) -> None:
    path = tf.train.Checkpoint(layer=layer).save(str(tmp_path / "checkpoint"))
    fresh = kind.layer(dtype=tf.float64, epsilon=0.1, **options)
    # Restored when the first call creates the variables.
    status = tf.train.Checkpoint(layer=fresh).restore(path)
    np.testing.assert_array_equal(fresh(x), layer(x))
    status.assert_existing_objects_matched()


def test_canonical_arrays_round_trip(layer: tf.Module, x: tf.Tensor) -> None:
    arrays = to_canonical(layer)
    twin = copy.deepcopy(layer)
    for variable in twin.variables:
        variable.assign(tf.zeros_like(variable))
    load_canonical(twin, arrays)
    np.testing.assert_array_equal(twin(x), layer(x))


def test_canonical_arrays_build_a_layer(kind: Kind) -> None:
    layer, fresh, x = kind.built(), kind.layer(), kind.normal()
    load_canonical(fresh, to_canonical(layer))
    np.testing.assert_array_equal(fresh(x), layer(x))


def test_training_under_a_distribution_strategy(kind: Kind) -> None:
    strategy = tf.distribute.MirroredStrategy(["CPU:0"])
    with strategy.scope():
        layer = kind.layer()
        layer.build(kind.input_shape[-1])
    x = kind.normal()

    @tf.function
    def step() -> tf.Tensor:
        return strategy.run(lambda: gradients(layer, layer, x)[1])

    (expected, *_) = gradients(layer, layer, x)[1:]
    np.testing.assert_allclose(step(), expected, rtol=1e-5, atol=1e-6)


def test_only_one_tensor_of_the_outputs_size_is_kept(kind: Kind) -> None:
    """The tape holds on to what the backward pass needs; count the memory that stays alive."""
    layer = kind.built()
    x = kind.normal(7)
    with tf.GradientTape():
        output = layer(x)
        gc.collect()
        alive = [o for o in gc.get_objects() if type(o) is type(output)]
        size = math.prod(output.shape)
        memory = {
            np.from_dlpack(o).ctypes.data
            for o in alive
            if o.dtype == tf.float32 and math.prod(o.shape) == size
        }
    assert len(memory) == 2, "the output and one residual"


def test_no_other_framework_is_imported() -> None:
    code = (
        "import sys, tensorflow as tf; before = set(sys.modules);"
        "import nmn.tf; nmn.tf.YatNMN(3)(tf.ones((2, 5)));"
        "nmn.tf.YatConv1D(3, 2)(tf.ones((2, 5, 1)));"
        "print({m.partition('.')[0] for m in set(sys.modules) - before})"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], cwd=GENERATED, capture_output=True, text=True, check=True
    )
    assert not {"keras", "tf_keras", "torch", "jax", "flax"} & ast.literal_eval(result.stdout)


def test_everything_public_is_a_class_or_a_function_of_the_package() -> None:
    for name in nmn.tf.__all__:
        public = getattr(nmn.tf, name)
        assert public.__module__.startswith("nmn.tf.")
        assert inspect.isfunction(public) or issubclass(public, tf.Module)
