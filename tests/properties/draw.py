"""Draw configurations, weights and inputs of a layer from what its spec allows.

Values vary freely; shapes come from a small pool, since JAX compiles once per shape.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from hypothesis import assume
from hypothesis import strategies as st

from codegen.plans.layer import LayerPlan, ParameterPlan
from tests.geometry import Geometry
from tests.oracle import (
    FLOAT32,
    FLOAT64,
    Arithmetic,
    Oracle,
    conv_oracle,
    dense_oracle,
    output_sizes,
    patches_of,
)
from tests.properties.conditions import evaluate_formula
from tests.properties.places import Place, wide
from tests.subject import PACKAGE

ALL = {layer.name: layer for module in PACKAGE.modules for layer in module.layers}
LAYERS = {name: layer for name, layer in ALL.items() if layer.kind == "dense"}
SWEPT = {name: layer for name, layer in ALL.items() if layer.kind != "dense"}
GEOMETRIES = {geometry.name: geometry.spec for geometry in PACKAGE.geometries}

SHAPES = ((1, 1, 1), (4, 1, 3), (3, 2, 2), (5, 3, 4), (4, 16, 3), (3, 300, 5))
"""Batch, inputs, units."""


@dataclass(frozen=True)
class Case:
    """A layer of given options, and what to evaluate it at."""

    layer: LayerPlan
    options: dict[str, Any]
    dtype: str
    arrays: dict[str, np.ndarray]
    x: np.ndarray
    upstream: np.ndarray
    geometry: Geometry | None = None

    @property
    def arithmetic(self) -> Arithmetic:
        return FLOAT64 if self.dtype == "float64" else FLOAT32

    def oracle(self) -> Oracle:
        """What must come out."""
        return self._oracle

    @cached_property
    def _oracle(self) -> Oracle:
        softplus = frozenset(
            p.name for p in self.layer.neuron.parameters if self.options.get(f"softplus_{p.name}")
        )
        point = (self.x, self.arrays, self.upstream, self.arithmetic)
        options: dict[str, Any] = {
            "constants": dict(self._constants()),
            "softplus": softplus,
            "spherical": self.options.get("spherical", False),
            "weight_normalized": self.options.get("weight_normalized", False),
        }
        neuron = self.layer.neuron.spec
        if self.geometry is None:
            return dense_oracle(neuron, *point, **options)
        spec = GEOMETRIES[self.layer.kind]
        return conv_oracle(neuron, spec, self.geometry, *point, **options)

    def parameter(self, name: str) -> np.ndarray | float:
        """The value of a parameter that takes part in the response."""
        plan = next(p for p in self.layer.neuron.parameters if p.name == name)
        if plan.stored_as in self.arrays:
            raw = self.arrays[plan.stored_as]
            through = self.options.get(f"softplus_{name}") or plan.stored_as != name
            return np.logaddexp(0, raw) if through or plan.spec.positive else raw
        constants = dict(self._constants())
        absent = plan.spec.absent
        return constants[name] if name in constants or absent is None else absent

    def _constants(self) -> Iterator[tuple[str, float]]:
        for p in self.layer.neuron.parameters:
            if p.stored_as in self.arrays:
                continue
            value = self.options.get(f"constant_{p.name}", self.options.get(p.name))
            if value is True:
                assert p.spec.constant_true is not None
                value = float(evaluate_formula(p.spec.constant_true, {}))
            if value is None and not p.trained:
                value = p.spec.value
            if value is not None and value is not False:
                yield p.name, _as_computed(value, self.dtype)


def _as_computed(value: float, dtype: str) -> float:
    """A Python number meets an array in the array's precision."""
    return float(np.float32(value)) if dtype != "float64" else value


@st.composite
def cases(
    draw: st.DrawFn, layer: LayerPlan, dtype: str = "float32", place: Place | None = None
) -> Case:
    """Options, shape and values; every parameter random, x near the kernel now and then.

    `place` is where a layer with a geometry is tested.
    """
    options: dict[str, Any] = {}
    for parameter in layer.neuron.parameters:
        options |= draw(_forms(parameter))
    for option in ("spherical", "weight_normalized"):
        if draw(st.integers(0, 3)) == 0:
            options[option] = True
    near = draw(st.sampled_from([None, None, 0.0, 1e-4, 1e-2]))
    shapes = _dense_shapes(*draw(st.sampled_from(SHAPES))) if place is None else _shapes(place)
    scale = draw(st.sampled_from([1.0, 1.0, 1e-3, 100.0, 1e4]))
    positive = draw(st.booleans())
    generator = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    geometry = place.geometry if place else None
    kernel = scale * generator.normal(size=shapes.kernel)
    x = scale * generator.normal(size=shapes.x)
    if near is not None and geometry is None:
        rows = min(len(x), len(kernel))
        x[:rows] = kernel[:rows] * (1 + near * generator.normal(size=(rows, x.shape[1])))
    elif near is not None:
        on_top = _on_top(layer, geometry, x, len(kernel))
        kernel = on_top * (1 + near * generator.normal(size=kernel.shape))
    if draw(st.integers(0, 4)) == 0:
        x[0] = 0
        kernel[-1] = 0
    arrays = {"kernel": kernel}
    for parameter in layer.neuron.parameters:
        if _stored(parameter, options):
            scalar = not parameter.per_unit or options.get(f"scalar_{parameter.name}", False)
            size = () if scalar else (len(kernel),)
            value = np.asarray(_center(parameter) + generator.normal(size=size))
            arrays[parameter.stored_as] = np.abs(value) if positive else value
    upstream = generator.normal(size=shapes.output)
    real = np.float64 if dtype == "float64" else np.float32
    rounded = {name: value.astype(real) for name, value in arrays.items()}
    case = Case(layer, options, dtype, rounded, x.astype(real), upstream.astype(real), geometry)
    return representable(case)


def representable(case: Case) -> Case:
    """The case, or with smaller kernel and input: powers of what is large may overflow."""
    largest = case.arithmetic.largest**0.97
    for _ in range(20):
        oracle = case.oracle()
        pairs = (oracle.output, *oracle.gradients.values())
        if all((np.abs(pair.value) < largest).all() for pair in pairs):
            return case
        # A power of two: what lay close to a unit's kernel still does, by as much.
        kernel = case.arrays["kernel"] / 16
        case = replace(case, arrays=case.arrays | {"kernel": kernel}, x=case.x / 16)
    assume(False)
    return case


def on_top_of_the_kernel(layer: LayerPlan, seed: int) -> Case:
    """x = w, large: rounding of the norms exceeds epsilon many times, in either direction."""
    generator = np.random.default_rng(seed)
    scale = 10.0 ** (seed % 5)
    geometry = None
    if layer.kind == "dense":
        kernel = (scale * generator.normal(size=(5, 300))).astype(np.float32)
        x, output = kernel, (5, 5)
    else:
        place = wide(layer)
        geometry, shapes = place.geometry, _shapes(place)
        x = (scale * generator.normal(size=shapes.x)).astype(np.float32)
        kernel, output = _on_top(layer, geometry, x, place.units), shapes.output
    arrays = {"kernel": kernel}
    for parameter in layer.neuron.parameters:
        if _stored(parameter, {}):
            size = (len(kernel),) if parameter.per_unit else ()
            arrays[parameter.stored_as] = np.asarray(generator.uniform(0.5, 2, size), np.float32)
    upstream = generator.normal(size=output).astype(np.float32)
    return representable(Case(layer, {}, "float32", arrays, x, upstream, geometry))


def fixed_case(layer: LayerPlan, place: Place, seed: int = 0) -> Case:
    """All parameters, float64, values of order one."""
    generator = np.random.default_rng(seed)
    shapes = _shapes(place)
    arrays = {"kernel": generator.normal(size=shapes.kernel)}
    for parameter in layer.neuron.parameters:
        if _stored(parameter, {}):
            size = (place.units,) if parameter.per_unit else ()
            arrays[parameter.stored_as] = np.asarray(generator.normal(size=size))
    x, upstream = generator.normal(size=shapes.x), generator.normal(size=shapes.output)
    return Case(layer, {}, "float64", arrays, x, upstream, place.geometry)


@dataclass(frozen=True)
class Shapes:
    """Of an input, a canonical kernel and the output."""

    x: tuple[int, ...]
    kernel: tuple[int, ...]
    output: tuple[int, ...]


def _dense_shapes(batch: int, inputs: int, units: int) -> Shapes:
    return Shapes((batch, inputs), (units, inputs), (batch, units))


def _shapes(place: Place) -> Shapes:
    geometry = place.geometry
    spec = GEOMETRIES[geometry.kind]
    return Shapes(
        (place.batch, *place.sizes, place.channels),
        (place.units, place.channels // geometry.groups, *geometry.kernel_size),
        (place.batch, *output_sizes(spec, geometry, place.sizes), place.units),
    )


def _on_top(layer: LayerPlan, geometry: Geometry, x: np.ndarray, units: int) -> np.ndarray:
    """A kernel whose units are patches of the input, of their own group's channels."""
    patches, _ = patches_of(GEOMETRIES[layer.kind], geometry, x)
    rows = patches.reshape(
        -1, geometry.groups, patches.shape[2] // geometry.groups, patches.shape[3]
    )
    kernel = np.stack(
        [rows[unit * len(rows) // units, unit * geometry.groups // units] for unit in range(units)]
    )
    kernel = kernel.reshape(*kernel.shape[:2], *geometry.kernel_size)
    if geometry.kind == "transposed_convolution":
        kernel = np.flip(kernel, tuple(range(2, kernel.ndim)))
    return kernel.copy()


def _forms(parameter: ParameterPlan) -> st.SearchStrategy[dict[str, Any]]:
    """Every way in which the layer may have a parameter, by neutral option names."""
    name = parameter.name
    if not parameter.trained:
        values = (1, 2, 3) if parameter.spec.integer else (0.01, 0.5)
        forms: list[dict[str, Any]] = [{}, *({name: value} for value in values)]
        if parameter.has("learnable"):
            forms.append({f"learnable_{name}": True})
        return st.sampled_from(forms)
    forms = [{}, {}]
    if parameter.optional:
        forms.append({f"use_{name}": False})
    if parameter.has("constant"):
        forms.append({f"constant_{name}": 0.75})
        if parameter.spec.constant_true is not None:
            forms.append({f"constant_{name}": True})
    if parameter.has("softplus"):
        forms.append({f"softplus_{name}": True})
    if parameter.has("scalar"):
        forms.append({f"scalar_{name}": True})
        if parameter.has("softplus"):
            forms.append({f"scalar_{name}": True, f"softplus_{name}": True})
    return st.sampled_from(forms)


def _center(parameter: ParameterPlan) -> float:
    """About which values are drawn; a softplus of much less would leave nothing of a parameter."""
    through_softplus = parameter.spec.positive or not parameter.trained
    return max(-2.0, parameter.stored_start) if through_softplus else 0.0


def _stored(parameter: ParameterPlan, options: dict[str, Any]) -> bool:
    name = parameter.name
    if not parameter.trained:
        return bool(options.get(f"learnable_{name}", False))
    return options.get(f"use_{name}", True) and f"constant_{name}" not in options
