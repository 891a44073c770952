# Generated from spec/layers/spherical_yat.yaml. Do not edit; run `make generate`.
"""Dense layer of spherical Yat neurons."""

import math
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
from nmn.nnx.neurons.spherical_yat import spherical_yat

default_kernel_init = initializers.glorot_normal()
default_bias_init = initializers.zeros
default_alpha_init = initializers.ones


class SphericalYatNMN(nnx.Module):
    r"""Dense layer of spherical Yat neurons; no activation follows it.

    .. math::
        y = \frac{\alpha \left(b + \frac{\langle w, x\rangle}{\sqrt{\delta + \lVert w\rVert^2 \lVert
            x\rVert^2}}\right)^{2}}{\varepsilon + \max\left(- \frac{2 \langle w,
            x\rangle}{\sqrt{\delta + \lVert w\rVert^2 \lVert x\rVert^2}} + 2, 0\right)}

    for every column :math:`w` of ``kernel``.

    Reference: Bouhsine (2024), Deep Learning 2.0: Artificial Neurons that Matter.

    Example usage::

      >>> from flax import nnx
      >>> import jax.numpy as jnp
      >>> from nmn.nnx import SphericalYatNMN

      >>> layer = SphericalYatNMN(in_features=3, out_features=4, rngs=nnx.Rngs(0))
      >>> layer(jnp.ones((2, 3))).shape
      (2, 4)

    Args:
      in_features: the number of input features.
      out_features: the number of units.
      use_bias: Whether the layer has ``bias``. Added to the cosine, inside the square.
      constant_bias: Hold ``bias`` at this number instead of training it.
      softplus_bias: Keep ``bias`` positive: the softplus of the stored array takes part.
      scalar_bias: Share one ``bias`` among all units.
      use_alpha: Whether the layer has ``alpha``. Scale of the response.
      constant_alpha: Hold ``alpha`` at this number instead of training it. True stands for sqrt(2).
      epsilon: Added to the squared distance; bounds the response where x and w point the same way.
          A number > 0.
      learnable_epsilon: Train ``epsilon``, kept positive through softplus and starting from its
          value.
      delta: Added to the product of the squared norms; keeps the response finite at x = 0. A number
          > 0.
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
      alpha_init: Initialiser of ``alpha``. Default: ones.
      dot_general: dot product function.
      promote_dtype: function to promote the input and all parameters, a tuple, to one dtype.
      rngs: rng key.
      kernel_metadata: metadata to set on the kernel, such as its sharding.
      bias_metadata: metadata to set on the bias, such as its sharding.
      alpha_metadata: metadata to set on the alpha, such as its sharding.

    Attributes:
      kernel: shape (in_features, out_features), initially a normal law of variance 2 / (fan_in +
          fan_out), truncated at two standard deviations; a FrozenParam if frozen, else an
          nnx.Param.
      bias: Shape (out_features,), or () with ``scalar_bias``, initially zeros; None if left out or
          constant.
      alpha: Shape (), initially ones; None if left out or constant.
      epsilon_param: Shape (): ``epsilon`` before softplus; None if ``epsilon`` is constant.

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
        use_alpha: bool = True,
        constant_alpha: float | bool | None = None,
        epsilon: float = 0.01,
        learnable_epsilon: bool = False,
        delta: float = 1e-06,
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
        alpha_init: Initializer = default_alpha_init,
        dot_general: DotGeneralT = lax.dot_general,
        promote_dtype: PromoteDtypeFn = dtypes.promote_dtype,
        rngs: nnx.Rngs,
        kernel_metadata: Mapping[str, Any] = MappingProxyType({}),
        bias_metadata: Mapping[str, Any] = MappingProxyType({}),
        alpha_metadata: Mapping[str, Any] = MappingProxyType({}),
    ):
        self.in_features = _arguments.positive_integer("in_features", in_features)
        self.out_features = _arguments.positive_integer("out_features", out_features)
        self.constant_bias = _arguments.constant("constant_bias", constant_bias)
        self.softplus_bias = softplus_bias
        self.constant_alpha = _arguments.constant(
            "constant_alpha", constant_alpha, when_true=math.sqrt(2)
        )
        self.epsilon = _arguments.positive_number("epsilon", epsilon)
        self.delta = _arguments.positive_number("delta", delta)
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
        kernel, bias, alpha, epsilon_param = (
            None if stored is None else stored[...]
            for stored in [self.kernel, self.bias, self.alpha, self.epsilon_param]
        )
        inputs, kernel, bias, alpha, epsilon_param = self.promote_dtype(
            (inputs, kernel, bias, alpha, epsilon_param), dtype=self.dtype
        )
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
        response = spherical_yat(
            dot, sq_x, sq_w, bias=bias, alpha=alpha, epsilon=epsilon, delta=self.delta
        )
        return response.astype(dtype)

    def set_view(self, deterministic: bool | None = None) -> None:
        """Used by ``nnx.view``: if ``deterministic`` is True, DropConnect is off."""
        if deterministic is not None:
            self.deterministic = deterministic
