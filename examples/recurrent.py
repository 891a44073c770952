"""Train recurrent layers of Yat neurons beside the framework's own, in PyTorch and Flax NNX.

Three tasks: to predict the next character of Python's own standard library, to tell the two motions
of GunPoint apart (a series of the UCR archive), and to predict characters in sequences of 4,096
steps. Models of a task have nearly the same number of parameters, see the same batches, and are
trained by Adam with three learning rates each; of these, the one counts whose training loss is
lowest at the end. Whoever wins: `python -m examples.recurrent` prints what came of it.
"""

import argparse
import importlib
import json
import math
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from examples import recurrent_data as data

ROOT = Path(__file__).parent.parent
FRAMEWORKS = ("torch", "nnx")
RATES = (0.003, 0.01, 0.03)
CLIP = 1.0
"""Largest norm of a gradient; longer ones are shortened."""
EMBEDDING = 32
"""Numbers that stand for a character."""
LAST = 0.1
"""Share of the steps at the end over which the training loss is averaged."""


@dataclass(frozen=True)
class Task:
    """Sequences with labels, batch by batch, and those held out."""

    name: str
    models: tuple[str, ...]
    """Recurrent layers, each beside the one it is compared with."""
    parameters: int
    """How many a whole network should have."""
    classes: int
    x: np.ndarray
    """Steps × batch × length: characters; with another axis, of length 1: numbers."""
    y: np.ndarray
    """Labels: of every character, or of every sequence."""
    test_x: np.ndarray
    test_y: np.ndarray

    @property
    def of_characters(self) -> bool:
        """Whether there is a label at every step, and characters need an embedding."""
        return self.y.ndim == self.x.ndim


@dataclass(frozen=True)
class Run:
    """What one learning rate led to. Losses are in bits, those of held-out data at the end."""

    rate: float
    train: list[float]
    """Of every step."""
    test: float
    accuracy: float
    seconds: float
    """Of a training step: the median."""

    @property
    def final(self) -> float:
        """Mean training loss at the end; infinite if it diverged."""
        last = self.train[-max(1, int(LAST * len(self.train))) :]
        return float(np.mean(last)) if np.isfinite(last).all() else math.inf


@dataclass(frozen=True)
class Result:
    """A model with the best of its learning rates."""

    task: str
    model: str
    hidden: int
    parameters: int
    rate: float
    train: float
    test: float
    accuracy: float
    seconds: float


def tasks(brief: bool) -> list[Task]:
    """All of them; in brief so small that nothing is learnt."""
    text, held_out = data.source_text()
    gated = ("GRU", "YatGRU", "LSTM", "YatLSTM")
    parallel = ("GRU", "YatMinGRU")
    if brief:
        budget, models, sizes, long = 8_000, gated[:2], (3, 4, 16), (2, 1, 256)
    else:
        budget, models, sizes, long = 60_000, gated, (240, 32, 128), (30, 4, 4096)
    characters = _windows(text, held_out, *sizes)
    found = [Task("characters", models, budget, data.CHARACTERS, *characters)]
    series = data.gunpoint()
    if series is not None:
        x, y, test_x, test_y = series
        models, steps = (gated[2:], 2) if brief else (gated, 120)
        order = np.tile(np.arange(len(x)), (steps, 1))
        found.append(Task("GunPoint", models, budget // 10, 2, x[order], y[order], test_x, test_y))
    characters = _windows(text, held_out, *long)
    return [*found, Task("long sequences", parallel, budget, data.CHARACTERS, *characters)]


def _windows(
    text: np.ndarray, held_out: np.ndarray, steps: int, batch: int, length: int
) -> tuple[np.ndarray, ...]:
    """Random windows of the text for every step, and all of what is held out, cut to length."""
    starts = np.random.default_rng(0).integers(len(text) - length, size=(steps, batch, 1))
    windows = text[starts + np.arange(length + 1)]
    # Few enough for one batch.
    count = min((len(held_out) - 1) // length, 32_768 // length)
    test = held_out[: count * length + 1]
    return (
        windows[..., :-1],
        windows[..., 1:],
        test[:-1].reshape(count, length),
        test[1:].reshape(count, length),
    )


def fitted(count: Callable[[int], int], parameters: int) -> int:
    """The hidden size whose number of parameters is nearest."""
    low, high = 1, 2
    while count(high) < parameters:
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if count(middle) < parameters else (low, middle)
    return min(low, high, key=lambda hidden: abs(count(hidden) - parameters))


def train(framework: str, brief: bool) -> None:
    """Train all models of all tasks in this process, and print each result as JSON."""
    module = importlib.import_module(f"examples.recurrent_{framework}")
    for task in tasks(brief):
        for model in task.models:

            def count(hidden: int, task: Task = task, model: str = model) -> int:
                return int(module.count(task, model, hidden))

            hidden = fitted(count, task.parameters)
            runs = module.train(task, model, hidden, RATES[:1] if brief else RATES)
            best = min(runs, key=lambda run: run.final)
            result = Result(
                task.name,
                model,
                hidden,
                count(hidden),
                best.rate,
                best.final,
                best.test,
                best.accuracy,
                best.seconds,
            )
            print(json.dumps(asdict(result)), flush=True)


def start(framework: str, brief: bool) -> subprocess.Popen:
    """Train in a fresh interpreter with one thread, so that both can run at once."""
    flags = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
    if brief:
        # What runs for a moment is not worth the time of optimising it.
        flags += " --xla_backend_optimization_level=0"
    environment = os.environ | {
        "PYTHONPATH": os.pathsep.join(
            [str(ROOT), str(ROOT / "generated"), os.environ.get("PYTHONPATH", "")]
        ),
        "OMP_NUM_THREADS": "1",
        "XLA_FLAGS": flags,
    }
    command = [sys.executable, "-m", "examples.recurrent", framework, *["--brief"] * brief]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    return subprocess.Popen(command, env=environment, cwd=ROOT, **pipes)


def results(framework: str, process: subprocess.Popen) -> list[Result]:
    """What a process has printed when it is done."""
    output, errors = process.communicate()
    if process.returncode != 0:
        raise RuntimeError(f"{framework} failed:\n{errors}")
    return [Result(**json.loads(line)) for line in output.splitlines()]


def table(task: Task, found: dict[str, list[Result]]) -> None:
    """Print what each model reached, and who came out ahead."""
    steps, batch, length = task.x.shape[:3]
    unit = "bits per character" if task.of_characters else "bits per series"
    print(f"\n{task.name}: {steps} training steps on {batch} sequences of {length}, {unit}")
    print("framework  model      hidden  parameters   rate   train  held-out  accuracy  ms/step")
    verdicts = []
    for framework, everything in found.items():
        own = {r.model: r for r in everything if r.task == task.name}
        for model, r in own.items():
            print(
                f"{framework:10} {model:10} {r.hidden:6} {r.parameters:11,} {r.rate:6} "
                f"{r.train:7.3f} {r.test:9.3f} {r.accuracy:9.3f} {1000 * r.seconds:8.1f}"
            )
        for plain, yat in zip(task.models[::2], task.models[1::2], strict=True):
            verdicts.append(f"{framework}: {_verdict(task, own[yat], own[plain])}")
    print("held out, " + "; ".join(verdicts))


def _verdict(task: Task, yat: Result, plain: Result) -> str:
    """Who is ahead on held-out data: characters by bits, series by how many are told apart."""
    gain = plain.test - yat.test if task.of_characters else yat.accuracy - plain.accuracy
    if gain == 0:
        return f"{yat.model} and {plain.model} level"
    better, other = (yat, plain) if gain > 0 else (plain, yat)
    by = f"{abs(gain):.3f} bits" if task.of_characters else f"{100 * abs(gain):.1f} % of accuracy"
    return f"{better.model} ahead of {other.model} by {by}"


def main() -> int:
    """Train in both frameworks at once and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("framework", nargs="?", choices=FRAMEWORKS, help="train here, in this one")
    parser.add_argument("--brief", action="store_true", help="only show that everything runs")
    options = parser.parse_args()
    if options.framework:
        train(options.framework, options.brief)
        return 0
    data.describe()
    processes = {framework: start(framework, options.brief) for framework in FRAMEWORKS}
    rule = f"of the rates {', '.join(map(str, RATES))} the one with the lowest training loss counts"
    print(f"training, one core each for {' and '.join(FRAMEWORKS)}; {rule}")
    print(
        "every run begins with one random draw of weights: small differences mean little",
        flush=True,
    )
    found = {framework: results(framework, process) for framework, process in processes.items()}
    for task in tasks(options.brief):
        table(task, found)
    return 0


if __name__ == "__main__":
    sys.exit(main())
