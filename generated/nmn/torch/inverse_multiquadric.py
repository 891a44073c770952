# Generated from spec/layers/inverse_multiquadric.yaml. Do not edit; run `make generate`.
"""Dense layer of inverse multiquadric neurons."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn import init

from nmn import _arguments
from nmn.torch import _numerics
from nmn.torch._closed_form import respond
from nmn.torch._contraction import Dense
from nmn.torch.neurons.inverse_multiquadric import inverse_multiquadric


class InverseMultiquadricNMN(nn.Module):
    r"""Dense layer of inverse multiquadric neurons; no activation follows it.

    .. math::
        y = \frac{1}{\sqrt{\lVert w - x\rVert^2 + c^{2}}}

    for every row :math:`w` of ``weight``.

    Reference: Hardy (1971), Multiquadric equations of topography and other irregular surfaces.

    Args:
        in_features: Length of the last axis of the input.
        out_features: Number of units.
        device: Where the parameters live.
        dtype: Dtype of the parameters.
        constant_c: Hold ``c`` at this number instead of training it.
        scalar_c: Share one ``c`` among all units.
        positive_init: Take absolute values of the initial kernel.
        freeze_kernel: Keep the kernel as initialised: it is not trained.
        weight_normalized: Divide every unit's kernel by its norm.
        spherical: Divide the input and every unit's kernel by their norms.
        drop_rate: DropConnect: probability in [0, 1) that an entry of the kernel is zero in a
            training step; the others are scaled by 1 / (1 - drop_rate).
        kernel_init: Initialiser of ``kernel``. Default: a normal law of variance 2 / (fan_in +
            fan_out), truncated at two standard deviations.
        c_init: Initialiser of ``c``. Default: 1, after softplus.

    Shape:
        - Input: :math:`(*, H_\text{in})`, any number of leading axes, in the layer's dtype.
        - Output: :math:`(*, H_\text{out})`, in the dtype of the input (of autocast under it).

    Attributes:
        weight: Shape :math:`(H_\text{out}, H_\text{in})`, initially a normal law of variance 2 /
            (fan_in + fan_out), truncated at two standard deviations.
        c: Shape (out_features,), or () with ``scalar_c``: the value before softplus, initially such
            that it is 1; None if constant.

    Raises:
        TypeError: An argument or the input has the wrong type or dtype.
        ValueError: An argument is out of range, or the last axis of the input is not
            :math:`H_\text{in}` long.

    Examples::

        >>> layer = InverseMultiquadricNMN(20, 30)
        >>> layer(torch.randn(128, 20)).shape
        torch.Size([128, 30])
    """

    in_features: int
    out_features: int
    weight: Tensor

    def __init__(
        self,
        in_features: int,
        out_features: int,
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
    ) -> None:
        factory_kwargs = {"device": device, "dtype": dtype}
        super().__init__()
        self.in_features = _arguments.positive_integer("in_features", in_features)
        self.out_features = _arguments.positive_integer("out_features", out_features)
        self.constant_c = _arguments.constant("constant_c", constant_c, positive=True)
        self.positive_init = positive_init
        self.weight_normalized = weight_normalized
        self.spherical = spherical
        self.drop_rate = _arguments.rate("drop_rate", drop_rate)
        self.kernel_init = kernel_init
        self.c_init = c_init

        self.weight = nn.Parameter(
            torch.empty((self.out_features, self.in_features), **factory_kwargs),
            requires_grad=not freeze_kernel,
        )
        if self.constant_c is None:
            self.c = nn.Parameter(
                torch.empty(() if scalar_c else self.out_features, **factory_kwargs)
            )
        else:
            self.register_parameter("c", None)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Initialise every parameter in place, as the constructor does."""
        if self.kernel_init is None:
            _numerics.variance_scaling_(
                self.weight, self.in_features, self.out_features, 1.0, "fan_avg", "truncated_normal"
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

    def forward(self, input: Tensor) -> Tensor:
        """Apply the layer to `input` of shape (..., in_features)."""
        _arguments.check_last_axis(input.shape, self.in_features)
        x, weight, dtype = _numerics.round_operands(input, self.weight)
        with _numerics.no_autocast(x.device.type):
            if self.training and self.drop_rate:
                weight = F.dropout(weight, self.drop_rate)
            if self.spherical:
                x = _numerics.unit_norm(x)
            if self.spherical or self.weight_normalized:
                weight = _numerics.unit_norm(weight)
            response = respond(
                inverse_multiquadric,
                Dense(),
                x if x.dim() == 2 else x.reshape(-1, self.in_features),
                weight,
                self._effective_c(x.dtype),
            )
        if input.dim() != 2:
            response = response.view(*input.shape[:-1], self.out_features)
        return response.to(dtype)

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
        sizes = f"in_features={self.in_features}, out_features={self.out_features}"
        return ", ".join([sizes, *changed])
