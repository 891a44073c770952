"""The oracle is tested before it judges: ordinary code passes, wrong code does not."""

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from codegen.spec import load_specs
from tests.oracle import FLOAT32, dense_oracle
from tests.oracle.operands import Operands

YAT = load_specs(Path(__file__).parent.parent / "spec").neurons["yat"]

Draw = tuple[np.ndarray, dict[str, np.ndarray], np.ndarray]


def draw(seed: int, n: int, scale: float, near: float | None) -> Draw:
    """Float32 input, arrays and upstream; `near` puts x that close to some w."""
    generator = np.random.default_rng(seed)
    w = (scale * generator.normal(size=(3, n))).astype(np.float32)
    x = (scale * generator.normal(size=(4, n))).astype(np.float32)
    if near is not None:
        x[:3] = w * (1 + near * generator.normal(size=(3, n))).astype(np.float32)
    arrays = {
        "kernel": w,
        "bias": generator.normal(size=3).astype(np.float32),
        "alpha": np.float32(1.3),
    }
    return x, arrays, generator.normal(size=(4, 3)).astype(np.float32)


FUNCTIONS = {"relu": lambda x: np.maximum(x, np.float32(0)), "sqrt": np.sqrt, "abs": np.abs}


def ordinary(
    x: np.ndarray, arrays: dict[str, np.ndarray], epsilon: float, *edits: tuple[str, str]
) -> np.ndarray:
    """The formulas as the spec states them, in plain float32 NumPy, after some edits."""
    w = arrays["kernel"]
    names = {
        "dot": x @ w.T,
        "sq_x": (x * x).sum(1, keepdims=True),
        "sq_w": (w * w).sum(1),
        "epsilon": np.float32(epsilon),
        "bias": arrays["bias"],
        "alpha": arrays["alpha"],
    }
    for name, formula in YAT.math.items():
        text = formula.text
        for old, new in edits:
            text = text.replace(old, new)
        names[name] = eval(text, {"__builtins__": {}}, FUNCTIONS | names)
    return names["response"]


def ratio(actual: np.ndarray, drawn: Draw, epsilon: float) -> float:
    """Largest error of the output over its bound; a vacuous bound counts as 0."""
    constants = {"epsilon": float(np.float32(epsilon))}
    pair = dense_oracle(YAT, *drawn, FLOAT32, constants=constants).output
    error = np.abs(actual - pair.value).astype(float)
    return float(np.max(np.where(error > 0, error / pair.bound, 0)))


@given(
    seed=st.integers(0, 2**32 - 1),
    n=st.sampled_from([1, 2, 3, 5, 16, 300]),
    scale=st.sampled_from([1e-3, 1.0, 100.0, 1e4]),
    near=st.sampled_from([None, None, 0.0, 1e-4, 1e-2]),
    epsilon=st.sampled_from([1e-5, 1e-2]),
)
def test_ordinary_float32_code_is_within_every_bound(
    seed: int, n: int, scale: float, near: float | None, epsilon: float
) -> None:
    drawn = draw(seed, n, scale, near)
    assert ratio(ordinary(*drawn[:2], epsilon), drawn, epsilon) < 1


EDITS = {
    "bias dropped": ("+ bias", ""),
    "bias outside the square": ("epsilon)", "epsilon) + bias"),
    "a thousandth too large": ("alpha", "1.001 * alpha"),
    "scale left out": ("alpha *", ""),
    "not squared": ("**2", ""),
}


@pytest.mark.parametrize("mistake", EDITS)
@pytest.mark.parametrize("n", [1, 3, 16, 128])
def test_structural_mistakes_are_outside_the_bound(mistake: str, n: int) -> None:
    drawn = draw(0, n, 1.0, None)
    assert ratio(ordinary(*drawn[:2], 1e-5, EDITS[mistake]), drawn, 1e-5) > 1


def test_a_wrong_epsilon_is_outside_the_bound_near_the_kernel() -> None:
    drawn = draw(0, 2, 1.0, 1e-3)
    assert ratio(ordinary(*drawn[:2], 1e-4), drawn, 1e-5) > 1


def test_the_distance_does_not_cancel() -> None:
    x = np.array([[1.0, 100.0]], np.float32)
    w = np.nextafter(x, np.float32(np.inf))
    operands = Operands(FLOAT32.exact(x), FLOAT32.exact(w))
    pairs = zip(x[0], w[0], strict=True)
    exact = sum((Fraction(float(a)) - Fraction(float(b))) ** 2 for a, b in pairs)
    computed = float(operands.quadratic(1.0, 1.0, -2.0).value[0, 0])
    assert computed == pytest.approx(float(exact), rel=1e-15)


@pytest.mark.parametrize("spherical", [False, True])
def test_gradients_agree_with_differences(spherical: bool) -> None:
    x, arrays, g = draw(1, 4, 1.0, None)
    arrays = {k: np.asarray(v, np.float64) for k, v in arrays.items()}
    arrays["epsilon_param"] = np.float64(-1.0)

    def evaluate(point: dict[str, np.ndarray]) -> tuple[float, dict[str, np.ndarray]]:
        rest = {k: v for k, v in point.items() if k != "x"}
        oracle = dense_oracle(
            YAT,
            point["x"],
            rest,
            g,
            FLOAT32,
            constants={},
            spherical=spherical,
            softplus=frozenset({"bias"}),
        )
        total = float((oracle.output.value * g).sum())
        return total, {k: p.value for k, p in oracle.gradients.items()}

    point = {"x": x.astype(np.float64), **arrays}
    _, gradients = evaluate(point)
    step = 1e-7
    for name, value in point.items():
        for index in np.ndindex(value.shape):
            sides = []
            for sign in (1, -1):
                moved = np.array(value)
                moved[index] += sign * step
                sides.append(evaluate(point | {name: moved})[0])
            slope = (sides[0] - sides[1]) / (2 * step)
            assert slope == pytest.approx(float(gradients[name][index]), rel=1e-5, abs=1e-7), name
