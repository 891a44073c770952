"""Evaluate a case in a framework, and hold what comes out to the oracle."""

from tests.adapters import Arrays, adapter
from tests.oracle import Oracle, assert_within
from tests.properties.conditions import holds
from tests.properties.draw import Case


def evaluate(framework: str, case: Case) -> Arrays:
    """Output and gradients of one framework under one roof."""
    implementation = adapter(framework)
    options = dict(case.options)
    if case.geometry is not None:
        options["geometry"] = case.geometry
    inputs, units = case.x.shape[-1], case.upstream.shape[-1]
    layer = implementation.layer(case.layer.name, inputs, units, dtype=case.dtype, **options)
    output, gradients = implementation.evaluate(layer, case.arrays, case.x, case.upstream)
    return {"output": output, **gradients}


def judge(framework: str, case: Case, found: Arrays, oracle: Oracle) -> None:
    """Values and gradients within their bounds; the sign where there is no bound."""
    pairs = {"output": oracle.output, **oracle.gradients}
    assert found.keys() == pairs.keys()
    for name, pair in pairs.items():
        kind = "value" if name == "output" else "gradient"
        label = f"{framework} {case.dtype} {kind}"
        assert_within(found[name], pair, f"{framework}: {name}", label)
    if _nonnegative(case):
        assert (found["output"] >= 0).all(), f"{framework}: negative output {found['output']}"


def _nonnegative(case: Case) -> bool:
    """Whether the spec says so: always, or under a condition on parameters that holds here."""
    statement = case.layer.neuron.spec.properties.nonnegative
    if statement is None or isinstance(statement, bool):
        return bool(statement)
    return holds(statement, {name: case.parameter(name) for name in statement.names})
