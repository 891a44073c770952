"""A neuron's response and its gradient over the plane, in float64, evaluated from the spec."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import sympy

from codegen.math.numeric import Array, evaluate
from codegen.math.symbols import symbol
from codegen.plans.layer import NeuronPlan

#: The unit whose response is drawn, and how far the drawn plane reaches in each direction.
WEIGHT: Array = np.array([1.2, 0.7])
REACH = 3.0
POINTS = 241


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
        primitives = {
            "dot": points @ WEIGHT,
            "sq_x": np.sum(points**2, axis=-1),
            "sq_w": WEIGHT @ WEIGHT,
        }
        settings = {name: np.asarray(value) for name, value in self.settings.items()}
        values = evaluate(expression, primitives | settings)
        return np.broadcast_to(values, points.shape[:-1])


def axis() -> Array:
    """Coordinates of the drawn plane along either axis."""
    return np.linspace(-REACH, REACH, POINTS)


def plane() -> Array:
    """All points of the drawn plane, shape (rows, columns, 2)."""
    return np.stack(np.meshgrid(axis(), axis()), axis=-1)
