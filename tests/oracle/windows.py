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
    along = _convolution if geometry.kind == "convolution" else _transposed_convolution
    return [along(spec, geometry, axis, size) for axis, size in enumerate(sizes)]


def _convolution(spec: GeometrySpec, geometry: Geometry, axis: int, size: int) -> Array:
    stuffing = geometry.input_dilation[axis] if geometry.input_dilation else 1
    stride, dilation = geometry.stride[axis], geometry.dilation[axis]
    names = {
        "kernel_size": geometry.kernel_size[axis],
        "stride": stride,
        "dilation": dilation,
        "size": size,
    }
    mode = geometry.mode
    if isinstance(geometry.padding, str):
        centred = geometry.padding in ("circular", "reflect")
        mode = geometry.padding if centred else mode
        before, after = Integers(spec, names).padding("centred" if centred else geometry.padding)
    else:
        before, after = geometry.padding[axis]
    positions = np.arange(size)
    if geometry.padding in ("circular", "reflect", "causal"):
        # Flax pads by itself for these, before lax stuffs what it is given.
        positions = _stuffed(_padded(positions, before, after, mode), stuffing)
    else:
        positions = _padded(_stuffed(positions, stuffing), before, after, mode)
    whole = {**names, "size": len(positions), "before": 0, "after": 0}
    count = Integers(spec, whole).length("output_length")
    return _taps(positions, count, stride, geometry.kernel_size[axis], dilation)


def _transposed_convolution(spec: GeometrySpec, geometry: Geometry, axis: int, size: int) -> Array:
    stride, dilation = geometry.stride[axis], geometry.dilation[axis]
    names = {"kernel_size": geometry.kernel_size[axis], "stride": stride, "dilation": dilation}
    extra = geometry.output_padding[axis] if geometry.output_padding else None
    match geometry.padding:
        case "valid" if extra is not None:
            name, names = "cropped", {**names, "padding": 0, "output_padding": extra}
        case "same" if extra is not None:
            name, names = "same_with_output_padding", {**names, "output_padding": extra}
        case "circular":
            name = "same"
        case str(name):
            pass
        case pairs:
            taken, other = pairs[axis]
            assert taken == other
            name, names = "cropped", {**names, "padding": taken, "output_padding": extra or 0}
    before, after = Integers(spec, names).padding(name)
    positions = _stuffed(np.arange(size), stride)
    if geometry.padding == "circular":
        # The period is the whole output: size · stride positions, the last zeros included.
        period = _padded(positions, 0, stride - 1, "zeros")
        positions = period[np.arange(-before, len(positions) + after) % len(period)]
    else:
        positions = _padded(positions, before, after, "zeros")
    count = Integers(spec, {**names, "size": size, "before": before, "after": after}).length(
        "output_length"
    )
    return _taps(positions, count, 1, geometry.kernel_size[axis], dilation)


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


def _taps(positions: Array, count: int, stride: int, kernel_size: int, dilation: int) -> Array:
    starts = np.arange(count)[:, None] * stride
    return positions[starts + np.arange(kernel_size)[None, :] * dilation]
