"""Recurrent layers and cells of Linen and NNX alike: as functions of their parameters."""

from collections.abc import Callable
from functools import partial
from typing import Any

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx

import nmn.linen
import nmn.nnx

NAMES = ["YatRNN", "YatGRU", "YatSumGRU", "YatLSTM", "YatMinGRU", "YatMinLSTM"]
BATCH, TIME, INPUTS, UNITS = 3, 4, 3, 2
LENGTHS = (4, 2, 1)
KEY = jax.random.key(0)
Apply = Callable[..., Any]

_STATIC = ("return_carry", "time_major", "reverse", "keep_order")


def make(framework: str, name: str, **options: Any) -> Any:
    """A layer or cell."""
    if framework == "linen":
        return getattr(nmn.linen, name)(UNITS, **options)
    return getattr(nmn.nnx, name)(INPUTS, UNITS, rngs=nnx.Rngs(0), **options)


def wide(framework: str, name: str, **options: Any) -> Any:
    """One in float64."""
    return make(framework, name, **{"param_dtype": jnp.float64, "epsilon": 0.1} | options)


def repeated(framework: str, cell: Any) -> Any:
    """The framework's own layer."""
    return nn.RNN(cell) if framework == "linen" else nnx.RNN(cell)


def function(module: Any, x: jax.Array | None = None) -> tuple[Apply, Any]:
    """What a module computes as a function of its parameters, compiled, and random parameters."""
    if isinstance(module, nn.Module):
        x = sequences() if x is None else x
        parameters = jax.eval_shape(partial(module.init, KEY), x)["params"]

        def apply(parameters: Any, *args: Any, **options: Any) -> Any:
            return module.apply({"params": parameters}, *args, **options)
    else:
        graph, parameters, rest = nnx.split(module, nnx.Param, ...)

        def apply(parameters: Any, *args: Any, **options: Any) -> Any:
            return nnx.merge(graph, parameters, rest, copy=True)(*args, **options)

    generator = np.random.default_rng(1)
    return jax.jit(apply, static_argnames=_STATIC), jax.tree.map(
        lambda p: jnp.asarray(0.8 + 0.3 * generator.normal(size=p.shape), p.dtype), parameters
    )


def initial(cell: Any) -> dict[str, jax.Array]:
    """The arrays of a new cell."""
    if isinstance(cell, nn.Module):
        x = jnp.zeros((1, INPUTS), cell.param_dtype)
        found: dict[str, jax.Array] = cell.init(KEY, cell.initialize_carry(KEY, x.shape), x)
        return found["params"]
    return {path[-1]: v[...] for path, v in nnx.to_flat_state(nnx.state(cell, nnx.Param))}


def sequences(*shape: int, seed: int = 2) -> jax.Array:
    """Inputs, batch first."""
    size = shape or (BATCH, TIME, INPUTS)
    return jnp.asarray(np.random.default_rng(seed).normal(size=size))


def real(outputs: jax.Array) -> jax.Array:
    """Zeros beyond each sequence's length."""
    steps = jnp.arange(outputs.shape[1])
    return jnp.where((steps < jnp.array(LENGTHS)[:, None])[..., None], outputs, 0)


def total(results: Any) -> jax.Array:
    """A sum that depends on every number."""
    return sum(jnp.sin(r).sum() for r in jax.tree.leaves(results))


def assert_close(found: Any, expected: Any, rtol: float = 1e-12) -> None:
    """Every number of two trees."""
    assert jax.tree.structure(found) == jax.tree.structure(expected)
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol, 1e-13), found, expected)
