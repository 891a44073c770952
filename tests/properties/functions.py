"""A function of arrays at a drawn place, held to the oracle."""

import numpy as np

from codegen.spec.function_models import FunctionSpec
from tests.adapters.functions import axis_argument, evaluate
from tests.oracle.function import function_oracle
from tests.oracle.judge import assert_within
from tests.oracle.pair import FLOAT32, FLOAT64

ARITHMETIC = {"float32": FLOAT32, "float64": FLOAT64}
SHAPE = (3, 5)
Array = np.ndarray


def draw_x(generator: np.random.Generator, dtype: str, largest: float = 8.0) -> Array:
    """Numbers of all sizes, zeros and negative ones among them."""
    x = 10.0 ** generator.uniform(-largest, largest, SHAPE)
    x[generator.random(SHAPE) < 0.1] = 0.0
    x[generator.random(SHAPE) < 0.1] *= -1.0
    return x.astype(dtype).astype(np.float64)


def judge_function(
    framework: str, spec: FunctionSpec, dtype: str, seed: int, settled: dict[str, float], axis: int
) -> None:
    """Assert that value and gradient are within the bounds; `settled` are its numbers."""
    generator = np.random.default_rng(seed)
    x = draw_x(generator, dtype)
    upstream = generator.normal(size=SHAPE).astype(dtype).astype(np.float64)
    along = {} if spec.axis is None else {axis_argument(framework): axis}
    found = evaluate(framework, spec.function, x, upstream, dtype, **settled, **along)
    expected = function_oracle(spec, x, upstream, settled, ARITHMETIC[dtype], axis)
    for what, actual, pair in zip(("value", "gradient"), found, expected, strict=True):
        assert_within(actual, pair, f"{framework}: {what}", f"{framework} {dtype} {what}")
