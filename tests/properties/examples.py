"""Run a check over a few drawn cases at every place, each place with draws of its own."""

import zlib
from collections.abc import Callable

from hypothesis import HealthCheck, Phase, assume, given, seed, settings
from hypothesis import strategies as st

from tests.properties.draw import SWEPT, Case, cases
from tests.properties.places import Place, places_of, supported

Spot = tuple[str, Place]
"""Name of a layer, and where it is tested."""


def spots(framework: str) -> list[Spot]:
    """Every layer with a geometry at every place that the framework's own layers know."""
    return [
        (name, place)
        for name, layer in SWEPT.items()
        for place in places_of(layer)
        if place in supported(framework, layer.kind)
    ]


def at_examples(
    spot: Spot,
    check: Callable[[Case], None],
    dtype: str = "float32",
    count: int = 2,
    shrink: bool = True,
) -> None:
    """Check `count` random cases."""
    layer, place = spot

    # Derandomised draws depend on the function alone, and would be the same at every place.
    @seed(zlib.crc32(f"{layer} {place} {dtype}".encode()))
    @settings(
        max_examples=count,
        deadline=None,
        database=None,
        phases=[Phase.generate, Phase.shrink] if shrink else [Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(lot=st.integers(0, 9), case=cases(SWEPT[layer], dtype, place))
    def run(lot: int, case: Case) -> None:
        # Hypothesis begins with the plainest example of all, which has hardly any options.
        assume(lot > 0)
        check(case)

    run()
