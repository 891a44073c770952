"""What the pages say is true: numbers, sentences and examples."""

import ast
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from codegen.docs.cell_pages import cell_view
from codegen.docs.description import describe
from codegen.docs.equations import equations, latex, now
from codegen.docs.examples import examples
from codegen.docs.formulas import Formulas
from codegen.docs.function_plots import curves, graph, places
from codegen.docs.plots import LOOKS, PLOTS
from codegen.docs.surface import WEIGHT, Surface
from codegen.frameworks import FRAMEWORKS
from codegen.math.function_values import values_of
from codegen.paths import SPEC
from codegen.plans.package import plan_package
from codegen.spec import load_specs

ROOT = Path(__file__).parents[2]
PLAN = plan_package(load_specs(SPEC))
NEURONS = pytest.mark.parametrize("neuron", PLAN.neurons, ids=lambda n: n.name)


@NEURONS
def test_the_gradient_drawn_is_that_of_the_response_drawn(neuron) -> None:
    surface = Surface(neuron)
    points = np.random.default_rng(0).normal(size=(50, 2)) + WEIGHT
    step = 1e-6
    for i in range(2):
        shift = step * np.eye(2)[i]
        slope = (surface.response(points + shift) - surface.response(points - shift)) / (2 * step)
        size = 1 + np.abs(slope) + np.abs(surface.response(points))
        np.testing.assert_array_less(np.abs(surface.gradient(points)[:, i] - slope), 1e-4 * size)


@NEURONS
def test_plots_are_the_same_bytes_every_time(neuron) -> None:
    for plot in PLOTS.values():
        assert plot(Surface(neuron), LOOKS[0]) == plot(Surface(neuron), LOOKS[0])


@NEURONS
def test_every_operand_has_its_derivative_and_every_plot_its_words(neuron) -> None:
    formulas = Formulas(neuron)
    assert [d.operand for d in formulas.derivatives] == list(neuron.math.differentiable)
    assert len(describe(Surface(neuron))) >= 3


@pytest.mark.parametrize("function", PLAN.functions, ids=lambda f: f.name)
def test_a_graph_shows_the_function(function) -> None:
    drawn, x = curves(function), places(function)
    assert all(y.shape == x.shape for y in drawn.values())
    assert graph(function, LOOKS[0]) == graph(function, LOOKS[0])
    if function.math.is_elementwise:
        label = next(iter(drawn))
        number = next(iter(function.spec.numbers))
        assert label == f"{number} = {function.spec.numbers[number]:g}"
        np.testing.assert_allclose(drawn[label], values_of(function.math, x), atol=1e-12)


def test_a_graph_begins_at_0_where_a_function_is_flat_below() -> None:
    assert all(places(f)[0] == 0 for f in PLAN.functions)


@pytest.mark.parametrize("cell", PLAN.cells, ids=lambda c: c.name)
def test_a_cell_has_an_equation_for_each_of_its_spec_and_a_row_for_each_array(cell) -> None:
    view = cell_view(cell)
    assert [e.partition(" = ")[0] for e in view["equations"]] == [now(n) for n in cell.spec.math]
    assert [row.head for row in view["arrays"]] == [array.name for array in cell.arrays]
    assert {name for name, _, _ in view["starts"]} == cell.spec.start.keys()


def test_equations_say_what_neurons_see_and_which_state_is_meant() -> None:
    (cell,) = (c for c in PLAN.cells if c.name == "YatLSTM")
    found = equations(cell)
    assert found[0] == (
        r"i_{t} = \text{gate}\left(\text{ⵟ}_{\text{input gate}}\left(x_{t}, h_{t-1}\right)\right)"
    )
    assert found[-2:] == (
        r"c_{t} = f_{t}\, c_{t-1} + i_{t}\, g_{t}",
        r"h_{t} = o_{t}\, \tanh\left(c_{t}\right)",
    )


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("a - (b - c)", r"a - \left(b - c\right)"),
        ("a - b - c", "a - b - c"),
        ("(a + b) * 2", r"\left(a + b\right) \cdot 2"),
        ("a / (b + c)", r"\frac{a}{b + c}"),
        ("(a * b)**2", r"{\left(a\, b\right)}^{2}"),
        ("a**b**c", "{a}^{{b}^{c}}"),
        ("-(a + b)", r"-\left(a + b\right)"),
        ("2 * -a", r"2\, \left(-a\right)"),
        ("sqrt(abs(a)) + softplus(pi)", r"\sqrt{\left|a\right|} + \text{softplus}\left(\pi\right)"),
    ],
)
def test_equations_keep_their_parentheses(text: str, written: str) -> None:
    assert latex(ast.parse(text, mode="eval").body, {}) == written


@pytest.mark.parametrize("framework", FRAMEWORKS, ids=lambda f: f.name)
def test_examples_run_and_give_the_shapes_they_name(framework) -> None:
    """All examples of a framework in one process: each is independent of the others."""
    layers = [layer for module in PLAN.modules for layer in module.layers]
    programs = []
    for neuron in PLAN.neurons:
        own = [layer for layer in layers if layer.neuron is neuron]
        programs += [e.code for e in examples(own) if e.framework == framework.name]
    code = re.sub(
        r"^(.+\.shape)  # (\(.+\))$", r"assert tuple(\1) == \2", "\n".join(programs), flags=re.M
    )
    assert code.count("assert") == sum(
        len({y.kind for y in layers if y.neuron is n}) for n in PLAN.neurons
    )
    environment = os.environ | {"PYTHONPATH": str(ROOT / "generated"), "TF_CPP_MIN_LOG_LEVEL": "3"}
    run = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr
