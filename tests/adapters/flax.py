"""What Linen and NNX share: neutral geometries in Flax's words."""

from typing import Any

from tests import subject
from tests.geometry import Geometry


def supports(geometry: Geometry) -> bool:
    """Groups and stuffed inputs are for convolutions; lax refuses "SAME" for stuffed inputs."""
    if geometry.mode != "zeros":
        return False
    named = isinstance(geometry.padding, str)
    if geometry.kind == "transposed_convolution":
        known = geometry.padding in ("valid", "same", "circular") or not named
        extra = geometry.output_padding is not None
        return known and geometry.groups == 1 and not (extra and geometry.padding == "same")
    stuffed = geometry.input_dilation is not None and set(geometry.input_dilation) != {1}
    if geometry.padding == "causal" and geometry.rank != 1:
        return False
    return geometry.output_padding is None and not (stuffed and geometry.padding == "same")


def window_options(geometry: Geometry) -> dict[str, Any]:
    """Arguments of a layer."""
    common = {
        "kernel_size": geometry.kernel_size,
        "strides": geometry.stride,
        "kernel_dilation": geometry.dilation,
    }
    if geometry.kind == "transposed_convolution":
        return {**common, "padding": _transposed_padding(geometry)}
    named = isinstance(geometry.padding, str)
    return {
        **common,
        "padding": geometry.padding.upper() if named else geometry.padding,
        "input_dilation": geometry.input_dilation,
        "feature_group_count": geometry.groups,
    }


def _transposed_padding(geometry: Geometry) -> str | list[tuple[int, int]]:
    """Flax counts zeros around the stuffed input, not what is taken from the full result."""
    if isinstance(geometry.padding, str) and geometry.output_padding is None:
        return geometry.padding.upper()
    none = ((0, 0),) * geometry.rank
    taken = none if isinstance(geometry.padding, str) else geometry.padding
    extra = geometry.output_padding or (0,) * geometry.rank
    return [
        subject.module("_transposed_convolution").cropped_padding(size, dilation, before, more)
        for size, dilation, (before, _), more in zip(
            geometry.kernel_size, geometry.dilation, taken, extra, strict=True
        )
    ]
