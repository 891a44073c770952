"""Wrong specs: what was wrong, where, and what would be right."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codegen.spec import SpecErrors, Specs, load_specs
from codegen.spec.schema import SCHEMA_COMMENT

ROOT = Path(__file__).parents[2]
# Lines are counted without the title, and the comment by which editors find the schema.
NEURON, LAYERS = (
    (ROOT / "spec" / path)
    .read_text(encoding="utf-8")
    .removeprefix(SCHEMA_COMMENT)
    .replace("title: Yat\n", "")
    for path in ("neurons/yat.yaml", "layers/nmn.yaml")
)
YAT, NMN = "spec/neurons/yat.yaml", "spec/layers/nmn.yaml"


def load(folder: Path, neuron: str, layers: str) -> Specs:
    """Load a folder with one neuron and one file of layers."""
    for name, text in (("neurons/yat.yaml", neuron), ("layers/nmn.yaml", layers)):
        target = folder / "spec" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
    return load_specs(folder / "spec")


def errors(folder: Path, neuron: str = NEURON, layers: str = LAYERS) -> list[str]:
    """The first line of every error."""
    with pytest.raises(SpecErrors) as caught:
        load(folder, neuron, layers)
    return [str(error).splitlines()[0] for error in caught.value.errors]


WRONG_NEURONS = [
    ("summary: Squared", "sumary: Squared", "3:1: unknown key 'sumary'; did you mean 'summary'?"),
    ("summary: Squared", "sumary: Squared", "1:1: missing key 'summary'"),
    (
        "alignment: dot + bias",
        "alignment: dot + biass",
        "28:20: unknown name 'biass' in formula 'alignment'; did you mean 'bias'?",
    ),
    ("dot + bias", "dot", "7:3: parameter 'bias' is not used"),
    (
        "init: zeros",
        "init: zeroes",
        "10:11: unknown value 'zeroes', expected 'zeros', 'ones' or a number; did you mean 'zeros'?",
    ),
    ("symbol: ⵟ", "symbol: ⵟ\nneuron: yat", "3:1: duplicate key 'neuron', first used in line 1"),
    ("axes: [unit]", "axes: unit", "9:11: expected a list, got text 'unit'"),
    ("axes: [unit]", "axes: [units]", "9:12: unknown value 'units', expected 'unit'; did you mean 'unit'?"),
    ("  alpha:\n", "  training:\n", "13:3: 'training' is an attribute of a framework's layers"),
    ("  alpha:\n", "  lambda:\n", "13:3: 'lambda' is a keyword of Python"),
    ("  alpha:\n", "  dot:\n", "13:3: 'dot' already has a meaning in formulas"),
    ("  alpha:\n", "  relu:\n", "13:3: 'relu' already has a meaning in formulas"),
    ("  alpha:\n", "  α:\n", "13:3: 'α' is not a plain identifier"),
    (
        "dot + bias",
        "dot + bias + response",
        "28:3: formulas refer to each other: alignment -> response -> alignment",
    ),
    ("dot + bias", "dot + bias + alignment", "28:3: formulas refer to each other: alignment -> alignment"),
    ("1.0e-5", "1e-5x", "23:12: expected a number, got text '1e-5x'"),
    ("1.0e-5", "small", "23:12: expected a number, got text 'small'"),
    ("1.0e-5", "-1e-5", "23:12: a positive parameter needs a value above 0"),
    ("positive: true", "positive: no", "24:15: expected true or false, got text 'no'"),
    ("positive: true", "positive: on", "24:15: expected true or false, got text 'on'"),
    ("positive: true", "positive: 1", "24:15: expected true or false, got 1"),
    ("absent: 0\n", "absent: 010\n", "11:13: leading zero: write 10, or '010' in quotes for text"),
    ("absent: 1\n", "absent: true\n", "17:13: expected a number, got true"),
    ("relu(", "rleu(", "29:12: unknown function 'rleu'; did you mean 'relu'?"),
    ("- 2 * dot)", "- 2 * dot, 1)", "29:12: relu takes 1 argument, got 2"),
    ("dot + bias", "dot + bias.real", "28:20: attribute is not part of the formula language"),
    ("dot + bias", "dot + bias[0]", "28:20: subscript is not part of the formula language"),
    ("dot + bias", "dot + bias % 2", "28:20: operator Mod is not part of the formula language"),
    ("dot + bias", "dot +", "28:14: not an expression: invalid syntax"),
    ("dot + bias", "dot + 1e40 * bias", "28:20: a number must be below 1e30"),
    ("dot + bias", "dot + β", "28:20: 'β' is not ASCII; formulas use plain names"),
    ("**2 /", "**2 if dot else 1 /", "30:13: ifexp is not part of the formula language"),
    ("**2 /", "**(dot > 1) /", "30:33: a condition is not part of the formula language"),
    ("neuron: yat", "neuron: &a yat", "1:9: YAML anchor: write the value itself"),
    ("neuron: yat", "neuron: !!str yat", "1:9: YAML tag: write the value itself"),
    ("neuron: yat", "neuron: yta", "1:9: neuron 'yta' must stand in a file yta.yaml"),
    ("  response:", "  respons:", "27:1: `math` must define `response`"),
    ("  response:", "  spare: dot\n  response:", "30:3: formula 'spare' is not used"),
    ("    init: ones\n", "", "13:3: parameter 'alpha' needs either `init` (trained) or `value` (a constant)"),
    ("{degree: 2, bias: 2", "{degree: 2, bais: 2", "36:28: unknown parameter 'bais'; did you mean 'bias'?"),
    ("sqrt(2)", "sqrt(dot)", "19:25: 'dot': `constant_true` is a number without names"),
    ("[learnable]", "[learnable, learnable]", "25:26: option 'learnable' occurs twice"),
    ("[learnable]", "[constant]", "25:15: 'constant' goes with `init`"),
    ("nonnegative: alpha", "nonnegative: alhpa", "33:16: unknown name 'alhpa' in property 'nonnegative'; did you mean 'alpha'?"),
    ("math:", "maths:", "27:1: unknown key 'maths'; did you mean 'math'?"),
]  # fmt: skip

WRONG_LAYERS = [
    ("neuron: yat", "neuron: yta", "6:13: unknown neuron 'yta'; did you mean 'yat'?"),
    (
        "keras: [",
        "kears: [",
        "4:7: unknown key 'kears', expected 'torch', 'keras', 'tf', 'linen' or 'nnx'; "
        "did you mean 'keras'?",
    ),
    ("dense}", "dens}", "7:22: unknown value 'dens', expected 'dense', 'convolution' or 'transposed_convolution'; did you mean 'dense'?"),
    ("name: YatNMN", "name: class", "2:11: 'class' is a keyword of Python"),
    ("name: YatNMN", "nam: YatNMN", "2:5: unknown key 'nam'; did you mean 'name'?"),
    ("[YatDense]\n      tf", "[YatNMN]\n      tf", "4:15: 'YatNMN' is already the name of a layer"),
    ("freeze_kernel,", "freeze_kernel, freeze_kernel,", "10:47: option 'freeze_kernel' occurs twice"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "message"), WRONG_NEURONS)
def test_wrong_neuron(tmp_path: Path, old: str, new: str, message: str) -> None:
    assert old in NEURON
    assert f"{YAT}:{message}" in errors(tmp_path, neuron=NEURON.replace(old, new, 1))


@pytest.mark.parametrize(("old", "new", "message"), WRONG_LAYERS)
def test_wrong_layers(tmp_path: Path, old: str, new: str, message: str) -> None:
    assert old in LAYERS
    assert f"{NMN}:{message}" in errors(tmp_path, layers=LAYERS.replace(old, new, 1))


def test_a_number_in_scientific_notation_is_a_number(tmp_path: Path) -> None:
    specs = load(tmp_path, NEURON.replace("1.0e-5", "1e-5"), LAYERS)
    assert specs.neurons["yat"].parameters["epsilon"].value == 1e-5


def test_all_errors_of_a_run_come_together_with_source_and_caret(tmp_path: Path) -> None:
    neuron = NEURON.replace("dot + bias", "dot + biass").replace("relu(", "rleu(")
    with pytest.raises(SpecErrors) as caught:
        load(tmp_path, neuron, LAYERS.replace("neuron: yat", "neuron: yta"))
    text = str(caught.value)
    assert f"{NMN}:6:13: unknown neuron 'yta'" in text
    source = next(line for line in neuron.splitlines() if "rleu(" in line)
    assert f"\n    {source}\n    {' ' * source.index('rleu')}^" in text


@pytest.mark.parametrize(("text", "message"), [("", "the file is empty"), ("a:\n\t- b", "YAML: ")])
def test_files_that_are_not_yaml(tmp_path: Path, text: str, message: str) -> None:
    assert any(message in error for error in errors(tmp_path, neuron=text))


def test_a_folder_without_specs_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(SpecErrors, match="no layer"):
        load_specs(tmp_path)


@settings(max_examples=200)
@given(
    start=st.integers(0, len(NEURON)),
    length=st.integers(0, 30),
    text=st.one_of(
        st.text(max_size=8),
        st.sampled_from(
            ["[" * 60, "(" * 300, "9" * 400, "-" * 3, "\n", ": ", "{a: *b}", "\x00", "é"]
        ),
    ),
)
def test_any_edit_ends_in_specs_or_in_positioned_errors(
    tmp_path_factory: pytest.TempPathFactory, start: int, length: int, text: str
) -> None:
    folder = tmp_path_factory.mktemp("edit")
    edited = NEURON[:start] + text + NEURON[start + length :]
    try:
        load(folder, edited.encode("utf-8", "ignore").decode(), LAYERS)
    except SpecErrors as caught:
        assert caught.errors
        assert all(e.position.line >= 1 and e.position.column >= 1 for e in caught.errors)
