"""PyTorch: the layer behaves as `nn.Linear` does, in every mode PyTorch has."""

import copy
import io
import math
import pickle
from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.func import functional_call, grad, hessian, jacrev, jvp, vmap

from benchmarks.dense_torch import saved_units
from nmn.torch import YatNMN, _closed_form
from nmn.torch.nmn import YatNMN as FromModule
from nmn.weights import to_canonical
from tests.conformance.definition import oracle_values

OPTIONS: list[dict[str, object]] = [
    {},
    {"bias": False, "alpha": False},
    {"scalar_bias": True, "softplus_bias": True, "learnable_epsilon": True},
    {"constant_bias": 0.5, "constant_alpha": True},
    {"spherical": True},
    {"weight_normalized": True},
]


def definition(layer: YatNMN, x: Tensor) -> np.ndarray:
    """What the oracle says of the layer's own weights and of `x`."""
    rows = x.detach().double().reshape(-1, layer.in_features).numpy()
    arrays = to_canonical(copy.deepcopy(layer).double())
    values = oracle_values("YatNMN", rows, arrays, epsilon=layer.epsilon)
    return values.reshape(*x.shape[:-1], layer.out_features)


def randomised(layer: YatNMN) -> YatNMN:
    """A zero bias hides a missing one: make every parameter random."""
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for parameter in layer.parameters():
            parameter.add_(0.3 * torch.randn(parameter.shape, generator=generator).to(parameter))
    return layer


@pytest.fixture(params=OPTIONS, ids=lambda o: ",".join(o) or "default")
def layer(request: pytest.FixtureRequest) -> YatNMN:
    return randomised(YatNMN(5, 3, dtype=torch.float64, epsilon=0.1, **request.param))


def call(layer: YatNMN) -> tuple[Callable[..., Tensor], tuple[Tensor, ...]]:
    """The layer as a function of its input and parameters, and a point to evaluate it at."""
    names = [name for name, _ in layer.named_parameters()]
    values = tuple(p.detach().clone().requires_grad_() for p in layer.parameters())
    x = torch.randn(4, 5, dtype=torch.float64, generator=torch.Generator().manual_seed(1))

    def function(x: Tensor, *parameters: Tensor) -> Tensor:
        return functional_call(layer, dict(zip(names, parameters, strict=True)), (x,))

    return function, (x.requires_grad_(), *values)


def test_first_and_second_derivatives(layer: YatNMN) -> None:
    function, point = call(layer)
    assert torch.autograd.gradcheck(function, point)
    assert torch.autograd.gradgradcheck(function, point)


def test_no_block_of_rows_shows(layer: YatNMN, monkeypatch: pytest.MonkeyPatch) -> None:
    """Blocks of two rows, and a last one, give what one block does, which the oracle judges."""
    function, (_, *parameters) = call(layer)
    x, upstream = torch.randn(7, 5).double(), torch.randn(7, 3).double()
    point = (x.requires_grad_(), *parameters)

    def values() -> tuple[Tensor, ...]:
        output = function(*point)
        return output, *torch.autograd.grad(output, point, upstream)

    whole = values()
    monkeypatch.setattr(_closed_form, "BLOCK_SIZE", 2 * layer.out_features)
    for ours, theirs in zip(values(), whole, strict=True):
        torch.testing.assert_close(ours, theirs)


def test_gradients_of_an_empty_batch_are_zero(layer: YatNMN) -> None:
    layer(torch.empty(0, 5, dtype=torch.float64)).sum().backward()
    assert all((p.grad == 0).all() for p in layer.parameters())


def test_function_transforms_agree_with_autograd(layer: YatNMN) -> None:
    function, point = call(layer)

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


def test_hessian_is_symmetric_and_that_of_reverse_mode(layer: YatNMN) -> None:
    function, (x, *parameters) = call(layer)

    def loss(row: Tensor) -> Tensor:
        return function(row, *parameters).sum()

    forward_over_reverse = hessian(loss)(x[0])
    torch.testing.assert_close(forward_over_reverse, forward_over_reverse.mT)
    torch.testing.assert_close(forward_over_reverse, jacrev(jacrev(loss))(x[0]))


def test_vmap_over_one_parameter_alone() -> None:
    layer = YatNMN(5, 3)
    x = torch.randn(4, 5)
    biases = torch.randn(7, 3)
    outputs = vmap(lambda bias: functional_call(layer, {"bias": bias}, (x,)))(biases)
    expected = torch.stack([functional_call(layer, {"bias": b}, (x,)) for b in biases])
    torch.testing.assert_close(outputs, expected)


def test_compile_without_graph_breaks(layer: YatNMN) -> None:
    x = torch.randn(4, 5, dtype=torch.float64, requires_grad=True)
    compiled = torch.compile(layer, fullgraph=True, backend="aot_eager")
    torch.testing.assert_close(compiled(x), layer(x))
    (ours,) = torch.autograd.grad(compiled(x).sum(), x)
    (theirs,) = torch.autograd.grad(layer(x).sum(), x)
    torch.testing.assert_close(ours, theirs)


def test_export_with_a_dynamic_batch(layer: YatNMN) -> None:
    batch = torch.export.Dim("batch")
    program = torch.export.export(
        layer, (torch.randn(4, 5, dtype=torch.float64),), dynamic_shapes=({0: batch},)
    )
    x = torch.randn(9, 5, dtype=torch.float64)
    torch.testing.assert_close(program.module()(x), layer(x))


def test_state_dict_deepcopy_and_pickle(layer: YatNMN) -> None:
    x = torch.randn(4, 5, dtype=torch.float64)
    twins = [copy.deepcopy(layer), pickle.loads(pickle.dumps(layer))]
    buffer = io.BytesIO()
    torch.save(layer.state_dict(), buffer)
    buffer.seek(0)
    fresh = copy.deepcopy(layer)
    fresh.reset_parameters()
    fresh.load_state_dict(torch.load(buffer))
    for twin in [*twins, fresh]:
        torch.testing.assert_close(twin(x), layer(x))


def test_meta_construction_then_reset_equals_construction() -> None:
    options = {"learnable_epsilon": True, "positive_init": True, "freeze_kernel": True}
    layer = YatNMN(50, 20, device="meta", **options)
    assert all(p.is_meta for p in layer.parameters())
    layer = layer.to_empty(device="cpu")
    torch.manual_seed(0)
    layer.reset_parameters()
    torch.manual_seed(0)
    direct = YatNMN(50, 20, **options)
    for (name, ours), theirs in zip(layer.named_parameters(), direct.parameters(), strict=True):
        torch.testing.assert_close(ours, theirs, msg=name)
    assert not layer.weight.requires_grad


def test_device_and_dtype_place_every_parameter() -> None:
    layer = YatNMN(5, 3, device="cpu", dtype=torch.float64, learnable_epsilon=True)
    assert {p.dtype for p in layer.parameters()} == {torch.float64}
    assert layer(torch.randn(2, 5, dtype=torch.float64)).dtype == torch.float64


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_half_precision_keeps_its_dtype_and_computes_in_float32(dtype: torch.dtype) -> None:
    layer = YatNMN(64, 8, dtype=dtype)
    noise = 0.02 * torch.randn(8, 64)
    x = (layer.weight.detach().float() + noise).to(dtype)
    output = layer(x)
    assert output.dtype == dtype
    info = torch.finfo(dtype)
    np.testing.assert_allclose(
        output.detach().double().numpy(),
        definition(layer, x),
        rtol=2 * info.eps,
        atol=info.eps * info.smallest_normal,
    )


def test_autocast_rounds_operands_once_and_keeps_the_distance() -> None:
    """Norms of unrounded and products of rounded operands would be wrong by 1e5 near x = w."""
    layer = YatNMN(512, 64)
    x = layer.weight.detach() * 1.05
    with torch.autocast("cpu", dtype=torch.bfloat16):
        output = layer(x)
    assert output.dtype == torch.bfloat16
    rounded = copy.deepcopy(layer)
    with torch.no_grad():
        rounded.weight.copy_(rounded.weight.bfloat16())
    expected = definition(rounded, x.bfloat16())
    relative = np.abs(output.detach().double().numpy() / expected - 1)
    assert relative.max() < 0.02


def test_float64_is_float64_inside() -> None:
    layer = randomised(YatNMN(256, 4, dtype=torch.float64))
    x = layer.weight.detach() + 1e-3 * torch.randn(4, 256, dtype=torch.float64)
    np.testing.assert_allclose(layer(x).detach().numpy(), definition(layer, x), rtol=1e-7)


@pytest.mark.parametrize("shape", [(5,), (1, 5), (0, 5), (2, 3, 5), (2, 0, 5), (2, 3, 4, 5)])
def test_any_number_of_leading_axes(shape: tuple[int, ...]) -> None:
    layer = YatNMN(5, 3)
    x = torch.randn(shape, requires_grad=True)
    output = layer(x)
    assert output.shape == (*shape[:-1], 3)
    np.testing.assert_allclose(output.detach().numpy(), definition(layer, x), rtol=1e-4, atol=1e-6)
    output.sum().backward()
    assert x.grad is not None and x.grad.shape == shape


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"in_features": 0}, ValueError, "in_features"),
        ({"out_features": -1}, ValueError, "out_features"),
        ({"in_features": 2.5}, TypeError, "in_features"),
    ],
)
def test_wrong_sizes_are_named(
    arguments: dict[str, object], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        YatNMN(**{"in_features": 5, "out_features": 3, **arguments})


@pytest.mark.parametrize(
    ("x", "error"),
    [
        (torch.ones(2, 4), ValueError),
        (torch.ones(()), ValueError),
        (torch.ones(2, 5, dtype=torch.int64), TypeError),
        (torch.ones(2, 5, dtype=torch.bool), TypeError),
        (torch.ones(2, 5, dtype=torch.float64), TypeError),
    ],
)
def test_wrong_inputs_are_named(x: Tensor, error: type[Exception]) -> None:
    with pytest.raises(error, match="input"):
        YatNMN(5, 3)(x)


def test_saved_memory_is_that_of_linear_and_gelu() -> None:
    theirs = saved_units(nn.Sequential(nn.Linear(64, 512), nn.GELU()), 256, 64, 512)
    ours = saved_units(YatNMN(64, 512), 256, 64, 512)
    vectors = (256 + 2 * 512 + 8) / (256 * 512)
    assert theirs == 1
    assert ours <= 1 + vectors


def test_large_batches_are_cut_into_blocks_without_a_seam() -> None:
    """The gradient of a batch of several blocks is the sum of those of batches within one."""
    layer = randomised(YatNMN(3, 700, dtype=torch.float64, epsilon=0.1))
    x = torch.randn(1600, 3, dtype=torch.float64, requires_grad=True)
    # Of one sign, so that no sum cancels to less than its rounding errors.
    upstream = torch.rand(1600, 700, dtype=torch.float64)
    assert upstream.numel() > 2 * _closed_form.BLOCK_SIZE
    point = (x, *layer.parameters())
    whole = torch.autograd.grad(layer(x), point, upstream)
    parts = [
        torch.autograd.grad(layer(x[rows]), point, upstream[rows])
        for rows in (slice(start, start + 100) for start in range(0, 1600, 100))
    ]
    for ours, theirs in zip(whole, map(sum, zip(*parts, strict=True)), strict=True):
        scale = theirs.abs().max().item()
        torch.testing.assert_close(ours, theirs, rtol=1e-9, atol=1e-9 * scale)


@pytest.mark.parametrize("option", ["spherical", "weight_normalized"])
def test_zero_rows_have_finite_gradients(option: str) -> None:
    layer = YatNMN(5, 3, **{option: True})
    with torch.no_grad():
        layer.weight[1] = 0
    x = torch.randn(4, 5)
    x[2] = 0
    x.requires_grad_()
    output = layer(x)
    output.sum().backward()
    assert torch.isfinite(output).all()
    assert x.grad is not None and torch.isfinite(x.grad).all()
    assert layer.weight.grad is not None and torch.isfinite(layer.weight.grad).all()
    assert (layer.weight.grad[1] == 0).all()


def test_x_equal_to_w_has_finite_value_and_gradient() -> None:
    layer = YatNMN(300, 7)
    x = layer.weight.detach().clone().requires_grad_()
    output = layer(x)
    output.sum().backward()
    assert torch.isfinite(output).all() and (output >= 0).all()
    assert x.grad is not None and torch.isfinite(x.grad).all()


def test_positive_init_acts_on_the_initial_kernel_only() -> None:
    layer = YatNMN(20, 10, positive_init=True)
    assert (layer.weight >= 0).all()
    with torch.no_grad():
        layer.weight.neg_()
    x = torch.randn(4, 20)
    np.testing.assert_allclose(layer(x).detach().numpy(), definition(layer, x), rtol=1e-4)


def test_weight_decay_does_not_move_a_frozen_kernel() -> None:
    layer = YatNMN(5, 3, freeze_kernel=True)
    before = layer.weight.detach().clone()
    optimizer = torch.optim.AdamW(layer.parameters(), lr=0.1, weight_decay=0.5)
    layer(torch.randn(4, 5)).sum().backward()
    optimizer.step()
    assert torch.equal(layer.weight, before)
    assert layer.bias is not None and (layer.bias != 0).any()


def test_dropconnect_is_active_in_training_only_and_rescaled() -> None:
    layer = YatNMN(400, 300, drop_rate=0.25, epsilon=1e6, alpha=False, bias=False)
    x = torch.ones(1, 400)
    plain = YatNMN(400, 300, epsilon=1e6, alpha=False, bias=False)
    plain.load_state_dict(layer.state_dict())
    layer.eval()
    assert torch.equal(layer(x), plain(x))
    layer.train()
    assert not torch.equal(layer(x), layer(x))
    with torch.no_grad():
        layer.weight.fill_(1.0)
    # With a huge epsilon the response is the squared sum of the kept entries over epsilon.
    mean = (layer(x) * 1e6).sqrt().mean().item()
    assert mean == pytest.approx(400, rel=0.02)


@pytest.mark.parametrize("epsilon", [1e-3, 1e-5, 1e-10, 1e-30])
def test_learnable_epsilon_starts_at_epsilon_and_cannot_vanish(epsilon: float) -> None:
    layer = YatNMN(5, 3, epsilon=epsilon, learnable_epsilon=True)
    effective = layer._effective_epsilon(torch.float32)
    assert isinstance(effective, Tensor)
    assert effective.item() == pytest.approx(epsilon, rel=2e-5)
    with torch.no_grad():
        assert layer.epsilon_param is not None
        layer.epsilon_param.fill_(-300)
    x = layer.weight.detach()
    assert layer._effective_epsilon(torch.float32).item() > 0
    assert not torch.isnan(layer(x)).any()


def test_constants_leave_no_parameter_behind() -> None:
    layer = YatNMN(5, 3, constant_alpha=True, constant_bias=0.25)
    assert [name for name, _ in layer.named_parameters()] == ["weight"]
    x = torch.randn(4, 5)
    twin = YatNMN(5, 3)
    with torch.no_grad():
        twin.weight.copy_(layer.weight)
        twin.bias.fill_(0.25)
        twin.alpha.fill_(math.sqrt(2))
    torch.testing.assert_close(layer(x), twin(x))


def test_initialisers_are_honoured_again_on_reset() -> None:
    layer = YatNMN(5, 3, bias_init=lambda b: nn.init.constant_(b, 7.0), kernel_init=nn.init.ones_)
    layer.reset_parameters()
    assert (layer.weight == 1).all() and (layer.bias == 7).all()


def test_repr_names_what_differs_from_the_defaults() -> None:
    assert repr(YatNMN(5, 3)) == "YatNMN(in_features=5, out_features=3)"
    assert "drop_rate=0.5" in repr(YatNMN(5, 3, drop_rate=0.5))


def test_both_import_paths_give_one_class() -> None:
    assert FromModule is YatNMN
