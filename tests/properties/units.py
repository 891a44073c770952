"""Units whose responses statements are about: drawn vectors and parameters, in any layer."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from typing import Any

import numpy as np
from hypothesis import strategies as st

from codegen.plans.layer import LayerPlan, ParameterPlan
from tests.adapters import Arrays, adapter
from tests.geometry import Geometry
from tests.oracle import FLOAT64, dense_oracle, output_sizes
from tests.properties.draw import ALL, GEOMETRIES, SWEPT

Array = np.ndarray
Values = dict[str, float]

SIZE = 4
"""Of everything: rows, units, and components of both. JAX compiles once per shape."""


def _simplest_first(numbers: Iterable[Fraction]) -> tuple[float, ...]:
    """Hypothesis shrinks towards the beginning of a list."""
    return tuple(map(float, sorted(numbers, key=lambda n: (n.denominator, abs(n), n < 0))))


# Of few binary digits: products of these, and sums of a few of them, are exact.
_NUMBERS = _simplest_first(Fraction(n, 32) for n in range(-128, 128))
_COARSE = 5
_POSITIVE = _simplest_first(Fraction(n, 32) for n in range(1, 256))


def vectors() -> st.SearchStrategy[Array]:
    """As many vectors as components; some of nothing but −2, …, 2, to be equal or orthogonal."""

    def vectors_of(digits: bytes, coarse: bool) -> Array:
        indices = np.frombuffer(digits, np.uint8).reshape(SIZE, SIZE)
        return np.array(_NUMBERS)[indices % _COARSE if coarse else indices]

    # In one piece: Hypothesis spends half its examples on swapping like parts of an example.
    digits = st.binary(min_size=SIZE**2, max_size=SIZE**2)
    return st.builds(vectors_of, digits, st.sampled_from([False, False, True]))


def settings_of(layer: LayerPlan) -> st.SearchStrategy[Values]:
    """A value for every parameter, from all that it may be; few values of what is compiled."""
    return st.fixed_dictionaries({p.name: _values(p) for p in layer.neuron.parameters})


def _values(parameter: ParameterPlan) -> st.SearchStrategy[float]:
    spec = parameter.spec
    if spec.integer:
        # A whole number is a constant; constants are compiled.
        return st.sampled_from([1.0, 2.0, 3.0] if spec.positive else [1.0, 2.0, 3.0, 0.0, -1.0])
    if not parameter.trained:
        assert spec.value is not None
        return st.sampled_from([1.0, 0.25, spec.value, *([] if spec.positive else [0.0, -1.0])])
    return st.sampled_from(_POSITIVE if spec.positive else _NUMBERS)


@dataclass(frozen=True)
class Responses:
    """Responses as a framework computes them, and how far from the truth they may be."""

    value: Array
    bound: Array
    """Infinite where nothing is said."""


@dataclass(frozen=True)
class Units:
    """A layer in a framework, float64, with parameters that all units share."""

    framework: str
    layer: str

    @property
    def plan(self) -> LayerPlan:
        return ALL[self.layer]

    def respond(self, x: Array, w: Array, values: Values) -> Responses:
        """The matrix of responses of units `w` to rows `x`."""
        arrays: Arrays = {"kernel": w}
        constants = {}
        for p in self.plan.neuron.parameters:
            if p.trained:
                value = values[p.name]
                # The inverse of softplus, through which positive parameters pass.
                raw = value + math.log(-math.expm1(-value)) if p.spec.positive else value
                arrays[p.name] = np.full(len(w) if p.per_unit else (), raw)
            else:
                constants[p.name] = values[p.name]
        size, upstream = x.shape[1], np.zeros((len(x), len(w)))
        neuron = self.plan.neuron.spec
        pair = dense_oracle(neuron, x, arrays, upstream, FLOAT64, constants=constants).output
        whole: Any = ...
        if self.layer in SWEPT:
            # A row is the whole input of one channel, and a kernel is as long. Of a transposed
            # convolution, the output in the middle sees the whole input.
            geometry = _geometry(self.plan, size)
            along = geometry.kernel_size
            sizes = output_sizes(GEOMETRIES[self.plan.kind], geometry, along)
            whole = (slice(None), *(length // 2 for length in sizes))
            kernel = w[:, ::-1] if self.plan.kind == "transposed_convolution" else w
            arrays["kernel"] = kernel.reshape(len(w), 1, *along)
            x = x.reshape(len(x), *along, 1)
            upstream = np.zeros((len(x), *sizes, len(w)))
        layer = _layer(self, size, len(w), tuple(constants.items()))
        found = adapter(self.framework).evaluate(layer, arrays, x, upstream)[0][whole]
        return Responses(found, pair.bound)


def _geometry(plan: LayerPlan, size: int) -> Geometry:
    """Along the first of as few axes as the layer has."""
    ones = (1,) * plan.ranks[0]
    return Geometry(plan.kind, (size, *ones[1:]), ones, ones)


@cache
def _layer(units: Units, size: int, count: int, constants: tuple[tuple[str, float], ...]) -> Any:
    options: dict[str, Any] = {
        name: int(value) if units.plan.neuron.spec.parameters[name].integer else value
        for name, value in constants
    }
    inputs = size
    if units.layer in SWEPT:
        inputs, options["geometry"] = 1, _geometry(units.plan, size)
    return adapter(units.framework).layer(units.layer, inputs, count, dtype="float64", **options)
