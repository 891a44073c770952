# Generated from codegen/templates/tf/_windows.py.j2. Do not edit; run `make generate`.
"""Windows that pass over an input: what is in each, and what the units of a kernel make of it.

Data have their channels last here.
"""

from collections.abc import Sequence
from typing import NamedTuple

import tensorflow as tf

from nmn import _convolution, _transposed_convolution

Size = Sequence[int | None]
Contraction = tuple[tf.Tensor, tf.Tensor, tf.Tensor]

DATA_FORMATS = ("channels_last", "channels_first")

#: Layouts of data with one, two and three spatial axes.
_LAYOUTS = ("NWC", "NHWC", "NDHWC")


class Windows(NamedTuple):
    """How the windows of a convolution pass over the input."""

    kernel_size: tuple[int, ...]
    strides: tuple[int, ...]
    padding: str
    dilation_rate: tuple[int, ...]
    groups: int

    def output_size(self, size: Size) -> list[int | None]:
        """How many windows there are along each axis; None where the input's length is unknown.

        Raises:
          ValueError: A window does not fit into the padded input.
        """
        return [
            None if length is None else self._output_length(axis, length)
            for axis, length in enumerate(size)
        ]

    def _output_length(self, axis: int, size: int) -> int:
        kernel_size, stride = self.kernel_size[axis], self.strides[axis]
        dilation = self.dilation_rate[axis]
        if self.padding == "same":
            before, after = _convolution.same_padding(size, kernel_size, stride, dilation)
        elif self.padding == "causal":
            before, after = _convolution.causal_padding(kernel_size, dilation)
        else:
            before, after = _convolution.valid_padding()
        _convolution.check_input(size, before, after, _convolution.extent(kernel_size, dilation))
        return _convolution.output_length(size, kernel_size, stride, dilation, before, after)


class TransposedWindows(NamedTuple):
    """How the windows of a transposed convolution pass over the stuffed input."""

    kernel_size: tuple[int, ...]
    strides: tuple[int, ...]
    padding: str
    output_padding: tuple[int, ...] | None
    dilation_rate: tuple[int, ...]

    @property
    def paddings(self) -> list[tuple[int, int]]:
        """Zeros before and after each axis of the stuffed input, as Keras understands `padding`."""
        return [self._padding(axis) for axis in range(len(self.kernel_size))]

    def output_size(self, size: Size) -> list[int | None]:
        """How many windows there are along each axis; None where the input's length is unknown.

        Raises:
          ValueError: A window does not fit into the stuffed and padded input.
        """
        lengths = [
            None if length is None else self.output_length(axis, length, padding)
            for axis, (length, padding) in enumerate(zip(size, self.paddings, strict=True))
        ]
        for length in lengths:
            if length is not None:
                _transposed_convolution.check_input(length)
        return lengths

    def output_length(self, axis: int, size: int, padding: tuple[int, int]) -> int:
        """How many windows there are along one axis; `size` may be a scalar tensor."""
        return _transposed_convolution.output_length(size, *self._axis(axis), *padding)

    def largest_padding(self, axis: int) -> int:
        """What to add in front for a first window that touches the input with its last tap."""
        return _transposed_convolution.valid_padding(*self._axis(axis))[0]

    def _padding(self, axis: int) -> tuple[int, int]:
        kernel_size, stride, dilation = self._axis(axis)
        if self.output_padding is None:
            if self.padding == "same":
                return _transposed_convolution.same_padding(kernel_size, stride, dilation)
            return _transposed_convolution.valid_padding(kernel_size, stride, dilation)
        added = self.output_padding[axis]
        if self.padding == "same":
            return _transposed_convolution.same_with_output_padding_padding(
                kernel_size, dilation, added
            )
        return _transposed_convolution.cropped_padding(kernel_size, dilation, 0, added)

    def _axis(self, axis: int) -> tuple[int, int, int]:
        return self.kernel_size[axis], self.strides[axis], self.dilation_rate[axis]


def to_channels_last(x: tf.Tensor) -> tf.Tensor:
    """Move the channels from the second axis to the last."""
    return tf.transpose(x, [0, *range(2, x.shape.rank), 1])


def to_channels_first(x: tf.Tensor) -> tf.Tensor:
    """Move the channels from the last axis to the second."""
    return tf.transpose(x, [0, x.shape.rank - 1, *range(1, x.shape.rank - 1)])


def convolution(x: tf.Tensor, kernel: tf.Tensor, windows: Windows) -> Contraction:
    """Contract every window of `x` with every unit of `kernel`.

    Args:
      x: A tensor of shape `[batch, *size, in]`.
      kernel: A tensor of shape `[*kernel_size, in / groups, units]`.
      windows: How the windows pass over `x`.

    Returns:
      ⟨w, x⟩ of shape `[batch, *output_size, units]`, ‖x‖² of shape `[batch, *output_size, 1]` and
      ‖w‖² of shape `[units]`. With several groups there is an axis for them before the last one:
      `[..., groups, units / groups]`, `[..., groups, 1]` and `[groups, units / groups]`.
    """
    if windows.padding == "causal":
        added = map(_convolution.causal_padding, windows.kernel_size, windows.dilation_rate)
        x = tf.pad(x, [(0, 0), *added, (0, 0)])
    sq_w = tf.reduce_sum(tf.square(kernel), range(kernel.shape.rank - 1))
    if windows.groups == 1:
        return _convolve(x, kernel, windows), _window_sum(x, windows), sq_w
    # One convolution per group: TensorFlow has no gradient of grouped ones on a CPU, in three
    # dimensions not even the convolution.
    xs, kernels = (tf.split(tensor, windows.groups, -1) for tensor in (x, kernel))
    dots = [_convolve(x, kernel, windows) for x, kernel in zip(xs, kernels, strict=True)]
    sums = [_window_sum(x, windows) for x in xs]
    return tf.stack(dots, -2), tf.stack(sums, -2), split_units(sq_w, windows.groups)


def transposed_convolution(
    x: tf.Tensor, kernel: tf.Tensor, windows: TransposedWindows
) -> Contraction:
    """Contract every window of the stuffed `x` with every unit of `kernel`.

    Args:
      x: A tensor of shape `[batch, *size, in]`.
      kernel: A tensor of shape `[*kernel_size, units, in]`.
      windows: How the windows pass over the stuffed `x`.

    Returns:
      ⟨w, x⟩ of shape `[batch, *output_size, units]`, ‖x‖² of shape `[batch, *output_size, 1]` and
      ‖w‖² of shape `[units]`.
    """
    spatial = range(kernel.shape.rank - 2)
    sq_w = tf.reduce_sum(tf.square(kernel), [*spatial, -1])
    sq_channels = tf.reduce_sum(tf.square(x), -1, keepdims=True)
    ones = tf.ones([*windows.kernel_size, 1, 1], x.dtype)
    return _spread(x, kernel, windows), _spread(sq_channels, ones, windows), sq_w


def at_least_one(x: tf.Tensor) -> tf.Tensor:
    """`x`, or one sample of zeros if the batch is empty: oneDNN gets the shapes of those wrong."""
    if x.shape[0]:
        return x
    added = tf.cast(tf.equal(tf.shape(x)[0], 0), tf.int32)
    return tf.pad(x, [(0, added), *[(0, 0)] * (x.shape.rank - 1)])


def split_units(vector: tf.Tensor, groups: int) -> tf.Tensor:
    """From shape `[units]` to `[groups, units / groups]`; what all units share stays as it is."""
    return tf.reshape(vector, [groups, -1]) if vector.shape.rank else vector


def join_units(tensor: tf.Tensor) -> tf.Tensor:
    """From shape `[..., groups, units / groups]` to `[..., units]`."""
    shape = tf.shape(tensor)
    return tf.reshape(tensor, tf.concat([shape[:-2], [shape[-2] * shape[-1]]], 0))


def scaled(x: tf.Tensor) -> tf.Tensor:
    """Divide every sample by its largest absolute value, so that no square leaves the range.

    For what does not depend on the scale: none of it takes part in the gradient.
    """
    axes = range(1, x.shape.rank)
    largest = tf.stop_gradient(tf.reduce_max(tf.abs(x), axes, keepdims=True))
    return tf.math.divide_no_nan(x, largest)


def per_norm(dot: tf.Tensor, sq_x: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """⟨w, x / ‖x‖⟩ and the squared norm of x / ‖x‖; zero stays zero, with zero gradient."""
    is_zero = sq_x == 0
    inverse = tf.math.rsqrt(tf.where(is_zero, tf.ones_like(sq_x), sq_x))
    unit = tf.cast(~is_zero, sq_x.dtype)
    return dot * (inverse * unit), unit


def _convolve(x: tf.Tensor, kernel: tf.Tensor, windows: Windows) -> tf.Tensor:
    return tf.nn.convolution(
        x,
        kernel,
        windows.strides,
        "SAME" if windows.padding == "same" else "VALID",
        _LAYOUTS[len(windows.strides) - 1],
        windows.dilation_rate,
    )


def _window_sum(x: tf.Tensor, windows: Windows) -> tf.Tensor:
    """Sum of squares in every window, by a convolution of one channel.

    No pooling or sum of slices is faster, and it knows every stride, dilation and padding.
    """
    sq_channels = tf.reduce_sum(tf.square(x), -1, keepdims=True)
    return _convolve(sq_channels, tf.ones([*windows.kernel_size, 1, 1], x.dtype), windows)


def _spread(x: tf.Tensor, kernel: tf.Tensor, windows: TransposedWindows) -> tf.Tensor:
    """The transposed convolution: every position of `x` spreads over the output."""
    layout = _LAYOUTS[len(windows.strides) - 1]
    if max(windows.dilation_rate) > 1:
        # Strides are 1 then and nothing is stuffed: a convolution that meets the taps in reverse.
        x = tf.pad(x, [(0, 0), *windows.paddings, (0, 0)])
        kernel = tf.linalg.matrix_transpose(tf.reverse(kernel, range(len(windows.strides))))
        return tf.nn.convolution(x, kernel, 1, "VALID", layout, windows.dilation_rate)
    batch, *lengths, _ = tf.unstack(tf.shape(x))
    units = tf.shape(kernel)[-2] if kernel.shape[-2] is None else kernel.shape[-2]
    paddings = windows.paddings
    size = [windows.output_length(axis, lengths[axis], p) for axis, p in enumerate(paddings)]
    if windows.output_padding is None:
        shape = [batch, *size, units]
        padding = windows.padding.upper()
        return tf.nn.conv_transpose(x, kernel, shape, windows.strides, padding, layout)
    # TensorFlow has no output padding. Its valid windows begin with the first that touches the
    # input; those before ours are cut off, and those after.
    computed, ours = [], []
    for axis, (before, after) in enumerate(paddings):
        first = windows.largest_padding(axis)
        padding = first, max(first, after)
        computed.append(windows.output_length(axis, lengths[axis], padding))
        ours.append(slice(first - before, first - before + size[axis]))
    shape = [batch, *computed, units]
    dot = tf.nn.conv_transpose(x, kernel, shape, windows.strides, "VALID", layout)
    return dot[(slice(None), *ours)]
