"""Train two small networks of Yat layers on scikit-learn's digits, in every framework.

One is dense, one convolutional. All start from the same weights and see the same batches in the
same order, each with its own optimiser (plain SGD with momentum, which means the same everywhere).
The five curves of a network must lie on each other up to rounding: `python -m examples.digits`
prints a table of each and draws them.
"""

import argparse
import importlib
import json
import math
import os
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

ROOT = Path(__file__).parent.parent
FRAMEWORKS = ("torch", "keras", "tf", "linen", "nnx")

SIDE = 8
"""Height and width of a digit."""

EPSILON = 0.1
ALPHA = np.float32(10)
"""Where the scales start: responses are squares, which would vanish from layer to layer."""

LEARNING_RATE = 0.02
MOMENTUM = 0.9
BATCH = 64
EPOCHS = 12

Weights = list[dict[str, np.ndarray]]


@dataclass(frozen=True)
class Layer:
    """A Yat layer; one with a kernel size is a convolution, without padding.

    Between the last convolution and the dense layer after it, the mean over all positions is taken.
    """

    inputs: int
    units: int
    kernel_size: int = 0
    stride: int = 1


NETWORKS = {
    "dense": (Layer(64, 32), Layer(32, 10)),
    "convolutional": (Layer(1, 16, 3), Layer(16, 32, 3, stride=2), Layer(32, 10)),
}


@dataclass(frozen=True)
class Data:
    """Pixels in [0, 1] and labels, and the order in which batches are drawn.

    Inputs are rows of 64 pixels, or images of shape (8, 8, 1).
    """

    train_x: np.ndarray
    train_y: np.ndarray
    test_x: np.ndarray
    test_y: np.ndarray
    order: np.ndarray
    """Epochs × batches × samples: indices into the training set."""


@dataclass(frozen=True)
class Result:
    """What one framework reached."""

    losses: list[float]
    """Training loss of every step."""
    accuracy: float
    seconds: float


def load_data(layers: tuple[Layer, ...]) -> Data:
    """The 1,797 digits, a quarter of them held out."""
    x, y = load_digits(return_X_y=True)
    x = (x / 16).astype(np.float32)
    if layers[0].kernel_size:
        x = x.reshape(-1, SIDE, SIDE, 1)
    train_x, test_x, train_y, test_y = train_test_split(x, y, random_state=0, stratify=y)
    generator = np.random.default_rng(0)
    batches = len(train_x) // BATCH
    order = np.stack(
        [generator.permutation(len(train_x))[: batches * BATCH] for _ in range(EPOCHS)]
    ).reshape(EPOCHS, batches, BATCH)
    return Data(train_x, train_y, test_x, test_y, order)


def initial_weights(layers: tuple[Layer, ...]) -> Weights:
    """Canonical weights of every layer, drawn once for all frameworks."""
    generator = np.random.default_rng(1)
    weights = []
    for layer in layers:
        taps = (layer.kernel_size, layer.kernel_size) if layer.kernel_size else ()
        kernel = generator.normal(size=(layer.units, layer.inputs, *taps))
        kernel /= math.sqrt(kernel[0].size)
        bias = np.full(layer.units, 0.1, np.float32)
        arrays = {"kernel": kernel.astype(np.float32), "bias": bias, "alpha": ALPHA}
        weights.append(arrays)
    return weights


def train(framework: str, network: str) -> Result:
    """Train in this process."""
    layers = NETWORKS[network]
    data = load_data(layers)
    module = importlib.import_module(f"examples.digits_{framework}")
    start = time.perf_counter()
    losses, logits = module.train(data, layers, initial_weights(layers))
    accuracy = float((np.argmax(logits, axis=-1) == data.test_y).mean())
    return Result([float(x) for x in losses], accuracy, time.perf_counter() - start)


def train_in_own_process(framework: str, network: str) -> Result:
    """Train in a fresh interpreter: frameworks do not share one well."""
    path = os.pathsep.join([str(ROOT), str(ROOT / "generated")])
    environment = os.environ | {"PYTHONPATH": path, "TF_CPP_MIN_LOG_LEVEL": "3"}
    command = [sys.executable, "-m", "examples.digits", framework, network]
    run = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True)
    if run.returncode != 0:
        raise RuntimeError(f"{framework} failed:\n{run.stderr}")
    return Result(**json.loads(run.stdout.splitlines()[-1]))


def draw(results: dict[str, dict[str, Result]], path: Path) -> None:
    """Five loss curves a network, each drawn thinner than the one below it."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot as plt

    figure, panels = plt.subplots(1, len(results), figsize=(12, 4.5), layout="constrained")
    for axes, (network, curves) in zip(panels, results.items(), strict=True):
        for i, (name, result) in enumerate(curves.items()):
            style = {"linewidth": 7 - 1.4 * i, "alpha": 0.9, "label": name}
            axes.plot(np.convolve(result.losses, np.ones(10) / 10, "valid"), **style)
        axes.set(xlabel="step", ylabel="training loss (mean of 10 steps)", yscale="log")
        axes.set_title(f"One {network} Yat network, five frameworks, the same initial weights")
        axes.legend()
    figure.savefig(path, dpi=150)


def compare(network: str) -> dict[str, Result]:
    """Train a network everywhere and print the table."""
    results: dict[str, Result] = {}
    print(f"{network} network\nframework   accuracy       loss  seconds  largest difference")
    for framework in FRAMEWORKS:
        result = results[framework] = train_in_own_process(framework, network)
        first = np.array(results[FRAMEWORKS[0]].losses)
        difference = np.abs(np.array(result.losses) - first).max()
        final = np.mean(result.losses[-20:])
        print(
            f"{framework:10} {result.accuracy:9.4f} {final:10.6f} {result.seconds:8.1f} "
            f"{difference:19.2e}"
        )
    return results


def main() -> int:
    """Train everywhere, print the tables, draw the picture, compare the curves."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("framework", nargs="?", choices=FRAMEWORKS, help="train this one alone")
    parser.add_argument("network", nargs="?", choices=NETWORKS, help="and print it as JSON")
    parser.add_argument("--out", type=Path, default=ROOT / "build" / "digits.png")
    options = parser.parse_args()
    if options.framework:
        print(json.dumps(asdict(train(options.framework, options.network or "dense"))))
        return 0
    results = {network: compare(network) for network in NETWORKS}
    options.out.parent.mkdir(parents=True, exist_ok=True)
    draw(results, options.out)
    print(f"curves: {os.path.relpath(options.out)}")
    failures = 0
    for network, by_framework in results.items():
        curves = np.array([r.losses for r in by_framework.values()])
        spread = float((curves.max(0) - curves.min(0)).max())
        if not spread < 1e-3:
            message = f"the {network} curves differ by {spread:.2e}, more than rounding explains"
            print(message, file=sys.stderr)
            failures += 1
    return int(failures > 0)


if __name__ == "__main__":
    sys.exit(main())
