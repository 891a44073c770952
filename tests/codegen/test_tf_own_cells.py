"""TensorFlow cells as no cell of `spec/` is: without roles, without options, of several states."""

import importlib
import inspect
import sys
from pathlib import Path

import numpy as np
import pytest

from codegen.frameworks.tf import TF
from codegen.paths import SPEC
from codegen.plans.package import plan_package
from codegen.render.formatting import format_files
from codegen.render.package import render_package
from codegen.render.tree import replace
from codegen.spec import load_specs

tf = pytest.importorskip("tensorflow")

PACKAGE = "own_cells_tf"
CELLS = {
    # Without roles, of a neuron that sees the product alone.
    "plain": """\
cell: Plain
summary: No function is a role.
reference: Somebody (2000)
neuron: linear
state: {h: zeros}
projections:
  inner: {source: [x, h], units: [first]}
math:
  h: tanh(inner)
output: h
""",
    # All steps at once, in two scans, of a neuron without any parameter that is trained.
    "pair": """\
cell: Pair
summary: Two states in two scans.
reference: Somebody (2000)
neuron: cosine
functions: {activation: soft_tanh}
state: {h: zeros, s: zeros}
projections:
  g: {source: [x], units: [keep, push]}
math:
  k: sigmoid(g.keep)
  h: k * h + g.push
  s: sqrt(k) * s + activation(abs(g.push))
  y: h + s**2
output: y
""",
    # No response sees a state, but one state follows from another: a loop.
    "chain": """\
cell: Chain
summary: One state follows from the other.
reference: Somebody (2000)
neuron: gaussian
state: {h: zeros, c: zeros}
projections:
  g: {source: [x], units: [keep, push, show]}
math:
  c: g.keep * c + g.push
  h: g.show * tanh(c) + 0.1 * h
output: h
""",
    # Single-unit projections of both kinds, one of a new state; a state that is never put out.
    "mixed": """\
cell: Mixed
summary: Every kind of source.
reference: Somebody (2000)
neuron: inverse_multiquadric
functions: {gate: softer_sigmoid}
state: {h: zeros, m: zeros}
projections:
  looking: {source: [x], units: [look]}
  kept: {source: [m], units: [recall]}
  both: {source: [x, h - m], units: [join, update]}
math:
  m: gate(both.update) * m + looking * kept
  h: (m**2 + 0.1)**0.5 - both.join
  y: h + exp(-m)
output: y
""",
}
NAMES = ["Plain", "Pair", "Chain", "Mixed"]


@pytest.fixture(scope="module", autouse=True)
def package(tmp_path_factory: pytest.TempPathFactory):
    """The package, generated from these specs alone."""
    folder = tmp_path_factory.mktemp("own")
    for name, text in CELLS.items():
        path = Path(folder, "mine/cells", f"{name}.yaml")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    plan = plan_package(load_specs(folder / "mine", house=SPEC))
    files = format_files(render_package(plan, (TF(),), PACKAGE), PACKAGE)
    replace(files, folder / "out" / PACKAGE)
    sys.path.insert(0, str(folder / "out"))
    yield importlib.import_module(f"{PACKAGE}.tf")
    sys.path.remove(str(folder / "out"))


def randomized(layer):
    random = np.random.default_rng(1)
    layer.build(3)
    for variable in layer.variables:
        variable.assign(random.normal(size=variable.shape))
    return layer


@pytest.fixture
def x():
    return tf.constant(np.random.default_rng(2).normal(size=(2, 5, 3)))


@pytest.mark.parametrize("name", NAMES)
def test_the_layer_is_its_cell_in_a_loop(package, name: str, x) -> None:
    layer = randomized(getattr(package, name)(4, dtype=tf.float64))
    with tf.GradientTape() as tape:
        outputs, last = layer(x)
        value = tf.reduce_sum(tf.sin(outputs))
    ours = tape.gradient(value, layer.trainable_variables)
    with tf.GradientTape() as tape:
        state, steps = layer.initial_state(2), []
        for step in range(5):
            output, state = layer.cell(x[:, step], state)
            steps.append(output)
        value = tf.reduce_sum(tf.sin(tf.stack(steps)))
    theirs = tape.gradient(value, layer.trainable_variables)
    np.testing.assert_allclose(outputs, tf.stack(steps, 1), rtol=1e-12, atol=1e-14)
    found, expected = ([*tf.nest.flatten(s), *g] for s, g in ((last, ours), (state, theirs)))
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-10, atol=1e-12)


def test_a_linear_cell_is_the_recurrence_of_elman(package, x) -> None:
    layer = randomized(package.Plain(4, dtype=tf.float64))
    kernel, recurrent, bias = (
        getattr(layer.cell, name).numpy() for name in ("kernel", "recurrent_kernel", "bias")
    )
    h = np.zeros((2, 4))
    for step in range(5):
        h = np.tanh(x[:, step].numpy() @ kernel + h @ recurrent + bias)
    np.testing.assert_allclose(layer(x)[1], h, rtol=1e-12)


def test_only_what_there_is_can_be_chosen(package) -> None:
    arguments = {n: set(inspect.signature(getattr(package, n)).parameters) for n in NAMES}
    every = {"features", "kernel_initializer", "reverse", "time_major", "dtype", "name"}
    loop = {"recurrent_initializer", "unroll"}
    assert arguments["Plain"] == every | loop | {"use_bias", "bias_initializer"}
    assert arguments["Pair"] == every | {"activation", "delta"}
    assert arguments["Chain"] == every | {"unroll", "gamma_initializer"}
    assert arguments["Mixed"] == every | loop | {"gate", "c_initializer"}


def test_a_positive_parameter_starts_at_its_value(package) -> None:
    layer = package.Chain(4)
    layer.build(3)
    np.testing.assert_allclose(tf.math.softplus(layer.cell.gamma), np.full(12, 0.5), rtol=1e-6)


@pytest.mark.parametrize("name", NAMES)
def test_half_precision_padding_and_graphs(package, name: str, x) -> None:
    layer = randomized(getattr(package, name)(4, dtype=tf.float16, reverse=True))
    compiled = tf.function(layer, input_signature=[tf.TensorSpec([None, None, 3], tf.float64)])
    outputs, last = compiled(x)
    np.testing.assert_allclose(outputs, layer(x)[0], rtol=1e-2, atol=1e-2)
    assert {t.dtype for t in tf.nest.flatten((outputs, last))} == {tf.float16}
    outputs, _ = layer(x, sequence_length=[5, 2])
    assert not outputs[1, 2:].numpy().any() and outputs[1, :2].numpy().all()
