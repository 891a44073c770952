"""The table of layouts says of every array what the frameworks' objects say."""

from collections.abc import Mapping

import pytest

from codegen.frameworks import FRAMEWORKS
from codegen.frameworks.base import Framework, Recurrent, StoredArray
from codegen.plans.layer import ArrayPlan
from codegen.render.layouts import LayoutTable
from nmn._layouts import LAYOUTS
from tests import subject

LAYERS = [layer for module in subject.PACKAGE.modules for layer in module.layers]


def assert_stored(
    framework: Framework,
    name: str,
    arrays: tuple[ArrayPlan, ...],
    stored: Mapping[str, StoredArray],
) -> None:
    """Every array has the framework's name and axes, and gates in its order."""
    assert LAYOUTS[name].keys() == {array.name for array in arrays}
    for array in arrays:
        layout, expected = LAYOUTS[name][array.name], stored[array.name]
        assert layout.axes == tuple(array.axes)
        assert layout.names.get(framework.name, array.name) == expected.name
        assert layout.stored.get(framework.name, layout.axes) == tuple(expected.axes)
        assert layout.orders.get(framework.name, ()) == expected.gates
        assert set(expected.gates) <= set(layout.gates)
        for flag, axes in expected.variants.items():
            assert layout.stored[f"{framework.name}.{flag}"] == tuple(axes)


@pytest.mark.parametrize("framework", FRAMEWORKS, ids=lambda f: f.name)
def test_layers_are_stored_as_frameworks_say(framework: Framework) -> None:
    for layer in LAYERS:
        assert_stored(framework, layer.name, layer.arrays, framework.stored_arrays(layer))


@pytest.mark.parametrize("framework", FRAMEWORKS, ids=lambda f: f.name)
def test_cells_are_stored_as_frameworks_say(framework: Framework) -> None:
    assert isinstance(framework, Recurrent)
    for cell in subject.PACKAGE.cells:
        assert_stored(framework, cell.name, cell.arrays, framework.stored_cell_arrays(cell))


def test_other_ways_to_keep_a_kernel_have_other_names() -> None:
    table, array = LayoutTable(), ArrayPlan("kernel", ("unit", "input"))
    plain = {"torch": StoredArray("weight", ("unit", "input"))}
    turned = {"torch": StoredArray("weight", ("input", "unit"))}
    names = [
        table.layout("dense_kernel", layer, array, stored)
        for layer, stored in (("One", plain), ("Two", turned), ("Three", plain))
    ]
    assert names == ["DENSE_KERNEL", "TWO_KERNEL", "DENSE_KERNEL"]
