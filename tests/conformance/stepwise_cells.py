"""Cells that only tests have and that go step by step, and what their equations say."""

import importlib
from collections.abc import Sequence
from pathlib import Path

import torch
import yaml
from torch import Tensor
from torch.nn.functional import softplus

from codegen.cli import SPEC
from codegen.frameworks.cells import fused
from codegen.frameworks.torch import Torch
from codegen.plans.cell import CellPlan, Equation
from codegen.plans.package import plan_package
from codegen.render.formatting import format_files
from codegen.render.package import render_package
from codegen.render.tree import replace
from codegen.spec import load_specs
from nmn.torch import soft_tanh, softer_sigmoid

_GRU = {
    "state": {"h": "zeros"},
    "projections": {
        "gates": {"source": ["x", "h"], "units": ["reset", "update"]},
        "candidate": {"source": ["x", "r * h"], "units": ["candidate"]},
    },
    "math": {
        "r": "gate(gates.reset)",
        "z": "gate(gates.update)",
        "n": "activation(candidate)",
        "h": "(1 - z) * n + z * h",
    },
    "functions": {"gate": "softer_sigmoid", "activation": "soft_tanh"},
    "output": "h",
}

#: Name → what differs from a GRU of Yat neurons. "steps" says whether it has a closed form.
CELLS: dict[str, dict] = {
    "Plain": {},
    "Signed": {"neuron": "signed_yat"},
    "Linear": {"neuron": "linear"},
    "Multiquadric": {"neuron": "inverse_multiquadric"},
    "Cosine": {"neuron": "cosine"},
    "Polynomial": {"neuron": "polynomial"},
    "Gaussian": {"neuron": "gaussian"},
    "Roleless": {
        "projections": {"hidden": {"source": ["x", "h"], "units": ["hidden"]}},
        "math": {"h": "tanh(0.1 * hidden + h)"},
        "functions": {},
    },
    "Gate": {
        "projections": {"hidden": {"source": ["x", "h"], "units": ["hidden"]}},
        "math": {"h": "gate(hidden)"},
        "functions": {"gate": "softer_sigmoid"},
    },
    "Mixed": {
        "projections": {
            "drive": {"source": ["x"], "units": ["update", "reset"]},
            "joined": {"source": ["x", "h"], "units": ["reset", "keep"]},
            "inner": {"source": ["k * h"], "units": ["inner"]},
        },
        "math": {
            "k": "gate(joined.keep)",
            "z": "gate(drive.update)",
            "r": "gate(joined.reset + drive.reset)",
            "n": "activation(inner)",
            "h": "z * h + r * n",
        },
    },
    "TwoStates": {
        "state": {"h": "zeros", "c": "zeros"},
        "projections": {
            "gates": {"source": ["x", "c"], "units": ["forget", "out"]},
            "inner": {"source": ["h"], "units": ["inner"]},
        },
        "math": {
            "f": "gate(gates.forget)",
            "o": "gate(gates.out)",
            "c": "f * c + (1 - f) * activation(inner)",
            "y": "o * tanh(c) - 0.5 * h",
            "h": "o * h + y * exp(-c * c)",
        },
        "output": "y",
    },
    "Reused": {
        "projections": {"gates": {"source": ["x", "h"], "units": ["update"]}},
        "math": {
            "z": "gate(gates)",
            "n": "activation(gates)",
            "h": "(z * n + h / (1 + z)) * sigmoid(h)",
        },
    },
    "NewState": {
        "state": {"h": "zeros", "c": "zeros"},
        "projections": {
            "first": {"source": ["x", "h"], "units": ["first"]},
            "second": {"source": ["c"], "units": ["second"]},
        },
        "math": {
            "c": "activation(first)",
            "g": "gate(second)",
            "h": "g * c + (1 - g) * h",
        },
    },
    "Unknown": {
        "math": {
            "r": "gate(gates.reset)",
            "z": "gate(gates.update)",
            "n": "activation(candidate)",
            "h": "(1 - z) * sqrt(abs(n)) + z * log1p(h * h) + z**1.5",
        },
        "steps": False,
    },
    "Blind": {
        "projections": {"hidden": {"source": ["h"], "units": ["hidden"]}},
        "math": {"h": "activation(hidden) + 1"},
        "functions": {"activation": "soft_tanh"},
    },
}


def generate(folder: Path, package: str) -> dict[str, CellPlan]:
    """Write `package` with all cells into `folder`; their plans by name."""
    for name, difference in CELLS.items():
        cell = {"cell": name, "summary": "For tests.", "reference": "None", "neuron": "yat"}
        cell |= _GRU | difference
        cell.pop("steps", None)
        file = folder / "spec" / "cells" / f"{name.lower()}.yaml"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(yaml.safe_dump(cell, sort_keys=False), encoding="utf-8")
    plan = plan_package(load_specs(folder / "spec", house=SPEC))
    files = render_package(plan, (Torch(),), package)
    replace(format_files(files, package), folder / package)
    return {cell.name: cell for cell in plan.cells}


def by_equations(
    plan: CellPlan, layer: torch.nn.Module, x: Tensor, states: Sequence[Tensor]
) -> tuple[Tensor, list[Tensor]]:
    """Outputs and last states of a layer of one direction, as the equations say."""
    functions = {f: getattr(torch, f) for f in ("tanh", "sigmoid", "exp", "sqrt", "abs", "log1p")}
    functions |= {"gate": softer_sigmoid, "activation": soft_tanh}
    parts = {part.projection.name: part for part in fused(plan)}
    current, outputs = dict(zip(plan.states, states, strict=True)), []
    for step in x:
        names = functions | current
        for part in parts.values():
            if part.recurrent is None:
                _project(plan, layer, part, step, None, names)
        for element in plan.steps:
            if isinstance(element, Equation):
                names[element.name] = eval(element.text, {"__builtins__": {}}, names)
            elif element.source_text is not None:
                source = eval(element.source_text, {"__builtins__": {}}, names)
                _project(plan, layer, parts[element.name], step, source, names)
        current = {s: names[f"new_{s}"] for s in plan.states}
        outputs.append(names[plan.output])
    return torch.stack(outputs), list(current.values())


def _project(plan, layer, part, x: Tensor, source: Tensor | None, names: dict) -> None:  # type: ignore[no-untyped-def]
    """Responses to the concatenation of all that a projection reads, by the names of units."""
    units, vectors, kernels = layer.hidden_size, [], []
    for columns, kernel, vector in (
        (part.input, "weight_ih_l0", x),
        (part.recurrent, "weight_hh_l0", source),
    ):
        if columns is not None:
            vectors.append(vector)
            kernels.append(getattr(layer, kernel)[columns.start * units : columns.stop * units])
    vector, weight = torch.cat(vectors, -1), torch.cat(kernels, -1)
    given = {"dot": vector @ weight.T, "sq_w": weight.square().sum(-1)}
    given |= {"sq_x": vector.square().sum(-1, keepdim=True), "inputs": vector.shape[-1]}
    for p in plan.parameters:
        value = getattr(layer, f"{p.name}_l0" if p.trained else p.name)
        value = softplus(value) if p.trained and p.spec.positive else value
        rows = slice(part.all.start * units, part.all.stop * units)
        given[p.name] = value[rows] if p.per_unit else value
    response = importlib.import_module(f"nmn.torch.neurons.{plan.neuron.name}").response
    found = response(*(given[n] for n in plan.neuron.math.operands))
    names |= zip((u.variable for u in part.units), found.chunk(len(part.units), -1), strict=True)
