"""PyTorch: convolutions behave as `nn.Conv2d` and `nn.ConvTranspose2d` do."""

import inspect

import pytest
import torch
from torch import nn

import nmn.torch
from benchmarks.dense_torch import saved_units
from nmn.torch import YatConv1d, YatConv2d, YatConv3d, YatConvTranspose1d, YatConvTranspose2d
from nmn.torch.yatconv import YatConv2d as FromModule
from nmn.torch.yatconv_transpose import YatConvTranspose2d as TransposeFromModule

PAIRS = [
    (getattr(nmn.torch, f"Yat{kind}{rank}d"), getattr(nn, f"{kind}{rank}d"))
    for kind in ("Conv", "ConvTranspose")
    for rank in (1, 2, 3)
]


@pytest.mark.parametrize(("ours", "theirs"), PAIRS)
def test_arguments_are_those_of_pytorchs_own_in_its_order(ours: type, theirs: type) -> None:
    expected = inspect.signature(theirs).parameters
    found = list(inspect.signature(ours).parameters.values())[: len(expected)]
    assert [p.name for p in found] == list(expected)
    assert [p.default for p in found] == [p.default for p in expected.values()]


@pytest.mark.parametrize(("ours", "theirs"), PAIRS)
def test_an_unbatched_input_is_a_batch_of_one(ours: type, theirs: type) -> None:
    layer = ours(2, 5, 2)
    x = torch.randn(2, *(5,) * layer.rank)
    torch.testing.assert_close(layer(x), layer(x.unsqueeze(0)).squeeze(0))
    assert layer(x).shape == theirs(2, 5, 2)(x).shape


@pytest.mark.parametrize("mode", ["zeros", "reflect", "replicate", "circular"])
def test_same_padding_of_any_mode_is_padding_the_input_first(mode: str) -> None:
    layer = YatConv2d(2, 3, (3, 2), padding="same", padding_mode=mode)
    valid = YatConv2d(2, 3, (3, 2))
    valid.load_state_dict(layer.state_dict())
    x = torch.randn(2, 2, 5, 6)
    padded = nn.functional.pad(x, (0, 1, 1, 1), mode="constant" if mode == "zeros" else mode)
    torch.testing.assert_close(layer(x), valid(padded))
    assert layer(x).shape[2:] == x.shape[2:]


@pytest.mark.parametrize("output_size", [[9, 10], [2, 3, 10, 9]])
def test_an_output_size_decides_on_the_padding(output_size: list[int]) -> None:
    arguments = {"kernel_size": 3, "stride": 2, "padding": 1}
    layer, own = YatConvTranspose2d(2, 3, **arguments), nn.ConvTranspose2d(2, 3, **arguments)
    x = torch.randn(2, 2, 5, 5)
    assert layer(x, output_size).shape == own(x, output_size).shape
    with pytest.raises(ValueError, match=r"convt\.c8"):
        layer(x, [12, 10])


def test_a_mask_cuts_connections_and_is_not_broadcast() -> None:
    mask = torch.ones(3, 2, 3, 3)
    mask[:, 0] = 0
    layer = YatConv2d(2, 3, 3, mask=mask)
    x = torch.randn(1, 2, 5, 5)
    without = YatConv2d(2, 3, 3)
    with torch.no_grad():
        without.weight.copy_(layer.weight * mask)
    torch.testing.assert_close(layer(x), without(x))
    assert "mask" not in layer.state_dict()
    with pytest.raises(ValueError, match=r"conv\.c16"):
        YatConv2d(2, 3, 3, mask=torch.ones(3))


def test_a_mask_of_zeros_under_weight_normalisation_gives_no_nan() -> None:
    layer = YatConv2d(2, 3, 3, mask=torch.zeros(3, 2, 3, 3), weight_normalized=True)
    output = layer(torch.randn(1, 2, 5, 5))
    output.sum().backward()
    assert torch.isfinite(output).all() and torch.isfinite(layer.weight.grad).all()


@pytest.mark.parametrize(
    ("make", "shape", "message"),
    [
        (lambda: YatConv2d(3, 4, 3, groups=2), None, r"conv\.c6"),
        (lambda: YatConv2d(4, 3, 3, groups=2), None, r"conv\.c5.*out_channels=3"),
        (lambda: YatConv1d(1, 1, 0), None, r"conv\.c1.*kernel_size=0"),
        (lambda: YatConv1d(1, 1, 1, stride=0), None, r"conv\.c3.*stride=0"),
        (lambda: YatConv1d(1, 1, 1, padding="same", stride=2), None, r"conv\.c9.*stride=2"),
        (lambda: YatConv1d(1, 1, 1, padding=-1), None, r"conv\.c7.*padding=-1"),
        (lambda: YatConv1d(1, 1, 1, padding="full"), None, "padding"),
        (lambda: YatConv1d(1, 1, 1, padding_mode="mirror"), None, "padding_mode"),
        (lambda: YatConv2d(1, 1, (1, 1, 1)), None, "kernel_size"),
        (lambda: YatConv3d(1, 1, 5, padding=1), (1, 1, 2, 9, 9), r"conv\.c10.*size=2"),
        (lambda: YatConv2d(1, 1, 1), (1, 2, 3, 3), r"conv\.c11.*channels=2"),
        (lambda: YatConv2d(1, 1, 1), (3, 3), r"conv\.c12.*input_rank=2"),
        (lambda: YatConv1d(1, 1, 5, padding=3, padding_mode="reflect"), (1, 1, 3), r"conv\.c13"),
        (lambda: YatConv1d(1, 1, 5, padding=4, padding_mode="circular"), (1, 1, 3), r"conv\.c14"),
        (lambda: YatConvTranspose1d(1, 1, 2, output_padding=1), None, r"convt\.c8"),
        (lambda: YatConvTranspose1d(1, 1, 1, padding=2), (1, 1, 3), r"convt\.c10"),
        (lambda: YatConvTranspose1d(1, 1, 1, padding_mode="reflect"), None, "padding_mode"),
    ],
)
def test_what_does_not_fit_is_named(make: object, shape: tuple | None, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        layer = make()
        layer(torch.ones(shape))


def test_saved_memory_is_that_of_convolution_and_gelu() -> None:
    sizes = (16, 8, 12, 12), (8, 32, 3)
    theirs = saved_units(nn.Sequential(nn.Conv2d(*sizes[1], padding=1), nn.GELU()), sizes[0])
    ours = saved_units(YatConv2d(*sizes[1], padding=1), sizes[0])
    window_norms = 1 / 32
    assert theirs == 1
    assert ours <= 1 + window_norms + 0.01


def test_second_names_and_import_paths_give_one_class() -> None:
    assert FromModule is YatConv2d and TransposeFromModule is YatConvTranspose2d
    for rank in (1, 2, 3):
        for kind in ("YatConv", "YatConvTranspose"):
            assert getattr(nmn.torch, f"{kind}{rank}D") is getattr(nmn.torch, f"{kind}{rank}d")
