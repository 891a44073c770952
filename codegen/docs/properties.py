"""The stated properties of a neuron, in words."""

from dataclasses import dataclass

from codegen.plans.layer import NeuronPlan


@dataclass(frozen=True)
class Property:
    """A statement, when it holds, and how it is known."""

    name: str
    words: str
    known: str
    """`stated` until something proves or tests it."""
    reason: str = ""


_WORDS = {
    "nonnegative": "The response is never negative{condition}.",
    "symmetric": "Exchanging x and w changes nothing{condition}.",
    "rotation_invariant": "Rotating x and w together changes nothing{condition}.",
    "positive_semidefinite": "Any Gram matrix has no negative eigenvalue{condition}.",
}


def properties(plan: NeuronPlan) -> tuple[Property, ...]:
    """Everything that the spec states."""
    found = []
    for name in type(plan.spec.properties).model_fields:
        value = getattr(plan.spec.properties, name)
        if value is None or value is False:
            continue
        found.append(Property(name, _words(name, value), "stated"))
    return tuple(found)


def _words(name: str, value: object) -> str:
    text = getattr(value, "text", "")
    if name in _WORDS:
        return _WORDS[name].format(condition=f" if {text}" if text else "")
    if name == "homogeneous" and isinstance(value, dict):
        others = [f"{n} by s^{d}" for n, d in value.items() if n != "degree"]
        scaled = ", ".join(["x and w by s", *others])
        return f"Scaling {scaled} scales the response by s^{value['degree']}."
    return f"{name.replace('_', ' ').capitalize()}: {text or value}."
