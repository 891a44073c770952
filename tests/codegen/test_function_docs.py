"""What docstrings say of a function follows from how it is computed."""

from dataclasses import replace

import pytest

from codegen.frameworks import FRAMEWORKS
from codegen.frameworks.base import Framework
from codegen.spec.formula import parse
from tests.subject import PACKAGE


@pytest.mark.parametrize("framework", FRAMEWORKS, ids=lambda f: f.name)
def test_only_what_is_computed_from_a_logarithm_counts_negative_numbers_as_0(
    framework: Framework,
) -> None:
    plan = next(f for f in PACKAGE.functions if f.name == "softer_sigmoid")
    formulas = {"result": parse("n * x / (1 + exp(-x))")}
    other = replace(plan, spec=plan.spec.model_copy(update={"math": formulas}))
    assert "not positive counts as 0" in framework.function(plan)["edges"]
    assert "not positive" not in framework.function(other)["edges"]
