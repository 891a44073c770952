"""What blocks of rows may take for granted of a neuron where no clamp is active."""

import ast

import pytest

from codegen.math.neuron import NeuronMath
from codegen.math.regular import regular
from codegen.paths import SPEC
from codegen.plans.package import plan_package
from codegen.spec import load_specs
from codegen.spec.formula import Formula

NEURONS = {n.name: n.spec for n in plan_package(load_specs(SPEC)).neurons}


def with_response(formula: str) -> NeuronMath:
    """The Yat neuron with another response, of which nothing is stated."""
    spec = NEURONS["yat"]
    response = Formula(formula, ast.parse(formula, mode="eval").body)
    update = {"math": spec.math | {"response": response}, "properties": type(spec.properties)()}
    return NeuronMath(spec.model_copy(update=update))


@pytest.mark.parametrize("name", ["yat", "gaussian", "inverse_multiquadric"])
def test_neurons_of_the_distance_keep_what_they_keep_and_are_not_negative(name: str) -> None:
    found = regular(NeuronMath(NEURONS[name]))
    assert found is not None
    assert found.keeps_the_same and found.is_nonnegative


@pytest.mark.parametrize("response", ["exp(-sq_dist) - 0.5", "1 - sq_dist", "tanh(1 - sq_dist)"])
def test_what_may_be_negative_is_not_taken_for_granted(response: str) -> None:
    found = regular(with_response(response))
    assert found is not None and not found.is_nonnegative
