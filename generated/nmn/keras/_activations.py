# Generated from codegen/templates/keras/_activations.py.j2. Do not edit; run `make generate`.
"""Activations by name, and as steps of recurrent layers compute them."""

import inspect

import keras
from keras import activations, ops

#: Function of this package → the same, with its numbers at the defaults, for x >= 0.
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


class Role:
    """An activation as a recurrent layer calls it: with tensors that are at least float32.

    The functions of this package, which are elementwise, need few operations.
    """

    def __init__(self, function):
        self.function = function
        self.closed_form = CLOSED_FORMS.get(function)

    def __call__(self, x):
        if self.closed_form is None:
            return self.function(x)
        return self.closed_form(_clipped(x))

    def of_parts(self, x, count):
        """The function of each of so many parts of the last axis."""
        if self.closed_form is None:
            return [self.function(part) for part in ops.split(x, count, axis=-1)]
        return ops.split(self(x), count, axis=-1)


def _clipped(x):
    # XLA computes the gradient of a clip, which tells ties apart, in three times the time.
    if keras.backend.backend() == "jax":
        return ops.where(x < _LARGE, ops.relu(x), _LARGE)
    return ops.clip(x, 0, _LARGE)
