"""The float64 oracle: layers by definition, and how far any implementation may be from them."""

from tests.oracle.dense import Oracle, dense_oracle
from tests.oracle.judge import assert_within
from tests.oracle.pair import FLOAT32, FLOAT64, Arithmetic, Pair

__all__ = ["FLOAT32", "FLOAT64", "Arithmetic", "Oracle", "Pair", "assert_within", "dense_oracle"]
