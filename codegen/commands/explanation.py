"""The text of `explain`: plain lines, at most `WIDTH` characters wide."""

import re
import textwrap
from collections.abc import Iterable, Mapping, Sequence

import sympy

from codegen.commands.layout import INDENT, WIDTH, bullet, indented, section, wrapped
from codegen.frameworks import FRAMEWORKS
from codegen.frameworks.base import Argument, Framework
from codegen.frameworks.torch import Torch
from codegen.math.neuron import NeuronMath, partial_derivatives
from codegen.math.pretty import formula_text, notation
from codegen.math.program import emit_response
from codegen.math.properties import Verdict, check_properties
from codegen.math.residual import Differentiated, candidates
from codegen.math.symbols import symbol
from codegen.plans.layer import LayerPlan, NeuronPlan, ParameterPlan
from codegen.spec.models import GeometryChoice, KernelSpec, LayerSpec

_ARROW = "  →  "

Layers = Mapping[str, tuple[LayerPlan, ...]]
"""Module → those of its layers that are made of the neuron."""


def text(neuron: NeuronPlan, layers: Layers) -> str:
    """All sections."""
    spec, math = neuron.spec, neuron.math
    names = "  ".join(filter(None, (neuron.heading, spec.symbol, f"({neuron.source})")))
    title = [names, "", *wrapped(spec.summary)]
    sections = [
        "\n".join([*title, *wrapped(spec.reference)]),
        section("Formula", formulas(math)),
        section("Partial derivatives", derivatives(math)),
        section("Backward pass", backward(neuron)),
        section("Parameters", parameters(neuron, layers)),
        section("Layers", layer_lines(layers)),
        section("Stated properties", properties(check_properties(math), "response")),
    ]
    return "\n\n".join(sections)


def formulas(math: NeuronMath) -> list[str]:
    """The formulas as the spec has them, then the response with all of them written out."""
    lines = [f"{name}: {math.spec.math[name].text}" for name in math.formulas]
    meanings = [f"{n} = {notation(n)}" for n in math.primitives]
    meanings += [f"{notation(n)} = {n}" for n in math.settings if notation(n) != n]
    lines += ["", *formula_text("y", math.response, WIDTH - len(INDENT)).splitlines()]
    return [*lines, "", *wrapped(f"where {', '.join(meanings)}")]


def derivatives(math: NeuronMath) -> list[str]:
    """One formula per operand, over the names of intermediate formulas."""
    lines: list[str] = []
    for operand, partial in partial_derivatives(math).items():
        left = f"∂y/∂{notation(operand)}"
        lines += [*formula_text(left, partial, WIDTH - len(INDENT)).splitlines(), ""]
    numbers = [n for n in math.operands if n not in math.differentiable]
    if numbers:
        lines += [*wrapped(f"No derivative by {', '.join(numbers)}: never trained."), ""]
    if any(" > 0]" in line for line in lines):
        lines += wrapped("[condition] is 1 where the condition holds and 0 elsewhere.")
    return lines


def backward(neuron: NeuronPlan) -> list[str]:
    """What the closed form keeps, and how the gradient follows from it."""
    math, found = neuron.math, _in_pytorch(neuron)
    lines = wrapped(
        "Beside input and kernel, PyTorch (also under Keras) keeps one value per unit and sample; "
        "TensorFlow keeps ⟨w, x⟩ and computes the rest again; elsewhere the compiler decides."
    )
    if found.residual is None:
        lines = wrapped("The gradient needs no value of the response: none is kept.")
    else:
        kept = formula_text("kept", _expression(math, found.residual), WIDTH - len(INDENT))
        lines += ["", *kept.splitlines()]
    notes: list[str] = []
    if found.residual == "dot":
        notes += bullet("Every intermediate value is computed again from ⟨w, x⟩.")
    if found.clamps:
        notes += bullet(
            "The gradient holds where no clamp is active: the forward pass reports the least "
            "argument of relu, and where that is not positive, plain differentiation takes over."
        )
    if found.scale is not None:
        scale = notation(found.scale)
        notes += bullet(f"{scale} multiplies the response and is left out until the end.")
    if found.scale is not None and found.degrees is not None:
        shares = " + ".join(_share(name, degree) for name, degree in found.degrees.items())
        notes += bullet(f"Euler's identity gives its derivative: {scale}·∂y/∂{scale}")
        notes += [f"    = {line}" for line in textwrap.wrap(shares, WIDTH - 8)]
    return [*lines, "", *notes]


def _in_pytorch(neuron: NeuronPlan) -> Differentiated:
    """The programs that PyTorch's module holds: not every candidate can be computed in place."""
    view = Torch().neuron(neuron)
    residual = view["residual"] if view["keeps_residual"] else None
    return next(c for c in candidates(neuron.math) if c.residual == residual)


def _expression(math: NeuronMath, name: str) -> sympy.Expr:
    """What a value of the forward pass is."""
    names = emit_response(math).names
    return next((e for e, given in names.items() if given == name), symbol(name))


def _share(name: str, degree: float) -> str:
    number = "" if degree == 1 else f"{degree:g}·"
    return f"{number}{notation(name)}·∂y/∂{notation(name)}"


def parameters(neuron: NeuronPlan, layers: Layers) -> list[str]:
    """Each parameter: what it is, and per framework its arguments and its array."""
    if not neuron.parameters:
        return wrapped("None beside the kernel.")
    plan = next((found[0] for found in layers.values()), _imagined(neuron))
    names = [p.name for p in neuron.parameters]
    width = max(len(f.title) for f in FRAMEWORKS)
    lines: list[str] = []
    for parameter in neuron.parameters:
        lines += wrapped(f"{parameter.name}: {parameter.spec.summary}")
        lines += indented(wrapped(_form(parameter), 2 * len(INDENT)))
        for framework in FRAMEWORKS:
            called = ", ".join(_arguments(framework, plan, parameter.name, names))
            array = _array(framework, plan, parameter)
            entry = f"{framework.title:{width}}  {called}{f'{_ARROW}{array}' if array else ''}"
            lines += indented(wrapped(entry, 2 * len(INDENT), " " * (width + 2)))
        lines.append("")
    return [*lines, *wrapped("Arguments of the constructor  →  the stored array")]


def _form(parameter: ParameterPlan) -> str:
    spec = parameter.spec
    facts = ["one per unit" if parameter.per_unit else "one number"]
    if parameter.trained:
        facts.append(f"trained, starting at {parameter.start:g}")
    else:
        kind = "whole number" if spec.integer else "constant"
        learnable = ", trained if asked for" if parameter.has("learnable") else ""
        facts.append(f"a {kind}, by default {parameter.start:g}{learnable}")
    if spec.positive:
        facts.append("kept positive")
    if spec.absent is not None:
        facts.append(f"may be left out: {spec.absent:g} then stands for it")
    return " · ".join(facts)


def _imagined(neuron: NeuronPlan) -> LayerPlan:
    """The dense layer that a neuron without layers would have."""
    geometry, kernel = GeometryChoice(kind="dense"), KernelSpec(init="glorot_normal")
    return LayerPlan(
        LayerSpec(name="Layer", neuron=neuron.name, geometry=geometry, kernel=kernel), neuron
    )


def _arguments(framework: Framework, plan: LayerPlan, name: str, names: list[str]) -> list[str]:
    """Arguments that bear the parameter's name, and no longer name of another parameter."""
    arguments: Iterable[Argument] = framework.layer(plan)["arguments"]
    return [a.name for a in arguments if _longest_within(a.name, names) == name]


def _longest_within(argument: str, names: list[str]) -> str | None:
    found = [n for n in names if re.search(rf"(?:^|_){re.escape(n)}(?:_|$)", argument)]
    return max(found, key=len, default=None)


def _array(framework: Framework, plan: LayerPlan, parameter: ParameterPlan) -> str:
    if not (parameter.trained or parameter.has("learnable")):
        return ""
    return framework.stored_arrays(plan)[parameter.stored_as].name


def layer_lines(layers: Layers) -> list[str]:
    """Classes by module, geometry and framework."""
    if not layers:
        return wrapped("None yet: list some in a file of layers/ beside neurons/.")
    width = max(len(f.title) for f in FRAMEWORKS)
    lines: list[str] = []
    for module, found in layers.items():
        for layer in found:
            kind = layer.kind.replace("_", " ")
            place = f"module nmn.<framework>.{module}"
            lines += wrapped(f"{layer.name}: {kind}, {place}", hanging=INDENT)
            for framework in FRAMEWORKS:
                names = ", ".join(framework.class_names(layer))
                second = [*layer.spec.aliases.get(framework.name, [])]
                also = f"  (also {', '.join(second)})" if second else ""
                entry = f"{framework.title:{width}}  {names}{also}"
                lines += indented(wrapped(entry, 2 * len(INDENT), " " * (width + 2)))
            lines.append("")
    return lines


def properties(verdicts: Sequence[Verdict], subject: str) -> list[str]:
    """Every statement with what stands behind it."""
    if not verdicts:
        return wrapped(f"None: state what you know of the {subject} under `properties`.")
    width = max(len(v.status) for v in verdicts)
    lines: list[str] = []
    for verdict in verdicts:
        reason = f": {verdict.reason}" if verdict.reason else ""
        entry = f"{verdict.status:{width}}  {verdict.statement}{reason}"
        lines += wrapped(entry, len(INDENT), " " * (width + 2))
    return lines
