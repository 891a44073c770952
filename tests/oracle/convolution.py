"""Convolutions by definition: the dense layer at every explicit patch of the padded input.

A transposed convolution is a convolution over the input with zeros stuffed between its positions.
Its canonical kernel runs in the direction in which an input spreads over the output, so windows
see it flipped.
"""

import math
from collections.abc import Callable, Mapping

import numpy as np

from codegen.spec.models import GeometrySpec, NeuronSpec
from tests.geometry import Geometry
from tests.oracle.dense import Oracle, dense_oracle
from tests.oracle.pair import Arithmetic, Pair
from tests.oracle.windows import OUTSIDE, windows

Array = np.ndarray


def conv_oracle(
    neuron: NeuronSpec,
    spec: GeometrySpec,
    geometry: Geometry,
    x: Array,
    arrays: Mapping[str, Array],
    upstream: Array,
    arithmetic: Arithmetic,
    *,
    constants: Mapping[str, float],
    softplus: frozenset[str] = frozenset(),
    spherical: bool = False,
    weight_normalized: bool = False,
) -> Oracle:
    """Evaluate a convolution or a transposed convolution.

    Args:
        neuron: The spec whose formulas are evaluated.
        spec: The spec whose lengths and paddings are.
        geometry: How windows pass over the input.
        x: Input of shape (batch, *spatial, channels).
        arrays: The layer's canonical arrays: `kernel` of shape (units, channels / groups, *taps),
            and the rest as for `dense_oracle`.
        upstream: Gradient of the loss by the output, shape (batch, *spatial, units).
        arithmetic: The arithmetic in which the layer computes.
        constants: Parameters held constant.
        softplus: Parameters of `arrays` that pass through a softplus.
        spherical: Whether every patch and every unit's kernel are divided by their norms.
        weight_normalized: Whether every unit's kernel is.
    """
    patches, under = patches_of(spec, geometry, x)
    batch, *sizes, channels = x.shape
    taps = under.shape[1]
    kernel = arrays["kernel"]
    units, group_channels = kernel.shape[:2]
    assert channels == group_channels * geometry.groups
    tap_axes = tuple(range(2, kernel.ndim))
    if geometry.kind == "transposed_convolution":
        kernel = np.flip(kernel, tap_axes)
    overlap = int(np.bincount(under[under != OUTSIDE], minlength=1).max(initial=1))
    parts = []
    for group in range(geometry.groups):
        own_channels = _part(channels, geometry.groups, group)
        own_units = _part(units, geometry.groups, group)
        part = {
            name: value[own_units] if np.ndim(value) else value for name, value in arrays.items()
        }
        part["kernel"] = kernel[own_units].reshape(-1, group_channels * taps)
        parts.append(
            dense_oracle(
                neuron,
                patches[:, :, own_channels].reshape(-1, group_channels * taps),
                part,
                upstream[..., own_units].reshape(-1, units // geometry.groups),
                arithmetic,
                constants=constants,
                softplus=softplus,
                spherical=spherical,
                weight_normalized=weight_normalized,
                pieces=max(overlap, geometry.groups),
                units=units,
            )
        )

    gradients = {}
    for name, value in arrays.items():
        pairs = [part.gradients[name] for part in parts]
        gradients[name] = _joined(pairs, axis=0) if np.ndim(value) else _sum(pairs)
    gradients["kernel"] = _mapped(gradients["kernel"], lambda a: a.reshape(kernel.shape))
    if geometry.kind == "transposed_convolution":
        gradients["kernel"] = _mapped(gradients["kernel"], lambda a: np.flip(a, tap_axes))
    rows = (batch, len(under), group_channels, taps)
    by_patch = [_mapped(p.gradients["x"], lambda a: a.reshape(rows)) for p in parts]
    scattered = _scattered(_joined(by_patch, axis=2), under, math.prod(sizes), overlap)
    gradients["x"] = _mapped(scattered, lambda a: a.reshape(x.shape))
    output = _joined([part.output for part in parts], axis=1)
    return Oracle(_mapped(output, lambda a: a.reshape(upstream.shape)), gradients)


def output_sizes(spec: GeometrySpec, geometry: Geometry, sizes: tuple[int, ...]) -> tuple[int, ...]:
    """How many windows there are along every axis of an input of these sizes."""
    return tuple(len(table) for table in windows(spec, geometry, sizes))


def patches_of(spec: GeometrySpec, geometry: Geometry, x: Array) -> tuple[Array, Array]:
    """What windows see, (batch, windows, channels, taps), and the positions, (windows, taps)."""
    batch, *sizes, channels = x.shape
    under = _flat(windows(spec, geometry, tuple(sizes)), tuple(sizes))
    flat = x.reshape(batch, math.prod(sizes), channels)
    with_zero = np.concatenate([flat, np.zeros((batch, 1, channels), x.dtype)], axis=1)
    return np.moveaxis(with_zero[:, under], -1, -2), under


def _flat(tables: list[Array], sizes: tuple[int, ...]) -> Array:
    """Positions of the input with its axes made one: an array (windows, taps)."""
    rank = len(sizes)
    index = np.zeros((1,) * (2 * rank), np.int64)
    outside = np.zeros((1,) * (2 * rank), bool)
    for axis, table in enumerate(tables):
        shape = [1] * (2 * rank)
        shape[axis], shape[rank + axis] = table.shape
        table = table.reshape(shape)
        index = index * sizes[axis] + table
        outside = outside | (table == OUTSIDE)
    windows = math.prod(len(table) for table in tables)
    return np.where(outside, OUTSIDE, index).reshape(windows, -1)


def _scattered(pair: Pair, under: Array, positions: int, overlap: int) -> Pair:
    """Every position's sum over the patches it lies in; what fell on zeros is dropped."""

    def scatter(values: Array) -> Array:
        values = np.moveaxis(values, -1, -2)  # (batch, windows, taps, channels)
        total = np.zeros((values.shape[0], positions + 1, values.shape[-1]), values.dtype)
        np.add.at(total, (slice(None), under), values)
        return total[:, :positions]

    size = scatter(np.abs(pair.value).astype(np.float64))
    error = scatter(pair.bound) + pair.arithmetic.gamma(overlap) * size
    return pair.arithmetic.rounded(scatter(pair.value), error)


def _part(size: int, groups: int, group: int) -> slice:
    length = size // groups
    return slice(group * length, (group + 1) * length)


def _mapped(pair: Pair, change: Callable[[Array], Array]) -> Pair:
    """The same rearrangement of value and bound."""
    return Pair(change(pair.value), change(pair.bound), pair.arithmetic)


def _joined(pairs: list[Pair], axis: int) -> Pair:
    return Pair(
        np.concatenate([p.value for p in pairs], axis),
        np.concatenate([p.bound for p in pairs], axis),
        pairs[0].arithmetic,
    )


def _sum(pairs: list[Pair]) -> Pair:
    total = pairs[0]
    for pair in pairs[1:]:
        total = total + pair
    return total
