"""Mistakes in cells: in their equations, in how arrays and states are ordered, in what loops do."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from codegen.plans.cell import CellPlan
from codegen.plans.package import PackagePlan
from codegen.spec.cell_models import CellSpec, started
from codegen.spec.formula import Formula, parse
from tests.mutation.mutants import Edit, Mutant
from tests.properties.cells import Case, by_other_means, definition, found, judge, of_many_steps

CELL = "cell"


@dataclass(frozen=True)
class CellMutant(Mutant):
    """A mistake in one cell; what it has of formulas are pieces of equations and sources."""

    kinds: tuple[str, ...] = (CELL,)
    cell: str = "YatGRU"
    """Which one."""
    reorder: Callable[[CellSpec], CellSpec] | None = None


def _equation(name: str, cell: str, *edits: tuple[str, str]) -> CellMutant:
    return CellMutant(name, formulas=edits, cell=cell)


def _text(name: str, cell: str, files: str, *edits: tuple[str, str]) -> CellMutant:
    return CellMutant(name, text=tuple(Edit(*edit, files) for edit in edits), cell=cell)


def _states_reversed(spec: CellSpec) -> CellSpec:
    return spec.model_copy(update={"state": dict(reversed(spec.state.items()))})


def _first_units_swapped(spec: CellSpec) -> CellSpec:
    projections = {
        name: projection.model_copy(
            update={"units": [*projection.units[1::-1], *projection.units[2:]]}
        )
        for name, projection in spec.projections.items()
    }
    return spec.model_copy(update={"projections": projections})


EQUATIONS = [
    _equation(
        "gates swapped",
        "YatGRU",
        ("gates.reset", "gates.other"),
        ("gates.update", "gates.reset"),
        ("gates.other", "gates.update"),
    ),
    _equation("state not reset", "YatGRU", ("r * h", "h")),
    _equation("shares swapped", "YatGRU", ("(1 - z) * n + z * h", "z * n + (1 - z) * h")),
    _equation("candidate not squashed", "YatGRU", ("activation(candidate)", "candidate")),
    _equation("cell state not squashed", "YatLSTM", ("tanh(c)", "c")),
    _equation("forget gate left out", "YatLSTM", ("f * c", "c")),
    _equation("shares not normalised", "YatMinLSTM", ("f + i +", "1 + 1.0e-9 * (f + i) +")),
    _equation(
        "response to the state left out",
        "YatSumGRU",
        ("+ state_gates.reset", "+ 1.0e-9 * state_gates.reset"),
    ),
    CellMutant("states in the other order", cell="YatLSTM", reorder=_states_reversed),
    CellMutant("blocks of gates swapped", cell="YatLSTM", reorder=_first_units_swapped),
]


_TORCH = [
    _text(
        # Without it, distances would be negative, whereupon plain steps take over.
        "norm of the state too small",
        "YatGRU",
        "torch/_projection.py",
        ("squares, self._ones, out=total)", "squares, self._ones, alpha=0.9, out=total)"),
    ),
    _text(
        "norm of the state left out of plain steps",
        "YatGRU",
        "torch/yat_gru.py",
        ("sq_x + sq_norm(h)", "sq_x"),
    ),
    _text(
        "gradient of the state's norm left out",
        "YatGRU",
        "torch/_projection.py",
        ("grad.addcmul_(source, self._grad_sq_norm_steps[t], value=self._twice)", "pass"),
    ),
    _text(
        "gradient of the recurrent kernel without the first state",
        "YatLSTM",
        "torch/_projection.py",
        ("torch.mm(grad_dot[0].t(), first)", "0 * torch.mm(grad_dot[0].t(), first)"),
    ),
    _text(
        "norm of the recurrent kernel left out",
        "YatLSTM",
        "torch/yat_lstm.py",
        ("sq_norms(weight_ih) + sq_norms(gates_hh)", "sq_norms(weight_ih)"),
    ),
    _text(
        "bias of another block",
        "YatGRU",
        "torch/yat_gru.py",
        ("bias[2 * units:]", "bias[units:2 * units]"),
    ),
    _text(
        "states of ended sequences forgotten",
        "YatLSTM",
        "torch/_sequences.py",
        ("torch.cat((a, s[samples:]))", "torch.cat((a, 0 * s[samples:]))"),
    ),
    _text(
        "outputs left in reverse order",
        "YatLSTM",
        "torch/_sequences.py",
        ("return outputs.flip(0), states", "return outputs, states"),
    ),
    _text(
        "scan of additions alone",
        "YatMinGRU",
        "torch/_scan.py",
        (
            "torch.addcmul(added[i + 1], factor, steps[i], out=steps[i + 1])",
            "torch.add(added[i + 1], steps[i], out=steps[i + 1])",
        ),
    ),
    _text(
        "factors between states further apart forgotten",
        "YatMinGRU",
        "torch/_scan.py",
        ("factors = factors[1:-1:2] * factors[2::2]", "factors = factors[2::2]"),
    ),
    _text(
        "gradient of a scan in the wrong direction",
        "YatMinGRU",
        "torch/_parallel.py",
        (
            "scan_(levels, of_steps, not reverse, given)",
            "scan_(levels, of_steps, reverse, given)",
        ),
    ),
    _text(
        "gradient of a gate from the states after a step",
        "YatMinGRU",
        "torch/_parallel.py",
        ("s[max(start, 1) - 1 : stop - 1]", "s[max(start, 1) : stop]"),
    ),
]

_TF = [
    _text(
        "norm of the state left out",
        "YatGRU",
        "tf/_recurrent.py",
        ("inputs.sq_x + sq_norm)", "inputs.sq_x)"),
    ),
    _text(
        "norm of the recurrent kernel left out",
        "YatLSTM",
        "tf/_recurrent.py",
        ("sq_w[name] + norm if name in sq_w else norm", "sq_w.get(name, norm)"),
    ),
    _text(
        "bias of one projection left out",
        "YatGRU",
        "tf/_recurrent.py",
        ("[parameter] = part", '[parameter] = part * float(name == "gates")'),
    ),
    _text(
        "states of ended sequences forgotten",
        "YatLSTM",
        "tf/_sequences.py",
        ("tf.where(taken[1], n, s)", "n"),
    ),
    _text(
        "steps in order where they should be reversed",
        "YatLSTM",
        "tf/_sequences.py",
        ("length - 1 - count if reverse else count", "count"),
    ),
    _text(
        "gradient through time in the order of steps",
        "YatLSTM",
        "tf/_sequences.py",
        ("count if reverse else length - 1 - count", "count"),
    ),
    _text(
        "gradients of a recurrent kernel from states alone",
        "YatGRU",
        "tf/_sequences.py",
        ("factors[projection] = state,", "factors[projection] = states[0],"),
    ),
    _text(
        "scan of additions alone",
        "YatMinGRU",
        "tf/_scans.py",
        ("second * added[:half] + then_added", "added[:half] + then_added"),
    ),
    _text(
        "gradient of a scan one step late",
        "YatMinGRU",
        "tf/_scans.py",
        ("tf.concat([coefficient[1:], tf.zeros_like(coefficient[:1])], 0)", "coefficient"),
    ),
    _text(
        "scan through padding",
        "YatMinGRU",
        "tf/_scans.py",
        ("tf.where(is_real, coefficient, tf.ones_like(coefficient))", "coefficient"),
    ),
]

_KERAS = [
    _text(
        "norm of the state left out",
        "YatGRU",
        "keras/yat_gru.py",
        ("sq_x + _recurrent.sq_norm(h)", "sq_x"),
    ),
    _text(
        "norm of the recurrent kernel left out",
        "YatLSTM",
        "keras/yat_lstm.py",
        ("kernel_sq + recurrent_sq", "kernel_sq"),
    ),
    _text(
        "bias of another block",
        "YatGRU",
        "keras/yat_gru.py",
        ("bias[2 * units:]", "bias[units:2 * units]"),
    ),
    _text(
        "states of ended sequences forgotten",
        "YatLSTM",
        "keras/_recurrent.py",
        ("None if mask is None else ops.swapaxes(mask, 0, 1)", "None"),
    ),
    _text(
        "steps in order where they should be reversed",
        "YatLSTM",
        "keras/_recurrent.py",
        ("self.go_backwards,\n            self.unroll", "False,\n            self.unroll"),
    ),
    _text(
        "scan of additions alone",
        "YatMinGRU",
        "keras/_scan.py",
        ("a[:, odd] * b[:, even] + b[:, odd]", "b[:, even] + b[:, odd]"),
    ),
    _text(
        "scan through padding",
        "YatMinGRU",
        "keras/_scan.py",
        ("ops.where(mask, coefficients, ops.ones_like(coefficients))", "coefficients"),
    ),
]

_FLAX = [
    _text(
        "norm of the state left out",
        "YatGRU",
        "*/_recurrence.py",
        ("seen.sq_x + sq_x if reads_norm", "seen.sq_x if reads_norm"),
    ),
    _text(
        "norm of the recurrent kernel left out",
        "YatLSTM",
        "*/_recurrence.py",
        ("(_split(kernel, layout.kernel), recurrent_kernels)", "(_split(kernel, layout.kernel),)"),
    ),
    _text(
        "bias of another block",
        "YatGRU",
        "*/_recurrence.py",
        ("{name: blocks.get(gate)", "{name: blocks.get(layout.parameters[0])"),
    ),
    _text(
        "states of ended sequences forgotten",
        "YatLSTM",
        "*/_recurrence.py",
        ("jnp.where(is_real, new, old)", "new"),
    ),
    _text(
        "steps in order where they should be reversed",
        "YatLSTM",
        "*/_recurrence.py",
        ("(seen, is_real), steps, reverse, unroll", "(seen, is_real), steps, False, unroll"),
    ),
    _text(
        "scan of additions alone",
        "YatMinGRU",
        "*/_recurrence.py",
        ("terms[0] * h + terms[1]", "h + terms[1]"),
    ),
    _text(
        "scan through padding",
        "YatMinGRU",
        "*/_recurrence.py",
        ("jnp.where(is_real, coefficient, 1)", "coefficient"),
    ),
]

TEXT = {"torch": _TORCH, "keras": _KERAS, "tf": _TF, "linen": _FLAX, "nnx": _FLAX}


def cell_mutants(framework: str) -> list[CellMutant]:
    """All mistakes a framework's cells can have."""
    return EQUATIONS + TEXT[framework]


def only_cell(plan: PackagePlan, name: str) -> PackagePlan:
    """The plan with one cell and what it is made of."""
    cells = tuple(cell for cell in plan.cells if cell.name == name)
    neurons = tuple(n for n in plan.neurons if n.name in {cell.neuron.name for cell in cells})
    return replace(plan, neurons=neurons, modules=(), cells=cells)


def planted_in_cells(plan: PackagePlan, mutant: Mutant) -> PackagePlan:
    """The plan with the mutant's equations; every edit must have something to edit."""
    assert isinstance(mutant, CellMutant)
    return replace(plan, cells=tuple(_mutated(cell, mutant) for cell in plan.cells))


def _mutated(cell: CellPlan, mutant: CellMutant) -> CellPlan:
    spec = cell.spec
    for old, new in mutant.formulas:
        formulas = [*spec.math.values(), *(f for p in spec.projections.values() for f in p.source)]
        assert any(old in formula.text for formula in formulas), mutant.name

        def edited(formula: Formula, old: str = old, new: str = new) -> Formula:
            text = formula.text.replace(old, new)
            return parse(text, cell=True) if text != formula.text else formula

        projections = {
            name: projection.model_copy(update={"source": [*map(edited, projection.source)]})
            for name, projection in spec.projections.items()
        }
        math = {name: edited(formula) for name, formula in spec.math.items()}
        spec = spec.model_copy(update={"math": math, "projections": projections})
    if mutant.reorder is not None:
        spec = mutant.reorder(spec)
    # A value that is no longer a function of responses alone follows from no bias.
    starts = {name: value for name, value in spec.start.items() if started(spec, name)}
    spec = spec.model_copy(update={"start": starts})
    return replace(cell, spec=spec)


def check_cell(framework: str, name: str) -> None:
    """Assert what the oracle says of a cell and its layer, where mistakes show."""
    found.cache_clear()
    judge(framework, "cell", Case(name))
    lengths = (4, 1, 2)
    judge(framework, "layer", Case(name, seed=2, lengths=lengths))
    judge(framework, "layer", Case(name, seed=2, lengths=lengths, reverse=True, mirrored=True))
    if framework == "torch" and definition(name).is_linear_in_time:
        for is_reverse in (False, True):
            judge(framework, "layer", of_many_steps(name, is_reverse))
    with by_other_means(framework):
        judge(framework, "layer", Case(name, steps=5))
