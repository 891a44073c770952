# Generated from codegen/templates/keras/_numerics.py.j2. Do not edit; run `make generate`.
"""Arithmetic that the layers share: precision, norms, contractions, initial values."""

import math
from importlib import import_module

import keras
from keras import initializers, ops

TINY = 2.0**-126
"""Smallest normal float32."""

#: Standard deviation of a standard normal law truncated to [-2, 2].
TRUNCATED_STD = 0.87962566103423978

# On JAX, those of keras.ops return float32 for float64.
_functions = import_module("jax.numpy") if keras.backend.backend() == "jax" else ops
arcsinh, arctan, tanh = _functions.arcsinh, _functions.arctan, _functions.tanh
cos, sin = _functions.cos, _functions.sin


def check_floating(inputs):
    """Raise unless the inputs are floating-point numbers."""
    dtype = keras.backend.standardize_dtype(inputs.dtype)
    if "float" not in dtype:
        raise TypeError(f"input must be a floating-point tensor, got dtype {dtype}")


def wide_dtype(dtype):
    """The dtype of the response: at least float32."""
    return "float64" if dtype == "float64" else "float32"


def scaled(values, axis):
    """Divide by the largest absolute value along `axis`, through which no gradient flows.

    For what does not depend on the scale of `values`: squares then stay in range.
    """
    largest = ops.stop_gradient(ops.max(ops.abs(values), axis=axis, keepdims=True))
    return values / ops.where(largest == 0, ops.ones_like(largest), largest)


def unit_norm(vectors, axis):
    """Divide by the Euclidean norm along `axis`; zero stays zero, with zero gradient."""
    vectors = scaled(vectors, axis)
    sq_norm = ops.sum(ops.square(vectors), axis=axis, keepdims=True)
    is_zero = sq_norm == 0
    inverse = ops.rsqrt(ops.where(is_zero, ops.ones_like(sq_norm), sq_norm))
    return ops.where(is_zero, ops.zeros_like(vectors), vectors * inverse)


def softplus(raw):
    """log(1 + exp(raw)), kept above zero where it would underflow."""
    # Not keras.ops.maximum, which returns float32 for float64 on PyTorch.
    return ops.clip(ops.softplus(raw), TINY, float("inf"))


def like(value, tensor):
    """A number as a tensor of the dtype of another."""
    return ops.convert_to_tensor(value, dtype=tensor.dtype)


def absolute(x):
    """The absolute value; its derivative at 0 is 0, on JAX too."""
    return x * ops.sign(x)


def maximum(a, b):
    """The larger of two tensors."""
    # Not keras.ops.maximum, which returns float32 for float64 on PyTorch.
    return ops.where(a > b, a, b)


def minimum(a, b):
    """The smaller of two tensors."""
    return ops.where(b > a, a, b)


def sqrt(x):
    """The square root; what is negative counts as 0, and at 0 the derivative is 0."""
    is_zero = x <= 0
    root = ops.sqrt(ops.where(is_zero, ops.ones_like(x), x))
    return ops.where(is_zero, ops.zeros_like(x), root)


def smallest_normal(dtype):
    """The smallest number of a floating-point dtype that has all its digits."""
    return {"float16": 2.0**-14, "float64": 2.0**-1022}.get(dtype, TINY)


def log(x):
    """The logarithm; what is negative counts as 0, and at 0 the derivative is 0.

    Subnormal numbers count as 0, as compiled programs have it: 1 / x would overflow.
    """
    is_zero = x < smallest_normal(keras.backend.standardize_dtype(x.dtype))
    logarithm = ops.log(ops.where(is_zero, ops.ones_like(x), x))
    return ops.where(is_zero, float("-inf"), logarithm)


def limit_slope(x, smallest):
    """`x`, with a derivative of x / smallest where that is below 1.

    The derivative of its logarithm is at most 1 / smallest: with the smallest normal number of a
    dtype, gradients of powers that are steep at 0 stay finite in that dtype.
    """
    held = ops.stop_gradient(x)
    slope = ops.clip(held, 0, smallest) / smallest
    limited = ops.logical_and(slope > 0, slope < 1)
    return ops.where(limited, held + (x - held) * slope, x)


def power(base, exponent):
    """A power; a base that is negative counts as 0, and at 0 the derivative is 0."""
    is_zero = base <= 0
    of_zero = ops.stop_gradient(ops.power(ops.zeros_like(base), exponent))
    return ops.where(
        is_zero, of_zero, ops.power(ops.where(is_zero, ops.ones_like(base), base), exponent)
    )


def initialize(initializer, shape, dtype):
    """Values of an initializer for a kernel with inputs and units as its last two axes.

    Keras on PyTorch draws a truncated normal law four times and keeps an entry whose draws all
    lie beyond the cut, four in a million: those are put on the cut.
    """
    values = initializer(shape, dtype=dtype)
    if getattr(initializer, "distribution", None) != "truncated_normal":
        return values
    receptive = math.prod(shape[:-2])
    fan_in, fan_out = receptive * shape[-2], receptive * shape[-1]
    fan = {"fan_in": fan_in, "fan_out": fan_out, "fan_avg": (fan_in + fan_out) / 2}
    cut = 2 * math.sqrt(initializer.scale / fan[initializer.mode]) / TRUNCATED_STD
    return ops.clip(values, -cut, cut)


def initialize_transposed(initializer, shape, dtype):
    """The same for a kernel with units before inputs, as transposed convolutions keep it.

    Keras takes the axes of any kernel for inputs and units; laws that tell the two apart are drawn
    in that order. Other initializers, which may hold a kernel, see the shape that is stored.
    """
    if isinstance(initializer, (initializers.VarianceScaling, initializers.Orthogonal)):
        *taps, units, inputs = shape
        return ops.swapaxes(initialize(initializer, (*taps, inputs, units), dtype), -2, -1)
    return initialize(initializer, shape, dtype)


def is_on_cpu(tensor):
    """Whether a tensor is, or whether all are that its backend computes."""
    if keras.backend.backend() == "torch":
        return tensor.device.type == "cpu"
    return all(device.startswith("cpu") for device in keras.distribution.list_devices())


def product(x, kernel):
    """The product of vectors along the last axis with a kernel."""
    # For a matrix, gradients of kernels take half the time. On JAX's accelerators axes are kept
    # apart, one of which may be divided among devices.
    is_divisible = keras.backend.backend() == "jax" and not is_on_cpu(x)
    # The operator of the backend: keras.ops.matmul returns float32 for float64 on PyTorch.
    if len(x.shape) == 2 or is_divisible:
        return x @ kernel
    *axes, size = ops.shape(x)
    return ops.reshape(ops.reshape(x, (-1, size)) @ kernel, (*axes, kernel.shape[-1]))


def dense(x, kernel, primitives):
    """Contract the last axis of `x` with every column of `kernel`.

    Args:
        x: Tensor of shape `(..., in)`, at least float32.
        kernel: Tensor of shape `(in, units)`, of the same dtype.
        primitives: Names of what is needed.

    Returns:
        ⟨w, x⟩ of shape `(..., units)`, ‖x‖² of shape `(..., 1)` and ‖w‖² of shape `(units,)`; None
        for a norm that is not needed.
    """
    sq_x = ops.sum(ops.square(x), axis=-1, keepdims=True) if "sq_x" in primitives else None
    sq_w = ops.sum(ops.square(kernel), axis=0) if "sq_w" in primitives else None
    return product(x, kernel), sq_x, sq_w
