# Generated from codegen/templates/jax/_recurrence.py.j2. Do not edit; run `make generate`.
"""Recurrence: what steps of cells are made of, and how they follow each other."""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

import jax
import jax.numpy as jnp
from flax.typing import Array
from jax import lax

from nmn.nnx import _numerics

Carry = Any
Gates = tuple[str, ...]
ByGate = Mapping[str, Array]
Product = Callable[[Array, Array], Array]


class Layout(NamedTuple):
    """The gates that stand side by side in each array of a cell, and what its neuron reads."""

    kernel: Gates
    recurrent_kernel: Gates
    parameters: Gates
    primitives: tuple[str, ...]


class Weights(NamedTuple):
    """The arrays of a cell as its steps take them."""

    layout: Layout
    dtype: jnp.dtype
    """That of products' operands and of outputs; all else is computed in at least float32."""
    product: Product
    kernel: Array | None
    recurrent_kernel: ByGate
    sq_w: ByGate
    r""":math:`\lVert w\rVert^2` of every unit; empty if the neuron does not read it."""
    parameters: Mapping[str, Mapping[str, Array | None]]
    """Gate → parameter of the neuron → value; None if it is left out."""

    @property
    def wide(self) -> jnp.dtype:
        """The dtype of states and responses within a step."""
        return _numerics.wide_dtype(self.dtype)

    def inputs(self, gate: str) -> int:
        """How many components the kernel of a unit has."""
        of_input = len(self.kernel) if gate in self.layout.kernel else 0
        return of_input + len(self.recurrent_kernel.get(gate, ()))


class Seen(NamedTuple):
    """What steps need of the input, for one step or for all of them."""

    dot: ByGate
    """The input's part of ⟨w, x⟩, where the state has a part in it too."""
    sq_x: Array | None
    response: ByGate
    """Of gates that see the input alone."""


class Cell(Protocol):
    """What the functions below ask of a cell."""

    def _respond(self, weights: Weights, dot: ByGate, sq_x: Array | None) -> dict[str, Array]:
        """The response of every gate."""

    def _step(self, weights: Weights, carry: Carry, seen: Seen) -> tuple[Carry, Array]:
        """New states and output, all in at least float32."""


def gather(
    layout: Layout,
    product: Product,
    dtype: jnp.dtype,
    *,
    kernel: Array | None = None,
    recurrent_kernel: Array | None = None,
    per_unit: Mapping[str, Array | None],
    shared: Mapping[str, Array | None],
) -> Weights:
    """Arrays of all gates, gate by gate; norms and parameters in at least float32."""
    wide = _numerics.wide_dtype(dtype)
    recurrent_kernels = _split(recurrent_kernel, layout.recurrent_kernel)
    sq_w: dict[str, Array] = {}
    if "sq_w" in layout.primitives:
        for part in (_split(kernel, layout.kernel), recurrent_kernels):
            for gate, block in part.items():
                sq_w[gate] = sq_w.get(gate, 0) + _numerics.kernel_sq_norm(block, wide)
    split = {name: _split(array, layout.parameters) for name, array in per_unit.items()}
    parameters = {
        gate: {name: blocks.get(gate) for name, blocks in split.items()} | shared
        for gate in layout.parameters
    }
    parameters = jax.tree.map(lambda array: array.astype(wide), parameters)
    return Weights(layout, dtype, product, kernel, recurrent_kernels, sq_w, parameters)


def project(cell: Cell, weights: Weights, inputs: Array) -> Seen:
    """What the input contributes to every gate, for any number of steps: one product."""
    layout, kernel = weights.layout, weights.kernel
    if kernel is None:
        return Seen({}, None, {})
    dots = _split(_product_of_rows(weights, inputs, kernel), layout.kernel)
    sq_x = _numerics.sq_norm(inputs, weights.wide) if "sq_x" in layout.primitives else None
    alone = {gate: dots.pop(gate) for gate in layout.kernel if gate not in layout.recurrent_kernel}
    if not alone:
        return Seen(dots, sq_x, {})

    # Computed again for the backward pass, which is faster than to keep what it is made of.
    @jax.checkpoint
    def respond(dot: ByGate, sq_x: Array | None) -> ByGate:
        return cell._respond(weights, dot, sq_x)

    return Seen(dots, sq_x, respond(alone, sq_x))


def respond(cell: Cell, weights: Weights, seen: Seen, gates: Gates, source: Array) -> list[Array]:
    """Responses to the input, if these gates see it, and to `source`."""
    source = source.astype(weights.dtype)
    dot = {gate: weights.product(source, weights.recurrent_kernel[gate]) for gate in gates}
    reads_norm = "sq_x" in weights.layout.primitives
    sq_x = _numerics.sq_norm(source, weights.wide) if reads_norm else None
    if gates[0] in seen.dot:
        dot = {gate: seen.dot[gate] + dot[gate] for gate in gates}
        sq_x = seen.sq_x + sq_x if reads_norm else None
    responses = cell._respond(weights, dot, sq_x)
    return [responses[gate] for gate in gates]


def step(cell: Cell, weights: Weights, carry: Carry, seen: Seen) -> tuple[Carry, Array]:
    """One step: states keep their dtype, so that a loop can carry them."""
    new_carry, output = cell._step(weights, _cast(carry, weights.wide), seen)
    return _cast_like(new_carry, carry), output.astype(weights.dtype)


def scan(
    cell: Cell,
    weights: Weights,
    carry: Carry,
    seen: Seen,
    is_real: Array | None,
    *,
    steps: int,
    reverse: bool,
    unroll: int,
) -> tuple[Carry, Array]:
    """Step by step; where a step is not real, states stay as they are."""

    def body(carry: Carry, now: tuple[Seen, Array | None]) -> tuple[Carry, Array]:
        seen, is_real = now
        new_carry, output = step(cell, weights, carry, seen)
        if is_real is not None:
            new_carry = jax.tree.map(
                lambda new, old: jnp.where(is_real, new, old), new_carry, carry
            )
        return new_carry, output

    # Products are kept for the backward pass and all else is computed again: that takes half the
    # time of writing every value of every step to memory and reading it back.
    policy = jax.checkpoint_policies.dots_saveable
    body = jax.checkpoint(body, prevent_cse=False, policy=policy)
    return lax.scan(body, carry, (seen, is_real), steps, reverse, unroll)


def linear_scan(
    coefficient: Array,
    addition: Array,
    initial: Array,
    is_real: Array | None,
    *,
    reverse: bool,
    unroll: int,
) -> tuple[Array, Array]:
    """The last of h ← coefficient · h + addition, and all of them, along the first axis.

    `initial` may be narrower than the terms; the last one has its dtype again.
    """
    if len(addition) == 0:
        return initial, addition
    dtype, initial = initial.dtype, initial.astype(addition.dtype)
    if is_real is not None:
        coefficient = jnp.where(is_real, coefficient, 1)
        addition = jnp.where(is_real, addition, 0)

    def one_by_one(coefficient: Array, addition: Array, initial: Array) -> Array:
        def body(h: Array, terms: tuple[Array, Array]) -> tuple[Array, Array]:
            h = terms[0] * h + terms[1]
            return h, h

        terms = (coefficient, addition)
        return lax.scan(body, initial, terms, reverse=reverse, unroll=unroll)[1]

    def in_parallel(coefficient: Array, addition: Array, initial: Array) -> Array:
        first = -1 if reverse else 0
        addition = addition.at[first].add(coefficient[first] * initial)
        return lax.associative_scan(_composed, (coefficient, addition), reverse=reverse)[1]

    # A CPU is bound by memory, and composing steps passes through it as often as they can be halved.
    states = lax.platform_dependent(
        coefficient, addition, initial, cpu=one_by_one, default=in_parallel
    )
    return states[0 if reverse else -1].astype(dtype), states


def check_carry(carry: Carry, states: Sequence[str], features: int) -> None:
    """Raise unless the carry is an array of that many features, or a tuple of one per state."""
    arrays = carry if isinstance(carry, tuple) else (carry,)
    if len(arrays) != len(states) or any(jnp.shape(a)[-1:] != (features,) for a in arrays):
        wanted = states[0] if len(states) == 1 else f"({', '.join(states)})"
        raise ValueError(
            f"carry must be {wanted} with a last axis of length {features}, "
            f"got {jax.tree.map(jnp.shape, carry)}"
        )


def _product_of_rows(weights: Weights, inputs: Array, kernel: Array) -> Array:
    """The product of inputs of any number of axes."""

    def as_matrix(inputs: Array, kernel: Array) -> Array:
        *batch, features = inputs.shape
        dot = weights.product(inputs.reshape(math.prod(batch), features), kernel)
        return dot.reshape(*batch, kernel.shape[-1])

    # For a matrix, a CPU is up to twice as fast in the kernel's gradient. Elsewhere axes are kept
    # apart, one of which may be divided among devices.
    return lax.platform_dependent(inputs, kernel, cpu=as_matrix, default=weights.product)


def _composed(first: tuple[Array, Array], second: tuple[Array, Array]) -> tuple[Array, Array]:
    """One step in place of two."""
    return second[0] * first[0], second[0] * first[1] + second[1]


def _split(array: Array | None, gates: Gates) -> dict[str, Array]:
    if array is None:
        return {}
    return dict(zip(gates, jnp.split(array, len(gates), axis=-1), strict=True))


def _cast(carry: Carry, dtype: jnp.dtype) -> Carry:
    return jax.tree.map(lambda state: state.astype(dtype), carry)


def _cast_like(carry: Carry, other: Carry) -> Carry:
    return jax.tree.map(lambda state, old: state.astype(old.dtype), carry, other)
