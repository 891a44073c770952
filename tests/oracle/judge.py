"""Hold a computed array to a pair."""

import numpy as np

from tests import report
from tests.oracle.pair import Pair


def assert_within(
    actual: np.ndarray, pair: Pair, what: str, label: str | None = None, roundoff: float = 0.0
) -> float:
    """Assert that `actual` is finite, and within the bound wherever there is one.

    Args:
        actual: What an implementation returned.
        pair: What the oracle says of it.
        what: Named in the message.
        label: Under which to report the largest error over its bound.
        roundoff: Unit roundoff of the dtype the result was rounded to, if coarser.

    Returns:
        The largest error over its bound.
    """
    value, bound = pair.value.astype(np.float64), pair.bound
    assert actual.shape == value.shape, f"{what}: shape {actual.shape}, expected {value.shape}"
    if roundoff:
        bound = bound + roundoff * (np.abs(value) + bound)
    decided = np.isfinite(bound)
    largest = pair.arithmetic.largest
    representable = np.abs(value) < largest / 2
    assert np.isfinite(actual[representable & (decided | (np.abs(value) < 1e30))]).all(), (
        f"{what} is not finite: {actual}"
    )
    with np.errstate(divide="ignore", invalid="ignore"):
        error = np.abs(actual.astype(np.longdouble) - pair.value).astype(np.float64)
        ratio = np.where(decided & representable & (error > 0), error / bound, 0.0)
    if ratio.size == 0:
        return 0.0
    worst = np.unravel_index(np.argmax(ratio), ratio.shape)
    assert ratio[worst] < 1, (
        f"{what}{list(worst)} is {actual[worst]!r}, expected {value[worst]!r}: "
        f"error {error[worst]:.3g} is {ratio[worst]:.3g} times its bound {bound[worst]:.3g}"
    )
    if label is not None:
        report.record(label, float(ratio[worst]))
    return float(ratio[worst])
