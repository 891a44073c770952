# Generated from codegen/templates/tf/_numerics.py.j2. Do not edit; run `make generate`.
"""Arithmetic that the layers share: precision, norms, contractions, initialisers."""

import math
from collections.abc import Callable, Mapping, Sequence

import tensorflow as tf

TINY = 2.0**-126
"""Smallest normal float32."""

Tensors = dict[str, tf.Tensor]
Graph = Callable[..., tf.Tensor]

#: Standard deviation of a standard normal law truncated to [-2, 2].
TRUNCATED_STD = 0.87962566103423978


def wide_dtype(dtype: tf.DType) -> tf.DType:
    """The dtype of the response: at least float32."""
    return tf.float64 if dtype == tf.float64 else tf.float32


def to_floating(inputs: tf.Tensor, dtype: tf.DType) -> tf.Tensor:
    """The input as a tensor of `dtype`; raises for what is not floating-point."""
    inputs = tf.convert_to_tensor(inputs)
    if not inputs.dtype.is_floating:
        raise TypeError(f"input must be a floating-point tensor, got dtype {inputs.dtype.name}")
    return tf.cast(inputs, dtype)


def unit_norm(vectors: tf.Tensor, axis: int | Sequence[int]) -> tf.Tensor:
    """Divide by the Euclidean norm along `axis`; zero stays zero, with zero gradient."""
    largest = tf.stop_gradient(tf.reduce_max(tf.abs(vectors), axis, keepdims=True))
    scaled = vectors / tf.where(largest == 0, tf.ones_like(largest), largest)
    sq_norm = tf.reduce_sum(tf.square(scaled), axis, keepdims=True)
    is_zero = sq_norm == 0
    inverse = tf.math.rsqrt(tf.where(is_zero, tf.ones_like(sq_norm), sq_norm))
    return tf.where(is_zero, tf.zeros_like(vectors), scaled * inverse)


def softplus(raw: tf.Tensor) -> tf.Tensor:
    """log(1 + exp(raw)), kept above zero where it would underflow."""
    return tf.maximum(tf.math.softplus(raw), TINY)


def like(value: tf.Tensor | float, tensor: tf.Tensor) -> tf.Tensor:
    """A number as a tensor of the dtype of another."""
    return tf.convert_to_tensor(value, tensor.dtype)


def sqrt(x: tf.Tensor) -> tf.Tensor:
    """The square root; what is negative counts as 0, and at 0 the derivative is 0."""
    is_zero = x <= 0
    root = tf.sqrt(tf.where(is_zero, tf.ones_like(x), x))
    return tf.where(is_zero, tf.zeros_like(x), root)


def log(x: tf.Tensor) -> tf.Tensor:
    """The logarithm; what is negative counts as 0, and at 0 the derivative is 0."""
    is_zero = x <= 0
    logarithm = tf.math.log(tf.where(is_zero, tf.ones_like(x), x))
    return tf.where(is_zero, tf.constant(-math.inf, x.dtype), logarithm)


def smallest_normal(dtype: tf.DType) -> float:
    """The smallest number of a floating-point dtype that has all its digits."""
    return {tf.float16: 2.0**-14, tf.float64: 2.0**-1022}.get(dtype, TINY)


def limit_slope(x: tf.Tensor, smallest: float) -> tf.Tensor:
    """`x`, with a derivative of x / smallest where that is below 1.

    The derivative of its logarithm is at most 1 / smallest: with the smallest normal number of a
    dtype, gradients of powers that are steep at 0 stay finite in that dtype.
    """
    held = tf.stop_gradient(x)
    slope = tf.clip_by_value(held, 0, smallest) / smallest
    return tf.where((slope > 0) & (slope < 1), held + (x - held) * slope, x)


def power(base: tf.Tensor, exponent: tf.Tensor | float) -> tf.Tensor:
    """A power; a base that is negative counts as 0, and at 0 the derivative is 0."""
    is_zero = base <= 0
    of_zero = tf.stop_gradient(tf.pow(tf.zeros_like(base), exponent))
    return tf.where(is_zero, of_zero, tf.pow(tf.where(is_zero, tf.ones_like(base), base), exponent))


def variance_scaling(
    shape: Sequence[int], dtype: tf.DType, scale: float, mode: str, distribution: str
) -> tf.Tensor:
    """A law of variance scale / fan for a kernel with inputs and units as its last two axes.

    "truncated_normal" is cut at two standard deviations of the untruncated law, whose width
    makes up for the variance the cut takes away, as in JAX and Keras.
    """
    receptive = math.prod(shape[:-2])
    fan_in, fan_out = receptive * shape[-2], receptive * shape[-1]
    fan = {"fan_in": fan_in, "fan_out": fan_out, "fan_avg": (fan_in + fan_out) / 2}[mode]
    std = math.sqrt(scale / fan)
    drawn = wide_dtype(dtype)
    if distribution == "uniform":
        limit = math.sqrt(3) * std
        values = tf.random.uniform(shape, -limit, limit, drawn)
    else:
        values = tf.random.truncated_normal(shape, stddev=std / TRUNCATED_STD, dtype=drawn)
    return tf.cast(values, dtype)


def orthogonal(shape: Sequence[int], dtype: tf.DType) -> tf.Tensor:
    """A random matrix with orthonormal rows or columns, whichever are fewer."""
    rows, columns = math.prod(shape[:-1]), shape[-1]
    normal = tf.random.normal((max(rows, columns), min(rows, columns)), dtype=wide_dtype(dtype))
    q, r = tf.linalg.qr(normal)
    q *= tf.sign(tf.linalg.diag_part(r))
    return tf.cast(tf.reshape(q if rows >= columns else tf.transpose(q), shape), dtype)


def clipped(x: tf.Tensor) -> tf.Tensor:
    """What is negative counts as 0, and what is larger than 2¹²⁵ as that: 1 over it is normal."""
    return tf.raw_ops.ClipByValue(t=x, clip_value_min=0.0, clip_value_max=2.0**125)


def mask(values: tf.Tensor, switch: tf.Tensor) -> tf.Tensor:
    """`values` where `switch` > 0 and 0 elsewhere: the backward pass of relu."""
    return tf.raw_ops.ReluGrad(gradients=values, features=switch)


def sum_like(values: tf.Tensor, operand: tf.Tensor) -> tf.Tensor:
    """Sum `values` down to the shape of `operand`, which broadcasts to theirs.

    A vector has one element per unit.
    """
    missing = values.shape.rank - operand.shape.rank
    if missing and operand.shape.rank == 1:
        # Half the time of tf.reduce_sum over the leading axes.
        return tf.raw_ops.BiasAddGrad(out_backprop=values)
    broadcast = [i for i, size in enumerate(operand.shape, missing) if size == 1]
    kept = tf.reduce_sum(values, broadcast, keepdims=True) if broadcast else values
    return tf.reduce_sum(kept, list(range(missing))) if missing else kept


def with_gradient(
    response: Callable[..., tf.Tensor],
    gradient: Callable[..., Mapping[str, tf.Tensor]],
    operands: Mapping[str, tf.Tensor | float | None],
) -> tf.Tensor:
    """`response(**operands)`, whose gradient is `gradient(grad, **operands)`.

    Nothing that `response` computes on the way is kept for the backward pass. The gradient is
    made of ordinary operations on the operands, so it can be differentiated again.
    """
    dtype = operands["dot"].dtype
    tensors = {n: tf.convert_to_tensor(o, dtype) for n, o in operands.items() if o is not None}

    @tf.custom_gradient
    def apply(*values: tf.Tensor) -> tuple[tf.Tensor, Callable[[tf.Tensor], list[tf.Tensor]]]:
        given = {**operands, **dict(zip(tensors, values, strict=True))}

        def backward(grad: tf.Tensor) -> list[tf.Tensor]:
            gradients = gradient(grad, **given)
            # Constants have none.
            return [gradients.get(name) for name in tensors]

        return response(**given), backward

    return apply(*tensors.values())


def dense(x: tf.Tensor, kernel: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
    """Contract the last axis of `x` with every column of `kernel`.

    Args:
      x: A tensor of shape `[..., in]`.
      kernel: A tensor of shape `[in, out]`.

    Returns:
      ⟨w, x⟩ of shape `[..., out]`, ‖x‖² of shape `[..., 1]` and ‖w‖² of shape `[out]`.
    """
    sq_x = tf.reduce_sum(tf.square(x), -1, keepdims=True)
    sq_w = tf.reduce_sum(tf.square(kernel), 0)
    return tf.tensordot(x, kernel, 1), sq_x, sq_w


def graph_arguments(
    x: tf.Tensor, kernel: tf.Tensor, parameters: Mapping[str, tf.Tensor | float | None]
) -> tuple[tf.Tensor, tf.Tensor, Tensors, Tensors, tuple[int, ...]]:
    """What a graph depends on: parameters that are there, constants apart, and all ranks.

    Variables are read here, since a graph that takes them is bound to their shapes. Constants
    become tensors, so that not every number gets a graph of its own. Ranks keep graphs apart that
    TensorFlow would merge into one of unknown rank.
    """
    given = {n: tf.convert_to_tensor(p, x.dtype) for n, p in parameters.items() if p is not None}
    constants = {n: given.pop(n) for n, p in parameters.items() if isinstance(p, int | float)}
    ranks = tuple(tensor.shape.rank for tensor in (x, *given.values()))
    return x, tf.convert_to_tensor(kernel), given, constants, ranks
