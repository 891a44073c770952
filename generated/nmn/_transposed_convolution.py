# Generated from spec/geometries/transposed_convolution.yaml. Do not edit; run `make generate`.
"""Transposed convolution: lengths and padding along one axis, and the constraints that errors name.

A convolution over the input with stride - 1 zeros stuffed between its positions. Padding surrounds
    the stuffed input with zeros; where it is negative it cuts off.
"""

from collections.abc import Sequence

from nmn._arguments import SAME_NAMES, Names, integers, violation


def per_axis(name: str, value: int | Sequence[int], rank: int) -> tuple[int, ...]:
    """The argument `name` once for each of `rank` spatial axes."""
    values = integers(name, value, rank)
    check_entries(len(values), rank, names={"entries": f"len({name})"})
    return values


def extent(kernel_size: int, dilation: int) -> int:
    """Positions from the first tap of a window to the last."""
    return (kernel_size - 1) * dilation + 1


def output_length(
    size: int, kernel_size: int, stride: int, dilation: int, before: int, after: int
) -> int:
    """Windows that fit into the stuffed and padded input."""
    extent = (kernel_size - 1) * dilation + 1
    return (size - 1) * stride + 1 + before + after - extent + 1


def valid_padding(kernel_size: int, stride: int, dilation: int) -> tuple[int, int]:
    """Every window that touches the input, and at least stride outputs per position."""
    extent = (kernel_size - 1) * dilation + 1
    return extent - 1, max(extent, stride) - 1


def same_padding(kernel_size: int, stride: int, dilation: int) -> tuple[int, int]:
    """Size · stride outputs, from the middle of the valid ones; the odd one after."""
    extent = (kernel_size - 1) * dilation + 1
    return extent - 1 - max(extent - stride, 0) // 2, stride - 1 + max(extent - stride, 0) // 2


def cropped_padding(
    kernel_size: int, dilation: int, padding: int, output_padding: int
) -> tuple[int, int]:
    """Every window that touches the input but for `padding` at each end, `output_padding` more."""
    extent = (kernel_size - 1) * dilation + 1
    return extent - 1 - padding, extent - 1 - padding + output_padding


def same_with_output_padding_padding(
    kernel_size: int, dilation: int, output_padding: int
) -> tuple[int, int]:
    """Keras's 'same' where `output_padding` is given."""
    extent = (kernel_size - 1) * dilation + 1
    total = extent + extent % 2 - 2 + output_padding
    return min(total - total // 2, extent - 1), total - min(total - total // 2, extent - 1)


def circular_padding(kernel_size: int, stride: int, dilation: int) -> tuple[int, int]:
    """Size · stride outputs over the stuffed input, repeated; the odd one after."""
    extent = (kernel_size - 1) * dilation + 1
    return extent - 1 - max(extent - stride, 0) // 2, max(extent - stride, 0) // 2


def mirrored_circular_padding(kernel_size: int, stride: int, dilation: int) -> tuple[int, int]:
    """The same, the odd one before."""
    extent = (kernel_size - 1) * dilation + 1
    return extent - 1 - (max(extent - stride, 0) + 1) // 2, (max(extent - stride, 0) + 1) // 2


def repeated_padding(stride: int, before: int, after: int) -> tuple[int, int]:
    """Positions of the input, before stuffing, that reach into padding before and after it."""
    return -(-before // stride), -(-after // stride)


def around_repeated_padding(stride: int, before: int, after: int) -> tuple[int, int]:
    """What is left of that padding, around the repeated and stuffed input."""
    return -(-before % stride), (after - 1) % stride


def check_arguments(
    kernel_size: int, stride: int, dilation: int, groups: int, units: int, names: Names = SAME_NAMES
) -> None:
    """Raises `ValueError` unless convt.c1, convt.c2, convt.c3, convt.c4, convt.c5 hold."""
    if not (kernel_size > 0):
        raise violation(
            "convt.c1",
            "a window has at least one tap (kernel_size > 0)",
            names,
            kernel_size=kernel_size,
        )
    if not (dilation > 0):
        raise violation(
            "convt.c2",
            "taps lie at least one position apart (dilation > 0)",
            names,
            dilation=dilation,
        )
    if not (stride > 0):
        raise violation(
            "convt.c3",
            "the input is stuffed with stride - 1 zeros (stride > 0)",
            names,
            stride=stride,
        )
    if not (groups > 0):
        raise violation(
            "convt.c4", "there is at least one group (groups > 0)", names, groups=groups
        )
    if not (units % groups == 0):
        raise violation(
            "convt.c5",
            "every group has the same number of units (units % groups == 0)",
            names,
            groups=groups,
            units=units,
        )


def check_channels(groups: int, in_channels: int, names: Names = SAME_NAMES) -> None:
    """Raises `ValueError` unless convt.c6 holds."""
    if not (in_channels % groups == 0):
        raise violation(
            "convt.c6",
            "every group has the same number of input channels (in_channels % groups == 0)",
            names,
            groups=groups,
            in_channels=in_channels,
        )


def check_padding(padding: int, names: Names = SAME_NAMES) -> None:
    """Raises `ValueError` unless convt.c7 holds."""
    if not (padding >= 0):
        raise violation(
            "convt.c7", "padding takes positions away (padding >= 0)", names, padding=padding
        )


def check_output_padding(
    stride: int, dilation: int, output_padding: int, names: Names = SAME_NAMES
) -> None:
    """Raises `ValueError` unless convt.c8 holds."""
    if not (0 <= output_padding < max(stride, dilation)):
        raise violation(
            "convt.c8",
            "output padding is less than one step (0 <= output_padding < max(stride, dilation))",
            names,
            stride=stride,
            dilation=dilation,
            output_padding=output_padding,
        )


def check_dilated_stride(stride: int, dilation: int, names: Names = SAME_NAMES) -> None:
    """Raises `ValueError` unless convt.c9 holds."""
    if not (stride == 1 or dilation == 1):
        raise violation(
            "convt.c9",
            "strided windows are not dilated here (stride == 1 or dilation == 1)",
            names,
            stride=stride,
            dilation=dilation,
        )


def check_input(output_length: int, names: Names = SAME_NAMES) -> None:
    """Raises `ValueError` unless convt.c10 holds."""
    if not (output_length >= 1):
        raise violation(
            "convt.c10",
            "a window fits into the stuffed and padded input (output_length >= 1)",
            names,
            output_length=output_length,
        )


def check_input_channels(channels: int, in_channels: int, names: Names = SAME_NAMES) -> None:
    """Raises `ValueError` unless convt.c11 holds."""
    if not (channels == in_channels):
        raise violation(
            "convt.c11",
            "the input has the channels the layer was made for (channels == in_channels)",
            names,
            channels=channels,
            in_channels=in_channels,
        )


def check_input_rank(
    input_rank: int, largest_rank: int, least_rank: int, names: Names = SAME_NAMES
) -> None:
    """Raises `ValueError` unless convt.c12 holds."""
    if not (least_rank <= input_rank <= largest_rank):
        raise violation(
            "convt.c12",
            "the input has the layer's axes (least_rank <= input_rank <= largest_rank)",
            names,
            input_rank=input_rank,
            largest_rank=largest_rank,
            least_rank=least_rank,
        )


def check_entries(entries: int, rank: int, names: Names = SAME_NAMES) -> None:
    """Raises `ValueError` unless convt.c13 holds."""
    if not (entries == rank):
        raise violation(
            "convt.c13",
            "one entry per spatial axis (entries == rank)",
            names,
            entries=entries,
            rank=rank,
        )


def check_mask(
    kernel_shape: tuple[int, ...], mask_shape: tuple[int, ...], names: Names = SAME_NAMES
) -> None:
    """Raises `ValueError` unless convt.c14 holds."""
    if not (mask_shape == kernel_shape):
        raise violation(
            "convt.c14",
            "the mask has the kernel's shape (mask_shape == kernel_shape)",
            names,
            kernel_shape=kernel_shape,
            mask_shape=mask_shape,
        )


def check_input_axes(input_rank: int, least_rank: int, names: Names = SAME_NAMES) -> None:
    """Raises `ValueError` unless convt.c15 holds."""
    if not (input_rank >= least_rank):
        raise violation(
            "convt.c15",
            "the input has the layer's spatial axes and channels (input_rank >= least_rank)",
            names,
            input_rank=input_rank,
            least_rank=least_rank,
        )
