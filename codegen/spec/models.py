"""The shape of a spec: what a contributor may write in YAML, key by key.

These classes are the input schema and nothing more: `spec/schema.json`, by which editors complete
and check, is made of them and shows the sentence under each key. What follows from a spec (plans,
code, tests) is derived elsewhere; what relates two keys to each other is checked in `semantics`.
"""

import math
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, WithJsonSchema
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


ParameterInit = Annotated[
    str | float,
    BeforeValidator(_initialiser),
    WithJsonSchema({"anyOf": [{"enum": list(PARAMETER_LAWS)}, {"type": "number"}]}),
]

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
        extra="forbid",
        strict=True,
        frozen=True,
        arbitrary_types_allowed=True,
        use_attribute_docstrings=True,
    )


class ParameterSpec(SpecModel):
    """One parameter of a neuron beside its kernel.

    A parameter with an `init` is trained unless an option says otherwise; a parameter with a
    `value` is a constant unless `learnable` is among its options and the caller asks for it.
    """

    summary: str
    """What the parameter is, in one sentence that ends in a full stop."""
    axes: list[Literal["unit"]]
    """`[unit]`: one number per unit; `[]`: one number shared by all units."""
    init: ParameterInit | None = None
    """Trained, starting here: `zeros`, `ones` or a number. Either this or `value`."""
    value: float | None = None
    """A constant of the constructor, and this its default. Either this or `init`."""
    absent: float | None = None
    """With `init`: callers may leave the parameter out, and this value stands in the formula."""
    positive: bool = False
    """Kept positive: a trained one through softplus, a constant by a check."""
    integer: bool = False
    """With `value`: a whole number; the constructor refuses others."""
    options: list[ParameterOption] = []
    """Forms that callers may choose: `constant` holds it at a number, `softplus` keeps it positive,
    `scalar` shares one among all units, `learnable` trains a `value` through softplus."""
    constant_true: FormulaField | None = None
    """What `constant_<name>=True` stands for, such as `sqrt(2)`."""


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
    """A lower bound, as a formula of `sq_w` and parameters."""
    above: FormulaField | None = None
    """An upper bound, as a formula of `sq_w` and parameters."""


class PropertiesSpec(SpecModel):
    """Statements about the response: proved where the rules suffice, tested in every framework."""

    nonnegative: ConditionField | None = None
    """The response is never below 0: `true`, or a condition on parameters such as `alpha >= 0`."""
    symmetric: ConditionField | None = None
    """response(w, x) = response(x, w): `true`, or a condition on parameters."""
    rotation_invariant: ConditionField | None = None
    """Rotating w and x together changes nothing: `true`, or a condition on parameters."""
    homogeneous: dict[str, int] | None = None
    """`{degree: 2, bias: 2}`: scaling w and x by s, and bias by s², scales the response by s²."""
    homogeneous_in_x: dict[str, int] | None = None
    """The same of scaling x alone; `{degree: 0}` says that the length of x does not matter."""
    homogeneous_in_w: dict[str, int] | None = None
    """The same of scaling w alone."""
    positive_semidefinite: ConditionField | None = None
    """The Gram matrix has no negative eigenvalue: `true`, or a condition on parameters."""
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
    """`{dot: increasing}`: the response grows with a primitive, parameter or formula, the others
    held fixed; with a condition, `{dot: {increasing: alpha >= 0}}`."""
    bounded: BoundsSpec | None = None
    """`{below: 0, above: 1}`: numbers that the response does not pass."""
    supremum: FormulaField | None = None
    """Least upper bound over x, as a formula of `sq_w` and parameters."""
    infimum: FormulaField | None = None
    """Greatest lower bound over x, as a formula of `sq_w` and parameters."""


class NeuronSpec(SpecModel):
    """What one unit computes: named formulas over `dot`, `sq_x`, `sq_w` and the parameters."""

    neuron: str
    """The neuron's name; its file is `<name>.yaml`."""
    title: str | None = None
    """How prose calls the neuron, such as `Student t`; the name with spaces if left out."""
    symbol: str | None = None
    """How the field writes the neuron, if it has a sign of its own."""
    summary: str
    """What the neuron computes, in one sentence that ends in a full stop; begins docstrings."""
    reference: str
    """The paper to cite."""
    parameters: dict[str, ParameterSpec] = {}
    """What the formulas use beside `dot`, `sq_x` and `sq_w`, by name."""
    math: dict[str, FormulaField]
    """Named formulas; `response` is the neuron's output. Generated code uses the other names."""
    properties: PropertiesSpec = PropertiesSpec()
    """Statements about the response, which become tests."""


GeometryKind = Literal["convolution", "transposed_convolution"]


class LengthSpec(SpecModel):
    """A length along one spatial axis."""

    summary: str
    """What the length counts, in one sentence."""
    formula: IntegerField
    """The length, a formula of whole numbers."""


class PaddingSpec(SpecModel):
    """Positions added at both ends of one spatial axis, by the padding's name."""

    summary: str
    """What the padding is for, in one sentence."""
    where: dict[str, IntegerField] = {}
    """Formulas that `before` and `after` share, by name."""
    before: IntegerField
    """Positions added before the axis."""
    after: IntegerField
    """Positions added after the axis."""


class ConstraintSpec(SpecModel):
    """What must hold, by a stable id that error messages carry."""

    holds: IntegerConditionField
    """The condition, of whole numbers."""
    message: str
    """What holds, in words."""


class GeometrySpec(SpecModel):
    """How a window passes over the input: arithmetic of whole numbers along every axis."""

    geometry: GeometryKind
    """The geometry's name; its file is `<name>.yaml`."""
    summary: str
    """How a unit sees the input, in one sentence."""
    lengths: dict[str, LengthSpec]
    """Named lengths along one spatial axis; other formulas may use them."""
    padding: dict[str, PaddingSpec]
    """Named rules, each giving the positions before and after the axis."""
    constraints: dict[str, dict[str, ConstraintSpec]]
    """Stage → id → condition; errors carry the id, which is never used again for another."""


class GeometryChoice(SpecModel):
    """How units see the input: whole (`dense`), or through windows along spatial axes."""

    kind: Literal["dense", "convolution", "transposed_convolution"]
    """`dense`: the whole last axis; the others: one window at a time."""
    ranks: list[Literal[1, 2, 3]] = []
    """How many spatial axes there may be, such as `[1, 2, 3]`; none for `dense`."""


class KernelSpec(SpecModel):
    """The kernel of a layer."""

    init: KernelInit
    """The law that the initial kernel is drawn from."""


class LayerSpec(SpecModel):
    """A neuron swept by a geometry."""

    name: str
    """The class, such as `GaussianNMN`."""
    aliases: dict[Framework, list[str]] = {}
    """Second names of the class, by framework."""
    neuron: str
    """The neuron's name: a file of `spec/neurons`."""
    geometry: GeometryChoice
    """How units see the input."""
    kernel: KernelSpec
    """The weights w of every unit."""


class LayersDocument(SpecModel):
    """One file of `spec/layers`; its stem names the generated module."""

    layers: list[LayerSpec]
    """Neurons swept by a geometry; layers of one file share the geometry."""
