# Generated from codegen/templates/torch/_recurrent.py.j2. Do not edit; run `make generate`.
"""What cells and recurrent layers share as modules: parameters, options, shapes of states."""

import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils.rnn import PackedSequence

from nmn import _arguments
from nmn.torch import _numerics
from nmn.torch._sequences import (
    Equations,
    States,
    check_dimensions,
    check_input_size,
    check_state,
    checked_dtype,
    initial_states,
    scan_segments,
    segments_of,
)


class Recurrent(nn.Module):
    """A module that holds the parameters of some directions of some layers."""

    equations: Equations
    input_size: int
    hidden_size: int

    def _directions(self) -> list[tuple[int, str]]:
        """Size of the input and suffix of the parameters, for every direction of every layer."""
        return [(self.input_size, "")]

    def _create(
        self,
        flags: Mapping[str, bool],
        device: torch.device | str | None,
        dtype: torch.dtype | None,
    ) -> None:
        """Make and initialise the parameters, but for those whose flag says no."""
        for inputs, suffix in self._directions():
            for name, shape in self.equations.shapes(inputs, self.hidden_size).items():
                parameter = None
                if flags.get(name, True):
                    parameter = nn.Parameter(torch.empty(shape, device=device, dtype=dtype))
                self.register_parameter(name + suffix, parameter)
        self.reset_parameters()

    @torch.no_grad()
    def reset_parameters(self) -> None:
        """Initialise every parameter in place, as the constructor does."""
        for inputs, suffix in self._directions():
            self.equations.initialise(inputs, self.hidden_size, *self._stored(suffix))

    def extra_repr(self) -> str:
        """Sizes, and every option that is not at its default."""
        options = self._options() | dict(self.equations.constants)
        options |= dict.fromkeys(self.equations.functions)
        changed = [f"{k}={getattr(self, k)}" for k, v in options.items() if getattr(self, k) != v]
        suffix = self._directions()[0][1]
        arrays = self.equations.shapes(self.input_size, self.hidden_size)
        left_out = [f"{a}=False" for a in arrays if getattr(self, a + suffix) is None]
        return ", ".join([f"{self.input_size}, {self.hidden_size}", *left_out, *changed])

    def _options(self) -> dict[str, Any]:
        """Options beside those of the equations, with their defaults."""
        return {}

    def _stored(self, suffix: str) -> list[Tensor | float | None]:
        """The weights as they are stored."""
        constants = self.equations.constants
        names = (n if n in constants else n + suffix for n in self.equations.weights)
        return [getattr(self, name) for name in names]

    def _weights(self, suffix: str, dtype: torch.dtype) -> list[Tensor | float | None]:
        """The weights as they take part, rounded to `dtype` and in at least float32."""
        wide = torch.promote_types(dtype, torch.float32)
        found = []
        for name, value in zip(self.equations.weights, self._stored(suffix), strict=True):
            if isinstance(value, Tensor):
                rounded = value.to(dtype) if name.startswith("weight") else value
                value = rounded.to(wide)
                if name in self.equations.positive:
                    value = _numerics.softplus(value)
            found.append(value)
        return found

    def _functions(self) -> list[Callable[[Tensor], Tensor]]:
        return [
            default if getattr(self, role) is None else getattr(self, role)
            for role, default in self.equations.functions.items()
        ]

    def _states(self, hx: Tensor | States | None) -> States | None:
        """States as a tuple, whatever callers give and get."""
        if hx is None:
            return None
        count = len(self.equations.states)
        states = (hx,) if isinstance(hx, Tensor) else tuple(hx)
        if len(states) != count or (isinstance(hx, Tensor) and count > 1):
            names = ", ".join(self.equations.states)
            kind = "a tensor" if isinstance(hx, Tensor) else f"{len(states)} of them"
            expected = f"a tuple ({names})" if count > 1 else "a tensor"
            raise TypeError(f"{type(self).__name__}: hx must be {expected}, got {kind}")
        return states

    def _returned(self, states: States) -> Tensor | States:
        return states[0] if len(states) == 1 else states


class RecurrentCell(Recurrent):
    """One step."""

    def forward(self, input: Tensor, hx: Tensor | States | None = None) -> Tensor | States:
        """The states after one step: h, or a tuple that begins with it."""
        name = type(self).__name__
        if input.dim() not in (1, 2):
            raise ValueError(f"{name}: Expected input to be 1D or 2D, got {input.dim()}D instead")
        states = self._states(hx)
        for state in states or ():
            if state.dim() != input.dim():
                raise ValueError(
                    f"{name}: Expected hidden to be {input.dim()}D as the input is, "
                    f"got {state.dim()}D instead"
                )
        check_input_size(input, self.input_size)
        x = input if input.dim() == 2 else input.unsqueeze(0)
        if states is not None and input.dim() == 1:
            states = tuple(s.unsqueeze(0) for s in states)
        expected = (len(x), self.hidden_size)
        for state, letter in zip(states or (), self.equations.states, strict=False):
            check_state(state, expected, letter)
        dtype = checked_dtype(x, self._stored("")[0])
        with _numerics.no_autocast(x.device.type):
            wide = torch.promote_types(dtype, torch.float32)
            weights = self._weights("", dtype)
            states = initial_states(states, len(self.equations.states), expected, x, dtype)
            x = x.to(dtype).to(wide)
            step = [(1, len(x))]
            _, states = scan_segments(
                self.equations, x, step, states, weights, self._functions(), reverse=False
            )
        if input.dim() == 1:
            states = tuple(s.squeeze(0) for s in states)
        return self._returned(tuple(s.to(dtype) for s in states))


class RecurrentLayer(Recurrent):
    """All steps of a sequence, in one or both directions, layer by layer."""

    num_layers: int
    batch_first: bool
    dropout: float
    bidirectional: bool

    def _check_options(
        self, num_layers: int, batch_first: bool, dropout: float, bidirectional: bool
    ) -> None:
        """Store the options of a layer; raises and warns as `torch.nn.GRU` does."""
        self.num_layers = _arguments.positive_integer("num_layers", num_layers)
        for name, value in (("batch_first", batch_first), ("bidirectional", bidirectional)):
            if not isinstance(value, bool):
                raise TypeError(f"{name} should be of type bool, got: {type(value).__name__}")
        is_number = isinstance(dropout, (int, float)) and not isinstance(dropout, bool)
        if not is_number or not 0 <= dropout <= 1:
            raise ValueError(
                "dropout should be a number in range [0, 1] representing the probability of an "
                f"element being zeroed, got {dropout!r}"
            )
        if dropout > 0 and num_layers == 1:
            warnings.warn(
                "dropout option adds dropout after all but last recurrent layer, so non-zero "
                f"dropout expects num_layers greater than 1, but got dropout={dropout} and "
                f"num_layers={num_layers}",
                stacklevel=3,
            )
        self.batch_first, self.bidirectional = batch_first, bidirectional
        self.dropout = float(dropout)

    def _options(self) -> dict[str, Any]:
        return {"num_layers": 1, "batch_first": False, "dropout": 0.0, "bidirectional": False}

    def _directions(self) -> list[tuple[int, str]]:
        """Size of the input and suffix of the parameters, for every direction of every layer."""
        suffixes = ("", "_reverse") if self.bidirectional else ("",)
        between = len(suffixes) * self.hidden_size
        return [
            (self.input_size if layer == 0 else between, f"_l{layer}{suffix}")
            for layer in range(self.num_layers)
            for suffix in suffixes
        ]

    def forward(
        self, input: Tensor | PackedSequence, hx: Tensor | States | None = None
    ) -> tuple[Tensor | PackedSequence, Tensor | States]:
        """Outputs of all steps, and the states after the last one."""
        if isinstance(input, PackedSequence):
            data, batch_sizes, order, original = input
            check_dimensions(data, 2)
            states = self._given_states(self._states(hx), int(batch_sizes[0]))
            if states is not None and order is not None:
                states = tuple(s.index_select(1, order) for s in states)
            outputs, states = self._run(data, segments_of(batch_sizes.tolist()), states)
            if original is not None:
                states = tuple(s.index_select(1, original) for s in states)
            packed = PackedSequence(outputs, batch_sizes, order, original)
            return packed, self._returned(states)
        name = type(self).__name__
        if input.dim() not in (2, 3):
            raise ValueError(f"{name}: Expected input to be 2D or 3D, got {input.dim()}D instead")
        states = self._states(hx)
        for state in states or ():
            if state.dim() != input.dim():
                kind = "batched 3-D" if input.dim() == 3 else "unbatched 2-D"
                raise RuntimeError(
                    f"For {kind} input, hx should also be {input.dim()}-D "
                    f"but got {state.dim()}-D tensor"
                )
        x = input if input.dim() == 3 else input.unsqueeze(1)
        if input.dim() == 3 and self.batch_first:
            x = x.transpose(0, 1)
        if states is not None and input.dim() == 2:
            states = tuple(s.unsqueeze(1) for s in states)
        steps, samples = x.shape[:2]
        if steps == 0:
            raise RuntimeError(f"{name}: Expected sequence length to be larger than 0")
        states = self._given_states(states, samples)
        rows = x.reshape(steps * samples, x.shape[-1])
        outputs, states = self._run(rows, [(steps, samples)], states)
        outputs = outputs.unflatten(0, (steps, samples))
        if input.dim() == 2:
            return outputs.squeeze(1), self._returned(tuple(s.squeeze(1) for s in states))
        if self.batch_first:
            outputs = outputs.transpose(0, 1)
        return outputs, self._returned(states)

    def _given_states(self, states: States | None, samples: int) -> States | None:
        """The states before the first step, checked."""
        expected = (len(self._directions()), samples, self.hidden_size)
        for state, letter in zip(states or (), self.equations.states, strict=False):
            check_state(state, expected, letter)
        return states

    def _run(
        self, x: Tensor, segments: Sequence[tuple[int, int]], states: States | None
    ) -> tuple[Tensor, States]:
        """All layers on rows that are ordered by step."""
        check_input_size(x, self.input_size)
        directions = self._directions()
        dtype = checked_dtype(x, self._stored(directions[0][1])[0])
        functions = self._functions()
        shape = (len(directions), segments[0][1], self.hidden_size)
        with _numerics.no_autocast(x.device.type):
            states = initial_states(states, len(self.equations.states), shape, x, dtype)
            before = list(zip(*(s.unbind(0) for s in states), strict=True))
            x, after = x.to(dtype).to(states[0].dtype), []
            per_layer = 2 if self.bidirectional else 1
            for layer in range(self.num_layers):
                outputs = []
                for direction in range(per_layer):
                    index = layer * per_layer + direction
                    weights = self._weights(directions[index][1], dtype)
                    output, final = scan_segments(
                        self.equations, x, segments, before[index], weights, functions, direction
                    )
                    outputs.append(output)
                    after.append(final)
                x = outputs[0] if per_layer == 1 else torch.cat(outputs, -1)
                if self.training and self.dropout and layer < self.num_layers - 1:
                    x = F.dropout(x, self.dropout)
            states = tuple(torch.stack(s) for s in zip(*after, strict=True))
        return x.to(dtype), tuple(s.to(dtype) for s in states)
