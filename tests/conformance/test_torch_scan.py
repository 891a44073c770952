"""PyTorch: scans give what a loop over the steps gives, and so do their gradients."""

import pytest
import torch
from torch import Tensor

from nmn.torch import _scan
from nmn.torch._scan import linear_scan

#: Lengths around the limits below which scans are loops, and above which steps are combined in
#: passes of even and odd length; sizes of steps below and above the limit between the two.
SHAPES = [
    *((steps, 2, 3) for steps in (1, 2, 3, 16, 17, 18, 33, 100, 255, 256)),
    (40, 2, 700),
    (4097, 1, 2),
]


def operands(shape: tuple[int, ...], dtype: torch.dtype = torch.float64) -> tuple[Tensor, ...]:
    """Coefficients in [0, 1], both ends among them, additions and an initial state."""
    generator = torch.Generator().manual_seed(1)
    coefficients = torch.rand(shape, generator=generator, dtype=torch.float64).mul(1.2)
    coefficients = (coefficients - 0.1).clamp(0, 1)
    additions = torch.randn(shape, generator=generator, dtype=torch.float64)
    initial = torch.randn(shape[1:], generator=generator, dtype=torch.float64)
    return tuple(t.to(dtype).requires_grad_() for t in (coefficients, additions, initial))


def loop(coefficients: Tensor, additions: Tensor, initial: Tensor, reverse: bool) -> Tensor:
    """The definition."""
    state, states = initial, []
    steps = list(zip(coefficients, additions, strict=True))
    for coefficient, addition in reversed(steps) if reverse else steps:
        state = coefficient * state + addition
        states.append(state)
    return torch.stack(states[::-1] if reverse else states)


def upstream(shape: tuple[int, ...]) -> Tensor:
    generator = torch.Generator().manual_seed(2)
    return torch.randn(shape, generator=generator, dtype=torch.float64)


@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_states_and_gradients_are_those_of_a_loop(shape: tuple[int, ...], reverse: bool) -> None:
    given, grad = operands(shape), upstream(shape)
    ours, theirs = linear_scan(*given, reverse), loop(*given, reverse)
    torch.testing.assert_close(ours, theirs, rtol=1e-12, atol=1e-12)
    of_ours = torch.autograd.grad(ours, given, grad)
    of_theirs = torch.autograd.grad(theirs, given, grad)
    for one, other in zip(of_ours, of_theirs, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("size", [0, _scan.LOOP_SIZE], ids=["loop", "passes"])
def test_gradients_can_be_differentiated_again(
    size: int, reverse: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_scan, "LOOP_STEPS", 2)
    monkeypatch.setattr(_scan, "LOOP_SIZE", size)
    given = operands((7, 1, 2))

    def scan(*operands: Tensor) -> Tensor:
        return linear_scan(*operands, reverse)

    assert torch.autograd.gradcheck(scan, given)
    assert torch.autograd.gradgradcheck(scan, given)


@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("steps", [1, 2, 5, 8, 33])
def test_transforms_of_functions_see_through_a_scan(steps: int, reverse: bool) -> None:
    """They take the plain form, whose values and derivatives are those of a loop."""
    given = tuple(t.detach() for t in operands((steps, 2, 3)))

    def ours(*operands: Tensor) -> Tensor:
        return linear_scan(*operands, reverse)

    def theirs(*operands: Tensor) -> Tensor:
        return loop(*operands, reverse)

    tangents = tuple(torch.ones_like(t) for t in given)
    for one, other in zip(
        torch.func.jvp(ours, given, tangents), torch.func.jvp(theirs, given, tangents), strict=True
    ):
        torch.testing.assert_close(one, other)
    batched = tuple(torch.stack([t, t.flip(0)]) for t in given)
    torch.testing.assert_close(torch.vmap(ours)(*batched), torch.vmap(theirs)(*batched))


def test_long_sequences_stay_accurate_in_float32() -> None:
    """Every rounding error shrinks with the coefficients: the sum of all is that of few steps."""
    shape = (10_000, 1, 4)
    given = operands(shape, torch.float32)
    expected = loop(*(t.detach().double() for t in given), False)
    errors = (linear_scan(*given).double() - expected).abs()
    assert errors.max() < 50 * torch.finfo(torch.float32).eps * expected.abs().max()


@pytest.mark.parametrize("steps", [5, 100])
def test_coefficients_of_one_and_zero_are_exact(steps: int) -> None:
    """A step that is no step leaves every bit of the state; one of coefficient 0 forgets it all."""
    initial = torch.tensor([[0.1, -1e30, 3e-39]])
    hold = torch.ones(steps, 1, 3)
    assert torch.equal(linear_scan(hold, torch.zeros_like(hold), initial), initial.expand_as(hold))
    additions = torch.randn(hold.shape, generator=torch.Generator().manual_seed(1))
    forgotten = linear_scan(torch.zeros_like(hold), additions, initial)
    assert torch.equal(forgotten, additions)


def test_operands_stay_as_they_are_and_may_have_any_strides() -> None:
    given = [t.detach().mT.contiguous().mT for t in operands((40, 2, 3))]
    copies = [t.clone() for t in given]
    states = linear_scan(*given)
    torch.testing.assert_close(states, loop(*copies, False))
    assert all(map(torch.equal, given, copies))


def test_no_steps_give_no_states() -> None:
    nothing = torch.empty(0, 2, 3)
    assert linear_scan(nothing, nothing, torch.zeros(2, 3)).shape == nothing.shape


def test_compiled_scans_are_traced_whole() -> None:
    compiled = torch.compile(linear_scan, backend="eager", fullgraph=True)
    given = operands((20, 2, 3))
    torch.testing.assert_close(compiled(*given), loop(*given, False))
