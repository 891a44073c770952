# Generated from codegen/templates/keras/_activations.py.j2. Do not edit; run `make generate`.
"""Activations by name, and as steps of recurrent layers compute them."""

import inspect

import keras
from keras import activations, ops

#: Function of this package → its closed form for x >= 0.
CLOSED_FORMS = {}

#: Beyond it a quotient of affine functions is its limit, in float64 as well; its square is finite.
_LARGE = 2.0**60


def get(identifier):
    """A function of this package by its name; all else as `keras.activations.get` has it."""
    if isinstance(identifier, str):
        registered = keras.saving.get_registered_object(f"nmn>{identifier}")
        # Layers are registered, too.
        if inspect.isfunction(registered):
            return registered
    return activations.get(identifier)


def closed_form(function):
    """The function of a tensor that is at least float32, in as few operations as there are."""
    quotient = CLOSED_FORMS.get(function)
    if quotient is None:
        return function
    return lambda x: quotient(ops.clip(x, 0, _LARGE))
