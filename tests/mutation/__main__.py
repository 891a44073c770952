"""`python -m tests.mutation FRAMEWORK`: plant each mutant, print which ones the properties miss.

Runs in a process of its own, since every mutant is a package `nmn` of its own.
"""

import importlib
import json
import os
import sys
import tempfile
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("JAX_ENABLE_X64", "1")

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from codegen.frameworks import FRAMEWORKS
from codegen.render.package import render_package
from tests.mutation.mutants import Mutant, edited, mutants, planted, wrong_derivatives
from tests.properties.draw import LAYERS, PACKAGE, cases, on_top_of_the_kernel
from tests.properties.judge import evaluate, judge

EXAMPLES = 60


def survives(framework: str, mutant: Mutant | None) -> bool:
    """Whether every property holds for the package with the mutant in it."""
    chosen = next(f for f in FRAMEWORKS if f.name == framework)
    module = sys.modules[type(chosen).__module__]
    mutant = mutant or Mutant("none")
    with wrong_derivatives(module, mutant):
        files = edited(render_package(planted(PACKAGE, mutant), (chosen,)), mutant)
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
            return _properties_hold(framework)
        finally:
            sys.path.remove(folder)
            _forget("nmn", f"tests.adapters.{framework}")


def _properties_hold(framework: str) -> bool:
    @settings(
        max_examples=EXAMPLES,
        derandomize=True,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(data=st.data(), layer=st.sampled_from(list(LAYERS)))
    def check(data: st.DataObject, layer: str) -> None:
        case = data.draw(cases(LAYERS[layer]))
        judge(framework, case, evaluate(framework, case), case.oracle())

    try:
        check()
        for seed in range(10):
            for layer in LAYERS.values():
                case = on_top_of_the_kernel(layer, seed)
                judge(framework, case, evaluate(framework, case), case.oracle())
    except AssertionError:
        return False
    return True


def _forget(*packages: str) -> None:
    for name in list(sys.modules):
        if any(name == p or name.startswith(f"{p}.") for p in packages):
            del sys.modules[name]


def main() -> None:
    """Print, as JSON, the mutants caught and the mutants that survived."""
    framework = sys.argv[1]
    assert survives(framework, None), "the package without a mutant must pass"
    found: dict[str, list[str]] = {"caught": [], "survived": []}
    for mutant in mutants(closed_form=framework in ("torch", "tf")):
        found["survived" if survives(framework, mutant) else "caught"].append(mutant.name)
    print(json.dumps(found))


if __name__ == "__main__":
    main()
