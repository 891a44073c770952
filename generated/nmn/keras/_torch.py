# Generated from codegen/templates/keras/_torch.py.j2. Do not edit; run `make generate`.
"""The responses of `nmn.torch`, for tensors and kernels as Keras orders their axes."""

from importlib import import_module

from nmn.torch import _windows
from nmn.torch._closed_form import respond
from nmn.torch._contraction import Convolution, Dense


def _neuron(name):
    return getattr(import_module(f"nmn.torch.neurons.{name}"), name)


def dense(neuron, x, kernel, *parameters):
    """Responses of shape `(..., units)` to `x` of shape `(..., in)`."""
    rows = x.reshape(-1, x.shape[-1])
    response = respond(_neuron(neuron), Dense(), rows, kernel.T, *parameters)
    return response.reshape(*x.shape[:-1], kernel.shape[-1])


def convolution(neuron, x, kernel, strides, padding, dilation_rate, groups, *parameters):
    """Responses of shape `(batch, *windows, units)` to `x` of shape `(batch, *sizes, channels)`."""
    taps = tuple(kernel.shape[:-2])
    weight = kernel.permute(-1, -2, *range(len(taps)))
    # Sums over windows of an input with its channels last take several times as long.
    x = x.movedim(-1, 1).contiguous()
    x, zeros = _windows.pad(x, padding, "zeros", taps, strides, dilation_rate)
    windows = Convolution(strides, zeros, dilation_rate, groups)
    response = _windows.respond_to_windows(
        _neuron(neuron), windows, x, weight, *parameters, spherical=False
    )
    return response.movedim(1, -1)
