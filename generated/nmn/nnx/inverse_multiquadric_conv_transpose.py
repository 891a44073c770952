# Generated from spec/layers/inverse_multiquadric_conv_transpose.yaml.
# Do not edit; run `make generate`.
"""Transposed convolution of inverse multiquadric neurons."""

import math
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

import jax.numpy as jnp
from flax import nnx
from flax.nnx import rnglib
from flax.nnx.nn import dtypes
from flax.typing import Dtype, Initializer, PaddingLike, PrecisionLike, PromoteDtypeFn
from jax import Array, lax
from jax.nn import initializers

from nmn import _arguments, _transposed_convolution
from nmn.nnx import _numerics, _windows
from nmn.nnx._rngs import dropout_key
from nmn.nnx._variables import FrozenParam
from nmn.nnx.neurons.inverse_multiquadric import inverse_multiquadric

default_kernel_init = initializers.glorot_normal()
default_c_init = initializers.constant(_arguments.inverse_softplus(1))


class InverseMultiquadricConvTranspose(nnx.Module):
    r"""Transposed convolution of inverse multiquadric neurons; no activation follows it.

    .. math::
        y = \frac{1}{\sqrt{\lVert w - x\rVert^2 + c^{2}}}

    for every unit's kernel :math:`w` and every window :math:`x` of the input with ``strides - 1``
    zeros between its positions, padded. These zeros are inputs like others.

    Reference: Hardy (1971), Multiquadric equations of topography and other irregular surfaces.

    Example usage::

      >>> from flax import nnx
      >>> import jax.numpy as jnp
      >>> from nmn.nnx import InverseMultiquadricConvTranspose

      >>> rngs = nnx.Rngs(0)
      >>> layer = InverseMultiquadricConvTranspose(3, 4, kernel_size=(3, 3), strides=2, rngs=rngs)
      >>> layer(jnp.ones((1, 8, 8, 3))).shape
      (1, 16, 16, 4)

    Args:
      in_features: the number of input features.
      out_features: the number of units.
      kernel_size: taps along each spatial axis; an integer is a kernel of one axis.
      strides: distance of the input's positions, zeros between them: one integer, or one per
          spatial axis.
      padding: ``"SAME"``, ``"VALID"``, ``"CIRCULAR"`` (the stuffed input repeats), or numbers of
          zeros around the stuffed input: one for all sides, or for each spatial axis one or a pair
          (before, after), as ``jax.lax.conv_transpose`` reads them.
      kernel_dilation: distance of the kernel's taps: one integer, or one per spatial axis.
      constant_c: Hold ``c`` at this number instead of training it.
      scalar_c: Share one ``c`` among all units.
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
      c_init: Initialiser of ``c``. Default: 1, after softplus.
      transpose_kernel: Store the kernel of the convolution that this layer is the transpose of:
          spatial axes reversed, units before input features.
      promote_dtype: function to promote the input and all parameters, a tuple, to one dtype.
      preferred_element_type: the dtype of the result, where it is to differ from ``dtype``.
          Products are accumulated in float32 at least, whatever it is.
      rngs: rng key.
      kernel_metadata: metadata to set on the kernel, such as its sharding.
      c_metadata: metadata to set on the c, such as its sharding.

    Attributes:
      kernel: shape (*kernel_size, in_features, out_features), or (*kernel_size, out_features,
          in_features) with ``transpose_kernel``, initially a normal law of variance 2 / (fan_in +
          fan_out), truncated at two standard deviations; a FrozenParam if frozen, else an
          nnx.Param.
      c: Shape (out_features,), or () with ``scalar_c``: the value before softplus, initially such
          that it is 1; None if constant.

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
        strides: int | Sequence[int] | None = None,
        *,
        padding: PaddingLike = "SAME",
        kernel_dilation: int | Sequence[int] | None = None,
        constant_c: float | None = None,
        scalar_c: bool = False,
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
        c_init: Initializer = default_c_init,
        transpose_kernel: bool = False,
        promote_dtype: PromoteDtypeFn = dtypes.promote_dtype,
        preferred_element_type: Dtype | None = None,
        rngs: nnx.Rngs,
        kernel_metadata: Mapping[str, Any] = MappingProxyType({}),
        c_metadata: Mapping[str, Any] = MappingProxyType({}),
    ):
        self.in_features = _arguments.positive_integer("in_features", in_features)
        self.out_features = _arguments.positive_integer("out_features", out_features)
        self.kernel_size = _windows.kernel_size(kernel_size, ranks=(1, 2, 3))
        rank = len(self.kernel_size)
        self.strides = _windows.per_axis("strides", strides, rank)
        self.padding = _windows.padding(padding, rank, _windows.TRANSPOSED_PADDING)
        self.kernel_dilation = _windows.per_axis("kernel_dilation", kernel_dilation, rank)
        _windows.check_transposed(self, self.out_features)
        self.constant_c = _arguments.constant("constant_c", constant_c, positive=True)
        self.weight_normalized = weight_normalized
        self.spherical = spherical
        self.drop_rate = _arguments.rate("drop_rate", drop_rate)
        self.dtype = dtype
        self.param_dtype = param_dtype
        self.precision = precision
        self.transpose_kernel = transpose_kernel
        self.promote_dtype = promote_dtype
        self.preferred_element_type = preferred_element_type
        self.deterministic = False

        channels = (self.in_features, self.out_features)
        self.kernel_shape = (*self.kernel_size, *(channels[::-1] if transpose_kernel else channels))
        if mask is not None:
            _transposed_convolution.check_mask(self.kernel_shape, jnp.shape(mask))
        self.mask = mask
        kernel = kernel_init(rngs.params(), self.kernel_shape, param_dtype)
        if positive_init:
            kernel = jnp.abs(kernel)
        kernel_type = FrozenParam if freeze_kernel else nnx.Param
        self.kernel = kernel_type(kernel, **kernel_metadata)
        self.c: nnx.Param[Array] | None
        if self.constant_c is None:
            self.c = nnx.Param(
                c_init(rngs.params(), () if scalar_c else (self.out_features,), param_dtype),
                **c_metadata,
            )
        else:
            self.c = nnx.data(None)
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
        _transposed_convolution.check_input_axes(len(shape), rank + 1)
        _transposed_convolution.check_input_channels(shape[-1], self.in_features)
        _numerics.check_floating(inputs)
        kernel, c = (None if stored is None else stored[...] for stored in [self.kernel, self.c])
        if self.mask is not None:
            kernel = kernel * jnp.asarray(self.mask, kernel.dtype)
        inputs, kernel, c = self.promote_dtype((inputs, kernel, c), dtype=self.dtype)
        dtype = inputs.dtype
        deterministic = self.deterministic if deterministic is None else deterministic
        if self.drop_rate and not deterministic:
            key = dropout_key(self.rngs if rngs is None else rngs)
            kernel = _numerics.drop_connect(key, kernel, self.drop_rate)
        if self.transpose_kernel:
            kernel = _numerics.transposed(kernel)
        if self.spherical or self.weight_normalized:
            taps = tuple(range(rank + 1))
            kernel = _numerics.unit_norm(kernel.astype(_numerics.wide_dtype(dtype)), axis=taps)
        batch, window = shape[: -rank - 1], shape[-rank - 1 :]
        inputs = inputs.reshape(math.prod(batch), *window)
        inputs, padding = _windows.pad_transposed(self, inputs)
        windows = _numerics.Windows(
            (1,) * rank, padding, self.strides, self.kernel_dilation, groups=1
        )
        if self.spherical:
            sample = tuple(range(1, rank + 2))
            inputs = _numerics.unit_maximum(inputs.astype(_numerics.wide_dtype(dtype)), axis=sample)
        dot = _numerics.convolution(
            inputs, kernel, windows, self.precision, lax.conv_general_dilated
        )
        sq_x = _numerics.window_sq_norm(inputs, kernel.shape, windows, dot.dtype)
        if self.spherical:
            dot, sq_x = _numerics.unit_norm_windows(dot, sq_x)
        sq_w = _numerics.kernel_sq_norm(kernel, dot.dtype)
        c = self.constant_c if c is None else _numerics.softplus(c.astype(dot.dtype))
        response = inverse_multiquadric(dot, sq_x, sq_w, c=c)
        response = response.reshape(*batch, *response.shape[1 : rank + 1], self.out_features)
        return response.astype(self.preferred_element_type or dtype)

    def set_view(self, deterministic: bool | None = None) -> None:
        """Used by ``nnx.view``: if ``deterministic`` is True, DropConnect is off."""
        if deterministic is not None:
            self.deterministic = deterministic


InverseMultiquadricConvTranspose1D = InverseMultiquadricConvTranspose
InverseMultiquadricConvTranspose2D = InverseMultiquadricConvTranspose
InverseMultiquadricConvTranspose3D = InverseMultiquadricConvTranspose
