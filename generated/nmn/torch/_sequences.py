# Generated from codegen/templates/torch/_sequences.py.j2. Do not edit; run `make generate`.
"""What cells and recurrent layers share as functions: sequences of any lengths, step by step."""

import operator
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from itertools import groupby
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import init

from nmn.torch import _numerics
from nmn.torch._closed_form import closed_form_applies
from nmn.torch._parallel import scan_parallel
from nmn.torch._parallel_blocks import Parallel
from nmn.torch._through_time import Steps
from nmn.torch._through_time import scan as through_time

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
    forward: Callable[..., Steps] | None
    """The same but for the functions, which are those of `functions`, in memory of its own."""
    backward: Callable[..., tuple[Sequence[Tensor | None], ...]] | None
    """From gradients of outputs and states to those of all that `forward` takes."""
    parallel: Parallel | None
    """All that `prepare` and `scan` do in one, likewise, if states are linear in themselves."""


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
    applies = closed_form_applies(x) and _are_own(equations, functions) and len(x) > 0
    parallel = equations.parallel if applies else None
    inputs, constants = equations.prepare(x, *weights) if parallel is None else ((x,), ())
    if len(segments) == 1:
        parts = [(segments[0], *inputs)]
    else:
        rows = [steps * samples for steps, samples in segments]
        parts = list(zip(segments, *(i.split(rows) for i in inputs), strict=True))
    outputs = []
    for (steps, samples), *part in reversed(parts) if reverse else parts:
        sequences = [p.unflatten(0, (steps, samples)) for p in part]
        active = tuple(s[:samples] for s in states)
        if parallel is None:
            output, active = _scan_in_order(
                equations, sequences, active, constants, functions, reverse
            )
        else:
            plain = partial(_project_and_scan, equations, reverse)
            output, active = scan_parallel(parallel, plain, reverse, *sequences, active, *weights)
        if samples < len(states[0]):
            active = tuple(torch.cat((a, s[samples:])) for a, s in zip(active, states, strict=True))
        states = active
        outputs.append(output.flatten(0, 1))
    if reverse:
        outputs.reverse()
    return outputs[0] if len(outputs) == 1 else torch.cat(outputs), states


def scan(
    equations: Equations,
    inputs: Sequence[Tensor],
    states: States,
    constants: Constants,
    functions: Sequence[Callable[[Tensor], Tensor]],
) -> tuple[Tensor, States]:
    """As many steps as all samples have, in closed form where that is known."""
    if equations.forward is None or not _are_own(equations, functions):
        return equations.scan(inputs, states, constants, *functions)
    plain = partial(_plain, equations)
    return through_time(equations.forward, equations.backward, plain, inputs, states, constants)


def _plain(
    equations: Equations, inputs: Sequence[Tensor], states: States, constants: Constants
) -> tuple[Tensor, States]:
    return equations.scan(inputs, states, constants, *equations.functions.values())


def _are_own(equations: Equations, functions: Sequence[Callable[[Tensor], Tensor]]) -> bool:
    """Whether roles have the functions that closed forms are of."""
    return all(map(operator.is_, functions, equations.functions.values()))


def _scan_in_order(
    equations: Equations,
    inputs: Sequence[Tensor],
    states: States,
    constants: Constants,
    functions: Sequence[Callable[[Tensor], Tensor]],
    reverse: bool,
) -> tuple[Tensor, States]:
    if not reverse:
        return scan(equations, inputs, states, constants, functions)
    flipped = [i.flip(0) for i in inputs]
    outputs, states = scan(equations, flipped, states, constants, functions)
    return outputs.flip(0), states


def _project_and_scan(
    equations: Equations, reverse: bool, x: Tensor, *operands: Tensor | float | None
) -> tuple[Tensor, ...]:
    """What `scan_parallel` does, as a differentiable expression."""
    count = len(equations.states)
    states, weights = operands[:count], operands[count : count + len(equations.weights)]
    inputs, constants = equations.prepare(x.flatten(0, 1), *weights)
    inputs = [i.unflatten(0, x.shape[:2]) for i in inputs]
    functions = list(equations.functions.values())
    outputs, after = _scan_in_order(equations, inputs, states, constants, functions, reverse)
    return outputs, *after


def segments_of(batch_sizes: Sequence[int]) -> list[tuple[int, int]]:
    """Runs of steps that as many samples have."""
    return [(len(list(run)), samples) for samples, run in groupby(batch_sizes)]


def checked_dtype(input: Tensor, weight: Tensor) -> torch.dtype:
    """The dtype of the output: that of input and weights, or of autocast."""
    if not input.is_floating_point():
        raise TypeError(f"input must be a floating-point tensor, got dtype {input.dtype}")
    device = input.device.type
    if _numerics.has_autocast(device) and input.dtype != torch.float64:
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
