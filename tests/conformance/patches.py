"""Convolutions as dense layers over explicit patches, for tests that need to know the values."""

import itertools
from collections.abc import Iterator, Mapping

import numpy as np

from tests.conformance.definition import oracle_values
from tests.geometry import Geometry

Array = np.ndarray


def convolution_values(
    geometry: Geometry, x: Array, arrays: Mapping[str, Array], **constants: float
) -> Array:
    """Output for samples-first, channels-last `x` and canonical arrays, in float64."""
    kernel = arrays["kernel"]
    if geometry.kind == "transposed_convolution":
        # Spreading taps, seen from the output, are in reverse.
        kernel = np.flip(kernel, range(2, kernel.ndim))
    groups, units, channels = geometry.groups, len(kernel), kernel.shape[1]
    outputs = []
    for group in range(groups):
        own = slice(group * units // groups, (group + 1) * units // groups)
        part = {n: a[own] if np.ndim(a) else a for n, a in arrays.items()}
        part["kernel"] = kernel[own].reshape(units // groups, -1)
        part_x = x[..., group * channels : (group + 1) * channels]
        found = {place: rows for place, rows in _patches(geometry, part_x)}
        size = np.max(list(found), axis=0) + 1
        rows = np.stack(list(found.values()), 1).reshape(-1, part["kernel"].shape[1])
        values = oracle_values("YatNMN", rows, part, **constants)
        outputs.append(values.reshape(len(x), *size, -1))
    return np.concatenate(outputs, -1)


def _patches(geometry: Geometry, x: Array) -> Iterator[tuple[tuple[int, ...], Array]]:
    """Place of every window → what is under it, channels first as in a canonical kernel."""
    sizes = x.shape[1:-1]
    convolution = geometry.kind == "convolution"
    if convolution:
        padded = np.pad(x, [(0, 0), *_convolution_padding(geometry, sizes), (0, 0)])
        starts = [range(0, n - (k - 1) * d, s) for n, k, s, d in _zip(padded.shape[1:-1], geometry)]
    else:
        padded, starts = _stuffed(geometry, x)
    for place in itertools.product(*(range(len(s)) for s in starts)):
        corner = [s[i] for s, i in zip(starts, place, strict=True)]
        window = tuple(
            slice(c, c + (k - 1) * d + 1, d)
            for c, k, d in zip(corner, geometry.kernel_size, geometry.dilation, strict=True)
        )
        patch = np.moveaxis(padded[(slice(None), *window)], -1, 1)
        yield place, patch.reshape(len(x), -1)


def _convolution_padding(geometry: Geometry, sizes: tuple[int, ...]) -> list[tuple[int, int]]:
    """How much each axis lacks for ⌈size / stride⌉ windows."""
    if geometry.padding == "causal":
        return [((k - 1) * d, 0) for _, k, _, d in _zip(sizes, geometry)]
    if geometry.padding == "valid":
        return [(0, 0)] * len(sizes)
    reach = [(-(-n // s) - 1) * s + (k - 1) * d + 1 for n, k, s, d in _zip(sizes, geometry)]
    lacking = [max(r - n, 0) for r, n in zip(reach, sizes, strict=True)]
    return [(n // 2, n - n // 2) for n in lacking]


def _stuffed(geometry: Geometry, x: Array) -> tuple[Array, list[range]]:
    """The input among enough zeros, and where the windows start."""
    assert geometry.output_padding is None
    sizes = x.shape[1:-1]
    reach = [(k - 1) * d for k, d in zip(geometry.kernel_size, geometry.dilation, strict=True)]
    room = [(n - 1) * s + 1 for n, _, s, _ in _zip(sizes, geometry)]
    zeros = [n + 2 * r + s for n, r, s in zip(room, reach, geometry.stride, strict=True)]
    padded = np.zeros((len(x), *zeros, x.shape[-1]))
    places = [slice(r, r + n, s) for r, n, s in zip(reach, room, geometry.stride, strict=True)]
    padded[(slice(None), *places)] = x
    beyond = [max(r + 1 - s, 0) for r, s in zip(reach, geometry.stride, strict=True)]
    if geometry.padding == "valid":
        return padded, [
            range(n * s + b) for n, s, b in zip(sizes, geometry.stride, beyond, strict=True)
        ]
    return padded, [
        range(b // 2, b // 2 + n * s)
        for n, s, b in zip(sizes, geometry.stride, beyond, strict=True)
    ]


def _zip(sizes: tuple[int, ...], geometry: Geometry) -> Iterator[tuple[int, int, int, int]]:
    return zip(sizes, geometry.kernel_size, geometry.stride, geometry.dilation, strict=True)
