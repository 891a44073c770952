"""PyTorch: cells of any equations and neurons give what their equations say, and its gradients."""

import importlib
import sys
from typing import Any

import pytest
import torch
from torch import Tensor

from codegen.plans.cell import CellPlan
from tests.conformance.stepwise_cells import CELLS, by_equations, generate

PACKAGE = "stepwise_cells_torch"
STEPS, SAMPLES, INPUTS, UNITS = 4, 3, 2, 5


@pytest.fixture(scope="module")
def plans(tmp_path_factory: pytest.TempPathFactory) -> dict[str, CellPlan]:
    folder = tmp_path_factory.mktemp("cells")
    found = generate(folder, PACKAGE)
    sys.path.insert(0, str(folder))
    return found


def numbers(*shape: int, seed: int) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(shape, dtype=torch.float64, generator=generator)


def made(name: str) -> Any:
    """A layer at whose parameters responses are neither all small nor all large."""
    layer = getattr(importlib.import_module(f"{PACKAGE}.torch"), name)(INPUTS, UNITS)
    layer = layer.double()
    with torch.no_grad():
        for i, parameter in enumerate(layer.parameters()):
            value = numbers(*parameter.shape, seed=i)
            parameter.copy_(0.5 * value if parameter.dim() else value.abs() + 0.5)
    return layer


@pytest.mark.parametrize("name", CELLS)
def test_values_and_gradients(
    name: str, plans: dict[str, CellPlan], monkeypatch: pytest.MonkeyPatch
) -> None:
    plan, layer = plans[name], made(name)
    x = numbers(STEPS, SAMPLES, INPUTS, seed=20).requires_grad_()
    states = [
        numbers(SAMPLES, UNITS, seed=30 + i).requires_grad_() for i in range(len(plan.states))
    ]
    point = [x, *states, *layer.parameters()]

    def gradients(output: Tensor, after: list[Tensor]) -> tuple[Tensor, ...]:
        loss = (output * numbers(*output.shape, seed=40)).sum()
        loss = loss + sum((s * numbers(*s.shape, seed=41 + i)).sum() for i, s in enumerate(after))
        found = torch.autograd.grad(loss, point, allow_unused=True, materialize_grads=True)
        return output, *after, *found

    hx = tuple(s.unsqueeze(0) for s in states)
    output, found = layer(x, hx if len(hx) > 1 else hx[0])
    after = [s[0] for s in ((found,) if isinstance(found, Tensor) else found)]
    expected = gradients(*by_equations(plan, layer, x, states))
    for ours, theirs in zip(gradients(output, after), expected, strict=True):
        scale = theirs.detach().abs().max().item()
        torch.testing.assert_close(ours, theirs, rtol=1e-9, atol=1e-11 * scale)
    assert (layer.equations.forward is not None) == CELLS[name].get("steps", True)


@pytest.mark.parametrize("name", ["Plain", "Roleless", "Gate", "Mixed", "TwoStates", "NewState"])
def test_the_closed_form_is_what_is_used(
    name: str, plans: dict[str, CellPlan], monkeypatch: pytest.MonkeyPatch
) -> None:
    module = importlib.import_module(f"{PACKAGE}.torch._through_time")
    monkeypatch.setattr(module, "_differentiate", None)
    layer = made(name)
    layer(numbers(STEPS, SAMPLES, INPUTS, seed=20))[0].sum().backward()
    assert layer.weight_hh_l0.grad is not None
