# Generated from codegen/templates/jax/_windows.py.j2. Do not edit; run `make generate`.
"""Windows of convolutions: the arguments of Flax as whole numbers per axis, and padded inputs."""

import operator
from collections.abc import Sequence
from types import MappingProxyType
from typing import Protocol

import jax.numpy as jnp
from jax import Array

from nmn import _arguments, _convolution, _transposed_convolution

Axes = tuple[int, ...]
Pairs = tuple[tuple[int, int], ...]
Padding = str | Pairs

CONVOLUTION_PADDING = ("SAME", "VALID", "CIRCULAR", "REFLECT", "CAUSAL")
TRANSPOSED_PADDING = ("SAME", "VALID", "CIRCULAR")

NAMES = MappingProxyType(
    {"stride": "strides", "dilation": "kernel_dilation", "groups": "feature_group_count"}
)

# Modes of jnp.pad. What they add is part of the input, so it comes before any stuffing.
_FILLS = {"CIRCULAR": "wrap", "REFLECT": "reflect", "CAUSAL": "constant"}


def kernel_size(value: int | Sequence[int], ranks: Axes) -> Axes:
    """The taps along each axis; an integer is a kernel of one axis."""
    rank = len(value) if isinstance(value, Sequence) else 1
    if rank not in ranks:
        raise ValueError(
            f"kernel_size must be an integer or have one of {ranks} as its length, got {value!r}"
        )
    return _arguments.integers("kernel_size", value, rank)


def per_axis(name: str, value: int | Sequence[int] | None, rank: int) -> Axes:
    """One integer once for each of `rank` axes, None as 1; a sequence as it is."""
    return _arguments.integers(name, 1 if value is None else value, rank)


def padding(value: str | int | Sequence[object], rank: int, words: tuple[str, ...]) -> Padding:
    """One of `words`, or what is added before and after each of `rank` axes."""
    if isinstance(value, str) and value.upper() in words:
        return value.upper()
    entries = value if isinstance(value, Sequence) else [value] * rank
    try:
        if isinstance(value, str) or len(entries) != rank:
            raise TypeError
        return tuple(_pair(entry) for entry in entries)
    except (TypeError, ValueError):
        raise ValueError(
            f"padding must be one of {', '.join(words)}, an integer, or for each of {rank} axes "
            f"an integer or a pair of integers, got {value!r}"
        ) from None


def _pair(entry: object) -> tuple[int, int]:
    before, after = entry if isinstance(entry, Sequence) else (entry, entry)
    return operator.index(before), operator.index(after)


class Convolution(Protocol):
    """What a layer says about its windows."""

    kernel_size: Axes
    strides: Axes
    padding: Padding
    input_dilation: Axes
    kernel_dilation: Axes
    feature_group_count: int


class Transposed(Protocol):
    """What a layer says about its windows over the stuffed input."""

    kernel_size: Axes
    strides: Axes
    padding: Padding
    kernel_dilation: Axes
    transpose_kernel: bool


def check_convolution(layer: Convolution, units: int) -> None:
    """Raise unless there is such a convolution."""
    for name in ("strides", "input_dilation", "kernel_dilation"):
        entries, names = len(getattr(layer, name)), _entry_names(name)
        _convolution.check_entries(entries, len(layer.kernel_size), names=names)
    for window in zip(layer.kernel_size, layer.strides, layer.kernel_dilation, strict=True):
        _convolution.check_arguments(*window, layer.feature_group_count, units, names=NAMES)
    for dilation in layer.input_dilation:
        _convolution.check_input_dilation(dilation)
        if layer.padding == "SAME":
            _convolution.check_same_input_dilation(dilation)
    if layer.padding == "CAUSAL":
        _convolution.check_causal(len(layer.kernel_size), names={"rank": "len(kernel_size)"})


def check_transposed(layer: Transposed, units: int) -> None:
    """Raise unless there is such a transposed convolution."""
    for name in ("strides", "kernel_dilation"):
        entries, names = len(getattr(layer, name)), _entry_names(name)
        _transposed_convolution.check_entries(entries, len(layer.kernel_size), names=names)
    for window in zip(layer.kernel_size, layer.strides, layer.kernel_dilation, strict=True):
        _transposed_convolution.check_arguments(*window, 1, units, names=NAMES)


def _entry_names(name: str) -> dict[str, str]:
    return {"entries": f"len({name})", "rank": "len(kernel_size)"}


def pad_convolution(layer: Convolution, inputs: Array) -> tuple[Array, Pairs]:
    """Inputs extended by what is not zero, and the zeros to add around the stuffed inputs."""
    padding = layer.padding
    if isinstance(padding, str) and padding in _FILLS:
        rule = _convolution.causal_padding if padding == "CAUSAL" else _convolution.centred_padding
        around = map(rule, layer.kernel_size, layer.kernel_dilation)
        inputs = jnp.pad(inputs, ((0, 0), *around, (0, 0)), mode=_FILLS[padding])
        padding = "VALID"
    sizes = inputs.shape[1:-1]
    if padding == "VALID":
        pairs: Pairs = (_convolution.valid_padding(),) * len(sizes)
    elif padding == "SAME":
        windows = (layer.kernel_size, layer.strides, layer.kernel_dilation)
        pairs = tuple(map(_convolution.same_padding, sizes, *windows))
    else:
        pairs = padding
    stuffed = map(_convolution.stuffed_length, sizes, layer.input_dilation)
    extents = map(_convolution.extent, layer.kernel_size, layer.kernel_dilation)
    for size, (before, after), extent in zip(stuffed, pairs, extents, strict=True):
        _convolution.check_input(size, before, after, extent)
    return inputs, pairs


def pad_transposed(layer: Transposed, inputs: Array) -> tuple[Array, Pairs]:
    """Inputs extended by what is not zero, and the zeros to add around the stuffed inputs."""
    padding = layer.padding
    windows = (layer.kernel_size, layer.strides, layer.kernel_dilation)
    if padding == "CIRCULAR":
        # The stuffed input goes around: whole positions of the input come from its other end,
        # zeros between them from stuffing. Flax aligns even windows by `transpose_kernel`.
        rule = (
            _transposed_convolution.mirrored_circular_padding
            if layer.transpose_kernel
            else _transposed_convolution.circular_padding
        )
        around = [(s, *rule(k, s, d)) for k, s, d in zip(*windows, strict=True)]
        repeated = [_transposed_convolution.repeated_padding(*entry) for entry in around]
        inputs = jnp.pad(inputs, ((0, 0), *repeated, (0, 0)), mode="wrap")
        pairs = tuple(_transposed_convolution.around_repeated_padding(*entry) for entry in around)
    elif padding == "SAME":
        pairs = tuple(map(_transposed_convolution.same_padding, *windows))
    elif padding == "VALID":
        pairs = tuple(map(_transposed_convolution.valid_padding, *windows))
    else:
        pairs = padding
    for size, *window, pair in zip(inputs.shape[1:-1], *windows, pairs, strict=True):
        _transposed_convolution.check_input(
            _transposed_convolution.output_length(size, *window, *pair)
        )
    return inputs, pairs
