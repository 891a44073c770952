# Generated from codegen/templates/keras/_scan.py.j2. Do not edit; run `make generate`.
"""Affine recurrences over the steps of sequences, all steps at once."""

from keras import ops

from nmn.keras import _loops, _numerics


def affine(coefficients, additions, initial, mask=None):
    """h[t] = a[t] · h[t - 1] + b[t].

    Accelerators compute pairs of steps at once, in about log2(steps) passes. A CPU has the
    sums of a step in its cache, and takes a third of the time for one step after the other.

    Args:
        coefficients: a, of shape `(batch, steps, units)`.
        additions: b, of that shape.
        initial: h before the first step, of shape `(batch, units)`.
        mask: Of shape `(batch, steps, 1)`: where it is False, h stays as it is.

    Returns:
        h after every step, of the shape of `coefficients`.
    """
    if mask is not None:
        coefficients = ops.where(mask, coefficients, ops.ones_like(coefficients))
        additions = ops.where(mask, additions, ops.zeros_like(additions))
    if coefficients.shape[1] is None or _numerics.is_on_cpu(coefficients):
        return _one_by_one(coefficients, additions, initial)
    products, sums = _compose(coefficients, additions)
    return products * ops.expand_dims(initial, axis=1) + sums


def previous(states, initial):
    """The state before each step, given the one after it."""
    return ops.concatenate([ops.expand_dims(initial, axis=1), states[:, :-1]], axis=1)


def last_real(values, mask):
    """Each step's value, or where it is masked the one before."""
    if mask is None:
        return values
    zeros = ops.zeros_like(values)
    return affine(zeros, values, zeros[:, 0], mask)


def any_before(mask):
    """Whether a step or any before it is not masked."""
    return ops.cumsum(ops.cast(mask, "int32"), axis=1) > 0


def _one_by_one(coefficients, additions, initial):
    def step(parts, states, weights, multiply):
        coefficient, addition = parts
        state = coefficient * states[0] + addition
        return state, [state]

    parts = [ops.swapaxes(part, 0, 1) for part in (coefficients, additions)]
    _, states, _ = _loops.run(step, parts, [initial], {"kernels": {}, "operands": {}})
    return ops.swapaxes(states, 0, 1)


def _compose(a, b):
    """All steps up to each one as a single affine function.

    Steps are joined to pairs, and the pairs composed alike; what is left are the odd ones.
    """
    steps = a.shape[1]
    if steps == 1:
        return a, b
    even, odd = slice(0, steps - steps % 2, 2), slice(1, None, 2)
    pair_a, pair_b = _compose(a[:, odd] * a[:, even], a[:, odd] * b[:, even] + b[:, odd])
    # The first step stands alone; every other even one follows the pairs before it.
    later = slice(2, None, 2)
    before = (steps - 1) // 2
    even_a = ops.concatenate([a[:, :1], a[:, later] * pair_a[:, :before]], axis=1)
    even_b = ops.concatenate([b[:, :1], a[:, later] * pair_b[:, :before] + b[:, later]], axis=1)
    return _interleave(even_a, pair_a), _interleave(even_b, pair_b)


def _interleave(even, odd):
    pairs = odd.shape[1]
    rest = even[:, pairs:]
    joined = ops.stack([even[:, :pairs], odd], axis=2)
    joined = ops.reshape(joined, (ops.shape(even)[0], 2 * pairs, even.shape[-1]))
    return ops.concatenate([joined, rest], axis=1) if rest.shape[1] else joined
