"""A cell's step as elementary values.

Functions of roles see a response r through one quotient, so that one number serves all of them:
the share s = r / (ρ + r) of a response r ≥ 0. A role's function is affine in s, and ds/dr is
(1 - s)²/ρ. All other derivatives follow from the equations by SymPy.
"""

import ast
from collections.abc import Collection, Iterator
from dataclasses import dataclass

import sympy

from codegen.math.function import affine_quotient
from codegen.math.symbols import relu, sigmoid, symbol
from codegen.math.translate import Translator
from codegen.plans.cell import CellPlan, Equation, Projection, UnitPlan

_KNOWN = (sympy.tanh, sympy.exp, sympy.sin, sympy.cos, sigmoid)
"""Functions whose derivatives are expressions of the value, or of functions among them."""


class NoClosedFormError(Exception):
    """The step has a part whose derivative is not among those that are known here; says which."""


@dataclass(frozen=True)
class Elementwise:
    """A value that is an expression of others."""

    name: str
    expression: sympy.Expr


@dataclass(frozen=True)
class Share:
    """argument / (ρ + argument), of an argument that is not negative."""

    name: str
    argument: sympy.Expr
    rho: sympy.Expr


@dataclass(frozen=True)
class Block:
    """The responses of a projection that sees the state; or their shares, in their place."""

    projection: str
    source: str
    """The value that is multiplied with the kernel."""
    values: tuple[str, ...]
    """What code calls the units' responses, or shares."""
    rho: sympy.Expr | None
    """That of the shares; None where the block holds responses."""


Node = Elementwise | Share | Block


def step_nodes(plan: CellPlan) -> list[Node]:
    """The values of a step, each after those that it reads.

    Raises:
        NoClosedFormError: Some part has no derivative among those that are known.
    """
    return _Nodes(plan).nodes


class _StepTranslator(Translator):
    """Translates equations; roles become functions of which nothing is known."""

    def __init__(self, roles: Collection[str]) -> None:
        super().__init__({})
        self._roles = roles

    def _translate(self, node: ast.expr) -> sympy.Expr:
        match node:
            case ast.Call(func=ast.Name(id=role), args=[argument]) if role in self._roles:
                return sympy.Function(role, real=True)(self._translate(argument))
        return super()._translate(node)


class _Nodes:
    """Splits equations where a function is called: its value is what its derivative needs."""

    def __init__(self, plan: CellPlan) -> None:
        self.plan = plan
        self.nodes: list[Node] = []
        self._translator = _StepTranslator(plan.roles)
        self._values: dict[sympy.Expr, sympy.Expr] = {}
        self._renamed: dict[sympy.Expr, sympy.Expr] = {}
        self._blocks = dict(self._fusible())
        for step in plan.steps:
            if isinstance(step, Equation):
                self._equation(step)
            elif step.source is not None:
                self._projection(step)

    def _fusible(self) -> Iterator[tuple[str, sympy.Expr]]:
        """Projection → ρ, where all its responses are seen by one role each, and nothing else."""
        expressions = [self._translator.expression(e.tree) for e in self.plan.equations]
        expressions += [
            self._translator.expression(p.source)
            for p in self.plan.projections
            if p.source is not None
        ]
        for projection in self.plan.projections:
            rhos = {self._only_rho(unit, expressions) for unit in projection.units}
            if projection.source is not None and len(rhos) == 1 and None not in rhos:
                yield projection.name, rhos.pop()

    def _only_rho(self, unit: UnitPlan, expressions: list[sympy.Expr]) -> sympy.Expr | None:
        response = symbol(unit.variable)
        calls = {
            call
            for e in expressions
            for call in e.atoms(sympy.core.function.AppliedUndef)
            if call.args == (response,)
        }
        hidden = [e.xreplace({c: sympy.S.Zero for c in calls}) for e in expressions]
        if len(calls) != 1 or any(response in e.free_symbols for e in hidden):
            return None
        return self._affine(calls.pop())[2]

    def _affine(self, call: sympy.Expr) -> tuple[sympy.Expr, sympy.Expr, sympy.Expr]:
        """k, m and ρ of the role's function k + m r / (ρ + r)."""
        math = self.plan.functions[call.func.__name__].math
        if not math.is_elementwise:
            raise NoClosedFormError(f"{math.spec.function} is no function of single numbers")
        p = sympy.Symbol("p", nonnegative=True)
        result = math.default.xreplace({relu(symbol(math.spec.array)): p})
        quotient = None if symbol(math.spec.array) in result.free_symbols else result
        parts = None if quotient is None else affine_quotient(quotient, p)
        if parts is None or not (parts[2].is_positive and parts[3].is_positive):
            raise NoClosedFormError(f"{math.spec.function} is no quotient of affine functions")
        k, m, c, d = parts
        return k / c, m / d - k / c, c / d

    def _projection(self, step: Projection) -> None:
        assert step.source is not None
        source = self._atoms(self._translator.expression(step.source), f"{step.name}_source")
        if not source.is_Symbol:
            self.nodes.append(Elementwise(f"{step.name}_source", source))
            source = symbol(f"{step.name}_source")
        rho = self._blocks.get(step.name)
        values = tuple(u.variable for u in step.units)
        if rho is not None:
            values = tuple(self._share_name(v) for v in values)
        self.nodes.append(Block(step.name, source.name, values, rho))

    def _share_name(self, variable: str) -> str:
        """Equations whose value is the share itself name it."""
        for equation in self.plan.equations:
            call = self._translator.expression(equation.tree)
            if call.args == (symbol(variable),) and self._is_role(call):
                k, m, _ = self._affine(call)
                if (k, m) == (0, 1):
                    return equation.name
        return f"{variable}_share"

    def _equation(self, step: Equation) -> None:
        expression = self._atoms(self._translator.expression(step.tree), step.name)
        if expression != symbol(step.name):
            self.nodes.append(Elementwise(step.name, expression))

    def _atoms(self, expression: sympy.Expr, name: str) -> sympy.Expr:
        """The expression over names alone, after nodes for the functions that it calls."""
        if self._is_role(expression):
            return self._role(expression, name)
        if expression.is_Function or expression.is_Pow:
            whole = expression.is_Pow and expression.exp.is_Integer
            if not whole and not isinstance(expression, _KNOWN):
                raise NoClosedFormError(f"{expression} has no derivative here")
        if expression.is_Function:
            argument = self._atoms(expression.args[0], f"{name}_argument")
            if not argument.is_Symbol:
                self.nodes.append(Elementwise(f"{name}_argument", argument))
                argument = symbol(f"{name}_argument")
            value = symbol(f"{expression.func.__name__}_{argument.name}")
            node = Elementwise(value.name, expression.func(argument))
            if node not in self.nodes:
                self.nodes.append(node)
            return value
        if expression.args:
            parts = [self._atoms(a, name) for a in expression.args]
            return expression.func(*parts)
        return expression

    def _role(self, call: sympy.Expr, name: str) -> sympy.Expr:
        k, m, rho = self._affine(call)
        argument = call.args[0]
        block = next(
            (n for n in self.nodes if isinstance(n, Block) and self._unit(n, argument) is not None),
            None,
        )
        if block is not None and block.rho is not None:
            unit = self._unit(block, argument)
            assert unit is not None
            return k + m * symbol(block.values[unit])
        argument = self._atoms(argument, f"{name}_argument")
        share = name if (k, m) == (0, 1) else f"{name}_share"
        taken = {getattr(n, "name", None) for n in self.nodes}
        while share in taken:
            share += "_"
        self.nodes.append(Share(share, argument, rho))
        return k + m * symbol(share)

    def _unit(self, block: Block, argument: sympy.Expr) -> int | None:
        projection = next(p for p in self.plan.projections if p.name == block.projection)
        for i, unit in enumerate(projection.units):
            if argument == symbol(unit.variable):
                return i
        return None

    def _is_role(self, expression: sympy.Expr) -> bool:
        return isinstance(expression, sympy.core.function.AppliedUndef)
