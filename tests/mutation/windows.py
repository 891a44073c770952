"""Mistakes about windows: in paddings for every framework, in the code that each of them gets."""

from tests.mutation.mutants import Edit, Mutant

CONVOLUTION = ("convolution",)
TRANSPOSED = ("transposed_convolution",)
BOTH = CONVOLUTION + TRANSPOSED

PADDINGS = [
    Mutant("windows one position off", paddings=("+ 1", "- 1"), kinds=CONVOLUTION),
    Mutant("stuffed windows one position off", paddings=("+ 1", "- 1"), kinds=TRANSPOSED),
]


def _text(name: str, kinds: tuple[str, ...], files: str, *edits: tuple[str, str]) -> Mutant:
    return Mutant(name, text=tuple(Edit(*edit, files) for edit in edits), kinds=kinds)


_FLAX_FILE = "*/_numerics.py"
_FLAX_GROUPS = "feature_group_count, kernel.shape[-2])"
_FLAX = [
    _text(
        "kernel flipped",
        BOTH,
        _FLAX_FILE,
        (
            "    kernel_last = (rank + 1, rank, *range(rank))\n",
            "    kernel_last = (rank + 1, rank, *range(rank))\n"
            "    kernel = jnp.flip(kernel, range(rank))\n",
        ),
    ),
    _text(
        "spatial axes swapped",
        CONVOLUTION,
        _FLAX_FILE,
        ("        window_strides,\n", "        window_strides[::-1],\n"),
    ),
    _text(
        "axes of the stuffing swapped",
        TRANSPOSED,
        _FLAX_FILE,
        ("lhs_dilation=lhs_dilation", "lhs_dilation=lhs_dilation[::-1]"),
        ("*lhs_dilation, 1", "*lhs_dilation[::-1], 1"),
    ),
    _text(
        "stuffing forgotten in the norm",
        BOTH,
        _FLAX_FILE,
        ("base_dilation=(1, *lhs_dilation, 1)", "base_dilation=(1,) * (rank + 2)"),
    ),
    _text(
        "dilation forgotten in the norm",
        BOTH,
        _FLAX_FILE,
        ("window_dilation=(1, *rhs_dilation, 1)", "window_dilation=(1,) * (rank + 2)"),
    ),
    _text(
        "stride forgotten in the norm",
        CONVOLUTION,
        _FLAX_FILE,
        ("(1, *window_strides, 1)", "(1,) * (rank + 2)"),
    ),
    _text(
        "norm of one channel",
        BOTH,
        _FLAX_FILE,
        ("jnp.sum(grouped * grouped, axis=-1)", "(grouped * grouped)[..., 0]"),
    ),
    _text(
        "norm of another group",
        CONVOLUTION,
        _FLAX_FILE,
        (_FLAX_GROUPS, f"{_FLAX_GROUPS}[..., ::-1, :]"),
    ),
    _text(
        "units of groups mixed",
        CONVOLUTION,
        _FLAX_FILE,
        (
            "parameter.reshape(groups, parameter.size // groups)",
            "parameter.reshape(parameter.size // groups, groups).T",
        ),
    ),
]

_TF_FILE = "tf/_windows.py"
_TF_SPATIAL = "    spatial = range(kernel.shape.rank - 2)\n"
_TF_SQUARES = "tf.reduce_sum(tf.square(x), -1, keepdims=True)"
_TF = [
    _text(
        "kernel flipped",
        CONVOLUTION,
        _TF_FILE,
        ("        kernel,\n", "        tf.reverse(kernel, range(len(windows.strides))),\n"),
    ),
    _text(
        "stuffed kernel flipped",
        TRANSPOSED,
        _TF_FILE,
        (_TF_SPATIAL, f"{_TF_SPATIAL}    kernel = tf.reverse(kernel, spatial)\n"),
    ),
    _text(
        "spatial axes swapped",
        CONVOLUTION,
        _TF_FILE,
        ("        windows.strides,\n", "        windows.strides[::-1],\n"),
    ),
    _text(
        "axes of the stuffing swapped",
        TRANSPOSED,
        _TF_FILE,
        ("shape, windows.strides,", "shape, windows.strides[::-1],"),
    ),
    _text(
        "dilation forgotten in the norm",
        CONVOLUTION,
        _TF_FILE,
        (
            "    return _convolve(sq_channels,",
            "    windows = windows._replace(dilation_rate=(1,) * len(windows.strides))\n"
            "    return _convolve(sq_channels,",
        ),
    ),
    _text(
        "stride forgotten in the norm",
        CONVOLUTION,
        _TF_FILE,
        (
            "    return _convolve(sq_channels,",
            "    windows = windows._replace(strides=(1,) * len(windows.strides))\n"
            "    return _convolve(sq_channels,",
        ),
    ),
    _text(
        "stuffing forgotten in the norm",
        TRANSPOSED,
        _TF_FILE,
        (
            "_spread(sq_channels, ones, windows)",
            "_spread(sq_channels, ones, windows._replace(strides=(1,) * len(windows.strides)))",
        ),
    ),
    _text("norm of one channel", BOTH, _TF_FILE, (_TF_SQUARES, "tf.square(x)[..., :1]")),
    _text(
        "norm of another group",
        CONVOLUTION,
        _TF_FILE,
        ("[_window_sum(x, windows) for x in xs]", "[_window_sum(x, windows) for x in xs[::-1]]"),
    ),
    _text(
        "units of groups mixed",
        CONVOLUTION,
        _TF_FILE,
        (
            "tf.reshape(vector, [groups, -1])",
            "tf.transpose(tf.reshape(vector, [-1, groups]))",
        ),
    ),
]

_TEXT = {"linen": _FLAX, "nnx": _FLAX, "tf": _TF}


def window_mutants(framework: str) -> list[Mutant]:
    """All mistakes about windows that a framework can have."""
    return PADDINGS + _TEXT.get(framework, [])
