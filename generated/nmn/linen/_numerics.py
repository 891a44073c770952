# Generated from codegen/templates/jax/_numerics.py.j2. Do not edit; run `make generate`.
"""Arithmetic that the layers share: precision, norms, contractions."""

from collections.abc import Callable

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


def unit_norm(vectors: Array, axis: int) -> Array:
    """Divide by the Euclidean norm along `axis`; zero stays zero, with zero gradient."""
    largest = lax.stop_gradient(jnp.max(jnp.abs(vectors), axis=axis, keepdims=True))
    scaled = vectors / jnp.where(largest == 0, 1, largest)
    sq_norm = jnp.sum(jnp.square(scaled), axis=axis, keepdims=True)
    is_zero = sq_norm == 0
    return jnp.where(is_zero, 0, scaled * lax.rsqrt(jnp.where(is_zero, 1, sq_norm)))


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
