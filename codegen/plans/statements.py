"""A false statement about a neuron is an error of its spec."""

from codegen.math.neuron import NeuronMath
from codegen.math.properties import check_properties
from codegen.spec import SpecErrors, Specs


def check_statements(specs: Specs) -> None:
    """Raise `SpecErrors` with every statement that is refuted, where it stands."""
    errors = [
        specs.documents[name].key_error(
            ["properties", *verdict.loc], f"{verdict.source} is false: {verdict.reason}"
        )
        for name, spec in specs.neurons.items()
        for verdict in check_properties(NeuronMath(spec))
        if verdict.status == "refuted"
    ]
    if errors:
        raise SpecErrors(errors)
