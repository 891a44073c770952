# Generated from spec/layers/inverse_multiquadric_conv.yaml. Do not edit; run `make generate`.
"""Convolution of inverse multiquadric neurons."""

import functools
from collections.abc import Callable, Sequence

import tensorflow as tf

from nmn import _arguments, _convolution
from nmn.tf import _numerics, _windows
from nmn.tf.neurons.inverse_multiquadric import inverse_multiquadric

Initializer = Callable[[Sequence[int], tf.DType], tf.Tensor]

_NAMES = {"stride": "strides", "dilation": "dilation_rate", "units": "filters"}


def _convolution_inverse_multiquadric(
    windows: _windows.Windows,
    spherical: bool,
    x: tf.Tensor,
    kernel: tf.Tensor,
    trained: dict[str, tf.Tensor],
    constants: dict[str, tf.Tensor],
    ranks: tuple[int, ...],
) -> tf.Tensor:
    """The response of every unit to every window."""
    constants = tf.nest.map_structure(tf.stop_gradient, constants)
    batch = tf.shape(x)[0]
    x = _windows.at_least_one(x)
    if spherical:
        x = _windows.scaled(x)
    dot, sq_x, sq_w = _windows.convolution(x, kernel, windows)
    if spherical:
        dot, sq_x = _windows.per_norm(dot, sq_x)
    if windows.groups > 1:
        trained = {name: _windows.split_units(p, windows.groups) for name, p in trained.items()}
    response = inverse_multiquadric(dot, sq_x, sq_w, **trained, **constants)
    if windows.groups > 1:
        response = _windows.join_units(response)
    return response[:batch]


@functools.cache
def _convolution_inverse_multiquadric_graph(
    windows: _windows.Windows, spherical: bool
) -> _numerics.Graph:
    """The responses as one graph, in eager mode too; a function of its own for every geometry.

    TensorFlow then dispatches one operation instead of some twenty, and reuses memory on the way.
    """
    respond = functools.partial(_convolution_inverse_multiquadric, windows, spherical)
    return tf.function(respond, reduce_retracing=True, autograph=False)


class _InverseMultiquadricConv(tf.Module):
    """Convolution of inverse multiquadric neurons along `rank` axes."""

    rank: int

    def __init__(
        self,
        filters: int,
        kernel_size: int | Sequence[int],
        strides: int | Sequence[int] = 1,
        padding: str = "valid",
        data_format: str = "channels_last",
        dilation_rate: int | Sequence[int] = 1,
        groups: int = 1,
        constant_c: float | None = None,
        scalar_c: bool = False,
        positive_init: bool = False,
        freeze_kernel: bool = False,
        weight_normalized: bool = False,
        spherical: bool = False,
        drop_rate: float = 0.0,
        kernel_initializer: Initializer | None = None,
        c_initializer: Initializer | None = None,
        dtype: tf.DType = tf.float32,
        name: str | None = None,
    ) -> None:
        """Creates the layer.

        Args:
          filters: Number of units: channels of the output.
          kernel_size: Taps of a window, at least 1: one integer, or one for each axis.
          strides: Positions between a window and the next, at least 1: one integer, or one for each
              axis.
          padding: "valid" (none), "same" (the output has as many positions as the input, divided by
              `strides` and rounded up) or, along one axis, "causal" (no window looks ahead).
          data_format: Where the channels are, in input and output: "channels_last" or
              "channels_first".
          dilation_rate: Positions between taps, at least 1, and 1 unless `strides` is: one integer,
              or one for each axis.
          groups: Number of parts into which input channels and units are divided, at least 1; units
              see the channels of their own part. Divides `filters` and the input's channels.
          constant_c: Hold `c` at this number instead of training it.
          scalar_c: Share one `c` among all units.
          positive_init: Take absolute values of the initial kernel.
          freeze_kernel: Keep the kernel as initialised: it is not trained.
          weight_normalized: Divide every unit's kernel by its norm.
          spherical: Divide every patch of the input and every unit's kernel by their norms.
          drop_rate: DropConnect: probability in [0, 1) that an entry of the kernel is zero in a
              training step; the others are scaled by 1 / (1 - drop_rate).
          kernel_initializer: Initialiser of `kernel`. Default: a normal law of variance 2 / (fan_in
              + fan_out), truncated at two standard deviations.
          c_initializer: Initialiser of `c`. Default: 1, after softplus.
          dtype: Dtype of variables and results; half precision is computed in float32.
          name: Name of the module.

        Raises:
          TypeError: An argument has the wrong type.
          ValueError: An argument is out of range.
        """
        super().__init__(name=name)
        self.filters = _arguments.positive_integer("filters", filters)
        self.kernel_size = _convolution.per_axis("kernel_size", kernel_size, self.rank)
        self.strides = _convolution.per_axis("strides", strides, self.rank)
        self.padding = _arguments.choice("padding", padding, ("valid", "same", "causal"))
        self.data_format = _arguments.choice("data_format", data_format, _windows.DATA_FORMATS)
        self.dilation_rate = _convolution.per_axis("dilation_rate", dilation_rate, self.rank)
        self.groups = _arguments.integer("groups", groups)
        for axis in zip(self.kernel_size, self.strides, self.dilation_rate, strict=True):
            _convolution.check_arguments(*axis, self.groups, self.filters, _NAMES)
        _convolution.check_dilated_stride(max(self.strides), max(self.dilation_rate), _NAMES)
        if self.padding == "causal":
            _convolution.check_causal(self.rank)
        self.constant_c = _arguments.constant("constant_c", constant_c, positive=True)
        self.scalar_c = scalar_c
        self.positive_init = positive_init
        self.freeze_kernel = freeze_kernel
        self.weight_normalized = weight_normalized
        self.spherical = spherical
        self.drop_rate = _arguments.rate("drop_rate", drop_rate)
        self.kernel_initializer = kernel_initializer
        self.c_initializer = c_initializer
        self.dtype = tf.as_dtype(dtype)
        self.kernel: tf.Variable | None = None
        self.c: tf.Variable | None = None

    def build(self, in_channels: int) -> None:
        """Creates the variables, for inputs of `in_channels` channels."""
        if self.kernel is not None:
            return
        _convolution.check_channels(self.groups, in_channels)
        with tf.init_scope(), self.name_scope:
            shape = [*self.kernel_size, in_channels // self.groups, self.filters]
            if self.kernel_initializer is None:
                kernel = _numerics.variance_scaling(
                    shape, self.dtype, 1.0, "fan_avg", "truncated_normal"
                )
            else:
                kernel = self.kernel_initializer(shape, self.dtype)
            if self.positive_init:
                kernel = tf.abs(kernel)
            if self.constant_c is None:
                self.c = tf.Variable(
                    (self.c_initializer or tf.constant_initializer(_arguments.inverse_softplus(1)))(
                        [] if self.scalar_c else [self.filters], self.dtype
                    ),
                    name="c",
                )
            self.kernel = tf.Variable(kernel, trainable=not self.freeze_kernel, name="kernel")

    def __call__(self, inputs: tf.Tensor, training: bool = False) -> tf.Tensor:
        """Applies the layer to every window.

        Args:
          inputs: A floating-point tensor of shape `[batch, *size, in]`, with `channels_first`
              `[batch, in, *size]`; cast to the layer's dtype.
          training: Whether DropConnect is active.

        Returns:
          A tensor of shape `[batch, *output_size, filters]`, with `channels_first`
          `[batch, filters, *output_size]`, of the layer's dtype.

        Raises:
          TypeError: The input is not floating-point.
          ValueError: The input has other axes or channels, or no window fits into it.
        """
        inputs = _numerics.to_floating(inputs, self.dtype)
        if inputs.shape.rank is None:
            raise ValueError("input must have a known number of axes")
        _convolution.check_input_rank(inputs.shape.rank, self.rank + 2, self.rank + 2)
        channels_first = self.data_format == "channels_first"
        x = _windows.to_channels_last(inputs) if channels_first else inputs
        if x.shape[-1] is None:
            raise ValueError(f"input must have a known number of channels, got {inputs.shape}")
        self.build(x.shape[-1])
        _convolution.check_input_channels(x.shape[-1], self.kernel.shape[-2] * self.groups)
        windows = _windows.Windows(
            self.kernel_size, self.strides, self.padding, self.dilation_rate, self.groups
        )
        size = windows.output_size(x.shape[1:-1])
        wide = _numerics.wide_dtype(self.dtype)
        x, kernel = tf.cast(x, wide), tf.cast(self.kernel, wide)
        if training and self.drop_rate:
            kernel = tf.nn.dropout(kernel, self.drop_rate)
        if self.spherical or self.weight_normalized:
            kernel = _numerics.unit_norm(kernel, axis=range(self.rank + 1))
        parameters = {
            "c": self._effective_c(wide),
        }
        respond = _convolution_inverse_multiquadric_graph(windows, self.spherical)
        response = respond(*_numerics.graph_arguments(x, kernel, parameters))
        outputs = tf.cast(response, self.dtype)
        outputs.set_shape([x.shape[0], *size, self.filters])
        return _windows.to_channels_first(outputs) if channels_first else outputs

    def _effective_c(self, dtype: tf.DType) -> tf.Tensor | float:
        if self.c is None:
            return self.constant_c
        return _numerics.softplus(tf.cast(self.c, dtype))


class InverseMultiquadricConv1D(_InverseMultiquadricConv):
    r"""Convolution of inverse multiquadric neurons along one axis.

    $$y = \frac{1}{\sqrt{\lVert w - x\rVert^2 + c^{2}}}$$

    for every unit w of `kernel` and every window x of the padded input, whose zeros are ordinary
    inputs. Variables are created by the first call.

    Inputs have shape `[batch, length, in]` and outputs
    `[batch, length, filters]`; with `channels_first` the channels follow `batch`.
    No activation follows.

    Reference: Hardy (1971), Multiquadric equations of topography and other irregular surfaces.

    >>> layer = InverseMultiquadricConv1D(4, 3)
    >>> layer(tf.ones([2, 5, 3])).shape
    TensorShape([2, 3, 4])

    Attributes:
      kernel: Variable of shape [*kernel_size, in / groups, filters], initially a normal law of
          variance 2 / (fan_in + fan_out), truncated at two standard deviations.
      c: Shape (filters,), or () with `scalar_c`: the value before softplus, initially such that it
          is 1; None if constant.
    """

    rank = 1


class InverseMultiquadricConv2D(_InverseMultiquadricConv):
    r"""Convolution of inverse multiquadric neurons along two axes.

    $$y = \frac{1}{\sqrt{\lVert w - x\rVert^2 + c^{2}}}$$

    for every unit w of `kernel` and every window x of the padded input, whose zeros are ordinary
    inputs. Variables are created by the first call.

    Inputs have shape `[batch, height, width, in]` and outputs
    `[batch, height, width, filters]`; with `channels_first` the channels follow `batch`.
    No activation follows.

    Reference: Hardy (1971), Multiquadric equations of topography and other irregular surfaces.

    >>> layer = InverseMultiquadricConv2D(4, 3)
    >>> layer(tf.ones([2, 5, 5, 3])).shape
    TensorShape([2, 3, 3, 4])

    Attributes:
      kernel: Variable of shape [*kernel_size, in / groups, filters], initially a normal law of
          variance 2 / (fan_in + fan_out), truncated at two standard deviations.
      c: Shape (filters,), or () with `scalar_c`: the value before softplus, initially such that it
          is 1; None if constant.
    """

    rank = 2


class InverseMultiquadricConv3D(_InverseMultiquadricConv):
    r"""Convolution of inverse multiquadric neurons along three axes.

    $$y = \frac{1}{\sqrt{\lVert w - x\rVert^2 + c^{2}}}$$

    for every unit w of `kernel` and every window x of the padded input, whose zeros are ordinary
    inputs. Variables are created by the first call.

    Inputs have shape `[batch, depth, height, width, in]` and outputs
    `[batch, depth, height, width, filters]`; with `channels_first` the channels follow `batch`.
    No activation follows.

    Reference: Hardy (1971), Multiquadric equations of topography and other irregular surfaces.

    >>> layer = InverseMultiquadricConv3D(4, 3)
    >>> layer(tf.ones([2, 5, 5, 5, 3])).shape
    TensorShape([2, 3, 3, 3, 4])

    Attributes:
      kernel: Variable of shape [*kernel_size, in / groups, filters], initially a normal law of
          variance 2 / (fan_in + fan_out), truncated at two standard deviations.
      c: Shape (filters,), or () with `scalar_c`: the value before softplus, initially such that it
          is 1; None if constant.
    """

    rank = 3


InverseMultiquadricConv1d = InverseMultiquadricConv1D
InverseMultiquadricConv2d = InverseMultiquadricConv2D
InverseMultiquadricConv3d = InverseMultiquadricConv3D
