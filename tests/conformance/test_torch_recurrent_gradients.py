"""PyTorch: gradients through time, in every mode and precision that PyTorch has."""

import copy

import pytest
import torch
from torch import Tensor
from torch.func import functional_call, grad, jvp, vmap
from torch.nn.utils.rnn import (
    pack_padded_sequence,
)

from nmn.torch import _through_time
from tests.conformance.torch_recurrent import (
    INPUTS,
    NAMES,
    SAMPLES,
    STEPS,
    STEPWISE,
    UNITS,
    assert_same,
    layer_of,
    packed,
    random,
    states_of,
    tensors,
)


@pytest.fixture(params=NAMES)
def name(request: pytest.FixtureRequest) -> str:
    return request.param


def test_gradients_of_packed_sequences(name: str) -> None:
    """What is padded gets no gradient, and the rest what it gets alone."""
    layer, lengths = layer_of(name, bidirectional=True), [2, 5, 1]
    x = random(5, 3, INPUTS).requires_grad_()
    sequence = pack_padded_sequence(x, torch.tensor(lengths), enforce_sorted=False)
    output, states = layer(sequence)
    loss = output.data.square().sum() + sum(s.sum() for s in tensors(states))
    ours = torch.autograd.grad(loss, [x, *layer.parameters()])
    total = torch.zeros(())
    for i, length in enumerate(lengths):
        output, states = layer(x[:length, i])
        total = total + output.square().sum() + sum(s.sum() for s in tensors(states))
    for left, right in zip(ours, torch.autograd.grad(total, [x, *layer.parameters()]), strict=True):
        assert_same(left, right)


def test_first_and_second_derivatives(name: str) -> None:
    layer, x = layer_of(name, 2, 2), random(2, 2, 2).requires_grad_()
    hx = tuple(s.requires_grad_() for s in tensors(states_of(name, 1, 2, 2)))
    names = [n for n, _ in layer.named_parameters()]
    values = [p.detach().clone().requires_grad_() for p in layer.parameters()]

    def function(x: Tensor, *rest: Tensor) -> tuple[Tensor, ...]:
        states, parameters = rest[: len(hx)], dict(zip(names, rest[len(hx) :], strict=True))
        output, after = functional_call(layer, parameters, (x, packed(states)))
        return output, *tensors(after)

    assert torch.autograd.gradcheck(function, (x, *hx, *values))
    assert torch.autograd.gradgradcheck(function, (x, *hx, *values))


@pytest.mark.parametrize("name", STEPWISE)
@pytest.mark.parametrize("left_out", [(), ("bias",), ("alpha",), ("bias", "alpha")], ids=str)
def test_closed_form_and_plain_differentiation_agree(
    name: str, left_out: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    layer = layer_of(name, **dict.fromkeys(left_out, False))
    x = random(STEPS, SAMPLES, INPUTS).requires_grad_()
    hx = packed(tuple(s.requires_grad_() for s in tensors(states_of(name, 1, SAMPLES, UNITS))))
    point = [x, *tensors(hx), *layer.parameters()]

    def values() -> list[Tensor]:
        output, states = layer(x, hx)
        loss = (output * random(*output.shape, seed=5)).sum()
        loss = loss + sum((s * random(*s.shape, seed=6)).sum() for s in tensors(states))
        return [output, *torch.autograd.grad(loss, point)]

    with monkeypatch.context() as patch:
        patch.setattr(_through_time, "_differentiate", None)
        ours = values()
    monkeypatch.setattr(_through_time, "closed_form_applies", lambda _: False)
    for left, right in zip(ours, values(), strict=True):
        assert_same(left, right)


@pytest.mark.parametrize("name", STEPWISE)
def test_negative_responses_count_as_none(name: str) -> None:
    """A negative scale makes all responses negative: gates are shut, and nothing flows."""
    layer = layer_of(name)
    with torch.no_grad():
        layer.alpha_l0.fill_(-1.0)
    x = random(STEPS, SAMPLES, INPUTS).requires_grad_()
    output, states = layer(x)
    gradients = torch.autograd.grad(output.sum() + tensors(states)[0].sum(), [x])
    assert torch.isfinite(output).all()
    assert (gradients[0] == 0).all()


@pytest.mark.parametrize("name", STEPWISE)
def test_distances_of_zero(name: str) -> None:
    """Where rounding makes distances negative, gradients are those of the plain expression."""
    layer = layer_of(name)
    with torch.no_grad():
        layer.weight_ih_l0.fill_(1e8 / 3)
        layer.weight_hh_l0.zero_()
    x = torch.full((2, 2, INPUTS), 1e8 / 3, dtype=torch.float64, requires_grad=True)
    hx = packed(
        tuple(torch.zeros(1, 2, UNITS, dtype=torch.float64) for _ in tensors(states_of(name, 1)))
    )
    (ours,) = torch.autograd.grad(layer(x, hx)[0].sum(), x)
    theirs = grad(lambda x: layer(x, hx)[0].sum())(x)
    assert_same(ours, theirs)


def test_a_graph_that_is_kept_gives_the_same_gradients_again(name: str) -> None:
    layer, x = layer_of(name), random(STEPS, SAMPLES, INPUTS).requires_grad_()
    loss = layer(x)[0].square().sum()
    first = torch.autograd.grad(loss, [x, *layer.parameters()], retain_graph=True)
    second = torch.autograd.grad(loss, [x, *layer.parameters()])
    for ours, theirs in zip(second, first, strict=True):
        assert torch.equal(ours, theirs)


def test_any_gradient_can_be_wanted_alone(name: str) -> None:
    layer = layer_of(name)
    x = random(STEPS, SAMPLES, INPUTS).requires_grad_()
    point = {"x": x, **dict(layer.named_parameters())}
    every = dict(zip(point, torch.autograd.grad(layer(x)[0].sum(), point.values()), strict=True))
    for key, value in point.items():
        for other in point.values():
            other.requires_grad_(other is value)
        (alone,) = torch.autograd.grad(layer(x)[0].sum(), [value])
        assert_same(alone, every[key])


def test_nothing_is_recorded_without_gradients(name: str) -> None:
    layer, x = layer_of(name), random(STEPS, SAMPLES, INPUTS)
    expected, _ = layer(x)
    with torch.no_grad():
        output, _ = layer(x)
    assert not output.requires_grad
    assert torch.equal(output, expected.detach())


def test_function_transforms(name: str) -> None:
    layer, x = layer_of(name), random(STEPS, SAMPLES, INPUTS)

    def loss(x: Tensor) -> Tensor:
        return layer(x)[0].square().sum()

    expected = torch.autograd.grad(loss(x.requires_grad_()), x)[0]
    x = x.detach()
    assert_same(grad(loss)(x), expected)
    _, tangent = jvp(loss, (x,), (torch.ones_like(x),))
    assert_same(tangent, expected.sum())
    alone = vmap(lambda sample: layer(sample)[0], in_dims=1, out_dims=1)(x)
    assert_same(alone, layer(x)[0])


@pytest.mark.parametrize("name", ["YatGRU", "YatMinLSTM"])
def test_compiles_without_graph_breaks(name: str) -> None:
    torch.compiler.reset()
    layer, x = layer_of(name), random(2, SAMPLES, INPUTS).requires_grad_()
    compiled = torch.compile(layer, fullgraph=True, backend="aot_eager")
    assert_same(compiled(x)[0], layer(x)[0])
    (ours,) = torch.autograd.grad(compiled(x)[0].sum(), x)
    (theirs,) = torch.autograd.grad(layer(x)[0].sum(), x)
    assert_same(ours, theirs)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16], ids=str)
def test_half_precision(name: str, dtype: torch.dtype) -> None:
    """Computed in float32: outputs are those of the rounded operands, rounded once."""
    layer = layer_of(name, dtype=dtype)
    wide = copy.deepcopy(layer).float()
    x = random(STEPS, SAMPLES, INPUTS).to(dtype)
    output, states = layer(x)
    expected, _ = wide(x.float())
    assert output.dtype == tensors(states)[0].dtype == dtype
    torch.testing.assert_close(output, expected.to(dtype), rtol=torch.finfo(dtype).eps, atol=1e-6)
    output.sum().backward()
    assert all(p.grad.dtype == dtype and torch.isfinite(p.grad).all() for p in layer.parameters())


def test_autocast_rounds_as_torch_does(name: str) -> None:
    layer = layer_of(name, dtype=torch.float32)
    x = random(STEPS, SAMPLES, INPUTS, dtype=torch.float32)
    with torch.autocast("cpu", torch.bfloat16):
        output, states = layer(x)
    assert output.dtype == tensors(states)[0].dtype == torch.bfloat16
    torch.testing.assert_close(output.float(), layer(x)[0], rtol=0.1, atol=0.1)
    output.float().sum().backward()
    assert all(p.grad.dtype == torch.float32 for p in layer.parameters())


def test_an_empty_batch(name: str) -> None:
    layer = layer_of(name)
    output, states = layer(torch.zeros(STEPS, 0, INPUTS, dtype=torch.float64))
    assert output.shape == (STEPS, 0, UNITS)
    assert tensors(states)[0].shape == (1, 0, UNITS)
    output.sum().backward()
    assert all((p.grad == 0).all() for p in layer.parameters() if p.grad is not None)
