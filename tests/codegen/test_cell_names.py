"""No name that a cell's spec may have is one that generated code uses for something else."""

import ast

import pytest

from codegen.frameworks import FRAMEWORKS
from codegen.frameworks.base import Framework, Recurrent
from codegen.paths import SPEC
from codegen.plans.package import plan_package
from codegen.render.package import render_package
from codegen.spec import load_specs
from codegen.spec.models import PRIMITIVES
from codegen.spec.reserved import CELL_DERIVED, why_derived, why_reserved_in_cell

#: All of their names begin with q, as nothing else does.
CELLS = {
    "qa": """\
cell: Qa
summary: A cell of two states and projections of every kind.
reference: Somebody (2000)
neuron: yat
functions: {gate: softer_sigmoid, activation: soft_tanh}
state: {qh: zeros, qc: zeros}
projections:
  qgates: {source: [x, qh], units: [qreset, qupdate]}
  qlate: {source: [x, qr * qc], units: [qcandidate]}
  qown: {source: [x], units: [qreset, qpush]}
  qseen: {source: [qn], units: [qreset, qpull]}
math:
  qr: gate(qgates.qreset + qown.qreset)
  qz: gate(qgates.qupdate)
  qn: activation(qlate)
  qh: (1 - qz) * qn + qz * qh + qseen.qpull
  qc: sigmoid(qown.qpush) * qc + sqrt(qh) * qseen.qreset
  qy: qc * tanh(qh)
output: qy
start: {qz: 0.5}
parameters: {alpha: sq_w + sq_x}
""",
    "qb": """\
cell: Qb
summary: A cell that is one scan.
reference: Somebody (2000)
neuron: yat
functions: {gate: softer_sigmoid}
state: {qh: zeros, qc: zeros}
projections:
  qgates: {source: [x], units: [qreset, qupdate]}
math:
  qr: gate(qgates.qreset)
  qh: qr * qh + qgates.qupdate
  qc: qr**2 * qc + qgates.qupdate
  qy: qc * qh
output: qy
""",
}
RECURRENT = [f for f in FRAMEWORKS if isinstance(f, Recurrent)]


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    folder = tmp_path_factory.mktemp("spec")
    (folder / "cells").mkdir()
    for stem, text in CELLS.items():
        (folder / f"cells/{stem}.yaml").write_text(text, encoding="utf-8")
    return render_package(plan_package(load_specs(folder, house=SPEC)))


def defined(text: str) -> set[str]:
    """Names that a module gives to something, or that its classes have as attributes."""
    found: set[str] = set()
    tree = ast.parse(text)
    within = {
        id(node)
        for comprehension in ast.walk(tree)
        if isinstance(comprehension, ast.comprehension)
        for node in ast.walk(comprehension.target)
    }
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name, ctx=ast.Store()) if id(node) not in within:
                found.add(name)
            case ast.arg(arg=name) | ast.FunctionDef(name=name) | ast.ClassDef(name=name):
                found.add(name)
            case ast.Attribute(value=ast.Name(id="self"), attr=name):
                found.add(name)
            case ast.alias(name=name, asname=other):
                found.add((other or name).partition(".")[0])
    return found


@pytest.mark.parametrize("framework", RECURRENT, ids=lambda f: f.name)
def test_names_of_generated_code_are_reserved(framework: Framework, files: dict[str, str]) -> None:
    """What fails belongs into `codegen/spec/reserved.py`."""
    parameters = ("bias", "alpha", "epsilon")
    known = (*PRIMITIVES, *parameters)
    functions = ("softer_sigmoid", "soft_tanh", "yat")
    for stem in CELLS:
        for name in defined(files[f"{framework.name}/{stem}.py"]):
            projections = ("qgates", "qlate", "qown", "qseen")
            own = name.startswith(("q", "Q", "new_q"))
            made = why_derived(name, (*projections, "qh", "qc"), CELL_DERIVED)
            spelled = any(name.startswith(f"{p}_q") for p in projections)
            if own:
                plain = name.count("_") == name.startswith("new_")
                assert plain or made or spelled, f"{name!r} is made of a name of the spec"
            else:
                reserved = why_reserved_in_cell(name) or why_derived(name, known)
                reserved = reserved or why_derived(name, known, CELL_DERIVED)
                assert reserved or name in (*known, *functions), f"{name!r} is not reserved"
