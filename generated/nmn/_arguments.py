# Generated from spec/. Do not edit; run `make generate`.
"""Checks of constructor arguments and inputs, shared by all frameworks."""

import math
import operator
from collections.abc import Mapping, Sequence
from types import MappingProxyType

Names = Mapping[str, str]
"""How a framework calls a value, where it has another name."""

SAME_NAMES: Names = MappingProxyType({})

SMALLEST_EPSILON = 2.0**-126
"""Smallest normal float32: anything below is zero once it meets the hardware."""


def integer(name: str, value: int) -> int:
    """`value` as an int; raises for what is not an integer."""
    try:
        number = operator.index(value)
    except TypeError:
        raise TypeError(f"{name} must be an integer, got {value!r}") from None
    if isinstance(value, bool):
        raise TypeError(f"{name} must be an integer, got {value!r}")
    return number


def positive_integer(name: str, value: int) -> int:
    """`value` as an int; raises for what is not an integer or is below 1."""
    size = integer(name, value)
    if size < 1:
        raise ValueError(f"{name} must be at least 1, got {size}")
    return size


def choice(name: str, value: str, choices: Sequence[str]) -> str:
    """`value` in lower case; raises unless it is one of `choices`."""
    if not isinstance(value, str) or value.lower() not in choices:
        raise ValueError(f"{name} must be one of {', '.join(choices)}, got {value!r}")
    return value.lower()


def integers(name: str, value: int | Sequence[int], count: int) -> tuple[int, ...]:
    """A sequence of integers as it is, one integer `count` times."""
    values = (
        value if isinstance(value, Sequence) and not isinstance(value, str) else [value] * count
    )
    try:
        return tuple(operator.index(v) for v in values)
    except TypeError:
        raise TypeError(f"{name} must be an integer or {count} of them, got {value!r}") from None


def violation(identifier: str, message: str, names: Names, **values: object) -> ValueError:
    """The error of a constraint that does not hold, with the values it speaks of."""
    given = ", ".join(f"{names.get(name, name)}={value}" for name, value in values.items())
    return ValueError(f"{identifier}: {message}, got {given}")


def positive_number(name: str, value: float) -> float:
    """`value` as a float; raises unless it is finite and positive in float32."""
    number = _number(name, value)
    if not number >= SMALLEST_EPSILON:
        raise ValueError(
            f"{name} must be positive and not vanish in float32 "
            f"(at least {SMALLEST_EPSILON:.3g}), got {value!r}"
        )
    return number


def finite_number(name: str, value: float) -> float:
    """`value` as a float; raises for what is no number or not finite."""
    return _number(name, value)


def whole_number(name: str, value: int) -> int:
    """`value` as an int; raises for what is not a whole number."""
    number = _number(name, value)
    if number != int(number):
        raise ValueError(f"{name} must be a whole number, got {value!r}")
    return int(number)


def positive_whole_number(name: str, value: int) -> int:
    """`value` as an int; raises for what is not a whole number above 0."""
    number = whole_number(name, value)
    if number < 1:
        raise ValueError(f"{name} must be at least 1, got {value!r}")
    return number


def constant(
    name: str,
    value: float | bool | None,
    when_true: float | None = None,
    positive: bool = False,
) -> float | None:
    """A constant that stands in for a trained parameter, or None for a trained one.

    None and False mean trained. True means `when_true`, where there is such a value. With
    `positive`, it must be.
    """
    if value is None or value is False:
        return None
    if value is True:
        if when_true is None:
            raise TypeError(f"{name} must be a number or None, got True")
        return when_true
    return positive_number(name, value) if positive else _number(name, value)


def rate(name: str, value: float) -> float:
    """`value` as a probability in [0, 1)."""
    number = _number(name, value)
    if not 0 <= number < 1:
        raise ValueError(f"{name} must be at least 0 and below 1, got {value!r}")
    return number


def check_last_axis(shape: Sequence[int | None], features: int) -> None:
    """Raise unless the input has a last axis of length `features`."""
    if len(shape) < 1 or shape[-1] != features:
        raise ValueError(
            f"input must have a last axis of length {features}, got shape {tuple(shape)}"
        )


def inverse_softplus(value: float) -> float:
    """The number whose softplus is `value` > 0, without losing small values to rounding."""
    return value + math.log(-math.expm1(-value))


def _number(name: str, value: float) -> float:
    if isinstance(value, (bool, str)):
        raise TypeError(f"{name} must be a number, got {value!r}")
    try:
        number = float(value)
    except TypeError:
        raise TypeError(f"{name} must be a number, got {value!r}") from None
    if not math.isfinite(number):
        raise ValueError(f"{name} must be finite, got {value!r}")
    return number
