"""Interleaved timing: contenders take turns in one process, so that they share its noise."""

import math
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


def report(
    title: str,
    contenders: Callable[[int, int, int], Mapping[str, Step]],
    shapes: Sequence[tuple[int, int, int]] = SHAPES,
) -> None:
    """Print the time of each contender relative to the first, per shape and on average."""
    ratios: dict[str, list[float]] = {}
    print(f"\n{title}: train step (forward + backward), median of 30, relative to the first")
    for shape in shapes:
        medians = interleave(contenders(*shape))
        baseline = next(iter(medians.values()))
        columns = []
        for name, seconds in medians.items():
            ratios.setdefault(name, []).append(seconds / baseline)
            columns.append(f"{name} {seconds / baseline:5.2f}")
        size = "×".join(map(str, shape))
        print(f"  {size:>16}  {baseline * 1e3:8.2f} ms   {'   '.join(columns)}")
    means = {n: math.exp(statistics.fmean(map(math.log, r))) for n, r in ratios.items()}
    print(
        f"  {'geometric mean':>16}  {'':11}   "
        + "   ".join(f"{n} {m:5.2f}" for n, m in means.items())
    )
