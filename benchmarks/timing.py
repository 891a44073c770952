"""Interleaved timing: contenders take turns in one process, so that they share its noise."""

import math
import multiprocessing
import random
import statistics
import time
from collections.abc import Callable, Mapping, Sequence

SHAPES = ((256, 512, 512), (1024, 768, 3072), (4096, 256, 256), (2048, 64, 1024))
"""Batch, inputs, units."""

CONVOLUTIONS = ((32, 64, 64), (56, 64, 64), (16, 128, 256), (32, 3, 64))
"""Height and width of the image, channels, units."""

IMAGES = 16
"""Batch of the convolutions."""

PROCESSES = 5
"""How many fresh processes measure."""

Step = Callable[[], object]


def interleave(
    contenders: Mapping[str, Step], rounds: int = 30, warm_up: int = 4
) -> dict[str, float]:
    """Median seconds per step of every contender.

    Each round has an order of its own: what one leaves behind in caches and in the allocator, the
    next one meets, and it should not always be the same.
    """
    times: dict[str, list[float]] = {name: [] for name in contenders}
    generator = random.Random(0)
    for _ in range(rounds + warm_up):
        for name, step in generator.sample(list(contenders.items()), len(contenders)):
            start = time.perf_counter()
            step()
            times[name].append(time.perf_counter() - start)
    return {name: statistics.median(seconds[warm_up:]) for name, seconds in times.items()}


def measure(
    contenders: Callable[[int, int, int], Mapping[str, Step]],
    shapes: Sequence[tuple[int, int, int]],
) -> list[dict[str, float]]:
    """Median seconds per step of every contender, shape by shape."""
    return [interleave(contenders(*shape)) for shape in shapes]


def report(
    title: str,
    contenders: Callable[[int, int, int], Mapping[str, Step]],
    shapes: Sequence[tuple[int, int, int]] = SHAPES,
) -> None:
    """Print the time of each contender relative to the first, per shape and on average.

    Where threads and arrays come to lie is decided once per process, and moves every ratio by up to
    a third: so several processes measure, one after the other.
    """
    results = []
    for _ in range(PROCESSES):
        with multiprocessing.get_context("spawn").Pool(1) as pool:
            results.append(pool.apply(measure, (contenders, shapes)))
    print(
        f"\n{title}: train step (forward + backward), relative to the first: median of "
        f"{PROCESSES} processes (least – most), each the median of 30"
    )
    averages: dict[str, list[float]] = {}
    for index, shape in enumerate(shapes):
        runs = [result[index] for result in results]
        first = next(iter(runs[0]))
        columns = []
        for name in runs[0]:
            ratios = [run[name] / run[first] for run in runs]
            averages.setdefault(name, []).append(statistics.median(ratios))
            spread = f" ({min(ratios):.2f} – {max(ratios):.2f})" if name != first else ""
            columns.append(f"{name} {statistics.median(ratios):.2f}{spread}")
        size = "×".join(map(str, shape))
        baseline = statistics.median(run[first] for run in runs)
        print(f"  {size:>16}  {baseline * 1e3:8.2f} ms   {'   '.join(columns)}")
    means = {n: math.exp(statistics.fmean(map(math.log, r))) for n, r in averages.items()}
    columns = [f"{name} {mean:.2f}" for name, mean in means.items()]
    print(f"  {'geometric mean':>16}  {'':11}   {'   '.join(columns)}")
