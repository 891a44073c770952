"""Whatever the spec of a neuron states of its response, its code keeps in every framework.

All statements are tested, proved ones too: a proof is about the formula, a test about the code.
Comparisons allow what the oracle says that rounding may do to each response, and no more.
"""

import ast
import zlib
from collections.abc import Iterator
from functools import cache

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, assume, given, seed, settings
from hypothesis import strategies as st

from codegen.math.bounds import Bound, Extreme
from codegen.math.counterexample import Space
from codegen.math.extremes import extreme
from codegen.math.kernels import PositiveSemidefinite
from codegen.math.monotone import Monotone
from codegen.math.properties import statements
from codegen.math.statements import (
    Homogeneous,
    Nonnegative,
    RotationInvariant,
    Statement,
    Symmetric,
)
from codegen.spec.formula import Formula
from codegen.spec.models import PRIMITIVES, NeuronSpec
from tests.adapters import FRAMEWORKS
from tests.properties.conditions import evaluate_formula, holds
from tests.properties.draw import ALL, SWEPT
from tests.properties.share import repeats
from tests.properties.units import SIZE, Responses, Units, Values, settings_of, vectors

Array = np.ndarray

EXAMPLES, SWEPT_EXAMPLES = 20, 3
"""What differs between a dense layer and a convolution is tested elsewhere."""

HADAMARD = np.array([[1, 1, 1, 1], [1, -1, 1, -1], [1, 1, -1, -1], [1, -1, -1, 1]]) / 2
"""Orthogonal, and exact for components of few digits."""

STATED = [
    (layer, statement) for layer, plan in ALL.items() for statement in statements(plan.neuron.math)
]


@pytest.mark.parametrize("framework", FRAMEWORKS)
@pytest.mark.parametrize(
    ("layer", "statement"), STATED, ids=[f"{layer}-{s.source}" for layer, s in STATED]
)
def test_what_is_stated_holds(framework: str, layer: str, statement: Statement) -> None:
    units = Units(framework, layer)

    # Derandomised draws depend on the function alone, and would be the same for every statement.
    @seed(zlib.crc32(f"{layer} {statement.source}".encode()))
    @settings(
        max_examples=SWEPT_EXAMPLES
        if layer in SWEPT or repeats(framework, ALL[layer])
        else EXAMPLES,
        deadline=None,
        database=None,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
    )
    @given(x=vectors(), w=vectors(), values=settings_of(units.plan), data=st.data())
    def run(x: Array, w: Array, values: Values, data: st.DataObject) -> None:
        if isinstance(statement.condition, Formula):
            assume(holds(statement.condition, values))
        for failure in failures(statement, units, x, w, values, data):
            pytest.fail(f"{framework}, {layer}: {statement.words}, is false: {failure}")

    run()


def failures(
    statement: Statement,
    units: Units,
    x: Array,
    w: Array,
    values: Values,
    data: st.DataObject,
) -> Iterator[str]:
    """Where a statement does not hold, in the terms of the spec."""
    match statement:
        case Nonnegative():
            found = units.respond(x, w, values).value
            for i, j in np.argwhere(found < 0):
                yield f"{place(x[i], w[j], values)} the response is {found[i, j]}"
        case Symmetric():
            one, other = units.respond(x, w, values), units.respond(w, x, values)
            for i, j in differing(one, Responses(other.value.T, other.bound.T)):
                yield (
                    f"{place(x[i], w[j], values)} the response is {one.value[i, j]}, "
                    f"and with w and x exchanged {other.value[j, i]}"
                )
        case RotationInvariant():
            rotation = HADAMARD[data.draw(st.permutations(range(SIZE)))]
            one = units.respond(x, w, values)
            other = units.respond(x @ rotation, w @ rotation, values)
            for i, j in differing(one, other):
                yield (
                    f"{place(x[i], w[j], values)} the response is {one.value[i, j]}, "
                    f"and {place(x[i] @ rotation, w[j] @ rotation, values)} it is "
                    f"{other.value[i, j]}"
                )
        case Homogeneous():
            yield from unscaled(statement, units, x, w, values)
        case PositiveSemidefinite():
            if data.draw(st.booleans()):
                # Points on a line are the hardest for many a formula that is no kernel.
                x = np.outer(x[:, 0], np.eye(SIZE)[0])
            gram = units.respond(x, x, values)
            least = np.linalg.eigvalsh((gram.value + gram.value.T) / 2)[0]
            # Weyl: eigenvalues move no further than the matrix does.
            if least < -np.linalg.norm(gram.bound) - 1e-15 * np.linalg.norm(gram.value):
                yield f"the Gram matrix of {x.tolist()} at {values} has the eigenvalue {least}"
        case Monotone():
            yield from unordered(statement, units, x, w, values, data)
        case Bound():
            yield from passed(statement, units, x, w, values)
        case _:
            raise NotImplementedError(statement.name)


def differing(one: Responses, other: Responses) -> Array:
    """Where two matrices of responses differ by more than rounding."""
    return np.argwhere(np.abs(one.value - other.value) > one.bound + other.bound)


def unscaled(
    statement: Homogeneous, units: Units, x: Array, w: Array, values: Values
) -> Iterator[str]:
    """Powers of two scale without rounding; of a rational formula, exactly."""
    degrees = dict(statement.degrees or {})
    factor = 2.0 ** degrees.pop("degree")
    more = {name: values[name] * 2.0**degree for name, degree in degrees.items()}
    by_x, by_w = (2.0 if name in statement.scaled else 1.0 for name in ("x", "w"))
    one = units.respond(x, w, values)
    one = Responses(factor * one.value, factor * one.bound)
    other = units.respond(by_x * x, by_w * w, values | more)
    stored = any(units.plan.neuron.spec.parameters[name].positive for name in more)
    if is_rational(units.plan.neuron.spec) and not stored:
        wrong = np.argwhere(one.value != other.value)
    else:
        wrong = differing(one, other)
    for i, j in wrong:
        yield (
            f"{place(x[i], w[j], values)} the response is {one.value[i, j] / factor}, and scaled "
            f"by s = 2 it is {other.value[i, j]}, not {one.value[i, j]}"
        )


def is_rational(neuron: NeuronSpec) -> bool:
    """Whether the formulas are sums, products, quotients, whole powers, and choices of them."""
    exact = {"abs", "maximum", "minimum", "relu", "sign", "where"}
    for formula in neuron.math.values():
        for node in ast.walk(formula.tree):
            if isinstance(node, ast.Call) and ast.unparse(node.func) not in exact:
                return False
            if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Pow):
                power = node.right
                if not (isinstance(power, ast.Constant) and isinstance(power.value, int)):
                    return False
    return True


def unordered(
    statement: Monotone, units: Units, x: Array, w: Array, values: Values, data: st.DataObject
) -> Iterator[str]:
    """Pairs of points between which the subject alone moves, and the response the wrong way."""
    moving = statement.moving()
    second = values
    if "sq_x" in moving and "dot" not in moving:
        # Components of x that w has not: ⟨w, x⟩ stays, and ‖x‖ does not.
        x[:, :-1], w[:, -1] = x[0, :-1], 0
    elif "dot" in moving and "sq_x" not in moving:
        # The same components in another order: ‖x‖ stays, and ⟨w, x⟩ does not.
        x = np.array([data.draw(st.permutations(x[0].tolist())) for _ in x])
    elif moving == {"sq_w"}:
        w[:, :-1], x[:, -1] = w[0, :-1], 0
    elif not moving & {*PRIMITIVES}:
        drawn = data.draw(settings_of(units.plan))
        second = values | {name: drawn[name] for name in moving if name in drawn}
        if isinstance(statement.condition, Formula):
            assume(holds(statement.condition, second))
    points = [(x, w, values), (x, w, second)]
    found = [units.respond(*point) for point in points]
    levels = [subject_of(statement, *point) for point in points]
    if moving == {"sq_w"}:
        found = [Responses(f.value.T, f.bound.T) for f in found]
        levels = [level.T for level in levels]
    sign = 1.0 if statement.increasing else -1.0
    pairs = [(i, k) for i in range(SIZE) for k in range(SIZE)]
    if second is not values:
        pairs = [(i, i) for i in range(SIZE)]
    for i, k in pairs:
        rise = levels[1][k] - levels[0][i]
        grows = rise > 1e-9 * (1 + np.abs(levels[0][i]) + np.abs(levels[1][k]))
        gain = sign * (found[1].value[k] - found[0].value[i])
        for j in np.flatnonzero(grows & (gain < -(found[0].bound[i] + found[1].bound[k]))):
            (a, b), (c, d) = ((j, i), (j, k)) if moving == {"sq_w"} else ((i, j), (k, j))
            yield (
                f"{place(x[a], w[b], values)} the response is {found[0].value[i, j]}, "
                f"and {place(x[c], w[d], second)} it is {found[1].value[k, j]}"
            )


def subject_of(statement: Monotone, x: Array, w: Array, values: Values) -> Array:
    """The quantity that grows, at every pair of a row and a unit."""
    known = {name: np.asarray(value) for name, value in named(x, w, values).items()}
    if statement.subject not in known:
        known[statement.subject] = Space(statement.math).response(known, statement.subject)
    return np.broadcast_to(known[statement.subject], (len(x), len(w)))


def passed(statement: Bound, units: Units, x: Array, w: Array, values: Values) -> Iterator[str]:
    """Points beyond a bound; for an extreme, also a bound that nothing comes near."""
    sign = 1.0 if statement.above else -1.0
    ranges = []
    if isinstance(statement, Extreme):
        fixed = values | {"sq_w": float(w[0] @ w[0]), "inputs": SIZE, "units": SIZE}
        best, cosine, norm = farthest(units.layer, tuple(fixed.items()), statement.above)
        other, _, _ = farthest(units.layer, tuple(fixed.items()), not statement.above)
        x[0] = norm * direction(w[0], cosine)
        ranges = [abs(best - other)]
    found = units.respond(x, w, values)
    known = named(x, w, values)
    limit = np.broadcast_to(evaluate_formula(statement.bound, known), found.value.shape)
    rounding = found.bound + 1e-14 * np.abs(limit)
    for i, j in np.argwhere(sign * (found.value - limit) > rounding):
        side = f"{'above' if statement.above else 'below'} {limit[i, j]}"
        yield f"{place(x[i], w[j], values)} the response is {found.value[i, j]}, {side}"
    for size in ranges:
        scale = max(np.abs(limit[0, 0]), size if np.isfinite(size) else 0.0)
        if sign * (limit[0, 0] - found.value[0, 0]) > 1e-6 * scale + rounding[0, 0]:
            yield (
                f"{place(x[0], w[0], values)} the response is {found.value[0, 0]}, the farthest "
                f"that was found, and not {limit[0, 0]}"
            )


@cache
def farthest(
    layer: str, values: tuple[tuple[str, float], ...], largest: bool
) -> tuple[float, float, float]:
    """The extreme of the formula, searched for once for all frameworks."""
    return extreme(Space(ALL[layer].neuron.math), dict(values), largest=largest)


def direction(w: Array, cosine: float) -> Array:
    """A unit vector at an angle to w."""
    norm = np.linalg.norm(w)
    along = w / norm if norm else np.eye(SIZE)[0]
    across = np.eye(SIZE)[np.argmin(np.abs(along))]
    across = across - along * (along @ across)
    sine = np.sqrt((1 - cosine) * (1 + cosine))
    return cosine * along + sine * across / np.linalg.norm(across)


def named(x: Array, w: Array, values: Values) -> dict[str, Array | float]:
    """Every name of a formula, at every pair of a row and a unit."""
    primitives = {
        "dot": x @ w.T,
        "sq_x": (x * x).sum(-1)[:, None],
        "sq_w": (w * w).sum(-1)[None, :],
    }
    return primitives | values | {"inputs": float(SIZE), "units": float(len(w))}


def place(x: Array, w: Array, values: Values) -> str:
    """A point in the terms of the spec."""
    primitives = f"dot = {w @ x:.9g}, sq_x = {x @ x:.9g}, sq_w = {w @ w:.9g}"
    rest = "".join(f", {name} = {value:.9g}" for name, value in values.items())
    return f"at w = {w.tolist()}, x = {x.tolist()}, i.e. {primitives}{rest}"
