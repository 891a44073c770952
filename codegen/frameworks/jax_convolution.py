"""What convolutions add to the layers of Flax Linen and Flax NNX: arguments, checks, shapes."""

from codegen.frameworks.base import Argument
from codegen.frameworks.jax import Geometry, grouped
from codegen.plans.layer import LayerPlan

_STEPS = {"strides", "input_dilation", "kernel_dilation"}


def geometry(plan: LayerPlan, units: str, inputs: str) -> Geometry:
    """Arguments and view of a convolution, whose sizes the framework calls as given."""
    if _transposed(plan):
        channels = f"{inputs}, {units}"
        shape = f"(*kernel_size, {channels}), or (*kernel_size, {units}, {inputs}) with "
        shape += "``transpose_kernel``"
    else:
        shape = f"(*kernel_size, {inputs} / feature_group_count, {units})"
    return Geometry(
        functions=[],
        view={
            "kernel_shape_doc": shape,
            "norms": _norms(plan),
            "grouped": [*({"sq_w"} & {*plan.neuron.math.primitives}), *grouped(plan)],
        },
        sizes=_sizes(plan),
        windows=_windows(plan),
        mask=[MASK],
        inputs="math.prod(kernel.shape[:-1])",
    )


def _norms(plan: LayerPlan) -> list[str]:
    """The squared norms that the neuron uses, and that of windows to be divided by it."""
    primitives = plan.neuron.math.primitives
    sq_x = "sq_x = _numerics.window_sq_norm(inputs, kernel.shape, windows, dot.dtype)"
    if "sq_x" in primitives:
        lines = [sq_x, "if self.spherical:"]
        lines += ["    dot, sq_x = _numerics.unit_norm_windows(dot, sq_x)"]
    else:
        lines = ["if self.spherical:", f"    {sq_x}"]
        lines += ["    dot, _ = _numerics.unit_norm_windows(dot, sq_x)"]
    if "sq_w" in primitives:
        lines.append("sq_w = _numerics.kernel_sq_norm(kernel, dot.dtype)")
    return lines


def _sizes(plan: LayerPlan) -> list[Argument]:
    """What comes right after the sizes of a layer."""
    default = "None" if _transposed(plan) else "1"
    advance = (
        "distance of the input's positions, zeros between them"
        if _transposed(plan)
        else "how far windows advance"
    )
    return [
        Argument(
            "kernel_size",
            "int | Sequence[int]",
            None,
            "taps along each spatial axis; an integer is a kernel of one axis.",
        ),
        _step("strides", default, advance),
    ]


def _windows(plan: LayerPlan) -> list[Argument]:
    """The rest of what the framework's own layer lets a caller choose about windows."""
    if _transposed(plan):
        return [
            Argument("padding", "PaddingLike", '"SAME"', _TRANSPOSED_PADDING),
            _step("kernel_dilation", "None", "distance of the kernel's taps"),
        ]
    return [
        Argument("padding", "PaddingLike", '"SAME"', _PADDING),
        _step("input_dilation", "1", "distance of the input's positions, zeros between them"),
        _step("kernel_dilation", "1", "distance of the kernel's taps"),
        Argument(
            "feature_group_count",
            "int",
            "1",
            "groups into which input features and units are divided.",
        ),
    ]


MASK = Argument(
    "mask", "Array | None", "None", "factors of the kernel's entries, of the kernel's shape."
)

TRANSPOSE_KERNEL = Argument(
    "transpose_kernel",
    "bool",
    "False",
    "Store the kernel of the convolution that this layer is the transpose of: spatial axes "
    "reversed, units before input features.",
)

PREFERRED_ELEMENT_TYPE = Argument(
    "preferred_element_type",
    "Dtype | None",
    "None",
    "the dtype of the result, where it is to differ from ``dtype``. Products are accumulated in "
    "float32 at least, whatever it is.",
)

_PADDING = (
    '``"SAME"``, ``"VALID"``, ``"CIRCULAR"`` (the input repeats), ``"REFLECT"`` (it is mirrored '
    'at its ends), ``"CAUSAL"`` (one spatial axis; no position sees a later one), or numbers of '
    "zeros: one for all sides, or for each spatial axis one or a pair (before, after)."
)

_TRANSPOSED_PADDING = (
    '``"SAME"``, ``"VALID"``, ``"CIRCULAR"`` (the stuffed input repeats), or numbers of zeros '
    "around the stuffed input: one for all sides, or for each spatial axis one or a pair "
    "(before, after), as ``jax.lax.conv_transpose`` reads them."
)


def _step(name: str, default: str, doc: str) -> Argument:
    annotation = "int | Sequence[int] | None"
    return Argument(name, annotation, default, f"{doc}: one integer, or one per spatial axis.")


def _transposed(plan: LayerPlan) -> bool:
    return plan.kind == "transposed_convolution"


def statements(plan: LayerPlan, units: str, value: str) -> list[str]:
    """Store windows as whole numbers per axis, and check them.

    `value` says how an argument is reached: "{}" or "self.{}".
    """
    names = [argument.name for argument in (*_sizes(plan), *_windows(plan))]
    calls = {name: f'_windows.per_axis("{name}", {{}}, rank)' for name in names if name in _STEPS}
    words = "TRANSPOSED_PADDING" if _transposed(plan) else "CONVOLUTION_PADDING"
    calls |= {
        "kernel_size": f"_windows.kernel_size({{}}, ranks={plan.ranks})",
        "padding": f"_windows.padding({{}}, rank, _windows.{words})",
        "feature_group_count": '_arguments.integer("feature_group_count", {})',
    }
    stored = [f"self.{name} = {calls[name].format(value.format(name))}" for name in names]
    stored.insert(1, "rank = len(self.kernel_size)")
    check = "check_transposed" if _transposed(plan) else "check_convolution"
    return [*stored, f"_windows.{check}(self, self.{units})"]
