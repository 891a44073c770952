# Generated from spec/layers/inverse_multiquadric_conv.yaml. Do not edit; run `make generate`.
"""Convolution of inverse multiquadric neurons."""

import keras
from keras import activations, constraints, initializers, ops, regularizers

from nmn import _arguments, _convolution
from nmn.keras import _activations, _numerics, _responses, _windows
from nmn.keras.neurons.inverse_multiquadric import inverse_multiquadric

#: How Keras calls what constraints speak of.
_NAMES = {"stride": "strides", "dilation": "dilation_rate", "units": "filters"}


class _InverseMultiquadricConv(keras.Layer):
    r"""Convolution of inverse multiquadric neurons; no activation follows it.

    $$y = \frac{1}{\sqrt{\lVert w - x\rVert^2 + c^{2}}}$$

    for every unit's kernel w and the patch x of the input under it. Zeros of the padding are
    ordinary inputs.

    Reference: Hardy (1971), Multiquadric equations of topography and other irregular surfaces.

    Args:
        filters: Number of units, at least 1.
        kernel_size: Taps of a window along each spatial axis, at least 1: an integer, or one per
            axis.
        strides: Positions by which windows advance, at least 1: an integer, or one per axis.
        padding: "valid": none; "same": zeros on both sides, for `size / strides` outputs, rounded
            up; "causal", with one spatial axis: zeros before the input, so that no output sees a
            later position.
        data_format: "channels_last" or "channels_first". None stands for
            `keras.config.image_data_format()`.
        dilation_rate: Positions from one tap to the next, at least 1: an integer, or one per axis.
            Not above 1 together with `strides`.
        groups: Groups into which input channels and units are divided, each unit seeing the
            channels of its own group alone. Divides both numbers.
        activation: Applied to the response. The layer needs none.
        constant_c: Hold `c` at this number instead of training it.
        scalar_c: Share one `c` among all units.
        positive_init: Take absolute values of the initial kernel.
        freeze_kernel: Keep the kernel as initialised: it is not trained.
        weight_normalized: Divide every unit's kernel by its norm.
        spherical: Divide every patch of the input and every unit's kernel by their norms.
        drop_rate: DropConnect: probability in [0, 1) that an entry of the kernel is zero in a
            training step; the others are scaled by 1 / (1 - drop_rate).
        kernel_initializer: Initializer of `kernel`. Default: a normal law of variance 2 / (fan_in +
            fan_out), truncated at two standard deviations.
        c_initializer: Initializer of `c`. Default: 1, after softplus.
        kernel_regularizer: Regularizer of `kernel`.
        c_regularizer: Regularizer of `c`.
        kernel_constraint: Constraint of `kernel`.
        c_constraint: Constraint of `c`.
        activity_regularizer: Regularizer of the output.
        seed: Seed of DropConnect.
        **kwargs: Arguments of `keras.Layer`: `name`, `dtype` (a policy), `trainable`.

    Input and output have their channels where `data_format` says. The output has the policy's
    compute dtype; the response itself is computed in at least float32.

    Attributes:
        rank: Number of spatial axes; public subclasses set it.
        kernel: Weight of shape `(*kernel_size, channels // groups, filters)`, initially a normal
            law of variance 2 / (fan_in + fan_out), truncated at two standard deviations.
        c: Shape (filters,), or () with `scalar_c`: the value before softplus, initially such that
            it is 1; None if constant.

    Raises:
        TypeError: An argument or the input has the wrong type or dtype.
        ValueError: An argument is out of range, or the input has the wrong number of axes or
            channels, or is too small for a window.
    """

    rank: int

    def __init__(
        self,
        filters,
        kernel_size,
        strides=1,
        padding="valid",
        data_format=None,
        dilation_rate=1,
        groups=1,
        activation=None,
        constant_c=None,
        scalar_c=False,
        positive_init=False,
        freeze_kernel=False,
        weight_normalized=False,
        spherical=False,
        drop_rate=0.0,
        kernel_initializer="glorot_normal",
        c_initializer=None,
        kernel_regularizer=None,
        c_regularizer=None,
        kernel_constraint=None,
        c_constraint=None,
        activity_regularizer=None,
        seed=None,
        **kwargs,
    ):
        super().__init__(activity_regularizer=activity_regularizer, **kwargs)
        self.filters = _arguments.positive_integer("filters", filters)
        self.kernel_size = _convolution.per_axis("kernel_size", kernel_size, self.rank)
        self.strides = _convolution.per_axis("strides", strides, self.rank)
        self.dilation_rate = _convolution.per_axis("dilation_rate", dilation_rate, self.rank)
        self.data_format = _windows.standardize_data_format(data_format)
        self.padding = _windows.standardize_padding(padding, ("valid", "same", "causal"))
        self.groups = _arguments.integer("groups", groups)
        self.constant_c = _arguments.constant("constant_c", constant_c, positive=True)
        self.scalar_c = scalar_c
        self.positive_init = positive_init
        self.freeze_kernel = freeze_kernel
        self.weight_normalized = weight_normalized
        self.spherical = spherical
        self.drop_rate = _arguments.rate("drop_rate", drop_rate)
        self.activation = _activations.get(activation)
        self.kernel_initializer = initializers.get(kernel_initializer)
        self.c_initializer = initializers.get(
            initializers.Constant(_arguments.inverse_softplus(1))
            if c_initializer is None
            else c_initializer
        )
        self.kernel_regularizer = regularizers.get(kernel_regularizer)
        self.c_regularizer = regularizers.get(c_regularizer)
        self.kernel_constraint = constraints.get(kernel_constraint)
        self.c_constraint = constraints.get(c_constraint)
        self.seed = seed
        self.seed_generator = keras.random.SeedGenerator(seed) if self.drop_rate else None
        for sizes in zip(self.kernel_size, self.strides, self.dilation_rate, strict=True):
            _convolution.check_arguments(*sizes, self.groups, self.filters, names=_NAMES)
        _convolution.check_dilated_stride(max(self.strides), max(self.dilation_rate), names=_NAMES)
        if self.padding == "causal":
            _convolution.check_causal(self.rank)

    def build(self, input_shape):
        self.compute_output_shape(input_shape)
        input_dim = _windows.channels_last(input_shape, self.data_format)[-1]
        if input_dim is None:
            raise ValueError(f"the input must have a known number of channels, got {input_shape}")
        _convolution.check_channels(self.groups, input_dim)
        self.kernel = self.add_weight(
            name="kernel",
            shape=(*self.kernel_size, input_dim // self.groups, self.filters),
            initializer=self._initialize_kernel,
            regularizer=self.kernel_regularizer,
            constraint=self.kernel_constraint,
            trainable=not self.freeze_kernel,
        )
        self.c = None
        if self.constant_c is None:
            self.c = self.add_weight(
                name="c",
                shape=() if self.scalar_c else (self.filters,),
                initializer=self.c_initializer,
                regularizer=self.c_regularizer,
                constraint=self.c_constraint,
                autocast=False,
            )
        self.built = True

    def call(self, inputs, training=None):
        _numerics.check_floating(inputs)
        self.compute_output_shape(inputs.shape)
        dtype = _numerics.wide_dtype(self.compute_dtype)
        x = ops.cast(inputs, dtype)
        # TensorFlow has its convolutions with channels first on accelerators only.
        if self.data_format == "channels_first":
            x = ops.moveaxis(x, 1, -1)
        if self.spherical:
            x = _numerics.scaled(x, axis=tuple(range(1, self.rank + 2)))
        kernel = self._effective_kernel(dtype, training)
        padding = self.padding
        if padding == "causal":
            margins = map(_convolution.causal_padding, self.kernel_size, self.dilation_rate)
            x, padding = _windows.pad(x, margins), "valid"
        response = _responses.convolution(
            inverse_multiquadric,
            ("dot", "sq_x", "sq_w"),
            x,
            kernel,
            self.strides,
            padding,
            self.dilation_rate,
            self.groups,
            self.spherical,
            c=self._effective_c(dtype),
        )
        outputs = ops.cast(response, self.compute_dtype)
        if self.data_format == "channels_first":
            outputs = ops.moveaxis(outputs, -1, 1)
        return self.activation(outputs)

    def compute_output_shape(self, input_shape):
        _convolution.check_input_rank(len(input_shape), self.rank + 2, self.rank + 2)
        batch, *sizes, channels = _windows.channels_last(input_shape, self.data_format)
        if self.built:
            _convolution.check_input_channels(channels, self.kernel.shape[-2] * self.groups)
        lengths = map(
            self._output_length, sizes, self.kernel_size, self.strides, self.dilation_rate
        )
        return _windows.in_data_format((batch, *lengths, self.filters), self.data_format)

    def _output_length(self, size, kernel_size, stride, dilation):
        """Windows along one axis; None where its size is unknown."""
        if size is None:
            return None
        if self.padding == "same":
            before, after = _convolution.same_padding(size, kernel_size, stride, dilation)
        elif self.padding == "causal":
            before, after = _convolution.causal_padding(kernel_size, dilation)
        else:
            before, after = _convolution.valid_padding()
        _convolution.check_input(
            size, before, after, _convolution.extent(kernel_size, dilation), names=_NAMES
        )
        return _convolution.output_length(size, kernel_size, stride, dilation, before, after)

    def _initialize_kernel(self, shape, dtype=None):
        kernel = _numerics.initialize(self.kernel_initializer, shape, dtype)
        return ops.abs(kernel) if self.positive_init else kernel

    def _effective_kernel(self, dtype, training):
        kernel = ops.convert_to_tensor(self.kernel)
        if training and self.drop_rate:
            kernel = keras.random.dropout(kernel, self.drop_rate, seed=self.seed_generator)
        kernel = ops.cast(kernel, dtype)
        if self.spherical or self.weight_normalized:
            kernel = _numerics.unit_norm(kernel, axis=tuple(range(self.rank + 1)))
        return kernel

    def _effective_c(self, dtype):
        if self.c is None:
            return self.constant_c
        return _numerics.softplus(ops.cast(self.c, dtype))

    def get_config(self):
        config = super().get_config()
        config.update(
            {
                "filters": self.filters,
                "kernel_size": self.kernel_size,
                "strides": self.strides,
                "padding": self.padding,
                "data_format": self.data_format,
                "dilation_rate": self.dilation_rate,
                "groups": self.groups,
                "activation": activations.serialize(self.activation),
                "constant_c": self.constant_c,
                "scalar_c": self.scalar_c,
                "positive_init": self.positive_init,
                "freeze_kernel": self.freeze_kernel,
                "weight_normalized": self.weight_normalized,
                "spherical": self.spherical,
                "drop_rate": self.drop_rate,
                "kernel_initializer": initializers.serialize(self.kernel_initializer),
                "c_initializer": initializers.serialize(self.c_initializer),
                "kernel_regularizer": regularizers.serialize(self.kernel_regularizer),
                "c_regularizer": regularizers.serialize(self.c_regularizer),
                "kernel_constraint": constraints.serialize(self.kernel_constraint),
                "c_constraint": constraints.serialize(self.c_constraint),
                "activity_regularizer": regularizers.serialize(self.activity_regularizer),
                "seed": self.seed,
            }
        )
        return config


@keras.saving.register_keras_serializable(package="nmn")
class InverseMultiquadricConv1D(_InverseMultiquadricConv):
    """Convolution along one spatial axis. Arguments are those of the base class.

    Input shape: `(batch_size, steps, channels)`, or `(batch_size, channels, steps)` with channels
        first.

    Output shape: `(batch_size, new_steps, filters)`, or `(batch_size, filters, new_steps)` with
        channels first.

    Example:

    >>> layer = InverseMultiquadricConv1D(4, 3, padding="same")
    >>> layer(keras.ops.ones((2, 10, 3))).shape
    (2, 10, 4)
    """

    rank = 1


@keras.saving.register_keras_serializable(package="nmn")
class InverseMultiquadricConv2D(_InverseMultiquadricConv):
    """Convolution along two spatial axes. Arguments are those of the base class.

    Input shape: `(batch_size, height, width, channels)`, or `(batch_size, channels, height, width)`
        with channels first.

    Output shape: `(batch_size, new_height, new_width, filters)`, or `(batch_size, filters,
        new_height, new_width)` with channels first.

    Example:

    >>> layer = InverseMultiquadricConv2D(4, 3, padding="same")
    >>> layer(keras.ops.ones((2, 10, 10, 3))).shape
    (2, 10, 10, 4)
    """

    rank = 2


@keras.saving.register_keras_serializable(package="nmn")
class InverseMultiquadricConv3D(_InverseMultiquadricConv):
    """Convolution along three spatial axes. Arguments are those of the base class.

    Input shape: `(batch_size, depth, height, width, channels)`, or `(batch_size, channels, depth,
        height, width)` with channels first.

    Output shape: `(batch_size, new_depth, new_height, new_width, filters)`, or `(batch_size,
        filters, new_depth, new_height, new_width)` with channels first.

    Example:

    >>> layer = InverseMultiquadricConv3D(4, 3, padding="same")
    >>> layer(keras.ops.ones((2, 10, 10, 10, 3))).shape
    (2, 10, 10, 10, 4)
    """

    rank = 3


InverseMultiquadricConv1d = InverseMultiquadricConv1D
InverseMultiquadricConv2d = InverseMultiquadricConv2D
InverseMultiquadricConv3d = InverseMultiquadricConv3D
