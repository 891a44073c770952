# Generated from spec/layers/inverse_multiquadric.yaml. Do not edit; run `make generate`.
"""Dense layer of inverse multiquadric neurons."""

import flax.linen as nn
import jax
import jax.numpy as jnp
from flax.core import meta
from flax.linen.dtypes import promote_dtype
from flax.typing import Array, DotGeneralT, Dtype, Initializer, PrecisionLike, PromoteDtypeFn
from jax import lax
from jax.nn import initializers

from nmn import _arguments
from nmn.linen import _numerics
from nmn.linen.neurons.inverse_multiquadric import inverse_multiquadric

default_kernel_init = initializers.glorot_normal()
default_c_init = initializers.constant(_arguments.inverse_softplus(1))


class InverseMultiquadricNMN(nn.Module):
    r"""Dense layer of inverse multiquadric neurons; no activation follows it.

    .. math::
        y = \frac{1}{\sqrt{\lVert w - x\rVert^2 + c^{2}}}

    for every column :math:`w` of ``kernel``.

    Reference: Hardy (1971), Multiquadric equations of topography and other irregular surfaces.

    Example usage::

      >>> import jax, jax.numpy as jnp
      >>> from nmn.linen import InverseMultiquadricNMN

      >>> layer = InverseMultiquadricNMN(features=4)
      >>> params = layer.init(jax.random.key(0), jnp.ones((1, 3)))
      >>> jax.tree_util.tree_map(jnp.shape, params)
      {'params': {'c': (4,), 'kernel': (3, 4)}}

    Parameters in the collection ``params`` (a frozen kernel in ``frozen``):
      ``kernel``: shape (in, features), initially a normal law of variance 2 / (fan_in + fan_out),
          truncated at two standard deviations.
      ``c``: Shape (features,), or () with ``scalar_c``: the value before softplus, initially such
          that it is 1; None if constant.

    Attributes:
      features: the number of units.
      constant_c: Hold ``c`` at this number instead of training it.
      scalar_c: Share one ``c`` among all units.
      positive_init: Take absolute values of the initial kernel.
      freeze_kernel: Keep the kernel as initialised: it is not trained.
      weight_normalized: Divide every unit's kernel by its norm.
      spherical: Divide the input and every unit's kernel by their norms.
      drop_rate: DropConnect: probability in [0, 1) that an entry of the kernel is zero in a
          training step; the others are scaled by 1 / (1 - drop_rate).
      deterministic: if True, DropConnect is off (may be given at the call instead).
      dtype: the dtype of the result (default: infer from input and params).
      param_dtype: the dtype passed to parameter initializers.
      precision: numerical precision of products, see ``jax.lax.Precision``.
      kernel_init: Initialiser of ``kernel``. Default: a normal law of variance 2 / (fan_in +
          fan_out), truncated at two standard deviations.
      c_init: Initialiser of ``c``. Default: 1, after softplus.
      promote_dtype: function to promote the input and all parameters to one dtype.
      dot_general: dot product function (default: ``jax.lax.dot_general``).

    Raises:
      TypeError: an attribute or the input has the wrong type or dtype.
      ValueError: an attribute is out of range, or the last axis of the input does not fit the
        kernel.
    """

    features: int
    constant_c: float | None = None
    scalar_c: bool = False
    positive_init: bool = False
    freeze_kernel: bool = False
    weight_normalized: bool = False
    spherical: bool = False
    drop_rate: float = 0.0
    deterministic: bool | None = None
    dtype: Dtype | None = None
    param_dtype: Dtype = jnp.float32
    precision: PrecisionLike = None
    kernel_init: Initializer = default_kernel_init
    c_init: Initializer = default_c_init
    promote_dtype: PromoteDtypeFn = promote_dtype
    dot_general: DotGeneralT | None = None

    def __post_init__(self) -> None:
        _arguments.positive_integer("features", self.features)
        _arguments.constant("constant_c", self.constant_c, positive=True)
        _arguments.rate("drop_rate", self.drop_rate)
        super().__post_init__()

    @nn.compact
    def __call__(self, inputs: Array, deterministic: bool | None = None) -> Array:
        """Applies the layer to the inputs along the last dimension.

        Args:
          inputs: the nd-array to be transformed, of shape ``(..., in)``.
          deterministic: if True, DropConnect is off. Needed, here or as an attribute, only
            with a ``drop_rate``.

        Returns:
          The response, of shape ``(..., features)``.
        """
        if jnp.ndim(inputs) == 0:
            raise ValueError("input must have at least one axis, got a scalar")
        _numerics.check_floating(inputs)
        collection = "frozen" if self.freeze_kernel else "params"
        if self.has_variable(collection, "kernel"):
            kernel = meta.unbox(self.get_variable(collection, "kernel"))
            _arguments.check_last_axis(inputs.shape, len(kernel))
        kernel_shape = (inputs.shape[-1], self.features)
        if self.freeze_kernel:
            kernel = self.variable("frozen", "kernel", self._initial_kernel, kernel_shape).value
        else:
            kernel = self.param("kernel", self._init_kernel, kernel_shape, self.param_dtype)
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
        if self.spherical:
            inputs = _numerics.unit_norm(inputs.astype(_numerics.wide_dtype(dtype)), axis=-1)
        if self.spherical or self.weight_normalized:
            kernel = _numerics.unit_norm(kernel.astype(_numerics.wide_dtype(dtype)), axis=0)
        dot_general = self.dot_general or lax.dot_general
        dot = _numerics.dense(inputs, kernel, self.precision, dot_general)
        sq_x = _numerics.sq_norm(inputs, dot.dtype)
        sq_w = _numerics.kernel_sq_norm(kernel, dot.dtype)
        c = constant_c if c is None else _numerics.softplus(c.astype(dot.dtype))
        response = inverse_multiquadric(dot, sq_x, sq_w, c=c)
        return response.astype(dtype)

    def _init_kernel(self, key: Array, shape: tuple[int, ...], dtype: Dtype) -> Array:
        kernel = self.kernel_init(key, shape, dtype)
        return jax.tree.map(jnp.abs, kernel) if self.positive_init else kernel

    def _initial_kernel(self, shape: tuple[int, ...]) -> Array:
        return self._init_kernel(self.make_rng("params"), shape, self.param_dtype)
