"""The mathematical properties that a neuron's spec states, in every framework."""

import numpy as np
import pytest

from codegen.spec.formula import Formula
from tests.adapters import FRAMEWORKS, Arrays, adapter
from tests.properties.conditions import evaluate_formula
from tests.properties.draw import LAYERS

SEEDS = range(5)


class Point:
    """A layer with one bias for all units, float64, and positive parameters."""

    def __init__(self, framework: str, layer: str, seed: int) -> None:
        self.plan = LAYERS[layer]
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
        constants = {p.name: values[p.name] for p in self.plan.neuron.parameters if not p.trained}
        layer = self.adapter.layer(
            self.plan.name, x.shape[1], len(w), dtype="float64", **self.shared, **constants
        )
        arrays: Arrays = {"kernel": w}
        for p in self.plan.neuron.parameters:
            if p.trained:
                shared = p.has("scalar") or not p.per_unit
                arrays[p.name] = np.full(() if shared else len(w), values[p.name])
        upstream = np.zeros((len(x), len(w)))
        return self.adapter.evaluate(layer, arrays, x, upstream)[0]

    def stated(self, name: str) -> Formula | dict | bool:
        """What the spec says; a test of a property it does not state is skipped."""
        statement = getattr(self.plan.neuron.spec.properties, name)
        if statement is None or statement is False:
            pytest.skip(f"{self.plan.neuron.name} does not state {name}")
        return statement


@pytest.fixture(params=SEEDS)
def seed(request: pytest.FixtureRequest) -> int:
    return request.param


@pytest.fixture(params=LAYERS)
def layer(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture(params=FRAMEWORKS)
def point(request: pytest.FixtureRequest, layer: str, seed: int) -> Point:
    return Point(request.param, layer, seed)


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
