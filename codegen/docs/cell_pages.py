"""What a page shows of a cell and the layer that repeats it."""

from typing import Any

from codegen.docs.equations import equations
from codegen.docs.formulas import Formulas, name_latex
from codegen.docs.tables import Row
from codegen.frameworks import FRAMEWORKS
from codegen.frameworks.base import Recurrent, StoredArray
from codegen.math.latex import DISTANCE, latex, with_distance
from codegen.math.start import NoStartError, start
from codegen.math.symbols import relu, symbol
from codegen.plans.cell import CellPlan
from codegen.plans.start import start_targets
from codegen.plans.start_values import shared_starts, solved, values_of
from codegen.spec.cell_models import started

SIZES = (64, 128)
"""Inputs and units of the example."""

_AXES = {"gate unit": "gates · units", "gate": "gates", "unit": "units", "input": "inputs"}


def cell_view(cell: CellPlan) -> dict[str, Any]:
    """Everything but the spec."""
    u = symbol("u")
    roles = {
        role: (f, rf"\text{{{role}}}(u) = {latex(f.math.apply(u).xreplace({relu(u): u}))}")
        for role, f in cell.functions.items()
    }
    return {
        "name": cell.module,
        "title": cell.name,
        "cell": cell.cell_name,
        "summary": cell.spec.summary,
        "reference": cell.spec.reference,
        "equations": equations(cell),
        "response": equations(cell)[-1],
        "roles": roles,
        "neuron": cell.neuron,
        "neuron_response": Formulas(cell.neuron).response,
        "joint": _joint(cell),
        "states": cell.states,
        "starts": _starts(cell),
        "bias": _bias(cell),
        "shared": shared_starts(cell, *SIZES),
        "sizes": SIZES,
        "kernel": cell.spec.kernel,
        "parallel": cell.parallel,
        "scanned": bool(cell.recurrences),
        "gates": [unit.spelled for unit in cell.units],
        "orders": _orders(cell),
        "classes": _classes(cell),
        "arrays": _arrays(cell),
    }


def _joint(cell: CellPlan) -> tuple[str, ...]:
    """What a neuron knows of two vectors that are joined to one, if there is such a source."""
    if not any(len(p.source) > 1 for p in cell.spec.projections.values()):
        return ()
    lines = {
        "dot": f"{_product('w', '(x, s)')} = {_product('W', 'x')} + {_product('U', 's')}",
        "sq_x": _norms("(x, s)", "x", "s"),
        "sq_w": _norms("w", "W", "U"),
    }
    found = [lines[name] for name in cell.neuron.math.primitives]
    if with_distance(cell.neuron.math.response).has(DISTANCE):
        found.append(_norms("w - (x, s)", "W - x", "U - s"))
    return tuple(found)


def _product(left: str, right: str) -> str:
    return rf"\left\langle {left}, {right}\right\rangle"


def _norms(whole: str, first: str, second: str) -> str:
    left, *right = (rf"\left\lVert {v}\right\rVert^{{2}}" for v in (whole, first, second))
    return f"{left} = {' + '.join(right)}"


def _starts(cell: CellPlan) -> list[tuple[str, float, list[tuple[str, float, float]]]]:
    """Value, its start, and for each of its responses what it is and the bias of the example."""
    if not cell.spec.start:
        return []
    found, targets = start(cell.neuron.math), start_targets(cell)
    units = {unit.spelled: unit for unit in cell.units}
    return [
        (
            name,
            value,
            [
                (r, targets[r], solved(found, values_of(cell, units[r], *SIZES), targets[r]))
                for r in (started(cell.spec, name) or ("", ()))[1]
            ],
        )
        for name, value in cell.spec.start.items()
    ]


def _bias(cell: CellPlan) -> str:
    """The parameter as a function of the response y."""
    try:
        found = start(cell.neuron.math)
    except NoStartError:
        return ""
    value = found.value.subs(symbol("response"), symbol("y"))
    return f"{name_latex(found.parameter)} = {latex(value)}"


def _classes(cell: CellPlan) -> tuple[Row, ...]:
    names = [f.cell_names(cell) if isinstance(f, Recurrent) else () for f in FRAMEWORKS]
    return (
        Row("Layer", "", tuple(tuple(n for n in found if n == cell.name) for found in names)),
        Row("Cell", "", tuple(tuple(n for n in found if n != cell.name) for found in names)),
    )


def _arrays(cell: CellPlan) -> tuple[Row, ...]:
    stored = [f.stored_cell_arrays(cell) if isinstance(f, Recurrent) else {} for f in FRAMEWORKS]
    return tuple(
        Row(
            array.name,
            "",
            tuple((s[array.name].name,) if array.name in s else () for s in stored),
            tuple(_shape(s[array.name]) if array.name in s else "" for s in stored),
        )
        for array in cell.arrays
    )


def _orders(cell: CellPlan) -> dict[str, list[str]]:
    """Framework → the order in which it has all gates, where that is another."""
    spelled = {unit.variable: unit.spelled for unit in cell.units}
    found: dict[str, list[str]] = {}
    for framework in FRAMEWORKS:
        if isinstance(framework, Recurrent):
            arrays = framework.stored_cell_arrays(cell).values()
            gates = max((array.gates for array in arrays), key=len, default=())
            if gates:
                found[framework.title] = [spelled[gate] for gate in gates]
    return found


def _shape(array: StoredArray) -> str:
    return f"({', '.join(_AXES.get(axis, axis) for axis in array.axes)})"
