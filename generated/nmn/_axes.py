# Generated from spec/. Do not edit; run `make generate`.
"""Arrays with their axes in another order, by the axes' names."""

import math
from collections.abc import Mapping

import numpy as np

from nmn._layouts import Axes


def reordered(
    array: np.ndarray, source: Axes, target: Axes, first: Mapping[str, int]
) -> np.ndarray:
    """Bring axes from one order into another; an array shared by all units has none.

    `first` gives the length of the axes that are the first of several merged into one.
    """
    if array.ndim == 0:
        return array
    rank = array.ndim - sum(axis.strip("-") != "spatial" for axis in source)
    before, after = _split(source, rank), _split(target, rank)
    if ("-spatial" in source) != ("-spatial" in target):
        array = np.flip(array, [i for i, axis in enumerate(before) if axis[0].isdigit()])
    sizes: dict[str, int] = {}
    for size, names in zip(array.shape, before, strict=True):
        if len(names) > 1:
            sizes |= zip(names, (first[names[0]], size // first[names[0]]), strict=True)
        else:
            sizes[names[0]] = size
    order = [list(sizes).index(name) for names in after for name in names]
    merged = [math.prod(sizes[name] for name in names) for names in after]
    return array.reshape(list(sizes.values())).transpose(order).reshape(merged)


def _split(axes: Axes, rank: int) -> list[tuple[str, ...]]:
    """One entry per axis of the array: the names merged in it, numbers for spatial axes."""
    return [
        names
        for axis in axes
        for names in (
            [(str(i),) for i in range(rank)]
            if axis.strip("-") == "spatial"
            else [tuple(axis.split())]
        )
    ]
