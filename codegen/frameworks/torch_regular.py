"""PyTorch: a neuron's statements where no clamp is active, for code that goes step by step."""

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from codegen.frameworks.torch_inplace import InPlace, inplace_gradient, inplace_response
from codegen.math.operations import Program
from codegen.math.regular import regular
from codegen.math.residual import Differentiated
from codegen.plans.layer import NeuronPlan

Programs = Callable[..., tuple[Differentiated, InPlace, InPlace]]


def regular_view(plan: NeuronPlan, programs: Programs) -> dict[str, Any] | None:
    """What the template of a neuron's module says of it; None if nothing is to be gained.

    `programs` gives the cheapest programs of a neuron.
    """
    found = regular(plan.math)
    if found is None:
        return None
    own = NeuronPlan(found.spec, plan.source)
    optional = frozenset(p.name for p in own.parameters if p.optional)
    scalars = frozenset(p.name for p in own.parameters if not p.spec.axes)
    differentiated, _, _ = programs(own, optional, scalars)
    numbers = frozenset(own.math.whole_numbers)
    unclamped = replace(differentiated, response=_unclamped(differentiated.response))
    response = inplace_response(unclamped, numbers)
    full = frozenset({"sq_w", *(p.name for p in own.parameters if p.per_unit)})
    gradient = inplace_gradient(differentiated, optional, scalars, numbers, full)
    settings = own.math.settings
    summed = {d.operand for d in differentiated.gradient.derivatives}
    return {
        "norms": [n for n in own.math.primitives if n != "dot"],
        "reads": [n in own.math.primitives for n in ("sq_x", "sq_w")],
        "settings": [
            (n, "int" if n in numbers else "Tensor | None" if n in optional else "Tensor")
            for n in settings
        ],
        "residual": differentiated.residual,
        "write": [re.sub(r"^lowest = (\w+)\.amin\(\)$", _RUNNING, line) for line in response.lines],
        "write_scratch": response.scratch_names,
        "gradient": gradient.lines,
        "gradient_scratch": gradient.scratch_names,
        "response_in_dot": response.response == "dot",
        "derived": [n for n in settings if n in summed],
        "derived_indices": tuple(settings.index(n) for n in settings if n in summed),
        "dot_factor": differentiated.dot_factor,
        "parameters": tuple(plan.math.settings.index(n) for n in settings),
        "in_blocks": found.keeps_the_same and found.is_nonnegative,
        "folded": None if found.folded is None else plan.math.settings.index(found.folded),
    }


_RUNNING = r"if check is not None:\n        check(\1)"


def _unclamped(program: Program) -> Program:
    return replace(
        program,
        operations=tuple(
            replace(o, function="copy") if o.function == "relu" else o for o in program.operations
        ),
    )
