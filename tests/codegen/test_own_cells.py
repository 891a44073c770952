"""Functions and cells outside this repository, of their author's neurons and functions and ours."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from codegen.cli import main
from codegen.frameworks import FRAMEWORKS
from codegen.frameworks.base import Recurrent

FILES = {
    "functions/ratio.yaml": """\
function: ratio
summary: A ratio of either sign.
reference: Somebody (2000)
arguments:
  x: {summary: What is squashed., array: true}
math:
  result: x / (1 + abs(x))
properties:
  monotone: {x: increasing}
  bounded: {below: -1, above: 1}
""",
    "neurons/bell.yaml": """\
neuron: bell
summary: A bell with an offset.
reference: Somebody (2000)
parameters:
  offset: {summary: Added., axes: [unit], init: zeros}
  gamma: {summary: Inverse width., axes: [], init: ones, positive: true}
math:
  spread: gamma * relu(sq_w - 2 * dot + sq_x)
  response: exp(-spread) + offset
""",
    "cells/odd.yaml": """\
cell: OddLSTM
summary: A cell of two states, of its author's neuron and function.
reference: Somebody (2000)
neuron: bell
functions: {gate: ratio}
state: {c: zeros, h: zeros}
projections:
  inner: {source: [x, h], units: [first, second]}
  outer: {source: [c * p], units: [third]}
math:
  p: gate(inner.first)
  q: gate(inner.second) * h
  c: p * c + q * pi
  y: gate(outer + inner.first)
  h: y * tanh(c)
output: y
start: {p: 0.5}
parameters: {gamma: 1 / sqrt(sq_x)}
""",
    "cells/lone.yaml": """\
cell: Lone
summary: Two states in two scans, of nmn's neuron and function.
reference: Somebody (2000)
neuron: cosine
functions: {activation: soft_tanh}
state: {h: zeros, s: zeros}
projections:
  g: {source: [x], units: [keep, push]}
math:
  k: sigmoid(g.keep)
  h: k * h + g.push
  s: k**2 * s + activation(abs(g.push))
  y: h + s
output: y
""",
    "cells/bare.yaml": """\
cell: Bare
summary: A leaking sum of linear neurons, of no function.
reference: Somebody (2000)
neuron: linear
state: {h: zeros}
projections:
  mixture: {source: [x, h], units: [whole]}
math:
  h: 0.5 * h + tanh(mixture)
output: h
""",
}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that holds the package `odd`."""
    folder = tmp_path_factory.mktemp("own")
    for path, text in FILES.items():
        (folder / "mine" / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / "mine" / path).write_text(text, encoding="utf-8")
    options = ["--spec", str(folder / "mine"), "--out", str(folder / "out"), "--package", "odd"]
    assert main(["generate", *options]) == 0
    return folder / "out"


def test_it_holds_its_own_functions_and_those_that_its_cells_name(built: Path) -> None:
    for framework in FRAMEWORKS:
        text = (built / "odd" / framework.name / "squashers.py").read_text(encoding="utf-8")
        assert "def ratio(" in text and "def soft_tanh(" in text and "softermax" not in text


def test_cells_stand_beside_no_layer(built: Path) -> None:
    for framework in FRAMEWORKS:
        if isinstance(framework, Recurrent):
            names = {p.stem for p in (built / "odd" / framework.name).glob("[a-z]*.py")}
            assert names == {"bare", "lone", "odd", "squashers"}


def test_a_start_is_computed_only_where_the_neuron_has_one(built: Path) -> None:
    text = (built / "odd/_starts.py").read_text(encoding="utf-8")
    assert "def odd_offset(" in text and "def odd_gamma(" in text
    assert "return 1 / math.sqrt(sq_x)" in text
    assert "lone" not in text.lower().replace("alone", "")


CODE = """
import importlib.util
assert importlib.util.find_spec("nmn") is None and importlib.util.find_spec("codegen") is None
import torch
from odd.torch import Bare, BareCell, Lone, LoneCell, OddLSTM, OddLSTMCell
torch.manual_seed(0)
x = torch.randn(7, 2, 3, dtype=torch.float64)
for make_layer, make_cell in ((OddLSTM, OddLSTMCell), (Lone, LoneCell), (Bare, BareCell)):
    layer, cell = (make(3, 5, dtype=torch.float64) for make in (make_layer, make_cell))
    cell.load_state_dict({n.removesuffix("_l0"): v for n, v in layer.state_dict().items()})
    output, states = layer(x)
    output.sum().backward()
    assert output.shape == (7, 2, 5)
    assert all(p.grad.isfinite().all() for p in layer.parameters())
    found = None
    for row in x:
        found = cell(row, found)
        found = found[1] if isinstance(found[1], tuple) else found
    one = torch.is_tensor(found)
    for left, right in zip([states] if one else states, [found] if one else found, strict=True):
        torch.testing.assert_close(left[0], right)
"""


def test_layers_repeat_their_cells_where_there_is_no_nmn(built: Path) -> None:
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
    run = subprocess.run(
        [sys.executable, "-c", CODE], cwd=built, env=environment, capture_output=True, text=True
    )
    assert run.returncode == 0, run.stderr
