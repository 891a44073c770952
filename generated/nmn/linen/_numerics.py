# Generated from codegen/templates/jax/_numerics.py.j2. Do not edit; run `make generate`.
"""Arithmetic that the layers share: precision, norms, contractions."""

from collections.abc import Callable, Sequence

import jax
import jax.numpy as jnp
from jax import Array, lax

TINY = float(jnp.finfo(jnp.float32).tiny)


def check_floating(inputs: Array) -> None:
    """Raise unless the inputs are floating-point numbers."""
    if not jnp.issubdtype(jnp.result_type(inputs), jnp.floating):
        raise TypeError(
            f"input must be a floating-point array, got dtype {jnp.result_type(inputs)}"
        )


def wide_dtype(dtype: jnp.dtype) -> jnp.dtype:
    """The dtype of the response: at least float32."""
    return jnp.promote_types(dtype, jnp.float32)


def unit_norm(vectors: Array, axis: int | tuple[int, ...]) -> Array:
    """Divide by the Euclidean norm along `axis`; zero stays zero, with zero gradient."""
    scaled = _scaled(vectors, axis)
    sq_norm = jnp.sum(jnp.square(scaled), axis=axis, keepdims=True)
    is_zero = sq_norm == 0
    return jnp.where(is_zero, 0, scaled * lax.rsqrt(jnp.where(is_zero, 1, sq_norm)))


def _scaled(vectors: Array, axis: int | tuple[int, ...]) -> Array:
    """Divide by the largest entry along `axis`, so that squares neither overflow nor vanish."""
    largest = lax.stop_gradient(jnp.max(jnp.abs(vectors), axis=axis, keepdims=True))
    return vectors / jnp.where(largest == 0, 1, largest)


def softplus(raw: Array) -> Array:
    """log(1 + exp(raw)), kept above zero where it would underflow."""
    return jnp.maximum(jax.nn.softplus(raw), TINY)


def drop_connect(key: Array, kernel: Array, rate: float) -> Array:
    """Zero each entry with probability `rate`, scale the others by 1 / (1 - rate)."""
    keep = jax.random.bernoulli(key, 1 - rate, kernel.shape)
    return jnp.where(keep, kernel / (1 - rate), 0)


def dense(
    x: Array, kernel: Array, precision: lax.PrecisionLike, dot_general: Callable[..., Array]
) -> tuple[Array, Array, Array]:
    r"""Contract the last axis of `x` with every column of `kernel`, in at least float32.

    Args:
      x: shape ``(..., in)``.
      kernel: shape ``(in, out)``.
      precision: numerical precision of the product, see ``jax.lax.Precision``.
      dot_general: dot product function.

    Returns:
      :math:`\langle w, x\rangle` of shape ``(..., out)``, :math:`\lVert x\rVert^2` of shape
      ``(..., 1)`` and :math:`\lVert w\rVert^2` of shape ``(out,)``.
    """
    wide = wide_dtype(jnp.promote_types(x.dtype, kernel.dtype))
    if x.dtype != kernel.dtype:
        x, kernel = x.astype(wide), kernel.astype(wide)
    options = {} if x.dtype == wide else {"preferred_element_type": wide}
    dimensions = (((x.ndim - 1,), (0,)), ((), ()))
    dot = dot_general(x, kernel, dimensions, precision=precision, **options)
    x, kernel = x.astype(wide), kernel.astype(wide)
    return dot, jnp.sum(x * x, axis=-1, keepdims=True), jnp.sum(kernel * kernel, axis=0)


def convolution(
    inputs: Array,
    kernel: Array,
    window_strides: Sequence[int],
    padding: Sequence[tuple[int, int]],
    lhs_dilation: Sequence[int],
    rhs_dilation: Sequence[int],
    feature_group_count: int,
    precision: lax.PrecisionLike,
    conv_general_dilated: Callable[..., Array],
    spherical: bool,
) -> tuple[Array, Array, Array]:
    r"""Contract every window of `inputs` with every unit of `kernel`, in at least float32.

    Args:
      inputs: shape ``(batch, *spatial, in)``.
      kernel: shape ``(*taps, in / groups, out)``.
      window_strides: positions by which windows advance.
      padding: zeros before and after each axis of the stuffed inputs; negative ones cut off.
      lhs_dilation: distance of the inputs' positions once stuffed with zeros.
      rhs_dilation: distance of the kernel's taps.
      feature_group_count: groups into which inputs and units are divided.
      precision: numerical precision of the product, see ``jax.lax.Precision``.
      conv_general_dilated: convolution function.
      spherical: whether to divide every window by its norm.

    Returns:
      :math:`\langle w, x\rangle` of shape ``(batch, *spatial, out)``, :math:`\lVert x\rVert^2` of
      shape ``(batch, *spatial, 1)`` and :math:`\lVert w\rVert^2` of shape ``(out,)``. With
      groups, out is ``(groups, out / groups)`` and 1 is ``(groups, 1)``.
    """
    wide = wide_dtype(jnp.promote_types(inputs.dtype, kernel.dtype))
    if spherical:
        inputs = _scaled(inputs.astype(wide), axis=tuple(range(1, inputs.ndim)))
    if inputs.dtype != kernel.dtype:
        inputs, kernel = inputs.astype(wide), kernel.astype(wide)
    options = {} if inputs.dtype == wide else {"preferred_element_type": wide}
    rank = inputs.ndim - 2
    channels_last = (0, rank + 1, *range(1, rank + 1))
    kernel_last = (rank + 1, rank, *range(rank))
    dot = conv_general_dilated(
        inputs,
        kernel,
        window_strides,
        padding,
        lhs_dilation=lhs_dilation,
        rhs_dilation=rhs_dilation,
        dimension_numbers=lax.ConvDimensionNumbers(channels_last, kernel_last, channels_last),
        feature_group_count=feature_group_count,
        precision=precision,
        **options,
    )
    inputs, kernel = inputs.astype(wide), kernel.astype(wide)
    grouped = inputs.reshape(*inputs.shape[:-1], feature_group_count, kernel.shape[-2])
    # One channel per group. On CPU a train step takes as long with sums of shifted slices, and up
    # to 1.4 times as long with a convolution by ones.
    sq_x = lax.reduce_window(
        jnp.sum(grouped * grouped, axis=-1),
        wide.type(0),
        lax.add,
        (1, *kernel.shape[:rank], 1),
        (1, *window_strides, 1),
        ((0, 0), *padding, (0, 0)),
        base_dilation=(1, *lhs_dilation, 1),
        window_dilation=(1, *rhs_dilation, 1),
    )
    sq_w = jnp.sum(kernel * kernel, axis=tuple(range(rank + 1)))
    if feature_group_count > 1:
        units = (feature_group_count, kernel.shape[-1] // feature_group_count)
        dot, sq_x, sq_w = dot.reshape(*dot.shape[:-1], *units), sq_x[..., None], sq_w.reshape(units)
    if spherical:
        is_zero = sq_x < jnp.finfo(wide).tiny
        # A division: the derivative of rsqrt is a third power and would overflow.
        dot = jnp.where(is_zero, 0, dot / jnp.sqrt(jnp.where(is_zero, 1, sq_x)))
        sq_x = jnp.where(is_zero, 0, jnp.ones_like(sq_x))
    return dot, sq_x, sq_w


def transposed(kernel: Array) -> Array:
    """The kernel of the convolution that is the transpose of `kernel`'s, and the reverse."""
    taps = tuple(range(kernel.ndim - 2))
    return jnp.swapaxes(jnp.flip(kernel, taps), -1, -2)


def by_group(parameter: Array | None, groups: int) -> Array | None:
    """A parameter of every unit as groups × units; others as they are."""
    if groups == 1 or parameter is None or parameter.ndim == 0:
        return parameter
    return parameter.reshape(groups, parameter.size // groups)
