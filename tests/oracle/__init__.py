"""The float64 oracle: layers by definition, and how far any implementation may be from them."""

from tests.oracle.convolution import conv_oracle, output_sizes, patches_of
from tests.oracle.dense import Oracle, dense_oracle
from tests.oracle.judge import assert_within
from tests.oracle.pair import FLOAT32, FLOAT64, Arithmetic, Pair
from tests.oracle.windows import surrounded

__all__ = [
    "FLOAT32",
    "FLOAT64",
    "Arithmetic",
    "Oracle",
    "Pair",
    "assert_within",
    "conv_oracle",
    "dense_oracle",
    "output_sizes",
    "patches_of",
    "surrounded",
]
