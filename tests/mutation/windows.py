"""Mistakes about windows: in paddings for every framework, in the code that each of them gets."""

from dataclasses import replace

from tests.mutation.mutants import Edit, Mutant

CONVOLUTION = ("convolution",)
TRANSPOSED = ("transposed_convolution",)
BOTH = CONVOLUTION + TRANSPOSED

PADDINGS = [
    Mutant("windows one position off", paddings=("+ 1", "- 1"), kinds=CONVOLUTION),
    Mutant("windows one position off", paddings=("+ 1", "- 1"), kinds=TRANSPOSED),
]


def _text(name: str, kinds: tuple[str, ...], files: str, *edits: tuple[str, str]) -> Mutant:
    return Mutant(name, text=tuple(Edit(*edit, files) for edit in edits), kinds=kinds)


_FLAX_FILE = "*/_numerics.py"
_FLAX_GROUPS = "windows.groups, channels)"
_FLAX_NONE = "(1,) * (len(taps) + 2)"
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
        ("        windows.strides,\n", "        windows.strides[::-1],\n"),
    ),
    _text(
        "axes of the stuffing swapped",
        TRANSPOSED,
        _FLAX_FILE,
        ("lhs_dilation=windows.lhs_dilation", "lhs_dilation=windows.lhs_dilation[::-1]"),
        ("*windows.lhs_dilation, 1", "*windows.lhs_dilation[::-1], 1"),
    ),
    _text(
        "stuffing forgotten in the norm",
        BOTH,
        _FLAX_FILE,
        ("base_dilation=(1, *windows.lhs_dilation, 1)", f"base_dilation={_FLAX_NONE}"),
    ),
    _text(
        "dilation forgotten in the norm",
        BOTH,
        _FLAX_FILE,
        ("window_dilation=(1, *windows.rhs_dilation, 1)", f"window_dilation={_FLAX_NONE}"),
    ),
    _text(
        "stride forgotten in the norm",
        CONVOLUTION,
        _FLAX_FILE,
        ("(1, *windows.strides, 1)", _FLAX_NONE),
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
        "kernel flipped",
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

_KERAS_FILE = "keras/_windows.py"
_KERAS_CONVOLVE = "    dot = _convolve(x, kernel, groups, window)\n"
_KERAS_SPREAD = "    dot = _spread(x, kernel, window, margins)\n"
_KERAS_FLIP = "    kernel = ops.flip(kernel, axis=tuple(range(len(strides))))\n"
_KERAS_SUMS = "_window_sums(sq_x, kernel.shape[:-2], window"
_KERAS_NORM = "_spread(sq_x, ones, window"
_KERAS_NONE = "(1,) * len(strides)"
_KERAS = [
    _text(
        "kernel flipped",
        CONVOLUTION,
        _KERAS_FILE,
        (_KERAS_CONVOLVE, _KERAS_FLIP + _KERAS_CONVOLVE),
    ),
    _text(
        "kernel flipped",
        TRANSPOSED,
        _KERAS_FILE,
        (_KERAS_SPREAD, _KERAS_FLIP + _KERAS_SPREAD),
    ),
    _text(
        "spatial axes swapped",
        CONVOLUTION,
        _KERAS_FILE,
        ('{"strides": strides', '{"strides": strides[::-1]'),
    ),
    _text(
        "axes of the stuffing swapped",
        TRANSPOSED,
        _KERAS_FILE,
        (
            '{"strides": strides, "padding": padding, "output',
            '{"strides": strides[::-1], "padding": padding, "output',
        ),
    ),
    _text(
        "dilation forgotten in the norm",
        BOTH,
        _KERAS_FILE,
        (_KERAS_SUMS, f'{_KERAS_SUMS} | {{"dilation_rate": {_KERAS_NONE}}}'),
    ),
    _text(
        "stride forgotten in the norm",
        CONVOLUTION,
        _KERAS_FILE,
        (_KERAS_SUMS, f'{_KERAS_SUMS} | {{"strides": {_KERAS_NONE}}}'),
    ),
    _text(
        "stuffing forgotten in the norm",
        TRANSPOSED,
        _KERAS_FILE,
        (_KERAS_NORM, f'{_KERAS_NORM} | {{"strides": {_KERAS_NONE}}}'),
    ),
    _text(
        "norm of one channel",
        CONVOLUTION,
        _KERAS_FILE,
        (
            "ops.sum(_split(ops.square(x), groups), axis=-1)",
            "_split(ops.square(x), groups)[..., 0]",
        ),
    ),
    _text(
        "norm of one channel",
        TRANSPOSED,
        _KERAS_FILE,
        ("ops.sum(ops.square(x), axis=-1, keepdims=True)", "ops.square(x)[..., :1]"),
    ),
    _text(
        "norm of another group",
        CONVOLUTION,
        _KERAS_FILE,
        ("ops.expand_dims(sq_x, -1)", "ops.expand_dims(ops.flip(sq_x, axis=-1), -1)"),
    ),
    _text(
        "units of groups mixed",
        CONVOLUTION,
        _KERAS_FILE,
        (
            "    return _split(units, groups)\n",
            "    if len(units.shape) > 1:\n"
            "        return _split(units, groups)\n"
            "    return ops.transpose(ops.reshape(units, (-1, groups)))\n",
        ),
    ),
]

_TORCH_FILE = "torch/_contraction.py"
_TORCH_STRIDE = "            weight,\n            None,\n            self.stride,\n"
_TORCH_ONES = "            return self._convolve(sq, ones)\n"
_TORCH_NONE = "(1,) * len(kernel_size)"
_TORCH = [
    _text(
        "kernel flipped",
        BOTH,
        _TORCH_FILE,
        (_TORCH_STRIDE, _TORCH_STRIDE.replace("weight,", "weight.flip(*range(2, x.dim())),")),
    ),
    _text(
        "spatial axes swapped",
        BOTH,
        _TORCH_FILE,
        (_TORCH_STRIDE, _TORCH_STRIDE.replace("stride,", "stride[::-1],")),
    ),
    _text(
        "dilation forgotten in the norm",
        BOTH,
        _TORCH_FILE,
        (_TORCH_ONES, _TORCH_ONES.replace("self.", f"self._replace(dilation={_TORCH_NONE}).")),
    ),
    _text(
        "stride forgotten in the norm",
        CONVOLUTION,
        _TORCH_FILE,
        ("(1, *self.stride)", "(1, 1)"),
        ("tuple(kernel_size), self.stride,", "tuple(kernel_size), 1,"),
    ),
    _text(
        "stuffing forgotten in the norm",
        TRANSPOSED,
        _TORCH_FILE,
        (_TORCH_ONES, _TORCH_ONES.replace("self.", f"self._replace(stride={_TORCH_NONE}).")),
    ),
    _text(
        "norm of one channel",
        BOTH,
        _TORCH_FILE,
        ("    sums = channels.new_empty(", "    return channels[:, :, 0].square()\n    sums = ("),
    ),
    _text(
        "norm of another group",
        BOTH,
        _TORCH_FILE,
        ("sq_x.unsqueeze(2)", "sq_x.flip(1).unsqueeze(2)"),
    ),
    _text(
        "units of groups mixed",
        BOTH,
        _TORCH_FILE,
        ("per_unit.reshape(*units", "per_unit.reshape(-1, self.groups).T.reshape(*units"),
    ),
    _text(
        "gradient through the norm of the window forgotten",
        BOTH,
        _TORCH_FILE,
        ("grad_sq, value=twice", "grad_sq, value=0"),
    ),
    _text(
        "gradient through the norm of the kernel forgotten",
        BOTH,
        _TORCH_FILE,
        ("self._like_weight(grad_sq_w, weight), value=twice", "weight, value=0"),
    ),
    _text(
        "padding filled with zeros, whatever its mode",
        CONVOLUTION,
        "torch/_windows.py",
        ('"constant" if mode == "zeros" else mode', '"constant"'),
    ),
    _text(
        "padding of the result one position off",
        TRANSPOSED,
        "torch/yatconv_transpose.py",
        (
            "                self.padding,\n",
            "                tuple(p + 1 for p in self.padding),\n",
        ),
    ),
]

_TEXT = {"linen": _FLAX, "nnx": _FLAX, "tf": _TF, "keras": _KERAS, "torch": _TORCH}


def window_mutants(framework: str) -> list[Mutant]:
    """All mistakes about windows that a framework can have, each for one kind of layer."""
    # PyTorch takes the numbers of its transposed convolutions from the caller, not from a formula.
    paddings = PADDINGS[:1] if framework == "torch" else PADDINGS
    return [
        replace(mutant, name=f"{mutant.name} ({kind})", kinds=(kind,))
        for mutant in paddings + _TEXT[framework]
        for kind in mutant.kinds
    ]
