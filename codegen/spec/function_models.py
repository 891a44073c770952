"""The shape of a function's spec, key by key."""

from typing import Literal

from codegen.spec.formula import FormulaField, SumFormulaField
from codegen.spec.models import Direction, SpecModel


class ArgumentSpec(SpecModel):
    """One argument of a function: the array, a number, or an axis of the array."""

    summary: str
    """What the argument is, in one sentence that ends in a full stop."""
    array: bool = False
    """`true`: the array that the function is computed of; one argument, the first, is."""
    value: float | None = None
    """A number, and this its default."""
    positive: bool = False
    """With `value`: above 0; the function refuses others."""
    axis: Literal[-1, 0] | None = None
    """An axis of the array, for `sum`, and this its default: `-1` is the last, `0` the first."""


class LimitsSpec(SpecModel):
    """Numbers that are not passed; whether they are reached is another matter."""

    below: FormulaField | None = None
    """A lower bound, as a formula of the arguments that are numbers."""
    above: FormulaField | None = None
    """An upper bound, as a formula of the arguments that are numbers."""


class FunctionPropertiesSpec(SpecModel):
    """Statements about the result: proved where the rules suffice, tested in every framework."""

    monotone: dict[str, Direction] | None = None
    """`{x: increasing}`: the result grows with an argument, all else held fixed; along an axis,
    each entry of the result with its own entry of the array."""
    bounded: LimitsSpec | None = None
    """`{below: 0, above: 1}`: numbers that no entry of the result passes."""
    total: LimitsSpec | None = None
    """`{above: 1}`: numbers that the sum of the result along the axis does not pass."""
    reciprocal: FormulaField | None = None
    """The function of 1 / x, as a formula of `result`: `1 - result`."""
    scaling: dict[str, FormulaField] | None = None
    """`{x: 1, epsilon: n}`: multiplying x by c, and epsilon by c**n, leaves the result as it is."""


class FunctionSpec(SpecModel):
    """A named function of an array, elementwise or along an axis."""

    function: str
    """The function's name; its file is `<name>.yaml`."""
    summary: str
    """What the function computes, in one sentence that ends in a full stop; begins docstrings."""
    reference: str
    """The paper to cite."""
    arguments: dict[str, ArgumentSpec]
    """The array first, then numbers and the axis, in the order of the function's signature."""
    math: dict[str, SumFormulaField]
    """Named formulas; `result` is the function. They may use `sum(a, axis)`."""
    properties: FunctionPropertiesSpec = FunctionPropertiesSpec()
    """Statements about the result, which become tests."""

    @property
    def array(self) -> str:
        """The name of the array."""
        return next(name for name, argument in self.arguments.items() if argument.array)

    @property
    def axis(self) -> str | None:
        """The name of the axis, if there is one."""
        found = (n for n, argument in self.arguments.items() if argument.axis is not None)
        return next(found, None)

    @property
    def numbers(self) -> dict[str, float]:
        """The arguments that are numbers, with their defaults."""
        return {n: a.value for n, a in self.arguments.items() if a.value is not None}
