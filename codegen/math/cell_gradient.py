"""Adjoints of a cell's step: reverse mode over its equations."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import sympy

from codegen.math.cell_nodes import Block, Elementwise, Node, Share, step_nodes
from codegen.math.symbols import symbol
from codegen.plans.cell import CellPlan


@dataclass(frozen=True)
class Adjoint:
    """The gradient of a value: an expression of gradients and values, and what products add."""

    name: str
    expression: sympy.Expr
    products: tuple[str, ...] = ()
    """Projections whose source the value is."""


@dataclass
class StepGradient:
    """A step as nodes in order, and what its backward pass computes, in order."""

    nodes: list[Node] = field(default_factory=list)
    adjoints: list[Adjoint | Block] = field(default_factory=list)
    """A block stands where the gradients of its values are complete."""


def gradient_name(name: str) -> str:
    """What code calls the gradient of a value."""
    return f"grad_{name}"


def step_gradient(plan: CellPlan) -> StepGradient:
    """Values of a step and their adjoints.

    Raises:
        NoClosedFormError: Nothing but plain differentiation is known for this cell.
    """
    nodes = step_nodes(plan)
    return StepGradient(nodes, _Adjoints(plan, nodes).found)


class _Adjoints:
    """Walks the nodes backwards."""

    def __init__(self, plan: CellPlan, nodes: list[Node]) -> None:
        self.found: list[Adjoint | Block] = []
        self._pending: dict[str, sympy.Expr] = {}
        self._products: dict[str, list[str]] = {}
        for new in plan.new_states:
            self._add(new, symbol(gradient_name(new)))
        if plan.output not in plan.new_states:
            self._add(plan.output, symbol("grad_output"))
        for node in reversed(nodes):
            if isinstance(node, Elementwise):
                self._elementwise(node)
            elif isinstance(node, Share):
                self._share(node)
            else:
                self._block(node)
        for projection in plan.projections:
            if projection.source is None:
                for unit in projection.units:
                    self._complete(unit.variable)
        for state in plan.states:
            self._complete(state)

    def _add(self, name: str, term: sympy.Expr) -> None:
        self._pending[name] = self._pending.get(name, sympy.S.Zero) + term

    def _complete(self, name: str) -> None:
        """Compute the gradient of a value, now that all that use it are done."""
        products = tuple(self._products.pop(name, ()))
        self.found.append(Adjoint(name, self._pending.pop(name, sympy.S.Zero), products))

    def _upstream(self, name: str, inline: bool) -> sympy.Expr:
        """The gradient of a value, as a name; or as it is, if it is read once."""
        gradient = self._pending.get(name, sympy.S.Zero)
        if name in self._products or not (inline or gradient.is_Symbol or gradient == 0):
            self._complete(name)
            return symbol(gradient_name(name))
        return self._pending.pop(name, sympy.S.Zero)

    def _elementwise(self, node: Elementwise) -> None:
        expression, value = node.expression, symbol(node.name)
        operands = sorted(expression.free_symbols, key=lambda s: s.name)
        upstream = self._upstream(node.name, inline=len(operands) == 1)
        for operand in operands:
            derivative = expression.diff(operand)
            if expression.is_Function:
                derivative = derivative.xreplace({expression: value})
            self._add(operand.name, upstream * derivative)

    def _share(self, node: Share) -> None:
        value = symbol(node.name)
        gradient = self._upstream(node.name, inline=True) * (1 - value) ** 2 / node.rho
        if node.argument.is_Symbol:
            self._add(node.argument.name, gradient)
            return
        argument = f"{node.name}_argument"
        self.found.append(Adjoint(argument, gradient))
        for operand in sorted(node.argument.free_symbols, key=lambda s: s.name):
            derivative = node.argument.diff(operand)
            self._add(operand.name, symbol(gradient_name(argument)) * derivative)

    def _block(self, node: Block) -> None:
        for value in node.values:
            self._complete(value)
        self.found.append(node)
        self._products.setdefault(node.source, []).append(node.projection)


def used_values(adjoints: list[Adjoint | Block]) -> Mapping[str, None]:
    """Names that the backward pass reads."""
    found: dict[str, None] = {}
    for adjoint in adjoints:
        if isinstance(adjoint, Adjoint):
            found |= {s.name: None for s in sorted(adjoint.expression.free_symbols, key=str)}
        elif adjoint.rho is not None:
            found |= dict.fromkeys(adjoint.values)
    return found
