# Generated from spec/. Do not edit; run `make generate`.
"""Weights in one form for all frameworks.

`to_canonical` gives the arrays of a layer as NumPy arrays under canonical names, axes in
canonical order (a kernel is units × inputs); `load_canonical` puts such arrays into a layer of
any framework. Arrays are those the layer stores: a parameter kept positive through softplus is
given before the softplus.
"""

import importlib
from collections.abc import Mapping
from typing import Any

import numpy as np

from nmn._layouts import LAYOUTS


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
    return {
        stored[key]: np.transpose(
            value, _order(layouts[stored[key]], framework, "axes", np.ndim(value))
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
        layouts[name][framework][0]: np.transpose(
            value, _order(layouts[name], "axes", framework, np.ndim(value))
        )
        for name, value in arrays.items()
    }
    return adapter.write(layer, native, variables)


def _layouts(layer: Any) -> tuple[str, Any]:
    """The framework a layer belongs to and the layouts of its arrays."""
    for cls in type(layer).__mro__:
        package, _, rest = cls.__module__.partition(".")
        if package == "nmn" and cls.__name__ in LAYOUTS:
            return rest.partition(".")[0], LAYOUTS[cls.__name__]
    raise TypeError(f"{type(layer).__name__} is not a layer of nmn")


def _adapter(framework: str) -> Any:
    return importlib.import_module(f"nmn.{framework}._weights")


def _order(layout: Any, source: str, target: str, rank: int) -> list[int]:
    """The permutation of axes; an array shared by all units has none."""
    if rank == 0:
        return []
    axes = [layout[side] if side == "axes" else layout[side][1] for side in (source, target)]
    return [axes[0].index(axis) for axis in axes[1]]
