"""The geometry of a convolution in neutral terms, as the properties draw it."""

from dataclasses import dataclass

Axes = tuple[int, ...]


@dataclass(frozen=True)
class Geometry:
    """How windows pass over an input. Spatial tuples have one entry per axis."""

    kind: str
    """"convolution" or "transposed_convolution"."""
    kernel_size: Axes
    stride: Axes
    dilation: Axes
    groups: int = 1
    padding: str | tuple[tuple[int, int], ...] = "valid"
    """A name ("valid", "same", "causal", "circular", "reflect"), or what is added before and after
    each axis. For a transposed convolution pairs are positions taken away from the full result, as
    in PyTorch, equal on both sides."""
    mode: str = "zeros"
    """What explicit padding is filled with: "zeros", "reflect", "replicate", "circular"."""
    output_padding: Axes | None = None
    """Of a transposed convolution."""
    input_dilation: Axes | None = None
    """Of a convolution: zeros stuffed between the positions of the input."""

    @property
    def rank(self) -> int:
        return len(self.kernel_size)
