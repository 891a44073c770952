"""Functions of a first power, which need no logarithm."""

from collections.abc import Callable

import sympy

from codegen.frameworks.base import View
from codegen.math.emitter import Emitter, PlainFormulas
from codegen.math.operations import Operation, Program
from codegen.math.symbols import Switch, relu, safe_log, step, symbol
from codegen.plans.function import FunctionPlan

POWER = "power"
"""What code calls the array, clipped to where quotients of it are finite."""


def first_power(plan: FunctionPlan, statements: Callable[[Program], list[str]]) -> View | None:
    """How a function is computed whose numbers have their defaults, if that takes no logarithm.

    Args:
      plan: The function.
      statements: What the framework makes of a program.
    """
    math = plan.math
    if not (math.from_logarithm and math.is_elementwise) or math.default.has(safe_log):
        return None
    array, power = symbol(plan.spec.array), symbol(POWER)
    clipped = {relu(array): power, step(array): sympy.S.One}
    value, derivative = (e.xreplace(clipped) for e in (math.default, math.derivative(array)))
    if {power} != value.free_symbols | derivative.free_symbols or derivative.has(Switch):
        return None
    defaults = [f"{n} == {v:g}" for n, v in plan.spec.numbers.items()]
    return {
        "condition": " and ".join(defaults),
        "value": statements(_program("result", value)),
        "derivative": statements(_program("derivative", derivative)),
        "gradient": statements(_gradient(derivative)),
    }


def _program(name: str, expression: sympy.Expr) -> Program:
    emitter = Emitter(PlainFormulas({name: expression}, (POWER,)))
    emitter.define(name, expression)
    return Program(tuple(emitter.operations))


def _gradient(derivative: sympy.Expr) -> Program:
    """The derivative times `grad`, as one quotient.

    TensorFlow runs the square of a reciprocal as a chain of functions of single numbers, which
    takes ten times as long as a product.
    """
    numerator, denominator = sympy.fraction(derivative)
    coefficient, numerator = numerator.as_coeff_Mul()
    emitter = Emitter(PlainFormulas({}, (POWER, "grad")))
    operations = emitter.operations
    value = "grad"
    for function, factor in (("mul", coefficient), ("mul", numerator), ("div", denominator)):
        if factor != 1:
            operand = float(factor) if factor.is_number else emitter.emit(factor)
            operations.append(Operation("gradient", function, (value, operand)))
            value = "gradient"
    return Program(tuple(operations))
