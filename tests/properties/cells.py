"""Draw runs of a cell, and hold what a framework makes of them to the oracle."""

from __future__ import annotations

import zlib
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache

import numpy as np

from codegen.plans.cell import CellPlan
from tests.adapters.cells import Run, Trace, cell_adapter
from tests.oracle import FLOAT32, FLOAT64, Arithmetic, assert_within
from tests.oracle.cell import Definition
from tests.oracle.pair import Pair
from tests.oracle.recurrent import CellOracle, cell_oracle, visited
from tests.subject import PACKAGE

Array = np.ndarray
CELLS = {plan.name: plan for plan in PACKAGE.cells}
ARITHMETIC: dict[str, Arithmetic] = {"float32": FLOAT32, "float64": FLOAT64}

Shape = tuple[int, int, int, int]
"""Steps, batch, inputs, units."""
