# Generated from spec/. Do not edit; run `make generate`.
"""Weights in one form for all frameworks.

`to_canonical` gives the arrays of a layer as NumPy arrays under canonical names, axes in
canonical order (a kernel is units × inputs × taps, the taps of a transposed convolution in the
direction in which an input spreads over the output); `load_canonical` puts such arrays into a
layer of any framework. Arrays are those the layer stores: a parameter kept positive through
softplus is given before the softplus.
"""

import importlib
import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from nmn._layouts import LAYOUTS, Axes


def to_canonical(layer: Any, variables: Any = None) -> dict[str, np.ndarray]:
    """The arrays of `layer`, each copied to NumPy in canonical order of axes.

    Args:
        layer: A layer of this package, of any framework. A Keras or TensorFlow layer must be built.
        variables: For a Flax Linen layer, the variables that `init` returned.

    Returns:
        Canonical name → array. A parameter the layer lacks is left out.

    Raises:
        TypeError: `layer` is not a layer of this package.
    """
    framework, layouts = _layouts(layer)
    stored = {entry[framework][0]: name for name, entry in layouts.items()}
    arrays = _adapter(framework).read(layer, list(stored), variables)
    groups = _groups(layer)
    return {
        stored[key]: _reordered(
            value, *_axes(layer, layouts[stored[key]], framework), groups
        ).copy()
        for key, value in arrays.items()
    }


def load_canonical(layer: Any, arrays: Mapping[str, np.ndarray], variables: Any = None) -> Any:
    """Replace the arrays of `layer` by canonical ones; nothing changes unless all of them fit.

    Args:
        layer: A layer of this package, of any framework. An unbuilt Keras or TensorFlow layer is
            built for the kernel's input size.
        arrays: Canonical name → array, as `to_canonical` returns them.
        variables: For a Flax Linen layer, the variables that `init` returned.

    Returns:
        The layer itself; for Flax Linen, the new variables.

    Raises:
        TypeError: `layer` is not a layer of this package.
        ValueError: An array is missing, is not one of the layer's, or has the wrong shape.
    """
    framework, layouts = _layouts(layer)
    unknown = sorted(set(arrays) - set(layouts))
    if unknown:
        raise ValueError(f"{type(layer).__name__} has no {', '.join(unknown)}")
    adapter = _adapter(framework)
    if "kernel" in arrays:
        adapter.build(layer, np.shape(arrays["kernel"]))
    expected = to_canonical(layer, variables)
    for name in sorted(expected.keys() | arrays.keys()):
        if name not in arrays:
            raise ValueError(f"arrays lacks {name!r} of shape {expected[name].shape}")
        if name not in expected:
            raise ValueError(f"this {type(layer).__name__} has no {name!r}")
        if np.shape(arrays[name]) != expected[name].shape:
            raise ValueError(
                f"{name} must have shape {expected[name].shape}, got {np.shape(arrays[name])}"
            )
    native = {
        layouts[name][framework][0]: _reordered(
            np.asarray(value), *_axes(layer, layouts[name], framework)[::-1], _groups(layer)
        )
        for name, value in arrays.items()
    }
    return adapter.write(layer, native, variables)


def _layouts(layer: Any) -> tuple[str, Any]:
    """The framework a layer belongs to and the layouts of its arrays."""
    for cls in type(layer).__mro__:
        package, _, rest = cls.__module__.partition(".")
        if package == "nmn" and (name := cls.__name__.removeprefix("_")) in LAYOUTS:
            return rest.partition(".")[0], LAYOUTS[name]
    raise TypeError(f"{type(layer).__name__} is not a layer of nmn")


def _adapter(framework: str) -> Any:
    return importlib.import_module(f"nmn.{framework}._weights")


def _groups(layer: Any) -> int:
    """Into how many groups units and input channels are divided."""
    groups: int = getattr(layer, "groups", getattr(layer, "feature_group_count", 1))
    return groups


def _axes(layer: Any, layout: Any, framework: str) -> tuple[Axes, Axes]:
    """The framework's axes and the canonical ones; a flag of the layer may choose a variant."""
    flags = [key for key in layout if key.startswith(f"{framework}.")]
    chosen = [key for key in flags if getattr(layer, key.partition(".")[2])]
    return layout[chosen[0] if chosen else framework][1], layout["axes"]


def _reordered(array: np.ndarray, source: Axes, target: Axes, groups: int) -> np.ndarray:
    """Bring axes from one order into another; an array shared by all units has none."""
    if array.ndim == 0:
        return array
    rank = array.ndim - sum(axis.strip("-") != "spatial" for axis in source)
    before, after = _split(source, rank), _split(target, rank)
    if ("-spatial" in source) != ("-spatial" in target):
        array = np.flip(array, [i for i, axis in enumerate(before) if axis[0].isdigit()])
    sizes: dict[str, int] = {}
    for size, names in zip(array.shape, before, strict=True):
        sizes |= dict(
            zip(names, (groups, size // groups) if len(names) > 1 else (size,), strict=True)
        )
    order = [list(sizes).index(name) for names in after for name in names]
    merged = [math.prod(sizes[name] for name in names) for names in after]
    return array.reshape(list(sizes.values())).transpose(order).reshape(merged)


def _split(axes: Axes, rank: int) -> list[tuple[str, ...]]:
    """One entry per axis of the array: the names merged in it, numbers for spatial axes."""
    return [
        names
        for axis in axes
        for names in (
            [(str(i),) for i in range(rank)]
            if axis.strip("-") == "spatial"
            else [tuple(axis.split())]
        )
    ]
