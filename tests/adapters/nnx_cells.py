"""Flax NNX under jit."""

from functools import cache, partial
from typing import Any

import jax
import jax.numpy as jnp
from flax import nnx

from codegen.frameworks.nnx import NNX
from codegen.plans.cell import CellPlan
from tests import subject
from tests.adapters import flax_cells
from tests.adapters.cells import Arrays, Run, Trace

layers = subject.module("nnx")


class CellAdapter:
    """One compilation per set of options; arrays are put in without running initialisers."""

    name = "nnx"

    def cell(
        self, plan: CellPlan, arrays: Arrays, run: Run, dtype: str = "float32", **options: Any
    ) -> Trace:
        """A loop over the cell."""
        return self._trace("cell", plan, plan.cell_name, arrays, run, dtype, options)

    def layer(
        self, plan: CellPlan, arrays: Arrays, run: Run, dtype: str = "float32", **options: Any
    ) -> Trace:
        """The layer, time first."""
        return self._trace("layer", plan, plan.name, arrays, run, dtype, options)

    def _trace(
        self,
        kind: str,
        plan: CellPlan,
        name: str,
        arrays: Arrays,
        run: Run,
        dtype: str,
        options: dict[str, Any],
    ) -> Trace:
        units = run.states[plan.states[0]].shape[-1]
        options |= {f"use_{p.name}": p.name in arrays for p in plan.parameters if p.optional}
        sizes = (run.inputs.shape[-1], units)
        evaluate = _compiled(kind, name, sizes, dtype, run.reverse, tuple(sorted(options.items())))
        return flax_cells.trace(plan, NNX(), evaluate, arrays, run, dtype)


@cache
def _compiled(
    kind: str,
    name: str,
    sizes: tuple[int, int],
    dtype: str,
    reverse: bool,
    options: tuple[tuple[str, Any], ...],
) -> flax_cells.Evaluate:
    def make() -> nnx.Module:
        made = getattr(layers, name)
        module: nnx.Module = made(
            *sizes, param_dtype=jnp.dtype(dtype), rngs=nnx.Rngs(0), **dict(options)
        )
        return module

    graph, state = nnx.split(nnx.eval_shape(make))

    def merged(arrays: Any) -> Any:
        # Paths end in the names of arrays.
        leaves = [arrays[path[-1]] for path, _ in nnx.to_flat_state(state)]
        return nnx.merge(graph, jax.tree.unflatten(jax.tree.structure(state), leaves))

    def cell(arrays: Any, carry: Any, inputs: jax.Array) -> Any:
        return merged(arrays)(carry, inputs)

    def layer(arrays: Any, carry: Any, inputs: jax.Array, lengths: jax.Array | None) -> Any:
        return merged(arrays)(
            inputs,
            initial_carry=carry,
            seq_lengths=lengths,
            return_carry=True,
            time_major=True,
            reverse=reverse,
            keep_order=True,
        )

    return flax_cells.compiled(
        layer if kind == "layer" else partial(flax_cells.loop, cell, reverse)
    )
