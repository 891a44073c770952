"""Values by definition, for tests that need to know what a layer should return."""

from collections.abc import Mapping

import numpy as np

from tests.geometry import Geometry
from tests.oracle import FLOAT64, Arithmetic, Oracle, conv_oracle, dense_oracle, output_sizes
from tests.properties.draw import ALL, GEOMETRIES

YAT = {name: layer for name, layer in ALL.items() if layer.neuron.name == "yat"}
"""Layers by which each framework's mechanism is tested: the code around the neuron is one."""


def oracle_values(
    layer: str,
    x: np.ndarray,
    arrays: Mapping[str, np.ndarray],
    geometry: Geometry | None = None,
    **constants: float,
) -> np.ndarray:
    """Output of a layer for inputs `x` and canonical arrays, in float64."""
    constants = {n: v for n, v in constants.items() if f"{n}_param" not in arrays}
    oracle = oracle_of(layer, x, arrays, FLOAT64, geometry, **constants)
    return oracle.output.value.astype(np.float64)


def oracle_of(
    layer: str,
    x: np.ndarray,
    arrays: Mapping[str, np.ndarray],
    arithmetic: Arithmetic,
    geometry: Geometry | None = None,
    **constants: float,
) -> Oracle:
    """Output with its bound; the upstream gradient is zero."""
    neuron = YAT[layer].neuron.spec
    upstream = np.zeros(output_shape(x, arrays["kernel"], geometry))
    if geometry is None:
        return dense_oracle(neuron, x, arrays, upstream, arithmetic, constants=constants)
    spec = GEOMETRIES[geometry.kind]
    return conv_oracle(neuron, spec, geometry, x, arrays, upstream, arithmetic, constants=constants)


def output_shape(x: np.ndarray, kernel: np.ndarray, geometry: Geometry | None) -> tuple[int, ...]:
    """Of a layer with this canonical kernel."""
    if geometry is None:
        return (len(x), len(kernel))
    sizes = output_sizes(GEOMETRIES[geometry.kind], geometry, x.shape[1:-1])
    return (len(x), *sizes, len(kernel))
