# Generated from spec/layers/inverse_multiquadric_conv_transpose.yaml.
# Do not edit; run `make generate`.
"""Transposed convolution of inverse multiquadric neurons."""

import math
from collections.abc import Sequence

import flax.linen as nn
import jax
import jax.numpy as jnp
from flax.core import meta
from flax.linen.dtypes import promote_dtype
from flax.typing import Array, Dtype, Initializer, PaddingLike, PrecisionLike, PromoteDtypeFn
from jax import lax
from jax.nn import initializers

from nmn import _arguments, _transposed_convolution
from nmn.linen import _numerics, _windows
from nmn.linen.neurons.inverse_multiquadric import inverse_multiquadric

default_kernel_init = initializers.glorot_normal()
default_c_init = initializers.constant(_arguments.inverse_softplus(1))


class InverseMultiquadricConvTranspose(nn.Module):
    r"""Transposed convolution of inverse multiquadric neurons; no activation follows it.

    .. math::
        y = \frac{1}{\sqrt{\lVert w - x\rVert^2 + c^{2}}}

    for every unit's kernel :math:`w` and every window :math:`x` of the input with ``strides - 1``
    zeros between its positions, padded. These zeros are inputs like others.

    Reference: Hardy (1971), Multiquadric equations of topography and other irregular surfaces.

    Example usage::

      >>> import jax, jax.numpy as jnp
      >>> from nmn.linen import InverseMultiquadricConvTranspose

      >>> layer = InverseMultiquadricConvTranspose(features=4, kernel_size=(3, 3), strides=2)
      >>> output, variables = layer.init_with_output(jax.random.key(0), jnp.ones((1, 8, 8, 3)))
      >>> jax.tree_util.tree_map(jnp.shape, variables)
      {'params': {'c': (4,), 'kernel': (3, 3, 3, 4)}}
      >>> output.shape
      (1, 16, 16, 4)

    Parameters in the collection ``params`` (a frozen kernel in ``frozen``):
      ``kernel``: shape (*kernel_size, in, features), or (*kernel_size, features, in) with
          ``transpose_kernel``, initially a normal law of variance 2 / (fan_in + fan_out), truncated
          at two standard deviations.
      ``c``: Shape (features,), or () with ``scalar_c``: the value before softplus, initially such
          that it is 1; None if constant.

    Attributes:
      features: the number of units.
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
      deterministic: if True, DropConnect is off (may be given at the call instead).
      mask: factors of the kernel's entries, of the kernel's shape.
      dtype: the dtype of the result (default: infer from input and params).
      param_dtype: the dtype passed to parameter initializers.
      precision: numerical precision of products, see ``jax.lax.Precision``.
      kernel_init: Initialiser of ``kernel``. Default: a normal law of variance 2 / (fan_in +
          fan_out), truncated at two standard deviations.
      c_init: Initialiser of ``c``. Default: 1, after softplus.
      transpose_kernel: Store the kernel of the convolution that this layer is the transpose of:
          spatial axes reversed, units before input features.
      promote_dtype: function to promote the input and all parameters to one dtype.
      preferred_element_type: the dtype of the result, where it is to differ from ``dtype``.
          Products are accumulated in float32 at least, whatever it is.

    Raises:
      TypeError: an attribute or the input has the wrong type or dtype.
      ValueError: an attribute is out of range, the input has too few axes or its channels do not
        fit the kernel, or no window fits into it once padded.
    """

    features: int
    kernel_size: int | Sequence[int]
    strides: int | Sequence[int] | None = None
    padding: PaddingLike = "SAME"
    kernel_dilation: int | Sequence[int] | None = None
    constant_c: float | None = None
    scalar_c: bool = False
    positive_init: bool = False
    freeze_kernel: bool = False
    weight_normalized: bool = False
    spherical: bool = False
    drop_rate: float = 0.0
    deterministic: bool | None = None
    mask: Array | None = None
    dtype: Dtype | None = None
    param_dtype: Dtype = jnp.float32
    precision: PrecisionLike = None
    kernel_init: Initializer = default_kernel_init
    c_init: Initializer = default_c_init
    transpose_kernel: bool = False
    promote_dtype: PromoteDtypeFn = promote_dtype
    preferred_element_type: Dtype | None = None

    def __post_init__(self) -> None:
        _arguments.positive_integer("features", self.features)
        self.kernel_size = _windows.kernel_size(self.kernel_size, ranks=(1, 2, 3))
        rank = len(self.kernel_size)
        self.strides = _windows.per_axis("strides", self.strides, rank)
        self.padding = _windows.padding(self.padding, rank, _windows.TRANSPOSED_PADDING)
        self.kernel_dilation = _windows.per_axis("kernel_dilation", self.kernel_dilation, rank)
        _windows.check_transposed(self, self.features)
        _arguments.constant("constant_c", self.constant_c, positive=True)
        _arguments.rate("drop_rate", self.drop_rate)
        super().__post_init__()

    @nn.compact
    def __call__(self, inputs: Array, deterministic: bool | None = None) -> Array:
        """Applies the layer to every window of the inputs.

        Args:
          inputs: shape ``(*batch, *spatial, in)``, with any number of batch axes.
          deterministic: if True, DropConnect is off. Needed, here or as an attribute, only
            with a ``drop_rate``.

        Returns:
          The response, of shape ``(*batch, *windows, features)``.
        """
        shape = jnp.shape(inputs)
        rank = len(self.kernel_size)
        _transposed_convolution.check_input_axes(len(shape), rank + 1)
        _numerics.check_floating(inputs)
        collection = "frozen" if self.freeze_kernel else "params"
        if self.has_variable(collection, "kernel"):
            kernel = meta.unbox(self.get_variable(collection, "kernel"))
            channels = kernel.shape[-1 if self.transpose_kernel else -2]
            _transposed_convolution.check_input_channels(shape[-1], channels)
        channels = (shape[-1], self.features)
        kernel_shape = (*self.kernel_size, *(channels[::-1] if self.transpose_kernel else channels))
        if self.freeze_kernel:
            kernel = self.variable("frozen", "kernel", self._initial_kernel, kernel_shape).value
        else:
            kernel = self.param("kernel", self._init_kernel, kernel_shape, self.param_dtype)
        if self.mask is not None:
            _transposed_convolution.check_mask(kernel_shape, jnp.shape(self.mask))
            kernel = kernel * jnp.asarray(self.mask, kernel.dtype)
        constant_c = _arguments.constant("constant_c", self.constant_c, positive=True)
        c = None
        if constant_c is None:
            c = self.param(
                "c", self.c_init, () if self.scalar_c else (self.features,), self.param_dtype
            )
        inputs, kernel, c = self.promote_dtype(inputs, kernel, c, dtype=self.dtype)
        dtype = inputs.dtype
        if self.drop_rate and not nn.merge_param(
            "deterministic", self.deterministic, deterministic
        ):
            kernel = _numerics.drop_connect(self.make_rng("dropout"), kernel, self.drop_rate)
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
        c = constant_c if c is None else _numerics.softplus(c.astype(dot.dtype))
        response = inverse_multiquadric(dot, sq_x, sq_w, c=c)
        response = response.reshape(*batch, *response.shape[1 : rank + 1], self.features)
        return response.astype(self.preferred_element_type or dtype)

    def _init_kernel(self, key: Array, shape: tuple[int, ...], dtype: Dtype) -> Array:
        kernel = self.kernel_init(key, shape, dtype)
        return jax.tree.map(jnp.abs, kernel) if self.positive_init else kernel

    def _initial_kernel(self, shape: tuple[int, ...]) -> Array:
        return self._init_kernel(self.make_rng("params"), shape, self.param_dtype)


InverseMultiquadricConvTranspose1D = InverseMultiquadricConvTranspose
InverseMultiquadricConvTranspose2D = InverseMultiquadricConvTranspose
InverseMultiquadricConvTranspose3D = InverseMultiquadricConvTranspose
