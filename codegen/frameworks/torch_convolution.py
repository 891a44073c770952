"""PyTorch: views of convolutions, with the arguments of `torch.nn`'s own."""

from typing import Any

from codegen.frameworks.arguments import TITLES
from codegen.frameworks.base import Argument
from codegen.plans.layer import LayerPlan

_SIZES = {
    "in_channels": "Channels of the input, at least 1.",
    "out_channels": "Number of units, the channels of the output, at least 1.",
    "kernel_size": "Taps of the kernel along each axis, at least 1.",
}
_ZEROS = (
    "padding_mode",
    "str",
    '"zeros"',
    "What padding consists of; a transposed convolution knows zeros alone.",
)
_CONVOLUTION = [
    ("stride", "int | Sequence[int]", "1", "Positions by which the window advances, at least 1."),
    (
        "padding",
        "str | int | Sequence[int]",
        "0",
        'Positions added at both ends of each axis, at least 0; or "valid" (none) or "same" '
        "(output as long as the input; stride 1).",
    ),
    ("dilation", "int | Sequence[int]", "1", "Positions from tap to tap, at least 1."),
    ("groups", "int", "1", "Groups into which channels and units are divided."),
    "bias",
    (
        "padding_mode",
        "str",
        '"zeros"',
        'What padding consists of: "zeros", "reflect", "replicate" or "circular".',
    ),
]
_TRANSPOSED = [
    ("stride", "int | Sequence[int]", "1", "Positions from input to input, at least 1."),
    (
        "padding",
        "int | Sequence[int]",
        "0",
        "Positions taken away at both ends of each axis of the output, at least 0.",
    ),
    (
        "output_padding",
        "int | Sequence[int]",
        "0",
        "Positions added at the end of each axis of the output; less than stride or dilation.",
    ),
    ("groups", "int", "1", "Groups into which channels and units are divided."),
    "bias",
    ("dilation", "int | Sequence[int]", "1", "Positions from tap to tap, at least 1."),
    _ZEROS,
]
MASK = Argument(
    "mask",
    "Tensor | None",
    "None",
    "Factors of the kernel, of the shape of ``weight``; 0 where a connection is missing.",
)


_AXES = {1: "one spatial axis", 2: "two spatial axes", 3: "three spatial axes"}


def positional(plan: LayerPlan, flags: dict[str, Argument]) -> list[Argument]:
    """Sizes and geometry in the order of `torch.nn.ConvNd` or `torch.nn.ConvTransposeNd`."""
    arguments = [Argument(n, "int", None, doc) for n, doc in _SIZES.items()]
    arguments[-1] = Argument("kernel_size", "int | Sequence[int]", None, _SIZES["kernel_size"])
    for entry in _TRANSPOSED if plan.kind == "transposed_convolution" else _CONVOLUTION:
        if isinstance(entry, tuple):
            arguments.append(Argument(*entry))
        elif entry in flags:
            arguments.append(flags[entry])
    return arguments


def view(plan: LayerPlan) -> dict[str, Any]:
    """What only convolutions say."""
    return {
        "classes": [
            {
                "name": f"{plan.name}{rank}d",
                "rank": rank,
                "summary": f"{TITLES[plan.kind]} along {_AXES[rank]}.",
                "input": _shape("C_\\text{in}", rank, "in"),
                "output": _shape("C_\\text{out}", rank, "out"),
                "example_input": ", ".join(map(str, (20, 16, *(8,) * rank))),
                "example_output": ", ".join(map(str, (20, 33, *(_length(plan),) * rank))),
            }
            for rank in plan.ranks
        ]
    }


def _shape(channels: str, rank: int, side: str) -> str:
    names = "DHW"[-rank:] if rank > 1 else "L"
    return ", ".join([channels, *(f"{n}_\\text{{{side}}}" for n in names)])


def _length(plan: LayerPlan) -> int:
    """Length of the example's output: 8 positions, 3 taps, stride 2."""
    return 17 if plan.kind == "transposed_convolution" else 3
