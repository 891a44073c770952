"""`python -m tests.mutation FRAMEWORK PART`: plant each mutant, print those the properties miss.

Runs in a process of its own, since every mutant is a package `nmn` of its own.
"""

import importlib
import json
import os
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("JAX_ENABLE_X64", "1")
# Programs of mutants run a few times: to optimise them takes longer.
os.environ.setdefault("XLA_FLAGS", "--xla_backend_optimization_level=0")

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from codegen.frameworks import FRAMEWORKS
from codegen.render.package import render_package
from tests.mutation.cells import (
    CELL,
    CellMutant,
    cell_mutants,
    check_cell,
    only_cell,
    planted_in_cells,
)
from tests.mutation.functions import (
    FUNCTION_MUTANTS,
    KIND,
    check_functions,
    only_functions,
    planted_in_functions,
)
from tests.mutation.mutants import Mutant, edited, mutants, only, planted, wrong_derivatives
from tests.mutation.windows import window_mutants
from tests.properties.draw import ALL, Case, cases, on_top_of_the_kernel
from tests.properties.examples import at_examples, known
from tests.properties.judge import evaluate, judge
from tests.subject import PACKAGE

EXAMPLES = 60
NONE = "none"
"""The name of a mutant that changes nothing."""
SHARED = ("flax", "flax_cells")
"""Modules that several adapters import from."""
NEURON = "yat"
"""Whose formulas, derivatives and layers the mistakes are made in."""
SUBJECT = only(PACKAGE, NEURON)
FUNCTIONS = only_functions(PACKAGE)
LAYERS = {name: layer for name, layer in ALL.items() if layer.neuron.name == NEURON}
DENSE = {name: layer for name, layer in LAYERS.items() if layer.kind == "dense"}


def survives(framework: str, mutant: Mutant, every: int = 1) -> bool:
    """Whether every property holds for the package with the mutant in it.

    Convolutions are tried at `every` so many places.
    """
    chosen = next(f for f in FRAMEWORKS if f.name == framework)
    module = sys.modules[type(chosen).__module__]
    subject, plant = SUBJECT, planted
    if KIND in mutant.kinds:
        subject, plant = FUNCTIONS, planted_in_functions
    if isinstance(mutant, CellMutant):
        subject, plant = only_cell(PACKAGE, mutant.cell), planted_in_cells
    # Keras' cells use closed forms of TensorFlow's package.
    rendered = tuple(f for f in FRAMEWORKS if f is chosen or (framework, f.name) == ("keras", "tf"))
    with wrong_derivatives(module, mutant):
        files = edited(render_package(plant(subject, mutant), rendered), mutant)
    if mutant.name != NONE:
        # One that is planted nowhere would be found for nothing, or never.
        assert files != render_package(subject, rendered), f"{mutant.name} changes nothing"
    for path, text in files.items():
        compile(text, path, "exec")  # A mutant that is no program would be found for nothing.
    adapters = [f"tests.adapters.{name}" for name in (framework, f"{framework}_cells", *SHARED)]
    with tempfile.TemporaryDirectory() as folder:
        for path, text in files.items():
            target = Path(folder, "nmn", path)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, encoding="utf-8")
        sys.path.insert(0, folder)
        try:
            _forget("nmn", *adapters)
            importlib.invalidate_caches()
            importlib.import_module(f"tests.adapters.{framework}")
            return _properties_hold(framework, mutant, every)
        finally:
            sys.path.remove(folder)
            _forget("nmn", *adapters)


def _properties_hold(framework: str, mutant: Mutant, every: int) -> bool:
    kinds = mutant.kinds

    def check(case: Case) -> None:
        judge(framework, case, evaluate(framework, case), case.oracle())

    try:
        if KIND in kinds:
            check_functions(framework, FUNCTIONS)
        if isinstance(mutant, CellMutant):
            check_cell(framework, mutant.cell)
        if "dense" in kinds:
            _check_dense(check)
        spots = [
            (name, place)
            for name, layer in LAYERS.items()
            if layer.kind in kinds and layer.kind != "dense"
            for place in known(framework, name)
        ]
        # The last have most axes, and most to get wrong.
        for spot in spots[::-every]:
            at_examples(spot, check, shrink=False)
    except AssertionError:
        return False
    except Exception:
        # A mistake may also end in operands that do not fit, but only where there are windows.
        if {"dense", KIND, CELL} & set(kinds):
            raise
        return False
    return True


def _check_dense(check: Callable[[Case], None]) -> None:
    @settings(
        max_examples=EXAMPLES,
        derandomize=True,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(data=st.data(), layer=st.sampled_from(list(DENSE)))
    def run(data: st.DataObject, layer: str) -> None:
        check(data.draw(cases(DENSE[layer])))

    run()
    for seed in range(10):
        for layer in DENSE.values():
            check(on_top_of_the_kernel(layer, seed))


def _forget(*packages: str) -> None:
    for name in list(sys.modules):
        if any(name == p or name.startswith(f"{p}.") for p in packages):
            del sys.modules[name]


def main() -> None:
    """Print, as JSON, the mutants caught and the mutants that survived."""
    framework, part = sys.argv[1:]
    plain, planted_ones = PARTS[part](framework)
    for mutant in plain:
        # At every place the suite itself says so; here, that mutants are not found for nothing.
        assert survives(framework, mutant, every=8), f"{mutant} must pass"
    found: dict[str, list[str]] = {"caught": [], "survived": []}
    for mutant in planted_ones:
        found["survived" if survives(framework, mutant) else "caught"].append(mutant.name)
    print(json.dumps(found))


def _of_layers(framework: str) -> tuple[Sequence[Mutant], Sequence[Mutant]]:
    """What changes nothing, and the mistakes in layers and functions."""
    kinds = sorted({layer.kind for layer in LAYERS.values()} | {KIND})
    closed_form = framework in ("torch", "tf")
    mistakes = mutants(closed_form) + window_mutants(framework) + FUNCTION_MUTANTS
    return [Mutant(NONE, kinds=(kind,)) for kind in kinds], mistakes


def _of_cells(framework: str) -> tuple[Sequence[Mutant], Sequence[Mutant]]:
    """The same of cells, of which one stands for all that change nothing: a package that lacked
    something would raise other errors than those of bounds, which nobody catches."""
    return [CellMutant(NONE)], cell_mutants(framework)


PARTS = {"layers": _of_layers, "cells": _of_cells}


if __name__ == "__main__":
    main()
