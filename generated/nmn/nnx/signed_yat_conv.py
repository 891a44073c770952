# Generated from spec/layers/signed_yat_conv.yaml. Do not edit; run `make generate`.
"""Convolution of signed Yat neurons."""

import math
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

import jax.numpy as jnp
from flax import nnx
from flax.nnx import rnglib
from flax.nnx.nn import dtypes
from flax.typing import (
    ConvGeneralDilatedT,
    Dtype,
    Initializer,
    PaddingLike,
    PrecisionLike,
    PromoteDtypeFn,
)
from jax import Array, lax
from jax.nn import initializers

from nmn import _arguments, _convolution
from nmn.nnx import _numerics, _windows
from nmn.nnx._rngs import dropout_key
from nmn.nnx._variables import FrozenParam
from nmn.nnx.neurons.signed_yat import signed_yat

default_kernel_init = initializers.glorot_normal()
default_bias_init = initializers.zeros
default_alpha_init = initializers.ones


class SignedYatConv(nnx.Module):
    r"""Convolution of signed Yat neurons; no activation follows it.

    .. math::
        y = \frac{\alpha \left(b + \langle w, x\rangle\right) \left|{b + \langle w,
            x\rangle}\right|}{\lVert w - x\rVert^2 + \varepsilon}

    for every unit's kernel :math:`w` and every window :math:`x` of the padded input, whose zeros
    are inputs like others.

    Reference: Bouhsine (2024), Deep Learning 2.0: Artificial Neurons that Matter.

    Example usage::

      >>> from flax import nnx
      >>> import jax.numpy as jnp
      >>> from nmn.nnx import SignedYatConv

      >>> rngs = nnx.Rngs(0)
      >>> layer = SignedYatConv(3, 4, kernel_size=(3, 3), rngs=rngs)
      >>> layer(jnp.ones((1, 8, 8, 3))).shape
      (1, 8, 8, 4)

    Args:
      in_features: the number of input features.
      out_features: the number of units.
      kernel_size: taps along each spatial axis; an integer is a kernel of one axis.
      strides: how far windows advance: one integer, or one per spatial axis.
      padding: ``"SAME"``, ``"VALID"``, ``"CIRCULAR"`` (the input repeats), ``"REFLECT"`` (it is
          mirrored at its ends), ``"CAUSAL"`` (one spatial axis; no position sees a later one), or
          numbers of zeros: one for all sides, or for each spatial axis one or a pair (before,
          after).
      input_dilation: distance of the input's positions, zeros between them: one integer, or one per
          spatial axis.
      kernel_dilation: distance of the kernel's taps: one integer, or one per spatial axis.
      feature_group_count: groups into which input features and units are divided.
      use_bias: Whether the layer has ``bias``. Added to the alignment ⟨w, x⟩.
      constant_bias: Hold ``bias`` at this number instead of training it.
      softplus_bias: Keep ``bias`` positive: the softplus of the stored array takes part.
      scalar_bias: Share one ``bias`` among all units.
      use_alpha: Whether the layer has ``alpha``. Scale of the response.
      constant_alpha: Hold ``alpha`` at this number instead of training it. True stands for sqrt(2).
      epsilon: Added to the squared distance; bounds the response where x = w. A number > 0.
      learnable_epsilon: Train ``epsilon``, kept positive through softplus and starting from its
          value.
      positive_init: Take absolute values of the initial kernel.
      freeze_kernel: Keep the kernel as initialised: it is not trained.
      weight_normalized: Divide every unit's kernel by its norm.
      spherical: Divide every patch of the input and every unit's kernel by their norms.
      drop_rate: DropConnect: probability in [0, 1) that an entry of the kernel is zero in a
          training step; the others are scaled by 1 / (1 - drop_rate).
      mask: factors of the kernel's entries, of the kernel's shape.
      dtype: the dtype of the result (default: infer from input and params).
      param_dtype: the dtype passed to parameter initializers.
      precision: numerical precision of products, see ``jax.lax.Precision``.
      kernel_init: Initialiser of ``kernel``. Default: a normal law of variance 2 / (fan_in +
          fan_out), truncated at two standard deviations.
      bias_init: Initialiser of ``bias``. Default: zeros.
      alpha_init: Initialiser of ``alpha``. Default: ones.
      conv_general_dilated: convolution function.
      promote_dtype: function to promote the input and all parameters, a tuple, to one dtype.
      preferred_element_type: the dtype of the result, where it is to differ from ``dtype``.
          Products are accumulated in float32 at least, whatever it is.
      rngs: rng key.
      kernel_metadata: metadata to set on the kernel, such as its sharding.
      bias_metadata: metadata to set on the bias, such as its sharding.
      alpha_metadata: metadata to set on the alpha, such as its sharding.

    Attributes:
      kernel: shape (*kernel_size, in_features / feature_group_count, out_features), initially a
          normal law of variance 2 / (fan_in + fan_out), truncated at two standard deviations; a
          FrozenParam if frozen, else an nnx.Param.
      bias: Shape (out_features,), or () with ``scalar_bias``, initially zeros; None if left out or
          constant.
      alpha: Shape (), initially ones; None if left out or constant.
      epsilon_param: Shape (): ``epsilon`` before softplus; None if ``epsilon`` is constant.

    Raises:
      TypeError: an argument or the input has the wrong type or dtype.
      ValueError: an argument is out of range, the input has too few axes or other channels than
        ``in_features``, or no window fits into it once padded.
    """

    def __init__(
        self,
        in_features: int,
        out_features: int,
        kernel_size: int | Sequence[int],
        strides: int | Sequence[int] | None = 1,
        *,
        padding: PaddingLike = "SAME",
        input_dilation: int | Sequence[int] | None = 1,
        kernel_dilation: int | Sequence[int] | None = 1,
        feature_group_count: int = 1,
        use_bias: bool = True,
        constant_bias: float | None = None,
        softplus_bias: bool = False,
        scalar_bias: bool = False,
        use_alpha: bool = True,
        constant_alpha: float | bool | None = None,
        epsilon: float = 1e-05,
        learnable_epsilon: bool = False,
        positive_init: bool = False,
        freeze_kernel: bool = False,
        weight_normalized: bool = False,
        spherical: bool = False,
        drop_rate: float = 0.0,
        mask: Array | None = None,
        dtype: Dtype | None = None,
        param_dtype: Dtype = jnp.float32,
        precision: PrecisionLike = None,
        kernel_init: Initializer = default_kernel_init,
        bias_init: Initializer = default_bias_init,
        alpha_init: Initializer = default_alpha_init,
        conv_general_dilated: ConvGeneralDilatedT = lax.conv_general_dilated,
        promote_dtype: PromoteDtypeFn = dtypes.promote_dtype,
        preferred_element_type: Dtype | None = None,
        rngs: nnx.Rngs,
        kernel_metadata: Mapping[str, Any] = MappingProxyType({}),
        bias_metadata: Mapping[str, Any] = MappingProxyType({}),
        alpha_metadata: Mapping[str, Any] = MappingProxyType({}),
    ):
        self.in_features = _arguments.positive_integer("in_features", in_features)
        self.out_features = _arguments.positive_integer("out_features", out_features)
        self.kernel_size = _windows.kernel_size(kernel_size, ranks=(1, 2, 3))
        rank = len(self.kernel_size)
        self.strides = _windows.per_axis("strides", strides, rank)
        self.padding = _windows.padding(padding, rank, _windows.CONVOLUTION_PADDING)
        self.input_dilation = _windows.per_axis("input_dilation", input_dilation, rank)
        self.kernel_dilation = _windows.per_axis("kernel_dilation", kernel_dilation, rank)
        self.feature_group_count = _arguments.integer("feature_group_count", feature_group_count)
        _windows.check_convolution(self, self.out_features)
        self.constant_bias = _arguments.constant("constant_bias", constant_bias)
        self.softplus_bias = softplus_bias
        self.constant_alpha = _arguments.constant(
            "constant_alpha", constant_alpha, when_true=math.sqrt(2)
        )
        self.epsilon = _arguments.positive_number("epsilon", epsilon)
        self.weight_normalized = weight_normalized
        self.spherical = spherical
        self.drop_rate = _arguments.rate("drop_rate", drop_rate)
        self.dtype = dtype
        self.param_dtype = param_dtype
        self.precision = precision
        self.conv_general_dilated = conv_general_dilated
        self.promote_dtype = promote_dtype
        self.preferred_element_type = preferred_element_type
        self.deterministic = False

        _convolution.check_channels(feature_group_count, in_features, names=_windows.NAMES)
        channels = self.in_features // self.feature_group_count
        self.kernel_shape = (*self.kernel_size, channels, self.out_features)
        if mask is not None:
            _convolution.check_mask(self.kernel_shape, jnp.shape(mask))
        self.mask = mask
        kernel = kernel_init(rngs.params(), self.kernel_shape, param_dtype)
        if positive_init:
            kernel = jnp.abs(kernel)
        kernel_type = FrozenParam if freeze_kernel else nnx.Param
        self.kernel = kernel_type(kernel, **kernel_metadata)
        self.bias: nnx.Param[Array] | None
        if use_bias and self.constant_bias is None:
            self.bias = nnx.Param(
                bias_init(rngs.params(), () if scalar_bias else (self.out_features,), param_dtype),
                **bias_metadata,
            )
        else:
            self.bias = nnx.data(None)
        self.alpha: nnx.Param[Array] | None
        if use_alpha and self.constant_alpha is None:
            self.alpha = nnx.Param(alpha_init(rngs.params(), (), param_dtype), **alpha_metadata)
        else:
            self.alpha = nnx.data(None)
        self.epsilon_param: nnx.Param[Array] | None
        if learnable_epsilon:
            self.epsilon_param = nnx.Param(
                jnp.asarray(_arguments.inverse_softplus(self.epsilon), param_dtype)
            )
        else:
            self.epsilon_param = nnx.data(None)
        self.rngs: rnglib.RngStream | None
        if self.drop_rate:
            self.rngs = rngs["dropout"].fork()
        else:
            self.rngs = nnx.data(None)

    def __call__(
        self,
        inputs: Array,
        *,
        deterministic: bool | None = None,
        rngs: rnglib.Rngs | rnglib.RngStream | Array | None = None,
    ) -> Array:
        """Applies the layer to every window of the inputs.

        Args:
          inputs: shape ``(*batch, *spatial, in_features)``, with any number of batch axes.
          deterministic: if True, DropConnect is off; takes precedence over the attribute that
            ``train()`` and ``eval()`` set.
          rngs: key, stream or Rngs for DropConnect; takes precedence over the layer's own.

        Returns:
          The response, of shape ``(*batch, *windows, out_features)``.
        """
        shape = jnp.shape(inputs)
        rank = len(self.kernel_size)
        _convolution.check_input_axes(len(shape), rank + 1)
        _convolution.check_input_channels(shape[-1], self.in_features)
        _numerics.check_floating(inputs)
        kernel, bias, alpha, epsilon_param = (
            None if stored is None else stored[...]
            for stored in [self.kernel, self.bias, self.alpha, self.epsilon_param]
        )
        if self.mask is not None:
            kernel = kernel * jnp.asarray(self.mask, kernel.dtype)
        inputs, kernel, bias, alpha, epsilon_param = self.promote_dtype(
            (inputs, kernel, bias, alpha, epsilon_param), dtype=self.dtype
        )
        dtype = inputs.dtype
        deterministic = self.deterministic if deterministic is None else deterministic
        if self.drop_rate and not deterministic:
            key = dropout_key(self.rngs if rngs is None else rngs)
            kernel = _numerics.drop_connect(key, kernel, self.drop_rate)
        if self.spherical or self.weight_normalized:
            taps = tuple(range(rank + 1))
            kernel = _numerics.unit_norm(kernel.astype(_numerics.wide_dtype(dtype)), axis=taps)
        batch, window = shape[: -rank - 1], shape[-rank - 1 :]
        inputs = inputs.reshape(math.prod(batch), *window)
        inputs, padding = _windows.pad_convolution(self, inputs)
        windows = _numerics.Windows(
            self.strides,
            padding,
            self.input_dilation,
            self.kernel_dilation,
            self.feature_group_count,
        )
        if self.spherical:
            sample = tuple(range(1, rank + 2))
            inputs = _numerics.unit_maximum(inputs.astype(_numerics.wide_dtype(dtype)), axis=sample)
        dot = _numerics.convolution(
            inputs, kernel, windows, self.precision, self.conv_general_dilated
        )
        sq_x = _numerics.window_sq_norm(inputs, kernel.shape, windows, dot.dtype)
        if self.spherical:
            dot, sq_x = _numerics.unit_norm_windows(dot, sq_x)
        sq_w = _numerics.kernel_sq_norm(kernel, dot.dtype)
        sq_w = _numerics.by_group(sq_w, self.feature_group_count)
        bias = _numerics.by_group(bias, self.feature_group_count)
        if bias is None:
            bias = self.constant_bias
        elif self.softplus_bias:
            bias = _numerics.softplus(bias.astype(dot.dtype))
        if alpha is None:
            alpha = self.constant_alpha
        epsilon = (
            self.epsilon
            if epsilon_param is None
            else _numerics.softplus(epsilon_param.astype(dot.dtype))
        )
        response = signed_yat(dot, sq_x, sq_w, bias=bias, alpha=alpha, epsilon=epsilon)
        response = response.reshape(*batch, *response.shape[1 : rank + 1], self.out_features)
        return response.astype(self.preferred_element_type or dtype)

    def set_view(self, deterministic: bool | None = None) -> None:
        """Used by ``nnx.view``: if ``deterministic`` is True, DropConnect is off."""
        if deterministic is not None:
            self.deterministic = deterministic


SignedYatConv1D = SignedYatConv
SignedYatConv2D = SignedYatConv
SignedYatConv3D = SignedYatConv
