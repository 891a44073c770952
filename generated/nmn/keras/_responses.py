# Generated from codegen/templates/keras/_responses.py.j2. Do not edit; run `make generate`.
"""Responses of units to an input, or to the windows over it.

On PyTorch they are those of the layers for PyTorch, with gradients in closed form: PyTorch runs one
operation after the other and would keep what each computes. TensorFlow and JAX compile the plain
expression, its gradient included, into code as fast.
"""

from importlib import import_module

import keras

from nmn.keras import _numerics, _windows

_PRIMITIVES = ("dot", "sq_x", "sq_w")


def dense(neuron, primitives, x, kernel, /, **settings):
    """Responses to the last axis.

    Args:
        neuron: Function of `primitives` and `settings`.
        primitives: Those of "dot", "sq_x" and "sq_w" that the neuron takes.
        x: Tensor of shape `(..., in)`, at least float32.
        kernel: Tensor of shape `(in, units)`, of the same dtype.
        **settings: The neuron's parameters, numbers or one per unit, and counts.

    Returns:
        Tensor of shape `(..., units)`.
    """
    if keras.backend.backend() != "torch":
        values = dict(zip(_PRIMITIVES, _numerics.dense(x, kernel, primitives), strict=True))
        return neuron(**{name: values[name] for name in primitives}, **settings)
    torch = import_module("nmn.keras._torch")
    return torch.dense(neuron.__name__, x, kernel, *settings.values())


def of_products(neuron):
    """A neuron as a function of its primitives and settings, for what computes those by itself.

    TensorFlow runs the operations of loops one by one: gradients in closed form are fewer.
    """
    if keras.backend.backend() != "tensorflow":
        return neuron
    name = neuron.__name__
    return getattr(import_module(f"nmn.tf.neurons.{name}"), name)


def convolution(
    neuron, primitives, x, kernel, strides, padding, dilation_rate, groups, spherical, /, **settings
):
    """Responses to every window.

    Args:
        neuron: Function of `primitives` and `settings`.
        primitives: Those of "dot", "sq_x" and "sq_w" that the neuron takes.
        x: Tensor of shape `(batch, *sizes, channels)`, at least float32.
        kernel: Tensor of shape `(*taps, channels // groups, units)`, of the same dtype.
        strides: Positions by which windows advance, per axis.
        padding: "valid" or "same".
        dilation_rate: Positions from tap to tap, per axis.
        groups: Groups of channels and of units.
        spherical: Whether windows are divided by their norms.
        **settings: The neuron's parameters, numbers or one per unit, and counts.

    Returns:
        Tensor of shape `(batch, *windows, units)`.
    """
    window = (strides, padding, dilation_rate, groups)
    if keras.backend.backend() == "torch" and not spherical:
        torch = import_module("nmn.keras._torch")
        return torch.convolution(neuron.__name__, x, kernel, *window, *settings.values())
    needed = {*primitives, "sq_x"} if spherical else primitives
    dot, sq_x, sq_w = _windows.convolution(x, kernel, *window, needed)
    if spherical:
        dot, sq_x = _windows.by_patch(dot, sq_x)
    values = dict(zip(_PRIMITIVES, (dot, sq_x, sq_w), strict=True))
    grouped = {name: _windows.by_group(value, groups) for name, value in settings.items()}
    response = neuron(**{name: values[name] for name in primitives}, **grouped)
    return _windows.merge_groups(response) if groups > 1 else response
