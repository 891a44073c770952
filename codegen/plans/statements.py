"""A false statement about a neuron or a function is an error of its spec."""

from codegen.math.function import FunctionMath
from codegen.math.function_properties import check_function
from codegen.math.neuron import NeuronMath
from codegen.math.properties import check_properties
from codegen.spec import SpecErrors, Specs


def check_statements(specs: Specs) -> None:
    """Raise `SpecErrors` with every statement that is refuted, where it stands."""
    verdicts = {
        "neurons": {n: check_properties(NeuronMath(spec)) for n, spec in specs.neurons.items()},
        "functions": {n: check_function(FunctionMath(f)) for n, f in specs.functions.items()},
    }
    errors = [
        specs.documents[folder][name].key_error(
            ["properties", *verdict.loc], f"{verdict.source} is false: {verdict.reason}"
        )
        for folder, found in verdicts.items()
        for name, all_of_them in found.items()
        for verdict in all_of_them
        if verdict.status == "refuted"
    ]
    if errors:
        raise SpecErrors(errors)
