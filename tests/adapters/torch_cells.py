"""PyTorch."""

from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from codegen.frameworks.torch import Torch
from codegen.plans.cell import CellPlan
from tests import subject
from tests.adapters.cells import Array, Arrays, Run, Trace, canonical, stored

layers = subject.module("torch")

States = tuple[Tensor, ...]


class CellAdapter:
    """Eager PyTorch; sequences of different lengths are packed, unsorted as they come."""

    name = "torch"

    def cell(
        self, plan: CellPlan, arrays: Arrays, run: Run, dtype: str = "float32", **options: Any
    ) -> Trace:
        """A Python loop over the cell."""
        module = _made(plan, plan.cell_name, "", run, arrays, dtype, options)
        inputs, states = _given(plan, run, dtype)
        after, outputs = states, []
        for step in inputs.unbind(0)[:: -1 if run.reverse else 1]:
            hx = module(step, after if len(after) > 1 else after[0])
            after = (hx,) if isinstance(hx, Tensor) else hx
            outputs.append(after[0])
        if run.reverse:
            outputs.reverse()
        return _trace(plan, module, "", run, inputs, states, torch.stack(outputs), after)

    def layer(
        self, plan: CellPlan, arrays: Arrays, run: Run, dtype: str = "float32", **options: Any
    ) -> Trace:
        """One layer; the reverse direction is the second one of a bidirectional layer."""
        suffix = "_l0_reverse" if run.reverse else "_l0"
        options["bidirectional"] = run.reverse
        module = _made(plan, plan.name, suffix, run, arrays, dtype, options)
        inputs, states = _given(plan, run, dtype)
        directions = 2 if run.reverse else 1
        hx = tuple(s.expand(directions, *s.shape) for s in states)
        sequence: Any = inputs
        if run.lengths is not None:
            lengths = torch.as_tensor(run.lengths)
            sequence = pack_padded_sequence(inputs, lengths, enforce_sorted=False)
        outputs, hx = module(sequence, hx if len(hx) > 1 else hx[0])
        if run.lengths is not None:
            outputs, _ = pad_packed_sequence(outputs, total_length=len(inputs))
        after = (hx,) if isinstance(hx, Tensor) else hx
        units = states[0].shape[-1]
        outputs, after = outputs[..., -units:], tuple(s[-1] for s in after)
        return _trace(plan, module, suffix, run, inputs, states, outputs, after)


def _made(
    plan: CellPlan,
    name: str,
    suffix: str,
    run: Run,
    arrays: Arrays,
    dtype: str,
    options: dict[str, Any],
) -> nn.Module:
    """A module with these arrays; a parameter that is none of them is left out."""
    flags = {p.name: p.name in arrays for p in plan.parameters if p.optional}
    units = run.states[plan.states[0]].shape[-1]
    module: nn.Module = getattr(layers, name)(
        run.inputs.shape[-1], units, dtype=getattr(torch, dtype), **flags | options
    )
    with torch.no_grad():
        for key, value in stored(plan, arrays, Torch()).items():
            getattr(module, key + suffix).copy_(torch.as_tensor(np.array(value)))
    return module


def _given(plan: CellPlan, run: Run, dtype: str) -> tuple[Tensor, States]:
    """Inputs and states as leaves of a graph."""

    def leaf(value: Array) -> Tensor:
        return torch.tensor(value, dtype=getattr(torch, dtype), requires_grad=True)

    return leaf(run.inputs), tuple(leaf(run.states[s]) for s in plan.states)


def _trace(
    plan: CellPlan,
    module: nn.Module,
    suffix: str,
    run: Run,
    inputs: Tensor,
    states: States,
    outputs: Tensor,
    after: States,
) -> Trace:
    """Results, and the gradients of their sum with what is upstream."""
    pairs = [(outputs, run.upstream)]
    pairs += [(s, run.upstream_states[n]) for n, s in zip(plan.states, after, strict=True)]
    torch.autograd.backward(
        [value for value, _ in pairs],
        [torch.tensor(upstream, dtype=value.dtype) for value, upstream in pairs],
    )
    gradients = {
        name.removesuffix(suffix): _to_numpy(p.grad)
        for name, p in module.named_parameters()
        if name.endswith(suffix) and p.grad is not None
    }
    found = dict(canonical(plan, gradients, Torch()))
    found |= {"inputs": _to_numpy(inputs.grad)}
    found |= {n: _to_numpy(s.grad) for n, s in zip(plan.states, states, strict=True)}
    return Trace(
        _to_numpy(outputs),
        {n: _to_numpy(s) for n, s in zip(plan.states, after, strict=True)},
        found,
    )


def _to_numpy(tensor: Tensor | None) -> Array:
    assert tensor is not None
    tensor = tensor.detach()
    return (tensor if tensor.dtype == torch.float64 else tensor.float()).numpy()
