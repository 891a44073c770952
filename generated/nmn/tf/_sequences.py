# Generated from codegen/templates/tf/_sequences.py.j2. Do not edit; run `make generate`.
"""Loops over the steps of sequences, and scans that take all steps at once."""

import functools
from collections.abc import Callable
from typing import Any

import tensorflow as tf

from nmn.tf import _numerics
from nmn.tf._recurrent import Inputs, States

Step = Callable[[Any, States], tuple[tf.Tensor, States]]
Scan = Callable[[tf.Tensor, tf.Tensor, tf.Tensor], tf.Tensor]

LEVELS = 10
"""How often a sequence whose length a graph does not know is halved before a loop takes over."""


def rounded(step: Step, dtype: tf.DType) -> Step:
    """The step with output and states of a dtype that may be narrower than what it computes in."""

    def narrow(inputs: Inputs, states: States) -> tuple[tf.Tensor, States]:
        wide = _numerics.wide_dtype(dtype)
        output, new = step(inputs, tuple(tf.cast(state, wide) for state in states))
        return tf.cast(output, dtype), tuple(tf.cast(state, dtype) for state in new)

    return narrow


def loop(
    step: Step,
    inputs: Inputs,
    states: States,
    is_real: tf.Tensor | None,
    reverse: bool,
    unroll: bool,
) -> tuple[tf.Tensor, States]:
    """Outputs of all steps, and the states after the last one.

    Args:
      step: From the input's part and states to output and new states.
      inputs: The input's part, time first.
      states: Before the first step.
      is_real: Booleans of shape `[time, batch, 1]`; the others leave states as they are, and
          their outputs are 0.
      reverse: Whether the last step comes first.
      unroll: Whether the graph has every step by itself.
    """
    step = rounded(step, states[0].dtype)
    sequences = (inputs, is_real) if is_real is not None else (inputs,)

    def advance(taken: tuple[Any, ...], states: States) -> tuple[tf.Tensor, States]:
        output, new = step(taken[0], states)
        if is_real is None:
            return output, new
        kept = tuple(tf.where(taken[1], n, s) for n, s in zip(new, states, strict=True))
        return tf.where(taken[1], output, tf.zeros_like(output)), kept

    if unroll:
        return _unrolled(advance, sequences, states, reverse)
    return _while_loop(advance, sequences, states, reverse)


def _unrolled(
    advance: Step, sequences: tuple[Any, ...], states: States, reverse: bool
) -> tuple[tf.Tensor, States]:
    flat = [tf.unstack(sequence) for sequence in tf.nest.flatten(sequences)]
    steps = range(len(flat[0]))
    outputs = []
    for time in reversed(steps) if reverse else steps:
        taken = tf.nest.pack_sequence_as(sequences, [sequence[time] for sequence in flat])
        output, states = advance(taken, states)
        outputs.append(output)
    if not outputs:
        return tf.zeros_like(states[0])[tf.newaxis][:0], states
    return tf.stack(outputs[::-1] if reverse else outputs), states


def _while_loop(
    advance: Step, sequences: tuple[Any, ...], states: States, reverse: bool
) -> tuple[tf.Tensor, States]:
    flat = tf.nest.flatten(sequences)
    steps = tf.shape(flat[0])[0]
    arrays = [tf.TensorArray(s.dtype, steps, element_shape=s.shape[1:]).unstack(s) for s in flat]
    outputs = tf.TensorArray(states[0].dtype, steps, element_shape=states[0].shape)

    def body(count: tf.Tensor, states: States, outputs: tf.TensorArray) -> tuple[Any, ...]:
        time = steps - 1 - count if reverse else count
        taken = tf.nest.pack_sequence_as(sequences, [array.read(time) for array in arrays])
        output, new = advance(taken, states)
        for old, state in zip(states, new, strict=True):
            state.set_shape(old.shape)
        return count + 1, new, outputs.write(time, output)

    _, states, outputs = tf.while_loop(
        lambda count, *_: count < steps, body, (0, states, outputs), maximum_iterations=steps
    )
    return _stacked(outputs, states[0]), states


def _stacked(outputs: tf.TensorArray, like: tf.Tensor) -> tf.Tensor:
    """All entries, each of the shape of `like`; of none of them, the array does not know that."""
    stacked = tf.raw_ops.TensorListStack(
        input_handle=outputs.flow, element_shape=tf.shape(like), element_dtype=like.dtype
    )
    stacked.set_shape([None, *like.shape])
    return stacked


def at_once(
    steps: Callable[[Inputs, States, Scan], tuple[tf.Tensor, States]],
    inputs: Inputs,
    states: States,
    is_real: tf.Tensor | None,
    reverse: bool,
) -> tuple[tf.Tensor, States]:
    """As `loop`, where `steps` takes all steps at once and gives the states after each."""
    dtype, wide = states[0].dtype, inputs.sq_x.dtype
    scan = functools.partial(affine_scan, is_real=is_real, reverse=reverse)
    initial = tuple(tf.cast(state, wide) for state in states)
    outputs, after = steps(inputs, initial, scan)
    if is_real is not None:
        outputs = tf.where(is_real, outputs, tf.zeros_like(outputs))
    pairs = zip(initial, after, strict=True)
    if reverse:
        last = [tf.concat([all_after, before[tf.newaxis]], 0)[0] for before, all_after in pairs]
    else:
        last = [tf.concat([before[tf.newaxis], all_after], 0)[-1] for before, all_after in pairs]
    return tf.cast(outputs, dtype), tuple(tf.cast(state, dtype) for state in last)


def affine_scan(
    coefficient: tf.Tensor,
    addition: tf.Tensor,
    state: tf.Tensor,
    is_real: tf.Tensor | None,
    reverse: bool,
) -> tf.Tensor:
    """The state after each step, where one step makes it coefficient · state + addition.

    Args:
      coefficient: Of shape `[time, batch, features]`.
      addition: Likewise.
      state: Before the first step, of shape `[batch, features]`.
      is_real: Booleans of shape `[time, batch, 1]`; other steps leave the state as it is.
      reverse: Whether the last step comes first.
    """
    if is_real is not None:
        coefficient = tf.where(is_real, coefficient, tf.ones_like(coefficient))
        addition = tf.where(is_real, addition, tf.zeros_like(addition))
    if reverse:
        flipped = _affine_scan(tf.reverse(coefficient, [0]), tf.reverse(addition, [0]), state)
        return tf.reverse(flipped, [0])
    return _affine_scan(coefficient, addition, state)


@tf.custom_gradient
def _affine_scan(
    coefficient: tf.Tensor, addition: tf.Tensor, state: tf.Tensor
) -> tuple[tf.Tensor, Callable[[tf.Tensor], tuple[tf.Tensor, ...]]]:
    states = _pairs(coefficient, addition, state, LEVELS)

    def backward(grad: tf.Tensor) -> tuple[tf.Tensor, ...]:
        # What reaches a step from the one after it came through the latter's coefficient.
        following = tf.concat([coefficient[1:], tf.zeros_like(coefficient[:1])], 0)
        reached = tf.reverse(
            _affine_scan(tf.reverse(following, [0]), tf.reverse(grad, [0]), tf.zeros_like(state)),
            [0],
        )
        previous = tf.concat([state[tf.newaxis], states], 0)[:-1]
        return reached * previous, reached, tf.reduce_sum((coefficient * reached)[:1], 0)

    return states, backward


def _pairs(coefficient: tf.Tensor, addition: tf.Tensor, state: tf.Tensor, levels: int) -> tf.Tensor:
    """Steps in pairs are half as many steps of the same kind, which give every second state."""
    length = coefficient.shape[0]
    if length is None:
        if levels == 0:
            return _affine_loop(coefficient, addition, state)
        length = tf.shape(coefficient)[0]
    elif length <= 1:
        return coefficient * state + addition
    half = length // 2
    first, second = coefficient[::2], coefficient[1::2]
    added, then_added = addition[::2], addition[1::2]
    odd = _pairs(second * first[:half], second * added[:half] + then_added, state, levels - 1)
    before = tf.concat([state[tf.newaxis], odd[: length - half - 1]], 0)
    even = first * before + added
    both = tf.stack([even[:half], odd], 1)
    joined = tf.reshape(both, tf.concat([[2 * half], tf.shape(state)], 0))
    return tf.concat([joined, even[half:]], 0)


def _affine_loop(coefficient: tf.Tensor, addition: tf.Tensor, state: tf.Tensor) -> tf.Tensor:
    """Step by step, and one more that changes nothing: XLA reads no array that may be empty."""

    def step(factor_and_term: tuple[tf.Tensor, ...], states: States) -> tuple[tf.Tensor, States]:
        factor, term = factor_and_term
        new = factor * states[0] + term
        return new, (new,)

    one = tf.ones_like(state)[tf.newaxis]
    sequences = tf.concat([coefficient, one], 0), tf.concat([addition, tf.zeros_like(one)], 0)
    return _while_loop(step, sequences, (state,), reverse=False)[0][:-1]
