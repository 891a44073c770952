"""Where the parameters of a cell start, as numbers: what `nmn._starts` computes."""

from collections.abc import Mapping

import numpy as np

from codegen.math.numeric import evaluate
from codegen.math.start import Start
from codegen.plans.cell import CellPlan, UnitPlan
from codegen.plans.start import norms_of
from codegen.spec.evaluate import evaluate as evaluate_formula
from codegen.spec.formula import Formula

Values = Mapping[str, float]


def shared_starts(plan: CellPlan, inputs: int, units: int) -> dict[str, float]:
    """Parameter of which the cell has one → where the spec of the cell says that it starts."""
    norms = _norms(plan, plan.units[0], inputs, units)
    return {n: _number(formula, norms) for n, formula in plan.spec.parameters.items()}


def values_of(plan: CellPlan, unit: UnitPlan, inputs: int, units: int) -> dict[str, float]:
    """What a response is computed of at the beginning: ⟨w, x⟩ is 0 there."""
    settings = {p.name: p.start for p in plan.neuron.parameters}
    settings |= shared_starts(plan, inputs, units)
    return settings | _norms(plan, unit, inputs, units) | {"dot": 0.0}


def solved(found: Start, values: Values, response: float) -> float:
    """The parameter at which the neuron responds as it is wanted to."""
    given = {name: np.asarray(value) for name, value in values.items()}
    return float(evaluate(found.value, given | {"response": np.asarray(response)}))


def _norms(plan: CellPlan, unit: UnitPlan, inputs: int, units: int) -> dict[str, float]:
    sizes = {"inputs": float(inputs), "units": float(units)}
    return {name: _number(formula, sizes) for name, formula in norms_of(plan, unit).items()}


def _number(formula: Formula, values: Values) -> float:
    try:
        return evaluate_formula(formula.tree, values)
    except ArithmeticError:
        return float("nan")
