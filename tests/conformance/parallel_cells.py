"""Parallel cells that only tests have, and what their equations say, step by step."""

import importlib
from collections.abc import Sequence
from pathlib import Path

import torch
import yaml
from torch import Tensor
from torch.nn.functional import softplus

from codegen.cli import SPEC
from codegen.frameworks.torch import Torch
from codegen.plans.cell import CellPlan
from codegen.plans.package import plan_package
from codegen.render.formatting import format_files
from codegen.render.package import render_package
from codegen.render.tree import replace
from codegen.spec import load_specs
from nmn.torch import soft_tanh, softer_sigmoid

_MIN_GRU = {
    "state": {"h": "zeros"},
    "projections": {"gates": {"source": ["x"], "units": ["update", "candidate"]}},
    "math": {
        "z": "gate(gates.update)",
        "n": "activation(gates.candidate)",
        "h": "(1 - z) * h + z * n",
    },
    "functions": {"gate": "softer_sigmoid", "activation": "soft_tanh"},
}

#: Name → what differs from a MinGRU of Yat neurons. "blocks" says whether it has a closed form.
CELLS: dict[str, dict] = {
    "Signed": {"neuron": "signed_yat", "blocks": True},
    "Linear": {"neuron": "linear", "blocks": True},
    "Multiquadric": {"neuron": "inverse_multiquadric", "blocks": True},
    "Cosine": {"neuron": "cosine", "blocks": True},
    "Polynomial": {"neuron": "polynomial", "blocks": True},
    "Gaussian": {"neuron": "gaussian", "blocks": True},
    "TwoStates": {
        "state": {"h": "zeros", "c": "zeros"},
        "projections": {"gates": {"source": ["x"], "units": ["update", "decay", "candidate"]}},
        "math": {
            "z": "gate(gates.update)",
            "d": "gate(gates.decay)",
            "n": "activation(gates.candidate)",
            "c": "d * c + n",
            "h": "(1 - z) * h + tanh(z * n) * d",
        },
        "output": "c",
        "blocks": True,
    },
    "Reused": {
        "projections": {"gates": {"source": ["x"], "units": ["update"]}},
        "math": {
            "z": "gate(gates)",
            "n": "activation(gates)",
            "h": "(1 - z) * h + z * n",
        },
        "blocks": True,
    },
    "TwoProjections": {
        "projections": {
            "updates": {"source": ["x"], "units": ["update"]},
            "candidates": {"source": ["x"], "units": ["candidate"]},
        },
        "math": {
            "z": "gate(updates)",
            "n": "activation(candidates)",
            "h": "(1 - z) * h + z * n",
        },
        "blocks": True,
    },
    "Chained": {
        "state": {"h": "zeros", "c": "zeros"},
        "math": {
            "z": "gate(gates.update)",
            "n": "activation(gates.candidate)",
            "c": "z * c + n",
            "h": "(1 - z) * h + z * c",
        },
    },
    "Summed": {
        "math": {
            "z": "gate(gates.update + gates.candidate)",
            "n": "activation(gates.candidate)",
            "h": "(1 - z) * h + z * n",
        },
    },
    "Roleless": {
        "math": {"z": "sigmoid(gates.update)", "h": "z * h + 0.1 * gates.candidate"},
        "functions": {},
    },
    "Constant": {
        "projections": {"candidates": {"source": ["x"], "units": ["candidate"]}},
        "math": {"n": "activation(candidates)", "h": "0.9 * h + n"},
        "functions": {"activation": "soft_tanh"},
    },
    "Reading": {
        "math": {
            "z": "gate(gates.update)",
            "n": "activation(gates.candidate)",
            "h": "(1 - z) * h + z * n",
            "y": "tanh(h) * z",
        },
        "output": "y",
    },
    "Remembering": {
        "math": {
            "z": "gate(gates.update)",
            "n": "activation(gates.candidate)",
            "kept": "(1 - z) * tanh(h)",
            "h": "kept + z * n",
        },
    },
}


def generate(folder: Path, package: str) -> dict[str, CellPlan]:
    """Write `package` with all cells into `folder`; their plans by name."""
    for name, difference in CELLS.items():
        cell = {"cell": name, "summary": "For tests.", "reference": "None", "neuron": "yat"}
        cell |= {**_MIN_GRU, "output": "h"} | difference
        cell.pop("blocks", None)
        file = folder / "spec" / "cells" / f"{name.lower()}.yaml"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(yaml.safe_dump(cell, sort_keys=False), encoding="utf-8")
    plan = plan_package(load_specs(folder / "spec", house=SPEC))
    files = render_package(plan, (Torch(),), package)
    replace(format_files(files, package), folder / package)
    return {cell.name: cell for cell in plan.cells}


def by_equations(
    plan: CellPlan, layer: torch.nn.Module, x: Tensor, states: Sequence[Tensor], reverse: bool
) -> tuple[Tensor, list[Tensor]]:
    """Outputs and last states of one direction of a layer, as the equations say, in a loop."""
    suffix = "_l0_reverse" if reverse else "_l0"
    response = importlib.import_module(f"nmn.torch.neurons.{plan.neuron.name}").response
    weight = getattr(layer, f"weight_ih{suffix}")
    functions = {"tanh": torch.tanh, "sigmoid": torch.sigmoid}
    functions |= {"gate": softer_sigmoid, "activation": soft_tanh}
    current, outputs = dict(zip(plan.states, states, strict=True)), []
    for step in reversed(x) if reverse else x:
        given = {"dot": step @ weight.T, "sq_w": weight.square().sum(-1)}
        given |= {"sq_x": step.square().sum(-1, keepdim=True), "inputs": step.shape[-1]}
        for p in plan.parameters:
            value = getattr(layer, p.name + suffix if p.trained else p.name)
            given[p.name] = softplus(value) if p.trained and p.spec.positive else value
        found = response(*(given[n] for n in plan.neuron.math.operands))
        gates = found.chunk(len(plan.units), -1)
        names = (
            functions | current | {u.variable: g for u, g in zip(plan.units, gates, strict=True)}
        )
        for equation in plan.equations:
            names[equation.name] = eval(equation.text, {"__builtins__": {}}, names)
        current = {s: names[f"new_{s}"] for s in plan.states}
        outputs.append(names[plan.output])
    return torch.stack(outputs[::-1] if reverse else outputs), list(current.values())
