# Generated from codegen/templates/tf/_recurrent.py.j2. Do not edit; run `make generate`.
"""What cells and the layers that repeat them share: contractions, and checks of arguments."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import tensorflow as tf

from nmn.tf import _numerics

States = tuple[tf.Tensor, ...]
Tensors = dict[str, tf.Tensor]
Respond = Callable[[str, Any, Any, tf.Tensor | None], tf.Tensor]


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


def product(projection: str, state: tf.Tensor, kernel: tf.Tensor) -> tf.Tensor:
    """The state's part of ⟨w, x⟩."""
    return tf.matmul(state, kernel)


class Weights(NamedTuple):
    """What all steps share, by projection."""

    recurrent_kernel: Tensors
    sq_w: Tensors
    parameters: dict[str, Tensors]
    """Those with an entry per unit."""
    shared: Tensors
    """Parameters of all projections."""
    constants: Tensors
    product: Callable[[str, tf.Tensor, tf.Tensor], tf.Tensor] = product
    """How kernels are applied to states."""


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
    kernels = arrays.kernels
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
    parameters: dict[str, Tensors] = {name: {} for name in projections}
    shared: Tensors = {}
    for parameter, value in arrays.parameters.items():
        if value.shape.rank == 0:
            shared[parameter] = value
            continue
        for name, part in _split(value, blocks, features).items():
            parameters[name][parameter] = part
    inputs = Inputs(dot, tf.reduce_sum(tf.square(x), -1, keepdims=True), {})
    constants = tf.nest.map_structure(tf.stop_gradient, arrays.constants)
    weights = Weights(recurrent, sq_w, parameters, shared, constants)
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
    dot = weights.product(projection, state, weights.recurrent_kernel[projection])
    sq_norm = tf.reduce_sum(tf.square(state), -1, keepdims=True)
    return (dot, sq_norm) if seen is None else (seen + dot, inputs.sq_x + sq_norm)


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
