"""Derivatives and programs of neurons nobody wrote: the generator knows no neuron.

What generated PyTorch does, in place and in closed form, is what autograd does with the formulas
as they stand in the spec.
"""

import ast
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import Phase, assume, given, settings
from hypothesis import strategies as st

from codegen.frameworks.torch import Torch
from codegen.math.neuron import NeuronMath
from codegen.math.residual import differentiate
from codegen.plans.layer import NeuronPlan
from codegen.render.environment import environment
from codegen.spec import load_specs
from codegen.spec.formula import parse
from codegen.spec.models import NeuronSpec, ParameterSpec

torch = pytest.importorskip("torch")

SPEC = Path(__file__).parents[2] / "spec"

PARAMETERS = {
    "bias": {"axes": ["unit"], "init": "zeros", "absent": 0.0},
    "scale": {"axes": [], "init": "ones", "absent": 1.0},
    "gamma": {"axes": ["unit"], "init": 0.5, "positive": True},
    "shift": {"axes": [], "init": 0.3, "absent": 2.0},
    "epsilon": {"axes": [], "value": 0.1, "positive": True, "options": ["learnable"]},
    "delta": {"axes": [], "value": 0.2, "positive": True},
    "degree": {"axes": [], "value": 3.0, "positive": True, "integer": True},
}
DISTANCE = "relu(sq_w - 2 * dot + sq_x)"
NEURONS = {
    "identity": {"response": "dot"},
    "linear": {"response": "dot + bias"},
    "scaled": {"value": "scale * dot", "response": "value"},
    "doubled": {"response": "tanh(2 * scale * dot)"},
    "sign": {"response": "sign(dot)"},
    "polynomial": {"response": "(scale * dot + bias)**degree"},
    "gaussian": {"sq_dist": DISTANCE, "response": "exp(-gamma * sq_dist)"},
    "multiquadric": {"sq_dist": DISTANCE, "response": "(sq_dist + delta**2)**(-1/2)"},
    "cosine": {"response": "dot / sqrt(sq_w * sq_x + delta)"},
    "student": {
        "sq_dist": DISTANCE,
        "response": "(1 + sq_dist / epsilon)**(-(epsilon + 1) / 2)",
    },
    "signed": {
        "alignment": "dot + bias",
        "sq_dist": DISTANCE,
        "response": "scale * alignment * abs(alignment) / (epsilon + sq_dist)",
    },
    "counting": {"response": "tanh(dot / sqrt(inputs)) * pi / units + maximum(dot, shift)"},
    "choosing": {
        "distance": f"sqrt({DISTANCE})",
        "response": "where(dot >= shift, log1p(distance), sin(dot) * distance)",
    },
    "broken power": {"response": "relu(dot)**gamma + abs(dot)**0.3 * arctan(dot)"},
}


def neuron(math: Mapping[str, str]) -> NeuronSpec:
    formulas = {name: parse(text) for name, text in math.items()}
    used = {name for formula in formulas.values() for name in formula.names}
    parameters = {
        name: ParameterSpec(summary="s", **rest)
        for name, rest in PARAMETERS.items()
        if name in used
    }
    return NeuronSpec(
        neuron="odd", summary="s", reference="r", parameters=parameters, math=formulas
    )


def generated(plan: NeuronPlan) -> Any:
    """What the module of the neuron defines, unformatted and run at once."""
    template = environment("nmn").get_template("torch/neuron.py.j2")
    names: dict[str, Any] = {}
    exec(template.render(neuron=Torch().neuron(plan)), names)
    return names["odd"]


def where_positive(x: Any, function: Any, otherwise: float) -> Any:
    safe = torch.where(x > 0, x, 1.0)
    return torch.where(x > 0, function(safe), torch.full_like(x, otherwise))


def power(base: Any, exponent: Any) -> Any:
    """A whole power of anything; another counts what is not positive as 0."""
    if isinstance(exponent, int) or (isinstance(exponent, float) and exponent == int(exponent)):
        return base**exponent
    if not isinstance(base, torch.Tensor):
        base = torch.tensor(float(base), dtype=torch.float64)
    return where_positive(base, lambda x: x**exponent, 0.0)


FUNCTIONS = {
    **{n: getattr(torch, n) for n in ("abs", "arcsinh", "arctan", "cos", "exp", "expm1", "log1p")},
    **{n: getattr(torch, n) for n in ("maximum", "minimum", "relu", "sigmoid", "sign", "sin")},
    "tanh": torch.tanh,
    "softplus": torch.nn.functional.softplus,
    "sqrt": lambda x: where_positive(x, torch.sqrt, 0.0),
    "log": lambda x: where_positive(x, torch.log, -torch.inf),
    "where": torch.where,
}


def evaluate(node: ast.expr, names: Mapping[str, Any]) -> Any:
    """A formula, read from its syntax tree; functions take tensors."""
    match node:
        case ast.Name(id="pi"):
            return torch.pi
        case ast.Name(id=name):
            return names[name]
        case ast.Constant(value=value):
            return value
        case ast.UnaryOp(operand=operand):
            return -evaluate(operand, names)
        case ast.Compare(left=left, ops=[order], comparators=[right]):
            sign = {ast.Gt: torch.gt, ast.GtE: torch.ge, ast.Lt: torch.lt, ast.LtE: torch.le}
            return sign[type(order)](*map(tensor, (evaluate(left, names), evaluate(right, names))))
        case ast.BinOp(left=left, op=operator, right=right):
            one, other = evaluate(left, names), evaluate(right, names)
            match operator:
                case ast.Add():
                    return one + other
                case ast.Sub():
                    return one - other
                case ast.Mult():
                    return one * other
                case ast.Div():
                    return tensor(one) / other
            return power(one, other)
        case ast.Call(func=ast.Name(id=name), args=arguments):
            return FUNCTIONS[name](*(tensor(evaluate(a, names)) for a in arguments))
    raise TypeError(ast.dump(node))


def tensor(value: Any) -> Any:
    number = isinstance(value, int | float)
    return torch.tensor(float(value), dtype=torch.float64) if number else value


def assert_generated_code_is_the_formula(spec: NeuronSpec, absent: bool) -> None:
    """Value and every gradient, of random operands and once where x = w."""
    from nmn.torch._closed_form import respond
    from nmn.torch._contraction import Dense

    plan = NeuronPlan(spec, "spec/neurons/odd.yaml")
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(6, 3, dtype=torch.float64, generator=generator).requires_grad_()
    w = torch.randn(4, 3, dtype=torch.float64, generator=generator).requires_grad_()
    given: dict[str, Any] = {}
    for name, parameter in spec.parameters.items():
        size = (4,) if parameter.axes else ()
        value = torch.rand(size, dtype=torch.float64, generator=generator) + 0.5
        given[name] = int(parameter.value or 0) if parameter.integer else value.requires_grad_()
        if absent and parameter.absent is not None:
            given[name] = None
    numbers = {"inputs": 3, "units": 4}
    names: dict[str, Any] = {"dot": x @ w.T, "sq_x": (x * x).sum(1, keepdim=True)}
    names |= numbers | {"sq_w": (w * w).sum(1)} | given
    names |= {n: spec.parameters[n].absent for n, value in given.items() if value is None}
    for name in plan.math.formulas:
        names[name] = evaluate(spec.math[name].tree, names)
    expected = names["response"] + torch.zeros_like(names["dot"])
    if not (torch.isfinite(expected).all() and expected.abs().max() < 1e6):
        return  # Nothing to compare.
    wanted = [
        x,
        w,
        *(p for n, p in given.items() if n in plan.math.differentiable if p is not None),
    ]
    upstream = torch.randn(expected.shape, dtype=torch.float64, generator=generator)
    gradients = torch.autograd.grad(expected, wanted, upstream, allow_unused=True)

    operands = (given[n] if n in given else numbers[n] for n in plan.math.settings)
    made = generated(plan)
    primitives = {n: names[n] for n in ("dot", "sq_x", "sq_w")}
    plain = made.response(*((primitives | given | numbers)[n] for n in plan.math.operands))
    torch.testing.assert_close(plain + torch.zeros_like(expected), expected, rtol=1e-9, atol=1e-9)
    found = respond(made, Dense(), x, w, *operands)
    torch.testing.assert_close(found, expected, rtol=1e-9, atol=1e-9)
    ours = torch.autograd.grad(found, wanted, upstream, allow_unused=True)
    for one, other, operand in zip(ours, gradients, wanted, strict=True):
        theirs = torch.zeros_like(operand) if other is None else other
        size = float(theirs.abs().max()) + 1
        if not size < 1e8:
            return
        torch.testing.assert_close(
            torch.zeros_like(operand) if one is None else one, theirs, rtol=1e-8, atol=1e-9 * size
        )


@pytest.mark.parametrize("absent", [False, True])
@pytest.mark.parametrize("name", NEURONS)
def test_generated_code_is_the_formula(name: str, absent: bool) -> None:
    assert_generated_code_is_the_formula(neuron(NEURONS[name]), absent)


def _formulas() -> st.SearchStrategy[str]:
    leaves = st.sampled_from(
        ["dot", "dot", "sq_x", "sq_w", "inputs", "units", "pi", "0.5", "2", *PARAMETERS]
    )
    one = ["abs", "arcsinh", "arctan", "cos", "exp", "expm1", "log", "relu", "sigmoid", "sign"]
    one += ["sin", "softplus", "sqrt", "tanh"]

    def larger(part: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
        return st.one_of(
            st.builds("{}({})".format, st.sampled_from(one), part),
            st.builds("log1p(abs({}))".format, part),
            st.builds("({} {} {})".format, part, st.sampled_from("+-*/"), part),
            st.builds("({})**{}".format, part, st.sampled_from(["2", "3", "0.5", "degree"])),
            st.builds("relu({})**gamma".format, part),
            st.builds("(1 + abs({}))**({})".format, part, st.sampled_from(["-0.5", "bias"])),
            st.builds("{}({}, {})".format, st.sampled_from(["maximum", "minimum"]), part, part),
            st.builds("where({} > {}, {}, {})".format, part, part, part, part),
        )

    return st.recursive(leaves, larger, max_leaves=6)


@settings(max_examples=100, phases=[Phase.generate])
@given(formula=_formulas(), absent=st.booleans())
def test_generated_code_is_any_formula(formula: str, absent: bool) -> None:
    text = f"{formula} + tanh(dot)"
    assume(len(text) < 200)
    assert_generated_code_is_the_formula(neuron({"response": text}), absent)


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


def test_a_linear_neuron_keeps_nothing() -> None:
    assert differentiate(NeuronMath(neuron(NEURONS["linear"]))).residual is None
