# Generated from spec/. Do not edit; run `make generate`.
"""Weights in one form for all frameworks.

`to_canonical` gives the arrays of a layer as NumPy arrays under canonical names, axes in
canonical order; `load_canonical` puts such arrays into a layer of any framework. Arrays are those
the layer stores: a parameter kept positive through softplus is given before the softplus.

A kernel is units × inputs × taps, the taps of a transposed convolution in the direction in which
an input spreads over the output. Of a cell, and of the layer that repeats it, `kernel` is gates ×
units × inputs, `recurrent_kernel` gates × units × states and `bias` gates × units, gates in the
order of the cell's spec whatever the framework's.

A stack of layers is a list of them; one in two directions is a tuple, (forward, backward). PyTorch's
`num_layers` and `bidirectional`, wrappers such as `keras.layers.Bidirectional`,
`keras.layers.StackedRNNCells` and `nnx.RNN`, and lists of all these count as what they hold. Names
then begin with the number of the layer, and with "reverse" where it runs backward: `0.kernel`,
`0.reverse.kernel`, `1.kernel`. A single layer in a single direction has plain names.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from nmn._parts import Part, parts


def to_canonical(layer: Any, variables: Any = None) -> dict[str, np.ndarray]:
    """The arrays of `layer`, each copied to NumPy in canonical order of axes.

    Args:
        layer: A layer of this package, of any framework, or a stack of such layers. A Keras or
            TensorFlow layer must be built.
        variables: For a Flax Linen layer, the variables that `init` returned; for a list or tuple
            of layers, a list of them.

    Returns:
        Canonical name → array. A parameter the layer lacks is left out.

    Raises:
        TypeError: `layer` is not a layer of this package.
    """
    return _read(parts(layer, variables))


def load_canonical(layer: Any, arrays: Mapping[str, np.ndarray], variables: Any = None) -> Any:
    """Replace the arrays of `layer` by canonical ones; nothing changes unless all of them fit.

    Args:
        layer: A layer of this package, of any framework, or a stack of such layers. An unbuilt
            Keras or TensorFlow layer is built for the kernel's input size.
        arrays: Canonical name → array, as `to_canonical` returns them.
        variables: For a Flax Linen layer, the variables that `init` returned; for a list or tuple
            of layers, a list of them.

    Returns:
        The layer itself; for Flax Linen, the new variables.

    Raises:
        TypeError: `layer` is not a layer of this package.
        ValueError: An array is missing, is not one of the layer's, or has the wrong shape.
    """
    variables = _copied(variables)
    found = parts(layer, variables)
    known = [part.prefix + name for part in found for name in part.layouts]
    if unknown := sorted(arrays.keys() - set(known)):
        raise ValueError(f"{_called(layer)} has no {', '.join(unknown)}, but {', '.join(known)}")
    kernels = {f"{p.prefix}kernel": p for p in found if "kernel" in p.layouts}
    for name, part in kernels.items():
        if name not in arrays:
            axes = ", ".join(part.layouts["kernel"].axes)
            raise ValueError(f"arrays lacks {name!r}, which has the axes ({axes})")
    for name, part in kernels.items():
        part.build(arrays[name])
    _check(found, arrays, _called(layer))
    for part in found:
        own = {name: f"{part.prefix}{name}" for name in part.layouts}
        part.write({name: arrays[key] for name, key in own.items() if key in arrays})
    return layer if variables is None else variables


def _called(layer: Any) -> str:
    return "stack" if isinstance(layer, list | tuple) else type(layer).__name__


def _read(found: list[Part]) -> dict[str, np.ndarray]:
    return {part.prefix + name: array for part in found for name, array in part.read().items()}


def _check(found: list[Part], arrays: Mapping[str, np.ndarray], layer: str) -> None:
    """Compare names and shapes with those of the arrays that there are."""
    expected = _read(found)
    gates = {part.prefix + n: layout.gates for part in found for n, layout in part.layouts.items()}
    for name in sorted(expected.keys() | arrays.keys()):
        if name not in arrays:
            raise ValueError(f"arrays lacks {name!r} of shape {expected[name].shape}")
        if name not in expected:
            raise ValueError(f"this {layer} has no {name!r}")
        if np.shape(arrays[name]) != expected[name].shape:
            of = f" for the gates {', '.join(gates[name])}" if gates[name] else ""
            raise ValueError(
                f"{name} must have shape {expected[name].shape}{of}, got {np.shape(arrays[name])}"
            )


def _copied(variables: Any) -> Any:
    """Containers of their own, which may be changed; the arrays in them are the same."""
    if isinstance(variables, Mapping):
        return {name: _copied(value) for name, value in variables.items()}
    if isinstance(variables, list | tuple):
        return type(variables)(_copied(value) for value in variables)
    return variables
