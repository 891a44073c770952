"""PyTorch: what is wrong with arguments, inputs and states of recurrent layers."""

import pytest
import torch
from torch import nn

import nmn.torch
from tests.conformance.torch_recurrent import (
    INPUTS,
    NAMES,
    SAMPLES,
    STEPS,
    UNITS,
    cell_of,
    counterpart,
    layer_of,
    random,
    states_of,
)


@pytest.fixture(params=NAMES)
def name(request: pytest.FixtureRequest) -> str:
    return request.param


WRONG_INPUTS: list[tuple[tuple[int, ...], type[Exception]]] = [
    ((STEPS, SAMPLES, INPUTS + 1), RuntimeError),
    ((INPUTS,), ValueError),
    ((1, STEPS, SAMPLES, INPUTS), ValueError),
    ((0, SAMPLES, INPUTS), RuntimeError),
]


@pytest.mark.parametrize(("shape", "error"), WRONG_INPUTS, ids=str)
def test_wrong_inputs_are_errors_as_in_torch(
    name: str, shape: tuple[int, ...], error: type[Exception]
) -> None:
    x = torch.zeros(shape, dtype=torch.float64)
    with pytest.raises(error):
        getattr(nn, counterpart(name))(INPUTS, UNITS, dtype=torch.float64)(x)
    with pytest.raises(error):
        layer_of(name)(x)


def test_wrong_states_are_errors(name: str) -> None:
    layer, cell = layer_of(name), cell_of(name)
    x = random(STEPS, SAMPLES, INPUTS)
    with pytest.raises(RuntimeError, match=r"Expected size of h \(1, 4, 5\), got \(1, 4, 6\)"):
        layer(x, states_of(name, 1, SAMPLES, UNITS + 1))
    with pytest.raises(RuntimeError, match="For batched 3-D input, hx should also be 3-D"):
        layer(x, states_of(name, SAMPLES, UNITS))
    with pytest.raises(RuntimeError, match=r"Expected size of h \(4, 5\), got \(3, 5\)"):
        cell(x[0], states_of(name, SAMPLES - 1, UNITS))
    with pytest.raises(ValueError, match="Expected hidden to be 2D as the input is"):
        cell(x[0], states_of(name, UNITS))
    with pytest.raises(TypeError, match="hx must be a t"):
        layer(x, (x, x, x))


def test_wrong_arguments_are_errors(name: str) -> None:
    cls = getattr(nmn.torch, name)
    for sizes in ((0, 5), (3, 0), (3, 5, 0)):
        with pytest.raises(ValueError, match="must be at least 1"):
            cls(*sizes)
    with pytest.raises(TypeError, match="must be an integer"):
        cls(3.0, 5)
    for wrong in (-0.1, 1.5, True, "half"):
        with pytest.raises(ValueError, match="dropout should be a number in range"):
            cls(3, 5, dropout=wrong)
    with pytest.raises(TypeError, match="batch_first should be of type bool"):
        cls(3, 5, batch_first=1)
    with pytest.raises(ValueError, match="epsilon must be positive"):
        cls(3, 5, epsilon=0.0)
    with pytest.raises(TypeError, match="must have the layer's dtype"):
        layer_of(name)(torch.zeros(STEPS, SAMPLES, INPUTS))
