"""Where cells begin: gates at their stated values, and a gradient that reaches far back."""

from functools import cache

import numpy as np
import pytest

from codegen.plans.cell import CellPlan
from codegen.spec.cell_models import started
from tests.adapters import FRAMEWORKS
from tests.adapters.cell_starts import initial_arrays
from tests.adapters.cells import Run, cell_adapter
from tests.oracle import FLOAT64
from tests.oracle.cell import Equation
from tests.oracle.recurrent import cell_oracle
from tests.oracle.tape import Node
from tests.properties.cells import CELLS, definition
from tests.subject import NAME

Array = np.ndarray
INPUTS, UNITS, BATCH, STEPS = 32, 32, 16, 200

BAND = {"gate": 0.06, "activation": 0.12}
"""How far the mean of a value over units and inputs may be from its start: so much of the range of
its function. A start is the value at an input orthogonal to the kernel; a normal input has ⟨w, x⟩
of variance ‖w‖², about 1, which moves the mean of a function that is not straight."""

SLACK = 0.05
"""How much less than at its start one step may keep of a state. Over many steps logarithms add up,
and the mean of ln k over gates that vary by 0.1 is up to 0.01 below that of their mean, which may
be 0.04 off."""
LARGEST = 10.0
"""How large the gradient by the first state may be beside that by the last."""

everywhere = pytest.mark.parametrize("framework", FRAMEWORKS)
each = pytest.mark.parametrize("name", CELLS)


@everywhere
@each
def test_values_start_where_the_spec_says(name: str, framework: str) -> None:
    plan = CELLS[name]
    inputs = np.random.default_rng(1).normal(size=(1, 64, INPUTS))
    zeros = {state: np.zeros((64, UNITS)) for state in plan.states}
    oracle = cell_oracle(
        definition(name),
        initial_arrays(framework, plan, INPUTS, UNITS, seed=1),
        Run(inputs, zeros, np.zeros((1, 64, UNITS)), zeros),
        FLOAT64,
        _constants(plan),
    )
    for value, start in plan.spec.start.items():
        mean = float(oracle.values[value].value.mean())
        role, _ = started(plan.spec, value) or ("gate", ())
        assert abs(mean - start) < BAND[role], f"{value} begins at {mean:.3f}, not at {start}"


@everywhere
@pytest.mark.parametrize("name", CELLS if NAME == "nmn" else [])
def test_gradients_reach_200_steps_back(name: str, framework: str) -> None:
    """‖∂⟨v, s₂₀₀⟩/∂s₀‖ against ‖v‖, over all states s, for a v of each of 16 sequences.

    Someone's own cells need not remember anything, nor begin where gradients shrink.
    """
    plan = CELLS[name]
    generator = np.random.default_rng(2)
    zeros = {state: np.zeros((BATCH, UNITS)) for state in plan.states}
    last = {state: generator.normal(size=(BATCH, UNITS)) for state in plan.states}
    inputs = generator.normal(size=(STEPS, BATCH, INPUTS))
    run = Run(inputs, zeros, np.zeros((STEPS, BATCH, UNITS)), last)
    arrays = initial_arrays(framework, plan, INPUTS, UNITS, seed=2)
    trace = cell_adapter(framework).layer(plan, arrays, run)
    sizes = _norm({s: trace.gradients[s] for s in plan.states}) / _norm(last)
    least = max(kept(name) - SLACK, 0.0) ** STEPS
    assert (sizes >= least).all(), f"{sizes.min():.1e} vanishes: less than {least:.1e}"
    assert (sizes <= LARGEST).all(), f"{sizes.max():.1e} explodes"


def _norm(parts: dict[str, Array]) -> Array:
    """Per sequence."""
    return np.sqrt(sum((np.float64(a) ** 2).sum(-1) for a in parts.values()))


@cache
def kept(name: str) -> float:
    """The share of a state that is in the next one while gates are at their starts: the slope of
    the one that keeps most; 0 in a cell without gates."""
    spec = CELLS[name].spec
    exact = FLOAT64.exact
    known = {n: Node(exact(np.full((), v))) for n, v in spec.start.items() if n not in spec.state}
    known |= {state: Node(exact(np.full((), 0.5))) for state in spec.state}
    slopes = [0.0]
    for value, formula in spec.math.items():
        if formula.names <= known.keys():
            dual = Equation(definition(name).functions, known, FLOAT64).value_of(formula.tree)
            if value in dual.partials:
                slopes.append(abs(float(dual.partials[value].value)))
            known.setdefault(value, Node(dual.value))
    return max(slopes)


def test_what_is_kept_is_the_forget_gate() -> None:
    forget = {"YatGRU": "z", "YatSumGRU": "z", "YatLSTM": "f"}
    for name, value in forget.items():
        if name in CELLS:
            assert kept(name) == CELLS[name].spec.start[value]


def _constants(plan: CellPlan) -> dict[str, float]:
    return {p.name: p.spec.value for p in plan.parameters if not p.trained}
