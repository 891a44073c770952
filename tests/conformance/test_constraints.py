"""Every constraint of every geometry, broken through the layers of every framework that can."""

from dataclasses import dataclass, replace

import numpy as np
import pytest

from tests.adapters import FRAMEWORKS, adapter
from tests.conformance.definition import YAT
from tests.geometry import Geometry
from tests.properties.draw import GEOMETRIES

ALL = frozenset(FRAMEWORKS)
FLAX = frozenset({"linen", "nnx"})
NAMED = frozenset({"keras", "tf"})
"""Those whose padding has names only."""
TORCH = frozenset({"torch"})

CONVOLUTION = Geometry("convolution", (3,), (1,), (1,))
TRANSPOSED = Geometry("transposed_convolution", (3,), (1,), (1,))


@dataclass(frozen=True)
class Broken:
    """A layer and an input that break one constraint."""

    id: str
    frameworks: frozenset[str]
    geometry: Geometry
    channels: int = 2
    units: int = 4
    x: tuple[int, ...] | None = None
    """Shape of the input; None if there can be no such layer."""


def _breaks(id: str, frameworks: frozenset[str], **changes) -> Broken:
    base = CONVOLUTION if id.startswith("conv.") else TRANSPOSED
    own = {name: changes.pop(name) for name in list(changes) if hasattr(base, name)}
    return Broken(id, frameworks, replace(base, **own), **changes)


BROKEN = [
    _breaks("conv.c1", ALL, kernel_size=(0,)),
    _breaks("conv.c2", ALL, dilation=(0,)),
    _breaks("conv.c3", ALL, stride=(0,)),
    _breaks("conv.c4", ALL, groups=0),
    _breaks("conv.c5", ALL, groups=2, units=3),
    _breaks("conv.c6", ALL, groups=2, channels=3),
    _breaks("conv.c7", TORCH, padding=((-1, -1),)),
    _breaks("conv.c8", NAMED, stride=(2,), dilation=(2,)),
    _breaks("conv.c9", TORCH, padding="same", stride=(2,)),
    _breaks("conv.c10", ALL, x=(1, 2, 2)),
    _breaks("conv.c10", ALL, dilation=(2,), x=(1, 4, 2)),
    _breaks("conv.c11", ALL, x=(1, 6, 3)),
    _breaks("conv.c12", NAMED | TORCH, x=(1, 6, 6, 2)),
    _breaks("conv.c12", NAMED, x=(6, 2)),
    _breaks("conv.c12", ALL - FLAX, kernel_size=(3, 3), stride=(1, 1), dilation=(1, 1), x=(1, 2)),
    _breaks("conv.c13", TORCH, padding=((2, 2),), mode="reflect", x=(1, 2, 2)),
    _breaks("conv.c14", TORCH, padding=((3, 3),), mode="circular", x=(1, 2, 2)),
    _breaks("conv.c15", ALL, stride=(1, 1)),
    _breaks(
        "conv.c17",
        NAMED | FLAX,
        kernel_size=(3, 3),
        stride=(1, 1),
        dilation=(1, 1),
        padding="causal",
    ),
    _breaks("conv.c18", FLAX, input_dilation=(0,)),
    _breaks("conv.c19", FLAX, x=(2,)),
    _breaks("conv.c20", FLAX, input_dilation=(2,), padding="same"),
    _breaks("convt.c1", ALL, kernel_size=(0,)),
    _breaks("convt.c2", ALL, dilation=(0,)),
    _breaks("convt.c3", ALL, stride=(0,)),
    _breaks("convt.c4", TORCH, groups=0),
    _breaks("convt.c5", TORCH, groups=2, units=3),
    _breaks("convt.c6", TORCH, groups=2, channels=3),
    _breaks("convt.c7", TORCH, padding=((-1, -1),), output_padding=(0,)),
    _breaks("convt.c8", NAMED | TORCH, stride=(2,), output_padding=(2,)),
    _breaks("convt.c8", NAMED | TORCH, stride=(2,), output_padding=(-1,)),
    _breaks("convt.c9", NAMED, stride=(2,), dilation=(2,)),
    _breaks("convt.c10", TORCH, padding=((2, 2),), output_padding=(0,), x=(1, 1, 2)),
    _breaks("convt.c11", ALL, x=(1, 6, 3)),
    _breaks("convt.c12", NAMED | TORCH, x=(1, 6, 6, 2)),
    _breaks("convt.c12", NAMED, x=(6, 2)),
    _breaks("convt.c13", ALL, stride=(1, 1)),
    _breaks("convt.c15", FLAX, x=(2,)),
]

ELSEWHERE = {
    "conv.c16": "the mask",
    "convt.c14": "the mask",
}
"""Tested with each framework, in its own words."""


def test_every_id_has_a_test() -> None:
    ids = {
        name
        for spec in GEOMETRIES.values()
        for stage in spec.constraints.values()
        for name in stage
    }
    assert ids <= {broken.id for broken in BROKEN} | ELSEWHERE.keys()


@pytest.mark.parametrize(
    ("framework", "broken"),
    [(framework, broken) for broken in BROKEN for framework in sorted(broken.frameworks)],
    ids=lambda value: value if isinstance(value, str) else value.id,
)
def test_the_error_names_the_constraint(framework: str, broken: Broken) -> None:
    layer = next(name for name, x in YAT.items() if x.kind == broken.geometry.kind)
    implementation = adapter(framework)
    with pytest.raises(ValueError, match=rf"{broken.id.replace('.', '[.]')}: .*, got .*="):
        made = implementation.layer(layer, broken.channels, broken.units, geometry=broken.geometry)
        assert broken.x is not None, "there is such a layer"
        kernel = (broken.units, broken.channels, *broken.geometry.kernel_size)
        arrays = {
            "kernel": np.ones(kernel, np.float32),
            "bias": np.zeros(broken.units, np.float32),
            "alpha": np.float32(1),
        }
        implementation.evaluate(made, arrays, np.ones(broken.x, np.float32), np.zeros(()))
