"""PyTorch: the dense layer behaves as `nn.Linear` does."""

import copy

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from benchmarks.dense_torch import saved_units
from nmn.torch import YatNMN, _closed_form
from nmn.torch.nmn import YatNMN as FromModule
from nmn.weights import to_canonical
from tests.conformance.definition import oracle_values
from tests.conformance.torch_layers import randomised


def definition(layer: YatNMN, x: Tensor) -> np.ndarray:
    """What the oracle says of the layer's own weights and of `x`."""
    rows = x.detach().double().reshape(-1, layer.in_features).numpy()
    arrays = to_canonical(copy.deepcopy(layer).double())
    values = oracle_values("YatNMN", rows, arrays, epsilon=layer.epsilon)
    return values.reshape(*x.shape[:-1], layer.out_features)


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
    values = output.detach().double().numpy()
    near = np.eye(64, dtype=bool)
    assert np.abs(values / expected - 1)[near].max() < 0.02
    # Elsewhere the terms of ⟨w, x⟩ may cancel. The root of the response is linear in it: off by the
    # rounding of 512 products in float32, and by that of the response to bfloat16.
    w, x = rounded.weight.detach().double().numpy(), x.bfloat16().double().numpy()
    lengths = np.linalg.norm(x, axis=1)[:, None] * np.linalg.norm(w, axis=1)
    distances = np.linalg.norm(x[:, None] - w, axis=2)
    of_products = 512 * 2.0**-24 * lengths / distances
    of_response = torch.finfo(torch.bfloat16).eps / 2 * np.sqrt(expected)
    errors = np.abs(np.sqrt(values) - np.sqrt(expected))
    assert (errors / (of_products + of_response))[~near].max() < 1


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
    theirs = saved_units(nn.Sequential(nn.Linear(64, 512), nn.GELU()), (256, 64))
    ours = saved_units(YatNMN(64, 512), (256, 64))
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
    layer = YatNMN(20, 10, positive_init=True, dtype=torch.float64)
    assert (layer.weight >= 0).all()
    with torch.no_grad():
        layer.weight.neg_()
    x = torch.randn(4, 20, dtype=torch.float64, generator=torch.Generator().manual_seed(2))
    np.testing.assert_allclose(layer(x).detach().numpy(), definition(layer, x), rtol=1e-8)


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


def test_repr_names_what_differs_from_the_defaults() -> None:
    assert repr(YatNMN(5, 3)) == "YatNMN(in_features=5, out_features=3)"
    assert "drop_rate=0.5" in repr(YatNMN(5, 3, drop_rate=0.5))


def test_both_import_paths_give_one_class() -> None:
    assert FromModule is YatNMN
