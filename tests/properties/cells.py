"""Draw runs of a cell, and hold what a framework makes of them to the oracle.

Shapes are few, since JAX compiles for each. Every parameter is random: a bias of zeros would hide
that it is missing. Sensitivities are moderate, so that bounds, which grow with the steps, stay far
below what a mistake does.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
import pytest

from codegen.plans.cell import CellPlan
from tests import subject
from tests.adapters import FRAMEWORKS
from tests.adapters.cells import Run, Trace, cell_adapter
from tests.oracle import FLOAT32, FLOAT64, assert_within
from tests.oracle.cell import Definition
from tests.oracle.pair import Pair
from tests.oracle.recurrent import CellOracle, cell_oracle, visited
from tests.subject import PACKAGE

Array = np.ndarray
CELLS = {plan.name: plan for plan in PACKAGE.cells}
ARITHMETIC = {"float32": FLOAT32, "float64": FLOAT64}
GARBAGE = {"float32": 1e15, "float64": 1e100}
"""Size of what stands beyond a sequence's length. Its square is representable."""


@dataclass(frozen=True)
class Case:
    """A cell, and what to run through it; the same fields always draw the same numbers."""

    name: str
    steps: int = 4
    batch: int = 3
    inputs: int = 2
    units: int = 3
    dtype: str = "float64"
    seed: int = 0
    lengths: tuple[int, ...] | None = None
    reverse: bool = False
    mirrored: bool = False
    """Whether the inputs, and what outputs are multiplied with, stand in reverse order."""
    without: frozenset[str] = frozenset()
    """Parameters that are left out."""
    signed: bool = False
    """Whether parameters are of either sign."""
    scale: float = 1.0
    """What parameters that the cell has one of are multiplied with."""

    @property
    def plan(self) -> CellPlan:
        return CELLS[self.name]

    @property
    def epsilon(self) -> float:
        """Large enough that a state on top of a kernel is not a mountain."""
        return 0.75

    @property
    def arrays(self) -> dict[str, Array]:
        """Every canonical array."""
        generator = np.random.default_rng([self.seed, 1])
        sizes = {"input": self.inputs, "state": self.units, "unit": self.units}
        found = {}
        for array in self.plan.arrays:
            gates = len(definition(self.name).gates(array.name))
            shape = tuple(gates if axis == "gate" else sizes[axis] for axis in array.axes)
            drawn = generator.normal(size=shape)
            if array.name in ("kernel", "recurrent_kernel"):
                drawn = 0.5 * drawn
            elif not self.signed:
                # Away from 0: the square of what is added to it shall not vanish.
                drawn = 0.5 + 0.5 * np.abs(drawn)
            if not array.axes:
                sign = (-1) ** self.seed if self.signed else 1
                drawn = sign * (0.5 + np.abs(drawn)) * self.scale
            if array.name not in self.without:
                found[array.name] = _representable(drawn)
        return found

    @property
    def run(self) -> Run:
        """Inputs, states and what the results are multiplied with."""
        generator = np.random.default_rng([self.seed, 2])

        def normal(*shape: int) -> Array:
            return _representable(generator.normal(size=shape))

        state = (self.batch, self.units)
        inputs, upstream = normal(self.steps, self.batch, self.inputs), normal(self.steps, *state)
        lengths = None if self.lengths is None else np.array(self.lengths)
        if self.mirrored:
            order, _ = visited(Run(inputs, {}, upstream, {}, lengths, reverse=True))
            rows = np.arange(self.batch)
            inputs, upstream = inputs[order, rows], upstream[order, rows]
        if lengths is not None:
            beyond = np.arange(self.steps)[:, None] >= lengths
            inputs[beyond] *= GARBAGE[self.dtype]
            upstream[beyond] = 0
        return Run(
            inputs,
            {name: normal(*state) for name in self.plan.states},
            upstream,
            {name: normal(*state) for name in self.plan.states},
            lengths,
            self.reverse,
        )


def of_many_steps(name: str, reverse: bool) -> Case:
    """So many that scans take several passes, of which some end in an odd step."""
    return Case(name, steps=37, batch=2, inputs=1, units=2, reverse=reverse)


def _representable(values: Array) -> Array:
    """Numbers that every arithmetic holds as they are."""
    return np.asarray(values, np.float32).astype(np.float64)


@cache
def definition(name: str) -> Definition:
    """What the oracle is told of a cell: nothing but specs."""
    plan = CELLS[name]
    functions = {role: function.spec for role, function in plan.functions.items()}
    return Definition(plan.spec, plan.neuron.spec, functions)


@cache
def expected(case: Case) -> CellOracle:
    """What must come out."""
    constants = {p.name: p.spec.value for p in case.plan.parameters if not p.trained}
    constants |= {"epsilon": case.epsilon} if "epsilon" in constants else {}
    return cell_oracle(
        definition(case.name), case.arrays, case.run, ARITHMETIC[case.dtype], constants
    )


@cache
def found(framework: str, kind: str, case: Case) -> Trace:
    """What comes out of the cell or the layer of a framework: `kind` is one of these two."""
    adapter = cell_adapter(framework)
    called = adapter.cell if kind == "cell" else adapter.layer
    options = {"epsilon": case.epsilon} if _has_epsilon(case.plan) else {}
    return called(case.plan, case.arrays, case.run, case.dtype, **options)


def _has_epsilon(plan: CellPlan) -> bool:
    return any(p.name == "epsilon" for p in plan.parameters)


@contextmanager
def by_other_means(framework: str) -> Iterator[None]:
    """Let code run that ordinary calls on this machine do not reach: in PyTorch what higher
    derivatives and transformations see, in Keras and Flax what accelerators run."""
    with pytest.MonkeyPatch.context() as patch:
        if framework == "torch":
            for module in ("_through_time", "_parallel", "_scan"):
                found_module = subject.module(f"torch.{module}")
                if hasattr(found_module, "closed_form_applies"):
                    patch.setattr(found_module, "closed_form_applies", lambda _: False)
        if framework == "keras":
            patch.setattr(subject.module("keras._numerics"), "is_on_cpu", lambda tensor: False)
        if framework in ("linen", "nnx"):
            lax = importlib.import_module("jax.lax")
            patch.setattr(lax, "platform_dependent", lambda *args, cpu, default: default(*args))
        yield


def named(trace: Trace) -> dict[str, Array]:
    """Everything in a trace, by the names of `CellOracle.pairs`."""
    states = {f"final {name}": array for name, array in trace.states.items()}
    gradients = {f"gradient of {name}": array for name, array in trace.gradients.items()}
    return {"outputs": trace.outputs, **states, **gradients}


def judge(framework: str, kind: str, case: Case, trace: Trace | None = None) -> None:
    """Assert that every number is within its bound."""
    actual, pairs = named(trace or found(framework, kind, case)), expected(case).pairs
    assert actual.keys() == pairs.keys(), f"{framework}: {sorted(actual.keys() ^ pairs.keys())}"
    for name, pair in pairs.items():
        what = "gradient" if name.startswith("gradient") else "value"
        assert_within(
            actual[name],
            pair,
            f"{framework}: {case.name} as a {kind}: {name}",
            f"{framework} {case.dtype} {kind} {what}" if framework in FRAMEWORKS else None,
        )


def assert_same(one: Trace, other: Trace, case: Case, what: str) -> None:
    """Two traces, each within the bounds of `case`, are within twice the bounds of each other."""
    first, second = named(one), named(other)
    for name, pair in expected(case).pairs.items():
        between = Pair(second[name].astype(np.longdouble), 2 * pair.bound, pair.arithmetic)
        assert_within(first[name], between, f"{case.name}, {what}: {name}")


def mirrored(trace: Trace, case: Case) -> Trace:
    """A trace whose outputs and gradients by inputs stand in reverse order."""
    order, _ = visited(replace(case.run, reverse=True))
    rows = np.arange(case.batch)
    gradients = {**trace.gradients, "inputs": trace.gradients["inputs"][order, rows]}
    return Trace(trace.outputs[order, rows], trace.states, gradients)
