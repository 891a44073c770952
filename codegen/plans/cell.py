"""Cell plans: equations over projections and a state, before any framework has a say in them."""

import ast
import math
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass
from functools import cached_property

from codegen.math.cell import CellTranslator, Recurrence, recurrence
from codegen.plans.function import FunctionPlan
from codegen.plans.layer import ArrayPlan, NeuronPlan, ParameterPlan
from codegen.spec.cell_models import INPUT, CellSpec, new_state
from codegen.spec.formula import CONSTANTS


@dataclass(frozen=True)
class UnitPlan:
    """One response of the size of the state."""

    projection: str
    name: str
    spelled: str
    """How equations call it."""
    variable: str
    """What code calls the response: its unit's name, and the projection's where that is not
    enough."""
    reads_input: bool
    reads_state: bool


@dataclass(frozen=True)
class Equation:
    """A value, computed from what stands above it."""

    name: str
    """What code calls it: `new_h` for the state h."""
    tree: ast.expr
    """The formula, over the names that code uses; roles are called by their names."""

    @property
    def text(self) -> str:
        return ast.unparse(self.tree)


@dataclass(frozen=True)
class Projection:
    """Neurons that see the input, a vector of the state's size, or both joined."""

    name: str
    units: tuple[UnitPlan, ...]
    reads_input: bool
    source: ast.expr | None
    """The vector of the state's size, over the names that code uses."""

    sees_state_itself: bool
    """Whether that vector is a state as it was before the step, and not computed from one."""

    @property
    def source_text(self) -> str | None:
        return None if self.source is None else ast.unparse(self.source)


Step = Projection | Equation


@dataclass(frozen=True)
class CellPlan:
    """One file of `spec/cells`: a cell, and the layer that repeats it."""

    spec: CellSpec
    module: str
    """The file's stem, which is the generated module's."""
    source: str
    neuron: NeuronPlan
    functions: Mapping[str, FunctionPlan]
    """Role that equations call → the function it has unless callers replace it."""

    @property
    def name(self) -> str:
        """The layer's class."""
        return self.spec.cell

    @property
    def cell_name(self) -> str:
        return f"{self.spec.cell}Cell"

    @property
    def states(self) -> tuple[str, ...]:
        """In the order of the spec; the first is the one that frameworks call h."""
        return tuple(self.spec.state)

    @property
    def roles(self) -> Mapping[str, str]:
        """Role that equations call → function of `nmn.<framework>.squashers`."""
        return {role: function.name for role, function in self.functions.items()}

    @property
    def parameters(self) -> tuple[ParameterPlan, ...]:
        """The neuron's parameters that its response uses; per unit, or the cell's own."""
        used = self.neuron.math.operands
        return tuple(p for p in self.neuron.parameters if p.name in used)

    @cached_property
    def units(self) -> tuple[UnitPlan, ...]:
        """All responses in canonical order, projection by projection: the order of gates."""
        variables = self.spec.variables
        return tuple(
            UnitPlan(
                projection,
                unit,
                spelled,
                variables[spelled],
                any(f.text == INPUT for f in self.spec.projections[projection].source),
                any(f.text != INPUT for f in self.spec.projections[projection].source),
            )
            for spelled, (projection, unit) in self.spec.responses.items()
        )

    @property
    def input_units(self) -> tuple[UnitPlan, ...]:
        """The responses that the input's kernel has columns for."""
        return tuple(u for u in self.units if u.reads_input)

    @property
    def recurrent_units(self) -> tuple[UnitPlan, ...]:
        """The responses that the recurrent kernel has columns for."""
        return tuple(u for u in self.units if u.reads_state)

    @property
    def parallel(self) -> bool:
        """Whether no response sees the state, so that all steps can be computed at once."""
        return not self.recurrent_units

    @cached_property
    def steps(self) -> tuple[Step, ...]:
        """Projections and equations, each after what it uses."""
        steps: list[Step] = []
        names = {s: s for s in self.states}
        variables = self.spec.variables
        projected: set[str] = set()
        for name, formula in self.spec.math.items():
            for used in sorted(formula.names & self.spec.responses.keys()):
                projection, _ = self.spec.responses[used]
                if projection not in projected:
                    projected.add(projection)
                    steps.append(self._projection(projection, names))
            tree = _renamed(formula.tree, names | variables)
            names[name] = new_state(name) if name in self.states else name
            steps.append(Equation(names[name], tree))
        return tuple(steps)

    @property
    def projections(self) -> tuple[Projection, ...]:
        """In canonical order, which is also that of `units`."""
        found = {s.name: s for s in self.steps if isinstance(s, Projection)}
        return tuple(found[name] for name in self.spec.projections)

    @property
    def equations(self) -> tuple[Equation, ...]:
        return tuple(s for s in self.steps if isinstance(s, Equation))

    @property
    def new_states(self) -> tuple[str, ...]:
        """What code calls the new states, in the order of `states`."""
        return tuple(map(new_state, self.states))

    @cached_property
    def recurrences(self) -> tuple[Recurrence, ...]:
        """How every state follows from itself, if one scan computes all steps; else nothing.

        Coefficients and additions are free of every state, old or new, also by way of values: all
        equations but those of states can be evaluated before the scans where they see none, and
        after them where they see new states alone.
        """
        if not self.parallel or self._states_are_read_elsewhere:
            return ()
        translator = CellTranslator(self.roles)
        moving = {*self.states, *self.new_states}
        found: list[Recurrence] = []
        for equation in self.equations:
            read = {n.id for n in ast.walk(equation.tree) if isinstance(n, ast.Name)}
            if equation.name in self.new_states:
                state = self.states[self.new_states.index(equation.name)]
                affine = recurrence(state, translator.expression(equation.tree), moving)
                if affine is None:
                    return ()
                found.append(affine)
            elif read & {*self.states}:
                return ()
            elif read & moving:
                moving.add(equation.name)
        return tuple(sorted(found, key=lambda r: self.states.index(r.state)))

    @property
    def _states_are_read_elsewhere(self) -> bool:
        """Whether an equation that is no state's sees a state before the step."""
        return any(
            node.id in self.states
            for equation in self.equations
            if equation.name not in self.new_states
            for node in ast.walk(equation.tree)
            if isinstance(node, ast.Name)
        )

    @property
    def output(self) -> str:
        """What code calls the value that a step gives out."""
        name = self.spec.output
        return new_state(name) if name in self.states else name

    @property
    def arrays(self) -> tuple[ArrayPlan, ...]:
        """Every array of a cell: kernels, then the neuron's parameters. "gate" counts responses in
        canonical order."""
        kernels = [ArrayPlan("kernel", ("gate", "unit", "input"))] if self.input_units else []
        if self.recurrent_units:
            kernels.append(ArrayPlan("recurrent_kernel", ("gate", "unit", "state")))
        stored = [p for p in self.parameters if p.trained]
        return (
            *kernels,
            *(ArrayPlan(p.name, ("gate", "unit") if p.per_unit else ()) for p in stored),
        )

    def _projection(self, name: str, names: Mapping[str, str]) -> Projection:
        spec = self.spec.projections[name]
        others = [f for f in spec.source if f.text != INPUT]
        source = _renamed(others[0].tree, names) if others else None
        return Projection(
            name,
            tuple(u for u in self.units if u.projection == name),
            len(others) < len(spec.source),
            source,
            isinstance(source, ast.Name) and source.id in self.states,
        )


def _renamed(tree: ast.expr, names: Mapping[str, str]) -> ast.expr:
    """A copy of a formula over the names that code uses; π is a number there."""
    found: ast.expr = _Renamed(names).visit(deepcopy(tree))
    return found


class _Renamed(ast.NodeTransformer):
    def __init__(self, names: Mapping[str, str]) -> None:
        self._names = names

    def visit_Name(self, node: ast.Name) -> ast.expr:
        if node.id in CONSTANTS:
            return ast.copy_location(ast.Constant(math.pi), node)
        return ast.copy_location(ast.Name(self._names.get(node.id, node.id), node.ctx), node)
