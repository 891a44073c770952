# Generated from spec/layers/spherical_yat_conv_transpose.yaml. Do not edit; run `make generate`.
"""Transposed convolution of spherical Yat neurons."""

import math

import keras
from keras import activations, constraints, initializers, ops, regularizers

from nmn import _arguments, _transposed_convolution
from nmn.keras import _activations, _numerics, _windows
from nmn.keras.neurons.spherical_yat import spherical_yat

#: How Keras calls what constraints speak of.
_NAMES = {"stride": "strides", "dilation": "dilation_rate", "units": "filters"}


class _SphericalYatConvTranspose(keras.Layer):
    r"""Transposed convolution of spherical Yat neurons; no activation follows it.

    $$y = \frac{\alpha \left(b + \frac{\langle w, x\rangle}{\sqrt{\delta + \lVert w\rVert^2 \lVert
        x\rVert^2}}\right)^{2}}{\varepsilon + \max\left(- \frac{2 \langle w, x\rangle}{\sqrt{\delta
        + \lVert w\rVert^2 \lVert x\rVert^2}} + 2, 0\right)}$$

    for every unit's kernel w and the patch x under it of the zero-stuffed and padded input, whose
    zeros are ordinary inputs.

    Reference: Bouhsine (2024), Deep Learning 2.0: Artificial Neurons that Matter.

    Args:
        filters: Number of units, at least 1.
        kernel_size: Taps of a window along each spatial axis, at least 1: an integer, or one per
            axis.
        strides: Outputs per position of the input, at least 1: an integer, or one per axis.
            `strides - 1` zeros are stuffed between positions.
        padding: "valid": every window that touches the input; "same": the middle `size * strides`
            of those.
        output_padding: Outputs added at the end of each axis, at least 0 and below `strides`: an
            integer, or one per axis. None: as many as `padding` says.
        data_format: "channels_last" or "channels_first". None stands for
            `keras.config.image_data_format()`.
        dilation_rate: Positions from one tap to the next, at least 1: an integer, or one per axis.
            Not above 1 together with `strides`.
        activation: Applied to the response. The layer needs none.
        use_bias: Whether the layer has `bias`. Added to the cosine, inside the square.
        constant_bias: Hold `bias` at this number instead of training it.
        softplus_bias: Keep `bias` positive: the softplus of the stored array takes part.
        scalar_bias: Share one `bias` among all units.
        use_alpha: Whether the layer has `alpha`. Scale of the response.
        constant_alpha: Hold `alpha` at this number instead of training it. True stands for sqrt(2).
        epsilon: Added to the squared distance; bounds the response where x and w point the same
            way. A number > 0.
        learnable_epsilon: Train `epsilon`, kept positive through softplus and starting from its
            value.
        delta: Added to the product of the squared norms; keeps the response finite at x = 0. A
            number > 0.
        positive_init: Take absolute values of the initial kernel.
        freeze_kernel: Keep the kernel as initialised: it is not trained.
        weight_normalized: Divide every unit's kernel by its norm.
        spherical: Divide every patch of the input and every unit's kernel by their norms.
        drop_rate: DropConnect: probability in [0, 1) that an entry of the kernel is zero in a
            training step; the others are scaled by 1 / (1 - drop_rate).
        kernel_initializer: Initializer of `kernel`. Default: a normal law of variance 2 / (fan_in +
            fan_out), truncated at two standard deviations.
        bias_initializer: Initializer of `bias`. Default: zeros.
        alpha_initializer: Initializer of `alpha`. Default: ones.
        kernel_regularizer: Regularizer of `kernel`.
        bias_regularizer: Regularizer of `bias`.
        kernel_constraint: Constraint of `kernel`.
        bias_constraint: Constraint of `bias`.
        activity_regularizer: Regularizer of the output.
        seed: Seed of DropConnect.
        **kwargs: Arguments of `keras.Layer`: `name`, `dtype` (a policy), `trainable`.

    Input and output have their channels where `data_format` says. The output has the policy's
    compute dtype; the response itself is computed in at least float32.

    Attributes:
        rank: Number of spatial axes; public subclasses set it.
        kernel: Weight of shape `(*kernel_size, filters, channels)`, initially a normal law of
            variance 2 / (fan_in + fan_out), truncated at two standard deviations.
        bias: Shape (filters,), or () with `scalar_bias`, initially zeros; None if left out or
            constant.
        alpha: Shape (), initially ones; None if left out or constant.
        epsilon_param: Shape (): `epsilon` before softplus; None if `epsilon` is constant.

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
        output_padding=None,
        data_format=None,
        dilation_rate=1,
        activation=None,
        use_bias=True,
        constant_bias=None,
        softplus_bias=False,
        scalar_bias=False,
        use_alpha=True,
        constant_alpha=None,
        epsilon=0.01,
        learnable_epsilon=False,
        delta=1e-06,
        positive_init=False,
        freeze_kernel=False,
        weight_normalized=False,
        spherical=False,
        drop_rate=0.0,
        kernel_initializer="glorot_normal",
        bias_initializer="zeros",
        alpha_initializer="ones",
        kernel_regularizer=None,
        bias_regularizer=None,
        kernel_constraint=None,
        bias_constraint=None,
        activity_regularizer=None,
        seed=None,
        **kwargs,
    ):
        super().__init__(activity_regularizer=activity_regularizer, **kwargs)
        self.filters = _arguments.positive_integer("filters", filters)
        self.kernel_size = _transposed_convolution.per_axis("kernel_size", kernel_size, self.rank)
        self.strides = _transposed_convolution.per_axis("strides", strides, self.rank)
        self.dilation_rate = _transposed_convolution.per_axis(
            "dilation_rate", dilation_rate, self.rank
        )
        self.data_format = _windows.standardize_data_format(data_format)
        self.padding = _windows.standardize_padding(padding, ("valid", "same"))
        self.output_padding = output_padding
        if output_padding is not None:
            self.output_padding = _transposed_convolution.per_axis(
                "output_padding", output_padding, self.rank
            )
        self.use_bias = use_bias
        self.constant_bias = _arguments.constant("constant_bias", constant_bias)
        self.softplus_bias = softplus_bias
        self.scalar_bias = scalar_bias
        self.use_alpha = use_alpha
        self.constant_alpha = _arguments.constant(
            "constant_alpha", constant_alpha, when_true=math.sqrt(2)
        )
        self.epsilon = _arguments.positive_number("epsilon", epsilon)
        self.learnable_epsilon = learnable_epsilon
        self.delta = _arguments.positive_number("delta", delta)
        self.positive_init = positive_init
        self.freeze_kernel = freeze_kernel
        self.weight_normalized = weight_normalized
        self.spherical = spherical
        self.drop_rate = _arguments.rate("drop_rate", drop_rate)
        self.activation = _activations.get(activation)
        self.kernel_initializer = initializers.get(kernel_initializer)
        self.bias_initializer = initializers.get(bias_initializer)
        self.alpha_initializer = initializers.get(alpha_initializer)
        self.kernel_regularizer = regularizers.get(kernel_regularizer)
        self.bias_regularizer = regularizers.get(bias_regularizer)
        self.kernel_constraint = constraints.get(kernel_constraint)
        self.bias_constraint = constraints.get(bias_constraint)
        self.seed = seed
        self.seed_generator = keras.random.SeedGenerator(seed) if self.drop_rate else None
        for sizes in zip(self.kernel_size, self.strides, self.dilation_rate, strict=True):
            _transposed_convolution.check_arguments(*sizes, 1, self.filters, names=_NAMES)
        _transposed_convolution.check_dilated_stride(
            max(self.strides), max(self.dilation_rate), names=_NAMES
        )
        if self.output_padding is not None:
            for sizes in zip(self.strides, self.dilation_rate, self.output_padding, strict=True):
                _transposed_convolution.check_output_padding(*sizes, names=_NAMES)

    def build(self, input_shape):
        self.compute_output_shape(input_shape)
        input_dim = _windows.channels_last(input_shape, self.data_format)[-1]
        if input_dim is None:
            raise ValueError(f"the input must have a known number of channels, got {input_shape}")
        self.kernel = self.add_weight(
            name="kernel",
            shape=(*self.kernel_size, self.filters, input_dim),
            initializer=self._initialize_kernel,
            regularizer=self.kernel_regularizer,
            constraint=self.kernel_constraint,
            trainable=not self.freeze_kernel,
        )
        self.bias = None
        if self.use_bias and self.constant_bias is None:
            self.bias = self.add_weight(
                name="bias",
                shape=() if self.scalar_bias else (self.filters,),
                initializer=self.bias_initializer,
                regularizer=self.bias_regularizer,
                constraint=self.bias_constraint,
                autocast=False,
            )
        self.alpha = None
        if self.use_alpha and self.constant_alpha is None:
            self.alpha = self.add_weight(
                name="alpha",
                shape=(),
                initializer=self.alpha_initializer,
                autocast=False,
            )
        self.epsilon_param = None
        if self.learnable_epsilon:
            self.epsilon_param = self.add_weight(
                name="epsilon_param",
                shape=(),
                initializer=initializers.Constant(_arguments.inverse_softplus(self.epsilon)),
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
        dot, sq_x, sq_w = _windows.transposed_convolution(
            x,
            kernel,
            self.strides,
            self.padding,
            self.output_padding,
            self.dilation_rate,
            self._margins(),
            ("dot", "sq_x", "sq_w"),
        )
        if self.spherical:
            dot, sq_x = _windows.by_patch(dot, sq_x)
        response = spherical_yat(
            dot,
            sq_x,
            sq_w,
            bias=self._effective_bias(dtype),
            alpha=self._effective_alpha(dtype),
            epsilon=self._effective_epsilon(dtype),
            delta=self._effective_delta(dtype),
        )
        outputs = ops.cast(response, self.compute_dtype)
        if self.data_format == "channels_first":
            outputs = ops.moveaxis(outputs, -1, 1)
        return self.activation(outputs)

    def compute_output_shape(self, input_shape):
        _transposed_convolution.check_input_rank(len(input_shape), self.rank + 2, self.rank + 2)
        batch, *sizes, channels = _windows.channels_last(input_shape, self.data_format)
        if self.built:
            _transposed_convolution.check_input_channels(channels, self.kernel.shape[-1])
        lengths = map(
            self._output_length,
            sizes,
            self.kernel_size,
            self.strides,
            self.dilation_rate,
            self._margins(),
        )
        return _windows.in_data_format((batch, *lengths, self.filters), self.data_format)

    def _output_length(self, size, kernel_size, stride, dilation, padding):
        """Windows along one axis; None where its size is unknown."""
        if size is None:
            return None
        length = _transposed_convolution.output_length(
            size, kernel_size, stride, dilation, *padding
        )
        _transposed_convolution.check_input(length)
        return length

    def _margins(self):
        """Zeros before and after the stuffed input, per axis."""
        if self.output_padding is None:
            rule = (
                _transposed_convolution.same_padding
                if self.padding == "same"
                else _transposed_convolution.valid_padding
            )
            return tuple(map(rule, self.kernel_size, self.strides, self.dilation_rate))
        if self.padding == "same":
            rule = _transposed_convolution.same_with_output_padding_padding
            return tuple(map(rule, self.kernel_size, self.dilation_rate, self.output_padding))
        rule = _transposed_convolution.cropped_padding
        nothing = (0,) * self.rank
        return tuple(map(rule, self.kernel_size, self.dilation_rate, nothing, self.output_padding))

    def _initialize_kernel(self, shape, dtype=None):
        kernel = _numerics.initialize_transposed(self.kernel_initializer, shape, dtype)
        return ops.abs(kernel) if self.positive_init else kernel

    def _effective_kernel(self, dtype, training):
        kernel = ops.convert_to_tensor(self.kernel)
        if training and self.drop_rate:
            kernel = keras.random.dropout(kernel, self.drop_rate, seed=self.seed_generator)
        kernel = ops.cast(kernel, dtype)
        if self.spherical or self.weight_normalized:
            kernel = _numerics.unit_norm(kernel, axis=(*range(self.rank), -1))
        return kernel

    def _effective_bias(self, dtype):
        if self.bias is None:
            return self.constant_bias
        bias = ops.cast(self.bias, dtype)
        return _numerics.softplus(bias) if self.softplus_bias else bias

    def _effective_alpha(self, dtype):
        if self.alpha is None:
            return self.constant_alpha
        return ops.cast(self.alpha, dtype)

    def _effective_epsilon(self, dtype):
        if self.epsilon_param is None:
            return self.epsilon
        return _numerics.softplus(ops.cast(self.epsilon_param, dtype))

    def _effective_delta(self, dtype):
        return self.delta

    def get_config(self):
        config = super().get_config()
        config.update(
            {
                "filters": self.filters,
                "kernel_size": self.kernel_size,
                "strides": self.strides,
                "padding": self.padding,
                "output_padding": self.output_padding,
                "data_format": self.data_format,
                "dilation_rate": self.dilation_rate,
                "activation": activations.serialize(self.activation),
                "use_bias": self.use_bias,
                "constant_bias": self.constant_bias,
                "softplus_bias": self.softplus_bias,
                "scalar_bias": self.scalar_bias,
                "use_alpha": self.use_alpha,
                "constant_alpha": self.constant_alpha,
                "epsilon": self.epsilon,
                "learnable_epsilon": self.learnable_epsilon,
                "delta": self.delta,
                "positive_init": self.positive_init,
                "freeze_kernel": self.freeze_kernel,
                "weight_normalized": self.weight_normalized,
                "spherical": self.spherical,
                "drop_rate": self.drop_rate,
                "kernel_initializer": initializers.serialize(self.kernel_initializer),
                "bias_initializer": initializers.serialize(self.bias_initializer),
                "alpha_initializer": initializers.serialize(self.alpha_initializer),
                "kernel_regularizer": regularizers.serialize(self.kernel_regularizer),
                "bias_regularizer": regularizers.serialize(self.bias_regularizer),
                "kernel_constraint": constraints.serialize(self.kernel_constraint),
                "bias_constraint": constraints.serialize(self.bias_constraint),
                "activity_regularizer": regularizers.serialize(self.activity_regularizer),
                "seed": self.seed,
            }
        )
        return config


@keras.saving.register_keras_serializable(package="nmn")
class SphericalYatConvTranspose1D(_SphericalYatConvTranspose):
    """Transposed convolution along one spatial axis. Arguments are those of the base class.

    Input shape: `(batch_size, steps, channels)`, or `(batch_size, channels, steps)` with channels
        first.

    Output shape: `(batch_size, new_steps, filters)`, or `(batch_size, filters, new_steps)` with
        channels first.

    Example:

    >>> layer = SphericalYatConvTranspose1D(4, 3, strides=2, padding="same")
    >>> layer(keras.ops.ones((2, 10, 3))).shape
    (2, 20, 4)
    """

    rank = 1


@keras.saving.register_keras_serializable(package="nmn")
class SphericalYatConvTranspose2D(_SphericalYatConvTranspose):
    """Transposed convolution along two spatial axes. Arguments are those of the base class.

    Input shape: `(batch_size, height, width, channels)`, or `(batch_size, channels, height, width)`
        with channels first.

    Output shape: `(batch_size, new_height, new_width, filters)`, or `(batch_size, filters,
        new_height, new_width)` with channels first.

    Example:

    >>> layer = SphericalYatConvTranspose2D(4, 3, strides=2, padding="same")
    >>> layer(keras.ops.ones((2, 10, 10, 3))).shape
    (2, 20, 20, 4)
    """

    rank = 2


@keras.saving.register_keras_serializable(package="nmn")
class SphericalYatConvTranspose3D(_SphericalYatConvTranspose):
    """Transposed convolution along three spatial axes. Arguments are those of the base class.

    Input shape: `(batch_size, depth, height, width, channels)`, or `(batch_size, channels, depth,
        height, width)` with channels first.

    Output shape: `(batch_size, new_depth, new_height, new_width, filters)`, or `(batch_size,
        filters, new_depth, new_height, new_width)` with channels first.

    Example:

    >>> layer = SphericalYatConvTranspose3D(4, 3, strides=2, padding="same")
    >>> layer(keras.ops.ones((2, 10, 10, 10, 3))).shape
    (2, 20, 20, 20, 4)
    """

    rank = 3

    def __init__(
        self,
        filters,
        kernel_size,
        strides=1,
        padding="valid",
        data_format=None,
        output_padding=None,
        *args,
        **kwargs,
    ):
        # The order of `keras.layers.Conv3DTranspose`, which is not that of its siblings.
        super().__init__(
            filters, kernel_size, strides, padding, output_padding, data_format, *args, **kwargs
        )


SphericalYatConvTranspose1d = SphericalYatConvTranspose1D
SphericalYatConvTranspose2d = SphericalYatConvTranspose2D
SphericalYatConvTranspose3d = SphericalYatConvTranspose3D
