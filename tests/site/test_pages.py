"""What the pages say is true: numbers, sentences and examples."""

import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from codegen.docs.description import describe
from codegen.docs.examples import examples
from codegen.docs.formulas import Formulas
from codegen.docs.plots import LOOKS, PLOTS
from codegen.docs.surface import WEIGHT, Surface
from codegen.frameworks import FRAMEWORKS
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
