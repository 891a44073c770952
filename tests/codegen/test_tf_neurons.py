"""TensorFlow layers of neurons that only tests have: values, and gradients in closed form."""

import importlib
import sys

import numpy as np
import pytest

from codegen.frameworks.tf import TF
from tests.codegen import odd_neurons

tf = pytest.importorskip("tensorflow")

PACKAGE = "odd_tf"
NEURONS = list(odd_neurons.NEURONS)


@pytest.fixture(scope="module", autouse=True)
def _package(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("odd")
    odd_neurons.generate(folder, PACKAGE, TF())
    sys.path.insert(0, str(folder))


def layer(name: str, kind: str, *arguments: object, **options: object):
    module = importlib.import_module(f"{PACKAGE}.tf.{name}_{kind}")
    suffix = {"dense": "", "conv": "Conv1D", "transposed": "Transposed1D"}[kind]
    made = getattr(module, name.capitalize() + suffix)
    return made(*arguments, dtype=tf.float64, **options)


def variants() -> list:
    constant = {"gaussian": {"constant_gamma": 0.7}, "choices": {"constant_slope": 0.1}}
    others = constant | {
        "student": {"learnable_nu": True},
        "functions": {"use_a": False, "use_q": False},
        "polynomial": {"degree": 2},
    }
    plain = [pytest.param(name, {}, id=name) for name in NEURONS]
    return plain + [pytest.param(n, o, id=f"{n}-{'-'.join(o)}") for n, o in others.items()]


def settings(made) -> dict[str, object]:
    """The values of parameters that take part; what is left out has the value for that."""
    found = {}
    for name, spec in odd_neurons.NEURONS[made_name(made)][0].items():
        value = getattr(made, f"_effective_{name}")(tf.float64)
        found[name] = spec.get("absent") if value is None else np.asarray(value)
    return found


def made_name(made) -> str:
    return type(made).__name__.removesuffix("Conv1D").removesuffix("Transposed1D").lower()


def directional(function, variables: list, directions: list) -> float:
    """The derivative of `function` along `directions`, from values alone."""
    starts, step = [tf.identity(v) for v in variables], 1e-5
    values = []
    for sign in (1, -1):
        for variable, start, direction in zip(variables, starts, directions, strict=True):
            variable.assign(start + sign * step * direction)
        values.append(float(function()))
    for variable, start in zip(variables, starts, strict=True):
        variable.assign(start)
    return (values[0] - values[1]) / (2 * step)


@pytest.mark.parametrize(("name", "options"), variants())
def test_the_response_is_the_formula_and_its_gradient_the_derivative(
    name: str, options: dict[str, object]
) -> None:
    random = np.random.default_rng(1)
    made = layer(name, "dense", 4, **options)
    x = tf.Variable(random.normal(size=(6, 3)))
    made.build(3)
    made.kernel.assign(random.normal(size=(3, 4)))
    expected = odd_neurons.response(name, x.numpy(), made.kernel.numpy().T, **settings(made))
    np.testing.assert_allclose(made(x).numpy(), expected, rtol=1e-12)
    upstream = random.normal(size=(6, 4))

    def total():
        return tf.reduce_sum(made(x) * upstream)

    variables = [x, *made.trainable_variables]
    with tf.GradientTape() as tape:
        value = total()
    gradients = tape.gradient(value, variables)
    for variable, gradient in zip(variables, gradients, strict=True):
        direction = tf.constant(random.normal(size=variable.shape), tf.float64)
        found = float(tf.reduce_sum(gradient * direction))
        assert found == pytest.approx(directional(total, [variable], [direction]), 1e-6, 1e-8)


@pytest.mark.parametrize("name", NEURONS)
@pytest.mark.parametrize("groups", [1, 2])
def test_windows_respond_as_inputs_do(name: str, groups: int) -> None:
    random = np.random.default_rng(2)
    made = layer(name, "conv", 4, 3, groups=groups)
    x = random.normal(size=(2, 7, 4))
    found = np.split(made(tf.constant(x)).numpy(), groups, -1)
    windows = np.stack([x[:, i : i + 3] for i in range(5)], 1)
    for group in range(groups):
        given = {
            n: v if np.ndim(v) == 0 else np.split(v, groups)[group]
            for n, v in settings(made).items()
        }
        kernel = np.split(made.kernel.numpy(), groups, -1)[group]
        part = np.split(windows, groups, -1)[group].reshape(2, 5, -1)
        names = {"units": 4} | given
        expected = odd_neurons.response(name, part, kernel.reshape(-1, 4 // groups).T, **names)
        np.testing.assert_allclose(found[group], expected, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("name", NEURONS)
def test_transposed_windows_respond_as_inputs_do(name: str) -> None:
    random = np.random.default_rng(3)
    made = layer(name, "transposed", 4, 3, strides=2)
    x = random.normal(size=(2, 3, 2))
    found = made(tf.constant(x)).numpy()
    windows, kernel = odd_neurons.stuffed_windows(x, made.kernel.numpy())
    expected = odd_neurons.response(name, windows, kernel, **settings(made))
    np.testing.assert_allclose(found, expected, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize(("name", "options"), variants())
@pytest.mark.parametrize("spherical", [False, True])
def test_no_gradient_is_nan_where_input_and_kernel_agree_or_vanish(
    name: str, options: dict[str, object], spherical: bool
) -> None:
    for kind, arguments, shape in (("dense", (3,), (3, 3)), ("conv", (3, 1), (1, 3, 3))):
        made = layer(name, kind, *arguments, spherical=spherical, **options)
        made.build(3)
        made.kernel.assign(tf.reshape(tf.eye(3, dtype=tf.float64), made.kernel.shape))
        for rows in (np.eye(3), np.zeros((3, 3))):
            x = tf.Variable(rows.reshape(shape))
            with tf.GradientTape() as tape:
                value = made(x)
            gradients = tape.gradient(value, [x, *made.trainable_variables])
            assert np.isfinite(value).all()
            assert all(np.isfinite(tf.convert_to_tensor(g)).all() for g in gradients)


def test_graphs_of_any_batch_and_second_derivatives() -> None:
    made = layer("choices", "dense", 4)
    compiled = tf.function(made, input_signature=[tf.TensorSpec([None, 3], tf.float64)])
    x = tf.constant(np.random.default_rng(4).normal(size=(5, 3)))
    np.testing.assert_allclose(compiled(x), made(x), rtol=1e-12)
    with tf.GradientTape() as outer:
        outer.watch(x)
        with tf.GradientTape() as inner:
            inner.watch(x)
            value = tf.reduce_sum(made(x))
        gradient = inner.gradient(value, x)
    assert np.isfinite(outer.gradient(gradient, x)).all()
