"""The shape of a spec: what a contributor may write in YAML, key by key.

These classes are the input schema and nothing more. What follows from a spec (plans, code,
tests) is derived elsewhere; what relates two keys to each other is checked in `semantics`.
"""

import math
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict
from pydantic_core import PydanticCustomError

from codegen.spec.errors import did_you_mean, one_of
from codegen.spec.formula import (
    ConditionField,
    FormulaField,
    IntegerConditionField,
    IntegerField,
)

Framework = Literal["torch", "keras", "tf", "linen", "nnx"]
FRAMEWORKS: tuple[Framework, ...] = ("torch", "keras", "tf", "linen", "nnx")

PARAMETER_LAWS = ("zeros", "ones")
KernelInit = Literal["glorot_normal", "glorot_uniform", "lecun_normal", "he_normal", "orthogonal"]
ParameterOption = Literal["constant", "softplus", "scalar", "learnable"]
KernelOption = Literal[
    "positive_init", "freeze_kernel", "weight_normalized", "spherical", "drop_rate"
]


def _initialiser(value: object) -> object:
    """The name of a law, or the number at which all entries start."""
    if value in PARAMETER_LAWS and isinstance(value, str):
        return value
    if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value):
        return float(value)
    shown = f"unknown value {value!r}" if isinstance(value, str) else "no initialiser"
    hint = did_you_mean(value, PARAMETER_LAWS) if isinstance(value, str) else ""
    message = f"{shown}, expected 'zeros', 'ones' or a number{hint}"
    raise PydanticCustomError("formula", "{message}", {"message": message, "offset": 0})


ParameterInit = Annotated[str | float, BeforeValidator(_initialiser)]

PRIMITIVES = ("dot", "sq_x", "sq_w")

#: What formulas of a geometry speak of. All but the counts are per spatial axis.
GEOMETRY_NAMES = frozenset(
    {
        *("size", "kernel_size", "stride", "dilation", "before", "after"),
        *("padding", "output_padding", "input_dilation", "groups"),
        *("units", "in_channels", "channels"),
        *("rank", "entries", "input_rank", "least_rank", "largest_rank"),
        *("kernel_shape", "mask_shape"),
    }
)


class SpecModel(BaseModel):
    """Base of every document: no unknown keys, no silent conversions, immutable."""

    model_config = ConfigDict(
        extra="forbid", strict=True, frozen=True, arbitrary_types_allowed=True
    )


class ParameterSpec(SpecModel):
    """One parameter of a neuron beside its kernel.

    A parameter with an `init` is trained unless an option says otherwise; a parameter with a
    `value` is a constant unless `learnable` is among its options and the caller asks for it.
    """

    summary: str
    axes: list[Literal["unit"]]
    init: ParameterInit | None = None
    value: float | None = None
    absent: float | None = None
    positive: bool = False
    integer: bool = False
    options: list[ParameterOption] = []
    constant_true: FormulaField | None = None


Direction = Literal["increasing", "decreasing"]
DIRECTIONS: tuple[Direction, ...] = ("increasing", "decreasing")


def _directions(value: object) -> object:
    """`increasing` is short for `{increasing: true}`."""
    if not isinstance(value, str):
        return value
    if value in DIRECTIONS:
        return {value: True}
    message = f"unknown value {value!r}, expected {one_of(DIRECTIONS)}"
    message += did_you_mean(value, DIRECTIONS)
    raise PydanticCustomError("formula", "{message}", {"message": message, "offset": 0})


class BoundsSpec(SpecModel):
    """Numbers that the response does not pass; it need not come near them."""

    below: FormulaField | None = None
    above: FormulaField | None = None


class PropertiesSpec(SpecModel):
    """Statements about the response: proved where the rules suffice, tested in every framework."""

    nonnegative: ConditionField | None = None
    symmetric: ConditionField | None = None
    rotation_invariant: ConditionField | None = None
    homogeneous: dict[str, int] | None = None
    homogeneous_in_x: dict[str, int] | None = None
    homogeneous_in_w: dict[str, int] | None = None
    positive_semidefinite: ConditionField | None = None
    monotone: (
        dict[
            str,
            Annotated[
                dict[Direction, ConditionField],
                BeforeValidator(
                    _directions, json_schema_input_type=Direction | dict[Direction, bool | str]
                ),
            ],
        ]
        | None
    ) = None
    bounded: BoundsSpec | None = None
    supremum: FormulaField | None = None
    infimum: FormulaField | None = None


class NeuronSpec(SpecModel):
    """What one unit computes: named formulas over `dot`, `sq_x`, `sq_w` and the parameters."""

    neuron: str
    title: str | None = None
    symbol: str | None = None
    summary: str
    reference: str
    parameters: dict[str, ParameterSpec] = {}
    math: dict[str, FormulaField]
    properties: PropertiesSpec = PropertiesSpec()


GeometryKind = Literal["convolution", "transposed_convolution"]


class LengthSpec(SpecModel):
    """A length along one spatial axis."""

    summary: str
    formula: IntegerField


class PaddingSpec(SpecModel):
    """Positions added at both ends of one spatial axis, by the padding's name."""

    summary: str
    where: dict[str, IntegerField] = {}
    before: IntegerField
    after: IntegerField


class ConstraintSpec(SpecModel):
    """What must hold, by a stable id that error messages carry."""

    holds: IntegerConditionField
    message: str


class GeometrySpec(SpecModel):
    """How a window passes over the input: arithmetic of whole numbers along every axis."""

    geometry: GeometryKind
    summary: str
    lengths: dict[str, LengthSpec]
    padding: dict[str, PaddingSpec]
    constraints: dict[str, dict[str, ConstraintSpec]]


class GeometryChoice(SpecModel):
    """How units see the input: whole (`dense`), or through windows along spatial axes."""

    kind: Literal["dense", "convolution", "transposed_convolution"]
    ranks: list[Literal[1, 2, 3]] = []


class KernelSpec(SpecModel):
    """The kernel of a layer: its initialiser and which variations callers may ask for."""

    init: KernelInit
    options: list[KernelOption] = []


class LayerSpec(SpecModel):
    """A neuron swept by a geometry."""

    name: str
    aliases: dict[Framework, list[str]] = {}
    neuron: str
    geometry: GeometryChoice
    kernel: KernelSpec


class LayersDocument(SpecModel):
    """One file of `spec/layers`; its stem names the generated module."""

    layers: list[LayerSpec]
