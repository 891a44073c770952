"""The oracle against evaluators that share nothing with it, over the whole formula language."""

import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from codegen.spec.formula import FUNCTIONS
from codegen.spec.models import NeuronSpec, ParameterSpec
from tests.oracle import FLOAT32, FLOAT64, Arithmetic, Pair, reference
from tests.oracle.formula import Dual, Evaluator
from tests.oracle.operands import Operands

PARAMETERS = {
    "a": ParameterSpec(summary="Trained.", axes=["unit"], init="zeros"),
    "c": ParameterSpec(summary="Trained and positive.", axes=[], init="ones", positive=True),
    "v": ParameterSpec(summary="A constant.", axes=[], value=0.7),
    "k": ParameterSpec(summary="A whole number.", axes=[], value=3.0, integer=True),
}
BY = ("dot", "sq_x", "sq_w", "a", "c")
DISTANCE = "relu(sq_w - 2 * dot + sq_x)"
NUMBERS = ("2", "0.5", "3", "0.1", "1e-3", "1")
WHOLE = ("k", "k - 1", "2 * k", "inputs", "-units")
EXPONENTS = ("2", "3", "-1", "0.5", "1.5", "-0.5", "-1.5", "2.3", *WHOLE)


def expressions() -> st.SearchStrategy[str]:
    """Formulas of the whole language."""
    leaves = st.sampled_from(
        [*("dot", "sq_x", "sq_w", DISTANCE, "pi", "inputs", "units"), *PARAMETERS, *NUMBERS]
    )

    def larger(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
        unary = sorted(name for name, count in FUNCTIONS.items() if count == 1)
        exponents = st.one_of(st.sampled_from(EXPONENTS), inner)
        signs = st.sampled_from(["<", "<=", ">", ">="])
        return st.one_of(
            st.builds("{}({})".format, st.sampled_from(unary), inner),
            st.builds("({} {} {})".format, inner, st.sampled_from("+-*/"), inner),
            st.builds("({})**({})".format, inner, exponents),
            st.builds("-({})".format, inner),
            st.builds("{}({}, {})".format, st.sampled_from(["maximum", "minimum"]), inner, inner),
            st.builds("where({} {} {}, {}, {})".format, inner, signs, inner, inner, inner),
        )

    return st.recursive(leaves, larger, max_leaves=8).filter(lambda text: len(text) < 300)


class Point:
    """Operands and parameters, the same for every evaluator."""

    def __init__(self, seed: int, inputs: int = 3, scale: float = 1.0, near: float = 1.0) -> None:
        generator = np.random.default_rng(seed)
        self.w = (scale * generator.normal(size=(2, inputs))).astype(np.float32)
        self.x = (scale * generator.normal(size=(3, inputs))).astype(np.float32)
        self.x[:2] = self.w * (1 + near * generator.normal(size=self.w.shape))
        self.parameters = {
            "a": generator.normal(size=2).astype(np.float32),
            "c": np.float32(generator.uniform(0.1, 3)),
            "v": np.float32(generator.normal()),
            "k": np.float32(generator.integers(-2, 6)),
        }

    @property
    def counts(self) -> dict[str, int]:
        return {"inputs": self.x.shape[1], "units": 2}

    def oracle(self, text: str, arithmetic: Arithmetic) -> Dual:
        spec = NeuronSpec(
            neuron="random",
            summary="Drawn.",
            reference="None",
            parameters=PARAMETERS,
            math={"response": text},
        )
        operands = Operands(arithmetic.exact(self.x), arithmetic.exact(self.w))
        parameters = {n: arithmetic.exact(v) for n, v in self.parameters.items()}
        trained = frozenset({"a", "c"})
        return Evaluator(spec, operands, parameters, trained, units=2).response()

    def in_float32(self, text: str) -> reference.Tangent:
        names = {name: np.float32(value) for name, value in self.counts.items()}
        names |= {
            "dot": self.x @ self.w.T,
            "sq_x": (self.x * self.x).sum(1, keepdims=True),
            "sq_w": (self.w * self.w).sum(1),
            **self.parameters,
        }
        return reference.in_float32(text, names, BY)

    def names(self, row: int, unit: int) -> dict[str, mpmath.mpf]:
        """What a formula speaks of, exactly, for one input and one unit."""
        x, w = ([mpmath.mpf(float(v)) for v in side] for side in (self.x[row], self.w[unit]))
        parameters = {n: np.broadcast_to(v, 2)[unit] for n, v in self.parameters.items()}
        return {
            "dot": mpmath.fdot(x, w),
            "sq_x": mpmath.fdot(x, x),
            "sq_w": mpmath.fdot(w, w),
            **{n: mpmath.mpf(float(v)) for n, v in parameters.items()},
            **{n: mpmath.mpf(v) for n, v in self.counts.items()},
        }


def points() -> st.SearchStrategy[Point]:
    return st.builds(
        Point,
        seed=st.integers(0, 2**32 - 1),
        inputs=st.sampled_from([1, 3, 20]),
        scale=st.sampled_from([1.0, 1.0, 1e-3, 30.0]),
        near=st.sampled_from([1.0, 1.0, 0.0, 1e-4]),
    )


def broadcast(pair: Pair) -> tuple[np.ndarray, np.ndarray]:
    return np.broadcast_to(pair.value, (3, 2)), np.broadcast_to(pair.bound, (3, 2))


def extended(value: np.longdouble) -> mpmath.mpf:
    """The same number: two doubles hold the digits of an extended one."""
    head = float(value)
    return mpmath.mpf(head) + mpmath.mpf(float(value - np.longdouble(head)))


def exact_at(text: str, names: dict[str, mpmath.mpf]) -> mpmath.mpf | None:
    try:
        return reference.exact(text, names)
    except (reference.OutOfReach, OverflowError, ZeroDivisionError):
        return None


def agrees(text: str, point: Point) -> int:
    """Hold values and partial derivatives to 60 digits; how many were compared."""
    compared = 0
    with mpmath.workdps(60):
        dual = point.oracle(text, FLOAT64)
        step = mpmath.mpf(10) ** -20
        for row, unit in np.ndindex(3, 2):
            names = point.names(row, unit)
            expected = exact_at(text, names)
            if expected is None:
                continue
            value, bound = (a[row, unit] for a in broadcast(dual.value))
            if np.isfinite(bound):
                compared += 1
                error = abs(extended(value) - expected)
                assert error <= bound, (text, names, value, expected, bound)
            for name in BY:
                sides = [exact_at(text, names | {name: names[name] + s * step}) for s in (1, -1)]
                if None in sides:
                    continue
                right, left = (sides[0] - expected) / step, (expected - sides[1]) / step
                if abs(right - left) > 1e-9 * (abs(left) + 1e-9):
                    continue  # a kink or a jump, of which other tests speak
                slope = (right + left) / 2
                zero = FLOAT64.exact(0.0)
                value, bound = (a[row, unit] for a in broadcast(dual.partials.get(name, zero)))
                if np.isfinite(bound):
                    compared += 1
                    error = abs(extended(value) - slope)
                    slack = 1e-15 * abs(slope) + mpmath.mpf(10) ** -18
                    assert error <= bound + slack, (text, names, name, value, slope, bound)
    return compared


@given(expressions(), points())
def test_random_formulas_agree_with_sixty_digits(text: str, point: Point) -> None:
    agrees(text, point)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize(
    "text",
    [f"{name}(dot + a)" for name, count in sorted(FUNCTIONS.items()) if count == 1]
    + [f"{name}(dot, a * sq_x)" for name in ("maximum", "minimum")]
    + [f"where(dot {sign} a, dot**2, sq_w * a)" for sign in ("<", "<=", ">", ">=")]
    + [f"(dot + a)**({exponent})" for exponent in EXPONENTS]
    + ["sq_x**c", "(dot + a)**(c * v)", "c**dot", "(dot + 0.5)**a", "pi * dot / inputs + units"],
)
def test_every_function_agrees_with_sixty_digits(text: str, seed: int) -> None:
    assert agrees(text, Point(seed)) > 0


@given(expressions(), points())
def test_float32_is_within_every_bound(text: str, point: Point) -> None:
    dual = point.oracle(text, FLOAT32)
    value, tangents = point.in_float32(text)
    zero = FLOAT32.exact(0.0)
    held = {"value": (dual.value, value)}
    for name in BY:
        held[name] = (dual.partials.get(name, zero), tangents.get(name, np.float32(0)))
    for what, (pair, actual) in held.items():
        expected, bound = broadcast(pair)
        with np.errstate(invalid="ignore"):
            error = np.abs(np.asarray(actual, np.longdouble) - expected)
        within = (error <= bound) | np.isinf(bound) | (actual == expected)
        # Where the value is infinite, so may be what derivatives are multiplied by.
        within |= (what != "value") & np.isinf(broadcast(dual.value)[1])
        assert within.all(), (what, actual, expected, bound)


ON_TOP = Point(0, near=0.0)


def at(text: str, *, x: float, w: float, **parameters: float) -> Dual:
    """A formula of one input and one unit, both of one component."""
    point = Point(0, inputs=1)
    point.x, point.w = np.array([[x]], np.float32), np.array([[w]], np.float32)
    point.parameters |= {name: np.float32(value) for name, value in parameters.items()}
    return point.oracle(text, FLOAT32)


@pytest.mark.parametrize(
    "text, value",
    [("sqrt(dot)", 0), ("dot**0.5", 0), ("dot**2.5", 0), ("dot**c", 0), ("log(dot)", -np.inf)],
)
@pytest.mark.parametrize("x", [0.0, -3.0])
def test_what_is_not_positive_counts_as_zero(text: str, value: float, x: float) -> None:
    dual = at(text, x=x, w=1.0)
    assert np.all(dual.value.value == value)
    assert not np.any(dual.value.bound)
    for slope in dual.partials.values():
        assert not np.any(slope.value) and not np.any(slope.bound)


def test_a_whole_parameter_keeps_the_sign_of_its_base() -> None:
    dual = at("dot**k", x=-2.0, w=1.0, k=3)
    assert dual.value.value.item() == -8
    assert dual.partials["dot"].value.item() == 12


def test_a_root_near_zero_is_bounded_and_its_slope_is_not() -> None:
    dual = ON_TOP.oracle("sqrt(sq_w - 2 * dot + sq_x)", FLOAT32)
    square = ON_TOP.oracle("sq_w - 2 * dot + sq_x", FLOAT32).value.bound[0, 0]
    assert dual.value.value[0, 0] == 0
    assert dual.value.bound[0, 0] == pytest.approx(np.sqrt(square), rel=1e-5)
    assert np.isinf(dual.partials["dot"].bound[0, 0])


def test_an_open_choice_is_bounded_by_both_branches() -> None:
    dual = ON_TOP.oracle("where(sq_w - 2 * dot > -sq_x, 50, a)", FLOAT32)
    distance = 50 - ON_TOP.parameters["a"][0]
    assert dual.value.bound[0, 0] == pytest.approx(float(distance), rel=1e-5)
    assert dual.partials["a"].bound[0, 0] == pytest.approx(1, rel=1e-5)
    assert not dual.partials["a"].bound[2, 0]


def test_what_is_surely_not_chosen_does_not_matter() -> None:
    dual = at("where(dot > 0, 1 / (dot + 1), dot)", x=-1.0, w=1.0)
    assert dual.value.value.item() == -1 and np.isfinite(dual.partials["dot"].bound)


def test_a_subnormal_number_may_be_taken_for_zero() -> None:
    dual = at("sqrt(c) + 0 * dot", x=1.0, w=1.0, c=1e-40)
    assert dual.value.bound >= 1e-20
