"""Lengths, paddings and constraints of the geometries: brute force, and every id once."""

import importlib
import inspect
import itertools
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from codegen.spec import SpecErrors, load_specs
from codegen.spec.models import ConstraintSpec
from tests.oracle.integers import Integers
from tests.properties.draw import GEOMETRIES

ROOT = Path(__file__).parents[2]
CONSTRAINTS = [
    (kind, stage, name, constraint)
    for kind, spec in GEOMETRIES.items()
    for stage, constraints in spec.constraints.items()
    for name, constraint in constraints.items()
]
SMALL = range(1, 5)


def generated(kind: str) -> ModuleType:
    return importlib.import_module(f"nmn._{kind}")


def neighbourhood(names: list[str]) -> Iterator[dict[str, object]]:
    """Small values for every name, shapes as tuples."""
    choices = [
        [(3, 2, 2), (3, 2, 3)] if name.endswith("_shape") else range(-1, 4) for name in names
    ]
    for values in itertools.product(*choices):
        yield dict(zip(names, values, strict=True))


def test_ids_are_in_order_and_unique() -> None:
    for kind, prefix in (("convolution", "conv"), ("transposed_convolution", "convt")):
        ids = [name for k, _, name, _ in CONSTRAINTS if k == kind]
        assert ids == [f"{prefix}.c{i}" for i in range(1, len(ids) + 1)]


@pytest.mark.parametrize(
    ("kind", "stage", "name", "constraint"), CONSTRAINTS, ids=[c[2] for c in CONSTRAINTS]
)
def test_every_constraint_is_checked_and_named(
    kind: str, stage: str, name: str, constraint: ConstraintSpec
) -> None:
    """Over all small values: an error if and only if it does not hold, with id and values."""
    spec = GEOMETRIES[kind]
    check = getattr(generated(kind), f"check_{stage}")
    arguments = [a for a in inspect.signature(check).parameters if a != "names"]
    violated = held = 0
    for values in neighbourhood(arguments):
        integers = Integers(spec, values)
        # Those that stand before it in the stage are reported first.
        try:
            first = next((c for c in spec.constraints[stage] if not integers.holds(stage, c)), None)
        except ZeroDivisionError:
            continue  # No group at all: an earlier stage's concern.
        if first is None:
            held += 1
            check(**values)
        elif first == name:
            violated += 1
            own = {argument: f"the_{argument}" for argument in arguments}
            with pytest.raises(ValueError) as caught:
                check(**values, names=own)
            text = str(caught.value)
            assert text.startswith(f"{name}: {constraint.message} ("), text
            for used in constraint.holds.names:
                assert f"the_{used}={values[used]}" in text
        if violated >= 20 and held >= 20:
            return
    assert violated and held


@pytest.mark.parametrize("size", range(1, 9))
def test_a_convolution_has_as_many_outputs_as_windows_fit(size: int) -> None:
    module = generated("convolution")
    for k, stride, d, before, after in itertools.product(SMALL, SMALL, SMALL, range(3), range(3)):
        extent = module.extent(k, d)
        assert extent == len(range(0, (k - 1) * d + 1))
        starts = [
            s
            for s in range(0, size + before + after, stride)
            if s + extent <= size + before + after
        ]
        if starts:
            assert module.output_length(size, k, stride, d, before, after) == len(starts)


@pytest.mark.parametrize("size", range(1, 9))
def test_same_padding_is_the_least_that_keeps_every_stride(size: int) -> None:
    module = generated("convolution")
    for k, stride, d in itertools.product(SMALL, SMALL, SMALL):
        before, after = module.same_padding(size, k, stride, d)
        assert 0 <= before <= after <= before + 1
        wanted = len(range(0, size, stride))
        assert module.output_length(size, k, stride, d, before, after) == wanted
        if before + after:
            total = before + after - 1
            extent = module.extent(k, d)
            assert size + total < extent or (
                module.output_length(size, k, stride, d, 0, total) < wanted
            )


def test_causal_and_centred_paddings_keep_the_length() -> None:
    module = generated("convolution")
    for size, k, d in itertools.product(range(1, 6), SMALL, SMALL):
        for padding in (module.causal_padding, module.centred_padding):
            before, after = padding(k, d)
            assert module.output_length(size, k, 1, d, before, after) == size
        assert module.causal_padding(k, d)[1] == 0
        before, after = module.centred_padding(k, d)
        assert 0 <= after - before <= 1


@pytest.mark.parametrize("size", range(1, 6))
def test_a_transposed_convolution_reaches_what_its_input_reaches(size: int) -> None:
    module = generated("transposed_convolution")
    for k, stride, d in itertools.product(SMALL, SMALL, SMALL):
        reached = {n * stride + t * d for n in range(size) for t in range(k)}
        ends = module.valid_padding(k, stride, d)
        assert ends[0] == module.extent(k, d) - 1
        whole = module.output_length(size, k, stride, d, *ends)
        assert whole == max(max(reached) + 1, size * stride)
        same = module.same_padding(k, stride, d)
        assert module.output_length(size, k, stride, d, *same) == size * stride
        # Cut from the middle of the valid ones, the odd one after.
        cut = (ends[0] - same[0], ends[1] - same[1])
        assert 0 <= cut[0] <= cut[1] <= cut[0] + 1
        for padding, extra in itertools.product(range(3), range(2)):
            before, after = module.cropped_padding(k, d, padding, extra)
            cropped = module.output_length(size, k, stride, d, before, after)
            assert cropped == max(reached) + 1 - 2 * padding + extra


@pytest.mark.parametrize("kind", GEOMETRIES)
def test_the_generated_functions_are_the_specs(kind: str) -> None:
    """Another evaluator, over all small values; where one raises, so does the other."""
    module, spec = generated(kind), GEOMETRIES[kind]
    functions = {name: (name, "length") for name in spec.lengths}
    functions |= {f"{name}_padding": (name, "padding") for name in spec.padding}
    for function, (name, method) in functions.items():
        call = getattr(module, function)
        arguments = list(inspect.signature(call).parameters)
        for values in itertools.product(range(1, 4), repeat=len(arguments)):
            named = dict(zip(arguments, values, strict=True))
            assert call(**named) == getattr(Integers(spec, named), method)(name), (function, named)


CONVOLUTION = (ROOT / "spec/geometries/convolution.yaml").read_text(encoding="utf-8")

WRONG = [
    ("geometry: convolution", "geometry: convolutions", "unknown value 'convolutions'"),
    ("(kernel_size - 1)", "(kernel_sise - 1)", "unknown name 'kernel_sise'"),
    ("1) * dilation", "1) / dilation", "operator / is not part of integer formulas"),
    ("1) * dilation", "1)**dilation", "operator ** is not part of integer formulas"),
    ("(kernel_size - 1)", "(kernel_size - 1.5)", "'1.5' is not part of integer formulas"),
    ("(kernel_size - 1)", "sqrt(kernel_size)", "unknown function 'sqrt'"),
    ("(kernel_size - 1)", "(kernel_size > 1)", "a comparison stands only in conditions"),
    ('"maximum((', '"maximun((', "unknown function 'maximun'"),
    ("before: total // 2", "before: totl // 2", "unknown name 'totl'"),
    ("holds: stride > 0", "holds: strid > 0", "unknown name 'strid'"),
    ("holds: stride > 0", "hold: stride > 0", "unknown key 'hold'"),
    ("conv.c2:", "conv.c1:", "duplicate key 'conv.c1'"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "message"), WRONG, ids=[w[1] for w in WRONG])
def test_wrong_geometry_files_are_errors_with_a_position(
    tmp_path: Path, old: str, new: str, message: str
) -> None:
    for source in (ROOT / "spec").rglob("*.yaml"):
        target = tmp_path / "spec" / source.relative_to(ROOT / "spec")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(source.read_text(encoding="utf-8"), encoding="utf-8")
    assert old in CONVOLUTION
    edited = CONVOLUTION.replace(old, new, 1)
    (tmp_path / "spec/geometries/convolution.yaml").write_text(edited, encoding="utf-8")
    with pytest.raises(SpecErrors) as caught:
        load_specs(tmp_path / "spec")
    # The place at which the edited text differs is where the message points, give or take its key.
    line = next(
        i
        for i, (a, b) in enumerate(
            zip(CONVOLUTION.splitlines(), edited.splitlines(), strict=True), start=1
        )
        if a != b
    )
    first = [str(error).splitlines()[0] for error in caught.value.errors]
    assert any(
        text.startswith(f"spec/geometries/convolution.yaml:{line}:") and message in text
        for text in first
    ), first
