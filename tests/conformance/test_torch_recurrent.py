"""PyTorch: cells and recurrent layers behave as those of `torch.nn` do."""

import copy
import io
import pickle
import warnings
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import (
    PackedSequence,
    pack_padded_sequence,
    pack_sequence,
    pad_packed_sequence,
)

import nmn.torch
from tests.conformance.torch_recurrent import (
    INPUTS,
    NAMES,
    SAMPLES,
    STEPS,
    UNITS,
    assert_same,
    cell_of,
    counterpart,
    layer_of,
    packed,
    random,
    states_of,
    tensors,
)


@pytest.fixture(params=NAMES)
def name(request: pytest.FixtureRequest) -> str:
    return request.param


OPTIONS: list[dict[str, Any]] = [
    {},
    {"batch_first": True},
    {"num_layers": 2, "bidirectional": True},
    {"num_layers": 3, "batch_first": True, "bidirectional": True},
]


@pytest.mark.parametrize("options", OPTIONS, ids=lambda o: ",".join(o) or "default")
@pytest.mark.parametrize("batched", [True, False], ids=["batched", "unbatched"])
def test_shapes_are_those_of_torch(name: str, options: dict[str, Any], batched: bool) -> None:
    ours = layer_of(name, **options)
    theirs = getattr(nn, counterpart(name))(INPUTS, UNITS, dtype=torch.float64, **options)
    x = random(SAMPLES, STEPS, INPUTS) if batched else random(STEPS, INPUTS)
    output, states = ours(x)
    expected, expected_states = theirs(x)
    assert output.shape == expected.shape
    assert type(states) is type(expected_states)
    shapes = [s.shape for s in tensors(states)]
    assert shapes == [s.shape for s in tensors(expected_states)]
    again, _ = ours(x, packed(tuple(torch.zeros_like(s) for s in tensors(states))))
    assert_same(again, output)


def test_names_of_parameters(name: str) -> None:
    names = {n for n, _ in layer_of(name, num_layers=2, bidirectional=True).named_parameters()}
    parts = ["weight_ih", "bias", "alpha"] + ["weight_hh"] * ("Min" not in name)
    suffixes = ["_l0", "_l0_reverse", "_l1", "_l1_reverse"]
    assert names == {part + suffix for part in parts for suffix in suffixes}
    assert {n for n, _ in cell_of(name).named_parameters()} == set(parts)


def test_a_layer_is_its_cell_in_a_loop(name: str) -> None:
    layer, cell = layer_of(name), cell_of(name)
    cell.load_state_dict({k.removesuffix("_l0"): v for k, v in layer.state_dict().items()})
    x, hx = random(STEPS, SAMPLES, INPUTS), states_of(name, 1, SAMPLES, UNITS)
    output, after = layer(x, hx)
    state = packed(tuple(s[0] for s in tensors(hx)))
    for t in range(STEPS):
        state = cell(x[t], state)
        assert_same(tensors(state)[0], output[t])
    for ours, theirs in zip(tensors(after), tensors(state), strict=True):
        assert_same(ours[0], theirs)


def test_a_cell_takes_one_sample(name: str) -> None:
    cell, x = cell_of(name), random(SAMPLES, INPUTS)
    batch = tensors(cell(x))
    for ours, theirs in zip(tensors(cell(x[0])), batch, strict=True):
        assert_same(ours, theirs[0])
    after = tensors(cell(x[0], packed(tuple(s[0] for s in batch))))
    for ours, theirs in zip(after, tensors(cell(x, packed(batch))), strict=True):
        assert_same(ours, theirs[0])


def test_layers_follow_one_another(name: str) -> None:
    deep, x = layer_of(name, num_layers=2), random(STEPS, SAMPLES, INPUTS)
    lower, upper = layer_of(name), layer_of(name, UNITS, UNITS)
    for layer, suffix in ((lower, "_l0"), (upper, "_l1")):
        found = {k.replace("_l0", suffix): k for k in layer.state_dict()}
        layer.load_state_dict({k: deep.state_dict()[source] for source, k in found.items()})
    middle, first = lower(x)
    output, second = upper(middle)
    ours, states = deep(x)
    assert_same(ours, output)
    for state, *parts in zip(tensors(states), tensors(first), tensors(second), strict=True):
        assert_same(state, torch.cat(parts))


def test_the_second_direction_begins_at_the_end(name: str) -> None:
    both, one = layer_of(name, bidirectional=True), layer_of(name)
    own = {k: both.state_dict()[f"{k}_reverse"] for k in one.state_dict()}
    one.load_state_dict(own)
    x = random(STEPS, SAMPLES, INPUTS)
    output, states = both(x)
    backwards, final = one(x.flip(0))
    assert_same(output[..., UNITS:], backwards.flip(0))
    for ours, theirs in zip(tensors(states), tensors(final), strict=True):
        assert_same(ours[1:], theirs)


@pytest.mark.parametrize("options", [{}, {"num_layers": 2, "bidirectional": True}], ids=str)
def test_packed_sequences_are_as_if_alone(name: str, options: dict[str, Any]) -> None:
    layer = layer_of(name, **options)
    lengths = [3, 6, 1, 3]
    directions = 4 if options else 1
    x, hx = random(STEPS, SAMPLES, INPUTS), states_of(name, directions, SAMPLES, UNITS)
    sequence = pack_padded_sequence(x, torch.tensor(lengths), enforce_sorted=False)
    output, states = layer(sequence, hx)
    assert isinstance(output, PackedSequence)
    padded, found = pad_packed_sequence(output)
    assert found.tolist() == lengths
    for i, length in enumerate(lengths):
        alone = packed(tuple(s[:, i : i + 1] for s in tensors(hx)))
        expected, final = layer(x[:length, i : i + 1], alone)
        assert_same(padded[:length, i], expected[:, 0])
        for ours, theirs in zip(tensors(states), tensors(final), strict=True):
            assert_same(ours[:, i], theirs[:, 0])


def test_packed_sequences_in_order(name: str) -> None:
    """Without `enforce_sorted=False` there is no permutation."""
    layer = layer_of(name)
    sequences = [random(length, INPUTS, seed=length) for length in (5, 3, 3)]
    output, states = layer(pack_sequence(sequences))
    assert output.sorted_indices is None
    padded, _ = pad_packed_sequence(output)
    for i, sequence in enumerate(sequences):
        expected, final = layer(sequence)
        assert_same(padded[: len(sequence), i], expected)
        assert_same(tensors(states)[0][:, i], tensors(final)[0])


def test_dropout_between_layers_alone(name: str) -> None:
    layer, x = layer_of(name, num_layers=2, dropout=1.0), random(STEPS, SAMPLES, INPUTS)
    output, states = layer(x)
    above, _ = layer.eval()(x)
    first = tensors(states)[0][0]
    lower = layer_of(name)
    lower.load_state_dict({k: layer.state_dict()[k] for k in lower.state_dict()})
    assert_same(first, tensors(lower(x)[1])[0][0])
    upper = layer_of(name, UNITS, UNITS)
    upper.load_state_dict(
        {k: layer.state_dict()[k.replace("l0", "l1")] for k in upper.state_dict()}
    )
    assert_same(output, upper(torch.zeros(STEPS, SAMPLES, UNITS, dtype=torch.float64))[0])
    assert not torch.equal(output, above)


def test_dropout_of_one_layer_warns(name: str) -> None:
    with pytest.warns(UserWarning, match="adds dropout after all but last recurrent layer") as seen:
        layer_of(name, dropout=0.5)
    assert len(seen) == 1
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        layer_of(name, dropout=0.5, num_layers=2)


def test_meta_construction_then_reset_equals_construction(name: str) -> None:
    cls = getattr(nmn.torch, name)
    layer = cls(INPUTS, UNITS, 2, bidirectional=True, device="meta")
    assert all(p.is_meta for p in layer.parameters())
    layer = layer.to_empty(device="cpu")
    torch.manual_seed(0)
    layer.reset_parameters()
    torch.manual_seed(0)
    direct = cls(INPUTS, UNITS, 2, bidirectional=True)
    for ours, theirs in zip(layer.parameters(), direct.parameters(), strict=True):
        assert torch.equal(ours, theirs)


def test_shapes_are_known_without_data(name: str) -> None:
    cls = getattr(nmn.torch, name)
    layer = cls(INPUTS, UNITS, 2, bidirectional=True, device="meta")
    x = torch.empty(7, 3, INPUTS, device="meta", requires_grad=True)
    output, states = layer(x)
    assert output.is_meta and output.shape == (7, 3, 2 * UNITS)
    states = [states] if isinstance(states, torch.Tensor) else states
    assert [s.shape for s in states] == [(4, 3, UNITS)] * len(states)
    output.sum().backward()
    assert x.grad.is_meta and x.grad.shape == x.shape


def test_recurrent_kernels_start_orthogonal(name: str) -> None:
    layer = getattr(nmn.torch, name)(INPUTS, UNITS)
    for key, kernel in layer.named_parameters():
        if key.startswith("weight_hh"):
            for block in kernel.split(UNITS):
                torch.testing.assert_close(block @ block.T, torch.eye(UNITS))


def test_gates_start_as_documented() -> None:
    """Gates of an input that is orthogonal to its kernels, and of no state."""
    inputs, units = 64, 32
    cell = nmn.torch.YatGRUCell(inputs, units, dtype=torch.float64)
    norm = cell.weight_ih.square().sum(1, keepdim=True)
    expected = 2 * inputs / (inputs + units)
    with torch.no_grad():
        cell.weight_ih[:, 0] = 0
        cell.weight_ih *= (expected / cell.weight_ih.square().sum(1, keepdim=True)).sqrt()
    assert norm.mean().item() == pytest.approx(expected, rel=0.1)
    x = torch.zeros(1, inputs, dtype=torch.float64)
    x[0, 0] = inputs**0.5
    h = torch.zeros(1, units, dtype=torch.float64)
    seen: list[Tensor] = []

    def seeing(values: Tensor) -> Tensor:
        seen.append(nmn.torch.softer_sigmoid(values))
        return seen[-1]

    cell.gate = seeing
    cell(x, h)
    for gate, value in zip(seen, (0.5, 0.9), strict=True):
        torch.testing.assert_close(gate, torch.full_like(gate, value), rtol=1e-6, atol=0)


def test_functions_of_roles_can_be_replaced() -> None:
    layer = layer_of("YatGRU", gate=torch.sigmoid, activation=torch.tanh)
    x, h = random(1, SAMPLES, INPUTS), random(1, SAMPLES, UNITS, seed=2)
    output, _ = layer(x, h)
    seen = layer_of("YatGRU", gate=lambda r: torch.sigmoid(r), activation=nn.Tanh())
    assert_same(seen(x, h)[0], output)
    assert not torch.allclose(output, layer_of("YatGRU")(x, h)[0])
    output.sum().backward()
    assert all(p.grad is not None for p in layer.parameters())


def test_copies_and_saved_files(name: str) -> None:
    layer, x = layer_of(name, num_layers=2), random(STEPS, SAMPLES, INPUTS)
    twins = [copy.deepcopy(layer), pickle.loads(pickle.dumps(layer))]
    buffer = io.BytesIO()
    torch.save(layer.state_dict(), buffer)
    buffer.seek(0)
    fresh = copy.deepcopy(layer)
    fresh.reset_parameters()
    fresh.load_state_dict(torch.load(buffer))
    for twin in [*twins, fresh]:
        assert torch.equal(twin(x)[0], layer(x)[0])


def test_repr_names_what_is_not_at_its_default() -> None:
    layers = nmn.torch
    assert repr(layers.YatGRUCell(3, 5)) == "YatGRUCell(3, 5)"
    assert repr(layers.YatLSTMCell(3, 5, bias=False)) == "YatLSTMCell(3, 5, bias=False)"
    assert repr(layers.YatGRU(3, 5, alpha=False)) == "YatGRU(3, 5, alpha=False)"
    deep = layers.YatMinGRU(3, 5, 2, batch_first=True, epsilon=0.1)
    assert repr(deep) == "YatMinGRU(3, 5, num_layers=2, batch_first=True, epsilon=0.1)"
