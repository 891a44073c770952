# Generated from codegen/templates/jax/_sequence.py.j2. Do not edit; run `make generate`.
"""Sequences: order of axes, padding, direction."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from flax.typing import Array

from nmn.linen import _numerics
from nmn.linen._recurrence import Cell, Weights, project

Carry = Any
Scan = Callable[..., tuple[Carry, Array]]


def check_inputs(inputs: Array, seq_lengths: Array | None, time_major: bool) -> None:
    """Raise unless there is an axis of steps, and a length of every sequence or none at all."""
    if jnp.ndim(inputs) < 2:
        raise ValueError(
            f"input must have an axis of steps and one of features, got shape {jnp.shape(inputs)}"
        )
    _numerics.check_floating(inputs)
    if seq_lengths is None:
        return
    *batch, _ = step_shape(inputs, time_major)
    if jnp.shape(seq_lengths) != tuple(batch):
        raise ValueError(
            f"seq_lengths must have the shape of the batch, {tuple(batch)}, "
            f"got {jnp.shape(seq_lengths)}"
        )
    if not jnp.issubdtype(jnp.result_type(seq_lengths), jnp.integer):
        raise TypeError(f"seq_lengths must be integers, got dtype {jnp.result_type(seq_lengths)}")


def step_shape(inputs: Array, time_major: bool) -> tuple[int, ...]:
    """The shape of the input of one step."""
    shape: tuple[int, ...] = jnp.shape(inputs)
    return shape[1:] if time_major else (*shape[:-2], shape[-1])


def real_inputs(
    inputs: Array, seq_lengths: Array | None, time_major: bool
) -> tuple[Array, Array | None]:
    """Inputs with zeros for padding, and where there is none: shape ``(steps, *batch, 1)``."""
    if seq_lengths is None:
        return inputs, None
    axis = 0 if time_major else inputs.ndim - 2
    steps = jnp.arange(inputs.shape[axis]).reshape(-1, *(1,) * (inputs.ndim - 1))
    is_real = steps < jnp.asarray(seq_lengths)[..., None]
    # Gradients are products with 0 there, which what is no number would survive.
    return jnp.where(jnp.moveaxis(is_real, 0, axis), inputs, 0), is_real


def run(
    cell: Cell,
    scan: Scan,
    weights: Weights,
    inputs: Array,
    carry: Carry,
    is_real: Array | None,
    *,
    time_major: bool,
    reverse: bool,
    keep_order: bool,
    unroll: int,
) -> tuple[Carry, Array]:
    """The states after the last step, and the outputs of all steps."""
    axis = 0 if time_major else inputs.ndim - 2
    inputs = jnp.moveaxis(inputs, axis, 0)
    seen = project(cell, weights, inputs)
    # A state may be wider than outputs, and not narrower.
    carry = jax.tree.map(lambda s: s.astype(jnp.promote_types(s.dtype, weights.dtype)), carry)
    carry, outputs = scan(
        weights,
        carry,
        seen,
        is_real,
        steps=len(inputs),
        reverse=reverse,
        unroll=unroll,
    )
    if is_real is not None:
        outputs = jnp.where(is_real, outputs, 0)
    outputs = outputs.astype(weights.dtype)
    if reverse and not keep_order:
        outputs = _flip(outputs, is_real)
    return carry, jnp.moveaxis(outputs, 0, axis)


def _flip(outputs: Array, is_real: Array | None) -> Array:
    """The steps of every sequence in reverse order; padding stays at the end."""
    if is_real is None:
        return jnp.flip(outputs, axis=0)
    steps = jnp.arange(len(outputs)).reshape(-1, *(1,) * (outputs.ndim - 1))
    last = jnp.sum(is_real, axis=0) - 1
    return jnp.take_along_axis(outputs, jnp.where(is_real, last - steps, steps), axis=0)
