# Generated from codegen/templates/keras/_windows.py.j2. Do not edit; run `make generate`.
"""Windows over an input that has its channels last: contractions with a kernel, and norms."""

import keras
from keras import ops

from nmn import _convolution, _transposed_convolution
from nmn.keras._numerics import TINY


def standardize_data_format(data_format):
    """The layout of inputs; None stands for the one that Keras is configured for."""
    if data_format is None:
        return keras.config.image_data_format()
    if data_format not in ("channels_last", "channels_first"):
        raise ValueError(
            f"data_format must be 'channels_last', 'channels_first' or None, got {data_format!r}"
        )
    return data_format


def standardize_padding(padding, known):
    """One of the `known` names of padding, in any case."""
    name = padding.lower() if isinstance(padding, str) else padding
    if name not in known:
        raise ValueError(f"padding must be one of {', '.join(map(repr, known))}, got {padding!r}")
    return name


def channels_last(shape, data_format):
    """A shape in `data_format`, its channels moved to the end."""
    return shape if data_format == "channels_last" else (shape[0], *shape[2:], shape[1])


def in_data_format(shape, data_format):
    """A shape with its channels last, in `data_format`."""
    return shape if data_format == "channels_last" else (shape[0], shape[-1], *shape[1:-1])


def pad(x, padding):
    """Add zeros before and after each spatial axis."""
    return ops.pad(x, [(0, 0), *padding, (0, 0)])


def convolution(x, kernel, strides, padding, dilation_rate, groups, primitives):
    """Contract every window of `x` with every unit's kernel.

    Args:
        x: Tensor of shape `(batch, *sizes, channels)`, at least float32.
        kernel: Tensor of shape `(*taps, channels // groups, units)`, of the same dtype.
        strides: Positions by which windows advance, per axis.
        padding: "valid" or "same".
        dilation_rate: Positions from tap to tap, per axis.
        groups: Groups of channels and of units.
        primitives: Names of what is needed.

    Returns:
        ⟨w, x⟩ of shape `(batch, *windows, units)`, ‖x‖² of shape `(batch, *windows, 1)` and ‖w‖² of
        shape `(units,)`; None for a norm that is not needed. Several groups have an axis of their
        own, before that of their units.
    """
    window = {"strides": strides, "padding": padding, "dilation_rate": dilation_rate}
    dot = _convolve(x, kernel, groups, window)
    sq_x = sq_w = None
    if "sq_w" in primitives:
        sq_w = ops.sum(ops.square(kernel), axis=tuple(range(len(kernel.shape) - 1)))
    if "sq_x" in primitives:
        sq_x = ops.sum(_split(ops.square(x), groups), axis=-1)
        sq_x = _window_sums(sq_x, kernel.shape[:-2], window)
        if groups > 1:
            sq_x = ops.expand_dims(sq_x, -1)
    return by_group(dot, groups), sq_x, by_group(sq_w, groups)


def transposed_convolution(
    x, kernel, strides, padding, output_padding, dilation_rate, margins, primitives
):
    """Contract every window of the zero-stuffed and padded `x` with every unit's kernel.

    Args:
        x: Tensor of shape `(batch, *sizes, channels)`, at least float32.
        kernel: Tensor of shape `(*taps, units, channels)`, of the same dtype.
        strides: Outputs per position of the input, per axis.
        padding: "valid" or "same".
        output_padding: Outputs added at the end of each axis, or None.
        dilation_rate: Positions from tap to tap, per axis.
        margins: Zeros before and after the stuffed input, per axis, which `padding` and
            `output_padding` stand for.
        primitives: Names of what is needed.

    Returns:
        ⟨w, x⟩ of shape `(batch, *windows, units)`, ‖x‖² of shape `(batch, *windows, 1)` and ‖w‖² of
        shape `(units,)`; None for a norm that is not needed.
    """
    rank = len(strides)
    if max(strides) == 1:
        # Nothing is stuffed: a convolution by the reversed kernel. TensorFlow has no dilated
        # transposed convolution on CPU.
        reverse = ops.swapaxes(ops.flip(kernel, axis=tuple(range(rank))), -2, -1)
        window = (strides, "valid", dilation_rate, 1)
        return convolution(pad(x, margins), reverse, *window, primitives)
    window = {"strides": strides, "padding": padding, "output_padding": output_padding}
    dot = _spread(x, kernel, window, margins)
    sq_x = sq_w = None
    if "sq_w" in primitives:
        sq_w = ops.sum(ops.square(kernel), axis=(*range(rank), -1))
    if "sq_x" in primitives:
        sq_x = ops.sum(ops.square(x), axis=-1, keepdims=True)
        ones = ops.ones((*kernel.shape[:-2], 1, 1), dtype=x.dtype)
        sq_x = _spread(sq_x, ones, window, margins)
    return dot, sq_x, sq_w


def by_patch(dot, sq_x):
    """Divide every patch by its norm: ⟨w, x⟩ and ‖x‖² of the unit vectors.

    A patch of zeros stays zero, with zero gradient. Patches below 1e-19 of the input's largest
    value, whose squares vanish, count as zeros.
    """
    is_zero = sq_x < TINY
    norm = ops.sqrt(ops.where(is_zero, ops.ones_like(sq_x), sq_x))
    sq_unit = ops.where(is_zero, ops.zeros_like(sq_x), ops.ones_like(sq_x))
    return ops.where(is_zero, ops.zeros_like(dot), dot / norm), sq_unit


def by_group(units, groups):
    """Give several groups an axis of their own, before that of the units in each.

    Numbers, None and what all units share have no axis to split.
    """
    if groups == 1 or len(getattr(units, "shape", ())) == 0:
        return units
    return _split(units, groups)


def merge_groups(values):
    """Put the units of all groups in a row."""
    *rest, groups, units = ops.shape(values)
    return ops.reshape(values, (*rest, groups * units))


def _split(values, groups):
    *rest, channels = ops.shape(values)
    return ops.reshape(values, (*rest, groups, channels // groups))


def _convolve(x, kernel, groups, window):
    """A convolution, group by group on backends whose own grouped one is slow.

    XLA on CPU, through which Keras computes grouped convolutions on TensorFlow, too, takes ten to
    a hundred times as long for them.
    """
    if groups == 1 or keras.backend.backend() == "torch":
        return ops.conv(x, kernel, data_format="channels_last", **window)
    parts = zip(ops.split(x, groups, axis=-1), ops.split(kernel, groups, axis=-1), strict=True)
    return ops.concatenate(
        [ops.conv(*part, data_format="channels_last", **window) for part in parts], axis=-1
    )


def _window_sums(values, taps, window):
    """Sums over windows, channel by channel.

    A convolution with ones, which knows every padding even where sizes are unknown; on
    TensorFlow it is also the fastest form. On JAX, sizes are known, and XLA on CPU convolves a
    single channel five times as slowly as it adds shifted copies.
    """
    groups = values.shape[-1]
    if keras.backend.backend() != "jax":
        ones = ops.ones((*taps, 1, groups), dtype=values.dtype)
        return _convolve(values, ones, groups, window)
    axes = list(zip(taps, window["strides"], window["dilation_rate"], strict=True))
    if window["padding"] == "same":
        sizes = zip(values.shape[1:-1], axes, strict=True)
        values = pad(values, [_convolution.same_padding(size, *axis) for size, axis in sizes])
    for axis, (kernel_size, stride, dilation) in enumerate(axes, start=1):
        last = _convolution.extent(kernel_size, dilation) - 1
        slices = (
            slice(first, first - last or None, stride) for first in range(0, last + 1, dilation)
        )
        values = sum(values[(slice(None),) * axis + (taken,)] for taken in slices)
    return values


def _spread(x, kernel, window, margins):
    """A strided transposed convolution.

    Versions of Keras shift what they pad on PyTorch (keras#22876), where they cut the full result
    anyway: there it is cut to measure here.
    """
    if keras.backend.backend() != "torch":
        return ops.conv_transpose(x, kernel, data_format="channels_last", **window)
    strides = window["strides"]
    outputs = ops.conv_transpose(x, kernel, strides=strides, data_format="channels_last")
    sizes = zip(kernel.shape, strides, margins, strict=False)
    cuts = []
    for kernel_size, stride, (before, after) in sizes:
        most_before, most_after = _transposed_convolution.valid_padding(kernel_size, stride, 1)
        cuts.append((most_before - before, most_after - after))
    outputs = outputs[:, *(slice(first, -last if last > 0 else None) for first, last in cuts)]
    return pad(outputs, [(0, max(-last, 0)) for _, last in cuts])
