"""The arrays that a framework gives a new cell."""

import importlib
from typing import Any

import numpy as np

from codegen.frameworks import FRAMEWORKS
from codegen.plans.cell import CellPlan
from tests import subject
from tests.adapters.cells import Array, canonical


def initial_arrays(
    framework: str, plan: CellPlan, inputs: int, units: int, seed: int
) -> dict[str, Array]:
    """Canonical arrays of a cell of that size, in float32."""
    chosen = next(f for f in FRAMEWORKS if f.name == framework)
    made = _MADE[framework](plan.cell_name, inputs, units, seed)
    names = {layout.name for layout in chosen.stored_cell_arrays(plan).values()}
    arrays = {name: np.asarray(made[name], np.float64) for name in names}
    return canonical(plan, arrays, chosen)


def _torch(name: str, inputs: int, units: int, seed: int) -> dict[str, Any]:
    torch = importlib.import_module("torch")
    torch.manual_seed(seed)
    cell = getattr(subject.module("torch"), name)(inputs, units)
    return {key: value.detach().numpy() for key, value in cell.named_parameters()}


def _tf(name: str, inputs: int, units: int, seed: int) -> dict[str, Any]:
    importlib.import_module("tensorflow").random.set_seed(seed)
    cell = getattr(subject.module("tf"), name)(units)
    cell.build(inputs)
    return {key: getattr(cell, key) for key in vars(cell) if hasattr(getattr(cell, key), "numpy")}


def _keras(name: str, inputs: int, units: int, seed: int) -> dict[str, Any]:
    keras = importlib.import_module("keras")
    keras.utils.set_random_seed(seed)
    cell = getattr(subject.module("keras"), name)(units)
    cell.build((None, inputs))
    return {weight.name: keras.ops.convert_to_numpy(weight) for weight in cell.weights}


def _linen(name: str, inputs: int, units: int, seed: int) -> dict[str, Any]:
    jax = importlib.import_module("jax")
    cell = getattr(subject.module("linen"), name)(units)
    x = jax.numpy.ones((1, inputs))
    carry = cell.initialize_carry(jax.random.key(0), x.shape)
    found: dict[str, Any] = jax.jit(cell.init)(jax.random.key(seed), carry, x)["params"]
    return found


def _nnx(name: str, inputs: int, units: int, seed: int) -> dict[str, Any]:
    nnx = importlib.import_module("flax.nnx")
    cell = getattr(subject.module("nnx"), name)(inputs, units, rngs=nnx.Rngs(seed))
    found: dict[str, Any] = nnx.to_pure_dict(nnx.state(cell, nnx.Param))
    return found


_MADE = {"torch": _torch, "tf": _tf, "keras": _keras, "linen": _linen, "nnx": _nnx}
