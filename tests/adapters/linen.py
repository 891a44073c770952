"""Flax Linen under jit."""

from functools import cache
from typing import Any

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np

from tests import subject
from tests.adapters import Arrays, flax
from tests.geometry import Geometry

layers = subject.module("linen")
weights = subject.module("weights")

LARGE = 64
"""Positions along an axis, enough for any window. Nothing is computed of them."""


class Adapter:
    """Layers are values, so that one compilation serves all examples of a shape."""

    name = "linen"

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
    ) -> tuple[nn.Module, Any]:
        """The layer, and variables of its shapes made without running an initialiser."""
        sizes: tuple[int, ...] = ()
        if geometry is not None:
            options |= flax.window_options(geometry)
            sizes = (LARGE,) * geometry.rank
        layer = getattr(layers, name)(units, param_dtype=jnp.dtype(dtype), **options)
        x = jax.ShapeDtypeStruct((1, *sizes, inputs), dtype)
        keys = {"params": jax.random.key(0), "dropout": jax.random.key(0)}
        shapes = jax.eval_shape(lambda x: layer.init(keys, x, deterministic=True), x)
        return layer, jax.tree.map(lambda s: np.zeros(s.shape, s.dtype), shapes)

    def evaluate(
        self,
        layer: Any,
        arrays: Arrays,
        x: np.ndarray,
        upstream: np.ndarray,
        training: bool = False,
    ) -> tuple[np.ndarray, Arrays]:
        """Gradients of all collections, frozen ones included."""
        module, variables = layer
        variables = weights.load_canonical(module, arrays, variables)
        dtype = jax.tree.leaves(variables)[0].dtype
        output, grad_x, gradients = _gradients(module)(
            variables, jnp.asarray(x, dtype), jnp.asarray(upstream, dtype)
        )
        return _numpy(output), {"x": _numpy(grad_x)} | weights.to_canonical(module, gradients)


@cache
def _gradients(module: nn.Module) -> Any:
    @jax.jit
    def evaluate(variables: Any, x: jax.Array, upstream: jax.Array) -> tuple:
        def function(variables: Any, x: jax.Array) -> jax.Array:
            return module.apply(variables, x, deterministic=True)

        output, pull = jax.vjp(function, variables, x)
        gradients, grad_x = pull(upstream.astype(output.dtype))
        return output, grad_x, gradients

    return evaluate


def _numpy(array: jax.Array) -> np.ndarray:
    return np.asarray(array, jnp.promote_types(array.dtype, jnp.float32))
