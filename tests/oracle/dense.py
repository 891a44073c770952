"""The dense layer by definition, with bounds for its output and for every gradient."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from codegen.spec.models import NeuronSpec
from tests.oracle.formula import Dual, Evaluator
from tests.oracle.functions import softplus as positive
from tests.oracle.functions import softplus_slope
from tests.oracle.operands import Operands
from tests.oracle.pair import Arithmetic, Pair, contract

Array = np.ndarray


@dataclass(frozen=True)
class Oracle:
    """What a layer must return for an input, and the gradients of sum(output * upstream)."""

    output: Pair
    gradients: Mapping[str, Pair]
    """By canonical name of the stored array, and "x"."""


def dense_oracle(
    neuron: NeuronSpec,
    x: Array,
    arrays: Mapping[str, Array],
    upstream: Array,
    arithmetic: Arithmetic,
    *,
    constants: Mapping[str, float],
    softplus: frozenset[str] = frozenset(),
    spherical: bool = False,
    weight_normalized: bool = False,
    pieces: int = 1,
    units: int | None = None,
) -> Oracle:
    """Evaluate a dense layer.

    Args:
        neuron: The spec whose formulas are evaluated.
        x: Input of shape (batch, inputs), exactly as the layer gets it.
        arrays: The layer's canonical arrays: `kernel` of shape (units, inputs), parameters, and
            parameters that are stored before a softplus as `<name>_param`.
        upstream: Gradient of the loss by the output, shape (batch, units).
        arithmetic: The arithmetic in which the layer computes.
        constants: Parameters held constant. Those neither here nor in `arrays` are absent.
        softplus: Parameters of `arrays` that pass through a softplus.
        spherical: Whether input and kernel rows are divided by their norms.
        weight_normalized: Whether kernel rows are.
        pieces: Among how many calls the caller divides a sum over units or over entries of a
            shared parameter. Bounds are for any order of all its terms, not of one call's.
        units: How many units the layer has, if the caller divides them among calls.
    """
    raw_x, raw_w = arithmetic.exact(x), arithmetic.exact(arrays["kernel"])
    operands = Operands(
        _unit_norm(raw_x) if spherical else raw_x,
        _unit_norm(raw_w) if spherical or weight_normalized else raw_w,
    )
    parameters = {name: arithmetic.exact(value) for name, value in constants.items()}
    raw: dict[str, tuple[str, Pair]] = {}
    for stored, value in arrays.items():
        name = stored.removesuffix("_param")
        if name not in neuron.parameters:
            continue
        pair = arithmetic.exact(value)
        raw[name] = (stored, pair)
        through = name in softplus or stored != name or neuron.parameters[name].positive
        parameters[name] = positive(pair) if through else pair
    count = units or len(raw_w.value)
    dual = Evaluator(neuron, operands, parameters, frozenset(raw), count).response()
    weighted = {n: p * arithmetic.exact(upstream) for n, p in dual.partials.items()}
    gradients = _operand_gradients(operands, weighted, pieces)
    if spherical:
        gradients["x"] = _through_unit_norm(raw_x, operands.x, gradients["x"])
    if spherical or weight_normalized:
        gradients["kernel"] = _through_unit_norm(raw_w, operands.w, gradients["kernel"])
    for name, (stored, pair) in raw.items():
        gradient = _sum_to(weighted.get(name), pair.value.shape, operands, pieces)
        through = name in softplus or stored != name or neuron.parameters[name].positive
        gradients[stored] = gradient * softplus_slope(pair) if through else gradient
    return Oracle(_broadcast(dual, upstream.shape), gradients)


def _operand_gradients(
    operands: Operands, weighted: Mapping[str, Pair], pieces: int
) -> dict[str, Pair]:
    """∂/∂x = Σ_units (∂dot w + 2 ∂sq_x x), ∂/∂w = Σ_batch (∂dot x + 2 ∂sq_w w)."""
    x, w = operands.x, operands.w
    batch, units = x.value.shape[0], w.value.shape[0]
    zero = operands.arithmetic.exact(np.zeros((batch, units)))
    dot, sq_x, sq_w = (_full(weighted.get(n), zero) for n in ("dot", "sq_x", "sq_w"))
    ones_x, ones_w = (operands.arithmetic.exact(np.ones(n)) for n in (batch, units))
    rows = contract("ij,j->i", sq_x, ones_w, units * pieces)
    columns = contract("ij,i->j", sq_w, ones_x, batch)
    grad_x = contract("ij,jk->ik", dot, w, units * pieces) + _column(rows) * x * 2.0
    grad_w = contract("ij,ik->jk", dot, x, batch) + _column(columns) * w * 2.0
    return {"x": grad_x, "kernel": grad_w}


def _unit_norm(v: Pair) -> Pair:
    """v / ‖v‖ over the last axis; zero stays zero."""
    norm = np.sqrt((v.value**2).sum(-1, keepdims=True))
    value = np.where(norm > 0, v.value / np.where(norm > 0, norm, 1), 0)
    relative = v.arithmetic.gamma(v.value.shape[-1])
    return v.arithmetic.rounded(value, relative * np.abs(value).astype(np.float64))


def _through_unit_norm(v: Pair, unit: Pair, gradient: Pair) -> Pair:
    """(g − v̂⟨v̂, g⟩) / ‖v‖, and 0 where v = 0."""
    norm = np.sqrt((v.value**2).sum(-1, keepdims=True))
    n = v.value.shape[-1]
    along = contract("ik,ik->i", unit, gradient, n)
    projected = gradient - unit * _column(along)
    inverse = np.where(norm > 0, 1 / np.where(norm > 0, norm, 1), 0)
    error = v.arithmetic.gamma(n) * inverse.astype(np.float64)
    result = projected * Pair(inverse, error, v.arithmetic)
    is_zero = norm == 0
    bound = np.where(is_zero, 0.0, result.bound)
    return Pair(np.where(is_zero, 0, result.value), bound, v.arithmetic)


def _sum_to(pair: Pair | None, shape: tuple[int, ...], operands: Operands, pieces: int) -> Pair:
    """Sum over the axes a parameter lacks."""
    arithmetic = operands.arithmetic
    full = (operands.x.value.shape[0], operands.w.value.shape[0])
    if pair is None:
        return arithmetic.exact(np.zeros(shape))
    pair = _full(pair, arithmetic.exact(np.zeros(full)))
    ones = arithmetic.exact(np.ones(full))
    if shape == ():
        return contract("ij,ij->", pair, ones, full[0] * full[1] * pieces)
    return contract("ij,ij->j", pair, ones, full[0])


def _full(pair: Pair | None, zero: Pair) -> Pair:
    if pair is None:
        return zero
    shape = zero.value.shape
    return Pair(
        np.broadcast_to(pair.value, shape), np.broadcast_to(pair.bound, shape), zero.arithmetic
    )


def _broadcast(dual: Dual, shape: tuple[int, ...]) -> Pair:
    pair = dual.value
    return _full(pair, pair.arithmetic.exact(np.zeros(shape)))


def _column(pair: Pair) -> Pair:
    return Pair(pair.value[:, None], pair.bound[:, None], pair.arithmetic)
