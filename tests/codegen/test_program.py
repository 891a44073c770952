"""Derivatives and programs of neurons that are not Yat: the generator knows no neuron."""

import pytest

from codegen.frameworks.printing import Infix, infix_statements
from codegen.frameworks.torch_inplace import inplace_statements
from codegen.math.neuron import NeuronMath
from codegen.math.program import forward_program, gradient_program
from codegen.spec.formula import parse
from codegen.spec.models import NeuronSpec, ParameterSpec

torch = pytest.importorskip("torch")

UNIT = {"summary": "s", "axes": ["unit"]}
DISTANCE = "relu(sq_w - 2 * dot + sq_x)"
NEURONS = {
    "linear": ({"bias": {**UNIT, "init": "zeros", "absent": 0.0}}, {"response": "dot + bias"}),
    "polynomial": (
        {"gamma": {"summary": "s", "axes": [], "init": "ones"}, "c": {**UNIT, "init": "ones"}},
        {"response": "(gamma * dot + c)**3"},
    ),
    "gaussian": (
        {"gamma": {**UNIT, "init": "ones", "positive": True}},
        {"sq_dist": DISTANCE, "response": "exp(-gamma * sq_dist)"},
    ),
    "multiquadric": (
        {"c": {"summary": "s", "axes": [], "value": 1.0}},
        {"sq_dist": DISTANCE, "response": "(sq_dist + c**2)**(-1/2)"},
    ),
    "cosine": (
        {"delta": {"summary": "s", "axes": [], "value": 0.1}},
        {"response": "dot / sqrt(sq_w * sq_x + delta)"},
    ),
    "signed": (
        {"epsilon": {"summary": "s", "axes": [], "value": 0.1}},
        {
            "sq_dist": DISTANCE,
            "response": "dot * abs(dot) / (epsilon + sq_dist)",
        },
    ),
}


def neuron(name: str) -> NeuronSpec:
    parameters, math = NEURONS[name]
    return NeuronSpec(
        neuron=name,
        summary="s",
        reference="r",
        parameters={k: ParameterSpec(**v) for k, v in parameters.items()},
        math={k: parse(v) for k, v in math.items()},
    )


def random_operands(math: NeuronMath) -> dict[str, object]:
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(6, 3, dtype=torch.float64, generator=generator)
    w = torch.randn(4, 3, dtype=torch.float64, generator=generator)
    operands = {"dot": x @ w.T, "sq_x": (x * x).sum(1, keepdim=True), "sq_w": (w * w).sum(1)}
    for name, parameter in math.spec.parameters.items():
        operands[name] = torch.rand(4 if parameter.axes else (), dtype=torch.float64) + 0.5
    return {name: operands[name].requires_grad_() for name in math.operands}


@pytest.mark.parametrize("name", NEURONS)
def test_in_place_programs_compute_the_response_and_its_gradient(name: str) -> None:
    """What the generated statements do is what autograd does with the plain expression."""
    from nmn.torch._contraction import mask, sum_product

    math = NeuronMath(neuron(name))
    if not gradient_program(math).operations:
        pytest.skip("linear in its operands: plain autograd is the closed form")
    operands = random_operands(math)
    functions = {"relu": torch.relu, "exp": torch.exp, "sqrt": torch.sqrt, "abs": torch.abs}
    plain: dict[str, object] = {**functions, **operands}
    for formula, definition in math.spec.math.items():
        plain[formula] = eval(definition.text, {"__builtins__": {}}, plain)
    expected = plain["response"]
    upstream = torch.randn_like(expected)
    gradients = torch.autograd.grad(expected, list(operands.values()), upstream)

    response = inplace_statements(forward_program(math), "output")
    names = {n: o.detach() for n, o in operands.items()}
    names |= {"torch": torch, "mask": mask, "sum_product": sum_product}
    names |= {"output": torch.empty(6, 4, dtype=torch.float64)}
    names |= {"scratch": torch.empty(response.scratch, 6, 4, dtype=torch.float64)}
    exec("\n".join(response.lines), names)
    torch.testing.assert_close(names["output"], expected.detach())

    gradient = inplace_statements(gradient_program(math), "grad_dot")
    names |= {f"grad_{n}": torch.zeros_like(names[n]) for n in math.operands}
    names |= {"grad": upstream}
    names |= {"scratch": torch.empty(gradient.scratch, 6, 4, dtype=torch.float64)}
    exec("\n".join(gradient.lines), names)
    for operand, theirs in zip(math.operands, gradients, strict=True):
        torch.testing.assert_close(names[f"grad_{operand}"], theirs, msg=f"{name}: {operand}")


@pytest.mark.parametrize("name", NEURONS)
def test_plain_statements_end_in_the_response(name: str) -> None:
    math = NeuronMath(neuron(name))
    functions = {f: f for f in ("relu", "exp", "sqrt", "rsqrt", "abs", "square", "sign")}
    infix = Infix(functions, "mask({value}, {switch})")
    lines = infix_statements(forward_program(math), infix, frozenset(math.formulas))
    assert lines[-1].startswith("return ")
