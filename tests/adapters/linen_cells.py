"""Flax Linen under jit."""

from functools import cache, partial
from typing import Any

import flax.linen as nn
import jax

from codegen.frameworks.linen import Linen
from codegen.plans.cell import CellPlan
from tests import subject
from tests.adapters import flax_cells
from tests.adapters.cells import Arrays, Run, Trace

layers = subject.module("linen")


class CellAdapter:
    """Modules are values, so that one compilation serves all examples of a shape."""

    name = "linen"

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
        module = getattr(layers, name)(units, param_dtype=dtype, **options)
        evaluate = _compiled(kind, module, run.reverse)
        return flax_cells.trace(plan, Linen(), evaluate, arrays, run, dtype)


@cache
def _compiled(kind: str, module: nn.Module, reverse: bool) -> flax_cells.Evaluate:
    def cell(arrays: Any, carry: Any, inputs: jax.Array) -> Any:
        return module.apply({"params": arrays}, carry, inputs)

    def layer(arrays: Any, carry: Any, inputs: jax.Array, lengths: jax.Array | None) -> Any:
        return module.apply(
            {"params": {"cell": arrays}},
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
