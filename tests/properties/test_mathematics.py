"""The mathematical properties that a neuron's spec states, in every framework."""

import numpy as np
import pytest

from codegen.spec.formula import Formula
from tests.adapters import FRAMEWORKS, Arrays, adapter
from tests.geometry import Geometry
from tests.oracle import output_sizes
from tests.properties.conditions import evaluate_formula
from tests.properties.draw import ALL, GEOMETRIES, SWEPT

SEEDS = {name: range(1 if name in SWEPT else 5) for name in ALL}


class Point:
    """A layer with one bias for all units, float64, and positive parameters.

    A row is the whole input of a convolution with one channel, and a unit's kernel is as long.
    """

    def __init__(self, framework: str, layer: str, seed: int) -> None:
        self.plan = ALL[layer]
        self.generator = np.random.default_rng(seed)
        self.adapter = adapter(framework)
        self.shared = {
            f"scalar_{p.name}": True for p in self.plan.neuron.parameters if p.has("scalar")
        }
        self.values = {
            p.name: float(self.generator.uniform(0.5, 2)) for p in self.plan.neuron.parameters
        }

    def respond(self, x: np.ndarray, w: np.ndarray, **changed: float) -> np.ndarray:
        """The matrix of responses of units `w` to rows `x`."""
        values = self.values | changed
        options = self.shared | {
            p.name: values[p.name] for p in self.plan.neuron.parameters if not p.trained
        }
        whole, units, output = slice(None), len(w), (len(x), len(w))
        if self.plan.name in SWEPT:
            length = x.shape[1]
            rank = self.plan.ranks[0]
            along, ones = (length, *(1,) * (rank - 1)), (1,) * rank
            geometry = Geometry(self.plan.kind, along, ones, ones)
            options["geometry"] = geometry
            sizes = output_sizes(GEOMETRIES[self.plan.kind], geometry, along)
            # Of a transposed convolution, the output in the middle sees the whole input.
            whole = (whole, *(size // 2 for size in sizes))
            output = (len(x), *sizes, units)
            w = w[:, ::-1] if self.plan.kind == "transposed_convolution" else w
            w, x = w.reshape(units, 1, *along), x.reshape(len(x), *along, 1)
        layer = self.adapter.layer(self.plan.name, x.shape[-1], units, dtype="float64", **options)
        arrays: Arrays = {"kernel": w}
        for p in self.plan.neuron.parameters:
            if p.trained:
                shared = p.has("scalar") or not p.per_unit
                arrays[p.name] = np.full(() if shared else units, values[p.name])
        return self.adapter.evaluate(layer, arrays, x, np.zeros(output))[0][whole]

    def stated(self, name: str) -> Formula | dict | bool:
        """What the spec says; a test of a property it does not state is skipped."""
        statement = getattr(self.plan.neuron.spec.properties, name)
        if statement is None or statement is False:
            pytest.skip(f"{self.plan.neuron.name} does not state {name}")
        return statement


@pytest.fixture(params=[(name, seed) for name in ALL for seed in SEEDS[name]], ids=str)
def layer_and_seed(request: pytest.FixtureRequest) -> tuple[str, int]:
    return request.param


@pytest.fixture(params=FRAMEWORKS)
def point(request: pytest.FixtureRequest, layer_and_seed: tuple[str, int]) -> Point:
    return Point(request.param, *layer_and_seed)


def test_nonnegative(point: Point) -> None:
    point.stated("nonnegative")
    x, w = point.generator.normal(size=(2, 6, 4))
    assert (point.respond(x, w) >= 0).all()


def test_symmetric(point: Point) -> None:
    point.stated("symmetric")
    x, w = point.generator.normal(size=(2, 5, 4))
    np.testing.assert_allclose(point.respond(x, w), point.respond(w, x).T, rtol=1e-11)


def test_rotation_invariant(point: Point) -> None:
    point.stated("rotation_invariant")
    x, w = point.generator.normal(size=(2, 5, 4))
    rotation, _ = np.linalg.qr(point.generator.normal(size=(4, 4)))
    rotated = point.respond(x @ rotation, w @ rotation)
    np.testing.assert_allclose(rotated, point.respond(x, w), rtol=1e-9)


def test_homogeneous_exactly_for_powers_of_two(point: Point) -> None:
    degrees = dict(point.stated("homogeneous"))
    degree = degrees.pop("degree")
    x, w = point.generator.normal(size=(2, 5, 4))
    scale = 8.0
    scaled = {n: scale**d * point.values[n] for n, d in degrees.items()}
    both = point.respond(scale * x, scale * w, **scaled)
    np.testing.assert_array_equal(both, scale**degree * point.respond(x, w))


def test_positive_semidefinite(point: Point) -> None:
    point.stated("positive_semidefinite")
    x = point.generator.normal(size=(12, 3))
    eigenvalues = np.linalg.eigvalsh(point.respond(x, x))
    assert eigenvalues[0] >= -1e-10 * eigenvalues[-1]


def test_supremum_is_a_bound_and_is_reached(point: Point) -> None:
    formula = point.stated("supremum")
    assert isinstance(formula, Formula)
    w = point.generator.normal(size=(1, 3))
    names = point.values | {"sq_w": float((w**2).sum())}
    supremum = evaluate_formula(formula, names)
    x = w * np.linspace(-3, 3, 60_001)[:, None]
    x = np.concatenate([x, w + point.generator.normal(size=(1000, 3))])
    largest = point.respond(x, w).max()
    assert largest <= supremum * (1 + 1e-12)
    assert largest >= supremum * (1 - 1e-6)


def test_zero_when_orthogonal_and_without_bias(point: Point) -> None:
    """A statement about Yat and whoever else is a multiple of ⟨w, x⟩ + bias."""
    if "alignment" not in point.plan.neuron.spec.math:
        pytest.skip("the response is no multiple of an alignment")
    x, w = np.array([[1.0, 2.0, 0.0]]), np.array([[2.0, -1.0, 5.0]])
    assert point.respond(x, w, bias=0.0).item() == 0
