"""`python -m tests.mutation FRAMEWORK`: plant each mutant, print which ones the properties miss.

Runs in a process of its own, since every mutant is a package `nmn` of its own.
"""

import importlib
import json
import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("JAX_ENABLE_X64", "1")

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from codegen.frameworks import FRAMEWORKS
from codegen.render.package import render_package
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
    subject, plant = (
        (FUNCTIONS, planted_in_functions) if KIND in mutant.kinds else (SUBJECT, planted)
    )
    with wrong_derivatives(module, mutant):
        files = edited(render_package(plant(subject, mutant), (chosen,)), mutant)
    if mutant != Mutant("none", kinds=mutant.kinds):
        # One that is planted nowhere would be found for nothing, or never.
        assert files != render_package(subject, (chosen,)), f"{mutant.name} changes nothing"
    for path, text in files.items():
        compile(text, path, "exec")  # A mutant that is no program would be found for nothing.
    with tempfile.TemporaryDirectory() as folder:
        for path, text in files.items():
            target = Path(folder, "nmn", path)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, encoding="utf-8")
        sys.path.insert(0, folder)
        try:
            _forget("nmn", f"tests.adapters.{framework}")
            importlib.invalidate_caches()
            importlib.import_module(f"tests.adapters.{framework}")
            return _properties_hold(framework, mutant.kinds, every)
        finally:
            sys.path.remove(folder)
            _forget("nmn", f"tests.adapters.{framework}")


def _properties_hold(framework: str, kinds: tuple[str, ...], every: int) -> bool:
    def check(case: Case) -> None:
        judge(framework, case, evaluate(framework, case), case.oracle())

    try:
        if KIND in kinds:
            check_functions(framework, FUNCTIONS)
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
        if {"dense", KIND} & set(kinds):
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
    framework = sys.argv[1]
    for kind in sorted({layer.kind for layer in LAYERS.values()} | {KIND}):
        plain = Mutant("none", kinds=(kind,))
        # At every place the suite itself says so; here, that mutants are not found for nothing.
        assert survives(framework, plain, every=8), "the package without a mutant must pass"
    found: dict[str, list[str]] = {"caught": [], "survived": []}
    closed_form = framework in ("torch", "tf")
    for mutant in mutants(closed_form) + window_mutants(framework) + FUNCTION_MUTANTS:
        found["survived" if survives(framework, mutant) else "caught"].append(mutant.name)
    print(json.dumps(found))


if __name__ == "__main__":
    main()
