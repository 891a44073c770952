"""PyTorch: which gradients a backward pass through time returns, in order."""

from codegen.frameworks.cells import fused
from codegen.frameworks.torch_steps import given_constants, given_inputs
from codegen.plans.cell import CellPlan


def returned_inputs(plan: CellPlan) -> list[str]:
    """Expressions of the gradients of what steps take of the input."""
    parts = {part.projection.name: part for part in fused(plan)}
    joined = [name for name, part in parts.items() if part.input and part.recurrent]
    found = []
    for name in given_inputs(plan):
        if name == "sq_x":
            found.append(f"total({', '.join(f'of_{n}.sq_x' for n in joined)})")
        elif name == "_":
            found.append("None")
        elif name in parts:
            found.append(f"all_grad_{name}")
        else:
            found.append(f"of_{name.removesuffix('_x')}.x")
    return found


def returned_constants(plan: CellPlan) -> list[str]:
    """The same of what steps take of the weights."""
    names = [p.name for p in plan.parameters]
    projections = [part.projection.name for part in fused(plan) if part.recurrent]
    found = []
    for constant in given_constants(plan):
        if constant in names:
            i = names.index(constant)
            terms = ", ".join(f"of_{n}.parameters[{i}]" for n in projections)
            found.append(f"total({terms})" if plan.parameters[i].trained else "None")
            continue
        projection = max((n for n in projections if constant.startswith(f"{n}_")), key=len)
        field = constant.removeprefix(f"{projection}_")
        if field in names:
            found.append(f"of_{projection}.parameters[{names.index(field)}]")
        else:
            found.append("None" if field == "inputs" else f"of_{projection}.{field}")
    return found
