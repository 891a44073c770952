# Generated from codegen/templates/keras/_tensorflow.py.j2. Do not edit; run `make generate`.
"""Loops over the steps of sequences for TensorFlow, which runs their operations one by one."""

import tensorflow as tf


def loop(step, parts, states, weights):
    """Outputs of all steps, time first, and the states after the last one.

    Args:
        step: Function of a list of parts, a list of states, and the weights; returns the output,
            of the shape and dtype of a state, and the new states.
        parts: Tensors with the steps first.
        states: Before the first step.
        weights: What all steps share.
    """
    return _loop(step, parts, states, weights)[:2]


def closed_loop(step, parts, states, weights):
    """The same for a step that depends on nothing else, with a gradient of its own.

    It keeps the states alone, and computes the rest of a step again on the way back: what would
    be stacked is a third of all operations.
    """
    leaves = tf.nest.flatten(weights)
    trained = [i for i, leaf in enumerate(leaves) if tf.is_tensor(leaf)]
    smooth = [i for i, part in enumerate(parts) if part.dtype.is_floating]
    given = [parts[i] for i in smooth], list(states), [leaves[i] for i in trained]

    @tf.custom_gradient
    def apply(*operands):
        parts_given, states, tensors = tf.nest.pack_sequence_as(given, operands)
        all_parts = _replaced(parts, smooth, parts_given)
        packed = tf.nest.pack_sequence_as(weights, _replaced(leaves, trained, tensors))
        outputs, after, before = _loop(step, all_parts, states, packed, keep=True)

        def backward(*grads):
            found = _back(step, all_parts, before, packed, (smooth, trained), grads)
            return tf.nest.flatten(found)

        return (outputs, *after), backward

    outputs, *after = apply(*tf.nest.flatten(given))
    return outputs, after


def _loop(step, parts, states, weights, keep=False):
    """Outputs, the last states and, if they are to be kept, all states before a step."""
    length = tf.shape(parts[0])[0]
    read = _reader(parts)
    stacked = [states[0], *(states if keep else [])]
    arrays = [tf.TensorArray(s.dtype, length, element_shape=s.shape) for s in stacked]

    def body(time, states, arrays):
        output, new_states = step(read(time), states, weights)
        values = [output, *(states if keep else [])]
        return time + 1, new_states, [a.write(time, v) for a, v in zip(arrays, values, strict=True)]

    _, after, arrays = _repeat(length, body, (tf.constant(0), list(states), arrays))
    outputs, *before = (array.stack() for array in arrays)
    return outputs, after, before


def _back(step, parts, before, weights, indices, grads):
    """Gradients of the parts and weights that have one, and of the first states."""
    smooth, trained = indices
    grad_outputs, *reached = grads
    length, states = tf.shape(parts[0])[0], len(before)
    read = _reader([*parts, *before, grad_outputs])
    leaves = [
        tf.identity(leaf) if tf.is_tensor(leaf) else leaf for leaf in tf.nest.flatten(weights)
    ]
    weights = tf.nest.pack_sequence_as(weights, leaves)
    tensors = [leaves[i] for i in trained]
    shapes = [(parts[i].dtype, parts[i].shape[1:]) for i in smooth]
    arrays = [tf.TensorArray(dtype, length, element_shape=shape) for dtype, shape in shapes]

    def body(count, reached, totals, arrays):
        time = length - 1 - count
        values = read(time)
        at_step, old, grad = values[: -states - 1], values[-states - 1 : -1], values[-1]
        seen = [at_step[i] for i in smooth]
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch([seen, old, tensors])
            output, new = step(at_step, old, weights)
        seen, reached, added = tape.gradient(
            [output, *new],
            [seen, old, tensors],
            [grad, *reached],
            unconnected_gradients=tf.UnconnectedGradients.ZERO,
        )
        totals = [total + value for total, value in zip(totals, added, strict=True)]
        written = zip(arrays, seen, strict=True)
        return count + 1, reached, totals, [a.write(time, value) for a, value in written]

    totals = [tf.zeros_like(tensor) for tensor in tensors]
    first = (tf.constant(0), reached, totals, arrays)
    _, reached, totals, arrays = _repeat(length, body, first)
    return [array.stack() for array in arrays], reached, totals


def _reader(sequences):
    """Gives what stands at a time."""
    arrays = [
        tf.TensorArray(s.dtype, tf.shape(s)[0], element_shape=s.shape[1:]).unstack(s)
        for s in sequences
    ]
    return lambda time: [array.read(time) for array in arrays]


def _repeat(length, body, first):
    """`body` that many times, which counts them in its first argument."""
    return tf.while_loop(lambda count, *_: count < length, body, first, maximum_iterations=length)


def _replaced(values, indices, others):
    values = list(values)
    for i, other in zip(indices, others, strict=True):
        values[i] = other
    return values
