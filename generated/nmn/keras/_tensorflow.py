# Generated from codegen/templates/keras/_tensorflow.py.j2. Do not edit; run `make generate`.
"""Loops over the steps of sequences for TensorFlow, which runs their operations one by one."""

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
        outputs, after, *kept = _loop(step, all_parts, states, packed, keep=True)

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


def _loop(step, parts, states, weights, keep=False):
    """Outputs, the last states and, if they are to be kept, states and products of all steps."""
    kernels = weights["kernels"]
    length, batch = tf.shape(parts[0])[0], states[0].shape[0]
    shapes = [states[0].shape]
    if keep:
        shapes += [state.shape for state in states]
        shapes += [tf.TensorShape([batch, kernel.shape[1]]) for kernel in kernels.values()]
    arrays = [tf.TensorArray(states[0].dtype, length, element_shape=shape) for shape in shapes]
    read = _reader(parts)

    def body(time, states, arrays):
        products = {}

        def multiply(name, vectors):
            products[name] = vectors @ kernels[name]
            return products[name]

        output, new_states = step(read(time), states, weights, multiply)
        kept = [*states, *(products[name] for name in kernels)] if keep else []
        written = zip(arrays, [output, *kept], strict=True)
        return time + 1, new_states, [array.write(time, value) for array, value in written]

    _, after, arrays = _repeat(length, body, (tf.constant(0), list(states), arrays))
    outputs, *kept = (array.stack() for array in arrays)
    return outputs, after, kept[: len(states)], kept[len(states) :]


def _back(step, parts, kept, weights, smooth, grads):
    """Gradients of parts, first states and weights."""
    before, products = kept
    grad_outputs, *reached = grads
    # Tensors of this graph: those of the forward pass may be of another.
    weights = tf.nest.map_structure(_here, weights)
    kernels, operands = weights["kernels"], tf.nest.flatten(weights["operands"])
    watched = [operand for operand in operands if tf.is_tensor(operand)]
    length = tf.shape(parts[0])[0]
    read = _reader([*parts, *before, *products, grad_outputs])
    dtype, batch = before[0].dtype, before[0].shape[1]
    shapes = [parts[i].shape[1:] for i in smooth]
    # Of every kernel, what it was multiplied with, and the gradient of the product.
    shapes += [tf.TensorShape([batch, n]) for kernel in kernels.values() for n in kernel.shape]
    arrays = [tf.TensorArray(dtype, length, element_shape=shape) for shape in shapes]
    count = len(parts), len(parts) + len(before)

    def body(turn, reached, totals, arrays):
        time = length - 1 - turn
        *values, grad = read(time)
        at_step, old, known = values[: count[0]], values[count[0] : count[1]], values[count[1] :]
        seen = [at_step[i] for i in smooth]
        known, factors = dict(zip(kernels, known, strict=True)), {}

        def multiply(name, vectors):
            factors[name] = vectors
            return _known_product(vectors, known[name], kernels[name])

        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch([seen, old, watched, known])
            output, new = step(at_step, old, weights, multiply)
        seen, reached, added, known = tape.gradient(
            [output, *new],
            [seen, old, watched, known],
            [grad, *reached],
            unconnected_gradients=_ZERO,
        )
        totals = [total + value for total, value in zip(totals, added, strict=True)]
        pairs = [tensor for name in kernels for tensor in (factors[name], known[name])]
        written = zip(arrays, [*seen, *pairs], strict=True)
        return turn + 1, reached, totals, [array.write(time, value) for array, value in written]

    totals = [tf.zeros_like(tensor) for tensor in watched]
    first = (tf.constant(0), reached, totals, arrays)
    _, reached, totals, arrays = _repeat(length, body, first)
    stacks = [array.stack() for array in arrays]
    pairs = stacks[len(smooth) :]
    found = {
        name: tf.tensordot(vectors, grad, [[0, 1], [0, 1]])
        for name, vectors, grad in zip(kernels, pairs[::2], pairs[1::2], strict=True)
    }
    return stacks[: len(smooth)], reached, {"kernels": found, "operands": totals}


def _known_product(vectors, product, kernel):
    """The product of vectors and a kernel, which was computed before."""

    @tf.custom_gradient
    def apply(vectors, product):
        def backward(grad):
            return tf.matmul(grad, kernel, transpose_b=True), grad

        return tf.identity(product), backward

    return apply(vectors, product)


def _here(leaf):
    return tf.identity(leaf) if tf.is_tensor(leaf) else leaf


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
