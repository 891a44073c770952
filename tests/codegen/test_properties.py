"""What a neuron states is proved, tested, or refuted by an example in the spec's own terms."""

from pathlib import Path
from textwrap import indent

import numpy as np
import pytest

from codegen.cli import main
from codegen.math.neuron import NeuronMath
from codegen.math.numeric import evaluate
from codegen.math.proofs import analytic
from codegen.math.properties import Verdict, check_properties, statements
from codegen.math.symbols import symbol
from codegen.spec import SpecErrors, load_specs
from codegen.spec.models import NeuronSpec

LAYER = """
layers:
  - name: TestNMN
    neuron: {name}
    geometry: {{kind: dense}}
    kernel: {{init: glorot_normal}}
"""

DISTANCE = "relu(sq_w - 2 * dot + sq_x)"
PARAMETERS = {
    "bias": "{summary: Added., axes: [unit], init: zeros, absent: 0}",
    "scale": "{summary: A factor., axes: [], init: ones}",
    "gamma": "{summary: Inverse width., axes: [unit], init: ones, positive: true}",
    "c": "{summary: A constant., axes: [], value: 1.0, positive: true}",
    "degree": "{summary: A power., axes: [], value: 3, positive: true, integer: true}",
    "delta": "{summary: Keeps from 0., axes: [], value: 1.0e-3, positive: true}",
}
NEURONS = {
    "linear": "dot + bias",
    "scaled": "scale * dot",
    "cubic": "(dot + c)**3",
    "polynomial": "(gamma * dot + c)**degree",
    "gaussian": f"exp(-gamma * {DISTANCE})",
    "inverse_multiquadric": f"({DISTANCE} + c**2)**(-1/2)",
    "cosine": "dot / sqrt(sq_w * sq_x + delta)",
    "sigmoidal": "tanh(dot + bias)",
    "rectified": "relu(dot + bias)",
    "jump": "where(dot > 0, 1, -1)",
    "projection": "dot / sqrt(sq_w + delta)",
    "signed": f"dot * abs(dot) / ({DISTANCE} + delta)",
    "arcsinh": "arcsinh(gamma * dot)",
    "student": f"(1 + {DISTANCE} / gamma)**(-(gamma + 1) / 2)",
}


def write(folder: Path, name: str, properties: str) -> Path:
    """A folder of specs with one neuron that states something."""
    response = NEURONS[name]
    used = [f"  {p}: {PARAMETERS[p]}" for p in PARAMETERS if p in _words(response)]
    lines = [f"neuron: {name}", "summary: A test.", "reference: None."]
    lines += ["parameters:", *used] if used else []
    lines += ["math:", f"  response: {response}", "properties:", indent(properties, "  ")]
    layers = LAYER.format(name=name)
    for file, text in ((f"neurons/{name}", "\n".join(lines)), ("layers/test", layers)):
        target = folder / "spec" / f"{file}.yaml"
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text + "\n", encoding="utf-8")
    return folder / "spec"


def _words(text: str) -> set[str]:
    return set("".join(c if c.isalnum() or c == "_" else " " for c in text).split())


def spec(folder: Path, name: str, properties: str) -> NeuronSpec:
    return load_specs(write(folder, name, properties)).neurons[name]


def verdict(folder: Path, name: str, statement: str) -> Verdict:
    """The verdict on a single statement."""
    (found,) = check_properties(NeuronMath(spec(folder, name, statement)))
    return found


PROVED = [
    ("linear", "symmetric: true"),
    ("linear", "rotation_invariant: true"),
    ("linear", "homogeneous: {degree: 2, bias: 2}"),
    ("linear", "homogeneous_in_x: {degree: 1, bias: 1}"),
    ("linear", "monotone: {dot: increasing}"),
    ("linear", "monotone: {bias: increasing}"),
    ("linear", "positive_semidefinite: bias >= 0"),
    ("scaled", "monotone: {dot: {increasing: scale >= 0}}"),
    ("scaled", "monotone: {dot: {decreasing: scale <= 0}}"),
    ("scaled", "positive_semidefinite: scale >= 0"),
    ("cubic", "monotone: {dot: increasing}"),
    ("cubic", "positive_semidefinite: true"),
    ("polynomial", "symmetric: true"),
    ("polynomial", "positive_semidefinite: true"),
    ("gaussian", "nonnegative: true"),
    ("gaussian", "positive_semidefinite: true"),
    ("gaussian", "homogeneous: {degree: 0, gamma: -2}"),
    ("gaussian", "monotone: {dot: increasing}"),
    ("gaussian", "monotone: {gamma: decreasing}"),
    ("gaussian", "monotone: {sq_x: decreasing}"),
    ("gaussian", "bounded: {above: 1}"),
    ("gaussian", "bounded: {below: 0}"),
    ("gaussian", "supremum: 1"),
    ("inverse_multiquadric", "nonnegative: true"),
    ("inverse_multiquadric", "positive_semidefinite: true"),
    ("inverse_multiquadric", "homogeneous: {degree: -1, c: 1}"),
    ("inverse_multiquadric", "bounded: {above: 1 / c}"),
    ("inverse_multiquadric", "supremum: 1 / c"),
    ("cosine", "symmetric: true"),
    ("cosine", "homogeneous: {degree: 0, delta: 4}"),
    ("cosine", "homogeneous_in_w: {degree: 0, delta: 2}"),
    ("cosine", "monotone: {dot: increasing}"),
    ("cosine", "bounded: {above: 1}"),
    ("cosine", "bounded: {below: -1}"),
    ("sigmoidal", "bounded: {above: 1}"),
    ("sigmoidal", "monotone: {dot: increasing}"),
    ("rectified", "nonnegative: true"),
    ("jump", "bounded: {below: -1}"),
    ("jump", "homogeneous: {degree: 0}"),
    ("signed", "symmetric: true"),
    ("signed", "homogeneous: {degree: 2, delta: 2}"),
    ("arcsinh", "monotone: {dot: increasing}"),
    ("student", "positive_semidefinite: true"),
    ("student", "supremum: 1"),
    ("student", "monotone: {dot: increasing}"),
]

TESTED = [
    ("cosine", "infimum: where(sq_w > 0, -1, 0)"),
    ("cosine", "nonnegative: delta < 0"),
    ("sigmoidal", "infimum: where(sq_w > 0, -1, tanh(bias))"),
    ("sigmoidal", "supremum: where(sq_w > 0, 1, tanh(bias))"),
    ("gaussian", "infimum: 0"),
    ("jump", "monotone: {dot: increasing}"),
    ("signed", "monotone: {dot: increasing}"),
    ("polynomial", "nonnegative: degree >= 2 and degree <= 2"),
]

REFUTED = [
    ("linear", "nonnegative: true", "at w = (0, 0), x = (0, 0), i.e. dot = 0, sq_x = 0, sq_w = 0, bias = -1 the response is -1"),
    ("linear", "homogeneous: {degree: 2}", "at w = (0, 0), x = (0, 0), i.e. dot = 0, sq_x = 0, sq_w = 0, bias = 1 the response is 1, and scaled by s = 2 it is 1, not 4"),
    ("linear", "homogeneous_in_w: {degree: 1}", "at w = (0, 0), x = (0, 0), i.e. dot = 0, sq_x = 0, sq_w = 0, bias = 1 the response is 1, and scaled by s = 2 it is 1, not 2"),
    ("linear", "positive_semidefinite: true", "at x₁ = (0, 0), bias = -1 the Gram matrix has the eigenvalue -1"),
    ("linear", "monotone: {dot: decreasing}", "at w = (1, 0), x = (0, 1), i.e. dot = 0, sq_x = 1, sq_w = 1, bias = 0 the response is 0, and at w = (1, 0), x = (1, 0), i.e. dot = 1, sq_x = 1, sq_w = 1, bias = 0 it is 1"),
    ("linear", "bounded: {above: 5}", "at w = (2, 0), x = (2, 0), i.e. dot = 4, sq_x = 4, sq_w = 4, bias = 2 the response is 6, above 5"),
    ("scaled", "monotone: {dot: increasing}", "at w = (0, 1), x = (1, 0), i.e. dot = 0, sq_x = 1, sq_w = 1, scale = -1 the response is 0, and at w = (0, 1), x = (0, 1), i.e. dot = 1, sq_x = 1, sq_w = 1, scale = -1 it is -1"),
    ("scaled", "positive_semidefinite: scale >= -1", "at x₁ = (1, 0), scale = -1 the Gram matrix has the eigenvalue -1"),
    ("cubic", "nonnegative: true", "at w = (1, 0), x = (-2, 0), i.e. dot = -2, sq_x = 4, sq_w = 1, c = 1 the response is -1"),
    ("cubic", "monotone: {c: decreasing}", "at w = (0, 0), x = (0, 0), i.e. dot = 0, sq_x = 0, sq_w = 0, c = 1 the response is 1, and at w = (0, 0), x = (0, 0), i.e. dot = 0, sq_x = 0, sq_w = 0, c = 2 it is 8"),
    ("polynomial", "nonnegative: true", "at w = (-1, 0), x = (1, 0), i.e. dot = -1, sq_x = 1, sq_w = 1, gamma = 2, c = 1, degree = 1 the response is -1"),
    ("polynomial", "homogeneous: {degree: 4, c: 2}", "at w = (0, 0), x = (0, 0), i.e. dot = 0, sq_x = 0, sq_w = 0, gamma = 1, c = 1, degree = 1 the response is 1, and scaled by s = 2 it is 4, not 16"),
    ("gaussian", "supremum: 2", "at w = (0, 0), gamma = 1 no x was found to give a response above 1, and the supremum is stated to be 2"),
    ("gaussian", "infimum: -1", "at w = (0, 0), gamma = 1 no x was found to give a response below 0, and the infimum is stated to be -1"),
    ("gaussian", "supremum: 1 / 2", "at w = (0, 0), x = (0, 0), i.e. dot = 0, sq_x = 0, sq_w = 0, gamma = 1 the response is 1, above 0.5"),
    ("gaussian", "monotone: {gamma: increasing}", "at w = (1, 0), x = (0, 0), i.e. dot = 0, sq_x = 0, sq_w = 1, gamma = 1 the response is 0.367879, and at w = (1, 0), x = (0, 0), i.e. dot = 0, sq_x = 0, sq_w = 1, gamma = 2 it is 0.135335"),
    ("inverse_multiquadric", "bounded: {above: 1}", "at w = (0, 0), x = (0, 0), i.e. dot = 0, sq_x = 0, sq_w = 0, c = 0.5 the response is 2, above 1"),
    ("inverse_multiquadric", "supremum: 2 / c", "at w = (0, 0), c = 1 no x was found to give a response above 1, and the supremum is stated to be 2"),
    ("inverse_multiquadric", "homogeneous: {degree: -2, c: 1}", "at w = (0, 0), x = (0, 0), i.e. dot = 0, sq_x = 0, sq_w = 0, c = 1 the response is 1, and scaled by s = 2 it is 0.5, not 0.25"),
    ("cosine", "homogeneous: {degree: 0}", "at w = (1, 0), x = (1, 0), i.e. dot = 1, sq_x = 1, sq_w = 1, delta = 1 the response is 0.707107, and scaled by s = 2 it is 0.970143, not 0.707107"),
    ("cosine", "positive_semidefinite: true", "at x₁ = (2, 0), x₂ = (1, 0), delta = 1 the Gram matrix has the eigenvalue -0.0654201"),
    ("cosine", "bounded: {below: 0}", "at w = (-1, 0), x = (1, 0), i.e. dot = -1, sq_x = 1, sq_w = 1, delta = 1 the response is -0.707107, below 0"),
    ("sigmoidal", "positive_semidefinite: bias >= 0", "at x₁ = (2, 0), x₂ = (1, 0), bias = 0 the Gram matrix has the eigenvalue -0.0908666"),
    ("sigmoidal", "bounded: {above: 1 / 2}", "at w = (0, 0), x = (0, 0), i.e. dot = 0, sq_x = 0, sq_w = 0, bias = 1 the response is 0.761594, above 0.5"),
    ("rectified", "positive_semidefinite: bias >= 0", "at x₁ = (1, 0), x₂ = (-1, 0), x₃ = (2, 0), x₄ = (0, 0), bias = 1 the Gram matrix has the eigenvalue -0.127512"),
    ("jump", "monotone: {dot: decreasing}", "at w = (1, 0), x = (0, 1), i.e. dot = 0, sq_x = 1, sq_w = 1 the response is -1, and at w = (1, 0), x = (1, 0), i.e. dot = 1, sq_x = 1, sq_w = 1 it is 1"),
    ("projection", "symmetric: true", "at w = (1, 0), x = (1, 1), i.e. dot = 1, sq_x = 2, sq_w = 1, delta = 1 the response is 0.707107, and with w and x exchanged 0.57735"),
    ("signed", "nonnegative: true", "at w = (-1, 0), x = (1, 0), i.e. dot = -1, sq_x = 1, sq_w = 1, delta = 1 the response is -0.2"),
    ("signed", "positive_semidefinite: true", "at 12 points evenly on the unit circle, delta = 3 the Gram matrix has the eigenvalue -0.0101147"),
    ("student", "supremum: gamma", "at w = (0, 0), x = (0, 0), i.e. dot = 0, sq_x = 0, sq_w = 0, gamma = 0.5 the response is 1, above 0.5"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "statement"), PROVED)
def test_a_true_statement_is_proved(tmp_path: Path, name: str, statement: str) -> None:
    found = verdict(tmp_path, name, statement)
    assert found.status == "proved", found.reason


@pytest.mark.parametrize(("name", "statement"), TESTED)
def test_where_no_rule_applies_a_true_statement_is_tested(
    tmp_path: Path, name: str, statement: str
) -> None:
    found = verdict(tmp_path, name, statement)
    assert found.status == "tested", found.reason


@pytest.mark.parametrize(("name", "statement", "message"), REFUTED)
def test_a_false_statement_is_refuted(
    tmp_path: Path, name: str, statement: str, message: str
) -> None:
    found = verdict(tmp_path, name, statement)
    assert found.status == "refuted", found.reason
    assert found.reason == message


@pytest.mark.parametrize(("name", "statement"), PROVED)
def test_no_example_contradicts_a_proof(tmp_path: Path, name: str, statement: str) -> None:
    (found,) = statements(NeuronMath(spec(tmp_path, name, statement)))
    assert found.refute() is None


FUNCTIONS = [
    "relu(dot)", "sign(dot)", "softplus(dot)", "sigmoid(dot)", "log1p(sq_x) * dot", "expm1(dot)",
    "maximum(dot, sq_w)", "minimum(dot, sq_x)", "where(dot < sq_w, dot, sq_x)", "sqrt(dot)",
    "log(sq_w - dot)", "(dot)**(1/3)", "(1 + sq_x)**bias * dot", "dot**2 + bias", "abs(dot) / pi",
]  # fmt: skip


@pytest.mark.parametrize("formula", FUNCTIONS)
def test_numbers_are_those_of_the_analytic_function(formula: str) -> None:
    """What searches evaluate is what SymPy means, inside the domain and outside."""
    known = {
        "neuron": "f",
        "summary": "A test.",
        "reference": "None.",
        "math": {"response": formula},
    }
    parameters = (
        {"bias": {"summary": "b", "axes": [], "init": "zeros"}} if "bias" in formula else {}
    )
    math = NeuronMath(NeuronSpec.model_validate(known | {"parameters": parameters}))
    for dot, sq_x, sq_w, bias in (
        (1.5, 2.0, 3.0, -0.5),
        (-0.75, 1.0, 0.25, 2.5),
        (0.5, 0.0, 0.5, 0.0),
    ):
        values = {"dot": dot, "sq_x": sq_x, "sq_w": sq_w, "bias": bias}
        found = evaluate(math.response, {name: np.asarray(value) for name, value in values.items()})
        exact = analytic(math.response).subs(
            {symbol(name): value for name, value in values.items()}
        )
        assert float(found) == pytest.approx(float(exact) if exact.is_real else -np.inf)


def test_a_formula_that_cannot_change_by_itself_has_no_direction(tmp_path: Path) -> None:
    folder = write(tmp_path, "scaled", "monotone: {product: increasing}")
    file = folder / "neurons" / "scaled.yaml"
    text = file.read_text().replace(
        "response: scale * dot", "product: scale * dot\n  response: product * dot * scale"
    )
    file.write_text(text)
    with pytest.raises(
        SpecErrors,
        match="'product' never changes by itself: the response reads dot, scale beside it",
    ):
        load_specs(folder)


def test_a_false_statement_is_an_error_where_it_stands(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = write(tmp_path, "scaled", "symmetric: true\nnonnegative: scale >= 0")
    assert main(["generate", "--spec", str(folder), "--out", str(tmp_path / "out")]) == 1
    assert capsys.readouterr().err.splitlines() == [
        "spec/neurons/scaled.yaml:10:3: nonnegative: scale >= 0 is false: at w = (1, 0), "
        "x = (-1, 0), i.e. dot = -1, sq_x = 1, sq_w = 1, scale = 1 the response is -1",
        "      nonnegative: scale >= 0",
        "      ^",
    ]
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("statement", "message"),
    [
        ("nonegative: true", "9:3: unknown key 'nonegative'; did you mean 'nonnegative'?"),
        ("nonnegative: scal >= 0", "9:16: unknown name 'scal' in property 'nonnegative'; did you mean 'scale'?"),
        ("nonnegative: scale", "9:16: a condition compares, such as alpha >= 0"),
        ("nonnegative: dot >= 0", "9:16: unknown name 'dot' in property 'nonnegative'"),
        ("supremum: sq_x", "9:13: unknown name 'sq_x' in property 'supremum'; did you mean 'sq_w'?"),
        ("monotone: {dto: increasing}", "9:14: unknown name 'dto'; did you mean 'dot'?"),
        ("monotone: {dot: rising}", "9:19: unknown value 'rising', expected 'increasing' or 'decreasing'; did you mean 'increasing'?"),
        ("monotone: {dot: {increases: true}}", "9:20: unknown key 'increases', expected 'increasing' or 'decreasing'; did you mean 'increasing'?"),
        ("monotone: {dot: {increasing: scal > 0}}", "9:32: unknown name 'scal' in property 'monotone'; did you mean 'scale'?"),
        ("monotone: {dot: {}}", "9:19: either 'increasing' or 'decreasing'"),
        ("bounded: {over: 1}", "9:13: unknown key 'over'; did you mean 'above'?"),
        ("bounded: {}", "9:3: `bounded` needs `below` or `above`"),
        ("bounded: {above: epsilon}", "9:20: unknown name 'epsilon' in property 'bounded'"),
        ("homogeneous: {scale: 1}", "9:3: missing key 'degree'"),
        ("homogeneous_in_x: {degree: 1, sale: 1}", "9:33: unknown parameter 'sale'; did you mean 'scale'?"),
        ("homogeneous: {degree: two}", "9:25: expected a whole number, got text 'two'"),
    ],
)  # fmt: skip
def test_a_statement_that_makes_no_sense(tmp_path: Path, statement: str, message: str) -> None:
    with pytest.raises(SpecErrors) as caught:
        spec(tmp_path, "scaled", statement)
    found = [str(error).splitlines()[0] for error in caught.value.errors]
    assert f"spec/neurons/scaled.yaml:{message}" in found
