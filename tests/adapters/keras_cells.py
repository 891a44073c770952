"""Keras, on the backend that KERAS_BACKEND names: cells in a loop, and the layers."""

from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

from codegen.frameworks.keras import Keras
from codegen.plans.cell import CellPlan
from tests import subject
from tests.adapters.cells import Arrays, Run, Trace, canonical, stored

layers = subject.module("keras")
Forward = Callable[..., list[Any]]
"""Outputs, batches first, and the final states, from a call of the cell or layer, the inputs and
the states."""


class CellAdapter:
    """Gradients by the backend's own means."""

    name = "keras"

    def __init__(self) -> None:
        self._gradients = {
            "tensorflow": _tensorflow_gradients,
            "jax": _jax_gradients,
            "torch": _torch_gradients,
        }[keras.backend.backend()]

    def cell(
        self, plan: CellPlan, arrays: Arrays, run: Run, dtype: str = "float32", **options: Any
    ) -> Trace:
        """The cell in a loop over steps."""
        options = _left_out(plan, arrays) | options
        cell = getattr(layers, plan.cell_name)(run.upstream.shape[-1], dtype=dtype, **options)
        cell.build((None, run.inputs.shape[-1]))

        def forward(call: Callable[..., Any], inputs: Any, states: list[Any]) -> list[Any]:
            outputs = []
            steps = range(inputs.shape[1])
            for step in reversed(steps) if run.reverse else steps:
                output, states = call(inputs[:, step], states)
                outputs.append(output)
            return [ops.stack(outputs[::-1] if run.reverse else outputs, axis=1), *states]

        return self._trace(plan, cell, cell, arrays, run, forward)

    def layer(
        self, plan: CellPlan, arrays: Arrays, run: Run, dtype: str = "float32", **options: Any
    ) -> Trace:
        """The layer. Lengths are a mask: from behind, a layer passes over what is masked first."""
        options = _left_out(plan, arrays) | options
        layer = getattr(layers, plan.name)(
            run.upstream.shape[-1],
            return_sequences=True,
            return_state=True,
            zero_output_for_mask=True,
            go_backwards=run.reverse,
            dtype=dtype,
            **options,
        )
        layer.build((None, *run.inputs.shape[::2]))

        def forward(call: Callable[..., Any], inputs: Any, states: list[Any]) -> list[Any]:
            mask = None
            if run.lengths is not None:
                mask = ops.convert_to_tensor(np.arange(inputs.shape[1]) < run.lengths[:, None])
            outputs, *final = call(inputs, initial_state=states, mask=mask)
            return [ops.flip(outputs, axis=1) if run.reverse else outputs, *final]

        return self._trace(plan, layer, layer.cell, arrays, run, forward)

    def _trace(
        self,
        plan: CellPlan,
        called: keras.Layer,
        cell: keras.Layer,
        arrays: Arrays,
        run: Run,
        forward: Forward,
    ) -> Trace:
        """What `forward` gives with these arrays, and the gradients of its weighted sum."""
        dtype = cell.variable_dtype
        for name, value in stored(plan, arrays, Keras()).items():
            getattr(cell, name).assign(ops.convert_to_tensor(value, dtype))

        def batch_first(array: np.ndarray) -> Any:
            return ops.convert_to_tensor(np.swapaxes(array, 0, 1), dtype)

        states = [ops.convert_to_tensor(run.states[name], dtype) for name in plan.states]
        upstream = [batch_first(run.upstream)]
        upstream += [ops.convert_to_tensor(run.upstream_states[n], dtype) for n in plan.states]
        results, gradients = self._gradients(
            called, forward, [batch_first(run.inputs), *states], upstream
        )
        grad_inputs, *rest = map(_numpy, gradients)
        grad_states, grad_weights = rest[: len(states)], rest[len(states) :]
        layouts = Keras().stored_cell_arrays(plan).values()
        names = {id(getattr(cell, layout.name)): layout.name for layout in layouts}
        weights = zip(called.weights, grad_weights, strict=True)
        found = {names[id(weight)]: gradient for weight, gradient in weights}
        outputs, *final = map(_numpy, results)
        return Trace(
            np.swapaxes(outputs, 0, 1),
            dict(zip(plan.states, final, strict=True)),
            {"inputs": np.swapaxes(grad_inputs, 0, 1)}
            | dict(zip(plan.states, grad_states, strict=True))
            | canonical(plan, found, Keras()),
        )


def _left_out(plan: CellPlan, arrays: Arrays) -> dict[str, Any]:
    """The flags of arrays that are not given."""
    optional = (p.name for p in plan.parameters if p.optional)
    return {f"use_{name}": False for name in optional if name not in arrays}


def _numpy(tensor: Any) -> np.ndarray:
    array: np.ndarray = ops.convert_to_numpy(tensor)
    return array


def _tensorflow_gradients(
    called: Any, forward: Forward, operands: Sequence[Any], upstream: Sequence[Any]
) -> tuple[list[Any], list[Any]]:
    import tensorflow as tf

    watched = [*operands, *(w.value for w in called.weights)]

    # As a graph, which is what a model trains as.
    @tf.function
    def gradients(inputs: Any, *states: Any) -> tuple[list[Any], list[Any]]:
        sources = [inputs, *states, *watched[len(operands) :]]
        with tf.GradientTape() as tape:
            tape.watch(sources)
            results = forward(called, inputs, list(states))
        zero = tf.UnconnectedGradients.ZERO
        return results, tape.gradient(results, sources, upstream, unconnected_gradients=zero)

    results, found = gradients(*operands)
    return results, found


def _jax_gradients(
    called: Any, forward: Forward, operands: Sequence[Any], upstream: Sequence[Any]
) -> tuple[list[Any], list[Any]]:
    import jax

    @jax.jit
    def function(values: list[Any], inputs: Any, *states: Any) -> list[Any]:
        def call(*arguments: Any, **keywords: Any) -> Any:
            return called.stateless_call(values, [], *arguments, **keywords)[0]

        return forward(call, inputs, list(states))

    results, pull = jax.vjp(function, [w.value for w in called.weights], *operands)
    weights, *rest = pull(list(upstream))
    return results, [*rest, *weights]


def _torch_gradients(
    called: Any, forward: Forward, operands: Sequence[Any], upstream: Sequence[Any]
) -> tuple[list[Any], list[Any]]:
    import torch

    operands = [operand.detach().requires_grad_() for operand in operands]
    inputs, *states = operands
    results = forward(called, inputs, states)
    sources = [*operands, *(w.value for w in called.weights)]
    found = torch.autograd.grad(results, sources, list(upstream), materialize_grads=True)
    return [result.detach() for result in results], list(found)
