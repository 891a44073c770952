"""Which input position lies under which tap of which window, one axis at a time.

The input is padded and stuffed with zeros step by step, as the words say it; nothing is shortened.
"""

import numpy as np

from codegen.spec.models import GeometrySpec
from tests.geometry import Geometry
from tests.oracle.integers import Integers

Array = np.ndarray

OUTSIDE = -1
"""Stands for a zero that is no position of the input."""

_PAD_MODES = {"reflect": "reflect", "replicate": "edge", "circular": "wrap"}


def windows(spec: GeometrySpec, geometry: Geometry, sizes: tuple[int, ...]) -> list[Array]:
    """For every axis, an array (windows, taps) of positions of the input, or `OUTSIDE`."""
    tables = []
    for axis, positions in enumerate(surrounded(spec, geometry, sizes)):
        kernel_size, dilation = geometry.kernel_size[axis], geometry.dilation[axis]
        # The windows of a transposed convolution take every step over what was stuffed.
        stride = geometry.stride[axis] if geometry.kind == "convolution" else 1
        starts = np.arange(output_length(spec, geometry, axis, sizes[axis]))[:, None] * stride
        tables.append(positions[starts + np.arange(kernel_size)[None, :] * dilation])
    return tables


def surrounded(spec: GeometrySpec, geometry: Geometry, sizes: tuple[int, ...]) -> list[Array]:
    """For every axis, the positions of the stuffed and padded input."""
    convolution = geometry.kind == "convolution"
    along = _padded_and_stuffed if convolution else _stuffed_and_surrounded
    return [along(spec, geometry, axis, size) for axis, size in enumerate(sizes)]


def output_length(spec: GeometrySpec, geometry: Geometry, axis: int, size: int) -> int:
    """The spec's formula; input dilation it counts as positions of the input."""
    names = _names(geometry, axis) | {"size": size}
    if geometry.kind == "convolution":
        positions = _padded_and_stuffed(spec, geometry, axis, size)
        names |= {"size": len(positions), "before": 0, "after": 0}
    else:
        names |= dict(zip(("before", "after"), _ends(spec, geometry, axis, size), strict=True))
    return Integers(spec, names).length("output_length")


def _padded_and_stuffed(spec: GeometrySpec, geometry: Geometry, axis: int, size: int) -> Array:
    """The input of a convolution: padded, and stuffed if its input is dilated."""
    stuffing = geometry.input_dilation[axis] if geometry.input_dilation else 1
    mode = geometry.padding if geometry.padding in ("circular", "reflect") else geometry.mode
    ends = _ends(spec, geometry, axis, size)
    positions = np.arange(size)
    if geometry.padding in ("circular", "reflect", "causal"):
        # Flax pads by itself for these, before lax stuffs what it is given.
        return _stuffed(_padded(positions, *ends, mode), stuffing)
    return _padded(_stuffed(positions, stuffing), *ends, mode)


def _stuffed_and_surrounded(spec: GeometrySpec, geometry: Geometry, axis: int, size: int) -> Array:
    """The input of a transposed convolution: stuffed, then padded, cut or repeated."""
    stride = geometry.stride[axis]
    positions = _stuffed(np.arange(size), stride)
    before, after = _ends(spec, geometry, axis, size)
    if geometry.padding != "circular":
        return _padded(positions, before, after, "zeros")
    # The period is the whole output: size · stride positions, the last zeros included.
    period = _padded(positions, 0, stride - 1, "zeros")
    return period[np.arange(-before, len(positions) + after) % len(period)]


def _names(geometry: Geometry, axis: int) -> dict[str, int]:
    return {
        "kernel_size": geometry.kernel_size[axis],
        "stride": geometry.stride[axis],
        "dilation": geometry.dilation[axis],
    }


def _ends(spec: GeometrySpec, geometry: Geometry, axis: int, size: int) -> tuple[int, int]:
    """What is added at both ends of an axis, by the spec's formula for the padding."""
    names = _names(geometry, axis) | {"size": size}
    transposed = geometry.kind == "transposed_convolution"
    extra = geometry.output_padding[axis] if geometry.output_padding else None
    match geometry.padding:
        case "circular" | "reflect":
            name = "same" if transposed else "centred"
        case "valid" if extra is not None:
            name = "cropped"
            names |= {"padding": 0, "output_padding": extra}
        case "same" if extra is not None:
            name = "same_with_output_padding"
            names |= {"output_padding": extra}
        case str(name):
            pass
        case pairs if transposed:
            taken, other = pairs[axis]
            assert taken == other
            name = "cropped"
            names |= {"padding": taken, "output_padding": extra or 0}
        case pairs:
            return pairs[axis]
    return Integers(spec, names).padding(name)


def _stuffed(positions: Array, step: int) -> Array:
    """step - 1 zeros between neighbours."""
    stuffed = np.full(max((len(positions) - 1) * step + 1, 0), OUTSIDE)
    stuffed[::step] = positions
    return stuffed


def _padded(positions: Array, before: int, after: int, mode: str) -> Array:
    """Positions added at both ends; where fewer than none, the ends are cut off."""
    cut = positions[max(-before, 0) : len(positions) - max(-after, 0)]
    widths = (max(before, 0), max(after, 0))
    if mode == "zeros":
        return np.pad(cut, widths, constant_values=OUTSIDE)
    return np.pad(cut, widths, mode=_PAD_MODES[mode])
