"""Cells whose states are linear in themselves: values and derivatives from the responses alone.

A role that a response y goes through is, as a rule, linear in q = 1/(1 + max(y, 0)): y/(1 + y) is
1 - q, and (y - 1)/(y + 1) is 1 - 2q. Its derivative is then a number times q², and one reciprocal
of a whole block serves all roles and all derivatives.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import sympy
from sympy.core.function import AppliedUndef

from codegen.math.cell import CellTranslator
from codegen.math.function import FunctionMath
from codegen.math.symbols import relu, symbol
from codegen.plans.cell import CellPlan


@dataclass(frozen=True)
class ParallelMath:
    """A parallel cell over its responses, each of them clamped at 0, and their complements q."""

    values: Mapping[str, sympy.Expr]
    """Equation → expression over responses, complements and the equations before it."""
    coefficients: Mapping[str, sympy.Expr]
    """State → what its last value is multiplied with."""
    additions: Mapping[str, sympy.Expr]
    """State → what is added to that."""
    gradients: Mapping[str, sympy.Expr]
    """`grad_<equation>` where several values receive it, then `grad_<response>`, the derivative by
    the response divided by q². Over values, states before a step, and `grad_<state>` after it."""
    responses: tuple[str, ...]
    states: tuple[str, ...]

    @property
    def complements(self) -> tuple[str, ...]:
        """What code calls the complement of every response."""
        return tuple(map(complement, self.responses))


def complement(response: str) -> str:
    return f"{response}_complement"


def parallel_math(plan: CellPlan) -> ParallelMath | None:
    """The closed form, or None if the cell has none.

    It has one if every response goes through roles alone that are linear in its complement, and if
    states depend on responses and on themselves.
    """
    if not plan.recurrences or plan.output not in plan.new_states or not plan.input_units:
        return None
    responses = tuple(u.variable for u in plan.units)
    translator = CellTranslator(plan.roles)
    slopes = {role: _slope(function.math) for role, function in plan.functions.items()}
    values: dict[str, sympy.Expr] = {}
    in_complements: dict[sympy.Symbol, sympy.Expr] = {}
    roles: dict[str, tuple[str, sympy.Expr]] = {}
    for equation in plan.equations:
        if equation.name in plan.new_states:
            continue
        expression = translator.expression(equation.tree)
        role, argument = type(expression).__name__, str(next(iter(expression.args), ""))
        if role in slopes and argument in responses:
            slope = slopes[role]
            if slope is None:
                return None
            at_zero, by_complement = slope
            q = symbol(complement(argument))
            linear = at_zero - by_complement + by_complement * q
            roles[equation.name] = (argument, by_complement)
            in_complements[symbol(equation.name)] = linear
            # What vanishes with the response is exact only as a multiple of it.
            values[equation.name] = -by_complement * symbol(argument) * q if at_zero == 0 else linear
        else:
            values[equation.name] = expression
    coefficients = {r.state: _shorter(r.coefficient, in_complements) for r in plan.recurrences}
    additions = {r.state: r.addition for r in plan.recurrences}
    others = [e for n, e in values.items() if n not in roles]
    others += [*coefficients.values(), *additions.values()]
    allowed = {symbol(n) for n in (*values, *map(complement, responses))}
    if any(e.has(AppliedUndef) or not e.free_symbols <= allowed for e in others):
        return None
    gradients = _gradients(plan, values, roles)
    if any(e.is_number for e in (*coefficients.values(), *gradients.values())):
        return None
    if not {f"grad_{r}" for r in responses} <= gradients.keys() or values.keys() & set(responses):
        return None
    return ParallelMath(values, coefficients, additions, gradients, responses, plan.states)


def _slope(math: FunctionMath) -> tuple[sympy.Expr, sympy.Expr] | None:
    """The function's value at 0 and its derivative by q, if it is linear in q = 1/(1 + relu(x))."""
    array, q = symbol(math.spec.array), sympy.Symbol("q")
    if not math.is_elementwise:
        return None
    argument = sympy.Symbol("x", positive=True)
    expression = math.default.xreplace({relu(array): argument})
    if array in expression.free_symbols:
        return None
    linear = sympy.cancel(expression.subs(argument, 1 / q - 1))
    by_complement = linear.diff(q)
    if not by_complement.is_number:
        return None
    return linear.subs(q, 1), by_complement


def _shorter(expression: sympy.Expr, values: Mapping[sympy.Symbol, sympy.Expr]) -> sympy.Expr:
    """The expression, or the same in complements if that takes fewer operations."""
    other = sympy.simplify(expression.xreplace(values))
    return min(expression, other, key=lambda e: int(sympy.count_ops(e)))


def _gradients(
    plan: CellPlan,
    values: Mapping[str, sympy.Expr],
    roles: Mapping[str, tuple[str, sympy.Expr]],
) -> dict[str, sympy.Expr]:
    """Reverse-mode derivatives of the new states, equation by equation."""
    received: dict[str, sympy.Expr] = {}
    found: dict[str, sympy.Expr] = {}

    def receive(expression: sympy.Expr, adjoint: sympy.Expr) -> None:
        for name in values:
            local = expression.diff(symbol(name))
            if local != 0:
                received[name] = received.get(name, sympy.S.Zero) + adjoint * local

    for r in plan.recurrences:
        state = r.coefficient * symbol(r.state) + r.addition
        receive(state, symbol(f"grad_{r.state}"))
    by_response: dict[str, sympy.Expr] = {}
    for name in reversed(values):
        adjoint = sympy.factor_terms(received.pop(name, sympy.S.Zero))
        if name in roles:
            response, slope = roles[name]
            share = -slope * adjoint
            by_response[response] = by_response.get(response, sympy.S.Zero) + share
        elif adjoint != 0:
            found[f"grad_{name}"] = adjoint
            receive(values[name], symbol(f"grad_{name}"))
    of_responses = {
        f"grad_{u.variable}": by_response[u.variable]
        for u in plan.units
        if u.variable in by_response
    }
    return found | of_responses
