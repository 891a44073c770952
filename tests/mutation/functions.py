"""Mistakes in functions of arrays, and whether the oracle's bounds find them."""

from dataclasses import replace

from codegen.plans.function import FunctionPlan
from codegen.plans.package import PackagePlan
from codegen.spec.formula import parse
from tests.mutation.mutants import Edit, Mutant
from tests.properties.functions import judge_function

KIND = "function"


def _formula(name: str, old: str, new: str) -> Mutant:
    return Mutant(name, formulas=((old, new),), kinds=(KIND,))


def _text(name: str, old: str, new: str) -> Mutant:
    return Mutant(name, text=(Edit(old, new, "*/squashers.py"),), kinds=(KIND,))


FUNCTION_MUTANTS = [
    _formula("power of a function dropped", "x**n", "x"),
    _formula("power of a function inverted", "x**n", "x**(1 / n)"),
    _formula("half point of a sigmoid moved", "1 + power", "2 + power"),
    _formula("zero of a tangent moved", "power - 1)", "power - 2)"),
    _formula("epsilon left out of a share", "epsilon +", "1e-9 * epsilon +"),
    _formula("epsilon doubled in a share", "epsilon +", "2 * epsilon +"),
    _formula("share of twice the sum", "+ sum(power, axis)", "+ 2 * sum(power, axis)"),
    _text("limits of the tangent swapped", "> -1", "< -1"),
    _text("tangent of twice the logarithm", "0.5 * log_power", "log_power"),
    _text("sigmoid not doubled far below 0", "2 * ", "1 * "),
    _text("one more logit forgotten", "(other - largest)", "(2 * other - largest)"),
]


def only_functions(plan: PackagePlan) -> PackagePlan:
    """The plan with functions alone."""
    return replace(plan, neurons=(), geometries=(), modules=(), cells=())


def planted_in_functions(plan: PackagePlan, mutant: Mutant) -> PackagePlan:
    """The plan with the mutant's formulas."""
    functions = tuple(_mutated(function, mutant) for function in plan.functions)
    return replace(plan, functions=functions)


def _mutated(function: FunctionPlan, mutant: Mutant) -> FunctionPlan:
    texts = {name: formula.text for name, formula in function.spec.math.items()}
    for old, new in mutant.formulas:
        texts = {name: text.replace(old, new) for name, text in texts.items()}
    math = {name: parse(text, sums=True) for name, text in texts.items()}
    return replace(function, spec=function.spec.model_copy(update={"math": math}))


def check_functions(framework: str, plan: PackagePlan) -> None:
    """Assert what the oracle says of every function of the plan, at a few places."""
    for function in plan.functions:
        for seed, n in enumerate((0.5, 1.0, 3.0)):
            settled = {name: n if name == "n" else 0.75 for name in function.spec.numbers}
            judge_function(framework, function.spec, "float64", seed, settled, axis=seed % 2)
