"""What the adapters of cells of Linen and NNX share: carries, loops and gradients."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from codegen.frameworks.base import Recurrent
from codegen.plans.cell import CellPlan
from tests.adapters.cells import Array, Arrays, Run, Trace, canonical, stored

Carry = Any
Apply = Callable[[Any, Carry, jax.Array, jax.Array | None], tuple[Carry, jax.Array]]
"""Arrays, carry, inputs and lengths → the final carry and all outputs, both time first."""
Evaluate = Callable[..., tuple[tuple[jax.Array, Carry], tuple[Any, Carry, jax.Array]]]


def loop(
    cell: Callable[[Any, Carry, jax.Array], tuple[Carry, jax.Array]],
    reverse: bool,
    arrays: Any,
    carry: Carry,
    inputs: jax.Array,
    lengths: jax.Array | None,
) -> tuple[Carry, jax.Array]:
    """One step after the other, as `lax.scan` takes them."""
    assert lengths is None
    return lax.scan(lambda carry, x: cell(arrays, carry, x), carry, inputs, reverse=reverse)


def compiled(apply: Apply) -> Evaluate:
    """Results, and the gradients of their sum with what is upstream."""

    @jax.jit
    def evaluate(
        arrays: Any,
        carry: Carry,
        inputs: jax.Array,
        lengths: jax.Array | None,
        upstream: tuple[Carry, jax.Array],
    ) -> Any:
        def function(arrays: Any, carry: Carry, inputs: jax.Array) -> tuple[Carry, jax.Array]:
            return apply(arrays, carry, inputs, lengths)

        results, pull = jax.vjp(function, arrays, carry, inputs)
        upstream = jax.tree.map(lambda u, r: u.astype(r.dtype), upstream, results)
        return results, pull(upstream)

    return evaluate


def trace(
    plan: CellPlan,
    framework: Recurrent,
    evaluate: Evaluate,
    arrays: Arrays,
    run: Run,
    dtype: str,
) -> Trace:
    """Run it, and give everything its name."""

    def carry(states: Arrays) -> Carry:
        """In the reverse order of the spec; one state is no tuple."""
        held = tuple(jnp.asarray(states[name], dtype) for name in reversed(plan.states))
        return held[0] if len(held) == 1 else held

    def named(carry: Carry) -> dict[str, Array]:
        held = carry if isinstance(carry, tuple) else (carry,)
        return {n: _numpy(s) for n, s in zip(reversed(plan.states), held, strict=True)}

    native = stored(plan, arrays, framework)
    (final, outputs), (of_arrays, of_carry, of_inputs) = evaluate(
        {name: jnp.asarray(value, dtype) for name, value in native.items()},
        carry(run.states),
        jnp.asarray(run.inputs, dtype),
        None if run.lengths is None else jnp.asarray(run.lengths),
        (carry(run.upstream_states), jnp.asarray(run.upstream, dtype)),
    )
    gradients = canonical(plan, {n: _numpy(g) for n, g in of_arrays.items()}, framework)
    return Trace(
        _numpy(outputs),
        named(final),
        gradients | named(of_carry) | {"inputs": _numpy(of_inputs)},
    )


def _numpy(array: jax.Array) -> Array:
    return np.asarray(array, jnp.promote_types(array.dtype, jnp.float32))
