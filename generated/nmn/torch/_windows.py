# Generated from codegen/templates/torch/_windows.py.j2. Do not edit; run `make generate`.
"""What convolutions share: padding, and the response to windows."""

from collections.abc import Sequence

from torch import Tensor
from torch.nn import functional as F

from nmn import _convolution, _transposed_convolution
from nmn.torch import _numerics
from nmn.torch._closed_form import Neuron, as_tensors, plain_response, respond
from nmn.torch._contraction import Axes, Convolution

MODES = ("zeros", "reflect", "replicate", "circular")


def checked_padding(padding: str | int | Sequence[int], stride: Axes) -> str | Axes:
    """The `padding` of a convolution: a name, or positions along each axis."""
    if not isinstance(padding, str):
        positions = _convolution.per_axis("padding", padding, len(stride))
        for p in positions:
            _convolution.check_padding(p, p, names={"before": "padding", "after": "padding"})
        return positions
    if padding not in ("valid", "same"):
        raise ValueError(f'padding must be "valid", "same" or numbers, got {padding!r}')
    if padding == "same":
        for step in stride:
            _convolution.check_same_stride(step)
    return padding


def pad(
    x: Tensor, padding: str | Axes, mode: str, kernel_size: Axes, stride: Axes, dilation: Axes
) -> tuple[Tensor, Axes]:
    """The input, padded where the convolution itself cannot, and what is left to pad."""
    pads = []
    for axis, size in enumerate(x.shape[2:]):
        window = kernel_size[axis], stride[axis], dilation[axis]
        if padding == "valid":
            before, after = _convolution.valid_padding()
        elif padding == "same":
            before, after = _convolution.same_padding(size, *window)
        else:
            before = after = padding[axis]
        extent = _convolution.extent(kernel_size[axis], dilation[axis])
        _convolution.check_input(size, before, after, extent)
        if mode == "reflect":
            _convolution.check_reflect(size, before, after)
        if mode == "circular":
            _convolution.check_circular(size, before, after)
        pads.append((before, after))
    if mode == "zeros" and all(before == after for before, after in pads):
        return x, tuple(before for before, _ in pads)
    ends = [end for pair in reversed(pads) for end in pair]
    return F.pad(x, ends, mode="constant" if mode == "zeros" else mode), (0,) * len(pads)


def checked_output_padding(output_padding: Axes, stride: Axes, dilation: Axes) -> Axes:
    """The `output_padding` of a transposed convolution."""
    for added, step, gap in zip(output_padding, stride, dilation, strict=True):
        _transposed_convolution.check_output_padding(step, gap, added)
    return output_padding


def output_lengths(
    sizes: Sequence[int],
    kernel_size: Axes,
    stride: Axes,
    dilation: Axes,
    padding: Axes,
    output_padding: Axes,
) -> Axes:
    """Lengths of the output of a transposed convolution, for an input of `sizes`."""
    lengths = []
    for axis, size in enumerate(sizes):
        ends = _transposed_convolution.cropped_padding(
            kernel_size[axis], dilation[axis], padding[axis], output_padding[axis]
        )
        window = kernel_size[axis], stride[axis], dilation[axis]
        length = _transposed_convolution.output_length(size, *window, *ends)
        _transposed_convolution.check_input(length)
        lengths.append(length)
    return tuple(lengths)


def unit_norm(weight: Tensor, windows: Convolution) -> Tensor:
    """Every unit's kernel divided by its norm."""
    split, others = windows.unit_norm_axes(weight)
    return _numerics.unit_norm(split, others).view_as(weight)


def respond_to_windows(
    neuron: Neuron,
    windows: Convolution,
    x: Tensor,
    weight: Tensor,
    *parameters: Tensor | float | None,
    spherical: bool,
) -> Tensor:
    """Responses of units to windows, which are divided by their norms if `spherical`.

    Args:
        neuron: What a unit computes.
        windows: How windows pass over the input.
        x: Shape (samples, channels, *spatial).
        weight: As `windows` says; of unit norm if `spherical`.
        parameters: The neuron's parameters, one number or one per unit.
        spherical: Whether windows have unit norm.

    Returns:
        Shape (samples, units, *spatial).
    """
    spread = [
        windows.over_windows(p, x.dim() - 2) if isinstance(p, Tensor) and p.dim() else p
        for p in parameters
    ]
    if spherical:
        read_sq_x, read_sq_w = neuron.norms
        products = windows.products(_numerics.largest_one(x), weight, (True, read_sq_w))
        dot, sq_x = _numerics.unit_norm_windows(*products[:2])
        unit = (dot, sq_x if read_sq_x else None, products[2])
        response = plain_response(neuron, unit, *as_tensors(x, spread))
    else:
        response = respond(neuron, windows, x, weight, *spread)
    return response.flatten(1, 2) if windows.groups > 1 else response
