# Generated from codegen/templates/keras/_activations.py.j2. Do not edit; run `make generate`.
"""Activations by name."""

import keras
from keras import activations


def get(identifier):
    """An activation of this package by its name; all else as `keras.activations.get` has it."""
    if isinstance(identifier, str):
        registered = keras.saving.get_registered_object(f"nmn>{identifier}")
        if registered is not None:
            return registered
    return activations.get(identifier)
