"""Cells as anybody would write them, in PyTorch, from the text of their specs: the oracle's test.

Shares nothing with the oracle and nothing with the generator: formulas are Python, and PyTorch
differentiates. Edits of formulas and of the loop make the mistakes that the oracle has to find.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import SimpleNamespace

import numpy as np
import torch

from tests.adapters.cells import Run, Trace
from tests.oracle.cell import Definition

Edits = Mapping[str, str]
"""Piece of a formula → what stands there instead."""

_FUNCTIONS = {"relu": torch.relu, "tanh": torch.tanh, "sqrt": torch.sqrt, "abs": torch.abs}


@dataclass(frozen=True)
class Reference:
    """A cell in a loop."""

    definition: Definition
    edits: Edits = field(default_factory=dict)
    distance_of_input_alone: bool = False
    blind_to_lengths: bool = False

    def trace(
        self, arrays: Mapping[str, np.ndarray], run: Run, dtype: torch.dtype, epsilon: float
    ) -> Trace:
        """Outputs, final states and gradients."""

        def leaf(value: np.ndarray) -> torch.Tensor:
            return torch.tensor(np.asarray(value), dtype=dtype, requires_grad=True)

        stored = {name: leaf(value) for name, value in arrays.items()}
        states = first = {name: leaf(value) for name, value in run.states.items()}
        inputs = leaf(run.inputs)
        steps, batch = run.inputs.shape[:2]
        lengths = [steps] * batch if run.lengths is None else list(run.lengths)
        outputs = [[torch.zeros(0)] * batch for _ in range(steps)]
        finals = []
        for b in range(batch):
            states = {name: value[b] for name, value in first.items()}
            stop = steps if self.blind_to_lengths else int(lengths[b])
            order = range(stop)[::-1] if run.reverse else range(stop)
            for t in order:
                names = self.step(inputs[t, b], states, stored, epsilon)
                states = {name: names[name] for name in states}
                outputs[t][b] = names[self.definition.cell.output]
            for t in range(int(lengths[b]), steps):
                outputs[t][b] = torch.zeros_like(next(iter(states.values())))
            finals.append(states)
        output = torch.stack([torch.stack(row) for row in outputs])
        final = {name: torch.stack([f[name] for f in finals]) for name in first}
        loss = (output * torch.tensor(run.upstream, dtype=dtype)).sum()
        for name, state in final.items():
            loss = loss + (state * torch.tensor(run.upstream_states[name], dtype=dtype)).sum()
        leaves = {"inputs": inputs, **first, **stored}
        found = torch.autograd.grad(loss, list(leaves.values()), materialize_grads=True)
        gradients = {n: g.numpy() for n, g in zip(leaves, found, strict=True)}
        return Trace(
            output.detach().numpy(), {n: f.detach().numpy() for n, f in final.items()}, gradients
        )

    def step(
        self,
        x: torch.Tensor,
        states: Mapping[str, torch.Tensor],
        stored: Mapping[str, torch.Tensor],
        epsilon: float,
    ) -> dict[str, torch.Tensor]:
        cell = self.definition.cell
        names: dict[str, torch.Tensor] = {**states}
        projections: dict[str, SimpleNamespace] = {}
        roles = {role: self._function(role) for role in self.definition.functions}
        scope = {"__builtins__": {}, **_FUNCTIONS, **roles}

        def value(text: str) -> torch.Tensor:
            for old, new in self.edits.items():
                text = text.replace(old, new)
            result: torch.Tensor = eval(text, scope, {"x": x, **names, **projections})
            return result

        for name, formula in cell.math.items():
            for projection in dict.fromkeys(n.partition(".")[0] for n in sorted(formula.names)):
                if projection in cell.projections and projection not in projections:
                    sources = {
                        f.text == "x": value(f.text) for f in cell.projections[projection].source
                    }
                    units = {
                        unit: self._neuron((projection, unit), sources, stored, epsilon)
                        for unit in cell.projections[projection].units
                    }
                    one = next(iter(units.values()))
                    projections[projection] = one if len(units) == 1 else SimpleNamespace(**units)
            names[name] = value(formula.text)
        return names

    def _neuron(
        self,
        response: tuple[str, str],
        sources: Mapping[bool, torch.Tensor],
        stored: Mapping[str, torch.Tensor],
        epsilon: float,
    ) -> torch.Tensor:
        def block(array: str) -> torch.Tensor:
            return stored[array][self.definition.gates(array).index(response)]

        kernels = {True: "kernel", False: "recurrent_kernel"}
        pairs = [(source, block(kernels[own])) for own, source in sources.items()]
        counted = pairs[:1] if self.distance_of_input_alone else pairs
        neuron = self.definition.neuron
        names = {
            "dot": sum(w @ s for s, w in pairs),
            "sq_x": sum((s * s).sum() for s, _ in counted),
            "sq_w": sum((w * w).sum(-1) for _, w in counted),
            "epsilon": epsilon,
        }
        for name, parameter in neuron.parameters.items():
            if name in stored:
                names[name] = stored[name] if stored[name].ndim == 0 else block(name)
            elif name not in names:
                names[name] = parameter.absent
        for name, formula in neuron.math.items():
            names[name] = eval(formula.text, {"__builtins__": {}, **_FUNCTIONS}, names)
        return names["response"]

    def _function(self, role: str) -> object:
        spec = self.definition.functions[role]

        def function(a: torch.Tensor) -> torch.Tensor:
            names = {spec.array: a, **spec.numbers}
            for name, formula in spec.math.items():
                names[name] = eval(formula.text, {"__builtins__": {}, **_FUNCTIONS}, names)
            return names["result"]

        return function
