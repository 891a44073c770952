"""A neuron's response and its gradient over the plane, in float64, evaluated from the spec."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import sympy

from codegen.math.symbols import symbol
from codegen.plans.layer import NeuronPlan

Array = npt.NDArray[np.float64]

#: The unit whose response is drawn, and how far the drawn plane reaches in each direction.
WEIGHT: Array = np.array([1.2, 0.7])
REACH = 3.0
POINTS = 241


def _where_positive(function: Callable[[Array], Array], otherwise: float) -> Callable[..., Array]:
    """`function` of positive arguments, a number for all others."""

    def evaluate(argument: npt.ArrayLike) -> Array:
        values = np.asarray(argument, dtype=np.float64)
        inside = values > 0
        return np.where(inside, function(np.where(inside, values, 1.0)), otherwise)

    return evaluate


def _safe_power(base: npt.ArrayLike, exponent: npt.ArrayLike) -> Array:
    values = np.maximum(np.asarray(base, dtype=np.float64), 0.0)
    return np.asarray(values ** np.asarray(exponent, dtype=np.float64))


def _power(base: npt.ArrayLike, exponent: npt.ArrayLike) -> Array:
    return np.asarray(np.asarray(base, dtype=np.float64) ** np.asarray(exponent, dtype=np.float64))


#: The functions of `codegen.math.symbols`, which NumPy's printer does not know.
_FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    "expm1": np.expm1,
    "inverse": _where_positive(np.reciprocal, 0.0),
    "log1p": np.log1p,
    "maximum": np.maximum,
    "minimum": np.minimum,
    "positive_log": _where_positive(np.log, 0.0),
    "positive_power": _power,
    "relu": lambda a: np.maximum(a, 0.0),
    "safe_log": _where_positive(np.log, -np.inf),
    "safe_power": _safe_power,
    "safe_sqrt": lambda a: np.sqrt(np.maximum(a, 0.0)),
    "select": lambda a, b, x, y: np.where(np.greater(a, b), x, y),
    "sigmoid": lambda a: 0.5 * (1.0 + np.tanh(np.multiply(a, 0.5))),
    "sign": np.sign,
    "softplus": lambda a: np.logaddexp(0.0, a),
    "step": lambda a: np.where(np.greater(a, 0.0), 1.0, 0.0),
    "whole_power": _power,
}


@dataclass(frozen=True)
class Surface:
    """One unit with two inputs, its parameters where a layer starts."""

    plan: NeuronPlan

    @cached_property
    def settings(self) -> dict[str, float]:
        """Values of everything in the formula that is neither input nor kernel."""
        counts = {"inputs": float(len(WEIGHT)), "units": 1.0}
        starts = {p.name: p.start for p in self.plan.parameters}
        return {name: (starts | counts)[name] for name in self.plan.math.settings}

    def response(self, points: Array) -> Array:
        """The response at points of the plane, components along the last axis."""
        return self._evaluate(self.plan.math.response, points)

    def gradient(self, points: Array) -> Array:
        """The gradient of the response with respect to the input, of the shape of `points`."""
        response = self.plan.math.response
        by_dot = self._evaluate(response.diff(symbol("dot")), points)
        by_square = self._evaluate(response.diff(symbol("sq_x")), points)
        return by_dot[..., None] * WEIGHT + 2.0 * by_square[..., None] * points

    def _evaluate(self, expression: sympy.Expr, points: Array) -> Array:
        names = ["dot", "sq_x", "sq_w", *self.settings]
        function = sympy.lambdify(
            [symbol(n) for n in names], expression, modules=[dict(_FUNCTIONS), "numpy"], cse=True
        )
        primitives = (points @ WEIGHT, np.sum(points**2, axis=-1), float(WEIGHT @ WEIGHT))
        with np.errstate(all="ignore"):
            values = function(*primitives, *self.settings.values())
        return np.broadcast_to(np.asarray(values, dtype=np.float64), points.shape[:-1])


def axis() -> Array:
    """Coordinates of the drawn plane along either axis."""
    return np.linspace(-REACH, REACH, POINTS)


def plane() -> Array:
    """All points of the drawn plane, shape (rows, columns, 2)."""
    return np.stack(np.meshgrid(axis(), axis()), axis=-1)
