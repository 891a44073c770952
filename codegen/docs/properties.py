"""Stated properties, in words, and how each is known."""

from collections.abc import Iterable
from dataclasses import dataclass

from codegen.math.properties import Verdict, check_properties
from codegen.plans.layer import NeuronPlan


@dataclass(frozen=True)
class Property:
    """A statement, and what stands behind it."""

    words: str
    known: str
    """`proved` by the generator, or `tested` in every framework."""
    reason: str


def properties(plan: NeuronPlan) -> tuple[Property, ...]:
    """Everything that the spec of a neuron states."""
    return known(check_properties(plan.math))


def known(verdicts: Iterable[Verdict]) -> tuple[Property, ...]:
    """A proof is given, a test is not repeated in words."""
    return tuple(
        Property(
            f"{v.statement[:1].upper()}{v.statement[1:]}.",
            v.status,
            f"{v.reason[:1].upper()}{v.reason[1:]}." if v.status == "proved" else "",
        )
        for v in verdicts
    )
