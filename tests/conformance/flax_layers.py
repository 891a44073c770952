"""The layers that the tests of Linen and NNX share: arguments beside the sizes, and an input."""

import itertools
from dataclasses import dataclass, field
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

CHANNELS, UNITS = 5, 3


@dataclass(frozen=True)
class Subject:
    """A layer under test. Windows of a convolution overlap, and some see padding."""

    name: str
    sizes: tuple[int, ...] = ()
    windows: dict[str, Any] = field(default_factory=dict)

    @property
    def x(self) -> jax.Array:
        """Four samples."""
        shape = (4, *self.sizes, CHANNELS)
        return jnp.asarray(np.random.default_rng(0).normal(size=shape), jnp.float32)

    @property
    def kernel_shape(self) -> tuple[int, ...]:
        return (*[3 for _ in self.sizes], CHANNELS, UNITS)


SUBJECTS = (
    Subject("YatNMN"),
    Subject("YatConv", (4,), {"kernel_size": 3, "strides": 2}),
    Subject("YatConvTranspose", (3,), {"kernel_size": (3,), "strides": (2,)}),
)

OPTIONS: list[dict[str, Any]] = [
    {},
    {"use_bias": False, "use_alpha": False},
    {"scalar_bias": True, "softplus_bias": True, "learnable_epsilon": True},
    {"constant_bias": 0.5, "constant_alpha": True},
    {"spherical": True},
    {"weight_normalized": True, "freeze_kernel": True},
]

CASES = list(itertools.product(SUBJECTS, OPTIONS))
NAMES = [f"{subject.name}-{','.join(options) or 'default'}" for subject, options in CASES]


def square(hessian: jax.Array) -> jax.Array:
    """Second derivatives as a matrix."""
    return hessian.reshape(int(hessian.size**0.5), -1)
