# Generated from codegen/templates/tf/_sequences.py.j2. Do not edit; run `make generate`.
"""Loops over the steps of sequences."""

from collections.abc import Callable
from typing import Any

import tensorflow as tf

from nmn.tf import _numerics
from nmn.tf._recurrent import Inputs, States, Weights

Step = Callable[[Inputs, States, Weights], tuple[tf.Tensor, States]]
Advance = Callable[[Any, States, Weights], tuple[tf.Tensor, States]]
"""A step that takes what is real beside the input's part: (inputs, is_real)."""


def rounded(step: Step, dtype: tf.DType) -> Step:
    """The step with output and states of a dtype that may be narrower than what it computes in."""
    wide = _numerics.wide_dtype(dtype)

    def narrow(inputs: Inputs, states: States, weights: Weights) -> tuple[tf.Tensor, States]:
        output, new = step(inputs, tuple(tf.cast(state, wide) for state in states), weights)
        return tf.cast(output, dtype), tuple(tf.cast(state, dtype) for state in new)

    return narrow


def loop(
    step: Step,
    inputs: Inputs,
    states: States,
    weights: Weights,
    is_real: tf.Tensor | None,
    reverse: bool,
    unroll: bool,
) -> tuple[tf.Tensor, States]:
    """Outputs of all steps, and the states after the last one.

    Args:
      step: From the input's part, states and weights to output and new states.
      inputs: The input's part, time first.
      states: Before the first step.
      weights: What all steps share.
      is_real: Booleans of shape `[time, batch, 1]`; the others leave states as they are, and
          their outputs are 0.
      reverse: Whether the last step comes first.
      unroll: Whether the graph has every step by itself.
    """
    narrow = rounded(step, states[0].dtype)

    def advance(taken: Any, states: States, weights: Weights) -> tuple[tf.Tensor, States]:
        output, new = narrow(taken[0], states, weights)
        if taken[1] is None:
            return output, new
        kept = tuple(tf.where(taken[1], n, s) for n, s in zip(new, states, strict=True))
        return tf.where(taken[1], output, tf.zeros_like(output)), kept

    sequences = inputs, is_real
    if unroll:
        return _unrolled(advance, sequences, states, weights, reverse)
    if _captures(advance, sequences, states, weights):
        return _while_loop(advance, sequences, states, weights, reverse)[:2]
    return _closed_loop(advance, sequences, states, weights, reverse)


def _reader(sequences: Any) -> Callable[[tf.Tensor], Any]:
    """Gives what stands at a time; what is None stays."""

    def array(sequence: tf.Tensor | None) -> tf.TensorArray | None:
        if sequence is None:
            return None
        length = tf.shape(sequence)[0]
        shape = sequence.shape[1:]
        return tf.TensorArray(sequence.dtype, length, element_shape=shape).unstack(sequence)

    arrays = [array(sequence) for sequence in tf.nest.flatten(sequences)]

    def read(time: tf.Tensor) -> Any:
        rows = [None if array is None else array.read(time) for array in arrays]
        return tf.nest.pack_sequence_as(sequences, rows)

    return read


def _stacked(array: tf.TensorArray, shape: tf.Tensor, static: tf.TensorShape) -> tf.Tensor:
    """All entries; their shape is what no array knows that has none."""
    stacked = tf.raw_ops.TensorListStack(
        input_handle=array.flow, element_shape=shape, element_dtype=array.dtype
    )
    stacked.set_shape([None, *static])
    return stacked


def _repeated(length: tf.Tensor, body: Callable[..., Any], first: tuple[Any, ...]) -> Any:
    """`body` that many times, which counts them in its first argument."""
    return tf.while_loop(lambda count, *_: count < length, body, first, maximum_iterations=length)


def _unrolled(
    advance: Advance, sequences: Any, states: States, weights: Weights, reverse: bool
) -> tuple[tf.Tensor, States]:
    length = sequences[0].sq_x.shape[0]
    if length is None:
        raise ValueError("unroll needs a known number of steps, got an unknown one")
    rows = [s if s is None else tf.unstack(s, length) for s in tf.nest.flatten(sequences)]
    outputs = []
    for time in reversed(range(length)) if reverse else range(length):
        taken = [row if row is None else row[time] for row in rows]
        output, states = advance(tf.nest.pack_sequence_as(sequences, taken), states, weights)
        outputs.append(output)
    if not outputs:
        return tf.zeros_like(states[0])[tf.newaxis][:0], states
    return tf.stack(outputs[::-1] if reverse else outputs), states


def _captures(advance: Advance, sequences: Any, states: States, weights: Weights) -> bool:
    """Whether a step depends on tensors or variables beside those that it is given.

    Functions that callers put in the place of roles may.
    """

    def step(inputs: Inputs, is_real: Any, states: States, *shared: Any) -> Any:
        return advance((inputs, is_real), states, Weights(*shared))

    def spec(tensor: tf.Tensor | None, first: int = 0) -> tf.TensorSpec | None:
        return None if tensor is None else tf.TensorSpec(tensor.shape[first:], tensor.dtype)

    row = tf.nest.map_structure(lambda tensor: spec(tensor, 1), sequences)
    whole = tf.nest.map_structure(spec, (states, *weights[:5]))
    traced = tf.function(step, autograph=False).get_concrete_function(*row, *whole)
    return bool(traced.captured_inputs)


def _while_loop(
    advance: Advance, sequences: Any, states: States, weights: Weights, reverse: bool
) -> tuple[tf.Tensor, States, States]:
    """Outputs, the last states, and all states before a step."""
    length, read = tf.shape(sequences[0].sq_x)[0], _reader(sequences)
    kept = (states[0], *states)
    arrays = [tf.TensorArray(state.dtype, length, element_shape=state.shape) for state in kept]

    def body(count: tf.Tensor, states: States, arrays: list[tf.TensorArray]) -> tuple[Any, ...]:
        time = length - 1 - count if reverse else count
        output, new = advance(read(time), states, weights)
        for old, state in zip(states, new, strict=True):
            state.set_shape(old.shape)
        written = zip(arrays, (output, *states), strict=True)
        return count + 1, new, [array.write(time, value) for array, value in written]

    _, last, arrays = _repeated(length, body, (tf.constant(0), states, arrays))
    shape, static = tf.shape(states[0]), states[0].shape
    outputs, *before = (_stacked(array, shape, static) for array in arrays)
    return outputs, last, tuple(before)


def _closed_loop(
    advance: Advance, sequences: Any, states: States, weights: Weights, reverse: bool
) -> tuple[tf.Tensor, States]:
    """The loop with a gradient of its own.

    It keeps the states alone and computes the rest of a step again, on the way back, so that
    nothing is stacked but what is needed; recurrent kernels get their gradients in one product.
    """
    inputs, is_real = sequences
    given, constants = (inputs, states, weights[:4]), weights.constants

    @tf.custom_gradient
    def apply(*flat: tf.Tensor) -> tuple[tuple[tf.Tensor, ...], Callable[..., list[tf.Tensor]]]:
        inputs, states, shared = tf.nest.pack_sequence_as(given, flat)
        sequences, weights = (inputs, is_real), Weights(*shared, constants)
        outputs, last, before = _while_loop(advance, sequences, states, weights, reverse)

        def backward(grad: tf.Tensor, *grads: tf.Tensor) -> list[tf.Tensor]:
            found = _back(advance, sequences, before, weights, (grad, grads), reverse)
            return tf.nest.flatten(found)

        return (outputs, *last), backward

    outputs, *last = apply(*tf.nest.flatten(given))
    return outputs, tuple(last)


def _back(
    advance: Advance,
    sequences: Any,
    before: States,
    weights: Weights,
    grads: tuple[tf.Tensor, States],
    reverse: bool,
) -> tuple[Inputs, States, Any]:
    """Gradients for inputs, first states and weights."""
    inputs, is_real = sequences
    length, read = tf.shape(inputs.sq_x)[0], _reader((inputs, is_real, before, grads[0]))
    # Tensors of this function's graph: derivatives of a step keep what they are given, and those of
    # second order find it.
    weights = Weights(*tf.nest.map_structure(tf.identity, weights[:5]))
    kernels = weights.recurrent_kernel
    totals = [tf.zeros_like(w) for w in tf.nest.flatten(weights[1:4])]
    # Of every step: the gradient of the input's part, and both factors of a kernel's gradient.
    sizes = [part.shape[-1] for part in tf.nest.flatten(inputs)]
    parts = len(sizes)
    sizes += [size for kernel in kernels.values() for size in kernel.shape]
    dtype = inputs.sq_x.dtype
    arrays = [tf.TensorArray(dtype, length, element_shape=[None, size]) for size in sizes]

    def body(
        count: tf.Tensor, reached: States, totals: list[tf.Tensor], arrays: list[tf.TensorArray]
    ) -> tuple[Any, ...]:
        time = count if reverse else length - 1 - count
        *taken, states, grad = read(time)
        found = _back_one(advance, taken, states, weights, (grad, reached))
        written = zip(arrays, tf.nest.flatten(found[0]) + found[3], strict=True)
        return (
            count + 1,
            found[1],
            [total + value for total, value in zip(totals, found[2], strict=True)],
            [array.write(time, value) for array, value in written],
        )

    first = (tf.constant(0), tuple(grads[1]), totals, arrays)
    _, reached, totals, arrays = _repeated(length, body, first)
    batch = tf.shape(inputs.sq_x)[1]
    stacks = [
        _stacked(array, tf.stack([batch, size]), tf.TensorShape([None, size]))
        for array, size in zip(arrays, sizes, strict=True)
    ]
    factors = zip(stacks[parts::2], stacks[parts + 1 :: 2], strict=True)
    products = [_sum_of_products(state, grad) for state, grad in factors]
    return (
        tf.nest.pack_sequence_as(inputs, stacks[:parts]),
        reached,
        (
            dict(zip(kernels, products, strict=True)),
            *tf.nest.pack_sequence_as(weights[1:4], totals),
        ),
    )


def _sum_of_products(states: tf.Tensor, grads: tf.Tensor) -> tf.Tensor:
    """Gradient of a kernel, from all states that it was applied to and gradients of products."""
    states, grads = (tf.reshape(t, [-1, t.shape[-1]]) for t in (states, grads))
    # tf.tensordot would transpose the states first.
    return tf.matmul(states, grads, transpose_a=True)


def _back_one(
    advance: Advance,
    taken: Any,
    states: States,
    weights: Weights,
    grads: tuple[tf.Tensor, States],
) -> tuple[Inputs, States, list[tf.Tensor], list[tf.Tensor]]:
    """Gradients of one step: for its input's part, for the states before it, for all weights but
    kernels; and states and gradients whose products are those for kernels."""
    factors: dict[str, tuple[tf.Tensor, tf.Tensor]] = {}

    def product(projection: str, state: tf.Tensor, kernel: tf.Tensor) -> tf.Tensor:
        factors[projection] = state, tf.matmul(state, kernel)
        return factors[projection][1]

    inputs, watched = taken[0], weights[1:4]
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch([inputs, states, watched])
        output, new = advance(taken, states, weights._replace(product=product))
    dots = [dot for _, dot in factors.values()]
    d_inputs, d_states, d_watched, d_dots = tape.gradient(
        [output, *new],
        [inputs, states, watched, dots],
        [grads[0], *grads[1]],
        unconnected_gradients=tf.UnconnectedGradients.ZERO,
    )
    by_name = {
        name: [state, grad]
        for (name, (state, _)), grad in zip(factors.items(), d_dots, strict=True)
    }
    pairs = [factor for name in weights.recurrent_kernel for factor in by_name[name]]
    return d_inputs, tuple(d_states), tf.nest.flatten(d_watched), pairs
