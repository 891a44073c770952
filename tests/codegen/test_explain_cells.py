"""What `explain` prints of functions and cells follows from their specs, and fits a terminal."""

from pathlib import Path

import pytest

from codegen.cli import main
from codegen.commands.explain import explain
from codegen.frameworks import FRAMEWORKS
from codegen.frameworks.base import Recurrent
from codegen.math.function_properties import check_function
from codegen.paths import SPEC
from codegen.plans.cell import CellPlan
from codegen.plans.function import FunctionPlan
from codegen.plans.package import plan_package
from codegen.spec import load_specs

PLAN = plan_package(load_specs(SPEC))
FUNCTIONS = pytest.mark.parametrize("function", PLAN.functions, ids=lambda f: f.name)
CELLS = pytest.mark.parametrize("cell", PLAN.cells, ids=lambda c: c.name)


def section(text: str, title: str) -> str:
    """One section's lines."""
    return text.partition(f"{title}\n{'─' * len(title)}\n")[2].partition("\n──")[0]


def words(text: str) -> str:
    return " ".join(text.split())


@pytest.mark.parametrize("name", [f.name for f in PLAN.functions] + [c.name for c in PLAN.cells])
def test_it_is_plain_text_that_fits_a_terminal(name: str) -> None:
    lines = explain(name, SPEC).splitlines()
    assert max(map(len, lines)) <= 100
    assert all(line.isprintable() and line == line.rstrip() for line in lines)


@FUNCTIONS
def test_a_function_is_shown_as_its_spec_has_it(function: FunctionPlan) -> None:
    text = explain(function.name, SPEC)
    assert function.spec.summary in words(text) and function.spec.reference in words(text)
    for name, formula in function.spec.math.items():
        assert f"{name}: {formula.text}\n" in section(text, "Formula")
    for argument in function.spec.arguments.values():
        assert argument.summary in words(section(text, "Arguments"))
    for framework in FRAMEWORKS:
        call = f"nmn.{framework.name}.squashers.{function.name}("
        assert call in section(text, "Arguments")
    stated = section(text, "Stated properties").split()
    assert stated.count("proved") + stated.count("tested") == len(check_function(function.math))


def test_the_derivative_of_a_function_of_single_numbers_is_shown() -> None:
    assert "f'(x) = " in section(explain("softer_sigmoid", SPEC), "Formula")
    assert "f'(x) = " not in section(explain("softermax", SPEC), "Formula")


def test_a_function_names_the_cells_that_call_it() -> None:
    said = section(explain("softer_sigmoid", SPEC), "Cells")
    assert "gate of YatGRU, YatLSTM, YatMinGRU, YatMinLSTM, YatSumGRU" in said
    assert "YatRNN" not in said


@CELLS
def test_a_cell_is_shown_as_its_spec_has_it(cell: CellPlan) -> None:
    text = explain(cell.name, SPEC)
    assert cell.spec.summary in words(text) and cell.spec.reference in words(text)
    for name, formula in cell.spec.math.items():
        assert f"{name}: {formula.text}\n" in section(text, "Equations")
    for role, function in cell.roles.items():
        assert f"{role} is {function}" in section(text, "Equations")
    for unit in cell.units:
        assert unit.spelled in section(text, "Projections")
    for name, value in cell.spec.start.items():
        assert f"{name} = {value:g}, where" in words(section(text, "Start"))
    for array in cell.arrays:
        assert f"{array.name}: " in section(text, "Arrays")


@CELLS
def test_a_cell_is_found_by_each_of_its_names(cell: CellPlan) -> None:
    assert explain(cell.name, SPEC) == explain(cell.cell_name, SPEC) == explain(cell.module, SPEC)


@CELLS
def test_arrays_and_classes_are_those_of_every_framework(cell: CellPlan) -> None:
    text = explain(cell.name, SPEC)
    for framework in FRAMEWORKS:
        if isinstance(framework, Recurrent):
            for array in framework.stored_cell_arrays(cell).values():
                assert f"{framework.title} {array.name} (" in words(section(text, "Arrays"))
            for name in framework.cell_names(cell):
                assert name in section(text, "Classes")


def test_what_a_joined_vector_is_made_of_is_said_where_there_is_one() -> None:
    joined = section(explain("YatGRU", SPEC), "Projections")
    assert "on x and r * h joined to one vector" in joined
    assert "‖w − x‖² = ‖W − x‖² + ‖U − s‖²" in joined
    assert "‖U − s‖²" not in section(explain("YatSumGRU", SPEC), "Projections")


def test_biases_are_those_that_the_package_computes() -> None:
    from nmn._starts import yat_gru_alpha, yat_gru_bias

    alpha = yat_gru_alpha(64, 128)
    reset, update, candidate = yat_gru_bias(64, 128, alpha, 1e-5)
    said = words(section(explain("YatGRU", SPEC), "Start"))
    assert (
        f"With 64 inputs and 128 units: alpha {alpha:.4g}; bias of gates.reset {reset:.4g}, "
        f"gates.update {update:.4g}, candidate {candidate:.4g}."
    ) in said


def test_steps_are_one_scan_where_the_state_is_affine_in_itself() -> None:
    said = section(explain("YatMinGRU", SPEC), "Steps")
    assert "All at once" in said and "new h = h⋅(1 - z) + n⋅z" in said
    assert "One after another: gates.reset" in section(explain("YatGRU", SPEC), "Steps")


def test_a_cell_that_cannot_start_as_it_says_is_not_explained(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "cells").mkdir()
    text = (SPEC / "cells/yat_gru.yaml").read_text(encoding="utf-8").replace("r: 0.5", "r: 1.5")
    (tmp_path / "cells/yat_gru.yaml").write_text(text, encoding="utf-8")
    assert main(["explain", "YatGRU", "--spec", str(tmp_path)]) == 1
    output = capsys.readouterr()
    assert "cells/yat_gru.yaml:19:12: softer_sigmoid does not reach 1.5" in output.err
    assert not output.out
