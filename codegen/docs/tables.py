"""What the frameworks call the same thing, side by side."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from codegen.frameworks import FRAMEWORKS
from codegen.frameworks.arguments import KERNEL_OPTIONS
from codegen.frameworks.base import Argument, Framework, StoredArray
from codegen.plans.layer import LayerPlan, NeuronPlan

KINDS = {
    "dense": "Dense",
    "convolution": "Convolution",
    "transposed_convolution": "Transposed convolution",
}

Cells = tuple[tuple[str, ...], ...]
"""One cell per framework, each a list of names."""


@dataclass(frozen=True)
class Row:
    """A line of a table: what it is about, then a cell per framework."""

    head: str
    note: str
    cells: Cells
    shapes: tuple[str, ...] = ()
    """Axes of the arrays that cells name, one entry per framework."""


def class_rows(layers: Sequence[LayerPlan]) -> tuple[Row, ...]:
    """Names of the layer classes, by geometry."""
    return tuple(
        Row(KINDS[layer.kind], "", tuple(f.class_names(layer) for f in FRAMEWORKS))
        for layer in layers
    )


def argument_rows(layer: LayerPlan) -> tuple[Row, ...]:
    """Constructor arguments about the kernel and every parameter of the neuron."""
    arguments = [_arguments(framework, layer) for framework in FRAMEWORKS]
    names = [p.name for p in layer.neuron.parameters]

    def row(head: str, note: str, topic: str) -> Row:
        cells = (
            tuple(a.name for a in found if _topic(a.name, names) == topic) for found in arguments
        )
        return Row(head, note, tuple(cells))

    return (
        row("kernel", "The weights w, one kernel per unit.", "kernel"),
        *(row(p.name, p.spec.summary, p.name) for p in layer.neuron.parameters),
    )


def array_rows(layers: Sequence[LayerPlan]) -> tuple[Row, ...]:
    """Stored arrays with their axes; those that are the same in every geometry once."""
    rows = []
    for layer in layers:
        stored = [f.stored_arrays(layer) for f in FRAMEWORKS]
        for array in layer.arrays:
            if array.name == "kernel" or layer is layers[0]:
                head = f"kernel, {KINDS[layer.kind].lower()}" if array.name == "kernel" else ""
                cells = tuple((s[array.name].name,) for s in stored)
                shapes = tuple(_shape(s[array.name]) for s in stored)
                rows.append(Row(head or array.name, "", cells, shapes))
    return tuple(sorted(rows, key=lambda row: not row.head.startswith("kernel,")))


def defaults(plan: NeuronPlan) -> Mapping[str, str]:
    """Where every parameter starts, in words."""
    words = {}
    for parameter in plan.parameters:
        kind = "trained" if parameter.trained else "constant"
        if parameter.has("learnable"):
            kind += " unless learnable"
        shape = "one per unit" if parameter.per_unit else "one number"
        positive = ", positive" if parameter.spec.positive else ""
        absent = f"; left out it counts as {parameter.spec.absent:g}" if parameter.optional else ""
        words[parameter.name] = (
            f"{kind}, {shape}{positive}, starts at {parameter.start:g}{absent}"
            if parameter.trained
            else f"{kind}, {shape}{positive}, {parameter.start:g} by default"
        )
    return words


def _arguments(framework: Framework, layer: LayerPlan) -> Sequence[Argument]:
    arguments: Sequence[Argument] = framework.layer(layer)["arguments"]
    return arguments


def _topic(argument: str, parameters: Sequence[str]) -> str | None:
    """The array that an argument is about: the longest name it contains as whole words."""
    if argument in KERNEL_OPTIONS:
        return "kernel"
    if argument == "kernel_size":
        return None
    found = [n for n in ("kernel", *parameters) if f"_{n}_" in f"_{argument}_"]
    return max(found, key=len, default=None)


_AXES = {
    "unit": "units",
    "input": "inputs",
    "spatial": "*taps",
    "-spatial": "*taps↺",
    "group unit": "units",
    "group input": "inputs",
}


def _shape(stored: StoredArray) -> str:
    return f"({', '.join(_AXES.get(a, a) for a in stored.axes)})"
