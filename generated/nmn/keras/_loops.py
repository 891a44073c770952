# Generated from codegen/templates/keras/_loops.py.j2. Do not edit; run `make generate`.
"""The loop over the steps of sequences, as each backend has it fastest."""

import keras
from keras import ops


def run(
    step, parts, states, mask=None, go_backwards=False, unroll=False, zero_output_for_mask=False
):
    """Repeat a step.

    Args:
        step: Function of a list of parts and a list of states; returns the output, of the shape of
            a state, and the new states.
        parts: Tensors of shape `(batch, steps, ...)`.
        states: Before the first step, each of shape `(batch, units)`.
        mask: Of shape `(batch, steps)`, or None: where it is False, states stay as they are.
        go_backwards: Whether to begin at the last step.
        unroll: Whether to write out the loop where it would be compiled as one.
        zero_output_for_mask: Whether outputs of masked steps are zeros, not the output before.

    Returns:
        The last output, the outputs in the order in which they were computed, of shape
        `(batch, steps, units)`, and the last states.
    """
    backend = keras.backend.backend()
    if backend == "tensorflow" and not unroll:
        return _by_keras(step, parts, states, mask, go_backwards, zero_output_for_mask)
    parts = [ops.swapaxes(part, 0, 1) for part in parts]
    if mask is not None:
        mask = ops.expand_dims(ops.swapaxes(ops.cast(mask, "bool"), 0, 1), axis=-1)
        step, parts = _masked(step, zero_output_for_mask), [*parts, mask]
        states = [*states, ops.zeros_like(states[0])]
    if go_backwards:
        parts = [ops.flip(part, axis=0) for part in parts]
    loop = _scan if backend == "jax" and not unroll else _one_by_one
    outputs, after = loop(step, parts, states)
    after = after if mask is None else after[:-1]
    return outputs[-1], ops.swapaxes(outputs, 0, 1), after


def _masked(step, zero_output_for_mask):
    """The step that does nothing where its last part, the mask, is False.

    The last state is what it gave out before.
    """

    def masked_step(parts, states):
        *parts, mask = parts
        *states, output = states
        new_output, new_states = step(parts, states)
        skipped = ops.zeros_like(output) if zero_output_for_mask else output
        output = ops.where(mask, new_output, skipped)
        pairs = zip(new_states, states, strict=True)
        return output, [*(ops.where(mask, new, old) for new, old in pairs), output]

    return masked_step


def _one_by_one(step, parts, states):
    """A loop of Python."""
    outputs = []
    for at_step in zip(*(ops.unstack(part) for part in parts), strict=True):
        output, states = step(at_step, states)
        outputs.append(output)
    return ops.stack(outputs), states


def _scan(step, parts, states):
    """JAX compiles the loop as one."""

    def scanned(states, parts):
        output, states = step(parts, states)
        return states, output

    # Reading what steps have computed takes longer than computing it again.
    states, outputs = ops.scan(keras.remat(scanned), states, parts)
    return outputs, states


def _by_keras(step, parts, states, mask, go_backwards, zero_output_for_mask):
    """The loop of Keras, whose steps see one tensor: TensorFlow's own, of any number of steps."""
    ends = []
    for part in parts[:-1]:
        ends.append(part.shape[-1] + (ends[-1] if ends else 0))

    def joined_step(joined, states):
        parts = ops.split(joined, ends, axis=-1) if ends else [joined]
        return step(parts, list(states))

    layer = keras.layers.RNN(
        _Cell(joined_step, states),
        return_sequences=True,
        go_backwards=go_backwards,
        zero_output_for_mask=zero_output_for_mask,
        name="steps",
    )
    return layer.inner_loop(ops.concatenate(parts, axis=-1), states, mask)


class _Cell:
    """A step as a cell of `keras.layers.RNN`, which need not be a layer."""

    def __init__(self, step, states):
        self.call = step
        self.state_size = [state.shape[-1] for state in states]

    def __call__(self, inputs, states):
        return self.call(inputs, states)
