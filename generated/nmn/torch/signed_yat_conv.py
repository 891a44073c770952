# Generated from spec/layers/signed_yat_conv.yaml. Do not edit; run `make generate`.
"""Convolution of signed Yat neurons along one, two or three axes."""

import math
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn import init

from nmn import _arguments, _convolution
from nmn.torch import _numerics, _windows
from nmn.torch._contraction import Convolution
from nmn.torch.neurons.signed_yat import signed_yat

_NAMES = {"units": "out_channels"}


class _SignedYatConv(nn.Module):
    r"""Convolution of signed Yat neurons; no activation follows it.

    .. math::
        y = \frac{\alpha \left(b + \langle w, x\rangle\right) \left|{b + \langle w,
            x\rangle}\right|}{\lVert w - x\rVert^2 + \varepsilon}

    for every unit's kernel :math:`w` and every window :math:`x` of the input, whose padding counts
    like any other input.

    Reference: Bouhsine (2024), Deep Learning 2.0: Artificial Neurons that Matter.

    Args:
        in_channels: Channels of the input, at least 1.
        out_channels: Number of units, the channels of the output, at least 1.
        kernel_size: Taps of the kernel along each axis, at least 1.
        stride: Positions by which the window advances, at least 1.
        padding: Positions added at both ends of each axis, at least 0; or "valid" (none) or "same"
            (output as long as the input; stride 1).
        dilation: Positions from tap to tap, at least 1.
        groups: Groups into which channels and units are divided.
        bias: Whether the layer has ``bias``. Added to the alignment ⟨w, x⟩.
        padding_mode: What padding consists of: "zeros", "reflect", "replicate" or "circular".
        device: Where the parameters live.
        dtype: Dtype of the parameters.
        constant_bias: Hold ``bias`` at this number instead of training it.
        softplus_bias: Keep ``bias`` positive: the softplus of the stored array takes part.
        scalar_bias: Share one ``bias`` among all units.
        alpha: Whether the layer has ``alpha``. Scale of the response.
        constant_alpha: Hold ``alpha`` at this number instead of training it. True stands for
            sqrt(2).
        epsilon: Added to the squared distance; bounds the response where x = w. A number > 0.
        learnable_epsilon: Train ``epsilon``, kept positive through softplus and starting from its
            value.
        positive_init: Take absolute values of the initial kernel.
        freeze_kernel: Keep the kernel as initialised: it is not trained.
        weight_normalized: Divide every unit's kernel by its norm.
        spherical: Divide every patch of the input and every unit's kernel by their norms.
        drop_rate: DropConnect: probability in [0, 1) that an entry of the kernel is zero in a
            training step; the others are scaled by 1 / (1 - drop_rate).
        kernel_init: Initialiser of ``kernel``. Default: a normal law of variance 2 / (fan_in +
            fan_out), truncated at two standard deviations.
        bias_init: Initialiser of ``bias``. Default: zeros.
        alpha_init: Initialiser of ``alpha``. Default: ones.
        mask: Factors of the kernel, of the shape of ``weight``; 0 where a connection is missing.

    Attributes:
        weight: Shape :math:`(C_\text{out}, C_\text{in} / \text{groups}, *k)`, initially a normal
            law of variance 2 / (fan_in + fan_out), truncated at two standard deviations.
        bias: Shape (out_channels,), or () with ``scalar_bias``, initially zeros; None if left out
            or constant.
        alpha: Shape (), initially ones; None if left out or constant.
        epsilon_param: Shape (): ``epsilon`` before softplus; None if ``epsilon`` is constant.

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
        padding: str | int | Sequence[int] = 0,
        dilation: int | Sequence[int] = 1,
        groups: int = 1,
        bias: bool = True,
        padding_mode: str = "zeros",
        device: torch.device | str | None = None,
        dtype: torch.dtype | None = None,
        *,
        constant_bias: float | None = None,
        softplus_bias: bool = False,
        scalar_bias: bool = False,
        alpha: bool = True,
        constant_alpha: float | bool | None = None,
        epsilon: float = 1e-05,
        learnable_epsilon: bool = False,
        positive_init: bool = False,
        freeze_kernel: bool = False,
        weight_normalized: bool = False,
        spherical: bool = False,
        drop_rate: float = 0.0,
        kernel_init: Callable[[Tensor], Any] | None = None,
        bias_init: Callable[[Tensor], Any] | None = None,
        alpha_init: Callable[[Tensor], Any] | None = None,
        mask: Tensor | None = None,
    ) -> None:
        factory_kwargs = {"device": device, "dtype": dtype}
        super().__init__()
        self.in_channels = _arguments.positive_integer("in_channels", in_channels)
        self.out_channels = _arguments.positive_integer("out_channels", out_channels)
        self.kernel_size = _convolution.per_axis("kernel_size", kernel_size, self.rank)
        self.stride = _convolution.per_axis("stride", stride, self.rank)
        self.dilation = _convolution.per_axis("dilation", dilation, self.rank)
        self.groups = groups
        for window in zip(self.kernel_size, self.stride, self.dilation, strict=True):
            _convolution.check_arguments(*window, groups, self.out_channels, names=_NAMES)
        _convolution.check_channels(groups, self.in_channels)
        self.padding = _windows.checked_padding(padding, self.stride)
        if padding_mode not in _windows.MODES:
            raise ValueError(f"padding_mode must be one of {_windows.MODES}, got {padding_mode!r}")
        self.padding_mode = padding_mode
        self.constant_bias = _arguments.constant("constant_bias", constant_bias)
        self.softplus_bias = softplus_bias
        self.constant_alpha = _arguments.constant(
            "constant_alpha", constant_alpha, when_true=math.sqrt(2)
        )
        self.epsilon = _arguments.positive_number("epsilon", epsilon)
        self.positive_init = positive_init
        self.weight_normalized = weight_normalized
        self.spherical = spherical
        self.drop_rate = _arguments.rate("drop_rate", drop_rate)
        self.kernel_init = kernel_init
        self.bias_init = bias_init
        self.alpha_init = alpha_init

        self.weight = nn.Parameter(
            torch.empty(
                (self.out_channels, self.in_channels // groups, *self.kernel_size), **factory_kwargs
            ),
            requires_grad=not freeze_kernel,
        )
        self.mask: Tensor | None
        self.register_buffer("mask", mask, persistent=False)
        if mask is not None:
            _convolution.check_mask(tuple(self.weight.shape), tuple(mask.shape))
        if bias and self.constant_bias is None:
            self.bias = nn.Parameter(
                torch.empty(() if scalar_bias else self.out_channels, **factory_kwargs)
            )
        else:
            self.register_parameter("bias", None)
        if alpha and self.constant_alpha is None:
            self.alpha = nn.Parameter(torch.empty((), **factory_kwargs))
        else:
            self.register_parameter("alpha", None)
        if learnable_epsilon:
            self.epsilon_param = nn.Parameter(torch.empty((), **factory_kwargs))
        else:
            self.register_parameter("epsilon_param", None)
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
        if self.bias is not None:
            (self.bias_init or init.zeros_)(self.bias)
        if self.alpha is not None:
            (self.alpha_init or init.ones_)(self.alpha)
        if self.epsilon_param is not None:
            init.constant_(self.epsilon_param, _arguments.inverse_softplus(self.epsilon))

    def forward(self, input: Tensor) -> Tensor:
        """Apply the layer to `input` of shape (N, in_channels, ...) or (in_channels, ...)."""
        _convolution.check_input_rank(input.dim(), self.rank + 2, self.rank + 1)
        if input.dim() == self.rank + 1:
            return self(input.unsqueeze(0)).squeeze(0)
        _convolution.check_input_channels(input.shape[1], self.in_channels)
        x, weight, dtype = _numerics.round_operands(input, self.weight)
        with _numerics.no_autocast(x.device.type):
            window = (self.kernel_size, self.stride, self.dilation)
            x, padding = _windows.pad(x, self.padding, self.padding_mode, *window)
            windows = Convolution(self.stride, padding, self.dilation, self.groups)
            if self.training and self.drop_rate:
                weight = F.dropout(weight, self.drop_rate)
            if self.mask is not None:
                weight = weight * self.mask.to(weight.dtype)
            if self.spherical or self.weight_normalized:
                weight = _windows.unit_norm(weight, windows)
            response = _windows.respond_to_windows(
                signed_yat,
                windows,
                x,
                weight,
                self._effective_bias(x.dtype),
                self._effective_alpha(x.dtype),
                self._effective_epsilon(x.dtype),
                spherical=self.spherical,
            )
        return response.to(dtype)

    def _effective_bias(self, dtype: torch.dtype) -> Tensor | float | None:
        if self.bias is None:
            return self.constant_bias
        bias = self.bias.to(dtype)
        return _numerics.softplus(bias) if self.softplus_bias else bias

    def _effective_alpha(self, dtype: torch.dtype) -> Tensor | float | None:
        if self.alpha is None:
            return self.constant_alpha
        return self.alpha.to(dtype)

    def _effective_epsilon(self, dtype: torch.dtype) -> Tensor | float:
        if self.epsilon_param is None:
            return self.epsilon
        return _numerics.softplus(self.epsilon_param.to(dtype))

    def extra_repr(self) -> str:
        """Sizes, and every option that is not at its default."""
        defaults = {
            "constant_bias": None,
            "softplus_bias": False,
            "constant_alpha": None,
            "epsilon": 1e-05,
            "positive_init": False,
            "weight_normalized": False,
            "spherical": False,
            "drop_rate": 0.0,
        }
        options = {name: getattr(self, name) for name in defaults}
        changed = [f"{k}={v}" for k, v in options.items() if v != defaults[k]]
        sizes = f"{self.in_channels}, {self.out_channels}, kernel_size={self.kernel_size}"
        sizes += f", stride={self.stride}, padding={self.padding!r}"
        return ", ".join([sizes, *changed])


class SignedYatConv1d(_SignedYatConv):
    r"""Convolution along one spatial axis. Arguments are those of the base class.

    Shape, with or without the first axis:
        - Input: :math:`(N, C_\text{in}, L_\text{in})`.
        - Output: :math:`(N, C_\text{out}, L_\text{out})`.

    Examples::

        >>> layer = SignedYatConv1d(16, 33, 3, stride=2)
        >>> layer(torch.randn(20, 16, 8)).shape
        torch.Size([20, 33, 3])
    """

    rank = 1


class SignedYatConv2d(_SignedYatConv):
    r"""Convolution along two spatial axes. Arguments are those of the base class.

    Shape, with or without the first axis:
        - Input: :math:`(N, C_\text{in}, H_\text{in}, W_\text{in})`.
        - Output: :math:`(N, C_\text{out}, H_\text{out}, W_\text{out})`.

    Examples::

        >>> layer = SignedYatConv2d(16, 33, 3, stride=2)
        >>> layer(torch.randn(20, 16, 8, 8)).shape
        torch.Size([20, 33, 3, 3])
    """

    rank = 2


class SignedYatConv3d(_SignedYatConv):
    r"""Convolution along three spatial axes. Arguments are those of the base class.

    Shape, with or without the first axis:
        - Input: :math:`(N, C_\text{in}, D_\text{in}, H_\text{in}, W_\text{in})`.
        - Output: :math:`(N, C_\text{out}, D_\text{out}, H_\text{out}, W_\text{out})`.

    Examples::

        >>> layer = SignedYatConv3d(16, 33, 3, stride=2)
        >>> layer(torch.randn(20, 16, 8, 8, 8)).shape
        torch.Size([20, 33, 3, 3, 3])
    """

    rank = 3


SignedYatConv1D = SignedYatConv1d
SignedYatConv2D = SignedYatConv2d
SignedYatConv3D = SignedYatConv3d
