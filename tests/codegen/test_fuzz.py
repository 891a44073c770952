"""Whatever a spec says, loading it ends in good specs or in errors at their places.

Nothing of a spec is ever run, and nothing that is loaded keeps computer algebra busy for long.
"""

import re
import signal
import sys
import tempfile
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from codegen.math.latex import response_latex
from codegen.math.neuron import NeuronMath
from codegen.math.residual import differentiate
from codegen.plans.package import plan_package
from codegen.plans.start import cell_start
from codegen.plans.start_check import check_starts
from codegen.spec import SpecError, SpecErrors, Specs, load_specs
from tests.codegen.edits import HOSTILE, LARGE, SOURCES, VALUES, Edited, edited, with_formula

#: Seconds of this process, whatever others do, after which a single case counts as endless.
PATIENCE = 10

#: What the interpreter would report if a loader ran something, or changed anything on the disk.
FORBIDDEN = re.compile(r"exec|import|(os|shutil|subprocess|socket|ctypes|pty)\.\w+")
HARMLESS = ("os.scandir", "os.listdir")


class Watch:
    """Sees what the interpreter does while it looks. Hooks stay for good, so there is one."""

    def __init__(self) -> None:
        self.looks = False
        self.seen: list[str] = []
        sys.addaudithook(self.hook)

    def hook(self, event: str, arguments: tuple[object, ...]) -> None:
        if not self.looks or event in HARMLESS:
            return
        writes = event == "open" and not set("wax+").isdisjoint(str(arguments[1]))
        if writes or FORBIDDEN.fullmatch(event):
            self.seen.append(f"{event} {arguments[:1]!r}")

    @contextmanager
    def looking(self) -> Iterator[None]:
        self.looks, self.seen = True, []
        try:
            yield
        finally:
            self.looks = False
        assert not self.seen


@contextmanager
def patience() -> Iterator[None]:
    """Turns an endless loop into a failure."""

    def give_up(*_: object) -> None:
        raise AssertionError(f"still busy after {PATIENCE} seconds")

    before = signal.signal(signal.SIGVTALRM, give_up)
    signal.setitimer(signal.ITIMER_VIRTUAL, PATIENCE)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


LAYERS = """
layers:
- name: Single
  neuron: {neuron}
  geometry: {{kind: {kind}{ranks}}}
  kernel: {{init: orthogonal}}
"""


def needed(path: str) -> dict[str, str]:
    """The other files without which the folder would be wrong, and no more: they cost time."""
    folder, name = path.removesuffix(".yaml").split("/")
    match folder:
        case "neurons":
            return {"layers/single.yaml": LAYERS.format(neuron=name, kind="dense", ranks="")}
        case "geometries":
            layers = LAYERS.format(neuron="yat", kind=name, ranks=", ranks: [1]")
            return {"layers/single.yaml": layers, "neurons/yat.yaml": SOURCES["neurons/yat.yaml"]}
        case "functions":
            return {}
        case "cells":
            others = (
                "neurons/yat.yaml",
                "functions/softer_sigmoid.yaml",
                "functions/soft_tanh.yaml",
            )
            return {other: SOURCES[other] for other in others}
    used = {f"neurons/{layer['neuron']}.yaml" for layer in VALUES[path]["layers"]}
    used |= {f"geometries/{layer['geometry']['kind']}.yaml" for layer in VALUES[path]["layers"]}
    return {other: SOURCES[other] for other in used & SOURCES.keys()}


def write(case: Edited, root: Path) -> None:
    for name, text in {**needed(case.path), case.path: case.text}.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(text.encode())


@pytest.fixture(scope="module")
def watch() -> Watch:
    load_specs(Path(__file__).parents[2] / "spec")
    return Watch()


@pytest.mark.parametrize("path", SOURCES)
def test_without_an_edit_the_specs_are_good(path: str, watch: Watch) -> None:
    assert check(Edited(path, SOURCES[path]), watch)


@settings(
    max_examples=2000,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(case=edited())
def test_an_edited_spec_ends_in_good_specs_or_in_errors_at_their_places(
    case: Edited, watch: Watch
) -> None:
    check(case, watch)


@pytest.mark.parametrize("formula", HOSTILE + LARGE)
def test_a_hostile_formula_is_refused_or_harmless(formula: str, watch: Watch) -> None:
    response = f"alpha * alignment * alignment / (epsilon + sq_dist) + ({formula})"
    check(with_formula("neurons/yat.yaml", response), watch)


def check(case: Edited, watch: Watch) -> bool:
    """Whether the specs are good; whatever they are, they are it properly."""
    with tempfile.TemporaryDirectory() as folder, patience():
        root = Path(folder) / "spec"
        write(case, root)
        errors: tuple[SpecError, ...] = ()
        with watch.looking():
            try:
                specs = load_specs(root)
            except SpecErrors as caught:
                errors = caught.errors
                assert errors
        if not errors:
            for spec in specs.neurons.values():
                check_mathematics(NeuronMath(spec))
            errors = check_plans(specs)
        for error in errors:
            check_error(error, root)
        return not errors


def check_plans(specs: Specs) -> tuple[SpecError, ...]:
    """What is derived from good functions and cells comes to an end, or is an error of the spec."""
    plan = plan_package(specs)
    for function in plan.functions:
        assert "result" in function.math.formulas
        assert function.math.program.operations
    for cell in plan.cells:
        assert {step.name for step in cell.steps} >= {*cell.new_states, cell.output}
        assert len(cell.recurrences) in (0, len(cell.states))
    try:
        check_starts(specs, plan)
    except SpecErrors as caught:
        return caught.errors
    for cell in plan.cells:
        cell_start(cell)
    return ()


def check_error(error: SpecError, root: Path) -> None:
    """It names a place in the file, and shows it."""
    place = error.position
    text = (root.parent / place.path).read_bytes().decode("utf-8-sig")
    lines = re.split("\r\n|[\n\r\x85\u2028\u2029]", text)
    assert error.message.strip() and "\n" not in error.message
    assert 1 <= place.line <= len(lines)
    assert 1 <= place.column <= len(lines[place.line - 1]) + 1
    first, *rest = str(error).split("\n")
    assert first == f"{place.path}:{place.line}:{place.column}: {error.message}"
    if not text.strip():
        return
    source, caret = rest
    assert re.fullmatch(r"\s+\^", caret)
    assert all(c.isprintable() or c == "\t" for c in source)
    shown = "".join(c for c in source if unicodedata.category(c) not in ("Mn", "Me"))
    assert len(caret.expandtabs()) <= 2 * len(shown.expandtabs()) + 1


def check_mathematics(math: NeuronMath) -> None:
    """What is derived from a good spec comes to an end."""
    assert "response" in math.formulas
    assert "dot" in math.operands
    assert response_latex(math).startswith("y = ")
    assert differentiate(math).gradient.derivatives
