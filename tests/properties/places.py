"""Where convolutions are tested: a small pool of shapes and geometries, each with its reason.

JAX compiles once per shape, so the pool is fixed and values are drawn.
"""

from dataclasses import dataclass
from typing import Any

from codegen.plans.layer import LayerPlan
from tests.adapters import adapter
from tests.geometry import Axes, Geometry
from tests.subject import BRIEF


@dataclass(frozen=True)
class Place:
    """An input's shape, a number of units and a geometry."""

    name: str
    sizes: Axes
    geometry: Geometry
    batch: int = 2
    channels: int = 2
    units: int = 3

    def __str__(self) -> str:
        return self.name


def supported(framework: str, kind: str) -> list[Place]:
    """The places that the framework's own layers know."""
    implementation = adapter(framework)
    return [place for place in POOL[kind] if implementation.supports(place.geometry)]


def places_of(layer: LayerPlan) -> list[Place]:
    """Where a layer is tested: with every number of axes that it may have."""
    return [
        place
        for place in POOL[layer.kind]
        if place.geometry.rank in layer.ranks and (place.name in ESSENTIAL or not BRIEF)
    ]


def plain_rank(layer: LayerPlan) -> int:
    """The number of axes of tests that need only one: two, if the layer may have so many."""
    return 2 if 2 in layer.ranks else layer.ranks[0]


def wide(layer: LayerPlan) -> Place:
    """Where every sum has many terms, so that rounding shows."""
    rank = plain_rank(layer)
    if layer.kind == "convolution":
        return _convolution("wide", (5,) * rank, (3,) * rank, channels=32, units=5)
    return _transposed("wide", (3,) * rank, (3,) * rank, (2,) * rank, channels=32, units=5)


def _place(
    name: str,
    kind: str,
    sizes: Axes,
    kernel_size: Axes,
    stride: Axes | None = None,
    dilation: Axes | None = None,
    *,
    batch: int = 2,
    channels: int = 2,
    units: int = 3,
    groups: int = 1,
    padding: str | tuple[tuple[int, int], ...] = "valid",
    mode: str = "zeros",
    output_padding: Axes | None = None,
    input_dilation: Axes | None = None,
) -> Place:
    ones = (1,) * len(sizes)
    geometry = Geometry(
        kind,
        kernel_size,
        stride or ones,
        dilation or ones,
        groups,
        padding,
        mode,
        output_padding,
        input_dilation,
    )
    return Place(name, sizes, geometry, batch, channels, units)


def _convolution(name: str, *shapes: Axes, **rest: Any) -> Place:
    return _place(name, "convolution", *shapes, **rest)


def _transposed(name: str, *shapes: Axes, **rest: Any) -> Place:
    return _place(name, "transposed_convolution", *shapes, **rest)


_GROUPED = {"channels": 4, "units": 6, "groups": 2}
_ONE_ROUND = ((1, 1), (1, 1))

POOL = {
    "convolution": [
        _convolution("1d-one-tap", (5,), (1,)),
        _convolution("1d-strided", (7,), (3,), (2,)),
        _convolution("1d-dilated", (7,), (3,), (1,), (2,), batch=1),
        _convolution("1d-same", (6,), (2,), padding="same"),
        _convolution("1d-same-strided", (8,), (3,), (2,), padding="same"),
        _convolution("1d-same-stride-beyond-kernel", (7,), (2,), (3,), padding="same"),
        _convolution("1d-same-dilated", (7,), (3,), (1,), (2,), padding="same"),
        _convolution("1d-causal", (6,), (3,), padding="causal"),
        _convolution("1d-causal-dilated", (6,), (2,), (1,), (2,), padding="causal"),
        _convolution("1d-causal-strided", (7,), (3,), (2,), padding="causal"),
        _convolution("1d-circular-even", (6,), (2,), padding="circular"),
        _convolution("1d-circular-strided", (7,), (3,), (2,), padding="circular"),
        _convolution("1d-reflect", (6,), (3,), (1,), (2,), padding="reflect"),
        _convolution("1d-uneven-ends", (6,), (3,), (2,), padding=((2, 0),)),
        _convolution("1d-mode-circular", (6,), (3,), (2,), padding=((2, 2),), mode="circular"),
        _convolution("1d-stuffed", (4,), (3,), padding=((1, 2),), input_dilation=(2,)),
        _convolution(
            "1d-stuffed-strided", (4,), (3,), (2,), padding=((2, 0),), input_dilation=(3,)
        ),
        _convolution("1d-stuffed-circular", (4,), (3,), padding="circular", input_dilation=(2,)),
        _convolution("1d-stuffed-causal", (4,), (2,), padding="causal", input_dilation=(2,)),
        _convolution("1d-by-channel", (6,), (3,), padding="same", channels=3, units=6, groups=3),
        _convolution("2d-strided", (5, 6), (3, 2), (2, 1)),
        _convolution("2d-same-strided", (5, 6), (2, 3), (2, 3), padding="same"),
        _convolution("2d-same-grouped", (4, 5), (3, 2), padding="same", **_GROUPED),
        _convolution("2d-dilated", (5, 4), (3, 2), (1, 1), (2, 1), padding=((2, 2), (1, 1))),
        _convolution("2d-strided-dilated", (5, 6), (2, 3), (2, 1), (2, 2), padding=_ONE_ROUND),
        _convolution("2d-grouped-strided", (5, 6), (2, 3), (1, 2), **_GROUPED),
        _convolution("2d-mode-reflect", (4, 5), (3, 2), padding=((1, 1), (2, 2)), mode="reflect"),
        _convolution(
            "2d-mode-replicate", (4, 5), (3, 2), padding=((1, 1), (0, 0)), mode="replicate"
        ),
        _convolution("2d-circular", (4, 5), (2, 3), padding="circular"),
        _convolution("3d-strided", (3, 4, 3), (2, 3, 2), (1, 2, 1)),
        _convolution("3d-same-grouped", (3, 2, 3), (2, 2, 3), padding="same", **_GROUPED),
        _convolution("3d-dilated", (3, 2, 4), (2, 1, 2), (1, 1, 1), (1, 1, 2)),
    ],
    "transposed_convolution": [
        _transposed("1d-one-tap", (5,), (1,)),
        _transposed("1d-valid", (4,), (3,)),
        _transposed("1d-valid-strided", (4,), (3,), (2,), batch=1),
        _transposed("1d-valid-stride-beyond-kernel", (3,), (2,), (3,)),
        _transposed("1d-valid-dilated", (4,), (3,), (1,), (2,)),
        _transposed("1d-same", (4,), (2,), padding="same"),
        _transposed("1d-same-strided", (4,), (3,), (2,), padding="same"),
        _transposed("1d-same-stride-beyond-kernel", (3,), (2,), (3,), padding="same"),
        _transposed("1d-same-dilated", (5,), (3,), (1,), (2,), padding="same"),
        _transposed("1d-valid-output-padding", (4,), (3,), (2,), output_padding=(1,)),
        _transposed(
            "1d-same-output-padding", (4,), (3,), (2,), padding="same", output_padding=(1,)
        ),
        _transposed("1d-cropped", (4,), (3,), (2,), padding=((1, 1),)),
        _transposed(
            "1d-cropped-output-padding", (4,), (3,), (3,), padding=((1, 1),), output_padding=(2,)
        ),
        _transposed("1d-strided-dilated", (3,), (2,), (2,), (2,), padding=((1, 1),)),
        _transposed("1d-grouped", (4,), (3,), (2,), padding=((0, 0),), **_GROUPED),
        _transposed("1d-circular", (4,), (3,), (2,), padding="circular"),
        _transposed("1d-circular-even", (4,), (2,), padding="circular"),
        _transposed("1d-circular-around-twice", (3,), (3,), (1,), (2,), padding="circular"),
        _transposed("2d-valid-strided", (3, 4), (3, 2), (2, 1)),
        _transposed("2d-same-strided", (3, 2), (2, 3), (2, 3), padding="same"),
        _transposed(
            "2d-cropped-output-padding",
            (3, 2),
            (3, 2),
            (2, 1),
            padding=((1, 1), (0, 0)),
            output_padding=(1, 0),
        ),
        _transposed(
            "2d-grouped-dilated", (3, 2), (2, 3), (1, 1), (1, 2), padding=_ONE_ROUND, **_GROUPED
        ),
        _transposed("2d-circular", (2, 3), (3, 2), (1, 2), padding="circular"),
        _transposed("3d-valid-strided", (2, 3, 2), (2, 3, 2), (1, 2, 2)),
        _transposed(
            "3d-cropped", (2, 2, 3), (3, 1, 2), (1, 2, 2), padding=((1, 1), (0, 0), (1, 1))
        ),
        _transposed("3d-same-strided", (2, 2, 3), (2, 2, 3), (2, 1, 1), padding="same"),
    ],
}

ESSENTIAL = {
    *("1d-strided", "1d-causal-dilated", "2d-same-grouped", "2d-mode-reflect", "3d-strided"),
    *("1d-valid-strided", "1d-grouped", "2d-same-strided", "2d-circular", "3d-valid-strided"),
}
"""For a neuron that is new in known geometries: each number of axes, strides, groups, fillings."""
