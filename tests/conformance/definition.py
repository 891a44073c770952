"""Values by definition, for tests that need to know what a layer should return."""

from collections.abc import Mapping

import numpy as np

from tests.oracle import FLOAT64, dense_oracle
from tests.properties.draw import LAYERS


def oracle_values(
    layer: str, x: np.ndarray, arrays: Mapping[str, np.ndarray], **constants: float
) -> np.ndarray:
    """Output of a layer for rows `x` and canonical arrays, in float64."""
    upstream = np.zeros((len(x), len(arrays["kernel"])))
    neuron = LAYERS[layer].neuron.spec
    constants = {n: v for n, v in constants.items() if f"{n}_param" not in arrays}
    oracle = dense_oracle(neuron, x, arrays, upstream, FLOAT64, constants=constants)
    return oracle.output.value.astype(np.float64)
