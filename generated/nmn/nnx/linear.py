# Generated from spec/layers/linear.yaml. Do not edit; run `make generate`.
"""Dense layer of linear neurons."""

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
from nmn.nnx.neurons.linear import linear

default_kernel_init = initializers.glorot_normal()
default_bias_init = initializers.zeros


class LinearNMN(nnx.Module):
    r"""Dense layer of linear neurons; no activation follows it.

    .. math::
        y = b + \langle w, x\rangle

    for every column :math:`w` of ``kernel``.

    Reference: Rosenblatt (1958), The perceptron: a probabilistic model for information storage.

    Example usage::

      >>> from flax import nnx
      >>> import jax.numpy as jnp
      >>> from nmn.nnx import LinearNMN

      >>> layer = LinearNMN(in_features=3, out_features=4, rngs=nnx.Rngs(0))
      >>> layer(jnp.ones((2, 3))).shape
      (2, 4)

    Args:
      in_features: the number of input features.
      out_features: the number of units.
      use_bias: Whether the layer has ``bias``. Added to the alignment ⟨w, x⟩.
      constant_bias: Hold ``bias`` at this number instead of training it.
      softplus_bias: Keep ``bias`` positive: the softplus of the stored array takes part.
      scalar_bias: Share one ``bias`` among all units.
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
      bias_init: Initialiser of ``bias``. Default: zeros.
      dot_general: dot product function.
      promote_dtype: function to promote the input and all parameters, a tuple, to one dtype.
      rngs: rng key.
      kernel_metadata: metadata to set on the kernel, such as its sharding.
      bias_metadata: metadata to set on the bias, such as its sharding.

    Attributes:
      kernel: shape (in_features, out_features), initially a normal law of variance 2 / (fan_in +
          fan_out), truncated at two standard deviations; a FrozenParam if frozen, else an
          nnx.Param.
      bias: Shape (out_features,), or () with ``scalar_bias``, initially zeros; None if left out or
          constant.

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
        use_bias: bool = True,
        constant_bias: float | None = None,
        softplus_bias: bool = False,
        scalar_bias: bool = False,
        positive_init: bool = False,
        freeze_kernel: bool = False,
        weight_normalized: bool = False,
        spherical: bool = False,
        drop_rate: float = 0.0,
        dtype: Dtype | None = None,
        param_dtype: Dtype = jnp.float32,
        precision: PrecisionLike = None,
        kernel_init: Initializer = default_kernel_init,
        bias_init: Initializer = default_bias_init,
        dot_general: DotGeneralT = lax.dot_general,
        promote_dtype: PromoteDtypeFn = dtypes.promote_dtype,
        rngs: nnx.Rngs,
        kernel_metadata: Mapping[str, Any] = MappingProxyType({}),
        bias_metadata: Mapping[str, Any] = MappingProxyType({}),
    ):
        self.in_features = _arguments.positive_integer("in_features", in_features)
        self.out_features = _arguments.positive_integer("out_features", out_features)
        self.constant_bias = _arguments.constant("constant_bias", constant_bias)
        self.softplus_bias = softplus_bias
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
        self.bias: nnx.Param[Array] | None
        if use_bias and self.constant_bias is None:
            self.bias = nnx.Param(
                bias_init(rngs.params(), () if scalar_bias else (self.out_features,), param_dtype),
                **bias_metadata,
            )
        else:
            self.bias = nnx.data(None)
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
        kernel, bias = (
            None if stored is None else stored[...] for stored in [self.kernel, self.bias]
        )
        inputs, kernel, bias = self.promote_dtype((inputs, kernel, bias), dtype=self.dtype)
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
        if bias is None:
            bias = self.constant_bias
        elif self.softplus_bias:
            bias = _numerics.softplus(bias.astype(dot.dtype))
        response = linear(dot, bias=bias)
        return response.astype(dtype)

    def set_view(self, deterministic: bool | None = None) -> None:
        """Used by ``nnx.view``: if ``deterministic`` is True, DropConnect is off."""
        if deterministic is not None:
            self.deterministic = deterministic
