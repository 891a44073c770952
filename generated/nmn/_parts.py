# Generated from spec/. Do not edit; run `make generate`.
"""What layers are made of: a part for every layer of a stack, in every direction."""

import importlib
from collections.abc import Mapping, MutableSequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from nmn._axes import reordered
from nmn._layouts import LAYOUTS, Axes, Layout

_WRAPPERS = {"keras": "keras", "flax.linen": "linen", "flax.nnx": "nnx"}
"""Package whose own layers may hold cells or layers of this one → framework."""


@dataclass(frozen=True)
class Part:
    """One layer in one direction: what has its arrays, and under which names."""

    layer: Any
    variables: Any = None
    """For Flax Linen, those of `layer`: collection → name → value."""
    suffix: str = ""
    """What PyTorch adds to the names of arrays: its layers are stacks themselves."""
    prefix: str = ""
    """What stands before canonical names: "1.reverse."."""
    root: Any = None
    """The outermost layer around this one, which is what Keras builds."""

    @property
    def adapter(self) -> Any:
        """The module that knows the framework."""
        return importlib.import_module(f"nmn.{_framework(self.layer)}._weights")

    @property
    def layouts(self) -> Mapping[str, Layout]:
        """Canonical name → layout, for all arrays that layers of this class may have."""
        for cls in type(self.layer).__mro__:
            if cls.__module__.startswith("nmn."):
                name = cls.__name__.removeprefix("_")
                # A cell keeps what the layer keeps that repeats it.
                for known in (name, name.removesuffix("Cell")):
                    if known in LAYOUTS:
                        return LAYOUTS[known]
        raise _unknown(self.layer)

    def build(self, kernel: np.ndarray) -> None:
        """Make a layer that waits for its input ready for that of a canonical kernel."""
        layout = self.layouts["kernel"]
        shape, fewest = np.shape(kernel), len(layout.axes)
        if len(shape) < fewest or ("spatial" not in layout.axes and len(shape) > fewest):
            raise ValueError(
                f"{self.prefix}kernel must have the axes ({', '.join(layout.axes)}), "
                f"got shape {shape}"
            )
        spatial = len(shape) - fewest + 1 if "spatial" in layout.axes else 0
        self.adapter.build(self.root, shape[layout.axes.index("input")], spatial)

    def read(self) -> dict[str, np.ndarray]:
        """The arrays that the layer has, in canonical order of axes and gates."""
        stored = {self._stored(name): name for name in self.layouts}
        arrays = self.adapter.read(self.layer, list(stored), self.variables)
        return {stored[key]: self._canonical(stored[key], value) for key, value in arrays.items()}

    def write(self, arrays: Mapping[str, np.ndarray]) -> None:
        """Put canonical arrays into the layer, or into its `variables`."""
        native = {self._stored(name): self._native(name, value) for name, value in arrays.items()}
        self.adapter.write(self.layer, native, self.variables)

    def _stored(self, name: str) -> str:
        """What the framework calls an array."""
        return self.layouts[name].names.get(_framework(self.layer), name) + self.suffix

    def _canonical(self, name: str, array: np.ndarray) -> np.ndarray:
        layout = self.layouts[name]
        found = reordered(array, self._axes(layout), layout.axes, self._first(layout))
        order = layout.orders.get(_framework(self.layer), ())
        if order:
            found = found.take([order.index(gate) for gate in layout.gates], axis=0)
        return found.copy()

    def _native(self, name: str, array: np.ndarray) -> np.ndarray:
        layout, found = self.layouts[name], np.asarray(array)
        order = layout.orders.get(_framework(self.layer), ())
        if order:
            found = found.take([layout.gates.index(gate) for gate in order], axis=0)
        return reordered(found, layout.axes, self._axes(layout), self._first(layout))

    def _axes(self, layout: Layout) -> Axes:
        """The framework's axes; a flag of the layer may choose a variant."""
        framework = _framework(self.layer)
        flags = [key for key in layout.stored if key.startswith(f"{framework}.")]
        chosen = [key for key in flags if getattr(self.layer, key.partition(".")[2])]
        return layout.stored.get(chosen[0] if chosen else framework, layout.axes)

    def _first(self, layout: Layout) -> dict[str, int]:
        """How many groups units and input channels are divided into, and units into gates."""
        groups = getattr(self.layer, "groups", getattr(self.layer, "feature_group_count", 1))
        return {"group": groups, "gate": len(layout.gates)}


def parts(layer: Any, variables: Any = None) -> list[Part]:
    """All parts, layer by layer; those of a stack have prefixes."""
    stack = _stack(Part(layer, variables))
    if [len(directions) for directions in stack] == [1]:
        return list(stack[0])
    return [
        replace(part, prefix=f"{i}.reverse." if reverse else f"{i}.")
        for i, directions in enumerate(stack)
        for reverse, part in enumerate(directions)
    ]


def _stack(part: Part) -> list[tuple[Part, ...]]:
    """The layers in the order in which data pass them, each in one direction or two."""
    if isinstance(part.layer, MutableSequence):
        return [directions for member in _members(part) for directions in _stack(member)]
    if isinstance(part.layer, tuple):
        pair = [_stack(member) for member in _members(part)]
        if len(pair) != 2 or any(len(directions) > 1 for one in pair for directions in one):
            raise TypeError("a tuple must be the two directions of a layer: (forward, backward)")
        return [forward + backward for forward, backward in zip(*pair, strict=True)]
    part = replace(part, root=part.layer if part.root is None else part.root)
    inside = None if part.suffix else part.adapter.inside(part)
    return [(part,)] if inside is None else _stack(replace(inside, root=part.root))


def _members(part: Part) -> list[Part]:
    """What a list or tuple holds, each with its own variables."""
    variables = [None] * len(part.layer) if part.variables is None else part.variables
    if not isinstance(variables, list | tuple) or len(variables) != len(part.layer):
        raise TypeError(f"variables must be a list of {len(part.layer)}, one for each layer")
    return [
        replace(member, root=part.root)
        if isinstance(member, Part)
        else Part(member, own, root=part.root)
        for member, own in zip(part.layer, variables, strict=True)
    ]


def _framework(layer: Any) -> str:
    """The framework a layer belongs to, of this package or the framework's own."""
    for cls in type(layer).__mro__:
        package, _, rest = cls.__module__.partition(".")
        if package == "nmn":
            return rest.partition(".")[0]
        for package, framework in _WRAPPERS.items():
            if f"{cls.__module__}.".startswith(f"{package}."):
                return framework
    raise _unknown(layer)


def _unknown(layer: Any) -> TypeError:
    return TypeError(f"{type(layer).__name__} is not a layer of nmn")
