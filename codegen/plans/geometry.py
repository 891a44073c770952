"""Geometry plans: integer formulas as functions of plain Python, the same for every framework."""

import ast
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from codegen.spec.formula import Formula
from codegen.spec.models import GeometrySpec

_PYTHON = {"maximum": "max", "minimum": "min"}


@dataclass(frozen=True)
class Function:
    """A function of whole numbers: what it takes, what it computes on the way, what it returns."""

    name: str
    summary: str
    arguments: tuple[str, ...]
    locals: tuple[tuple[str, str], ...]
    result: tuple[str, ...]

    @property
    def typed_arguments(self) -> str:
        """The arguments as a signature has them."""
        return ", ".join(map(typed, self.arguments))


@dataclass(frozen=True)
class Constraint:
    """A condition with a stable id."""

    id: str
    message: str
    arguments: tuple[str, ...]
    condition: str

    @property
    def text(self) -> str:
        """Message and condition as a literal of Python."""
        return json.dumps(f"{self.message} ({self.condition})")


@dataclass(frozen=True)
class Stage:
    """Constraints that are checked together."""

    name: str
    constraints: tuple[Constraint, ...]

    @property
    def ids(self) -> tuple[str, ...]:
        return tuple(c.id for c in self.constraints)

    @property
    def typed_arguments(self) -> str:
        """Everything its constraints speak of, as a signature has it."""
        names = {name for c in self.constraints for name in c.arguments}
        return ", ".join(map(typed, _in_order(names)))


@dataclass(frozen=True)
class GeometryPlan:
    """How a window passes over the input."""

    spec: GeometrySpec
    source: str

    @property
    def name(self) -> str:
        return self.spec.geometry

    @property
    def lengths(self) -> tuple[Function, ...]:
        """One function per length."""
        return tuple(
            self._function(name, length.summary, {}, (length.formula,))
            for name, length in self.spec.lengths.items()
        )

    @property
    def paddings(self) -> tuple[Function, ...]:
        """One function per padding, returning what is added at both ends of an axis."""
        return tuple(
            self._function(
                f"{name}_padding", padding.summary, padding.where, (padding.before, padding.after)
            )
            for name, padding in self.spec.padding.items()
        )

    @property
    def stages(self) -> tuple[Stage, ...]:
        """Constraints by the moment at which they are checked."""
        return tuple(
            Stage(
                stage,
                tuple(
                    Constraint(name, c.message, _in_order(c.holds.names), to_python(c.holds))
                    for name, c in constraints.items()
                ),
            )
            for stage, constraints in self.spec.constraints.items()
        )

    def _function(
        self, name: str, summary: str, where: Mapping[str, Formula], results: tuple[Formula, ...]
    ) -> Function:
        """Lengths that a formula mentions are computed first."""
        lengths = {n: x.formula for n, x in self.spec.lengths.items() if n != name}
        definitions = {**lengths, **where}
        needed: list[str] = []
        names: set[str] = set()

        def visit(formula: Formula) -> None:
            for used in sorted(formula.names):
                if used in definitions:
                    visit(definitions[used])
                    if used not in needed:
                        needed.append(used)
                else:
                    names.add(used)

        for result in results:
            visit(result)
        return Function(
            name,
            summary,
            _in_order(names),
            tuple((n, to_python(definitions[n])) for n in needed),
            tuple(map(to_python, results)),
        )


_ORDER = ("size", "kernel_size", "stride", "dilation", "before", "after", "padding")


def typed(name: str) -> str:
    """A name with its type."""
    return f"{name}: {'tuple[int, ...]' if name.endswith('_shape') else 'int'}"


def _in_order(names: Iterable[str]) -> tuple[str, ...]:
    """Arguments in the order in which every function takes them."""
    return tuple(sorted(names, key=lambda n: (_ORDER.index(n) if n in _ORDER else len(_ORDER), n)))


def to_python(formula: Formula) -> str:
    """The formula as a Python expression."""

    class Renamed(ast.NodeTransformer):
        def visit_Name(self, node: ast.Name) -> ast.Name:
            return ast.Name(_PYTHON.get(node.id, node.id), node.ctx)

    return ast.unparse(Renamed().visit(ast.parse(formula.text, mode="eval").body))
