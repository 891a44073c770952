"""TensorFlow: what layers say whose windows pass over an input."""

from codegen.frameworks.arguments import TITLES
from codegen.frameworks.base import Argument, View
from codegen.plans.layer import LayerPlan

_PER_AXIS = "one integer, or one for each axis"
_SIZES = {1: ("length",), 2: ("height", "width"), 3: ("depth", "height", "width")}

FILTERS = Argument("filters", "int", None, "Number of units: channels of the output.")
KERNEL_SIZE = Argument(
    "kernel_size", "int | Sequence[int]", None, f"Taps of a window, at least 1: {_PER_AXIS}."
)
DATA_FORMAT = Argument(
    "data_format",
    "str",
    '"channels_last"',
    'Where the channels are, in input and output: "channels_last" or "channels_first".',
)


def _per_axis(name: str, doc: str) -> Argument:
    return Argument(name, "int | Sequence[int]", "1", f"{doc}: {_PER_AXIS}.")


def _padding(doc: str) -> Argument:
    return Argument("padding", "str", '"valid"', doc)


_GEOMETRY = {
    "convolution": (
        FILTERS,
        KERNEL_SIZE,
        _per_axis("strides", "Positions between a window and the next, at least 1"),
        _padding(
            '"valid" (none), "same" (the output has as many positions as the input, divided by '
            '`strides` and rounded up) or, along one axis, "causal" (no window looks ahead).'
        ),
        DATA_FORMAT,
        _per_axis("dilation_rate", "Positions between taps, at least 1, and 1 unless `strides` is"),
        Argument(
            "groups",
            "int",
            "1",
            "Number of parts into which input channels and units are divided, at least 1; units "
            "see the channels of their own part. Divides `filters` and the input's channels.",
        ),
    ),
    "transposed_convolution": (
        FILTERS,
        KERNEL_SIZE,
        _per_axis("strides", "Positions of the output for each of the input, at least 1"),
        _padding(
            '"valid" (every window that touches the input) or "same" (the output has as many '
            "positions as the input, times `strides`)."
        ),
        Argument(
            "output_padding",
            "int | Sequence[int] | None",
            "None",
            "Positions of the output beyond those of windows that touch the input, below "
            f"`strides` or `dilation_rate`: {_PER_AXIS}. None: as `padding` says.",
        ),
        DATA_FORMAT,
        _per_axis("dilation_rate", "Positions between taps, at least 1, and 1 unless `strides` is"),
    ),
}

#: Shapes of kernels: as written in `build`, as documented, and the axes of one unit.
_KERNELS = {
    "convolution": (
        "[*self.kernel_size, in_channels // self.groups, self.filters]",
        "[*kernel_size, in / groups, filters]",
        "range(self.rank + 1)",
    ),
    "transposed_convolution": (
        "[*self.kernel_size, self.filters, in_channels]",
        "[*kernel_size, filters, in]",
        "[*range(self.rank), -1]",
    ),
}


def geometry_arguments(plan: LayerPlan) -> list[Argument]:
    """Arguments of the constructor that come before those of parameters."""
    return list(_GEOMETRY[plan.kind])


def convolution_view(plan: LayerPlan, initialiser: str) -> View:
    """What differs from a dense layer; `initialiser` draws units along the last axis."""
    shape, documented, axes = _KERNELS[plan.kind]
    if plan.kind == "transposed_convolution":
        # Drawn with the units last, as the law wants them.
        drawn = initialiser.replace("shape", "[*shape[:-2], in_channels, self.filters]", 1)
        initialiser = f"tf.linalg.matrix_transpose({drawn})"
    return {
        "units": "filters",
        "kernel_shape": shape,
        "kernel_shape_doc": documented,
        "unit_axes": axes,
        "kernel_initialiser": initialiser,
        "classes": [_class(plan, rank) for rank in plan.ranks],
    }


def _class(plan: LayerPlan, rank: int) -> View:
    """One public class, for a number of spatial axes."""
    sizes = ", ".join(_SIZES[rank])
    name = f"{plan.name}{rank}D"
    output = 7 if plan.kind == "transposed_convolution" else 3
    return {
        "name": name,
        "rank": rank,
        "summary": f"{TITLES[plan.kind]} of {plan.neuron.title} neurons along {_axes(rank)}.",
        "input_shape": f"`[batch, {sizes}, in]`",
        "output_shape": f"`[batch, {sizes}, filters]`",
        "example": f"{name}(4, 3)",
        "example_input": [2, *[5] * rank, 3],
        "example_output": [2, *[output] * rank, 4],
    }


def _axes(rank: int) -> str:
    return "one axis" if rank == 1 else f"{'two' if rank == 2 else 'three'} axes"
