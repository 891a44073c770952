"""Neurons with what no neuron of `spec/` has, as specs, and their responses in NumPy."""

import math
from pathlib import Path

import numpy as np
import yaml

from codegen.cli import SPEC
from codegen.frameworks.base import Framework
from codegen.plans.package import plan_package
from codegen.render.formatting import format_files
from codegen.render.package import render_package
from codegen.render.tree import replace
from codegen.spec import load_specs

DISTANCE = "relu(sq_w + sq_x - 2 * dot)"
NEURONS: dict[str, tuple[dict[str, dict], dict[str, str]]] = {
    "plain": ({}, {"response": "dot"}),
    "polynomial": (
        {
            "gamma": {"axes": [], "init": "ones"},
            "c": {"axes": ["unit"], "init": 0.3},
            "degree": {"axes": [], "value": 3, "integer": True},
        },
        {"response": "(gamma * dot + c)**degree"},
    ),
    "gaussian": (
        {"gamma": {"axes": ["unit"], "init": 0.5, "positive": True, "options": ["constant"]}},
        {"d": DISTANCE, "response": "exp(-gamma * d) + exp(gamma) * dot"},
    ),
    "student": (
        {"nu": {"axes": [], "value": 1.3, "positive": True, "options": ["learnable"]}},
        {"d": DISTANCE, "response": "(1 + d / nu)**(-(nu + 1) / 2)"},
    ),
    "choices": (
        {"slope": {"axes": ["unit"], "init": 0.2, "options": ["constant"]}},
        {
            "d": DISTANCE,
            "bent": "where(dot > slope, log1p(d), slope * dot) + where(dot > 0, 1, 0.1) * dot",
            "rooted": "sqrt(d) / sqrt(inputs) + arcsinh(dot) / units",
            "response": "bent + rooted + maximum(dot, 0.1 * sq_x) * relu(sq_x - 1)",
        },
    ),
    "functions": (
        {
            "a": {"axes": ["unit"], "init": 0.4, "absent": 0.5},
            "q": {"axes": [], "init": 1.5, "absent": 2},
        },
        {
            "waves": "sin(dot) + cos(sq_x) * tanh(dot) + arctan(dot) + expm1(a * dot)",
            "logs": "sigmoid(dot) + log(1 + abs(dot) * exp(a)) + softplus(dot) + minimum(dot, 0.3)",
            "response": "waves + logs + (dot + 4)**0.3 + sqrt(a) * relu(dot)**q + log(sq_x + 1)",
        },
    ),
}

FUNCTIONS = {
    **{f: getattr(np, f) for f in ("abs", "arcsinh", "arctan", "cos", "exp", "expm1", "log")},
    **{f: getattr(np, f) for f in ("log1p", "maximum", "minimum", "sign", "sin", "sqrt", "tanh")},
    "where": np.where,
    "relu": lambda x: np.maximum(x, 0),
    "sigmoid": lambda x: 1 / (1 + np.exp(-x)),
    "softplus": lambda x: np.logaddexp(x, 0),
}

_GEOMETRIES = {
    "dense": {"kind": "dense"},
    "conv": {"kind": "convolution", "ranks": [1]},
    "transposed": {"kind": "transposed_convolution", "ranks": [1]},
}


def generate(folder: Path, package: str, *frameworks: Framework) -> None:
    """Write `package` with layers of all neurons into `folder`: `plain_dense.Plain` and so on."""
    spec = folder / "spec"
    for source in (SPEC / "geometries").glob("*.yaml"):
        _write(spec / "geometries" / source.name, yaml.safe_load(source.read_text("utf-8")))
    for name, (parameters, formulas) in NEURONS.items():
        described = {p: {"summary": "A parameter.", **d} for p, d in parameters.items()}
        neuron = {"neuron": name, "summary": "For tests.", "reference": "None"}
        neuron |= {"math": formulas} | ({"parameters": described} if described else {})
        _write(spec / "neurons" / f"{name}.yaml", neuron)
        for kind, geometry in _GEOMETRIES.items():
            layer = {"name": name.capitalize(), "neuron": name, "geometry": geometry}
            layer["name"] += {"dense": "", "conv": "Conv", "transposed": "Transposed"}[kind]
            layer["kernel"] = {"init": "glorot_normal"}
            _write(spec / "layers" / f"{name}_{kind}.yaml", {"layers": [layer]})
    files = render_package(plan_package(load_specs(spec)), frameworks, package)
    replace(format_files(files, package), folder / package)


def response(name: str, x: np.ndarray, w: np.ndarray, **settings: np.ndarray | float) -> np.ndarray:
    """Responses of units `w`, shape (units, inputs), to `x`, shape (..., inputs)."""
    names = FUNCTIONS | {"units": w.shape[0], "inputs": w.shape[1], "pi": math.pi} | settings
    names |= {"dot": x @ w.T, "sq_x": (x * x).sum(-1, keepdims=True), "sq_w": (w * w).sum(-1)}
    for formula, text in NEURONS[name][1].items():
        names[formula] = eval(text, {"__builtins__": {}}, names)
    return names["response"]


def stuffed_windows(x: np.ndarray, kernel: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """What a transposed convolution with strides 2 and kernels of 3 taps, (taps, units, channels),
    contracts: windows of shape (batch, windows, inputs), and units of shape (units, inputs)."""
    batch, length, channels = x.shape
    stuffed = np.zeros((batch, 2 * length + 3, channels))
    stuffed[:, 2 : 2 * length + 2 : 2] = x
    taken = range(2 * length + 1)
    windows = np.stack([stuffed[:, i : i + 3].reshape(batch, -1) for i in taken], 1)
    return windows, kernel[::-1].transpose(1, 0, 2).reshape(kernel.shape[1], -1)


def _write(path: Path, document: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(yaml.safe_dump(document, allow_unicode=True, sort_keys=False), encoding="utf-8")
