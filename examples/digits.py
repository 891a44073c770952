"""Train one small network of Yat layers on scikit-learn's digits, in every framework.

All start from the same weights and see the same batches in the same order, each with its own
optimiser (plain SGD with momentum, which means the same everywhere). The five curves must lie
on each other up to rounding: `python -m examples.digits` prints a table and draws them.
"""

import argparse
import importlib
import json
import os
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

ROOT = Path(__file__).parent.parent
FRAMEWORKS = ("torch", "keras", "tf", "linen", "nnx")

WIDTHS = (64, 32, 10)
EPSILON = 0.1
LEARNING_RATE = 0.02
MOMENTUM = 0.9
BATCH = 64
EPOCHS = 20

Weights = list[dict[str, np.ndarray]]


@dataclass(frozen=True)
class Data:
    """Pixels in [0, 1] and labels, and the order in which batches are drawn."""

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


def load_data() -> Data:
    """The 1,797 digits, a quarter of them held out."""
    x, y = load_digits(return_X_y=True)
    x = (x / 16).astype(np.float32)
    train_x, test_x, train_y, test_y = train_test_split(x, y, random_state=0, stratify=y)
    generator = np.random.default_rng(0)
    batches = len(train_x) // BATCH
    order = np.stack(
        [generator.permutation(len(train_x))[: batches * BATCH] for _ in range(EPOCHS)]
    ).reshape(EPOCHS, batches, BATCH)
    return Data(train_x, train_y, test_x, test_y, order)


def initial_weights() -> Weights:
    """Canonical weights of every layer, drawn once for all frameworks."""
    generator = np.random.default_rng(1)
    return [
        {
            "kernel": generator.normal(0, 0.3, (units, inputs)).astype(np.float32),
            "bias": np.full(units, 0.1, np.float32),
            "alpha": np.float32(1),
        }
        for inputs, units in pairwise(WIDTHS)
    ]


def train(framework: str) -> Result:
    """Train in this process."""
    data = load_data()
    module = importlib.import_module(f"examples.digits_{framework}")
    start = time.perf_counter()
    losses, logits = module.train(data, initial_weights())
    accuracy = float((np.argmax(logits, axis=-1) == data.test_y).mean())
    return Result([float(x) for x in losses], accuracy, time.perf_counter() - start)


def train_in_own_process(framework: str) -> Result:
    """Train in a fresh interpreter: frameworks do not share one well."""
    path = os.pathsep.join([str(ROOT), str(ROOT / "generated")])
    environment = os.environ | {"PYTHONPATH": path, "TF_CPP_MIN_LOG_LEVEL": "3"}
    command = [sys.executable, "-m", "examples.digits", "--framework", framework]
    run = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True)
    if run.returncode != 0:
        raise RuntimeError(f"{framework} failed:\n{run.stderr}")
    return Result(**json.loads(run.stdout.splitlines()[-1]))


def draw(results: dict[str, Result], path: Path) -> None:
    """Five loss curves, each dashed shorter and drawn thinner than the one below it."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(figsize=(8, 4.5), layout="constrained")
    for i, (name, result) in enumerate(results.items()):
        style = {"linewidth": 7 - 1.4 * i, "alpha": 0.9, "label": name}
        axes.plot(np.convolve(result.losses, np.ones(10) / 10, "valid"), **style)
    axes.set(xlabel="step", ylabel="training loss (mean of 10 steps)", yscale="log")
    axes.set_title("One Yat network, five frameworks, the same initial weights")
    axes.legend()
    figure.savefig(path, dpi=150)


def main() -> int:
    """Train everywhere, print the table, draw the picture, compare the curves."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--framework", choices=FRAMEWORKS, help="train this one, print JSON")
    parser.add_argument("--out", type=Path, default=ROOT / "build" / "digits.png")
    options = parser.parse_args()
    if options.framework:
        print(json.dumps(asdict(train(options.framework))))
        return 0
    results = {}
    print("framework   accuracy       loss  seconds  largest difference")
    for framework in FRAMEWORKS:
        result = results[framework] = train_in_own_process(framework)
        first = np.array(results[FRAMEWORKS[0]].losses)
        difference = np.abs(np.array(result.losses) - first).max()
        final = np.mean(result.losses[-20:])
        print(
            f"{framework:10} {result.accuracy:9.4f} {final:10.6f} {result.seconds:8.1f} "
            f"{difference:19.2e}"
        )
    options.out.parent.mkdir(parents=True, exist_ok=True)
    draw(results, options.out)
    print(f"curves: {os.path.relpath(options.out)}")
    curves = np.array([r.losses for r in results.values()])
    spread = float((curves.max(0) - curves.min(0)).max())
    if not spread < 1e-3:
        print(f"the curves differ by {spread:.2e}, more than rounding explains", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
