"""A start that cannot be is an error of the cell's spec: only its mathematics finds that out."""

from collections.abc import Iterator, Mapping

import numpy as np

from codegen.math.neuron import NeuronMath
from codegen.math.numeric import evaluate
from codegen.math.start import NoStartError, Start, start
from codegen.plans.cell import CellPlan, UnitPlan
from codegen.plans.package import PackagePlan
from codegen.plans.start import norms_of, target
from codegen.spec import SpecError, SpecErrors, Specs
from codegen.spec.cell_models import started
from codegen.spec.document import Document
from codegen.spec.evaluate import evaluate as evaluate_formula
from codegen.spec.formula import Formula

SIZES = ((64, 128), (1, 1), (1000, 10), (10, 1000))
"""Inputs and units of cells for which starts are tried."""

Values = Mapping[str, float]


def check_starts(specs: Specs, plan: PackagePlan) -> None:
    """Raise `SpecErrors` with every start of a cell that its functions or neuron cannot have."""
    errors = [
        error
        for cell in plan.cells
        for error in _check(cell, specs.documents["cells"][cell.module])
    ]
    if errors:
        raise SpecErrors(errors)


def _check(plan: CellPlan, document: Document) -> Iterator[SpecError]:
    wrong = [*_check_parameters(plan, document)]
    yield from wrong
    try:
        found = start(plan.neuron.math)
    except NoStartError as error:
        for name in plan.spec.start:
            message = f"nothing can start {name!r}: {error}; leave `start` out"
            yield document.key_error(["start", name], message)
        return
    for name, value in plan.spec.start.items():
        try:
            wanted = target(plan, name, value)
        except ValueError as error:
            yield document.error(["start", name], str(error))
            continue
        if not wrong and (reason := _why_not(plan, found, name, wanted)):
            yield document.error(["start", name], reason)


def _check_parameters(plan: CellPlan, document: Document) -> Iterator[SpecError]:
    """Starts of shared parameters are numbers, and above 0 where the parameter is."""
    for name, formula in plan.spec.parameters.items():
        for inputs, units in SIZES:
            value = _number(formula, _norms(plan, plan.units[0], inputs, units))
            positive = plan.neuron.spec.parameters[name].positive
            if np.isfinite(value) and (value > 0 or not positive):
                continue
            what = "no number" if not np.isfinite(value) else f"{value:g} and not above 0"
            message = f"the start of {name!r} is {what} for {inputs} inputs and {units} units"
            yield document.error(["parameters", name], message)
            break


def _why_not(plan: CellPlan, found: Start, name: str, wanted: float) -> str | None:
    """Why no parameter gives the responses that a value is made of what it is to be, or None."""
    responses = (started(plan.spec, name) or ("", ()))[1]
    for unit in (u for u in plan.units if _spelled(plan, u) in responses):
        for inputs, units in SIZES:
            values = _settings(plan, inputs, units) | _norms(plan, unit, inputs, units)
            given = {n: np.asarray(v) for n, v in (values | {"response": wanted}).items()}
            value = float(evaluate(found.value, given))
            if not _responds(plan.neuron.math, values | {found.parameter: value}, wanted):
                return (
                    f"no {found.parameter} starts {name!r} at {plan.spec.start[name]:g}: the "
                    f"response {_spelled(plan, unit)} would have to be {wanted:.4g}, which neuron "
                    f"{plan.neuron.name!r} does not reach for {inputs} inputs and {units} units"
                )
    return None


def _responds(math: NeuronMath, values: Values, wanted: float) -> bool:
    """Whether the neuron responds to ⟨w, x⟩ = 0 as it is wanted to."""
    given = {n: np.asarray(v) for n, v in (dict(values) | {"dot": 0.0}).items()}
    response = float(evaluate(math.response, given))
    return bool(abs(response - wanted) <= 1e-6 * max(1.0, abs(wanted)))


def _settings(plan: CellPlan, inputs: int, units: int) -> dict[str, float]:
    """All parameters where a cell has them at its beginning."""
    norms = _norms(plan, plan.units[0], inputs, units)
    chosen = {n: _number(formula, norms) for n, formula in plan.spec.parameters.items()}
    return {p.name: p.start for p in plan.neuron.parameters} | chosen


def _norms(plan: CellPlan, unit: UnitPlan, inputs: int, units: int) -> dict[str, float]:
    sizes = {"inputs": float(inputs), "units": float(units)}
    return {name: _number(formula, sizes) for name, formula in norms_of(plan, unit).items()}


def _number(formula: Formula, values: Values) -> float:
    try:
        return evaluate_formula(formula.tree, values)
    except ArithmeticError:
        return float("nan")


def _spelled(plan: CellPlan, unit: UnitPlan) -> str:
    return next(k for k, v in plan.spec.responses.items() if v == (unit.projection, unit.name))
