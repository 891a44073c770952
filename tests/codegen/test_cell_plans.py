"""What follows from a cell's equations: names, order, and whether one scan computes all steps."""

import ast
from pathlib import Path

import numpy as np
import pytest
import sympy

from codegen.math.cell import CellTranslator
from codegen.paths import SPEC
from codegen.plans.cell import CellPlan, Equation
from codegen.plans.package import plan_package
from codegen.spec import load_specs
from codegen.spec.evaluate import evaluate

CELL = """\
cell: Odd
summary: A cell.
reference: Somebody (2000)
neuron: yat
{rest}
"""


def planned(folder: Path, rest: str) -> CellPlan:
    (folder / "cells").mkdir(exist_ok=True)
    (folder / "cells/odd.yaml").write_text(CELL.format(rest=rest), encoding="utf-8")
    return plan_package(load_specs(folder, house=SPEC)).cells[0]


def parallel(state: str, math: str, output: str = "h") -> str:
    """A cell whose responses see the input alone."""
    equations = "".join(f"  {line}\n" for line in math.splitlines())
    projections = "projections:\n  g: {source: [x], units: [one, two, three]}\n"
    return f"state: {{{state}}}\n{projections}math:\n{equations}output: {output}"


def last_states(plan: CellPlan, steps: int = 5) -> dict[str, float]:
    """What a loop leaves; responses are drawn, and states begin at 0."""
    values = dict.fromkeys(plan.states, 0.0)
    for responses in drawn(plan, steps):
        values = {s: values[s] for s in plan.states} | responses
        for equation in plan.equations:
            values[equation.name] = evaluate(equation.tree, values)
        values = {s: values[n] for s, n in zip(plan.states, plan.new_states, strict=True)}
    return values


def scanned_states(plan: CellPlan, steps: int = 5) -> dict[str, float]:
    """The same by `recurrences`, composing the steps before any state is known."""
    composed = {r.state: (1.0, 0.0) for r in plan.recurrences}
    for responses in drawn(plan, steps):
        values = dict(responses)
        for equation in plan.equations:
            if names(equation.tree) <= values.keys():
                values[equation.name] = evaluate(equation.tree, values)
        for r in plan.recurrences:
            a, b = (
                evaluate(ast.parse(str(e), mode="eval").body, values)
                for e in (r.coefficient, r.addition)
            )
            before, added = composed[r.state]
            composed[r.state] = (a * before, a * added + b)
    return {state: added for state, (_, added) in composed.items()}


def drawn(plan: CellPlan, steps: int) -> list[dict[str, float]]:
    generator = np.random.default_rng(0)
    return [
        {unit.variable: float(generator.uniform(0.1, 0.9)) for unit in plan.units}
        for _ in range(steps)
    ]


def names(tree: ast.expr) -> set[str]:
    """Those that an expression reads, functions excluded."""
    functions = {id(n.func) for n in ast.walk(tree) if isinstance(n, ast.Call)}
    nodes = (n for n in ast.walk(tree) if isinstance(n, ast.Name))
    return {n.id for n in nodes if id(n) not in functions}


SCANS = {
    "gated": ("h: zeros", "h: g.one * h + g.two * g.three"),
    "written otherwise": ("h: zeros", "h: h - g.one * (h - g.two) + g.three"),
    "divided": ("h: zeros", "t: g.one + g.two\nh: (g.one * h + g.two * g.three) / t"),
    "functions": ("h: zeros", "k: sigmoid(g.one)\nh: sqrt(k) * h + tanh(g.two) * g.three**0.5"),
    "a constant": ("h: zeros", "h: g.one * h * pi / 4 + g.two + g.three"),
    "two states": ("h: zeros, s: zeros", "h: g.one * h + g.two\ns: g.three**2 * s + g.one"),
    "seen after": ("h: zeros", "h: g.one * h + g.two\ny: h * g.three"),
}


@pytest.mark.parametrize("name", SCANS)
def test_affine_states_are_scanned_as_a_loop_computes_them(name: str, tmp_path: Path) -> None:
    state, math = SCANS[name]
    plan = planned(tmp_path, parallel(state, math, "y" if "y:" in math else "h"))
    assert [r.state for r in plan.recurrences] == list(plan.states)
    loop, scan = last_states(plan), scanned_states(plan)
    assert scan.keys() == loop.keys()
    for state_name, value in loop.items():
        assert scan[state_name] == pytest.approx(value, rel=1e-12)


LOOPS = {
    "a power": ("h: zeros", "h: g.one * h**2 + g.two * g.three"),
    "a function of it": ("h: zeros", "h: g.one * tanh(h) + g.two * g.three"),
    "coefficient of itself": ("h: zeros", "h: h * sigmoid(h) + g.one + g.two + g.three"),
    "coefficient by way of a value": ("h: zeros", "k: g.one * h\nh: k * h + g.two + g.three"),
    "addition by way of a value": ("h: zeros", "k: g.one * h\nh: g.two * h + k * g.three"),
    "a value sees the old state": ("h: zeros", "y: g.three * h\nh: g.one * h + g.two"),
    "another state": ("h: zeros, s: zeros", "h: g.one * h + s\ns: g.two * s + g.three"),
    "another new state": ("h: zeros, s: zeros", "h: g.one * h + g.two\ns: h * s + g.three"),
    "added new state": ("h: zeros, s: zeros", "h: g.one * h + g.two\ns: g.three * s + h"),
    "a value of a new state": (
        "h: zeros, s: zeros",
        "h: g.one * h + g.two\nk: h * g.three\ns: g.one * s + k",
    ),
    "the order of equations": (
        "s: zeros, h: zeros",
        "h: g.one * h + g.two\ns: g.three * s + h",
    ),
    "nothing of itself": ("h: zeros, s: zeros", "h: g.one * s + g.two\ns: g.three * s + h"),
    "a number times itself": ("h: zeros", "k: g.one + g.two + g.three\nh: 0.5 * h + k"),
    "a root of a square": ("h: zeros", "h: (g.one**2)**0.5 * h + g.two * g.three"),
}


@pytest.mark.parametrize("name", LOOPS)
def test_other_states_are_not_scanned(name: str, tmp_path: Path) -> None:
    state, math = LOOPS[name]
    plan = planned(tmp_path, parallel(state, math, "y" if "y:" in math else "h"))
    assert plan.parallel and plan.recurrences == ()


def test_a_response_that_sees_a_value_of_the_inputs_size_is_not_parallel(tmp_path: Path) -> None:
    rest = """\
state: {h: zeros}
projections:
  g: {source: [x], units: [one, two]}
  k: {source: [v], units: [k]}
math:
  v: sigmoid(g.one)
  h: k * h + g.two
output: h"""
    plan = planned(tmp_path, rest)
    assert not plan.parallel and plan.recurrences == ()
    assert not next(p for p in plan.projections if p.name == "k").sees_state_itself


TWO_STATES = """\
state: {h: zeros, c: zeros}
projections:
  early: {source: [h], units: [gate_a]}
  late: {source: [x, h], units: [gate_a, gate_b]}
  ending: {source: [c * m], units: [gate_c]}
math:
  m: sigmoid(early)
  h: m * h + late.gate_a
  c: tanh(late.gate_b) * c + h
  y: ending * h
output: y"""


def test_a_source_sees_a_state_as_it_is_when_the_projection_is_first_used(tmp_path: Path) -> None:
    plan = planned(tmp_path, TWO_STATES)
    assert [step.name for step in plan.steps] == [
        "early",
        "m",
        "late",
        "new_h",
        "new_c",
        "ending",
        "y",
    ]
    sources = {p.name: (p.source_text, p.sees_state_itself) for p in plan.projections}
    assert sources == {
        "early": ("h", True),
        "late": ("h", True),
        "ending": ("new_c * m", False),
    }
    assert [e.text for e in plan.equations] == [
        "sigmoid(early)",
        "m * h + late_gate_a",
        "tanh(gate_b) * c + new_h",
        "gate_c * new_h",
    ]
    assert plan.output == "y"


def test_equations_keep_their_meaning_over_the_names_of_code(tmp_path: Path) -> None:
    """π is a number there, and every other name is one that code defines before."""
    plan = planned(tmp_path, TWO_STATES.replace("m * h +", "m * h * pi +"))
    defined = {*plan.states}
    for step in plan.steps:
        tree = step.tree if isinstance(step, Equation) else step.source
        assert names(tree) <= defined
        added = [step.name] if isinstance(step, Equation) else [u.variable for u in step.units]
        defined |= {*added}


def test_functions_of_an_equation_keep_the_names_of_the_language() -> None:
    tree = ast.parse("sqrt(a) + log(gate(b)) + arcsinh(c)", mode="eval").body
    called = CellTranslator({"gate"}).expression(tree).atoms(sympy.Function)
    assert {f.func.__name__ for f in called} == {"sqrt", "log", "gate", "arcsinh"}
