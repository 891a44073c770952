# Generated from codegen/templates/jax/_numerics.py.j2. Do not edit; run `make generate`.
"""Arithmetic that the layers share: precision, norms, contractions."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

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
    scaled = unit_maximum(vectors, axis)
    sq_norm = jnp.sum(jnp.square(scaled), axis=axis, keepdims=True)
    is_zero = sq_norm == 0
    return jnp.where(is_zero, 0, scaled * lax.rsqrt(jnp.where(is_zero, 1, sq_norm)))


def unit_maximum(vectors: Array, axis: int | tuple[int, ...]) -> Array:
    """Divide by the largest entry along `axis`, so that squares neither overflow nor vanish."""
    largest = lax.stop_gradient(jnp.max(jnp.abs(vectors), axis=axis, keepdims=True))
    return vectors / jnp.where(largest == 0, 1, largest)


def softplus(raw: Array) -> Array:
    """log(1 + exp(raw)), kept above zero where it would underflow."""
    return jnp.maximum(jax.nn.softplus(raw), TINY)


def absolute(x: Array) -> Array:
    """The absolute value; its derivative at 0 is 0, where JAX's own has 1."""
    return x * jnp.sign(x)


def sqrt(x: Array) -> Array:
    """The square root; an `x` that is not positive counts as 0, with derivative 0."""
    outside = x <= 0
    # Both branches of `where` are differentiated, so neither may see what is outside.
    return jnp.where(outside, 0, jnp.sqrt(jnp.where(outside, 1, x)))


def log(x: Array) -> Array:
    """The logarithm; an `x` that is not positive counts as 0, with derivative 0."""
    outside = x <= 0
    return jnp.where(outside, -jnp.inf, jnp.log(jnp.where(outside, 1, x)))


def clipped(x: Array) -> Array:
    """What is negative counts as 0, and what is larger than 2¹²⁵ as that: 1 over it is normal."""
    return jnp.clip(x, 0, 2.0**125)


def limit_slope(x: Array, smallest: float) -> Array:
    """`x`, with a derivative of x / smallest where that is below 1.

    The derivative of its logarithm is at most 1 / smallest: with the smallest normal number of a
    dtype, gradients of powers that are steep at 0 stay finite in that dtype.
    """
    held = lax.stop_gradient(x)
    slope = jnp.clip(held, 0, smallest) / smallest
    return jnp.where((slope > 0) & (slope < 1), held + (x - held) * slope, x)


def power(base: Array, exponent: Array | float) -> Array:
    """A power; a `base` that is not positive counts as 0, with derivatives 0."""
    outside = base <= 0
    at_zero = lax.stop_gradient(jnp.power(0.0, exponent))
    return jnp.where(outside, at_zero, jnp.where(outside, 1, base) ** exponent)


def drop_connect(key: Array, kernel: Array, rate: float) -> Array:
    """Zero each entry with probability `rate`, scale the others by 1 / (1 - rate)."""
    keep = jax.random.bernoulli(key, 1 - rate, kernel.shape)
    return jnp.where(keep, kernel / (1 - rate), 0)


def dense(
    x: Array, kernel: Array, precision: lax.PrecisionLike, dot_general: Callable[..., Array]
) -> Array:
    r"""Contract the last axis of `x` with every column of `kernel`, in at least float32.

    Args:
      x: shape ``(..., in)``.
      kernel: shape ``(in, out)``.
      precision: numerical precision of the product, see ``jax.lax.Precision``.
      dot_general: dot product function.

    Returns:
      :math:`\langle w, x\rangle` of shape ``(..., out)``.
    """
    x, kernel, wide, options = _operands(x, kernel)
    dimensions = (((x.ndim - 1,), (0,)), ((), ()))
    return dot_general(x, kernel, dimensions, precision=precision, **options).astype(wide)


def _operands(x: Array, kernel: Array) -> tuple[Array, Array, jnp.dtype, dict[str, jnp.dtype]]:
    """The operands of a product in one dtype, the dtype it is to have, and how to ask for it."""
    wide = wide_dtype(jnp.promote_types(x.dtype, kernel.dtype))
    if x.dtype != kernel.dtype:
        x, kernel = x.astype(wide), kernel.astype(wide)
    return x, kernel, wide, {} if x.dtype == wide else {"preferred_element_type": wide}


def sq_norm(x: Array, dtype: jnp.dtype) -> Array:
    r""":math:`\lVert x\rVert^2` along the last axis, in the dtype of the product."""
    x = x.astype(dtype)
    return jnp.sum(x * x, axis=-1, keepdims=True)


def kernel_sq_norm(kernel: Array, dtype: jnp.dtype) -> Array:
    r""":math:`\lVert w\rVert^2` of every unit, along the last axis, in the dtype of the product."""
    kernel = kernel.astype(dtype)
    return jnp.sum(kernel * kernel, axis=tuple(range(kernel.ndim - 1)))


class Windows(NamedTuple):
    """Where the windows of a convolution lie."""

    strides: Sequence[int]
    """Positions by which windows advance."""
    padding: Sequence[tuple[int, int]]
    """Zeros before and after each axis of the stuffed inputs; negative ones cut off."""
    lhs_dilation: Sequence[int]
    """Distance of the inputs' positions once stuffed with zeros."""
    rhs_dilation: Sequence[int]
    """Distance of the kernel's taps."""
    groups: int
    """Groups into which inputs and units are divided."""


def convolution(
    inputs: Array,
    kernel: Array,
    windows: Windows,
    precision: lax.PrecisionLike,
    conv_general_dilated: Callable[..., Array],
) -> Array:
    r"""Contract every window of `inputs` with every unit of `kernel`, in at least float32.

    Args:
      inputs: shape ``(batch, *spatial, in)``.
      kernel: shape ``(*taps, in / groups, out)``.
      windows: where the windows lie.
      precision: numerical precision of the product, see ``jax.lax.Precision``.
      conv_general_dilated: convolution function.

    Returns:
      :math:`\langle w, x\rangle` of shape ``(batch, *spatial, out)``; with groups, out is
      ``(groups, out / groups)``.
    """
    inputs, kernel, wide, options = _operands(inputs, kernel)
    rank = inputs.ndim - 2
    channels_last = (0, rank + 1, *range(1, rank + 1))
    kernel_last = (rank + 1, rank, *range(rank))
    dot = conv_general_dilated(
        inputs,
        kernel,
        windows.strides,
        windows.padding,
        lhs_dilation=windows.lhs_dilation,
        rhs_dilation=windows.rhs_dilation,
        dimension_numbers=lax.ConvDimensionNumbers(channels_last, kernel_last, channels_last),
        feature_group_count=windows.groups,
        precision=precision,
        **options,
    ).astype(wide)
    if windows.groups == 1:
        return dot
    return dot.reshape(*dot.shape[:-1], windows.groups, dot.shape[-1] // windows.groups)


def window_sq_norm(
    inputs: Array, kernel_shape: Sequence[int], windows: Windows, dtype: jnp.dtype
) -> Array:
    r""":math:`\lVert x\rVert^2` of every window, in the dtype of the product.

    Returns:
      Shape ``(batch, *spatial, 1)``; with groups, 1 is ``(groups, 1)``.
    """
    *taps, channels, _ = kernel_shape
    inputs = inputs.astype(dtype)
    grouped = inputs.reshape(*inputs.shape[:-1], windows.groups, channels)
    # One channel per group. On CPU a train step takes as long with sums of shifted slices, and up
    # to 1.4 times as long with a convolution by ones.
    sq_x = lax.reduce_window(
        jnp.sum(grouped * grouped, axis=-1),
        dtype.type(0),
        lax.add,
        (1, *taps, 1),
        (1, *windows.strides, 1),
        ((0, 0), *windows.padding, (0, 0)),
        base_dilation=(1, *windows.lhs_dilation, 1),
        window_dilation=(1, *windows.rhs_dilation, 1),
    )
    return sq_x if windows.groups == 1 else sq_x[..., None]


def unit_norm_windows(dot: Array, sq_x: Array) -> tuple[Array, Array]:
    """The product and the squared norm of windows that were divided by their norms."""
    is_zero = sq_x < jnp.finfo(sq_x.dtype).tiny
    # A division: the derivative of rsqrt is a third power and would overflow.
    dot = jnp.where(is_zero, 0, dot / jnp.sqrt(jnp.where(is_zero, 1, sq_x)))
    return dot, jnp.where(is_zero, 0, jnp.ones_like(sq_x))


def transposed(kernel: Array) -> Array:
    """The kernel of the convolution that is the transpose of `kernel`'s, and the reverse."""
    taps = tuple(range(kernel.ndim - 2))
    return jnp.swapaxes(jnp.flip(kernel, taps), -1, -2)


def by_group(parameter: Array | None, groups: int) -> Array | None:
    """A parameter of every unit as groups × units; others as they are."""
    if groups == 1 or parameter is None or parameter.ndim == 0:
        return parameter
    return parameter.reshape(groups, parameter.size // groups)
