"""Cells whose states are linear in themselves: values and derivatives from the responses alone.

A role that a response y goes through is, as a rule, linear in its complement q = 1/(1 + max(y, 0)):
y/(1 + y), its share, is 1 - q, and (y - 1)/(y + 1) is 1 - 2q. Its derivative is then a number times
q², and one reciprocal of a whole block serves all roles and all derivatives.
"""

import ast
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import sympy
from sympy.core.function import AppliedUndef

from codegen.math.cell import CellTranslator
from codegen.math.function import FunctionMath
from codegen.math.symbols import relu, symbol
from codegen.math.translate import Translator
from codegen.plans.cell import CellPlan


@dataclass(frozen=True)
class ParallelMath:
    """A parallel cell over shares and complements of its responses, each of them clamped at 0."""

    values: dict[str, sympy.Expr]
    """Equation → expression over shares, complements and the equations before it."""
    coefficients: Mapping[str, sympy.Expr]
    """State → what its last value is multiplied with."""
    additions: Mapping[str, sympy.Expr]
    """State → what is added to that."""
    gradients: Mapping[str, sympy.Expr]
    """`grad_<equation>` where several values receive it, then `grad_<response>`.
    Over values, states before a step, and `grad_<state>` after it."""
    responses: tuple[str, ...]
    with_share: tuple[str, ...]
    """Those of which the share is read."""
    states: tuple[str, ...]

    @property
    def complements(self) -> tuple[str, ...]:
        """What code calls the complement of every response."""
        return tuple(map(complement, self.responses))

    @property
    def shares(self) -> tuple[str, ...]:
        """What code calls the shares."""
        return tuple(map(share, self.with_share))


def complement(response: str) -> str:
    return f"{response}_complement"


def share(response: str) -> str:
    return f"{response}_share"


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
        expression = _with_functions(translator.expression(equation.tree), plan)
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
            # What vanishes with the response is exact only as a multiple of its share.
            values[equation.name] = (
                -by_complement * symbol(share(argument)) if at_zero == 0 else linear
            )
        else:
            values[equation.name] = expression
    coefficients = {
        r.state: _shorter(_with_functions(r.coefficient, plan), in_complements)
        for r in plan.recurrences
    }
    additions = {r.state: _with_functions(r.addition, plan) for r in plan.recurrences}
    others = [e for n, e in values.items() if n not in roles]
    others += [*coefficients.values(), *additions.values()]
    allowed = {symbol(n) for n in (*values, *map(complement, responses), *map(share, responses))}
    if any(e.has(AppliedUndef) or not e.free_symbols <= allowed for e in others):
        return None
    if any(has_broken_power(e) for e in others):
        return None
    new_states = {
        r.state: _with_functions(r.coefficient, plan) * symbol(r.state) + additions[r.state]
        for r in plan.recurrences
    }
    gradients = _gradients(new_states, values, roles, responses)
    if any(e.is_number for e in (*coefficients.values(), *gradients.values())):
        return None
    if values.keys() & set(responses):
        return None
    same = {symbol(name): e for name, e in values.items() if e.is_Symbol}
    values, coefficients, additions, gradients = (
        {n: e.xreplace(same) for n, e in group.items() if symbol(n) not in same}
        for group in (values, coefficients, additions, gradients)
    )
    read = {s.name for e in (*values.values(), *additions.values()) for s in e.free_symbols}
    read |= {s.name for e in (*coefficients.values(), *gradients.values()) for s in e.free_symbols}
    with_share = tuple(r for r in responses if share(r) in read)
    return ParallelMath(
        values, coefficients, additions, gradients, responses, with_share, plan.states
    )


def has_broken_power(expression: sympy.Expr) -> bool:
    """Whether some power is not whole: its derivative may be infinite."""
    return any(not power.exp.is_Integer for power in expression.atoms(sympy.Pow))


def _with_functions(expression: sympy.Expr, plan: CellPlan) -> sympy.Expr:
    """The expression with functions of formulas for those of which a cell knows their name only."""
    argument = symbol("argument")

    def known(call: sympy.Expr) -> sympy.Expr:
        tree = ast.parse(f"{type(call).__name__}({argument})", mode="eval").body
        return Translator({}).expression(tree).subs(argument, call.args[0])

    def is_unknown(e: sympy.Expr) -> bool:
        return isinstance(e, AppliedUndef) and type(e).__name__ not in plan.roles

    return expression.replace(is_unknown, known)


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
    new_states: Mapping[str, sympy.Expr],
    values: dict[str, sympy.Expr],
    roles: Mapping[str, tuple[str, sympy.Expr]],
    responses: Sequence[str],
) -> dict[str, sympy.Expr]:
    """Reverse-mode derivatives, equation by equation from the last to the first.

    `roles` names the response that a value is a function of, and its slope in the complement.
    """
    received = dict.fromkeys(values, sympy.S.Zero)
    by_response = dict.fromkeys(responses, sympy.S.Zero)
    found: dict[str, sympy.Expr] = {}

    def receive(expression: sympy.Expr, adjoint: sympy.Expr) -> None:
        for name in received:
            received[name] += adjoint * expression.diff(symbol(name))

    for state, expression in new_states.items():
        receive(expression, symbol(f"grad_{state}"))
    for name in reversed(values):
        adjoint = sympy.factor_terms(received[name])
        if name in roles:
            response, slope = roles[name]
            # A product of a number and a sum is a sum, and a sign in it costs nothing.
            coefficient, rest = (-slope * adjoint).as_coeff_Mul()
            squared = symbol(complement(response)) ** 2
            by_response[response] += coefficient * rest * squared
        elif adjoint != 0:
            found[f"grad_{name}"] = adjoint
            receive(values[name], symbol(f"grad_{name}"))
    return found | {f"grad_{name}": gradient for name, gradient in by_response.items()}
