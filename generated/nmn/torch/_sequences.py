# Generated from codegen/templates/torch/_sequences.py.j2. Do not edit; run `make generate`.
"""What cells and recurrent layers share as functions: sequences of any lengths, step by step."""

from collections.abc import Callable, Mapping, Sequence
from itertools import groupby
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import init

Weights = Sequence[Tensor | float | None]
States = tuple[Tensor, ...]
Constants = tuple[Tensor | float | None, ...]


class Equations(NamedTuple):
    """A cell as functions of its weights: arrays of one direction of one layer, then constants."""

    states: tuple[str, ...]
    """The first is the one that is called h."""
    shapes: Callable[[int, int], dict[str, tuple[int, ...]]]
    """Sizes of input and state → shape of every array."""
    initialise: Callable[..., None]
    """Takes both sizes and the weights; fills the arrays in place."""
    weights: tuple[str, ...]
    """All of them, in the order in which functions take them."""
    constants: Mapping[str, float]
    """Weights that are numbers of the module → their defaults. All others are arrays."""
    positive: tuple[str, ...]
    """Arrays whose softplus takes part."""
    functions: Mapping[str, Callable[[Tensor], Tensor]]
    """Role → the function it has unless callers replace it."""
    prepare: Callable[..., tuple[tuple[Tensor, ...], Constants]]
    """Takes rows of the input and the weights. Returns what steps need of the input, row by row,
    and what all of them need of the weights."""
    scan: Callable[..., tuple[Tensor, States]]
    """Takes what steps need of the input as (steps, samples, …), states before the first step, what
    they need of the weights, and the functions of roles. Returns outputs and the states after the
    last step."""


def scan_segments(
    equations: Equations,
    x: Tensor,
    segments: Sequence[tuple[int, int]],
    states: States,
    weights: Weights,
    functions: Sequence[Callable[[Tensor], Tensor]],
    reverse: bool,
) -> tuple[Tensor, States]:
    """One direction of one layer.

    Args:
        equations: The cell.
        x: Rows of the input, ordered by step.
        segments: Steps, and samples that have them, which are the first ones: runs of steps with
            as many samples.
        states: Of all samples, before the first step.
        weights: Of this direction of this layer.
        functions: Those of roles.
        reverse: Whether to begin at the last step. Samples join in when it is their turn.

    Returns:
        Rows of the output in the order of those of the input, and the states of all samples after
        their last step.
    """
    inputs, constants = equations.prepare(x, *weights)
    rows = [steps * samples for steps, samples in segments]
    parts = list(zip(segments, *(i.split(rows) for i in inputs), strict=True))
    outputs = []
    for (steps, samples), *part in reversed(parts) if reverse else parts:
        sequences = [p.view(steps, samples, -1) for p in part]
        if reverse:
            sequences = [s.flip(0) for s in sequences]
        output, active = equations.scan(
            sequences, tuple(s[:samples] for s in states), constants, *functions
        )
        if samples < len(states[0]):
            active = tuple(torch.cat((a, s[samples:])) for a, s in zip(active, states, strict=True))
        states = active
        outputs.append((output.flip(0) if reverse else output).flatten(0, 1))
    if reverse:
        outputs.reverse()
    return outputs[0] if len(outputs) == 1 else torch.cat(outputs), states


def segments_of(batch_sizes: Sequence[int]) -> list[tuple[int, int]]:
    """Runs of steps that as many samples have."""
    return [(len(list(run)), samples) for samples, run in groupby(batch_sizes)]


def checked_dtype(input: Tensor, weight: Tensor) -> torch.dtype:
    """The dtype of the output: that of input and weights, or of autocast."""
    if not input.is_floating_point():
        raise TypeError(f"input must be a floating-point tensor, got dtype {input.dtype}")
    device = input.device.type
    if torch.is_autocast_enabled(device) and input.dtype != torch.float64:
        return torch.get_autocast_dtype(device)
    if input.dtype != weight.dtype:
        raise TypeError(f"input must have the layer's dtype {weight.dtype}, got {input.dtype}")
    return input.dtype


def initial_states(
    states: States | None, count: int, shape: tuple[int, ...], input: Tensor, dtype: torch.dtype
) -> States:
    """The states before the first step, zeros unless they are given, in at least float32."""
    wide = torch.promote_types(dtype, torch.float32)
    if states is None:
        return (input.new_zeros(shape, dtype=wide),) * count
    return tuple(s.to(dtype).to(wide) for s in states)


def sq_norm(x: Tensor) -> Tensor:
    """‖x‖² of every row, to broadcast along the units."""
    return torch.linalg.vecdot(x, x).unsqueeze(-1)


def sq_norms(weight: Tensor) -> Tensor:
    """‖w‖² of every unit."""
    return torch.linalg.vecdot(weight, weight)


def orthogonal_(block: Tensor) -> Tensor:
    """A random orthogonal matrix; drawn in float32 for half precision, which has no QR."""
    if block.dtype in (torch.float16, torch.bfloat16):
        return block.copy_(init.orthogonal_(torch.empty_like(block, dtype=torch.float32)))
    return init.orthogonal_(block)


def check_dimensions(input: Tensor, expected: int) -> None:
    if input.dim() != expected:
        raise RuntimeError(f"input must have {expected} dimensions, got {input.dim()}")


def check_input_size(input: Tensor, expected: int) -> None:
    if input.shape[-1] != expected:
        raise RuntimeError(
            f"input.size(-1) must be equal to input_size. Expected {expected}, "
            f"got {input.shape[-1]}"
        )


def check_state(state: Tensor, expected: tuple[int, ...], name: str) -> None:
    if state.shape != expected:
        raise RuntimeError(f"Expected size of {name} {expected}, got {tuple(state.shape)}")
