"""Mistakes to plant: in the formulas, in the derivatives, in paddings, in what is rendered."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from fnmatch import fnmatch
from functools import partial
from types import ModuleType

from codegen.math.neuron import NeuronMath
from codegen.math.operations import Derivative, Program
from codegen.math.residual import Differentiated
from codegen.plans.geometry import GeometryPlan
from codegen.plans.layer import NeuronPlan
from codegen.plans.package import PackagePlan
from codegen.render.package import Files
from codegen.spec.formula import parse


@dataclass(frozen=True)
class Edit:
    """A piece of a rendered file, and what to put in its place."""

    old: str
    new: str
    files: str = "*"
    """Which files, as a pattern of their paths in the package."""


@dataclass(frozen=True)
class Mutant:
    """A named mistake: edited formulas, other derivatives, or edited text of rendered files."""

    name: str
    formulas: tuple[tuple[str, str], ...] = ()
    """(old, new): pieces of the spec's formulas."""
    derivative: Callable[[Derivative], Derivative] | None = None
    paddings: tuple[str, str] | None = None
    """What is added to `before` and `after` of every padding."""
    text: tuple[Edit, ...] = ()
    kinds: tuple[str, ...] = ("dense",)
    """Kinds of geometry that it concerns."""


Change = Callable[[Derivative], Derivative]


def _formula(name: str, *edits: tuple[str, str]) -> Mutant:
    return Mutant(name, formulas=edits)


FORMULAS = [
    _formula("bias dropped", ("+ bias", "+ 1e-9 * bias")),
    _formula("bias subtracted", ("+ bias", "- bias")),
    _formula(
        "bias outside the square", ("+ bias", "+ 1e-9 * bias"), ("epsilon)", "epsilon) + bias")
    ),
    _formula("bias inside the distance", ("2 * dot", "2 * (dot + bias)")),
    _formula("product not doubled in the distance", ("- 2 *", "-")),
    _formula("distance not clamped", ("relu", "")),
    _formula("norm of the input left out", ("sq_x +", "1e-9 * sq_x +")),
    _formula("norm of the kernel left out", ("sq_w -", "1e-9 * sq_w -")),
    _formula("not squared", ("**2", "")),
    _formula("cubed", ("**2", "**3")),
    _formula("alpha squared", ("alpha", "alpha**2")),
    _formula("alpha inverted", ("alpha *", "1 / alpha *")),
    _formula("epsilon a hundredfold", ("epsilon", "100 * epsilon")),
    _formula("epsilon squared", ("epsilon", "epsilon**2")),
    _formula("root of the distance", ("(sq_dist", "(sqrt(sq_dist)")),
]

TEXT = [
    Mutant(
        "weight norm forgotten",
        text=(Edit("if self.spherical or self.weight_normalized:", "if self.spherical:"),),
    ),
    Mutant(
        "norm of a spherical input forgotten",
        text=(Edit("if self.spherical:", "if not self.spherical:"),),
    ),
]


def _doubled(operand: str) -> Callable[[Derivative], Derivative]:
    def mutate(derivative: Derivative) -> Derivative:
        if derivative.operand != operand:
            return derivative
        return replace(derivative, coefficient=2 * derivative.coefficient)

    return mutate


DERIVATIVES = [
    Mutant(f"gradient of {operand} doubled", derivative=_doubled(operand))
    for operand in ("dot", "sq_x", "sq_w", "bias", "alpha", "epsilon")
]


def mutants(closed_form: bool) -> list[Mutant]:
    """All mistakes a framework can have; derivatives only where it writes them itself."""
    return FORMULAS + TEXT + (DERIVATIVES if closed_form else [])


def only(plan: PackagePlan, neuron: str) -> PackagePlan:
    """The plan with no other neurons and their layers, and no cells."""
    modules = (
        replace(module, layers=tuple(x for x in module.layers if x.neuron.name == neuron))
        for module in plan.modules
    )
    return replace(
        plan,
        neurons=tuple(x for x in plan.neurons if x.name == neuron),
        modules=tuple(module for module in modules if module.layers),
        cells=(),
    )


def planted(plan: PackagePlan, mutant: Mutant) -> PackagePlan:
    """The plan with the mutant's formulas; every edit must have something to edit."""
    neurons = tuple(_mutated(neuron, mutant) for neuron in plan.neurons)
    by_name = {neuron.name: neuron for neuron in neurons}
    modules = tuple(
        replace(
            module,
            layers=tuple(replace(x, neuron=by_name[x.neuron.name]) for x in module.layers),
        )
        for module in plan.modules
    )
    geometries = tuple(_displaced(geometry, mutant) for geometry in plan.geometries)
    return replace(plan, modules=modules, neurons=neurons, geometries=geometries)


def _displaced(geometry: GeometryPlan, mutant: Mutant) -> GeometryPlan:
    """Only what is generated from the plan changes: the oracle reads the spec itself."""
    if mutant.paddings is None or geometry.name not in mutant.kinds:
        return geometry
    before, after = mutant.paddings
    paddings = {
        name: padding.model_copy(
            update={
                "before": parse(f"{padding.before.text} {before}", integer=True),
                "after": parse(f"{padding.after.text} {after}", integer=True),
            }
        )
        for name, padding in geometry.spec.padding.items()
    }
    spec = geometry.spec.model_copy(update={"padding": paddings})
    return replace(geometry, spec=spec)


def _mutated(neuron: NeuronPlan, mutant: Mutant) -> NeuronPlan:
    texts = {name: formula.text for name, formula in neuron.spec.math.items()}
    for old, new in mutant.formulas:
        assert any(old in text for text in texts.values()), mutant.name
        texts = {name: text.replace(old, new) for name, text in texts.items()}
    math = {name: parse(text) for name, text in texts.items()}
    return replace(neuron, spec=neuron.spec.model_copy(update={"math": math}))


@contextmanager
def wrong_derivatives(framework_module: ModuleType, mutant: Mutant) -> Iterator[None]:
    """Let the framework's module derive as the mutant says."""
    change = mutant.derivative
    if change is None:
        yield
        return
    ways = {"gradient_program": _wrong_program, "candidates": _wrong_candidates}
    (name,) = ways.keys() & vars(framework_module).keys()
    original = getattr(framework_module, name)
    setattr(framework_module, name, partial(ways[name], original, change))
    try:
        yield
    finally:
        setattr(framework_module, name, original)


def _wrong_program(
    original: Callable[[NeuronMath], Program], change: Change, math: NeuronMath
) -> Program:
    right = original(math)
    return replace(right, derivatives=tuple(map(change, right.derivatives)))


def _wrong_candidates(
    original: Callable[[NeuronMath], list[Differentiated]], change: Change, math: NeuronMath
) -> list[Differentiated]:
    return [_wrong_pair(right, change, math) for right in original(math)]


def _wrong_pair(right: Differentiated, change: Change, math: NeuronMath) -> Differentiated:
    """Both ways to a derivative: the program's own, and Euler's identity for the scale."""
    gradient = _wrong_program(lambda _: right.gradient, change, math)
    if right.degrees is None or right.scale is None:
        return replace(right, gradient=gradient)
    factor = change(Derivative(right.scale, 1.0, ())).coefficient
    degrees = {name: factor * degree for name, degree in right.degrees.items()}
    return replace(right, gradient=gradient, degrees=degrees)


def edited(files: Files, mutant: Mutant) -> Files:
    """The rendered files with the mutant's text; every edit must have something to edit."""
    result = dict(files)
    for edit in mutant.text:
        places = [p for p in result if fnmatch(p, edit.files) and edit.old in result[p]]
        assert places, f"{mutant.name}: {edit.old!r} is nowhere in {edit.files}"
        result |= {place: result[place].replace(edit.old, edit.new) for place in places}
    return result
