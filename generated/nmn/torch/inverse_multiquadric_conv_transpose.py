# Generated from spec/layers/inverse_multiquadric_conv_transpose.yaml.
# Do not edit; run `make generate`.
"""Transposed convolution of inverse multiquadric neurons along one, two or three axes."""

import math
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn import init

from nmn import _arguments, _transposed_convolution
from nmn.torch import _numerics, _windows
from nmn.torch._contraction import Axes, Convolution
from nmn.torch.neurons.inverse_multiquadric import inverse_multiquadric

_NAMES = {"units": "out_channels"}


class _InverseMultiquadricConvTranspose(nn.Module):
    r"""Transposed convolution of inverse multiquadric neurons; no activation follows it.

    .. math::
        y = \frac{1}{\sqrt{\lVert w - x\rVert^2 + c^{2}}}

    for every unit's kernel :math:`w` and every window :math:`x` of the input, whose padding counts
    like any other input.

    Reference: Hardy (1971), Multiquadric equations of topography and other irregular surfaces.

    Args:
        in_channels: Channels of the input, at least 1.
        out_channels: Number of units, the channels of the output, at least 1.
        kernel_size: Taps of the kernel along each axis, at least 1.
        stride: Positions from input to input, at least 1.
        padding: Positions taken away at both ends of each axis of the output, at least 0.
        output_padding: Positions added at the end of each axis of the output; less than stride or
            dilation.
        groups: Groups into which channels and units are divided.
        dilation: Positions from tap to tap, at least 1.
        padding_mode: What padding consists of; a transposed convolution knows zeros alone.
        device: Where the parameters live.
        dtype: Dtype of the parameters.
        constant_c: Hold ``c`` at this number instead of training it.
        scalar_c: Share one ``c`` among all units.
        positive_init: Take absolute values of the initial kernel.
        freeze_kernel: Keep the kernel as initialised: it is not trained.
        weight_normalized: Divide every unit's kernel by its norm.
        spherical: Divide every patch of the input and every unit's kernel by their norms.
        drop_rate: DropConnect: probability in [0, 1) that an entry of the kernel is zero in a
            training step; the others are scaled by 1 / (1 - drop_rate).
        kernel_init: Initialiser of ``kernel``. Default: a normal law of variance 2 / (fan_in +
            fan_out), truncated at two standard deviations.
        c_init: Initialiser of ``c``. Default: 1, after softplus.
        mask: Factors of the kernel, of the shape of ``weight``; 0 where a connection is missing.

    Attributes:
        weight: Shape :math:`(C_\text{in}, C_\text{out} / \text{groups}, *k)`, initially a normal
            law of variance 2 / (fan_in + fan_out), truncated at two standard deviations.
        c: Shape (out_channels,), or () with ``scalar_c``: the value before softplus, initially such
            that it is 1; None if constant.

    Raises:
        TypeError: An argument or the input has the wrong type or dtype.
        ValueError: An argument is out of range, or the input does not fit; the message names the
            constraint that is violated.
    """

    rank: int
    weight: Tensor

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int | Sequence[int],
        stride: int | Sequence[int] = 1,
        padding: int | Sequence[int] = 0,
        output_padding: int | Sequence[int] = 0,
        groups: int = 1,
        dilation: int | Sequence[int] = 1,
        padding_mode: str = "zeros",
        device: torch.device | str | None = None,
        dtype: torch.dtype | None = None,
        *,
        constant_c: float | None = None,
        scalar_c: bool = False,
        positive_init: bool = False,
        freeze_kernel: bool = False,
        weight_normalized: bool = False,
        spherical: bool = False,
        drop_rate: float = 0.0,
        kernel_init: Callable[[Tensor], Any] | None = None,
        c_init: Callable[[Tensor], Any] | None = None,
        mask: Tensor | None = None,
    ) -> None:
        factory_kwargs = {"device": device, "dtype": dtype}
        super().__init__()
        self.in_channels = _arguments.positive_integer("in_channels", in_channels)
        self.out_channels = _arguments.positive_integer("out_channels", out_channels)
        self.kernel_size = _transposed_convolution.per_axis("kernel_size", kernel_size, self.rank)
        self.stride = _transposed_convolution.per_axis("stride", stride, self.rank)
        self.dilation = _transposed_convolution.per_axis("dilation", dilation, self.rank)
        self.groups = groups
        for window in zip(self.kernel_size, self.stride, self.dilation, strict=True):
            _transposed_convolution.check_arguments(
                *window, groups, self.out_channels, names=_NAMES
            )
        _transposed_convolution.check_channels(groups, self.in_channels)
        self.padding = _transposed_convolution.per_axis("padding", padding, self.rank)
        for positions in self.padding:
            _transposed_convolution.check_padding(positions)
        added = _transposed_convolution.per_axis("output_padding", output_padding, self.rank)
        self.output_padding = _windows.checked_output_padding(added, self.stride, self.dilation)
        if padding_mode != "zeros":
            raise ValueError(f'padding_mode must be "zeros", got {padding_mode!r}')
        self.padding_mode = padding_mode
        self.constant_c = _arguments.constant("constant_c", constant_c, positive=True)
        self.positive_init = positive_init
        self.weight_normalized = weight_normalized
        self.spherical = spherical
        self.drop_rate = _arguments.rate("drop_rate", drop_rate)
        self.kernel_init = kernel_init
        self.c_init = c_init

        self.weight = nn.Parameter(
            torch.empty(
                (self.in_channels, self.out_channels // groups, *self.kernel_size), **factory_kwargs
            ),
            requires_grad=not freeze_kernel,
        )
        self.mask: Tensor | None
        self.register_buffer("mask", mask, persistent=False)
        if mask is not None:
            _transposed_convolution.check_mask(tuple(self.weight.shape), tuple(mask.shape))
        if self.constant_c is None:
            self.c = nn.Parameter(
                torch.empty(() if scalar_c else self.out_channels, **factory_kwargs)
            )
        else:
            self.register_parameter("c", None)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Initialise every parameter in place, as the constructor does."""
        if self.kernel_init is None:
            taps = math.prod(self.kernel_size)
            fan_in, fan_out = taps * self.in_channels // self.groups, taps * self.out_channels
            _numerics.variance_scaling_(
                self.weight, fan_in, fan_out, 1.0, "fan_avg", "truncated_normal"
            )
        else:
            self.kernel_init(self.weight)
        if self.positive_init:
            with torch.no_grad():
                self.weight.abs_()
        if self.c is not None:
            if self.c_init is None:
                init.constant_(self.c, _arguments.inverse_softplus(1))
            else:
                self.c_init(self.c)

    def forward(self, input: Tensor, output_size: Sequence[int] | None = None) -> Tensor:
        """Apply the layer to `input` of shape (N, in_channels, ...) or (in_channels, ...).

        Args:
            input: What is spread over the output.
            output_size: Lengths of the output, with or without the axes before them; it then
                decides on the output padding.
        """
        _transposed_convolution.check_input_rank(input.dim(), self.rank + 2, self.rank + 1)
        if input.dim() == self.rank + 1:
            return self(input.unsqueeze(0), output_size).squeeze(0)
        _transposed_convolution.check_input_channels(input.shape[1], self.in_channels)
        output_padding = self._output_padding(input.shape[2:], output_size)
        x, weight, dtype = _numerics.round_operands(input, self.weight)
        with _numerics.no_autocast(x.device.type):
            windows = Convolution(
                self.stride,
                self.padding,
                self.dilation,
                self.groups,
                transposed=True,
                output_padding=output_padding,
            )
            if self.training and self.drop_rate:
                weight = F.dropout(weight, self.drop_rate)
            if self.mask is not None:
                weight = weight * self.mask.to(weight.dtype)
            if self.spherical or self.weight_normalized:
                weight = _windows.unit_norm(weight, windows)
            response = _windows.respond_to_windows(
                inverse_multiquadric,
                windows,
                x,
                weight,
                self._effective_c(x.dtype),
                spherical=self.spherical,
            )
        return response.to(dtype)

    def _output_padding(self, sizes: Sequence[int], output_size: Sequence[int] | None) -> Axes:
        """The layer's own output padding, or the one that gives `output_size`."""
        window = (self.kernel_size, self.stride, self.dilation, self.padding)
        lengths = _windows.output_lengths(sizes, *window, self.output_padding)
        if output_size is None:
            return self.output_padding
        wanted = _transposed_convolution.per_axis(
            "output_size", output_size[-self.rank :], self.rank
        )
        missing = [
            wanted[axis] - length + self.output_padding[axis] for axis, length in enumerate(lengths)
        ]
        return _windows.checked_output_padding(tuple(missing), self.stride, self.dilation)

    def _effective_c(self, dtype: torch.dtype) -> Tensor | float:
        if self.c is None:
            return self.constant_c
        return _numerics.softplus(self.c.to(dtype))

    def extra_repr(self) -> str:
        """Sizes, and every option that is not at its default."""
        defaults = {
            "constant_c": None,
            "positive_init": False,
            "weight_normalized": False,
            "spherical": False,
            "drop_rate": 0.0,
        }
        options = {name: getattr(self, name) for name in defaults}
        changed = [f"{k}={v}" for k, v in options.items() if v != defaults[k]]
        sizes = f"{self.in_channels}, {self.out_channels}, kernel_size={self.kernel_size}"
        sizes += f", stride={self.stride}, padding={self.padding}"
        return ", ".join([sizes, *changed])


class InverseMultiquadricConvTranspose1d(_InverseMultiquadricConvTranspose):
    r"""Transposed convolution along one spatial axis. Arguments are those of the base class.

    Shape, with or without the first axis:
        - Input: :math:`(N, C_\text{in}, L_\text{in})`.
        - Output: :math:`(N, C_\text{out}, L_\text{out})`.

    Examples::

        >>> layer = InverseMultiquadricConvTranspose1d(16, 33, 3, stride=2)
        >>> layer(torch.randn(20, 16, 8)).shape
        torch.Size([20, 33, 17])
    """

    rank = 1


class InverseMultiquadricConvTranspose2d(_InverseMultiquadricConvTranspose):
    r"""Transposed convolution along two spatial axes. Arguments are those of the base class.

    Shape, with or without the first axis:
        - Input: :math:`(N, C_\text{in}, H_\text{in}, W_\text{in})`.
        - Output: :math:`(N, C_\text{out}, H_\text{out}, W_\text{out})`.

    Examples::

        >>> layer = InverseMultiquadricConvTranspose2d(16, 33, 3, stride=2)
        >>> layer(torch.randn(20, 16, 8, 8)).shape
        torch.Size([20, 33, 17, 17])
    """

    rank = 2


class InverseMultiquadricConvTranspose3d(_InverseMultiquadricConvTranspose):
    r"""Transposed convolution along three spatial axes. Arguments are those of the base class.

    Shape, with or without the first axis:
        - Input: :math:`(N, C_\text{in}, D_\text{in}, H_\text{in}, W_\text{in})`.
        - Output: :math:`(N, C_\text{out}, D_\text{out}, H_\text{out}, W_\text{out})`.

    Examples::

        >>> layer = InverseMultiquadricConvTranspose3d(16, 33, 3, stride=2)
        >>> layer(torch.randn(20, 16, 8, 8, 8)).shape
        torch.Size([20, 33, 17, 17, 17])
    """

    rank = 3


InverseMultiquadricConvTranspose1D = InverseMultiquadricConvTranspose1d
InverseMultiquadricConvTranspose2D = InverseMultiquadricConvTranspose2d
InverseMultiquadricConvTranspose3D = InverseMultiquadricConvTranspose3d
