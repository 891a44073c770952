"""Flax NNX under jit."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx

from tests import subject
from tests.adapters import Arrays, flax
from tests.geometry import Geometry

layers = subject.module("nnx")
weights = subject.module("weights")

_compiled: dict[Any, Any] = {}


class Adapter:
    """One compilation per set of options; weights are put in without running initialisers."""

    name = "nnx"

    def supports(self, geometry: Geometry) -> bool:
        """As Flax's own layers do."""
        return flax.supports(geometry)

    def layer(
        self,
        name: str,
        inputs: int,
        units: int,
        dtype: str = "float32",
        geometry: Geometry | None = None,
        **options: Any,
    ) -> tuple[Any, nnx.Module]:
        """The layer, with a key by which its compilation is found again."""
        cls = getattr(layers, name)
        key = (name, dtype, geometry, tuple(sorted(options.items())))
        if geometry is not None:
            options |= flax.window_options(geometry)

        def make() -> nnx.Module:
            rngs = nnx.Rngs(0)
            return cls(inputs, units, param_dtype=jnp.dtype(dtype), rngs=rngs, **options)

        graph, shapes = nnx.split(nnx.eval_shape(make))
        zeros = jax.tree.map(lambda s: jnp.zeros(s.shape, s.dtype), shapes)
        return key, nnx.merge(graph, zeros)

    def evaluate(
        self,
        layer: Any,
        arrays: Arrays,
        x: np.ndarray,
        upstream: np.ndarray,
        training: bool = False,
    ) -> tuple[np.ndarray, Arrays]:
        """Gradients of all variables, frozen ones included."""
        key, module = layer
        weights.load_canonical(module, arrays)
        module.eval()
        graph, state = nnx.split(module)
        if key not in _compiled:
            _compiled[key] = jax.jit(_evaluate, static_argnums=0)
        dtype = module.param_dtype
        output, grad_x, gradients = _compiled[key](
            graph, state, jnp.asarray(x, dtype), jnp.asarray(upstream, dtype)
        )
        nnx.update(module, gradients)
        return _numpy(output), {"x": _numpy(grad_x)} | weights.to_canonical(module)


def _evaluate(graph: Any, state: nnx.State, x: jax.Array, upstream: jax.Array) -> tuple:
    def function(state: nnx.State, x: jax.Array) -> jax.Array:
        return nnx.merge(graph, state)(x)

    output, pull = jax.vjp(function, state, x)
    gradients, grad_x = pull(upstream.astype(output.dtype))
    return output, grad_x, gradients


def _numpy(array: jax.Array) -> np.ndarray:
    return np.asarray(array, jnp.promote_types(array.dtype, jnp.float32))
