# Generated from spec/. Do not edit; run `make generate`.
"""Which arrays each layer keeps, and how every framework names and orders them.

Layer → canonical array → `axes` in canonical order and, per framework, (name, axes).
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
}
