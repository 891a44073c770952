# Generated from codegen/templates/keras/_activations.py.j2. Do not edit; run `make generate`.
"""Activations by name."""

import inspect

import keras
from keras import activations


def get(identifier):
    """A function of this package by its name; all else as `keras.activations.get` has it."""
    if isinstance(identifier, str):
        registered = keras.saving.get_registered_object(f"nmn>{identifier}")
        # Layers are registered, too.
        if inspect.isfunction(registered):
            return registered
    return activations.get(identifier)
