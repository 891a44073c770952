"""PyTorch: a cell's steps, and the way back, in memory that exists before the first of them."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import sympy

from codegen.frameworks.cells import fused
from codegen.frameworks.printing import number
from codegen.frameworks.torch_elementwise import ElementwiseWriter
from codegen.frameworks.torch_gradients import returned_constants, returned_inputs
from codegen.frameworks.torch_steps import arguments, as_tuple, given_inputs
from codegen.math.cell_gradient import (
    Adjoint,
    StepGradient,
    gradient_name,
    step_gradient,
    used_values,
)
from codegen.math.cell_nodes import Block, Elementwise, NoClosedFormError, Share
from codegen.math.symbols import symbol
from codegen.plans.cell import CellPlan


def through_time(plan: CellPlan, neuron: Mapping[str, Any]) -> dict[str, Any] | None:
    """Lines of the forward and the backward pass; None where no closed form is known.

    A cell all of whose responses are known before the first step has nothing to gain.
    """
    if plan.parallel:
        return None
    try:
        return _Writer(plan, step_gradient(plan), neuron).view()
    except NoClosedFormError:
        return None


class _Writer:
    def __init__(self, plan: CellPlan, step: StepGradient, neuron: Mapping[str, Any]) -> None:
        self.plan, self.step, self.neuron = plan, step, neuron
        self.parts = {part.projection.name: part for part in fused(plan)}
        self.blocks = {n.projection: n for n in step.nodes if isinstance(n, Block)}
        read = used_values(step.adjoints)
        sources = {block.source for block in self.blocks.values()}
        needed = {*read, *sources, *plan.new_states, plan.output}
        self.kept = [
            n.name
            for n in step.nodes
            if isinstance(n, Share) or (isinstance(n, Elementwise) and n.name in needed)
        ]
        self.transient = [
            n.name for n in step.nodes if isinstance(n, Elementwise) and n.name not in self.kept
        ]
        self.columns = {
            value: (block.projection, i, len(block.values))
            for block in self.blocks.values()
            for i, value in enumerate(block.values)
        }
        self.given = {
            unit.variable: (name, i, len(part.units))
            for name, part in self.parts.items()
            if part.recurrent is None
            for i, unit in enumerate(part.units)
        }

    def view(self) -> dict[str, Any]:
        forward = self._forward()
        backward = self._backward()
        return {
            "projections": [self._projection(b) for b in self.blocks.values()],
            "kept": self.kept,
            "transient": self.transient,
            "forward_lists": self._lists(forward.lines),
            "backward_lists": self._lists(backward.lines),
            "read_states": [
                s for s in self.plan.states if _mentions(backward.lines, rf"{s}\b(?!\[)")
            ],
            "given_grads": [
                (
                    name,
                    i,
                    _split(
                        [gradient_name(u) for u in units],
                        f"all_grad_{name}",
                        f"all_grad_{name}.unbind(0)",
                    ),
                )
                for name, i, units in self._given_units()
            ],
            "forward": forward.lines,
            "forward_scratch": [f"scratch_{i + 1}" for i in range(forward.scratch)],
            "forward_numbers": sorted((v, number(k)) for k, v in forward.numbers.items()),
            "advance": self._advance(forward.lines),
            "new_state_lists": [self._spelled(s).removesuffix("[t]") for s in self.plan.new_states],
            "outputs": self._whole(self.plan.output),
            "after": as_tuple(f"{self._spelled(s, '-1')}.clone()" for s in self.plan.new_states),
            "shares": as_tuple(
                [
                    f"{b.projection}_neurons.responses"
                    for b in self.blocks.values()
                    if b.rho is not None
                ]
                + [self._whole(n.name) for n in self.step.nodes if isinstance(n, Share)]
            ),
            "lowest": " + ".join(f"{p}_neurons.lowest" for p in self.blocks) or "[]",
            "backward": backward.lines,
            "backward_scratch": [f"scratch_{i + 1}" for i in range(backward.scratch)],
            "backward_numbers": sorted((v, number(k)) for k, v in backward.numbers.items()),
            "block_grads": [self._block_grads(b) for b in self.blocks.values()],
            "grads": self._grads(),
            "finish": [self._finish(b) for b in self.blocks.values()],
            "returned_inputs": as_tuple(returned_inputs(self.plan)),
            "returned_constants": as_tuple(returned_constants(self.plan)),
        }

    def _spelled(self, name: str, t: str = "t") -> str:
        """What code calls a value at step `t`; gradients have memory for one step."""
        if name == gradient_name("output"):
            return "grad_outputs[t]"
        if name in self.columns or name in self.given or name in self.kept:
            return f"{name}[{t}]"
        return name

    def _whole(self, name: str) -> str:
        """The array of all steps of a value."""
        if name in self.columns:
            block, i, count = self.columns[name]
            array = f"{block}_neurons.responses"
            return array if count == 1 else f"{array}.chunk({count}, -1)[{i}].clone()"
        if name in self.given:
            projection, i, count = self.given[name]
            array = f"inputs[{given_inputs(self.plan).index(projection)}]"
            return array if count == 1 else f"{array}.chunk({count}, -1)[{i}]"
        return f"kept[{self._index(name)}]"

    def _index(self, name: str) -> int:
        return 3 * len(self.blocks) + self.kept.index(name)

    def _column_gradient(self, value: str) -> str:
        """The gradient of a response; that of a new state is carried under its own name."""
        name = gradient_name(value)
        return f"{name}_response" if value in self.plan.new_states else name

    def _projection(self, block: Block) -> dict[str, Any]:
        part = self.parts[block.projection]
        name = block.projection
        primitives = self.plan.neuron.math.primitives
        joined = part.input is not None
        inputs = given_inputs(self.plan)
        x = f"inputs[{inputs.index(f'{name}_x')}]" if joined else "None"
        reads = joined and "sq_x" in primitives
        sq_x = f"inputs[{inputs.index('sq_x')}]" if reads else "None"
        return {
            "name": name,
            "rho": "None" if block.rho is None else number(float(block.rho)),
            "x": x,
            "sq_x": sq_x,
            "sq_w": f"{name}_sq_w" if "sq_w" in primitives else "None",
            "parameters": as_tuple(arguments(self.plan, part)),
            "kept": 3 * list(self.blocks).index(name),
        }

    def _advance(self, lines: list[str]) -> str:
        """The statement that makes new states the old ones, as far as lines read them."""
        pairs = zip(self.plan.states, self.plan.new_states, strict=True)
        read = [
            (old, self._spelled(new)) for old, new in pairs if _mentions(lines, rf"{old}\b(?!\[)")
        ]
        names, values = (", ".join(pair[i] for pair in read) for i in (0, 1))
        return f"{names} = {values}" if read else ""

    def _lists(self, lines: list[str]) -> list[str]:
        """Statements that take arrays of all steps apart, as far as lines read the parts."""
        arrays = []
        for block in self.blocks.values():
            neurons = f"{block.projection}_neurons"
            arrays.append((block.values, f"{neurons}.responses", f"{neurons}.response_steps"))
        for _, i, units in self._given_units():
            arrays.append((tuple(units), f"inputs[{i}]", f"inputs[{i}].unbind(0)"))
        return [
            _split(names, array, steps)
            for names, array, steps in arrays
            if any(n in self.plan.new_states or _mentions(lines, rf"{n}\[") for n in names)
        ]

    def _given_units(self) -> list[tuple[str, int, list[str]]]:
        """Projections that see the input alone: name, which input, variables of units."""
        inputs = given_inputs(self.plan)
        return [
            (name, inputs.index(name), [u.variable for u in part.units])
            for name, part in self.parts.items()
            if part.recurrent is None
        ]

    def _forward(self) -> ElementwiseWriter:
        writer = ElementwiseWriter(self._spelled)
        for node in self.step.nodes:
            if isinstance(node, Block):
                writer.lines.append(
                    f"{node.projection}_neurons.respond(t, {self._spelled(node.source)})"
                )
            elif isinstance(node, Elementwise):
                writer.write(node.expression, self._spelled(node.name))
            else:
                writer.share(node.argument, float(node.rho), self._spelled(node.name))
        return writer

    def _backward(self) -> ElementwiseWriter:
        writer = ElementwiseWriter(self._spelled)
        for adjoint in self.step.adjoints:
            if isinstance(adjoint, Block):
                gradient = self._block_gradient(adjoint)
                writer.lines.append(f"{adjoint.projection}_neurons.differentiate(t, {gradient})")
            else:
                self._adjoint(writer, adjoint)
        return writer

    def _adjoint(self, writer: ElementwiseWriter, adjoint: Adjoint) -> None:
        own = symbol(gradient_name(adjoint.name))
        expression, out = adjoint.expression, self._target(adjoint.name)
        if own in expression.free_symbols and adjoint.name not in self.columns:
            rest = sympy.expand(expression - own)
            if rest != 0:
                writer.accumulate(adjoint.expression - own, out)
        elif expression != 0 or not adjoint.products:
            writer.write(expression, out)
        source = self._spelled(adjoint.name)
        is_first = expression == 0
        for projection in adjoint.products:
            writer.lines.append(
                f"{projection}_neurons.add_to_source(t, {source}, {out}, {is_first})"
            )
            is_first = False

    def _target(self, name: str) -> str:
        if name in self.columns:
            return self._column_gradient(name)
        return gradient_name(name) + ("[t]" if name in self.given else "")

    def _block_gradient(self, block: Block) -> str:
        """The gradients of all responses of a projection, side by side."""
        if len(block.values) == 1:
            return self._column_gradient(block.values[0])
        return f"grad_{block.projection}_values"

    def _block_grads(self, block: Block) -> dict[str, Any]:
        names = [self._column_gradient(v) for v in block.values]
        return {
            "name": block.projection,
            "all": self._block_gradient(block),
            "columns": names if len(names) > 1 else [],
        }

    def _grads(self) -> list[str]:
        """Gradients that have memory for one step, beside those of responses and states."""
        states = {*self.plan.states, *self.plan.new_states}
        others = {*self.columns, *self.given, *states}
        return [
            gradient_name(a.name)
            for a in self.step.adjoints
            if isinstance(a, Adjoint) and a.name not in others
        ]

    def _finish(self, block: Block) -> dict[str, str]:
        """Name, and what the kernel was multiplied with at all steps."""
        if block.source in self.plan.states:
            index = self.plan.states.index(block.source)
            sources = f"{self._whole(self.plan.new_states[index])}, states[{index}]"
        else:
            sources = self._whole(block.source)
        return {"name": block.projection, "sources": sources}


def _split(names: Sequence[str], array: str, steps: str) -> str:
    """A statement that gives every run of units of an array of all steps a name."""
    if len(names) == 1:
        return f"{names[0]} = {steps}"
    return f"{', '.join(names)} = columns({array}, {len(names)})"


def _mentions(lines: list[str], pattern: str) -> bool:
    return any(re.search(rf"\b{pattern}", line) for line in lines)
