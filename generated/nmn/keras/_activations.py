# Generated from codegen/templates/keras/_activations.py.j2. Do not edit; run `make generate`.
"""Activations by name, and as steps of recurrent layers compute them."""

import inspect
from importlib import import_module

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


def is_known(function):
    """Whether it is None, or one of this package or of Keras, which depend on nothing else."""
    return (
        function is None
        or function in CLOSED_FORMS
        or (inspect.isfunction(function) and function.__module__.partition(".")[0] == "keras")
    )


class Role:
    """An activation as a recurrent layer calls it: with tensors that are at least float32.

    The functions of this package, which are elementwise, need few operations.
    """

    def __init__(self, function):
        self.function = function
        self.is_elementwise = function in CLOSED_FORMS
        if self.is_elementwise:
            self.function = _of_few_operations(function)

    def __call__(self, x):
        return self.function(x)

    def of_parts(self, x, count):
        """The function of each of so many parts of the last axis."""
        if self.is_elementwise:
            return ops.split(self.function(x), count, axis=-1)
        return [self.function(part) for part in ops.split(x, count, axis=-1)]


def _of_few_operations(function):
    if keras.backend.backend() == "tensorflow":
        # It runs the operations of loops one by one: gradients in closed form are fewer.
        return getattr(import_module("nmn.tf.squashers"), function.__name__)
    closed_form = CLOSED_FORMS[function]
    return lambda x: closed_form(_clipped(x))


def _clipped(x):
    # XLA computes the gradient of a clip, which tells ties apart, in three times the time.
    if keras.backend.backend() == "jax":
        return ops.where(x < _LARGE, ops.relu(x), _LARGE)
    return ops.clip(x, 0, _LARGE)
