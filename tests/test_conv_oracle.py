"""The oracle of convolutions against loops that share nothing with it."""

import itertools
from fractions import Fraction

import numpy as np
import pytest

from codegen.spec.models import NeuronSpec
from tests.geometry import Geometry
from tests.oracle import FLOAT32, FLOAT64, Oracle, conv_oracle, output_sizes
from tests.properties.draw import ALL, GEOMETRIES, LAYERS, SWEPT, Case
from tests.properties.places import POOL, Place

YAT = LAYERS["YatNMN"].neuron.spec
EPSILON = 2.0**-10
CONVOLUTIONS = POOL["convolution"]
TRANSPOSED = POOL["transposed_convolution"]


def draw(place: Place, seed: int = 0) -> tuple[np.ndarray, dict[str, np.ndarray], np.ndarray]:
    """Small whole numbers, which fractions and float64 hold alike."""
    generator = np.random.default_rng(seed)
    geometry = place.geometry
    taps = geometry.kernel_size
    x = generator.integers(-4, 5, (place.batch, *place.sizes, place.channels)).astype(float)
    kernel_shape = (place.units, place.channels // geometry.groups, *taps)
    arrays = {
        "kernel": generator.integers(-4, 5, kernel_shape).astype(float),
        "bias": generator.integers(-4, 5, place.units).astype(float),
        "alpha": np.float64(1.5),
    }
    out = output_sizes(GEOMETRIES[geometry.kind], geometry, place.sizes)
    return x, arrays, generator.normal(size=(place.batch, *out, place.units))


def evaluate(geometry: Geometry, *point, **options) -> Oracle:
    options = {"constants": {"epsilon": EPSILON}} | options
    return conv_oracle(YAT, GEOMETRIES[geometry.kind], geometry, *point, FLOAT64, **options)


def respond(pairs: list[tuple[float, float]], bias: float, alpha: float) -> Fraction:
    """The formulas of the spec for (x, w) pairs, exactly."""
    exact = [(Fraction(x), Fraction(w)) for x, w in pairs]
    names: dict[str, object] = {
        "dot": sum(x * w for x, w in exact),
        "sq_x": sum(x * x for x, _ in exact),
        "sq_w": sum(w * w for _, w in exact),
        "bias": Fraction(bias),
        "alpha": Fraction(alpha),
        "epsilon": Fraction(EPSILON),
        "relu": lambda value: max(value, 0),
    }
    for name, formula in YAT.math.items():
        names[name] = eval(formula.text, {"__builtins__": {}}, names)
    return names["response"]


def padding_of(place: Place) -> list[tuple[int, int]] | None:
    """Numbers worked out by hand, for what the frameworks' manuals define."""
    geometry = place.geometry
    result = []
    for axis, (k, s, d) in enumerate(
        zip(geometry.kernel_size, geometry.stride, geometry.dilation, strict=True)
    ):
        reach = (k - 1) * d
        size = place.sizes[axis]
        # Flax pads before stuffing for these three, so that one position becomes several.
        each = geometry.input_dilation[axis] if geometry.input_dilation else 1
        match geometry.padding:
            case "valid":
                result.append((0, 0))
            case "causal":
                result.append((reach * each, 0))
            case "circular" | "reflect":
                result.append((reach // 2 * each, (reach - reach // 2) * each))
            case "same":
                # TensorFlow's manual: by whether the stride divides the size.
                left_over = size % s
                total = max(reach + 1 - (left_over or s), 0)
                result.append((total // 2, total - total // 2))
            case pairs:
                result.append(pairs[axis])
    return result


def value_at(place: Place, x: np.ndarray, sample: int, index: tuple[int, ...], channel: int):
    """The padded, stuffed input at a position counted from the input's own first."""
    geometry = place.geometry
    where = []
    for axis, position in enumerate(index):
        size = place.sizes[axis]
        mode = geometry.padding if geometry.padding in ("circular", "reflect") else geometry.mode
        stuffing = geometry.input_dilation[axis] if geometry.input_dilation else 1
        if position % stuffing:
            return 0.0
        position //= stuffing
        if not 0 <= position < size:
            match mode:
                case "zeros":
                    return 0.0
                case "circular":
                    position %= size
                case "replicate":
                    position = min(max(position, 0), size - 1)
                case "reflect":
                    position = -position if position < 0 else 2 * (size - 1) - position
        where.append(position)
    return x[(sample, *where, channel)]


@pytest.mark.parametrize("place", CONVOLUTIONS, ids=str)
def test_a_convolution_is_what_loops_say(place: Place) -> None:
    x, arrays, upstream = draw(place)
    geometry = place.geometry
    found = evaluate(geometry, x, arrays, upstream).output.value
    pads = padding_of(place)
    group_channels = place.channels // geometry.groups
    for sample, *out, unit in itertools.product(*map(range, found.shape)):
        first = unit // (place.units // geometry.groups) * group_channels
        pairs = [
            (
                value_at(
                    place,
                    x,
                    sample,
                    tuple(
                        o * s + t * d - before
                        for o, s, t, d, (before, _) in zip(
                            out, geometry.stride, tap, geometry.dilation, pads, strict=True
                        )
                    ),
                    first + channel,
                ),
                arrays["kernel"][(unit, channel, *tap)],
            )
            for channel in range(group_channels)
            for tap in itertools.product(*map(range, geometry.kernel_size))
        ]
        expected = respond(pairs, arrays["bias"][unit], 1.5)
        assert float(found[(sample, *out, unit)]) == pytest.approx(float(expected), rel=1e-13)


@pytest.mark.parametrize("place", TRANSPOSED, ids=str)
def test_a_transposed_convolution_is_what_spreading_says(place: Place) -> None:
    """Every input is added to the outputs n · stride + t · dilation; then the ends are cut."""
    x, arrays, upstream = draw(place)
    geometry = place.geometry
    found = evaluate(geometry, x, arrays, upstream).output.value
    kernel = arrays["kernel"]
    group_channels = place.channels // geometry.groups
    starts = [start_of_full(place, axis) for axis in range(geometry.rank)]
    for sample, *out, unit in itertools.product(*map(range, found.shape)):
        first = unit // (place.units // geometry.groups) * group_channels
        pairs = []
        for tap in itertools.product(*map(range, geometry.kernel_size)):
            under = sources(place, out, starts, tap)
            for channel in range(group_channels):
                w = kernel[(unit, channel, *tap)]
                pairs.append((x[(sample, *under, first + channel)] if under else 0.0, w))
        expected = respond(pairs, arrays["bias"][unit], 1.5)
        assert float(found[(sample, *out, unit)]) == pytest.approx(float(expected), rel=1e-13)


def start_of_full(place: Place, axis: int) -> int:
    """How many positions of the full result stand before the output's first."""
    geometry = place.geometry
    reach = (geometry.kernel_size[axis] - 1) * geometry.dilation[axis]
    extra = geometry.output_padding[axis] if geometry.output_padding else None
    match geometry.padding:
        case "valid":
            return 0
        case "same" if extra is not None:
            # Keras adds its total of 3 to the one such place of the pool as 2 and 1.
            return 0
        case "same" | "circular":
            return max(reach + 1 - geometry.stride[axis], 0) // 2
        case pairs:
            return pairs[axis][0]


def sources(place: Place, out, starts, tap) -> tuple[int, ...] | None:
    """The input position that a tap brings to an output, if there is one."""
    geometry = place.geometry
    found = []
    for axis, position in enumerate(out):
        stride, size = geometry.stride[axis], place.sizes[axis]
        offset = position + starts[axis] - tap[axis] * geometry.dilation[axis]
        if geometry.padding == "circular":
            offset %= size * stride
        if offset % stride or not 0 <= offset // stride < size:
            return None
        found.append(offset // stride)
    return tuple(found)


def test_the_lengths_are_the_frameworks() -> None:
    """A table made with the frameworks' own layers."""
    expected = {
        "1d-valid-strided": (9,),
        "1d-valid-stride-beyond-kernel": (9,),
        "1d-same-strided": (8,),
        "1d-valid-output-padding": (10,),
        "1d-same-output-padding": (8,),
        "1d-cropped-output-padding": (12,),
        "1d-circular": (8,),
        "2d-cropped-output-padding": (6, 3),
    }
    for place in TRANSPOSED:
        found = output_sizes(GEOMETRIES["transposed_convolution"], place.geometry, place.sizes)
        assert found == expected.get(place.name, found), place


@pytest.mark.parametrize("options", [{}, {"spherical": True}, {"weight_normalized": True}], ids=str)
@pytest.mark.parametrize(
    "name", ["1d-circular-strided", "1d-stuffed-strided", "2d-same-grouped", "2d-grouped-dilated"]
)
def test_gradients_agree_with_differences(name: str, options: dict) -> None:
    place = next(p for p in CONVOLUTIONS + TRANSPOSED if p.name == name)
    generator = np.random.default_rng(1)
    x, arrays, upstream = draw(place)
    point = {name: generator.normal(size=np.shape(value)) for name, value in arrays.items()}
    point = {"x": generator.normal(size=x.shape), **point}

    def at(point: dict[str, np.ndarray]) -> Oracle:
        rest = {name: value for name, value in point.items() if name != "x"}
        return evaluate(place.geometry, point["x"], rest, upstream, **options)

    gradients = at(point).gradients
    step = 1e-6
    for name, value in point.items():
        for index in itertools.islice(np.ndindex(value.shape), 0, None, 3):
            sides = []
            for sign in (1, -1):
                moved = np.array(value)
                moved[index] += sign * step
                sides.append(float((at(point | {name: moved}).output.value * upstream).sum()))
            slope = (sides[0] - sides[1]) / (2 * step)
            assert slope == pytest.approx(float(gradients[name].value[index]), rel=1e-5, abs=1e-6)


def test_a_shared_parameter_is_summed_over_groups() -> None:
    place = next(p for p in CONVOLUTIONS if p.name == "2d-same-grouped")
    x, arrays, upstream = draw(place)
    each = evaluate(place.geometry, x, arrays | {"bias": np.full(6, 0.5)}, upstream)
    shared = evaluate(place.geometry, x, arrays | {"bias": np.float64(0.5)}, upstream)
    total = each.gradients["bias"].value.sum()
    assert float(shared.gradients["bias"].value) == pytest.approx(float(total), rel=1e-13)


@pytest.mark.parametrize("name", ["2d-same-grouped", "2d-grouped-dilated"])
def test_counts_are_those_of_a_unit_and_of_the_layer(name: str) -> None:
    place = next(p for p in CONVOLUTIONS + TRANSPOSED if p.name == name)
    x, arrays, upstream = draw(place)
    neuron = NeuronSpec(
        neuron="counts",
        summary="The counts alone.",
        reference="None",
        math={"response": "0 * dot + inputs + 1000 * units"},
    )
    spec = GEOMETRIES[place.geometry.kind]
    kernel = {"kernel": arrays["kernel"]}
    oracle = conv_oracle(neuron, spec, place.geometry, x, kernel, upstream, FLOAT64, constants={})
    assert (oracle.output.value == kernel["kernel"][0].size + 1000 * place.units).all()


MISTAKES = {
    "kernel flipped": lambda w: np.flip(w, tuple(range(2, w.ndim))),
    "units swapped": lambda w: w[::-1],
    "channels swapped": lambda w: w[:, ::-1],
}


@pytest.mark.parametrize("mistake", MISTAKES)
@pytest.mark.parametrize("layer", [x for x in SWEPT if SWEPT[x].neuron.name == "yat"])
def test_mistakes_are_outside_the_bound(layer: str, mistake: str) -> None:
    for place in POOL[ALL[layer].kind]:
        if place.geometry.kernel_size == (1,) or place.channels == place.geometry.groups:
            continue
        x, arrays, upstream = draw(place)
        case = Case(ALL[layer], {}, "float32", arrays, x, upstream, place.geometry)
        wrong = arrays | {"kernel": MISTAKES[mistake](arrays["kernel"])}
        there = Case(ALL[layer], {}, "float32", wrong, x, upstream, place.geometry)
        pair, other = case.oracle().output, there.oracle().output
        assert pair.arithmetic is FLOAT32
        assert (np.abs(other.value - pair.value) > 100 * pair.bound).any(), place
