"""Settings of the test process, and the report of errors over bounds."""

import itertools
import json
import os
import sys
from pathlib import Path

# Read by the frameworks when they are imported, which happens after this.
os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("JAX_ENABLE_X64", "1")
os.environ.setdefault("JAX_PLATFORMS", "cpu")
os.environ.setdefault("OMP_NUM_THREADS", "1")

import pytest
from hypothesis import HealthCheck, settings

from tests import report

settings.register_profile(
    "default",
    deadline=None,
    derandomize=True,
    max_examples=30,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    print_blob=True,
)
settings.register_profile("brief", settings.get_profile("default"), max_examples=10)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))


_finished = itertools.count(1)


def pytest_runtest_teardown() -> None:
    """Let compiled programs go now and then: each is mapped into memory, and Linux maps so many."""
    if next(_finished) % 200 == 0 and "jax" in sys.modules:
        sys.modules["jax"].clear_caches()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out tests of what the specs have none of; pytest would report each as skipped."""
    empty = {item for item in items if any(map(_for_nothing, item.iter_markers("skip")))}
    if empty:
        config.hook.pytest_deselected(items=list(empty))
        items[:] = [item for item in items if item not in empty]


def _for_nothing(mark: pytest.Mark) -> bool:
    return str(mark.kwargs.get("reason")).startswith("got empty parameter set")


def pytest_sessionfinish(session: pytest.Session) -> None:
    """A worker of pytest-xdist hands its report to the controller."""
    output = getattr(session.config, "workeroutput", None)
    if output is not None:
        output["report"] = report.collected()


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: object) -> None:
    """The controller collects what its workers measured."""
    report.merge(getattr(node, "workeroutput", {}).get("report", {}))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the largest error over its bound, per framework."""
    found = report.collected()
    if found["ratios"]:
        terminalreporter.section("largest error over its derived bound")
        for name, ratio in sorted(found["ratios"].items()):
            terminalreporter.write_line(f"{name:32} {ratio:.3f}")
    if found["mutants"]:
        terminalreporter.section("mutants caught")
        for name, count in sorted(found["mutants"].items()):
            terminalreporter.write_line(f"{name:32} {count}")
    if "NMN_REPORT" in os.environ:
        Path(os.environ["NMN_REPORT"]).write_text(json.dumps(found))
