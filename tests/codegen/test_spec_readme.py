"""The specs that `spec/README.md` shows are specs, and lead where it says that they lead."""

import re
from pathlib import Path

import pytest
import yaml

from codegen.paths import SPEC
from codegen.plans.package import plan_package
from codegen.plans.start_check import check_starts
from codegen.plans.statements import check_statements
from codegen.spec import Specs, load_specs

BLOCKS = re.findall(r"```yaml\n(.*?)```", (SPEC / "README.md").read_text(encoding="utf-8"), re.S)
LAYERS = (
    "layers:\n  - {name: Row, neuron: %s, geometry: {kind: dense}, kernel: {init: orthogonal}}\n"
)


def block(start: str) -> str:
    (found,) = (text for text in BLOCKS if text.startswith(start))
    return found


def load(folder: Path, path: str, text: str, neuron: str = "yat") -> Specs:
    for place, content in {path: text, "layers/row.yaml": LAYERS % neuron}.items():
        (folder / place).parent.mkdir(parents=True, exist_ok=True)
        (folder / place).write_text(content, encoding="utf-8")
    specs = load_specs(folder, house=SPEC)
    check_statements(specs)
    check_starts(specs, plan_package(specs))
    return specs


def test_the_first_neuron_is_one(tmp_path: Path) -> None:
    load(tmp_path, "neurons/student_t.yaml", block("neuron: student_t"), "student_t")


@pytest.mark.parametrize(
    ("start", "path"),
    [
        ("function: softermax", "functions/softermax.yaml"),
        ("cell: YatGRU", "cells/yat_gru.yaml"),
    ],
)
def test_what_is_shown_is_a_spec_of_the_house(start: str, path: str, tmp_path: Path) -> None:
    shown = block(start)
    load(tmp_path, path, shown)
    house = yaml.safe_load((SPEC / path).read_text(encoding="utf-8"))
    assert yaml.safe_load(shown)["math"] == house["math"]


def test_the_edit_of_a_cell_gives_the_other_one(tmp_path: Path) -> None:
    edited = yaml.safe_load(block("cell: YatGRU")) | yaml.safe_load(block("projections:"))
    edited["cell"] = "YatSumGRU"
    text = yaml.safe_dump(edited, sort_keys=False)
    specs = load(tmp_path, "cells/yat_sum_gru.yaml", text)
    house = yaml.safe_load((SPEC / "cells/yat_sum_gru.yaml").read_text(encoding="utf-8"))
    assert specs.cells.keys() == {"yat_sum_gru"}
    assert edited["projections"] == house["projections"] and edited["math"] == house["math"]
