# Generated from codegen/templates/tf/_recurrent.py.j2. Do not edit; run `make generate`.
"""What cells and the layers that repeat them share: contractions, and loops over steps."""

import functools
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import tensorflow as tf

from nmn.tf import _numerics

States = tuple[tf.Tensor, ...]
Tensors = dict[str, tf.Tensor]
Step = Callable[[Any, States], tuple[tf.Tensor, States]]
Scan = Callable[[tf.Tensor | float, tf.Tensor | float, tf.Tensor], tf.Tensor]
Respond = Callable[[str, Any, Any, tf.Tensor | None], tf.Tensor]

LEVELS = 10
"""How often a sequence whose length a graph does not know is halved before a loop takes over."""


class Projection(NamedTuple):
    """Neurons that see the same vector."""

    blocks: int
    """How many blocks of units stand side by side, each of the state's size."""
    reads_input: bool
    reads_state: bool


class Arrays(NamedTuple):
    """What a graph reads of a cell."""

    kernels: Tensors
    parameters: Tensors
    constants: Tensors


class Inputs(NamedTuple):
    """What the input contributes, at one step or at all."""

    dot: Tensors
    """Projection → its part of ⟨w, x⟩."""
    sq_x: tf.Tensor
    responses: Tensors
    """Of projections that see the input alone."""


class Weights(NamedTuple):
    """What all steps share, by projection."""

    recurrent_kernel: Tensors
    sq_w: Tensors
    parameters: dict[str, Tensors]


def graph_arguments(
    kernels: Tensors, parameters: Mapping[str, tf.Tensor | float | None], dtype: tf.DType
) -> Arrays:
    """Arrays that are there; constants become tensors, so that not every number gets a graph."""
    given = {n: tf.convert_to_tensor(p, dtype) for n, p in parameters.items() if p is not None}
    constants = {n: given.pop(n) for n, p in parameters.items() if isinstance(p, int | float)}
    return Arrays(tf.nest.map_structure(tf.convert_to_tensor, kernels), given, constants)


def side_by_side(draw: Callable[[], tf.Tensor], blocks: int) -> tf.Tensor:
    """Columns of that many drawn kernels, each with the law of a kernel by itself."""
    return tf.concat([draw() for _ in range(blocks)], axis=-1)


def repeated(values: Sequence[float], features: int, dtype: tf.DType) -> tf.Tensor:
    """Each value `features` times."""
    return tf.repeat(tf.constant(values, dtype), features)


def prepare(
    respond: Respond,
    projections: Mapping[str, Projection],
    x: tf.Tensor,
    arrays: Arrays,
    features: int,
) -> tuple[Inputs, Weights]:
    """All that needs no state: for every step, if `x` has an axis of steps."""
    kernels, parameters = arrays.kernels, arrays.parameters
    parameters = parameters | tf.nest.map_structure(tf.stop_gradient, arrays.constants)
    blocks = {name: p.blocks for name, p in projections.items()}
    reads_input = {name: blocks[name] for name, p in projections.items() if p.reads_input}
    reads_state = {name: blocks[name] for name, p in projections.items() if p.reads_state}
    dot: Tensors = {}
    recurrent: Tensors = {}
    sq_w: Tensors = {}
    if reads_input:
        kernel = kernels["kernel"]
        dot = _split(tf.tensordot(x, kernel, 1), reads_input, features)
        sq_w = _split(tf.reduce_sum(tf.square(kernel), 0), reads_input, features)
    if reads_state:
        recurrent = _split(kernels["recurrent_kernel"], reads_state, features)
        for name, kernel in recurrent.items():
            norm = tf.reduce_sum(tf.square(kernel), 0)
            sq_w[name] = sq_w[name] + norm if name in sq_w else norm
    shared: dict[str, Tensors] = {name: {} for name in projections}
    for parameter, value in parameters.items():
        parts = _split(value, blocks, features) if value.shape.rank == 1 else {}
        for name, own in shared.items():
            own[parameter] = parts.get(name, value)
    inputs = Inputs(dot, tf.reduce_sum(tf.square(x), -1, keepdims=True), {})
    weights = Weights(recurrent, sq_w, shared)
    alone = [name for name in reads_input if name not in reads_state]
    responses = {name: respond(name, inputs, weights, None) for name in alone}
    kept = {name: part for name, part in dot.items() if name not in alone}
    return Inputs(kept, inputs.sq_x, responses), weights


def _split(array: tf.Tensor, blocks: Mapping[str, int], features: int) -> Tensors:
    """The columns of each projection."""
    if len(blocks) == 1:
        return dict.fromkeys(blocks, array)
    sizes = [count * features for count in blocks.values()]
    return dict(zip(blocks, tf.split(array, sizes, axis=-1), strict=True))


def contraction(
    projection: str, inputs: Inputs, weights: Weights, state: tf.Tensor | None
) -> tuple[tf.Tensor, tf.Tensor]:
    """⟨w, x⟩ and ‖x‖² of neurons that see the input, a vector of the state's size, or both joined.

    Args:
      projection: Which neurons.
      inputs: The input's part.
      weights: Kernels.
      state: The other vector; None if they see the input alone.
    """
    seen = inputs.dot.get(projection)
    if state is None:
        return seen, inputs.sq_x
    dot = tf.matmul(state, weights.recurrent_kernel[projection])
    sq_norm = tf.reduce_sum(tf.square(state), -1, keepdims=True)
    return (dot, sq_norm) if seen is None else (seen + dot, inputs.sq_x + sq_norm)


def rounded(step: Step, dtype: tf.DType) -> Step:
    """The step with output and states of a dtype that may be narrower than what it computes in."""

    def narrow(inputs: Inputs, states: States) -> tuple[tf.Tensor, States]:
        wide = _numerics.wide_dtype(dtype)
        output, new = step(inputs, tuple(tf.cast(state, wide) for state in states))
        return tf.cast(output, dtype), tuple(tf.cast(state, dtype) for state in new)

    return narrow


def time_first(
    inputs: tf.Tensor, lengths: tf.Tensor | None, time_major: bool
) -> tuple[tf.Tensor, tf.Tensor | None]:
    """Inputs as `[time, batch, in]`, 0 beyond the lengths, and `[time, batch, 1]`: what is real."""
    x = inputs if time_major else tf.transpose(inputs, [1, 0, 2])
    if lengths is None:
        return x, None
    is_real = tf.range(tf.shape(x)[0])[:, tf.newaxis] < lengths
    is_real = is_real[:, :, tf.newaxis]
    return tf.where(is_real, x, tf.zeros_like(x)), is_real


def to_input(inputs: tf.Tensor, dtype: tf.DType, axes: Sequence[str]) -> tf.Tensor:
    """The input as a tensor of `dtype`; raises unless it has these axes, the last of known size."""
    inputs = _numerics.to_floating(inputs, dtype)
    if inputs.shape.rank != len(axes) or inputs.shape[-1] is None:
        raise ValueError(
            f"input must have shape [{', '.join(axes)}] with a last axis of known length, "
            f"got {inputs.shape}"
        )
    return inputs


def to_states(
    given: Sequence[tf.Tensor], names: Sequence[str], features: int, dtype: tf.DType
) -> States:
    """States as tensors of `dtype`; raises unless each has shape `[batch, features]`."""
    if len(given) != len(names):
        raise ValueError(f"state must be ({', '.join(names)}), got {len(given)} tensors")
    states = tuple(_numerics.to_floating(state, dtype) for state in given)
    for name, state in zip(names, states, strict=True):
        if not state.shape.is_compatible_with([None, features]):
            raise ValueError(f"state {name} must have shape [batch, {features}], got {state.shape}")
    return states


def to_lengths(lengths: tf.Tensor | None) -> tf.Tensor | None:
    """Lengths as a vector of integers; raises for anything else."""
    if lengths is None:
        return None
    lengths = tf.convert_to_tensor(lengths)
    if not lengths.dtype.is_integer:
        raise TypeError(f"sequence_length must be integers, got dtype {lengths.dtype.name}")
    if not lengths.shape.is_compatible_with([None]):
        raise ValueError(f"sequence_length must have shape [batch], got {lengths.shape}")
    return tf.cast(lengths, tf.int32)


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
    count = tf.shape(inputs.sq_x)[0]
    scan = functools.partial(affine_scan, steps=count, is_real=is_real, reverse=reverse)
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
    coefficient: tf.Tensor | float,
    addition: tf.Tensor | float,
    state: tf.Tensor,
    steps: tf.Tensor,
    is_real: tf.Tensor | None,
    reverse: bool,
) -> tf.Tensor:
    """The state after each step, where one step makes it coefficient · state + addition.

    Args:
      coefficient: Of shape `[time, batch, features]`, or a number.
      addition: Likewise.
      state: Before the first step.
      steps: How many there are.
      is_real: Booleans of shape `[time, batch, 1]`; other steps leave the state as it is.
      reverse: Whether the last step comes first.
    """
    shape = tf.concat([[steps], tf.shape(state)], 0)
    is_zero = isinstance(coefficient, int | float) and coefficient == 0
    coefficient, addition = (
        value
        if isinstance(value, tf.Tensor)
        else tf.fill(shape, tf.convert_to_tensor(value, state.dtype))
        for value in (coefficient, addition)
    )
    if is_real is not None:
        coefficient = tf.where(is_real, coefficient, tf.ones_like(coefficient))
        addition = tf.where(is_real, addition, tf.zeros_like(addition))
    elif is_zero:
        return addition
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
