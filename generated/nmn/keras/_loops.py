# Generated from codegen/templates/keras/_loops.py.j2. Do not edit; run `make generate`.
"""The loop over the steps of sequences, as each backend has it fastest."""

from importlib import import_module

import keras
from keras import ops


def run(
    step,
    parts,
    states,
    weights,
    mask=None,
    go_backwards=False,
    unroll=False,
    zero_output_for_mask=False,
    is_closed=True,
):
    """Repeat a step.

    Args:
        step: Function of a list of parts, a list of states, the weights, and what `product_with`
            returns; it returns the output, of the shape of a state, and the new states.
        parts: Tensors of shape `(steps, batch, ...)`.
        states: Before the first step, each of shape `(batch, units)`.
        weights: What all steps share: "kernels" by their names, and "operands": dictionaries of
            tensors, numbers and None.
        mask: Of shape `(steps, batch)`, or None: where it is False, states stay as they are.
        go_backwards: Whether to begin at the last step.
        unroll: Whether to write out the loop where it would be compiled as one.
        zero_output_for_mask: Whether outputs of masked steps are zeros, not the output before.
        is_closed: Whether a step depends on nothing but what it is given.

    Returns:
        The last output, the outputs in the order in which they were computed, of shape
        `(steps, batch, units)`, and the last states.
    """
    if mask is not None:
        mask = ops.expand_dims(ops.cast(mask, "bool"), axis=-1)
        step, parts = _masked(step, zero_output_for_mask), [*parts, mask]
        states = [*states, ops.zeros_like(states[0])]
    if go_backwards:
        parts = [ops.flip(part, axis=0) for part in parts]
    backend = keras.backend.backend()
    if unroll or backend not in ("tensorflow", "jax"):
        outputs, after = _one_by_one(step, parts, states, weights)
    elif backend == "jax":
        outputs, after = _scan(step, parts, states, weights)
    else:
        tensorflow = import_module("nmn.keras._tensorflow")
        loop = tensorflow.closed_loop if is_closed else tensorflow.loop
        outputs, after = loop(step, parts, states, weights)
    after = after if mask is None else after[:-1]
    return outputs[-1], outputs, after


def product_with(kernels):
    """A function that multiplies vectors with the kernel of a name, and adds what it is given."""

    def multiply(name, vectors, added=None):
        # The operator of the backend: keras.ops.matmul returns float32 for float64 on PyTorch.
        product = vectors @ kernels[name]
        return product if added is None else added + product

    return multiply


def _masked(step, zero_output_for_mask):
    """The step that does nothing where its last part, the mask, is False.

    The last state is what it gave out before.
    """

    def masked_step(parts, states, weights, multiply):
        *parts, mask = parts
        *states, output = states
        new_output, new_states = step(parts, states, weights, multiply)
        skipped = ops.zeros_like(output) if zero_output_for_mask else output
        output = ops.where(mask, new_output, skipped)
        pairs = zip(new_states, states, strict=True)
        return output, [*(ops.where(mask, new, old) for new, old in pairs), output]

    return masked_step


def _one_by_one(step, parts, states, weights):
    """A loop of Python."""
    multiply, outputs = product_with(weights["kernels"]), []
    for at_step in zip(*(ops.unstack(part) for part in parts), strict=True):
        output, states = step(at_step, states, weights, multiply)
        outputs.append(output)
    return ops.stack(outputs), states


def _scan(step, parts, states, weights):
    """JAX compiles the loop as one."""
    jax = import_module("jax")
    multiply = product_with(weights["kernels"])

    def scanned(states, parts):
        output, states = step(parts, states, weights, multiply)
        return states, output

    # Products are kept. Reading what else steps have computed takes longer than to compute it again.
    policy = jax.checkpoint_policies.dots_saveable
    scanned = jax.checkpoint(scanned, prevent_cse=False, policy=policy)
    states, outputs = ops.scan(scanned, states, parts)
    return outputs, states
