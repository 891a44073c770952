"""The text of `explain` about a cell and the layer that repeats it."""

from collections.abc import Sequence

import sympy

from codegen.commands.layout import INDENT, WIDTH, indented, section, wrapped
from codegen.frameworks import FRAMEWORKS
from codegen.frameworks.base import Recurrent, StoredArray
from codegen.math.latex import DISTANCE, with_distance
from codegen.math.pretty import formula_text, notation
from codegen.math.start import NoStartError, Start, start
from codegen.math.symbols import relu, symbol
from codegen.plans.cell import CellPlan, UnitPlan
from codegen.plans.start import start_targets
from codegen.plans.start_values import shared_starts, solved, values_of
from codegen.spec.cell_models import ProjectionSpec, started

SIZES = (64, 128)
"""Inputs and units of the example."""


def text(cell: CellPlan) -> str:
    """All sections."""
    title = [f"{cell.name}  ({cell.source})", "", *wrapped(cell.spec.summary)]
    sections = [
        "\n".join([*title, *wrapped(cell.spec.reference)]),
        section("Equations", equations(cell)),
        section("Projections", projections(cell)),
        section("Start", starts(cell)),
        section("Steps", steps(cell)),
        section("Arrays", arrays(cell)),
        section("Classes", classes(cell)),
    ]
    return "\n\n".join(sections)


def equations(cell: CellPlan) -> list[str]:
    """The equations as the spec has them, and the functions they call."""
    spec = cell.spec
    lines = [f"{name}: {formula.text}" for name, formula in spec.math.items()]
    old = " and ".join(spec.state)
    reading = f"Read from top to bottom: {old} on the right is what the step before left, until"
    reading += f" its own equation has been read. A step gives out {spec.output}."
    lines += ["", *wrapped(reading)]
    for role, function in cell.functions.items():
        value = function.math.apply(symbol("u"))
        shown = value.xreplace({relu(symbol("u")): symbol("u")})
        clamp = "" if shown == value else "; what is below 0 counts as 0"
        words = f"{role} is {function.name} unless callers replace it{clamp}:"
        lines += ["", *wrapped(words), "", *_formula(f"{role}(u)", shown)]
    return lines


def projections(cell: CellPlan) -> list[str]:
    """What the neurons of every projection see, and how they respond to it."""
    neuron, spec = cell.neuron, cell.spec
    lines: list[str] = []
    for name, projection in spec.projections.items():
        responses = ", ".join(u.spelled for u in cell.units if u.projection == name)
        words = f"{responses}: {neuron.title} neurons on {seen(projection)}"
        lines += wrapped(words, hanging=INDENT)
    if any(len(projection.source) > 1 for projection in spec.projections.values()):
        words = "Of two vectors x and s, a neuron with weights W for x and U for s has"
        lines += ["", *wrapped(words), "", *(f"  {line}" for line in joint(cell))]
    lines += ["", *wrapped(f"Every response is that of the neuron (`explain {neuron.name}`):"), ""]
    return lines + _formula("y", neuron.math.response)


def seen(projection: ProjectionSpec) -> str:
    """A projection's source in words."""
    parts = [formula.text for formula in projection.source]
    return parts[0] if len(parts) == 1 else f"{parts[0]} and {parts[1]} joined to one vector"


def joint(cell: CellPlan) -> list[str]:
    """What a neuron knows of two vectors that are joined to one."""
    used = cell.neuron.math.primitives
    lines = {
        "dot": "⟨w, x⟩ = ⟨W, x⟩ + ⟨U, s⟩",
        "sq_x": "sq_x = ‖x‖² + ‖s‖²",
        "sq_w": "sq_w = ‖W‖² + ‖U‖²",
    }
    found = [lines[name] for name in used]
    if with_distance(cell.neuron.math.response).has(DISTANCE):
        found.append("‖w − x‖² = ‖W − x‖² + ‖U − s‖²")
    return found


def starts(cell: CellPlan) -> list[str]:
    """What gates are before training, and which parameters follow from that."""
    spec = cell.spec
    lines: list[str] = []
    if spec.start:
        targets = start_targets(cell)
        width = max(map(len, spec.start))
        lines += wrapped(
            "Before training, for an input of variance 1, a state of zeros and ⟨w, x⟩ = 0:"
        )
        lines.append("")
        for name, value in spec.start.items():
            responses = (started(spec, name) or ("", ()))[1]
            gives = " and ".join(f"{r} is {targets[r]:.4g}" for r in responses)
            lines += wrapped(f"  {name:{width}} = {value:g}, where {gives}")
        lines.append("")
    for name, formula in spec.parameters.items():
        words = f"{name}, one for the cell, starts at {formula.text}"
        norms = [notation(n) for n in ("sq_x", "sq_w") if n in formula.names]
        if norms:
            words += f", the expected {' and '.join(norms)} of {cell.units[0].spelled}"
        lines += wrapped(words, hanging=INDENT)
    try:
        found = start(cell.neuron.math)
    except NoStartError:
        pass
    else:
        lines += _biases(cell, found)
    kernels = [f"{spec.kernel.input} for the input"] if cell.input_units else []
    kernels += [f"{spec.kernel.recurrent} for the state"] if cell.recurrent_units else []
    return [*lines, *wrapped(f"Kernels: {', '.join(kernels)}; every response by itself.")]


def _biases(cell: CellPlan, found: Start) -> list[str]:
    targets = start_targets(cell)
    if not targets:
        return []
    lines = wrapped(f"The {found.parameter} follows from the response y:")
    value = found.value.subs(symbol("response"), symbol("y"))
    lines += ["", *_formula(notation(found.parameter), value), ""]
    numbers = [f"{n} {v:.4g}" for n, v in shared_starts(cell, *SIZES).items()]
    given = [
        f"{unit.spelled} {solved(found, values_of(cell, unit, *SIZES), targets[unit.spelled]):.4g}"
        for unit in cell.units
        if unit.spelled in targets
    ]
    numbers.append(f"{found.parameter} of {', '.join(given)}")
    words = f"With {SIZES[0]} inputs and {SIZES[1]} units: {'; '.join(numbers)}."
    return [*lines, *wrapped(words), ""]


def steps(cell: CellPlan) -> list[str]:
    """Whether a layer goes from step to step, and what it computes before."""
    if cell.recurrences:
        lines = wrapped(
            "All at once, by an associative scan: no response sees the state, and the new state is "
            "affine in the old one."
        )
        for found in cell.recurrences:
            right = found.coefficient * symbol(found.state) + found.addition
            lines += ["", *_formula(f"new {found.state}", right)]
        return lines
    if cell.parallel:
        return wrapped(
            "One after another: no response sees the state, so that all of them are computed "
            "before the first step; but the state is not affine in itself alone."
        )
    responses = ", ".join(u.spelled for u in cell.recurrent_units)
    before = ", ".join(u.spelled for u in cell.input_units)
    words = f"One after another: {responses} see the state."
    if before:
        words += f" What the input adds to {before} is one product before the first step."
    return wrapped(words)


def arrays(cell: CellPlan) -> list[str]:
    """Every array with its axes, in canonical form and in every framework."""
    lines: list[str] = []
    width = max(len(f.title) for f in FRAMEWORKS)
    for array in cell.arrays:
        units = {"kernel": cell.input_units, "recurrent_kernel": cell.recurrent_units}
        axes = f"({', '.join(array.axes)})" if array.axes else "one number"
        order = ", ".join(u.spelled for u in units.get(array.name, cell.units))
        gates = f", gates {order}" if array.axes else ""
        lines += wrapped(f"{array.name}: {axes}{gates}", hanging=INDENT)
        for framework in FRAMEWORKS:
            if isinstance(framework, Recurrent):
                found = framework.stored_cell_arrays(cell)[array.name]
                entry = f"{framework.title:{width}}  {stored(found, cell.units)}"
                lines += indented(wrapped(entry, 2 * len(INDENT), " " * (width + 2)))
    return lines


def stored(array: StoredArray, units: Sequence[UnitPlan]) -> str:
    """Name and axes in a framework; the order of gates where it is not the canonical one."""
    axes = ", ".join(axis.replace(" ", " × ") for axis in array.axes)
    spelled = {unit.variable: unit.spelled for unit in units}
    order = ", ".join(spelled[gate] for gate in array.gates)
    return f"{array.name} ({axes})" + (f", gates {order}" if order else "")


def _formula(left: str, expression: sympy.Expr) -> list[str]:
    return formula_text(left, expression, WIDTH - len(INDENT)).splitlines()


def classes(cell: CellPlan) -> list[str]:
    """Classes by framework."""
    lines = wrapped(
        f"Module nmn.<framework>.{cell.module}: the cell, and the layer that repeats it"
    )
    width = max(len(f.title) for f in FRAMEWORKS)
    for framework in FRAMEWORKS:
        if isinstance(framework, Recurrent):
            names = ", ".join(framework.cell_names(cell))
            lines += [f"{INDENT}{framework.title:{width}}  {names}"]
    return lines
