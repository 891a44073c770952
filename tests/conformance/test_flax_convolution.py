"""Convolutions in Flax: windows, kernels and arguments are those of Flax's own layers."""

import dataclasses
import inspect
from typing import Any

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx

import nmn.linen
import nmn.nnx
from nmn.nnx.neurons.yat import yat
from nmn.weights import load_canonical, to_canonical

CHANNELS, UNITS = 4, 6
EPSILON = 0.01

CONVOLUTIONS: list[dict[str, Any]] = [
    {"kernel_size": 3},
    {"kernel_size": (2,), "strides": 2, "kernel_dilation": 3, "padding": "SAME"},
    {"kernel_size": 3, "padding": "VALID", "strides": None, "kernel_dilation": (2,)},
    {"kernel_size": 4, "padding": "CIRCULAR", "strides": 2},
    {"kernel_size": 4, "padding": "REFLECT", "feature_group_count": 2},
    {"kernel_size": 3, "padding": "CAUSAL", "kernel_dilation": 2, "feature_group_count": 2},
    {"kernel_size": 3, "padding": 2, "input_dilation": 2, "strides": 2},
    {"kernel_size": (3, 2), "padding": [1, (0, 2)], "input_dilation": (1, 3)},
    {"kernel_size": [2, 3], "padding": [(-1, 2), (0, -2)], "feature_group_count": 2},
    {"kernel_size": (2, 3, 1), "padding": "SAME", "strides": (1, 2, 1)},
]

TRANSPOSED: list[dict[str, Any]] = [
    {"kernel_size": 3},
    {"kernel_size": 4, "strides": 3, "kernel_dilation": 2},
    {"kernel_size": 2, "strides": 3, "padding": "VALID"},
    {"kernel_size": (5,), "strides": (2,), "padding": "VALID"},
    {"kernel_size": 3, "strides": 2, "padding": [(-1, 4)]},
    {"kernel_size": 4, "strides": 2, "padding": "CIRCULAR"},
    {"kernel_size": 3, "strides": 2, "padding": "CIRCULAR", "kernel_dilation": 9},
    {"kernel_size": 2, "strides": 5, "padding": "CIRCULAR"},
    {"kernel_size": (3, 2), "strides": (1, 2), "padding": "CIRCULAR"},
    {"kernel_size": (3, 2), "strides": 2, "padding": 2, "kernel_dilation": (1, 2)},
    {"kernel_size": (2, 1, 3), "strides": (2, 1, 1)},
]


@pytest.fixture(params=["linen", "nnx"])
def framework(request: pytest.FixtureRequest) -> str:
    return request.param


def respond(
    framework: str, name: str, kernel: jax.Array, x: jax.Array, **options: Any
) -> jax.Array:
    """Output of a layer whose only array is the kernel."""
    plain = {"use_bias": False, "use_alpha": False, "epsilon": EPSILON} | options
    if framework == "linen":
        layer = getattr(nmn.linen, name)(UNITS, **plain)
        return layer.apply({"params": {"kernel": kernel}}, x)
    plain["param_dtype"] = kernel.dtype
    layer = getattr(nmn.nnx, name)(CHANNELS, UNITS, rngs=nnx.Rngs(0), **plain)
    layer.kernel[...] = kernel
    return layer(x)


def normal(*shape: int, seed: int = 0) -> jax.Array:
    return jnp.asarray(np.random.default_rng(seed).normal(size=shape))


def spatial(windows: dict[str, Any]) -> tuple[int, ...]:
    size = windows["kernel_size"]
    return (6, 5, 4)[: 1 if isinstance(size, int) else len(size)]


def by_flax(cls: type[nnx.Module], windows: dict[str, Any], x: jax.Array) -> tuple:
    """A kernel, and the response to what Flax's own layer says of products and norms."""
    groups = windows.get("feature_group_count", 1)

    def own(channels: int, units: int) -> nnx.Module:
        options = {"use_bias": False, "param_dtype": x.dtype} | windows
        return cls(channels, units, rngs=nnx.Rngs(0), **options)

    layer, ones = own(CHANNELS, UNITS), own(CHANNELS, groups)
    layer.kernel[...] = kernel = normal(*layer.kernel.shape, seed=1)
    ones.kernel[...] = jnp.ones(ones.kernel.shape)
    # One unit of ones in each group sums that group's squares.
    dot, sq_x = layer(x), jnp.repeat(ones(x**2), UNITS // groups, axis=-1)
    unit_axis = -2 if windows.get("transpose_kernel") else -1
    sq_w = jnp.sum(jnp.moveaxis(kernel, unit_axis, -1) ** 2, axis=tuple(range(kernel.ndim - 1)))
    return kernel, yat(dot, sq_x, sq_w, epsilon=EPSILON)


@pytest.mark.parametrize("windows", CONVOLUTIONS, ids=str)
def test_products_and_norms_are_those_of_flaxs_convolution(
    framework: str, windows: dict[str, Any]
) -> None:
    x = normal(2, *spatial(windows), CHANNELS)
    kernel, expected = by_flax(nnx.Conv, windows, x)
    found = respond(framework, "YatConv", kernel, x, **windows)
    np.testing.assert_allclose(found, expected, rtol=1e-9)


@pytest.mark.parametrize("transpose_kernel", [False, True])
@pytest.mark.parametrize("windows", TRANSPOSED, ids=str)
def test_products_and_norms_are_those_of_flaxs_transposed_convolution(
    framework: str, windows: dict[str, Any], transpose_kernel: bool
) -> None:
    """Of the folded ones where the input repeats: the quotient comes after."""
    windows = windows | {"transpose_kernel": transpose_kernel}
    x = normal(2, *spatial(windows), CHANNELS)
    kernel, expected = by_flax(nnx.ConvTranspose, windows, x)
    found = respond(framework, "YatConvTranspose", kernel, x, **windows)
    np.testing.assert_allclose(found, expected, rtol=1e-9)


@pytest.mark.parametrize(
    ("own", "flaxs"),
    [
        (nmn.linen.YatConv, nn.Conv),
        (nmn.linen.YatConvTranspose, nn.ConvTranspose),
        (nmn.nnx.YatConv, nnx.Conv),
        (nmn.nnx.YatConvTranspose, nnx.ConvTranspose),
    ],
)
def test_arguments_come_in_flaxs_order_with_flaxs_defaults(own: type, flaxs: type) -> None:
    deprecated = {"conv_general_dilated_cls"}
    theirs = {
        name: p
        for name, p in inspect.signature(flaxs).parameters.items()
        if name not in deprecated | {"parent", "name"}
    }
    ours = inspect.signature(own).parameters
    assert [name for name in ours if name in theirs] == list(theirs)
    for name, parameter in theirs.items():
        if not name.endswith("_init"):
            assert ours[name].default == parameter.default
            assert ours[name].kind == parameter.kind


def test_groups_are_separate_convolutions_side_by_side(framework: str) -> None:
    x, kernel = normal(2, 5, 6, CHANNELS), normal(3, 2, CHANNELS // 2, UNITS, seed=1)
    windows = {"kernel_size": (3, 2), "feature_group_count": 2}
    found = respond(framework, "YatConv", kernel, x, **windows)
    for group in range(2):
        channels, units = slice(2 * group, 2 * group + 2), slice(3 * group, 3 * group + 3)
        options = {"use_bias": False, "use_alpha": False, "epsilon": EPSILON}
        layer = nmn.nnx.YatConv(2, 3, (3, 2), param_dtype=float, rngs=nnx.Rngs(0), **options)
        layer.kernel[...] = kernel[..., units]
        np.testing.assert_allclose(found[..., units], layer(x[..., channels]), rtol=1e-9)


def test_parameters_of_grouped_units_are_per_unit() -> None:
    options = {"param_dtype": float, "rngs": nnx.Rngs(0)}
    layer = nmn.nnx.YatConv(CHANNELS, UNITS, 3, feature_group_count=2, **options)
    layer.bias[...] = jnp.arange(UNITS)
    x = normal(2, 5, CHANNELS)
    for unit in range(UNITS):
        alone = nmn.nnx.YatConv(CHANNELS // 2, 1, 3, **options)
        alone.kernel[...] = layer.kernel[..., unit : unit + 1]
        alone.bias[...] = layer.bias[unit : unit + 1]
        own = x[..., :2] if unit < UNITS // 2 else x[..., 2:]
        np.testing.assert_allclose(layer(x)[..., unit], alone(own)[..., 0], rtol=1e-9)


@pytest.mark.parametrize("name", ["YatConv", "YatConvTranspose"])
def test_a_mask_multiplies_the_kernel_and_has_its_shape(framework: str, name: str) -> None:
    x, kernel = normal(2, 5, CHANNELS), normal(3, CHANNELS, UNITS, seed=1)
    mask = np.tril(np.ones((CHANNELS, UNITS)))[None].repeat(3, axis=0)
    found = respond(framework, name, kernel, x, kernel_size=3, mask=jnp.asarray(mask))
    expected = respond(framework, name, kernel * mask, x, kernel_size=3)
    np.testing.assert_array_equal(found, expected)
    for wrong in (jnp.ones(3), jnp.ones((3, CHANNELS, 1))):
        with pytest.raises(ValueError, match=r"convt?\.c1[46]: the mask"):
            respond(framework, name, kernel, x, kernel_size=3, mask=wrong)


def test_a_masked_layer_is_split_merged_and_compiled() -> None:
    mask = jnp.tril(jnp.ones((CHANNELS, UNITS)))[None].repeat(3, axis=0)
    layer = nmn.nnx.YatConv(CHANNELS, UNITS, 3, mask=mask, rngs=nnx.Rngs(0))
    x = normal(2, 5, CHANNELS)
    graph, state = nnx.split(layer)
    assert hash(graph) == hash(nnx.graphdef(layer))
    np.testing.assert_array_equal(nnx.merge(graph, state)(x), layer(x))
    gradient = nnx.jit(nnx.grad(lambda m: m(x).sum()))(layer)
    assert (gradient.kernel[...][mask == 0] == 0).all()


@pytest.mark.parametrize("name", ["YatConv", "YatConvTranspose"])
@pytest.mark.parametrize("option", ["spherical", "weight_normalized"])
def test_a_kernel_masked_to_zero_has_finite_gradients(
    framework: str, name: str, option: str
) -> None:
    x, kernel = normal(2, 5, CHANNELS), normal(3, CHANNELS, UNITS, seed=1)
    options = {"kernel_size": 3, "mask": jnp.zeros(kernel.shape), option: True}

    def loss(kernel: jax.Array, x: jax.Array) -> jax.Array:
        return respond(framework, name, kernel, x, **options).sum()

    gradients = jax.grad(loss, argnums=(0, 1))(kernel, x)
    assert all(jnp.isfinite(g).all() for g in gradients)
    assert (gradients[0] == 0).all()


def test_spherical_is_by_patch_and_knows_no_scale(framework: str) -> None:
    """Also where a patch is tiny beside others of its sample, and where it is zero."""
    kernel = normal(2, CHANNELS, UNITS, seed=1).astype(jnp.float32)
    x = normal(1, 6, CHANNELS).astype(jnp.float32)
    x = x.at[:, :2].multiply(2.0**-50).at[:, 4:].set(0)
    windows = {"kernel_size": 2, "strides": 2, "padding": "VALID", "spherical": True}

    def response(x: jax.Array) -> jax.Array:
        return respond(framework, "YatConv", kernel, x, **windows)

    patches = x.reshape(3, 2 * CHANNELS).astype(float)
    patches = patches / jnp.maximum(jnp.linalg.norm(patches, axis=-1, keepdims=True), 1e-300)
    units = kernel.reshape(-1, UNITS).astype(float)
    dot = patches @ (units / jnp.linalg.norm(units, axis=0))
    expected = yat(dot, (patches**2).sum(-1, keepdims=True), jnp.ones(UNITS), epsilon=EPSILON)
    for scale in (1.0, 2.0**-60, 2.0**100):
        np.testing.assert_allclose(response(x * scale)[0], expected, rtol=1e-4, atol=1e-6)
    gradient = jax.grad(lambda x: response(x).sum())(x)
    assert jnp.isfinite(gradient).all()
    assert (gradient[:, 4:] == 0).all()
    assert (gradient[:, :4] != 0).all()


@pytest.mark.parametrize("framework", ["linen", "nnx"])
@pytest.mark.parametrize("name", ["YatConv", "YatConvTranspose"])
@pytest.mark.parametrize("dtype", [jnp.bfloat16, jnp.float16])
def test_half_precision_accumulates_in_float32(framework: str, name: str, dtype: Any) -> None:
    """A window of a thousand ones: half precision cannot count them one by one."""
    x, kernel = jnp.ones((1, 400, CHANNELS), dtype), jnp.ones((401, CHANNELS, UNITS), dtype)
    options = {"kernel_size": 401, "dtype": dtype, "epsilon": 1e3, "padding": [(200, 200)]}
    output = respond(framework, name, kernel, x, **options)
    assert output.dtype == dtype
    exact = respond(
        framework, name, kernel.astype(float), x.astype(float), **options | {"dtype": None}
    )
    roundoff = float(jnp.finfo(dtype).eps)
    np.testing.assert_allclose(output.astype(float), exact, rtol=roundoff)
    gradient = jax.grad(lambda k: respond(framework, name, k, x, **options).sum())(kernel)
    assert gradient.dtype == dtype
    assert jnp.isfinite(gradient).all()


def test_preferred_element_type_is_of_the_result() -> None:
    x = normal(1, 5, CHANNELS).astype(jnp.bfloat16)
    options = {"dtype": jnp.bfloat16, "preferred_element_type": jnp.float32, "rngs": nnx.Rngs(0)}
    for cls in (nmn.nnx.YatConv, nmn.nnx.YatConvTranspose):
        layer = cls(CHANNELS, UNITS, 3, **options)
        assert layer(x).dtype == jnp.float32
        layer.preferred_element_type = None
        assert layer(x).dtype == jnp.bfloat16


def test_the_convolution_function_may_be_replaced(framework: str) -> None:
    calls = []

    def convolve(*arguments: Any, **options: Any) -> jax.Array:
        calls.append(options["feature_group_count"])
        return jax.lax.conv_general_dilated(*arguments, **options)

    x, kernel = normal(2, 5, CHANNELS), normal(3, CHANNELS // 2, UNITS, seed=1)
    windows = {"kernel_size": 3, "feature_group_count": 2}
    found = respond(framework, "YatConv", kernel, x, conv_general_dilated=convolve, **windows)
    np.testing.assert_array_equal(found, respond(framework, "YatConv", kernel, x, **windows))
    assert calls == [2]


@pytest.mark.parametrize("transpose_kernel", [False, True])
def test_canonical_kernels_are_those_of_other_frameworks(
    framework: str, transpose_kernel: bool
) -> None:
    """Taps in the direction in which an input spreads, whatever is stored."""
    x = jnp.zeros((1, 3, CHANNELS)).at[0, 1, 2].set(1)
    canonical = {"kernel": np.asarray(normal(UNITS, CHANNELS, 3))}
    options = {"use_bias": False, "use_alpha": False, "epsilon": 1e9, "padding": "VALID"}
    options |= {"strides": 3, "transpose_kernel": transpose_kernel, "param_dtype": float}
    if framework == "linen":
        layer = nmn.linen.YatConvTranspose(UNITS, 3, **options)
        variables = load_canonical(layer, canonical, layer.init(jax.random.key(0), x))
        output, back = layer.apply(variables, x), to_canonical(layer, variables)
    else:
        layer = nmn.nnx.YatConvTranspose(CHANNELS, UNITS, 3, rngs=nnx.Rngs(0), **options)
        load_canonical(layer, canonical)
        output, back = layer(x), to_canonical(layer)
    np.testing.assert_array_equal(back["kernel"], canonical["kernel"])
    spread = jnp.sqrt(output[0, 3:6] * 1e9)
    np.testing.assert_allclose(spread, np.abs(canonical["kernel"][:, 2].T), rtol=1e-6)


WRONG: list[tuple[str, dict[str, Any], type[Exception], str]] = [
    ("YatConv", {"kernel_size": 0}, ValueError, r"conv\.c1: .*kernel_size=0"),
    ("YatConv", {"kernel_size": 3, "kernel_dilation": 0}, ValueError, r"c2: .*kernel_dilation=0"),
    ("YatConv", {"kernel_size": 3, "strides": 0}, ValueError, r"conv\.c3: .*strides=0"),
    ("YatConv", {"kernel_size": 3, "feature_group_count": 0}, ValueError, r"conv\.c4: .*count=0"),
    ("YatConv", {"kernel_size": 3, "feature_group_count": 4}, ValueError, r"conv\.c5: .*count=4"),
    ("YatConv", {"kernel_size": 3, "feature_group_count": 3}, ValueError, r"conv\.c6: .*count=3"),
    ("YatConv", {"kernel_size": 9, "padding": "VALID"}, ValueError, r"conv\.c10: .*extent=9"),
    ("YatConv", {"kernel_size": (3, 3), "padding": "CAUSAL"}, ValueError, r"conv\.c17"),
    ("YatConv", {"kernel_size": 3, "input_dilation": 0}, ValueError, r"conv\.c18: .*dilation=0"),
    ("YatConv", {"kernel_size": (2, 2, 2)}, ValueError, r"conv\.c19: .*input_rank=3"),
    ("YatConv", {"kernel_size": 3, "input_dilation": 2}, ValueError, r"conv\.c20"),
    ("YatConv", {"kernel_size": ()}, ValueError, "kernel_size"),
    ("YatConv", {"kernel_size": (2, 2, 2, 2)}, ValueError, "kernel_size"),
    ("YatConv", {"kernel_size": "3"}, TypeError, "kernel_size"),
    ("YatConv", {"kernel_size": 3, "strides": (1, 1)}, ValueError, r"conv\.c15: .*\(strides\)=2"),
    ("YatConv", {"kernel_size": 3, "strides": 1.5}, TypeError, "strides"),
    ("YatConv", {"kernel_size": 3, "feature_group_count": 2.0}, TypeError, "feature_group_count"),
    ("YatConv", {"kernel_size": 3, "padding": "SOME"}, ValueError, "padding .*'SOME'"),
    ("YatConv", {"kernel_size": 3, "padding": [1, 2]}, ValueError, "padding"),
    ("YatConv", {"kernel_size": 3, "padding": [(1, 2, 3)]}, ValueError, "padding"),
    ("YatConvTranspose", {"kernel_size": 0}, ValueError, r"convt\.c1: .*kernel_size=0"),
    ("YatConvTranspose", {"kernel_size": 3, "strides": 0}, ValueError, r"convt\.c3: .*strides=0"),
    ("YatConvTranspose", {"kernel_size": 9, "padding": 0}, ValueError, r"convt\.c10"),
    ("YatConvTranspose", {"kernel_size": 3, "strides": (1, 1)}, ValueError, r"convt\.c13"),
    ("YatConvTranspose", {"kernel_size": (2, 2, 2)}, ValueError, r"convt\.c15"),
    ("YatConvTranspose", {"kernel_size": 3, "padding": "REFLECT"}, ValueError, "padding .*REFLECT"),
    ("YatConvTranspose", {"kernel_size": 3, "padding": "CAUSAL"}, ValueError, "padding .*CAUSAL"),
]


@pytest.mark.parametrize(("name", "windows", "error", "match"), WRONG, ids=str)
def test_wrong_windows_are_named(
    framework: str, name: str, windows: dict[str, Any], error: type[Exception], match: str
) -> None:
    """In the constructor, or where the input is needed to know."""
    x = jnp.ones((2, 5, CHANNELS))
    with pytest.raises(error, match=match):
        if framework == "linen":
            getattr(nmn.linen, name)(UNITS, **windows).init(jax.random.key(0), x)
        else:
            getattr(nmn.nnx, name)(CHANNELS, UNITS, rngs=nnx.Rngs(0), **windows)(x)


def test_wrong_channels_are_named(framework: str) -> None:
    x = jnp.ones((2, 5, CHANNELS + 2))
    for name, match in (("YatConv", r"conv\.c11"), ("YatConvTranspose", r"convt\.c11")):
        with pytest.raises(ValueError, match=f"{match}: .*channels=6"):
            respond(framework, name, normal(3, CHANNELS, UNITS), x, kernel_size=3)


def test_fields_of_linen_layers_are_whole_numbers_per_axis() -> None:
    layer = nmn.linen.YatConv(UNITS, [3, 2], strides=2, padding=[1, (0, 2)])
    assert (layer.kernel_size, layer.strides) == ((3, 2), (2, 2))
    assert layer.padding == ((1, 1), (0, 2))
    assert dataclasses.asdict(layer.clone())["strides"] == (2, 2)


def test_names_by_rank_are_second_names() -> None:
    for package in (nmn.linen, nmn.nnx):
        for rank in (1, 2, 3):
            assert getattr(package, f"YatConv{rank}D") is package.YatConv
            assert getattr(package, f"YatConvTranspose{rank}D") is package.YatConvTranspose
