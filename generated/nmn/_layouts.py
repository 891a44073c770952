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
        },
        "bias": {
            "axes": ("unit",),
            "torch": ("bias", ("unit",)),
        },
        "alpha": {
            "axes": (),
            "torch": ("alpha", ()),
        },
        "epsilon_param": {
            "axes": (),
            "torch": ("epsilon_param", ()),
        },
    },
}
