"""What the suite measured: largest error over bound per framework, mutants caught."""

from collections.abc import Mapping
from typing import Any

_ratios: dict[str, float] = {}
_mutants: dict[str, int] = {}


def record(label: str, ratio: float) -> None:
    """Remember an error over its bound; the largest of a label is kept."""
    _ratios[label] = max(ratio, _ratios.get(label, 0.0))


def mutant_caught(framework: str) -> None:
    """Count a mutant of `framework` that the properties rejected."""
    _mutants[framework] = _mutants.get(framework, 0) + 1


def collected() -> dict[str, Any]:
    """Everything recorded in this process, and merged from workers."""
    return {"ratios": dict(_ratios), "mutants": dict(_mutants)}


def merge(other: Mapping[str, Any]) -> None:
    """Add the report of another process."""
    for label, ratio in other.get("ratios", {}).items():
        record(label, ratio)
    for framework, count in other.get("mutants", {}).items():
        _mutants[framework] = _mutants.get(framework, 0) + count
