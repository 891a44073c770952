# Generated from codegen/templates/tf/_scans.py.j2. Do not edit; run `make generate`.
"""Scans: all steps of a sequence at once, where each makes a state affine in the one before."""

import functools
from collections.abc import Callable
from typing import Any

import tensorflow as tf

from nmn.tf._recurrent import Inputs, States

Scan = Callable[[tf.Tensor, tf.Tensor, tf.Tensor], tf.Tensor]

LEVELS = 6
"""How often a sequence whose length a graph does not know is halved before a loop takes over."""


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
    one = tf.ones_like(state)[tf.newaxis]
    factors, terms = tf.concat([coefficient, one], 0), tf.concat([addition, tf.zeros_like(one)], 0)
    steps = tf.shape(factors)[0]
    states = tf.TensorArray(state.dtype, steps, element_shape=state.shape)

    def body(time: tf.Tensor, state: tf.Tensor, states: tf.TensorArray) -> tuple[Any, ...]:
        new = factors[time] * state + terms[time]
        return time + 1, new, states.write(time, new)

    *_, states = tf.while_loop(
        lambda time, *_: time < steps, body, (0, state, states), maximum_iterations=steps
    )
    return states.stack()[:-1]
