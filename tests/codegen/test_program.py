"""Derivatives and programs of neurons that are not Yat: the generator knows no neuron."""

from pathlib import Path

import pytest

from codegen.frameworks.printing import Infix, infix_statements
from codegen.frameworks.torch_inplace import inplace_gradient, inplace_response
from codegen.math.neuron import NeuronMath
from codegen.math.program import forward_program, gradient_program
from codegen.math.residual import differentiate
from codegen.spec import load_specs
from codegen.spec.formula import parse
from codegen.spec.models import NeuronSpec, ParameterSpec

torch = pytest.importorskip("torch")

SPEC = Path(__file__).parents[2] / "spec"

UNIT = {"summary": "s", "axes": ["unit"]}
DISTANCE = "relu(sq_w - 2 * dot + sq_x)"
NEURONS = {
    "linear": ({"bias": {**UNIT, "init": "zeros", "absent": 0.0}}, {"response": "dot + bias"}),
    "polynomial": (
        {"gamma": {"summary": "s", "axes": [], "init": "ones"}, "c": {**UNIT, "init": "ones"}},
        {"response": "(gamma * dot + c)**3"},
    ),
    "gaussian": (
        {"gamma": {**UNIT, "init": 0.5, "positive": True}},
        {"sq_dist": DISTANCE, "response": "exp(-gamma * sq_dist)"},
    ),
    "multiquadric": (
        {"c": {"summary": "s", "axes": [], "value": 1.0, "positive": True}},
        {"sq_dist": DISTANCE, "response": "(sq_dist + c**2)**(-1/2)"},
    ),
    "cosine": (
        {"delta": {"summary": "s", "axes": [], "value": 0.1, "positive": True}},
        {"response": "dot / sqrt(sq_w * sq_x + delta)"},
    ),
    "signed": (
        {"epsilon": {"summary": "s", "axes": [], "value": 0.1, "positive": True}},
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
    from nmn.torch._closed_form import mask, sum_product

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
    wanted = [operands[n] for n in math.differentiable]
    gradients = torch.autograd.grad(expected, wanted, upstream)

    neuron_programs = differentiate(math)
    dot, given = operands["dot"].detach().clone(), {n: o.detach() for n, o in operands.items()}
    given |= {"torch": torch, "mask": mask, "sum_product": sum_product}
    empty = torch.empty(6, 4, dtype=torch.float64)
    response = inplace_response(neuron_programs)
    names = given | {"dot": dot, "other": empty}
    names |= {n: torch.empty_like(empty) for n in response.scratch_names}
    exec("\n".join(response.lines), names)
    found, residual = (dot, empty) if response.response == "dot" else (empty, dot)
    torch.testing.assert_close(found, expected.detach())

    scalars = frozenset(n for n, p in math.spec.parameters.items() if not p.axes)
    gradient = inplace_gradient(neuron_programs, frozenset(), scalars)
    names = given | {f"grad_{n}": torch.zeros_like(given[n]) for n in math.operands}
    names |= {"grad": upstream, neuron_programs.residual: residual}
    names |= {n: torch.empty_like(empty) for n in gradient.scratch_names}
    exec("\n".join(gradient.lines), names)
    names["grad_dot"] = residual * neuron_programs.dot_factor
    scale = neuron_programs.scale
    if neuron_programs.degrees is not None:
        names[f"grad_{scale}"] = sum(
            share * (given[n] * names[f"grad_{n}"]).sum()
            for n, share in neuron_programs.degrees.items()
        )
    for operand, theirs in zip(math.differentiable, gradients, strict=True):
        ours = names[f"grad_{operand}"]
        if scale is not None and operand != scale:
            ours = ours * given[scale]
        torch.testing.assert_close(ours, theirs, msg=f"{name}: {operand}")


def test_the_quotient_of_yat_is_kept_and_euler_gives_the_gradient_of_its_scale() -> None:
    programs = differentiate(NeuronMath(load_specs(SPEC).neurons["yat"]))
    assert (programs.residual, programs.scale, programs.clamps) == ("ratio", "alpha", True)
    assert programs.degrees == dict.fromkeys(("dot", "sq_x", "sq_w", "bias", "epsilon"), 1)
    assert [o.function for o in programs.gradient.operations] == ["mul", "mul", "add"]


def test_what_is_not_homogeneous_is_not_taken_for_it() -> None:
    spec = load_specs(SPEC).neurons["yat"]
    stated = spec.properties.model_copy(update={"homogeneous": {"degree": 4, "bias": 2}})
    programs = differentiate(NeuronMath(spec.model_copy(update={"properties": stated})))
    assert programs.degrees is None


@pytest.mark.parametrize("name", NEURONS)
def test_plain_statements_end_in_the_response(name: str) -> None:
    math = NeuronMath(neuron(name))
    functions = {f: f for f in ("relu", "exp", "sqrt", "rsqrt", "abs", "square", "sign")}
    infix = Infix(functions, "mask({value}, {switch})")
    lines = infix_statements(forward_program(math), infix, frozenset(math.formulas))
    assert lines[-1].startswith("return ")
