"""TensorFlow, eager: cells in a loop, and the layers that repeat them."""

from collections.abc import Callable
from typing import Any

import numpy as np
import tensorflow as tf

from codegen.frameworks.tf import TF
from codegen.plans.cell import CellPlan
from tests import subject
from tests.adapters.cells import Arrays, Run, Trace, canonical, stored

layers = subject.module("tf")
Tensors = dict[str, tf.Tensor]
Outcome = tuple[tf.Tensor, Tensors]
"""Outputs, time first, and states by name."""


class CellAdapter:
    """Eager TensorFlow, gradients by a tape."""

    name = "tf"

    def cell(
        self, plan: CellPlan, arrays: Arrays, run: Run, dtype: str = "float32", **options: Any
    ) -> Trace:
        """The cell in a loop over steps."""
        cell = _made(plan, plan.cell_name, arrays, run, dtype, options)

        def forward(inputs: tf.Tensor, states: Tensors) -> Outcome:
            state, outputs = _state(plan, states), []
            steps = range(inputs.shape[0])
            for step in reversed(steps) if run.reverse else steps:
                output, state = cell(inputs[step], state)
                outputs.append(output)
            return tf.stack(outputs[::-1] if run.reverse else outputs), _by_name(plan, state)

        return _trace(plan, cell, arrays, run, forward)

    def layer(
        self, plan: CellPlan, arrays: Arrays, run: Run, dtype: str = "float32", **options: Any
    ) -> Trace:
        """The layer; batches come first, unless the options say otherwise."""
        layer = _made(plan, plan.name, arrays, run, dtype, {"reverse": run.reverse} | options)

        def forward(inputs: tf.Tensor, states: Tensors) -> Outcome:
            swapped = [1, 0, 2] if not layer.time_major else [0, 1, 2]
            outputs, state = layer(
                tf.transpose(inputs, swapped), _state(plan, states), sequence_length=run.lengths
            )
            return tf.transpose(outputs, swapped), _by_name(plan, state)

        return _trace(plan, layer.cell, arrays, run, forward)


def _made(
    plan: CellPlan, name: str, arrays: Arrays, run: Run, dtype: str, options: dict[str, Any]
) -> tf.Module:
    """A cell or layer that has these arrays."""
    flags = {f"use_{p.name}": p.name in arrays for p in plan.parameters if p.optional}
    units = run.upstream.shape[-1]
    made: tf.Module = getattr(layers, name)(units, dtype=tf.as_dtype(dtype), **flags | options)
    return made


def _trace(
    plan: CellPlan,
    cell: Any,
    arrays: Arrays,
    run: Run,
    forward: Callable[[tf.Tensor, Tensors], Outcome],
) -> Trace:
    """What `forward` gives with these arrays, and the gradients of its weighted sum."""
    cell.build(run.inputs.shape[-1])
    for name, value in stored(plan, arrays, TF()).items():
        getattr(cell, name).assign(tf.cast(value, cell.dtype))
    inputs = tf.cast(run.inputs, cell.dtype)
    states = {name: tf.cast(value, cell.dtype) for name, value in run.states.items()}
    names = {a.name: TF().stored_cell_arrays(plan)[a.name].name for a in plan.arrays}
    variables = {name: getattr(cell, name) for name in names.values()}
    variables = {name: v for name, v in variables.items() if v is not None}
    with tf.GradientTape() as tape:
        tape.watch([inputs, states])
        outputs, final = forward(inputs, states)
    upstream = [outputs, *(final[name] for name in run.upstream_states)]
    weights = [run.upstream, *run.upstream_states.values()]
    gradients = tape.gradient(
        upstream,
        {"inputs": inputs, "states": states, "variables": variables},
        [tf.cast(w, t.dtype) for w, t in zip(weights, upstream, strict=True)],
        unconnected_gradients=tf.UnconnectedGradients.ZERO,
    )
    found = canonical(plan, _arrays(gradients["variables"]), TF())
    return Trace(
        _array(outputs),
        _arrays(final),
        {"inputs": _array(gradients["inputs"])} | _arrays(gradients["states"]) | found,
    )


def _state(plan: CellPlan, states: Tensors) -> Any:
    """States as the cell takes them."""
    ordered = tuple(states[name] for name in plan.states)
    return ordered if len(ordered) > 1 else ordered[0]


def _by_name(plan: CellPlan, state: Any) -> Tensors:
    return dict(zip(plan.states, state if len(plan.states) > 1 else [state], strict=True))


def _arrays(tensors: Tensors) -> dict[str, np.ndarray]:
    return {name: _array(tensor) for name, tensor in tensors.items()}


def _array(tensor: tf.Tensor) -> np.ndarray:
    wide = tf.float64 if tensor.dtype == tf.float64 else tf.float32
    array: np.ndarray = tf.cast(tensor, wide).numpy()
    return array
