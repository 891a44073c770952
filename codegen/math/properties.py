"""Check what a neuron states of its response."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

from codegen.math.bounds import Bound, Extreme
from codegen.math.kernels import PositiveSemidefinite
from codegen.math.monotone import Monotone
from codegen.math.neuron import NeuronMath
from codegen.math.statements import (
    Homogeneous,
    Nonnegative,
    RotationInvariant,
    Statement,
    Symmetric,
)
from codegen.spec.formula import Formula

Status = Literal["proved", "tested", "refuted"]


@dataclass(frozen=True)
class Verdict:
    """What became of a statement."""

    name: str
    """The key of the spec."""
    statement: str
    """In words."""
    status: Status
    reason: str
    """Why it is proved, how it was tested, or where it fails."""
    source: str = ""
    """The statement as the spec has it, on one line."""
    loc: tuple[str, ...] = ()
    """Where it stands below `properties`."""


def check_properties(math: NeuronMath) -> tuple[Verdict, ...]:
    """A verdict on every statement of a neuron, in the order of the spec language."""
    return tuple(_verdict(statement) for statement in statements(math))


def _verdict(statement: Statement) -> Verdict:
    status: Status = "tested"
    reason = "no proof was found, and no counterexample either"
    if proof := statement.prove():
        status, reason = "proved", proof
    elif counterexample := statement.refute():
        status, reason = "refuted", counterexample
    name, words = statement.name, statement.words
    return Verdict(name, words, status, reason, statement.source, statement.loc)


def statements(math: NeuronMath) -> Iterator[Statement]:
    """Everything that a neuron states, one statement at a time."""
    stated = math.spec.properties
    plain: dict[str, Callable[[NeuronMath, tuple[str, ...], Formula | bool], Statement]] = {
        "nonnegative": Nonnegative,
        "symmetric": Symmetric,
        "rotation_invariant": RotationInvariant,
        "positive_semidefinite": PositiveSemidefinite,
    }
    for name, kind in plain.items():
        condition = getattr(stated, name)
        if condition:
            yield kind(math, (name,), condition)
    for name in ("homogeneous", "homogeneous_in_x", "homogeneous_in_w"):
        if degrees := getattr(stated, name):
            yield Homogeneous(math, (name,), degrees=degrees)
    for name, directions in (stated.monotone or {}).items():
        for direction, condition in directions.items():
            if condition:
                yield Monotone(math, ("monotone", name, direction), condition)
    if stated.bounded is not None:
        for side in ("below", "above"):
            if formula := getattr(stated.bounded, side):
                yield Bound(math, ("bounded", side), formula=formula)
    for name in ("infimum", "supremum"):
        if formula := getattr(stated, name):
            yield Extreme(math, (name,), formula=formula)
