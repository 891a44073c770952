"""TensorFlow: what cells say, and the layers that repeat them."""

import ast
from collections.abc import Mapping, Sequence

from sympy.printing.str import StrPrinter

from codegen.frameworks.arguments import (
    KERNEL_LAWS,
    VARIANCE_SCALING,
    Naming,
    constant_default,
    constant_type,
    flag_argument,
    initializer_argument,
    start_expression,
)
from codegen.frameworks.base import Argument, StoredArray, View
from codegen.frameworks.cells import Fused, fused, printed, stored_arrays
from codegen.math.latex import response_latex
from codegen.math.start import NoStartError
from codegen.plans.cell import CellPlan, Equation, Projection, Step
from codegen.plans.layer import ParameterPlan
from codegen.plans.start import StartView, cell_start

ORDER = ("update", "reset")
"""The order of gates, as in Sonnet and Keras: z, r, h."""

#: Functions of SymPy's that equations do not call by these names.
_SAFE = {
    "absolute": "abs",
    "asinh": "arcsinh",
    "atan": "arctan",
    "positive_power": "pow",
    "whole_power": "pow",
}

_ROLES = {
    "gate": "Function of responses that gives gates.",
    "activation": "Function of responses that gives what gates let through.",
}


def cell_arrays(plan: CellPlan) -> Mapping[str, StoredArray]:
    """Inputs first, all gates side by side."""
    return stored_arrays(plan, ORDER)


def cell_view(plan: CellPlan, naming: Naming, functions: Mapping[str, str]) -> View:
    """View of a cell's module; `functions` are TensorFlow's names of the functions of formulas."""
    parts = fused(plan, ORDER)
    start = _start(plan)
    spelled = dict(functions) | {"log": "_numerics.log", "sqrt": "_numerics.sqrt"}
    spelled |= {role: role for role in plan.roles}
    options = [a for p in plan.parameters for a in _options(p, naming)]
    initializers = _initializers(plan, naming, start)
    roles = [
        Argument(role, "Function", name, f"{_ROLES[role]} Default: `{name}`.")
        for role, name in plan.roles.items()
    ]
    neuron = plan.neuron
    primitives = neuron.math.primitives
    several = len(plan.states) > 1
    return {
        "name": plan.name,
        "cell_name": plan.cell_name,
        "module": plan.module,
        "summary": plan.spec.summary,
        "reference": plan.spec.reference,
        "neuron": neuron.name,
        "neuron_title": neuron.title,
        "latex": response_latex(neuron.math),
        "roles": list(plan.roles),
        "squashers": sorted(set(plan.roles.values())),
        "arguments": [*roles, *options, *initializers],
        "stored": [(a.name, a.name) for a in roles]
        + [(a.name, _checked(plan, a.name)) for a in options]
        + [(a.name, a.name) for a in initializers],
        "projections": [_projection(part) for part in parts],
        "operands": ", ".join(
            {"sq_w": "weights.sq_w[projection]"}.get(name, name) for name in primitives
        ),
        "contraction": ", ".join(n if n in primitives else "_" for n in ("dot", "sq_x")),
        "states": list(plan.states),
        "state_names": _tuple(plan.states),
        "state": "states" if len(plan.states) > 1 else "state",
        "several": several,
        "state_type": "tuple[tf.Tensor, ...]" if several else "tf.Tensor",
        "state_doc": _state_doc(plan),
        "initial": f"({', '.join(['zeros'] * len(plan.states))})",
        "initial_doc": "Zeros of shape `[batch_size, features]`"
        + (f", for each of ({', '.join(plan.states)})." if several else "."),
        "given": "states" if several else "[state]",
        "given_initial": "initial_state" if several else "[initial_state]",
        "names": f"[{', '.join(map(_quoted, plan.states))}]",
        "bound_roles": "".join(f", {role}={role}" for role in plan.roles),
        "equations": [f"{e.name} = {e.text}" for e in plan.equations],
        "sources": [_source_doc(part) for part in parts],
        "steps": [line for step in plan.steps for line in _lines(step, parts, spelled)],
        "new_states": _tuple(plan.new_states),
        "output": plan.output,
        "parallel": [line for step in plan.steps for line in _lines(step, parts, spelled, plan)]
        if plan.recurrences
        else [],
        "kernels": _kernels(plan),
        "parameters": [_parameter(plan, p, start) for p in plan.parameters],
        "starts": _starts(plan, parts, start),
    }


def _quoted(name: str) -> str:
    return f'"{name}"'


def _state_doc(plan: CellPlan) -> str:
    if len(plan.states) > 1:
        return f"states: ({', '.join(plan.states)}), each a tensor of shape `[batch, features]`."
    return "state: A tensor of shape `[batch, features]`."


def _tuple(names: Sequence[str]) -> str:
    return ", ".join(names) + ("," if len(names) == 1 else "")


def _start(plan: CellPlan) -> StartView | None:
    try:
        return cell_start(plan)
    except NoStartError:
        return None


def _options(parameter: ParameterPlan, naming: Naming) -> list[Argument]:
    if parameter.optional:
        flag = flag_argument(parameter, naming)
        return [
            Argument(flag.name, flag.annotation, flag.default, flag.doc.replace("layer", "cell"))
        ]
    if parameter.trained:
        return []
    kind = "A whole number" if parameter.spec.integer else "A number"
    positive = " > 0" if parameter.spec.positive else ""
    doc = f"{parameter.spec.summary} {kind}{positive}."
    default = constant_default(parameter)
    return [Argument(parameter.name, constant_type(parameter), default, doc)]


def _checked(plan: CellPlan, name: str) -> str:
    """The expression that checks an option: a constant of the neuron."""
    spec = next((p.spec for p in plan.parameters if p.name == name), None)
    if spec is None:
        return name
    kind = "whole" if spec.integer else "" if spec.positive else "finite"
    check = "_".join(filter(None, ("positive" * spec.positive, kind, "number")))
    return f'_arguments.{check}("{name}", {name})'


def _initializers(plan: CellPlan, naming: Naming, start: StartView | None) -> list[Argument]:
    laws = {}
    if plan.input_units:
        laws["kernel"] = f"{KERNEL_LAWS[plan.spec.kernel.input]}, for each gate by itself"
    if plan.recurrent_units:
        laws["recurrent"] = f"{KERNEL_LAWS[plan.spec.kernel.recurrent]}, for each gate by itself"
    for parameter in plan.parameters:
        if parameter.trained:
            laws[parameter.name] = _law(plan, parameter, start)
    return [initializer_argument(name, law, naming) for name, law in laws.items()]


def _law(plan: CellPlan, parameter: ParameterPlan, start: StartView | None) -> str:
    name = parameter.name
    if start is not None and name == start.parameter and plan.spec.start:
        values = ", ".join(f"{value} = {number:g}" for value, number in plan.spec.start.items())
        return f"such that {values} for an input of variance 1 that is orthogonal to the kernel"
    if name in plan.spec.parameters:
        text = plan.spec.parameters[name].text
        names = {"sq_x": "‖x‖²", "sq_w": "‖w‖²"}
        spelled = text
        for norm, symbol in names.items():
            spelled = spelled.replace(norm, symbol)
        return f"{spelled}, with the expected norms" if spelled != text else spelled
    return parameter.law_in_words


def _projection(part: Fused) -> View:
    projection = part.projection
    return {
        "name": projection.name,
        "blocks": len(part.units),
        "reads_input": part.input is not None,
        "reads_state": part.recurrent is not None,
    }


def _source_doc(part: Fused) -> str:
    """`reset` and `update` see [x, h]."""
    projection = part.projection
    names = [f"`{unit.variable}`" for unit in projection.units]
    said = " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))
    sources = ["x"] * projection.reads_input + [projection.source_text or ""]
    return f"{said} of [{', '.join(filter(None, sources))}]"


def _lines(
    step: Step, parts: Sequence[Fused], spelled: Mapping[str, str], parallel: CellPlan | None = None
) -> list[str]:
    """Statements of one step, or of all steps at once."""
    if isinstance(step, Projection):
        part = next(p for p in parts if p.projection is step or p.projection == step)
        call = f'inputs.responses["{step.name}"]'
        if step.source is not None:
            call = f'_respond("{step.name}", inputs, weights, {_printed(step.source, spelled)})'
        if len(part.units) == 1:
            return [f"{part.variables[0]} = {call}"]
        return [f"{', '.join(part.variables)} = tf.split({call}, {len(part.units)}, axis=-1)"]
    found = _recurrence(step, parallel) if parallel else None
    if found is None:
        return [f"{step.name} = {_printed(step.tree, spelled)}"]
    state, *terms = found
    coefficient, addition = (_printed(ast.parse(t, mode="eval").body, spelled) for t in terms)
    return [f"{step.name} = scan({coefficient}, {addition}, {state})"]


def _recurrence(step: Equation, plan: CellPlan) -> tuple[str, str, str] | None:
    printer = StrPrinter({"full_prec": False})
    for found, name in zip(plan.recurrences, plan.new_states, strict=True):
        if step.name == name:
            terms = (printer.doprint(e) for e in (found.coefficient, found.addition))
            return (found.state, *terms)
    return None


def _printed(tree: ast.expr, spelled: Mapping[str, str]) -> str:
    """A formula as code; powers that are not whole are 0 where their base is not positive."""
    tree = _Powers().visit(ast.parse(ast.unparse(tree), mode="eval").body)
    names = dict(spelled) | {sympy: spelled[own] for sympy, own in _SAFE.items()}
    return printed(tree, names)


class _Powers(ast.NodeTransformer):
    def visit_BinOp(self, node: ast.BinOp) -> ast.expr:
        self.generic_visit(node)
        match node:
            case ast.BinOp(op=ast.Pow(), right=ast.Constant(value=int())):
                return node
            case ast.BinOp(left=left, op=ast.Pow(), right=right):
                return ast.Call(ast.Name("safe_power"), [left, right], [])
        return node


def _kernels(plan: CellPlan) -> list[View]:
    found: list[View] = []
    kinds = (
        ("kernel", "kernel", plan.input_units, plan.spec.kernel.input, "in_features"),
        (
            "recurrent_kernel",
            "recurrent",
            plan.recurrent_units,
            plan.spec.kernel.recurrent,
            "self.features",
        ),
    )
    for name, argument, units, law, rows in kinds:
        if not units:
            continue
        blocks = len(units)
        width = f"{blocks} * self.features" if blocks > 1 else "self.features"
        documented = f"{blocks} * features" if blocks > 1 else "features"
        block = f"[{rows}, self.features]"
        if law == "orthogonal":
            drawn = f"_numerics.orthogonal({block}, self.dtype)"
        else:
            drawn = f"_numerics.variance_scaling({block}, self.dtype, {VARIANCE_SCALING[law]})"
        if blocks > 1:
            drawn = f"_recurrent.side_by_side(lambda: {drawn}, {blocks})"
        rows_doc = "in" if rows == "in_features" else "features"
        found.append(
            {
                "name": name,
                "initializer": f"self.{argument}_initializer",
                "shape": f"[{rows}, {width}]",
                "drawn": drawn,
                "doc": f"Variable of shape [{rows_doc}, {documented}]: what neurons have for the "
                f"{'input' if argument == 'kernel' else 'state'}.",
            }
        )
    return found


def _parameter(plan: CellPlan, parameter: ParameterPlan, start: StartView | None) -> View:
    name = parameter.name
    blocks = len(plan.units)
    width = f"{blocks} * self.features" if blocks > 1 else "self.features"
    shape = f"[{width}]" if parameter.per_unit else "[]"
    if start is not None and name == start.parameter:
        initial = "_recurrent.repeated(starts, self.features, self.dtype)"
    elif name in plan.spec.parameters:
        initial = f"tf.constant({name}, self.dtype)"
    elif parameter.trained and parameter.law:
        initial = f"tf.{parameter.law}({shape}, self.dtype)"
    else:
        initial = f"tf.constant({start_expression(parameter)}, self.dtype, {shape})"
    if parameter.trained:
        given = f"self.{name}_initializer"
        initial = f"{initial} if {given} is None else {given}({shape}, self.dtype)"
    value = f"tf.cast(self.{name}, dtype)" if parameter.trained else f"self.{name}"
    if parameter.trained and parameter.spec.positive:
        value = f"_numerics.softplus({value})"
    if parameter.optional:
        value = f"None if self.{name} is None else {value}"
    documented = f"[{blocks} * features]" if blocks > 1 else "[features]"
    absent = "; None if left out" if parameter.optional else ""
    raw = ": the value before softplus" if parameter.spec.positive else ""
    return {
        "name": name,
        "stored": parameter.trained,
        "flag": f"self.use_{name}" if parameter.optional else "",
        "shape": shape,
        "initial": initial,
        "value": value,
        "doc": f"Variable of shape {documented if parameter.per_unit else '[]'}{raw}{absent}.",
    }


def _starts(plan: CellPlan, parts: Sequence[Fused], start: StartView | None) -> list[str]:
    """Statements that compute where parameters begin."""
    lines = []
    for parameter in plan.parameters:
        name = parameter.name
        if name in plan.spec.parameters:
            call = f"_starts.{plan.module}_{name}(in_features, self.features)"
            if parameter.optional:
                call = f"{call} if self.use_{name} else {parameter.spec.absent!r}"
            lines.append(f"{name} = {call}")
    if start is not None:
        shared = [_shared(plan, name) for name in start.shared]
        arguments = ", ".join(["in_features", "self.features", *shared])
        call = f"_starts.{plan.module}_{start.parameter}({arguments})"
        names = [unit.variable for unit in plan.units]
        held = [name for part in parts for name in part.variables]
        if names == held:
            lines.append(f"starts = {call}")
        else:
            lines += [f"{', '.join(names)} = {call}", f"starts = [{', '.join(held)}]"]
    return lines


def _shared(plan: CellPlan, name: str) -> str:
    """The start of a parameter of the cell, in terms of `build`."""
    parameter = next(p for p in plan.parameters if p.name == name)
    if name in plan.spec.parameters:
        return name
    if parameter.trained:
        absent = f" if self.use_{name} else {parameter.spec.absent!r}" if parameter.optional else ""
        return f"{parameter.start!r}{absent}"
    return f"self.{name}"
