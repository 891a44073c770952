# Generated from spec/. Do not edit; run `make generate`.
"""Which arrays each layer keeps, and how every framework names and orders them.

Several names in one axis are axes merged into one, the first the slowest. "spatial" stands for all
spatial axes, "-spatial" for the same in reverse direction, "gate" for the responses of a cell.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

Axes = tuple[str, ...]


@dataclass(frozen=True)
class Layout:
    """How an array is kept."""

    axes: Axes
    """In canonical order."""
    stored: Mapping[str, Axes] = field(default_factory=dict)
    """Framework → axes, where they are others; `framework.flag` holds for layers with that flag
    set."""
    names: Mapping[str, str] = field(default_factory=dict)
    """Framework → what it calls the array, where that is not the canonical name."""
    gates: tuple[str, ...] = ()
    """The responses along the axis "gate", in canonical order."""
    orders: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Framework → the order in which it keeps them, where it is another."""

    def of(self, *gates: str, **orders: tuple[str, ...]) -> "Layout":
        """The layout for these gates."""
        return replace(self, gates=gates, orders=orders)


DENSE_KERNEL = Layout(
    ("unit", "input"),
    stored={
        "keras": ("input", "unit"),
        "tf": ("input", "unit"),
        "linen": ("input", "unit"),
        "nnx": ("input", "unit"),
    },
    names={"torch": "weight"},
)
SHARED = Layout(())
CONVOLUTION_KERNEL = Layout(
    ("unit", "input", "spatial"),
    stored={
        "keras": ("spatial", "input", "unit"),
        "tf": ("spatial", "input", "unit"),
        "linen": ("spatial", "input", "unit"),
        "nnx": ("spatial", "input", "unit"),
    },
    names={"torch": "weight"},
)
TRANSPOSED_CONVOLUTION_KERNEL = Layout(
    ("group unit", "input", "spatial"),
    stored={
        "torch": ("group input", "unit", "spatial"),
        "keras": ("spatial", "group unit", "input"),
        "tf": ("spatial", "group unit", "input"),
        "linen": ("-spatial", "input", "group unit"),
        "linen.transpose_kernel": ("spatial", "group unit", "input"),
        "nnx": ("-spatial", "input", "group unit"),
        "nnx.transpose_kernel": ("spatial", "group unit", "input"),
    },
    names={"torch": "weight"},
)
PER_UNIT = Layout(("unit",))
CELL_KERNEL = Layout(
    ("gate", "unit", "input"),
    stored={
        "torch": ("gate unit", "input"),
        "keras": ("input", "gate unit"),
        "tf": ("input", "gate unit"),
        "linen": ("input", "gate unit"),
        "nnx": ("input", "gate unit"),
    },
    names={"torch": "weight_ih"},
)
CELL_RECURRENT_KERNEL = Layout(
    ("gate", "unit", "state"),
    stored={
        "torch": ("gate unit", "state"),
        "keras": ("state", "gate unit"),
        "tf": ("state", "gate unit"),
        "linen": ("state", "gate unit"),
        "nnx": ("state", "gate unit"),
    },
    names={"torch": "weight_hh"},
)
PER_GATE = Layout(
    ("gate", "unit"),
    stored={
        "torch": ("gate unit",),
        "keras": ("gate unit",),
        "tf": ("gate unit",),
        "linen": ("gate unit",),
        "nnx": ("gate unit",),
    },
)

LAYOUTS: dict[str, dict[str, Layout]] = {
    "CosineNMN": {"kernel": DENSE_KERNEL, "delta_param": SHARED},
    "CosineConv": {"kernel": CONVOLUTION_KERNEL, "delta_param": SHARED},
    "CosineConvTranspose": {"kernel": TRANSPOSED_CONVOLUTION_KERNEL, "delta_param": SHARED},
    "GaussianNMN": {"kernel": DENSE_KERNEL, "gamma": PER_UNIT},
    "GaussianConv": {"kernel": CONVOLUTION_KERNEL, "gamma": PER_UNIT},
    "GaussianConvTranspose": {"kernel": TRANSPOSED_CONVOLUTION_KERNEL, "gamma": PER_UNIT},
    "InverseMultiquadricNMN": {"kernel": DENSE_KERNEL, "c": PER_UNIT},
    "InverseMultiquadricConv": {"kernel": CONVOLUTION_KERNEL, "c": PER_UNIT},
    "InverseMultiquadricConvTranspose": {"kernel": TRANSPOSED_CONVOLUTION_KERNEL, "c": PER_UNIT},
    "LinearNMN": {"kernel": DENSE_KERNEL, "bias": PER_UNIT},
    "LinearConv": {"kernel": CONVOLUTION_KERNEL, "bias": PER_UNIT},
    "LinearConvTranspose": {"kernel": TRANSPOSED_CONVOLUTION_KERNEL, "bias": PER_UNIT},
    "YatNMN": {"kernel": DENSE_KERNEL, "bias": PER_UNIT, "alpha": SHARED, "epsilon_param": SHARED},
    "PolynomialNMN": {"kernel": DENSE_KERNEL, "bias": PER_UNIT, "gamma": SHARED},
    "PolynomialConv": {"kernel": CONVOLUTION_KERNEL, "bias": PER_UNIT, "gamma": SHARED},
    "PolynomialConvTranspose": {
        "kernel": TRANSPOSED_CONVOLUTION_KERNEL,
        "bias": PER_UNIT,
        "gamma": SHARED,
    },
    "SignedYatNMN": {
        "kernel": DENSE_KERNEL,
        "bias": PER_UNIT,
        "alpha": SHARED,
        "epsilon_param": SHARED,
    },
    "SignedYatConv": {
        "kernel": CONVOLUTION_KERNEL,
        "bias": PER_UNIT,
        "alpha": SHARED,
        "epsilon_param": SHARED,
    },
    "SignedYatConvTranspose": {
        "kernel": TRANSPOSED_CONVOLUTION_KERNEL,
        "bias": PER_UNIT,
        "alpha": SHARED,
        "epsilon_param": SHARED,
    },
    "SphericalYatNMN": {
        "kernel": DENSE_KERNEL,
        "bias": PER_UNIT,
        "alpha": SHARED,
        "epsilon_param": SHARED,
    },
    "SphericalYatConv": {
        "kernel": CONVOLUTION_KERNEL,
        "bias": PER_UNIT,
        "alpha": SHARED,
        "epsilon_param": SHARED,
    },
    "SphericalYatConvTranspose": {
        "kernel": TRANSPOSED_CONVOLUTION_KERNEL,
        "bias": PER_UNIT,
        "alpha": SHARED,
        "epsilon_param": SHARED,
    },
    "YatConv": {
        "kernel": CONVOLUTION_KERNEL,
        "bias": PER_UNIT,
        "alpha": SHARED,
        "epsilon_param": SHARED,
    },
    "YatConvTranspose": {
        "kernel": TRANSPOSED_CONVOLUTION_KERNEL,
        "bias": PER_UNIT,
        "alpha": SHARED,
        "epsilon_param": SHARED,
    },
    "YatGRU": {
        "kernel": CELL_KERNEL.of(
            "reset",
            "update",
            "candidate",
            keras=("update", "reset", "candidate"),
            tf=("update", "reset", "candidate"),
        ),
        "recurrent_kernel": CELL_RECURRENT_KERNEL.of(
            "reset",
            "update",
            "candidate",
            keras=("update", "reset", "candidate"),
            tf=("update", "reset", "candidate"),
        ),
        "bias": PER_GATE.of(
            "reset",
            "update",
            "candidate",
            keras=("update", "reset", "candidate"),
            tf=("update", "reset", "candidate"),
        ),
        "alpha": SHARED,
    },
    "YatLSTM": {
        "kernel": CELL_KERNEL.of("input_gate", "forget_gate", "cell_gate", "output_gate"),
        "recurrent_kernel": CELL_RECURRENT_KERNEL.of(
            "input_gate", "forget_gate", "cell_gate", "output_gate"
        ),
        "bias": PER_GATE.of("input_gate", "forget_gate", "cell_gate", "output_gate"),
        "alpha": SHARED,
    },
    "YatMinGRU": {
        "kernel": CELL_KERNEL.of("update", "candidate"),
        "bias": PER_GATE.of("update", "candidate"),
        "alpha": SHARED,
    },
    "YatMinLSTM": {
        "kernel": CELL_KERNEL.of("forget_gate", "input_gate", "candidate"),
        "bias": PER_GATE.of("forget_gate", "input_gate", "candidate"),
        "alpha": SHARED,
    },
    "YatRNN": {
        "kernel": CELL_KERNEL.of("hidden"),
        "recurrent_kernel": CELL_RECURRENT_KERNEL.of("hidden"),
        "bias": PER_GATE.of("hidden"),
        "alpha": SHARED,
    },
    "YatSumGRU": {
        "kernel": CELL_KERNEL.of(
            "input_gates_reset",
            "input_gates_update",
            "input_gates_candidate",
            keras=("input_gates_update", "input_gates_reset", "input_gates_candidate"),
            tf=("input_gates_update", "input_gates_reset", "input_gates_candidate"),
        ),
        "recurrent_kernel": CELL_RECURRENT_KERNEL.of(
            "state_gates_reset",
            "state_gates_update",
            "state_candidate",
            keras=("state_gates_update", "state_gates_reset", "state_candidate"),
            tf=("state_gates_update", "state_gates_reset", "state_candidate"),
        ),
        "bias": PER_GATE.of(
            "input_gates_reset",
            "input_gates_update",
            "input_gates_candidate",
            "state_gates_reset",
            "state_gates_update",
            "state_candidate",
            keras=(
                "input_gates_update",
                "input_gates_reset",
                "input_gates_candidate",
                "state_gates_update",
                "state_gates_reset",
                "state_candidate",
            ),
            tf=(
                "input_gates_update",
                "input_gates_reset",
                "input_gates_candidate",
                "state_gates_update",
                "state_gates_reset",
                "state_candidate",
            ),
        ),
        "alpha": SHARED,
    },
}
