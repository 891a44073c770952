# Generated from codegen/templates/keras/_tensorflow.py.j2. Do not edit; run `make generate`.
"""Loops over the steps of sequences for TensorFlow, which runs their operations one by one."""

from typing import NamedTuple

import tensorflow as tf

_ZERO = tf.UnconnectedGradients.ZERO


def loop(step, parts, states, weights):
    """Outputs of all steps, time first, and the states after the last one.

    Args:
        step: Function of a list of parts, a list of states, the weights, and a function that
            multiplies vectors with a kernel of that name; returns the output, of the shape and
            dtype of a state, and the new states.
        parts: Tensors with the steps first.
        states: Before the first step.
        weights: What all steps share: "kernels" by their names, and "operands": dictionaries of
            tensors, numbers and None.
    """
    return _loop(step, parts, states, weights)[:2]


def closed_loop(step, parts, states, weights):
    """The same for a step that depends on nothing else, with a gradient of its own.

    It keeps states and products alone, and computes the rest of a step again on the way back: what
    would be stacked is a third of all operations. Kernels get their gradients in one product.
    """
    # A tensor that stands at two places has two gradients.
    leaves = [_here(leaf) for leaf in tf.nest.flatten(weights)]
    trained = [i for i, leaf in enumerate(leaves) if tf.is_tensor(leaf)]
    smooth = [i for i, part in enumerate(parts) if part.dtype.is_floating]
    given = [parts[i] for i in smooth], list(states), [leaves[i] for i in trained]

    def unpacked(operands):
        parts_given, states, tensors = tf.nest.pack_sequence_as(given, operands)
        packed = tf.nest.pack_sequence_as(weights, _replaced(leaves, trained, tensors))
        return _replaced(parts, smooth, parts_given), states, packed

    def plain(*operands):
        outputs, after = loop(step, *unpacked(operands))
        return [outputs, *after]

    @tf.custom_gradient
    def apply(*operands):
        all_parts, states, packed = unpacked(operands)
        outputs, after, kept = _loop(step, all_parts, states, packed, keep=True)

        def backward(*grads):
            def first():
                return tf.nest.flatten(_back(step, all_parts, kept, packed, smooth, grads))

            return _differentiable(first, plain, operands, grads)

        return (outputs, *after), backward

    outputs, *after = apply(*tf.nest.flatten(given))
    return outputs, after


def _differentiable(first, plain, operands, grads):
    """What `first` returns, the gradients of `plain`, so that they can be differentiated again.

    States that were kept are numbers to a tape.
    """

    count = len(operands)

    @tf.custom_gradient
    def gradients(*sources):
        operands, grads = sources[:count], sources[count:]

        def backward(*wanted):
            with tf.GradientTape() as outer:
                outer.watch(sources)
                with tf.GradientTape() as inner:
                    inner.watch(operands)
                    results = plain(*operands)
                found = inner.gradient(results, operands, grads, unconnected_gradients=_ZERO)
            return outer.gradient(found, sources, wanted, unconnected_gradients=_ZERO)

        return first(), backward

    return gradients(*operands, *grads)


class _Kept(NamedTuple):
    """What the way back needs of every step, in arrays that are never copied."""

    states: list[tf.TensorArray]
    """Those before it."""
    dots: dict[str, tf.TensorArray]
    """What `multiply` returned, by kernel."""
    factors: dict[str, int | None]
    """The state that a kernel was multiplied with, if it was one."""
    added: dict[str, int | None]
    """The part that was added to the product."""


def _loop(step, parts, states, weights, keep=False):
    """Outputs, the last states and, if it is to be kept, what the way back needs."""
    kernels = weights["kernels"]
    length, batch = tf.shape(parts[0])[0], states[0].shape[0]
    dtype = states[0].dtype
    shapes = [states[0].shape]
    if keep:
        shapes += [state.shape for state in states]
        shapes += [tf.TensorShape([batch, kernel.shape[1]]) for kernel in kernels.values()]
    arrays = [_array(dtype, length, shape) for shape in shapes]
    read = _reader(parts)
    factors, added_parts = {}, {}

    def body(time, states, arrays):
        at_step, dots = read(time), {}

        def multiply(name, vectors, added=None):
            factors[name], added_parts[name] = _place(vectors, states), _place(added, at_step)
            product = vectors @ kernels[name]
            dots[name] = product if added is None else added + product
            return dots[name]

        output, new_states = step(at_step, states, weights, multiply)
        kept = [*states, *(dots[name] for name in kernels)] if keep else []
        written = zip(arrays, [output, *kept], strict=True)
        return time + 1, new_states, [array.write(time, value) for array, value in written]

    _, after, arrays = _repeat(length, body, (tf.constant(0), list(states), arrays))
    outputs, *kept = arrays
    dots = dict(zip(kernels, kept[len(states) :], strict=False))
    return outputs.stack(), after, _Kept(kept[: len(states)], dots, factors, added_parts)


def _back(step, parts, kept, weights, smooth, grads):
    """Gradients of parts, first states and weights."""
    grad_outputs, *reached = grads
    # Tensors of this graph: those of the forward pass may be of another.
    weights = tf.nest.map_structure(_here, weights)
    kernels, operands = weights["kernels"], tf.nest.flatten(weights["operands"])
    watched = [operand for operand in operands if tf.is_tensor(operand)]
    length = tf.shape(parts[0])[0]
    # The gradient of a part that is added to a product is that of the sum.
    added = {i: name for name, i in kept.added.items() if i is not None}
    seen = [i for i in range(len(parts)) if i not in added]
    sources = [i for i in smooth if i in seen]
    other = [name for name in kernels if kept.factors[name] is None]
    read = _reader([*(parts[i] for i in seen), grad_outputs])
    batch = reached[0].shape[0]
    shapes = [parts[i].shape[1:] for i in sources]
    shapes += [tf.TensorShape([batch, kernels[name].shape[0]]) for name in other]
    shapes += [tf.TensorShape([batch, kernel.shape[1]]) for kernel in kernels.values()]
    arrays = [_array(reached[0].dtype, length, shape) for shape in shapes]

    def body(turn, reached, totals, arrays):
        time = length - 1 - turn
        *values, grad = read(time)
        at_step = _replaced([None] * len(parts), seen, values)
        old = [array.read(time) for array in kept.states]
        dots, factors = {name: array.read(time) for name, array in kept.dots.items()}, {}

        def multiply(name, vectors, added=None):
            factors[name] = vectors
            return _known_product(vectors, dots[name], kernels[name])

        wanted = [[at_step[i] for i in sources], old, watched, dots]
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(wanted)
            output, new = step(at_step, old, weights, multiply)
        found, reached, added, dots = tape.gradient(
            [output, *new], wanted, [grad, *reached], unconnected_gradients=_ZERO
        )
        totals = [total + value for total, value in zip(totals, added, strict=True)]
        found += [*(factors[name] for name in other), *(dots[name] for name in kernels)]
        written = zip(arrays, found, strict=True)
        return turn + 1, reached, totals, [array.write(time, value) for array, value in written]

    totals = [tf.zeros_like(tensor) for tensor in watched]
    first = (tf.constant(0), reached, totals, arrays)
    _, reached, totals, arrays = _repeat(length, body, first)
    stacks = [array.stack() for array in arrays]
    of_parts = dict(zip(sources, stacks, strict=False))
    factors = dict(zip(other, stacks[len(sources) :], strict=False))
    dots = dict(zip(kernels, stacks[len(sources) + len(other) :], strict=True))
    of_parts |= {i: dots[name] for i, name in added.items()}
    factors |= {n: kept.states[kept.factors[n]].stack() for n in kernels if n not in other}
    products = {n: _sum_of_products(factors[n], dots[n]) for n in kernels}
    return [of_parts[i] for i in smooth], reached, {"kernels": products, "operands": totals}


def _known_product(vectors, product, kernel):
    """The product of vectors and a kernel, which was computed before."""

    @tf.custom_gradient
    def apply(vectors, product):
        def backward(grad):
            return tf.matmul(grad, kernel, transpose_b=True), grad

        return tf.identity(product), backward

    return apply(vectors, product)


def _sum_of_products(vectors, grads):
    """Gradient of a kernel, of what all steps multiplied it with and of the products."""
    vectors, grads = (tf.reshape(t, [-1, t.shape[-1]]) for t in (vectors, grads))
    # tf.tensordot would transpose the vectors first.
    return tf.matmul(vectors, grads, transpose_a=True)


def _here(leaf):
    return tf.identity(leaf) if tf.is_tensor(leaf) else leaf


def _array(dtype, length, shape):
    return tf.TensorArray(dtype, length, element_shape=shape, clear_after_read=False)


def _place(tensor, tensors):
    """Where a tensor itself stands among others, if it does."""
    return next((i for i, other in enumerate(tensors) if other is tensor), None)


def _reader(sequences):
    """Gives what stands at a time."""
    arrays = [_array(s.dtype, tf.shape(s)[0], s.shape[1:]).unstack(s) for s in sequences]
    return lambda time: [array.read(time) for array in arrays]


def _repeat(length, body, first):
    """`body` that many times, which counts them in its first argument."""
    return tf.while_loop(lambda count, *_: count < length, body, first, maximum_iterations=length)


def _replaced(values, indices, others):
    values = list(values)
    for i, other in zip(indices, others, strict=True):
        values[i] = other
    return values
