"""Run a check over a few drawn cases of a layer, each layer and place with draws of its own."""

import zlib
from collections.abc import Callable, Iterator

from hypothesis import HealthCheck, Phase, assume, given, seed, settings
from hypothesis import strategies as st

from tests.properties.draw import ALL, SWEPT, Case, cases
from tests.properties.places import Place, places_of, supported
from tests.properties.share import places_for

Spot = tuple[str, Place | None]
"""Name of a layer, and where it is tested; a dense layer has no place."""


def spots(framework: str) -> list[tuple[str, Place]]:
    """Every layer with a geometry at its share of the places."""
    return [
        (name, place)
        for name, layer in SWEPT.items()
        for place in places_for(framework, layer, list(known(framework, name)))
    ]


def known(framework: str, layer: str) -> Iterator[Place]:
    """All places of a layer that the framework's own layers know."""
    own = supported(framework, SWEPT[layer].kind)
    return (place for place in places_of(SWEPT[layer]) if place in own)


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
    @given(lot=st.integers(0, 9), case=cases(ALL[layer], dtype, place))
    def run(lot: int, case: Case) -> None:
        # Hypothesis begins with the plainest example of all, which has hardly any options.
        assume(lot > 0)
        check(case)

    run()
