"""The oracle of cells is tested before it judges: ordinary code passes, wrong code does not."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.adapters.cells import Trace
from tests.cell_reference import Reference
from tests.oracle import FLOAT64
from tests.oracle.recurrent import cell_oracle
from tests.properties.cells import CELLS, Case, definition, expected, judge, mirrored, named

each = pytest.mark.parametrize("name", CELLS)
SHAPES = ((1, 1, 1, 1), (1, 2, 3, 2), (3, 2, 1, 1), (4, 3, 2, 3), (6, 2, 3, 2))


@st.composite
def cases(draw: st.DrawFn, name: str) -> Case:
    """Any shape, any lengths, in any direction."""
    steps, batch, inputs, units = draw(st.sampled_from(SHAPES))
    lengths = st.tuples(*[st.integers(0, steps)] * batch)
    return Case(
        name,
        steps,
        batch,
        inputs,
        units,
        draw(st.sampled_from(["float32", "float64"])),
        draw(st.integers(0, 2**32)),
        draw(st.none() | lengths),
        draw(st.booleans()),
        without=frozenset(draw(st.sets(st.sampled_from(["bias", "alpha"])))),
    )


def ordinary(case: Case, **mistakes: object) -> Trace:
    """As anybody would write it."""
    reference = Reference(definition(case.name), **mistakes)  # type: ignore[arg-type]
    dtype = getattr(torch, case.dtype)
    return reference.trace(case.arrays, case.run, dtype, case.epsilon)


@each
def test_ordinary_code_is_within_every_bound(name: str) -> None:
    @settings(max_examples=20)
    @given(cases(name))
    def check(case: Case) -> None:
        judge("reference", "cell", case, ordinary(case))

    check()


@each
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_bounds_are_small_beside_what_they_bound(name: str, dtype: str) -> None:
    """The median over cases: in one of them a state may come to lie on a kernel, where the distance
    is small and nothing is known well."""
    ratios: dict[str, list[float]] = {}
    for seed in range(5):
        for name_of, pair in expected(Case(name, dtype=dtype, seed=seed)).pairs.items():
            ratio = pair.bound.max() / np.abs(pair.value).max()
            ratios.setdefault(name_of, []).append(float(ratio))
    for name_of, found in ratios.items():
        assert np.median(found) < (0.2 if dtype == "float32" else 1e-9), name_of


@each
def test_gradients_are_quotients_of_differences(name: str) -> None:
    """In extended precision, in one direction of everything that has a gradient."""
    case = Case(name, 3, 2, 2, 2, lengths=(3, 2), reverse=True)
    constants = {"epsilon": case.epsilon}
    arrays, run = case.arrays, case.run
    gradients = expected(case).gradients

    def loss(what: str, changed: np.ndarray) -> np.longdouble:
        moved = replace(
            run,
            inputs=changed if what == "inputs" else run.inputs,
            states={n: changed if n == what else state for n, state in run.states.items()},
        )
        others = {n: changed if n == what else array for n, array in arrays.items()}
        oracle = cell_oracle(definition(name), others, moved, FLOAT64, constants)
        total = (oracle.outputs.value * run.upstream).sum()
        return total + sum(
            (state.value * run.upstream_states[n]).sum() for n, state in oracle.states.items()
        )

    step = np.longdouble(2.0**-20)
    generator = np.random.default_rng(1)
    for what, array in {"inputs": run.inputs, **run.states, **arrays}.items():
        direction = generator.normal(size=array.shape)
        sides = []
        for sign in (1, -1):
            changed = array.astype(np.longdouble) + sign * step * direction
            sides.append(loss(what, changed))
        quotient = (sides[0] - sides[1]) / (2 * step)
        along = (gradients[what].value * direction).sum()
        # Right to the square of the step.
        assert abs(quotient - along) < 1e-9, what


@each
def test_backwards_is_forwards_through_a_mirror(name: str) -> None:
    case = Case(name, lengths=(4, 2, 1))
    back = replace(case, reverse=True, mirrored=True)
    one, other = expected(case).pairs, expected(back).pairs
    values = {n: p.value for n, p in other.items()}
    order = mirrored(Trace(values["outputs"], {}, {"inputs": values["gradient of inputs"]}), case)
    values |= {"outputs": order.outputs, "gradient of inputs": order.gradients["inputs"]}
    for what, pair in one.items():
        np.testing.assert_array_equal(pair.value, values[what], what)


MISTAKES: dict[str, tuple[str, Callable[[Case], Trace]]] = {
    "state not reset": ("YatGRU", lambda case: ordinary(case, edits={"r * h": "h"})),
    "gates swapped": (
        "YatGRU",
        lambda case: ordinary(
            case, edits={"gates.reset": "gates.update", "gates.update": "gates.reset"}
        ),
    ),
    "shares swapped": (
        "YatGRU",
        lambda case: ordinary(case, edits={"(1 - z) * n + z": "z * n + (1 - z)"}),
    ),
    "distance of the input alone": (
        "YatGRU",
        lambda case: ordinary(case, distance_of_input_alone=True),
    ),
    "lengths overlooked": ("YatLSTM", lambda case: ordinary(case, blind_to_lengths=True)),
    "output not squashed": ("YatLSTM", lambda case: ordinary(case, edits={"tanh(c)": "c"})),
    "shares not normalised": ("YatMinLSTM", lambda case: ordinary(case, edits={" / total": ""})),
    "last step twice": (
        "YatMinGRU",
        lambda case: replace(ordinary(case), outputs=ordinary(case).outputs[[0, 1, 2, 2]]),
    ),
}


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("mistake", MISTAKES)
def test_wrong_code_is_found(mistake: str, dtype: str) -> None:
    name, wrong = MISTAKES[mistake]
    case = Case(name, dtype=dtype, lengths=(4, 2, 1))
    judge("reference", "layer", case, ordinary(case))
    with pytest.raises(AssertionError, match=r"times its bound|not finite"):
        judge("reference", "layer", case, wrong(case))


@each
def test_a_missing_piece_is_found(name: str) -> None:
    """Without a bias, or without alpha, nothing else makes up for it."""
    case = Case(name)
    for missing in ("bias", "alpha"):
        other = named(ordinary(replace(case, without=frozenset({missing}))))
        pairs = expected(case).pairs
        assert any(
            (np.abs(other[n] - pair.value) > pair.bound).any()
            for n, pair in pairs.items()
            if n in other
        )


def by_doubling(coefficient: torch.Tensor, addition: torch.Tensor) -> torch.Tensor:
    """h ← a·h + b from h = 0, all steps at once: pairs compose, over spans of 1, 2, 4, … steps."""
    span = 1
    while span < len(addition):
        before, later = addition[:-span], coefficient[span:]
        addition = torch.cat((addition[:span], addition[span:] + later * before))
        coefficient = torch.cat((coefficient[:span], later * coefficient[:-span]))
        span *= 2
    return addition


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_all_steps_at_once_are_within_every_bound(dtype: str) -> None:
    @settings(max_examples=20)
    @given(st.integers(0, 2**32), st.sampled_from([1, 2, 7, 16]))
    def check(seed: int, steps: int) -> None:
        case = Case("YatMinGRU", steps=steps, dtype=dtype, seed=seed)
        run, kind = case.run, getattr(torch, dtype)
        reference = Reference(definition(case.name))

        def leaf(array: np.ndarray) -> torch.Tensor:
            return torch.tensor(array, dtype=kind, requires_grad=True)

        leaves = {"inputs": leaf(run.inputs), "h": leaf(run.states["h"])}
        leaves |= {name: leaf(array) for name, array in case.arrays.items()}
        rows = [
            [
                reference.step(x, {"h": h}, leaves, case.epsilon)
                for x, h in zip(step, leaves["h"], strict=True)
            ]
            for step in leaves["inputs"]
        ]
        z, n = (torch.stack([torch.stack([r[v] for r in row]) for row in rows]) for v in "zn")
        first = z[0] * n[0] + (1 - z[0]) * leaves["h"]
        outputs = by_doubling(1 - z, torch.cat((first[None], (z * n)[1:])))
        loss = (outputs * torch.tensor(run.upstream, dtype=kind)).sum()
        loss = loss + (outputs[-1] * torch.tensor(run.upstream_states["h"], dtype=kind)).sum()
        found = torch.autograd.grad(loss, list(leaves.values()))
        gradients = {name: g.numpy() for name, g in zip(leaves, found, strict=True)}
        values = outputs.detach().numpy()
        judge("reference", "layer", case, Trace(values, {"h": values[-1]}, gradients))

    check()
