"""Keras 3: sizes of a layer, as its constructor takes, stores and documents them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from codegen.frameworks.base import Argument
from codegen.plans.layer import LayerPlan


@dataclass(frozen=True)
class Sizes:
    """What the layers of one geometry have beside the parameters of their neuron."""

    units: str
    """The argument that counts units."""
    arguments: tuple[Argument, ...]
    """All arguments before `activation`, `units` first."""
    stored: tuple[str, ...]
    """Statements of the constructor that check and store them."""
    kernel_shape: str
    """Of the stored kernel, in terms of the attributes and of the local `input_dim`."""
    kernel_shape_doc: str
    kernel_axes: str
    """Axes along which one unit's kernel extends."""
    initialize: str
    """The function of `nmn.keras._numerics` that draws a kernel of this layout."""


_DENSE = Sizes(
    units="units",
    arguments=(Argument("units", "", None, "Number of units."),),
    stored=('self.units = _arguments.positive_integer("units", units)',),
    kernel_shape="(input_dim, self.units)",
    kernel_shape_doc="(input_dim, units)",
    kernel_axes="0",
    initialize="initialize",
)

_FILTERS = Argument("filters", "", None, "Number of units, at least 1.")
_KERNEL_SIZE = Argument(
    "kernel_size",
    "",
    None,
    "Taps of a window along each spatial axis, at least 1: an integer, or one per axis.",
)
_STRIDES = Argument(
    "strides",
    "",
    "1",
    "Positions by which windows advance, at least 1: an integer, or one per axis.",
)
_STUFFING = Argument(
    "strides",
    "",
    "1",
    "Outputs per position of the input, at least 1: an integer, or one per axis. `strides - 1` "
    "zeros are stuffed between positions.",
)
_DATA_FORMAT = Argument(
    "data_format",
    "",
    "None",
    '"channels_last" or "channels_first". None stands for `keras.config.image_data_format()`.',
)
_DILATION_RATE = Argument(
    "dilation_rate",
    "",
    "1",
    "Positions from one tap to the next, at least 1: an integer, or one per axis. Not above 1 "
    "together with `strides`.",
)
_GROUPS = Argument(
    "groups",
    "",
    "1",
    "Groups into which input channels and units are divided, each unit seeing the channels of its "
    "own group alone. Divides both numbers.",
)
_OUTPUT_PADDING = Argument(
    "output_padding",
    "",
    "None",
    "Outputs added at the end of each axis, at least 0 and below `strides`: an integer, or one per "
    "axis. None: as many as `padding` says.",
)


def _stored_axes(geometry: str) -> tuple[str, ...]:
    return (
        'self.filters = _arguments.positive_integer("filters", filters)',
        f'self.kernel_size = {geometry}.per_axis("kernel_size", kernel_size, self.rank)',
        f'self.strides = {geometry}.per_axis("strides", strides, self.rank)',
        f'self.dilation_rate = {geometry}.per_axis("dilation_rate", dilation_rate, self.rank)',
        "self.data_format = _windows.standardize_data_format(data_format)",
    )


_CONVOLUTION = Sizes(
    units="filters",
    arguments=(
        _FILTERS,
        _KERNEL_SIZE,
        _STRIDES,
        Argument(
            "padding",
            "",
            '"valid"',
            '"valid": none; "same": zeros on both sides, for `size / strides` outputs, rounded up; '
            '"causal", with one spatial axis: zeros before the input, so that no output sees a '
            "later position.",
        ),
        _DATA_FORMAT,
        _DILATION_RATE,
        _GROUPS,
    ),
    stored=(
        *_stored_axes("_convolution"),
        'self.padding = _windows.standardize_padding(padding, ("valid", "same", "causal"))',
        'self.groups = _arguments.integer("groups", groups)',
    ),
    kernel_shape="(*self.kernel_size, input_dim // self.groups, self.filters)",
    kernel_shape_doc="(*kernel_size, channels // groups, filters)",
    kernel_axes="tuple(range(self.rank + 1))",
    initialize="initialize",
)

_TRANSPOSED = Sizes(
    units="filters",
    arguments=(
        _FILTERS,
        _KERNEL_SIZE,
        _STUFFING,
        Argument(
            "padding",
            "",
            '"valid"',
            '"valid": every window that touches the input; "same": the middle `size * strides` of '
            "those.",
        ),
        _OUTPUT_PADDING,
        _DATA_FORMAT,
        _DILATION_RATE,
    ),
    stored=(
        *_stored_axes("_transposed_convolution"),
        'self.padding = _windows.standardize_padding(padding, ("valid", "same"))',
        "self.output_padding = output_padding",
        "if output_padding is not None:",
        "    self.output_padding = _transposed_convolution.per_axis(",
        '        "output_padding", output_padding, self.rank',
        "    )",
    ),
    kernel_shape="(*self.kernel_size, self.filters, input_dim)",
    kernel_shape_doc="(*kernel_size, filters, channels)",
    kernel_axes="(*range(self.rank), -1)",
    initialize="initialize_transposed",
)

SIZES: Mapping[str, Sizes] = {
    "dense": _DENSE,
    "convolution": _CONVOLUTION,
    "transposed_convolution": _TRANSPOSED,
}

_SPATIAL = {1: ("steps",), 2: ("height", "width"), 3: ("depth", "height", "width")}
_NUMERALS = {1: "one spatial axis", 2: "two spatial axes", 3: "three spatial axes"}

#: Per geometry: arguments of an example, and its spatial sizes before and after.
_EXAMPLES = {
    "convolution": ('4, 3, padding="same"', 10, 10),
    "transposed_convolution": ('4, 3, strides=2, padding="same"', 10, 20),
}


def rank_views(plan: LayerPlan) -> list[dict[str, object]]:
    """One public class per number of spatial axes: its name, shapes and example."""
    return [_rank_view(plan, rank) for rank in plan.ranks]


def _rank_view(plan: LayerPlan, rank: int) -> dict[str, object]:
    axes = _SPATIAL[rank]
    kind = plan.kind.replace("_", " ").capitalize()
    arguments, size, length = _EXAMPLES[plan.kind]
    return {
        "name": f"{plan.name}{rank}D",
        "title": f"{kind} along {_NUMERALS[rank]}",
        "rank": rank,
        "input_doc": _shape_doc(axes, "channels"),
        "output_doc": _shape_doc([f"new_{axis}" for axis in axes], "filters"),
        "example": arguments,
        "example_input": (2, *[size] * rank, 3),
        "example_output": (2, *[length] * rank, 4),
        # Keras has these two the other way round in Conv3DTranspose alone.
        "data_format_first": plan.kind == "transposed_convolution" and rank == 3,
    }


def _shape_doc(axes: Sequence[str], channels: str) -> str:
    sizes = ", ".join(axes)
    last, first = f"`(batch_size, {sizes}, {channels})`", f"`(batch_size, {channels}, {sizes})`"
    return f"{last}, or {first} with channels first."
