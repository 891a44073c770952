# Generated from spec/geometries/convolution.yaml. Do not edit; run `make generate`.
"""Convolution: lengths and padding along one axis, and the constraints that errors name.

A unit looks at one window of the input at a time.
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
    """Windows that fit into the padded input."""
    extent = (kernel_size - 1) * dilation + 1
    return (size + before + after - extent) // stride + 1


def stuffed_length(size: int, input_dilation: int) -> int:
    """Positions of the input with input_dilation - 1 zeros between each and the next."""
    return max((size - 1) * input_dilation + 1, 0)


def valid_padding() -> tuple[int, int]:
    """None."""
    return 0, 0


def same_padding(size: int, kernel_size: int, stride: int, dilation: int) -> tuple[int, int]:
    """As little as gives size / stride outputs, rounded up; the odd one after."""
    extent = (kernel_size - 1) * dilation + 1
    total = max((-(-size // stride) - 1) * stride + extent - size, 0)
    return total // 2, total - total // 2


def causal_padding(kernel_size: int, dilation: int) -> tuple[int, int]:
    """An output sees no position after its own."""
    extent = (kernel_size - 1) * dilation + 1
    return extent - 1, 0


def centred_padding(kernel_size: int, dilation: int) -> tuple[int, int]:
    """The middle of each window passes over every position of the input."""
    extent = (kernel_size - 1) * dilation + 1
    return (extent - 1) // 2, extent // 2


def check_arguments(
    kernel_size: int, stride: int, dilation: int, groups: int, units: int, names: Names = SAME_NAMES
) -> None:
    """Raises `ValueError` unless conv.c1, conv.c2, conv.c3, conv.c4, conv.c5 hold."""
    if not (kernel_size > 0):
        raise violation(
            "conv.c1",
            "a window has at least one tap (kernel_size > 0)",
            names,
            kernel_size=kernel_size,
        )
    if not (dilation > 0):
        raise violation(
            "conv.c2",
            "taps lie at least one position apart (dilation > 0)",
            names,
            dilation=dilation,
        )
    if not (stride > 0):
        raise violation(
            "conv.c3", "windows advance by at least one position (stride > 0)", names, stride=stride
        )
    if not (groups > 0):
        raise violation("conv.c4", "there is at least one group (groups > 0)", names, groups=groups)
    if not (units % groups == 0):
        raise violation(
            "conv.c5",
            "every group has the same number of units (units % groups == 0)",
            names,
            groups=groups,
            units=units,
        )


def check_channels(groups: int, in_channels: int, names: Names = SAME_NAMES) -> None:
    """Raises `ValueError` unless conv.c6 holds."""
    if not (in_channels % groups == 0):
        raise violation(
            "conv.c6",
            "every group has the same number of input channels (in_channels % groups == 0)",
            names,
            groups=groups,
            in_channels=in_channels,
        )


def check_padding(before: int, after: int, names: Names = SAME_NAMES) -> None:
    """Raises `ValueError` unless conv.c7 holds."""
    if not (before >= 0 and after >= 0):
        raise violation(
            "conv.c7",
            "padding adds positions (before >= 0 and after >= 0)",
            names,
            before=before,
            after=after,
        )


def check_dilated_stride(stride: int, dilation: int, names: Names = SAME_NAMES) -> None:
    """Raises `ValueError` unless conv.c8 holds."""
    if not (stride == 1 or dilation == 1):
        raise violation(
            "conv.c8",
            "strided windows are not dilated here (stride == 1 or dilation == 1)",
            names,
            stride=stride,
            dilation=dilation,
        )


def check_same_stride(stride: int, names: Names = SAME_NAMES) -> None:
    """Raises `ValueError` unless conv.c9 holds."""
    if not (stride == 1):
        raise violation(
            "conv.c9",
            "same padding needs windows that advance by one (stride == 1)",
            names,
            stride=stride,
        )


def check_input(size: int, before: int, after: int, extent: int, names: Names = SAME_NAMES) -> None:
    """Raises `ValueError` unless conv.c10 holds."""
    if not (size + before + after >= extent):
        raise violation(
            "conv.c10",
            "a window fits into the padded input (size + before + after >= extent)",
            names,
            size=size,
            before=before,
            after=after,
            extent=extent,
        )


def check_input_channels(channels: int, in_channels: int, names: Names = SAME_NAMES) -> None:
    """Raises `ValueError` unless conv.c11 holds."""
    if not (channels == in_channels):
        raise violation(
            "conv.c11",
            "the input has the channels the layer was made for (channels == in_channels)",
            names,
            channels=channels,
            in_channels=in_channels,
        )


def check_input_rank(
    input_rank: int, largest_rank: int, least_rank: int, names: Names = SAME_NAMES
) -> None:
    """Raises `ValueError` unless conv.c12 holds."""
    if not (least_rank <= input_rank <= largest_rank):
        raise violation(
            "conv.c12",
            "the input has the layer's axes (least_rank <= input_rank <= largest_rank)",
            names,
            input_rank=input_rank,
            largest_rank=largest_rank,
            least_rank=least_rank,
        )


def check_reflect(size: int, before: int, after: int, names: Names = SAME_NAMES) -> None:
    """Raises `ValueError` unless conv.c13 holds."""
    if not (before < size and after < size):
        raise violation(
            "conv.c13",
            "a reflection is shorter than the input (before < size and after < size)",
            names,
            size=size,
            before=before,
            after=after,
        )


def check_circular(size: int, before: int, after: int, names: Names = SAME_NAMES) -> None:
    """Raises `ValueError` unless conv.c14 holds."""
    if not (before <= size and after <= size):
        raise violation(
            "conv.c14",
            "the input is wrapped around at most once (before <= size and after <= size)",
            names,
            size=size,
            before=before,
            after=after,
        )


def check_entries(entries: int, rank: int, names: Names = SAME_NAMES) -> None:
    """Raises `ValueError` unless conv.c15 holds."""
    if not (entries == rank):
        raise violation(
            "conv.c15",
            "one entry per spatial axis (entries == rank)",
            names,
            entries=entries,
            rank=rank,
        )


def check_mask(
    kernel_shape: tuple[int, ...], mask_shape: tuple[int, ...], names: Names = SAME_NAMES
) -> None:
    """Raises `ValueError` unless conv.c16 holds."""
    if not (mask_shape == kernel_shape):
        raise violation(
            "conv.c16",
            "the mask has the kernel's shape (mask_shape == kernel_shape)",
            names,
            kernel_shape=kernel_shape,
            mask_shape=mask_shape,
        )


def check_causal(rank: int, names: Names = SAME_NAMES) -> None:
    """Raises `ValueError` unless conv.c17 holds."""
    if not (rank == 1):
        raise violation(
            "conv.c17", "causal padding is for one spatial axis (rank == 1)", names, rank=rank
        )


def check_input_dilation(input_dilation: int, names: Names = SAME_NAMES) -> None:
    """Raises `ValueError` unless conv.c18 holds."""
    if not (input_dilation > 0):
        raise violation(
            "conv.c18",
            "the input is stuffed with input_dilation - 1 zeros (input_dilation > 0)",
            names,
            input_dilation=input_dilation,
        )


def check_input_axes(input_rank: int, least_rank: int, names: Names = SAME_NAMES) -> None:
    """Raises `ValueError` unless conv.c19 holds."""
    if not (input_rank >= least_rank):
        raise violation(
            "conv.c19",
            "the input has the layer's spatial axes and channels (input_rank >= least_rank)",
            names,
            input_rank=input_rank,
            least_rank=least_rank,
        )


def check_same_input_dilation(input_dilation: int, names: Names = SAME_NAMES) -> None:
    """Raises `ValueError` unless conv.c20 holds."""
    if not (input_dilation == 1):
        raise violation(
            "conv.c20",
            "same padding is for inputs that are not stuffed (input_dilation == 1)",
            names,
            input_dilation=input_dilation,
        )
