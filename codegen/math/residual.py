"""What the backward pass keeps: ⟨w, x⟩, or a value from which the gradient follows more cheaply.

From ⟨w, x⟩ every intermediate value can be computed again. Often one of those values is all the
gradient needs: a quotient that its products are powers of, say. Keeping that value instead costs
the same memory and saves the way to it. Two things may stand in its way, and are dealt with here:

* The clamps. A gradient that passes through `relu` unhindered wherever its argument is positive
  needs no mask; the forward pass reports the least argument it met, and the rare backward pass
  through a clamp is left to plain differentiation.
* A parameter that multiplies the response. If the rest is homogeneous, Euler's identity
  Σ degree(o) · o · ∂y/∂o = degree · y gives that parameter's derivative from all the others.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from codegen.math.neuron import NeuronMath
from codegen.math.operations import Operation, Program
from codegen.math.program import emit_gradient, emit_response
from codegen.math.proofs import degree as proved_degree
from codegen.spec.models import PRIMITIVES

#: Scaling w and x by s scales every primitive by s².
PRIMITIVE_DEGREE = 2


@dataclass(frozen=True)
class Differentiated:
    """A neuron's two programs, and what passes from one to the other."""

    response: Program
    gradient: Program
    """Of the response without `scale`, as a function of the operands and `residual`."""
    residual: str | None
    """The full-size value that is kept; None if the gradient needs none."""
    clamps: bool
    """Whether the gradient holds only where no clamp is active."""
    scale: str | None
    """The parameter that multiplies the response."""
    degrees: Mapping[str, float] | None
    """Operand → share in Euler's identity, if the derivative of `scale` comes from it."""

    @property
    def dot_factor(self) -> float:
        """A number left out of the gradient of ⟨w, x⟩: products are multiplied by it instead."""
        return next(d.coefficient for d in self.gradient.derivatives if d.operand == "dot")


def differentiate(math: NeuronMath) -> Differentiated:
    """The programs that need the fewest operations on full-size values."""
    return candidates(math)[0]


def candidates(math: NeuronMath) -> list[Differentiated]:
    """All that may be kept, by the operations it takes from there; ⟨w, x⟩ comes last of equals."""
    response, gradient = emit_response(math), emit_gradient(math)
    scale = _scale(gradient.program)
    from_dot = _unscaled(gradient.program, scale)
    last = Differentiated(response.program, from_dot, "dot", False, scale, None)
    if "dot" not in _leaves(from_dot):
        return [replace(last, residual=None), last]
    degrees = _euler(math, scale)
    # Names are a program's own: only these stand for the same in both.
    shared = {n for expression, n in gradient.names.items() if response.names.get(expression) == n}
    switches = {str(o.arguments[1]) for o in from_dot.operations if o.function == "mask"}
    found = [
        candidate
        for name in gradient.names.values()
        if name in shared - {"response"} and switches <= shared
        if (candidate := _keeping(name, from_dot, response.program, math, scale, degrees))
    ]
    better = [c for c in found if _cost(c.gradient) < _cost(from_dot)]
    return [*sorted(better, key=lambda c: _cost(c.gradient)), last]


def _scale(gradient: Program) -> str | None:
    """The scalar that multiplies every derivative but its own."""
    for derivative in gradient.derivatives:
        name = derivative.operand
        others = [d.scalars for d in gradient.derivatives if d.operand != name]
        if name not in derivative.scalars and others and all(name in s for s in others):
            return name
    return None


def _unscaled(gradient: Program, scale: str | None) -> Program:
    derivatives = tuple(
        replace(d, scalars=tuple(s for s in d.scalars if s != scale)) for d in gradient.derivatives
    )
    return replace(gradient, derivatives=derivatives)


def _euler(math: NeuronMath, scale: str | None) -> dict[str, float] | None:
    """Each operand's share, if the spec states homogeneity and it is proved."""
    stated = dict(math.spec.properties.homogeneous or {})
    if scale is None or not stated:
        return None
    degree = stated.pop("degree")
    if degree == 0:
        return None
    degrees = {n: stated.get(n, 0) for n in math.operands} | {
        n: PRIMITIVE_DEGREE for n in math.operands if n in PRIMITIVES
    }
    if any(degrees[n] for n in math.operands if n not in math.differentiable):
        return None
    if degrees.pop(scale) != 0 or proved_degree(math.response, degrees) != degree:
        return None
    return {name: share / degree for name, share in degrees.items() if share}


def _keeping(
    name: str,
    gradient: Program,
    response: Program,
    math: NeuronMath,
    scale: str | None,
    degrees: dict[str, float] | None,
) -> Differentiated | None:
    """The programs that keep `name`, or None if the gradient needs more than that."""
    masks = {o.target: o for o in gradient.operations if o.function == "mask"}
    unmasked = _without_masks(gradient, masks)
    program = _pruned(unmasked, name)
    by_identity = None
    if "dot" in _leaves(program) and degrees is not None:
        rest = tuple(d for d in unmasked.derivatives if d.operand != scale)
        program, by_identity = _pruned(replace(unmasked, derivatives=rest), name), degrees
    if "dot" in _leaves(program):
        return None
    if masks:
        reported = _reporting_clamps(response, {str(o.arguments[1]) for o in masks.values()})
        if reported is None:
            return None
        response = reported
    return Differentiated(response, program, name, bool(masks), scale, by_identity)


def _without_masks(program: Program, masks: Mapping[str, Operation]) -> Program:
    """Read what is masked where the masked value was read."""
    plain = {target: str(o.arguments[0]) for target, o in masks.items()}

    def value(name: str) -> str:
        return value(plain[name]) if name in plain else name

    operations = tuple(
        replace(o, arguments=tuple(value(a) if isinstance(a, str) else a for a in o.arguments))
        for o in program.operations
        if o.target not in masks
    )
    derivatives = tuple(
        replace(d, factors=tuple(map(value, d.factors))) for d in program.derivatives
    )
    return replace(program, operations=operations, derivatives=derivatives)


def _pruned(program: Program, residual: str) -> Program:
    """Only the operations that the derivatives need when `residual` is given."""
    needed = {v for d in program.derivatives for v in (*d.factors, *d.scalars)} - {residual}
    kept: list[Operation] = []
    for operation in reversed(program.operations):
        if operation.target in needed and operation.target != residual:
            kept.insert(0, operation)
            needed |= {a for a in operation.arguments if isinstance(a, str)} - {residual}
    return replace(program, operations=tuple(kept))


def _leaves(program: Program) -> set[str]:
    """Values that the program reads and does not compute."""
    computed = {o.target for o in program.operations}
    read = {a for o in program.operations for a in o.arguments if isinstance(a, str)}
    read |= {f for d in program.derivatives for f in d.factors}
    return read - computed


def _reporting_clamps(response: Program, switches: set[str]) -> Program | None:
    """Let the response report the least argument of its clamp; one clamp, or None."""
    clamps = [o for o in response.operations if o.function == "relu"]
    if len(clamps) != 1 or {clamps[0].target} != switches:
        return None
    operations: list[Operation] = []
    for operation in response.operations:
        if operation is clamps[0]:
            operations.append(Operation("lowest", "lowest", operation.arguments))
        operations.append(operation)
    return replace(response, operations=tuple(operations))


def _cost(gradient: Program) -> int:
    """Passes over full-size values; masks and quotients count like any other."""
    return len(gradient.operations) + sum(len(d.factors) for d in gradient.derivatives)
