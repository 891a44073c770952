"""A start that cannot be is an error of the cell's spec: only its mathematics finds that out."""

from collections.abc import Iterator

import numpy as np

from codegen.math.neuron import NeuronMath
from codegen.math.numeric import evaluate
from codegen.math.start import NoStartError, Start, start
from codegen.plans.cell import CellPlan
from codegen.plans.package import PackagePlan
from codegen.plans.start import target
from codegen.plans.start_values import Values, shared_starts, solved, values_of
from codegen.spec import SpecError, SpecErrors, Specs
from codegen.spec.cell_models import started
from codegen.spec.document import Document

SIZES = ((64, 128), (1, 1), (1000, 10), (10, 1000))
"""Inputs and units of cells for which starts are tried."""


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
    for name in plan.spec.parameters:
        positive = plan.neuron.spec.parameters[name].positive
        for inputs, units in SIZES:
            value = shared_starts(plan, inputs, units)[name]
            if np.isfinite(value) and (value > 0 or not positive):
                continue
            what = "no number" if not np.isfinite(value) else f"{value:g} and not above 0"
            message = f"the start of {name!r} is {what} for {inputs} inputs and {units} units"
            yield document.error(["parameters", name], message)
            break


def _why_not(plan: CellPlan, found: Start, name: str, wanted: float) -> str | None:
    """Why no parameter gives the responses that a value is made of what it is to be, or None."""
    responses = (started(plan.spec, name) or ("", ()))[1]
    for unit in (u for u in plan.units if u.spelled in responses):
        for inputs, units in SIZES:
            values = values_of(plan, unit, inputs, units)
            values[found.parameter] = solved(found, values, wanted)
            if not _responds(plan.neuron.math, values, wanted):
                return (
                    f"no {found.parameter} starts {name!r} at {plan.spec.start[name]:g}: the "
                    f"response {unit.spelled} would have to be {wanted:.4g}, which neuron "
                    f"{plan.neuron.name!r} does not reach for {inputs} inputs and {units} units"
                )
    return None


def _responds(math: NeuronMath, values: Values, wanted: float) -> bool:
    given = {n: np.asarray(v) for n, v in values.items()}
    response = float(evaluate(math.response, given))
    return bool(abs(response - wanted) <= 1e-6 * max(1.0, abs(wanted)))
