"""Cells, layers and stacks of them hold the same weights in every framework, and do the same."""

import importlib
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from nmn.weights import load_canonical, to_canonical
from tests import subject
from tests.conformance.recurrent_layers import RECURRENT, Shape, Stack, make, run

CELLS = {plan.name: plan for plan in subject.PACKAGE.cells}
STACKS = {
    "one": Shape(),
    "two": Shape(layers=2),
    "both": Shape(bidirectional=True),
    "two-both": Shape(layers=2, bidirectional=True),
}

CASES = [(cell, "one") for cell in CELLS] + [
    ("YatGRU", "two"),
    ("YatGRU", "both"),
    ("YatGRU", "two-both"),
    ("YatMinLSTM", "two-both"),
]
"""Every cell, and stacks of every kind."""

pytestmark = pytest.mark.skipif(not RECURRENT, reason="no framework has cells")

Arrays = Mapping[str, np.ndarray]


@pytest.fixture(params=RECURRENT)
def framework(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture(params=CELLS)
def cell(request: pytest.FixtureRequest) -> str:
    return request.param


def prefixes(shape: Shape) -> list[str]:
    """What stands before the names of a stack's arrays."""
    if shape.layers == shape.directions == 1:
        return [""]
    endings = ("", "reverse.")[: shape.directions]
    return [f"{i}.{ending}" for i in range(shape.layers) for ending in endings]


def random(cell: str, shape: Shape, seed: int = 0) -> dict[str, np.ndarray]:
    """All arrays of a stack, every one of them random; scales are positive."""
    generator = np.random.default_rng(seed)
    plan = CELLS[cell]
    gates = {"kernel": len(plan.input_units), "recurrent_kernel": len(plan.recurrent_units)}
    arrays = {}
    for prefix, layer in zip(
        prefixes(shape), np.repeat(range(shape.layers), shape.directions), strict=True
    ):
        sizes = {"unit": shape.units, "state": shape.units, "input": shape.widths[layer]}
        for array in plan.arrays:
            lengths = sizes | {"gate": gates.get(array.name, len(plan.units))}
            size = [lengths[axis] for axis in array.axes]
            values = generator.normal(size=size)
            # A negative scale would close every gate.
            arrays[prefix + array.name] = values if array.axes else 0.5 + abs(values)
    return arrays


def load(framework: str, stack: Stack, arrays: Arrays) -> Stack:
    layers, variables = stack
    loaded = load_canonical(layers, arrays, variables)
    return (layers, None) if variables is None else (layers, loaded)


def assert_equal(found: Arrays, expected: Arrays) -> None:
    assert found.keys() == expected.keys()
    for name, array in expected.items():
        np.testing.assert_array_equal(found[name], array, name)


def inputs(shape: Shape) -> np.ndarray:
    return np.random.default_rng(3).normal(size=(2, 5, shape.inputs))


@pytest.mark.parametrize(("cell", "stack"), CASES)
def test_every_framework_takes_the_weights_of_every_other(cell: str, stack: str) -> None:
    """Each is given what the one before it gives out, which is exactly what it was given."""
    shape, expected = STACKS[stack], None
    arrays, x = random(cell, shape), inputs(shape)
    held: Arrays = arrays
    for framework in (*RECURRENT, RECURRENT[0]):
        loaded = load(framework, make(framework, cell, shape), held)
        held = to_canonical(*loaded)
        assert_equal(held, arrays)
        found = run(framework, loaded, x)
        assert found.std() > 0.01
        expected = found if expected is None else expected
        np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-12, err_msg=framework)


@pytest.mark.parametrize(
    ("cell", "stack"), [("YatLSTM", "one"), ("YatGRU", "two"), ("YatGRU", "two-both")]
)
@pytest.mark.parametrize("framework", [f for f in RECURRENT if f not in ("torch", "tf")])
def test_wrappers_of_the_framework_count_as_what_they_hold(
    framework: str, cell: str, stack: str
) -> None:
    shape = STACKS[stack]
    arrays, x = random(cell, shape), inputs(shape)
    layers = load(framework, make(framework, cell, shape), arrays)
    wrapped = load(framework, make(framework, cell, shape, wrapped=True), to_canonical(*layers))
    assert_equal(to_canonical(*wrapped), arrays)
    np.testing.assert_allclose(
        run(framework, wrapped, x), run(framework, layers, x), rtol=1e-9, atol=1e-12
    )


def test_a_parameter_that_is_left_out_is_left_out(framework: str, cell: str) -> None:
    stack = make(framework, cell, Shape(), use_bias=False, use_alpha=False)
    arrays = random(cell, Shape())
    kernels = {name: a for name, a in arrays.items() if "kernel" in name}
    loaded = load(framework, stack, kernels)
    assert_equal(to_canonical(*loaded), kernels)
    with pytest.raises(ValueError, match="no 'alpha'"):
        load(framework, loaded, kernels | {"alpha": arrays["alpha"]})


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"1.bias": None}, r"arrays lacks '1.bias' of shape \(3, 3\)"),
        ({"kernel": np.ones((3, 3, 4))}, "has no kernel, but 0.kernel, 0.recurrent_kernel"),
        (
            {"1.reverse.bias": np.ones((4, 3))},
            r"must have shape \(3, 3\) for the gates reset, update, candidate, got \(4, 3\)",
        ),
        ({"0.kernel": np.ones((12, 4))}, r"0.kernel must have the axes \(gate, unit, input\)"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_nothing_changes_unless_all_fits(framework: str, changes: dict, message: str) -> None:
    shape = STACKS["two-both"]
    before = random("YatGRU", shape)
    stack = load(framework, make(framework, "YatGRU", shape), before)
    given: dict[str, Any] = random("YatGRU", shape, seed=1) | changes
    with pytest.raises(ValueError, match=message):
        load(framework, stack, {n: a for n, a in given.items() if a is not None})
    assert_equal(to_canonical(*stack), before)


@pytest.mark.parametrize("framework", [f for f in RECURRENT if f != "linen"])
def test_a_cell_holds_what_its_layer_holds(framework: str, cell: str) -> None:
    own = getattr(importlib.import_module(f"nmn.{framework}"), f"{cell}Cell")
    arrays = {name: a.astype(np.float32) for name, a in random(cell, Shape()).items()}
    if framework == "nnx":
        from flax import nnx

        made = own(4, 3, rngs=nnx.Rngs(0))
    else:
        made = own(4, 3) if framework == "torch" else own(3)
    assert_equal(to_canonical(load_canonical(made, arrays)), arrays)
