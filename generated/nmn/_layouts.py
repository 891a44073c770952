# Generated from spec/. Do not edit; run `make generate`.
"""Which arrays each layer keeps, and how every framework names and orders them.

Layer → canonical array → `axes` in canonical order and, per framework, (name, axes); an entry
`framework.flag` holds for layers with that flag set. Several names in one axis are axes merged
into one, the first the slowest. "spatial" stands for all spatial axes, "-spatial" for the same in
reverse direction.
"""

Axes = tuple[str, ...]

LAYOUTS: dict[str, dict[str, dict[str, Axes | tuple[str, Axes]]]] = {
    "YatNMN": {
        "kernel": {
            "axes": ("unit", "input"),
            "torch": ("weight", ("unit", "input")),
            "keras": ("kernel", ("input", "unit")),
            "tf": ("kernel", ("input", "unit")),
            "linen": ("kernel", ("input", "unit")),
            "nnx": ("kernel", ("input", "unit")),
        },
        "bias": {
            "axes": ("unit",),
            "torch": ("bias", ("unit",)),
            "keras": ("bias", ("unit",)),
            "tf": ("bias", ("unit",)),
            "linen": ("bias", ("unit",)),
            "nnx": ("bias", ("unit",)),
        },
        "alpha": {
            "axes": (),
            "torch": ("alpha", ()),
            "keras": ("alpha", ()),
            "tf": ("alpha", ()),
            "linen": ("alpha", ()),
            "nnx": ("alpha", ()),
        },
        "epsilon_param": {
            "axes": (),
            "torch": ("epsilon_param", ()),
            "keras": ("epsilon_param", ()),
            "tf": ("epsilon_param", ()),
            "linen": ("epsilon_param", ()),
            "nnx": ("epsilon_param", ()),
        },
    },
    "YatConv": {
        "kernel": {
            "axes": ("unit", "input", "spatial"),
            "torch": ("weight", ("unit", "input", "spatial")),
            "keras": ("kernel", ("spatial", "input", "unit")),
            "tf": ("kernel", ("spatial", "input", "unit")),
            "linen": ("kernel", ("spatial", "input", "unit")),
            "nnx": ("kernel", ("spatial", "input", "unit")),
        },
        "bias": {
            "axes": ("unit",),
            "torch": ("bias", ("unit",)),
            "keras": ("bias", ("unit",)),
            "tf": ("bias", ("unit",)),
            "linen": ("bias", ("unit",)),
            "nnx": ("bias", ("unit",)),
        },
        "alpha": {
            "axes": (),
            "torch": ("alpha", ()),
            "keras": ("alpha", ()),
            "tf": ("alpha", ()),
            "linen": ("alpha", ()),
            "nnx": ("alpha", ()),
        },
        "epsilon_param": {
            "axes": (),
            "torch": ("epsilon_param", ()),
            "keras": ("epsilon_param", ()),
            "tf": ("epsilon_param", ()),
            "linen": ("epsilon_param", ()),
            "nnx": ("epsilon_param", ()),
        },
    },
    "YatConvTranspose": {
        "kernel": {
            "axes": ("group unit", "input", "spatial"),
            "torch": ("weight", ("group input", "unit", "spatial")),
            "keras": ("kernel", ("spatial", "group unit", "input")),
            "tf": ("kernel", ("spatial", "group unit", "input")),
            "linen": ("kernel", ("-spatial", "input", "group unit")),
            "linen.transpose_kernel": ("kernel", ("spatial", "group unit", "input")),
            "nnx": ("kernel", ("-spatial", "input", "group unit")),
            "nnx.transpose_kernel": ("kernel", ("spatial", "group unit", "input")),
        },
        "bias": {
            "axes": ("unit",),
            "torch": ("bias", ("unit",)),
            "keras": ("bias", ("unit",)),
            "tf": ("bias", ("unit",)),
            "linen": ("bias", ("unit",)),
            "nnx": ("bias", ("unit",)),
        },
        "alpha": {
            "axes": (),
            "torch": ("alpha", ()),
            "keras": ("alpha", ()),
            "tf": ("alpha", ()),
            "linen": ("alpha", ()),
            "nnx": ("alpha", ()),
        },
        "epsilon_param": {
            "axes": (),
            "torch": ("epsilon_param", ()),
            "keras": ("epsilon_param", ()),
            "tf": ("epsilon_param", ()),
            "linen": ("epsilon_param", ()),
            "nnx": ("epsilon_param", ()),
        },
    },
}
