"""PyTorch: any layer behaves as a module of `torch.nn` does, in every mode PyTorch has."""

import copy
import io
import math
import pickle

import pytest
import torch
from torch import Tensor, nn
from torch.func import functional_call, grad, hessian, jacrev, jvp, vmap

from nmn.torch import _closed_form
from tests.conformance.torch_layers import OPTIONS, SUBJECTS, Subject, call, randomised


@pytest.fixture(params=SUBJECTS, ids=str)
def subject(request: pytest.FixtureRequest) -> Subject:
    return request.param


@pytest.fixture(params=OPTIONS, ids=lambda o: ",".join(o) or "default")
def layer(request: pytest.FixtureRequest, subject: Subject) -> nn.Module:
    return randomised(subject.make(dtype=torch.float64, epsilon=0.1, **request.param))


def test_first_and_second_derivatives(layer: nn.Module, subject: Subject) -> None:
    function, point = call(layer, subject.input(2))
    assert torch.autograd.gradcheck(function, point)
    assert torch.autograd.gradgradcheck(function, point)


def test_no_block_of_samples_shows(
    layer: nn.Module, subject: Subject, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Blocks of two samples, and a last one, give what one block does, which the oracle judges."""
    function, point = call(layer, subject.input(7))
    upstream = torch.randn_like(function(*point))

    def values() -> tuple[Tensor, ...]:
        output = function(*point)
        return output, *torch.autograd.grad(output, point, upstream)

    whole = values()
    monkeypatch.setattr(_closed_form, "BLOCK_SIZE", 2 * upstream[0].numel())
    for ours, theirs in zip(values(), whole, strict=True):
        torch.testing.assert_close(ours, theirs)


def test_gradients_through_a_clamp_are_those_of_the_plain_expression(subject: Subject) -> None:
    """Where rounding makes a distance negative, nothing flows through it."""
    layer = subject.make(dtype=torch.float64)
    with torch.no_grad():
        layer.weight.fill_(1e8 / 3)
    function, point = call(layer, torch.full_like(subject.input(), 1e8 / 3))
    closed = torch.autograd.grad(function(*point).sum(), point)
    plain = torch.func.grad(lambda *p: function(*p).sum(), tuple(range(len(point))))(*point)
    for ours, theirs in zip(closed, plain, strict=True):
        torch.testing.assert_close(ours, theirs)


def test_a_graph_that_is_kept_gives_the_same_gradients_again(
    layer: nn.Module, subject: Subject
) -> None:
    """What was kept is overwritten by the last backward pass alone."""
    function, point = call(layer, subject.input())
    loss = function(*point).square().sum()
    first = torch.autograd.grad(loss, point, retain_graph=True)
    second = torch.autograd.grad(loss, point)
    for ours, theirs in zip(second, first, strict=True):
        assert torch.equal(ours, theirs)


@pytest.mark.parametrize("wanted", ["x", "weight", "bias", "alpha", "epsilon_param"])
def test_any_gradient_can_be_wanted_alone(subject: Subject, wanted: str) -> None:
    layer = randomised(subject.make(dtype=torch.float64, epsilon=0.1, learnable_epsilon=True))
    function, point = call(layer, subject.input())
    names = ["x", *(name for name, _ in layer.named_parameters())]
    every = dict(zip(names, torch.autograd.grad(function(*point).sum(), point), strict=True))
    alone = [p.detach().requires_grad_(n == wanted) for n, p in zip(names, point, strict=True)]
    (ours,) = torch.autograd.grad(function(*alone).sum(), alone[names.index(wanted)])
    torch.testing.assert_close(ours, every[wanted])


def test_gradients_of_an_empty_batch_are_zero(layer: nn.Module, subject: Subject) -> None:
    layer(subject.input(0)).sum().backward()
    assert all((p.grad == 0).all() for p in layer.parameters())


def test_function_transforms_agree_with_autograd(layer: nn.Module, subject: Subject) -> None:
    function, point = call(layer, subject.input())

    def loss(*point: Tensor) -> Tensor:
        return function(*point).square().sum()

    expected = torch.autograd.grad(loss(*point), point)
    argnums = tuple(range(len(point)))
    for ours, theirs in zip(grad(loss, argnums)(*point), expected, strict=True):
        torch.testing.assert_close(ours, theirs)
    x, parameters = point[0], point[1:]
    rows = vmap(lambda row: function(row, *parameters))(x)
    torch.testing.assert_close(rows, function(x, *parameters))
    directions = tuple(torch.ones_like(p) for p in point)
    _, tangent = jvp(loss, point, directions)
    total = sum((g * d).sum() for g, d in zip(expected, directions, strict=True))
    torch.testing.assert_close(tangent, total)


def test_hessian_is_symmetric_and_that_of_reverse_mode(subject: Subject) -> None:
    layer = randomised(subject.make(dtype=torch.float64, epsilon=0.1))
    function, (x, *parameters) = call(layer, subject.input(1))

    def loss(flat: Tensor) -> Tensor:
        return function(flat.view_as(x), *parameters).sum()

    flat = x.detach().flatten()
    forward_over_reverse = hessian(loss)(flat)
    torch.testing.assert_close(forward_over_reverse, forward_over_reverse.mT)
    torch.testing.assert_close(forward_over_reverse, jacrev(jacrev(loss))(flat))


def test_vmap_over_one_parameter_alone(subject: Subject) -> None:
    layer, x = subject.make(), subject.input(dtype=torch.float32)
    biases = torch.randn(7, *layer.bias.shape)
    outputs = vmap(lambda bias: functional_call(layer, {"bias": bias}, (x,)))(biases)
    expected = torch.stack([functional_call(layer, {"bias": b}, (x,)) for b in biases])
    torch.testing.assert_close(outputs, expected, rtol=1e-4, atol=1e-4)


def test_compile_without_graph_breaks(layer: nn.Module, subject: Subject) -> None:
    torch.compiler.reset()
    x = subject.input().requires_grad_()
    compiled = torch.compile(layer, fullgraph=True, backend="aot_eager")
    torch.testing.assert_close(compiled(x), layer(x))
    (ours,) = torch.autograd.grad(compiled(x).sum(), x)
    (theirs,) = torch.autograd.grad(layer(x).sum(), x)
    torch.testing.assert_close(ours, theirs)


def test_export_with_a_dynamic_batch(layer: nn.Module, subject: Subject) -> None:
    batch = torch.export.Dim("batch")
    program = torch.export.export(layer, (subject.input(),), dynamic_shapes=({0: batch},))
    x = subject.input(9)
    torch.testing.assert_close(program.module()(x), layer(x))


def test_state_dict_deepcopy_and_pickle(layer: nn.Module, subject: Subject) -> None:
    x = subject.input()
    twins = [copy.deepcopy(layer), pickle.loads(pickle.dumps(layer))]
    buffer = io.BytesIO()
    torch.save(layer.state_dict(), buffer)
    buffer.seek(0)
    fresh = copy.deepcopy(layer)
    fresh.reset_parameters()
    fresh.load_state_dict(torch.load(buffer))
    for twin in [*twins, fresh]:
        torch.testing.assert_close(twin(x), layer(x))


def test_meta_construction_then_reset_equals_construction(subject: Subject) -> None:
    options = {"learnable_epsilon": True, "positive_init": True, "freeze_kernel": True}
    layer = subject.make(device="meta", **options)
    assert all(p.is_meta for p in layer.parameters())
    layer = layer.to_empty(device="cpu")
    torch.manual_seed(0)
    layer.reset_parameters()
    torch.manual_seed(0)
    direct = subject.make(**options)
    for (name, ours), theirs in zip(layer.named_parameters(), direct.parameters(), strict=True):
        torch.testing.assert_close(ours, theirs, msg=name)
    assert not layer.weight.requires_grad


def test_shapes_are_known_without_data(subject: Subject) -> None:
    x = subject.input()
    expected = subject.make(dtype=x.dtype)(x).shape
    x = x.to("meta").requires_grad_()
    output = subject.make(dtype=x.dtype, device="meta")(x)
    assert output.is_meta and output.shape == expected
    output.sum().backward()
    assert x.grad.is_meta and x.grad.shape == x.shape


def test_device_and_dtype_place_every_parameter(subject: Subject) -> None:
    layer = subject.make(device="cpu", dtype=torch.float64, learnable_epsilon=True)
    assert {p.dtype for p in layer.parameters()} == {torch.float64}
    assert layer(subject.input()).dtype == torch.float64


def test_autocast_gives_its_dtype_and_computes_in_float32(subject: Subject) -> None:
    layer = subject.make()
    x = subject.input(dtype=torch.float32)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        output = layer(x)
    rounded = copy.deepcopy(layer)
    with torch.no_grad():
        rounded.weight.copy_(rounded.weight.bfloat16())
    assert output.dtype == torch.bfloat16
    expected = rounded(x.bfloat16().float()).bfloat16()
    torch.testing.assert_close(output, expected, rtol=2**-7, atol=1e-6)


def test_weight_decay_does_not_move_a_frozen_kernel(subject: Subject) -> None:
    layer = subject.make(freeze_kernel=True)
    before = layer.weight.detach().clone()
    optimizer = torch.optim.AdamW(layer.parameters(), lr=0.1, weight_decay=0.5)
    layer(subject.input(dtype=torch.float32)).sum().backward()
    optimizer.step()
    assert torch.equal(layer.weight, before)
    assert layer.bias is not None and (layer.bias != 0).any()


def test_dropconnect_is_active_in_training_only(subject: Subject) -> None:
    layer, x = subject.make(drop_rate=0.5), subject.input(dtype=torch.float32)
    plain = subject.make()
    plain.load_state_dict(layer.state_dict())
    layer.eval()
    assert torch.equal(layer(x), plain(x))
    layer.train()
    outputs = [layer(x) for _ in range(8)]
    assert any(not torch.equal(outputs[0], other) for other in outputs)


def test_constants_leave_no_parameter_behind(subject: Subject) -> None:
    layer = subject.make(constant_alpha=True, constant_bias=0.25)
    assert [name for name, _ in layer.named_parameters()] == ["weight"]
    x = subject.input(dtype=torch.float32)
    twin = subject.make()
    with torch.no_grad():
        twin.weight.copy_(layer.weight)
        twin.bias.fill_(0.25)
        twin.alpha.fill_(math.sqrt(2))
    torch.testing.assert_close(layer(x), twin(x))


def test_initialisers_are_honoured_again_on_reset(subject: Subject) -> None:
    layer = subject.make(bias_init=lambda b: nn.init.constant_(b, 7.0), kernel_init=nn.init.ones_)
    layer.reset_parameters()
    assert (layer.weight == 1).all() and (layer.bias == 7).all()


def test_an_integer_input_is_refused(subject: Subject) -> None:
    with pytest.raises(TypeError, match="input"):
        subject.make()(torch.ones(2, *subject.shape, dtype=torch.int64))
