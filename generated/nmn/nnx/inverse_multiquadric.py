# Generated from spec/layers/inverse_multiquadric.yaml. Do not edit; run `make generate`.
"""Dense layer of inverse multiquadric neurons."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import jax.numpy as jnp
from flax import nnx
from flax.nnx import rnglib
from flax.nnx.nn import dtypes
from flax.typing import DotGeneralT, Dtype, Initializer, PrecisionLike, PromoteDtypeFn
from jax import Array, lax
from jax.nn import initializers

from nmn import _arguments
from nmn.nnx import _numerics
from nmn.nnx._rngs import dropout_key
from nmn.nnx._variables import FrozenParam
from nmn.nnx.neurons.inverse_multiquadric import inverse_multiquadric

default_kernel_init = initializers.glorot_normal()
default_c_init = initializers.constant(_arguments.inverse_softplus(1))


class InverseMultiquadricNMN(nnx.Module):
    r"""Dense layer of inverse multiquadric neurons; no activation follows it.

    .. math::
        y = \frac{1}{\sqrt{\lVert w - x\rVert^2 + c^{2}}}

    for every column :math:`w` of ``kernel``.

    Reference: Hardy (1971), Multiquadric equations of topography and other irregular surfaces.

    Example usage::

      >>> from flax import nnx
      >>> import jax.numpy as jnp
      >>> from nmn.nnx import InverseMultiquadricNMN

      >>> layer = InverseMultiquadricNMN(in_features=3, out_features=4, rngs=nnx.Rngs(0))
      >>> layer(jnp.ones((2, 3))).shape
      (2, 4)

    Args:
      in_features: the number of input features.
      out_features: the number of units.
      constant_c: Hold ``c`` at this number instead of training it.
      scalar_c: Share one ``c`` among all units.
      positive_init: Take absolute values of the initial kernel.
      freeze_kernel: Keep the kernel as initialised: it is not trained.
      weight_normalized: Divide every unit's kernel by its norm.
      spherical: Divide the input and every unit's kernel by their norms.
      drop_rate: DropConnect: probability in [0, 1) that an entry of the kernel is zero in a
          training step; the others are scaled by 1 / (1 - drop_rate).
      dtype: the dtype of the result (default: infer from input and params).
      param_dtype: the dtype passed to parameter initializers.
      precision: numerical precision of products, see ``jax.lax.Precision``.
      kernel_init: Initialiser of ``kernel``. Default: a normal law of variance 2 / (fan_in +
          fan_out), truncated at two standard deviations.
      c_init: Initialiser of ``c``. Default: 1, after softplus.
      dot_general: dot product function.
      promote_dtype: function to promote the input and all parameters, a tuple, to one dtype.
      rngs: rng key.
      kernel_metadata: metadata to set on the kernel, such as its sharding.
      c_metadata: metadata to set on the c, such as its sharding.

    Attributes:
      kernel: shape (in_features, out_features), initially a normal law of variance 2 / (fan_in +
          fan_out), truncated at two standard deviations; a FrozenParam if frozen, else an
          nnx.Param.
      c: Shape (out_features,), or () with ``scalar_c``: the value before softplus, initially such
          that it is 1; None if constant.

    Raises:
      TypeError: an argument or the input has the wrong type or dtype.
      ValueError: an argument is out of range, or the last axis of the input is not
        ``in_features`` long.
    """

    def __init__(
        self,
        in_features: int,
        out_features: int,
        *,
        constant_c: float | None = None,
        scalar_c: bool = False,
        positive_init: bool = False,
        freeze_kernel: bool = False,
        weight_normalized: bool = False,
        spherical: bool = False,
        drop_rate: float = 0.0,
        dtype: Dtype | None = None,
        param_dtype: Dtype = jnp.float32,
        precision: PrecisionLike = None,
        kernel_init: Initializer = default_kernel_init,
        c_init: Initializer = default_c_init,
        dot_general: DotGeneralT = lax.dot_general,
        promote_dtype: PromoteDtypeFn = dtypes.promote_dtype,
        rngs: nnx.Rngs,
        kernel_metadata: Mapping[str, Any] = MappingProxyType({}),
        c_metadata: Mapping[str, Any] = MappingProxyType({}),
    ):
        self.in_features = _arguments.positive_integer("in_features", in_features)
        self.out_features = _arguments.positive_integer("out_features", out_features)
        self.constant_c = _arguments.constant("constant_c", constant_c, positive=True)
        self.weight_normalized = weight_normalized
        self.spherical = spherical
        self.drop_rate = _arguments.rate("drop_rate", drop_rate)
        self.dtype = dtype
        self.param_dtype = param_dtype
        self.precision = precision
        self.dot_general = dot_general
        self.promote_dtype = promote_dtype
        self.deterministic = False

        kernel = kernel_init(rngs.params(), (self.in_features, self.out_features), param_dtype)
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
        """Applies the layer to the inputs along the last dimension.

        Args:
          inputs: the nd-array to be transformed, of shape ``(..., in_features)``.
          deterministic: if True, DropConnect is off; takes precedence over the attribute that
            ``train()`` and ``eval()`` set.
          rngs: key, stream or Rngs for DropConnect; takes precedence over the layer's own.

        Returns:
          The response, of shape ``(..., out_features)``.
        """
        _arguments.check_last_axis(jnp.shape(inputs), self.in_features)
        _numerics.check_floating(inputs)
        kernel, c = (None if stored is None else stored[...] for stored in [self.kernel, self.c])
        inputs, kernel, c = self.promote_dtype((inputs, kernel, c), dtype=self.dtype)
        dtype = inputs.dtype
        deterministic = self.deterministic if deterministic is None else deterministic
        if self.drop_rate and not deterministic:
            key = dropout_key(self.rngs if rngs is None else rngs)
            kernel = _numerics.drop_connect(key, kernel, self.drop_rate)
        if self.spherical:
            inputs = _numerics.unit_norm(inputs.astype(_numerics.wide_dtype(dtype)), axis=-1)
        if self.spherical or self.weight_normalized:
            kernel = _numerics.unit_norm(kernel.astype(_numerics.wide_dtype(dtype)), axis=0)
        dot = _numerics.dense(inputs, kernel, self.precision, self.dot_general)
        sq_x = _numerics.sq_norm(inputs, dot.dtype)
        sq_w = _numerics.kernel_sq_norm(kernel, dot.dtype)
        c = self.constant_c if c is None else _numerics.softplus(c.astype(dot.dtype))
        response = inverse_multiquadric(dot, sq_x, sq_w, c=c)
        return response.astype(dtype)

    def set_view(self, deterministic: bool | None = None) -> None:
        """Used by ``nnx.view``: if ``deterministic`` is True, DropConnect is off."""
        if deterministic is not None:
            self.deterministic = deterministic
