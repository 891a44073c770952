"""What `explain` prints is what follows from the spec, and fits a terminal."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import sympy

from codegen.cli import SPEC, main
from codegen.commands.explain import explain
from codegen.frameworks import FRAMEWORKS
from codegen.math.latex import latex
from codegen.math.pretty import formula_text, notation
from codegen.math.symbols import (
    positive_power,
    safe_power,
    select,
    step,
    symbol,
    whole_power,
)
from codegen.plans.layer import LayerPlan
from codegen.plans.package import plan_package
from codegen.spec import load_specs

SPECS = load_specs(SPEC)
PLAN = plan_package(SPECS)
NEURONS = sorted(SPECS.neurons)


def layers(name: str) -> list[LayerPlan]:
    return [x for module in PLAN.modules for x in module.layers if x.neuron.name == name]


@pytest.fixture(scope="module", params=NEURONS)
def neuron(request: pytest.FixtureRequest) -> tuple[str, str]:
    """A neuron's name, and what is said of it."""
    return request.param, explain(request.param, SPEC)


def section(text: str, title: str) -> str:
    """One section's lines."""
    return text.partition(f"{title}\n{'─' * len(title)}\n")[2].partition("\n──")[0]


def test_no_line_is_wider_than_a_hundred_characters(neuron: tuple[str, str]) -> None:
    assert max(map(len, neuron[1].splitlines())) <= 100


def test_it_is_plain_text(neuron: tuple[str, str]) -> None:
    assert all(c.isprintable() or c == "\n" for c in neuron[1])
    assert not any(line.endswith(" ") for line in neuron[1].splitlines())


def test_summary_reference_and_formulas_are_those_of_the_spec(neuron: tuple[str, str]) -> None:
    name, text = neuron
    spec = SPECS.neurons[name]
    assert spec.summary in " ".join(text.split())
    assert spec.reference in " ".join(text.split())
    for formula, written in spec.math.items():
        assert f"{formula}: {written.text}\n" in section(text, "Formula")


def test_there_is_a_derivative_by_every_trainable_operand(neuron: tuple[str, str]) -> None:
    name, text = neuron
    math = next(n for n in PLAN.neurons if n.name == name).math
    derivatives = section(text, "Partial derivatives")
    for operand in math.differentiable:
        assert f"∂y/∂{notation(operand)} = " in derivatives
    for operand in set(math.operands) - set(math.differentiable):
        assert f"∂y/∂{notation(operand)}" not in derivatives and operand in derivatives


def test_every_argument_about_a_parameter_is_named_once_per_framework(
    neuron: tuple[str, str],
) -> None:
    name, text = neuron
    said = section(text, "Parameters").split()
    plan = layers(name)[0]
    for parameter in plan.neuron.parameters:
        for framework in FRAMEWORKS:
            if parameter.stored:
                assert framework.stored_arrays(plan)[parameter.stored_as].name in said
            for argument in framework.layer(plan)["arguments"]:
                if parameter.name in argument.name.split("_"):
                    assert argument.name in {word.rstrip(",") for word in said}


def test_every_class_of_every_framework_is_listed(neuron: tuple[str, str]) -> None:
    name, text = neuron
    said = {word.rstrip(",") for word in section(text, "Layers").split()}
    for layer in layers(name):
        for framework in FRAMEWORKS:
            assert said >= set(framework.class_names(layer))


def test_every_stated_property_is_listed_with_what_stands_behind_it(
    neuron: tuple[str, str],
) -> None:
    name, text = neuron
    stated = SPECS.neurons[name].properties.model_dump(exclude_none=True)
    said = section(text, "Stated properties").split()
    assert said.count("tested") + said.count("proved") >= len(stated)


def test_what_yat_keeps_is_the_quotient_that_its_derivatives_share() -> None:
    said = section(explain("yat", SPEC), "Backward pass")
    assert "kept = ───────────" in said and "alignment" in said
    assert "Euler's identity" in said and "no clamp is active" in said


def test_the_distance_is_written_as_one() -> None:
    assert "‖w − x‖²" in section(explain("yat", SPEC), "Formula")


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("yaat", "no neuron, function or cell is called 'yaat'; did you mean 'yat'?"),
        ("nothing_at_all", "no neuron, function or cell is called 'nothing_at_all'; known: "),
        ("softmax", "no neuron, function or cell is called 'softmax'; did you mean 'softermax'?"),
        ("YatGRUU", "no neuron, function or cell is called 'YatGRUU'; did you mean 'YatGRU'?"),
        ("YatNMN", "'YatNMN' is a layer; its neuron is 'yat'"),
        ("YatConv2d", "'YatConv2d' is a layer; its neuron is 'yat'"),
    ],
)
def test_an_unknown_name_gives_a_hint(
    name: str, hint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["explain", name]) == 1
    output = capsys.readouterr()
    assert hint in output.err and not output.out


def test_a_neuron_without_layers_is_explained(tmp_path: Path) -> None:
    for source in SPEC.glob("*/*.yaml"):
        target = tmp_path / source.relative_to(SPEC)
        target.parent.mkdir(exist_ok=True)
        target.write_bytes(source.read_bytes())
    alone = (SPEC / "template/neuron.yaml").read_text(encoding="utf-8").replace("NAME", "alone")
    (tmp_path / "neurons/alone.yaml").write_text(alone, encoding="utf-8")
    said = explain("alone", tmp_path)
    assert "None yet" in section(said, "Layers")
    assert "gamma_init" in section(said, "Parameters")


def test_it_is_the_same_in_a_pipe_of_another_encoding() -> None:
    command = [sys.executable, "-m", "codegen", "explain", "yat"]
    environment = os.environ | {"PYTHONIOENCODING": "latin-1"}
    result = subprocess.run(
        command, cwd=SPEC.parent, env=environment, capture_output=True, check=True
    )
    assert result.stdout.decode() == explain("yat", SPEC) + "\n"


X, Y = symbol("dot"), symbol("sq_w")


@pytest.mark.parametrize(
    ("expression", "text"),
    [
        (X + symbol("alpha"), "y = α + ⟨w, x⟩"),
        (step(X), "y = [⟨w, x⟩ > 0]"),
        (X**2, "          2\ny = ⟨w, x⟩"),
        (Y**2, "          2\ny = (‖w‖²)"),
        (whole_power(X, symbol("p")), "          p\ny = ⟨w, x⟩"),
        (
            select(X, sympy.S.Zero, X, Y),
            "    ⎧⟨w, x⟩  for ⟨w, x⟩ > 0\ny = ⎨\n    ⎩ ‖w‖²     otherwise",
        ),
    ],
)
def test_formulas_are_written_as_the_field_writes_them(expression: sympy.Expr, text: str) -> None:
    assert formula_text("y", expression, 100) == text


def test_a_sum_that_is_too_wide_has_a_line_for_each_term() -> None:
    terms = symbol("alignment") * X + symbol("a_longer_name") - Y
    assert max(map(len, formula_text("y", terms, 30).splitlines())) <= 30
    assert len(formula_text("y", terms, 30).splitlines()) == 3
    assert len(formula_text("y", terms, 80).splitlines()) == 1


@pytest.mark.parametrize("power", [safe_power, positive_power, whole_power])
def test_powers_are_powers_in_latex_too(power: type[sympy.Function]) -> None:
    assert latex(power(symbol("a"), symbol("p"))) == "a^{p}"


def test_the_clamp_of_a_distance_is_told_by_the_distance() -> None:
    x, w, y = symbol("sq_x"), symbol("sq_w"), symbol("dot")
    assert formula_text("y", step(x + w - 2 * y), 100) == "y = [‖w − x‖² > 0]"
