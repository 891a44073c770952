# Generated from spec/layers/linear.yaml. Do not edit; run `make generate`.
"""Dense layer of linear neurons."""

import keras
from keras import activations, constraints, initializers, ops, regularizers

from nmn import _arguments
from nmn.keras import _activations, _numerics, _responses
from nmn.keras.neurons.linear import linear


@keras.saving.register_keras_serializable(package="nmn")
class LinearNMN(keras.Layer):
    r"""Dense layer of linear neurons; no activation follows it.

    $$y = b + \langle w, x\rangle$$

    for every column w of `kernel`.

    Reference: Rosenblatt (1958), The perceptron: a probabilistic model for information storage.

    Args:
        units: Number of units.
        activation: Applied to the response. The layer needs none.
        use_bias: Whether the layer has `bias`. Added to the alignment ⟨w, x⟩.
        constant_bias: Hold `bias` at this number instead of training it.
        softplus_bias: Keep `bias` positive: the softplus of the stored array takes part.
        scalar_bias: Share one `bias` among all units.
        positive_init: Take absolute values of the initial kernel.
        freeze_kernel: Keep the kernel as initialised: it is not trained.
        weight_normalized: Divide every unit's kernel by its norm.
        spherical: Divide the input and every unit's kernel by their norms.
        drop_rate: DropConnect: probability in [0, 1) that an entry of the kernel is zero in a
            training step; the others are scaled by 1 / (1 - drop_rate).
        kernel_initializer: Initializer of `kernel`. Default: a normal law of variance 2 / (fan_in +
            fan_out), truncated at two standard deviations.
        bias_initializer: Initializer of `bias`. Default: zeros.
        kernel_regularizer: Regularizer of `kernel`.
        bias_regularizer: Regularizer of `bias`.
        kernel_constraint: Constraint of `kernel`.
        bias_constraint: Constraint of `bias`.
        activity_regularizer: Regularizer of the output.
        seed: Seed of DropConnect.
        **kwargs: Arguments of `keras.Layer`: `name`, `dtype` (a policy), `trainable`.

    Input shape:
        N-D tensor with shape `(batch_size, ..., input_dim)`.

    Output shape:
        N-D tensor with shape `(batch_size, ..., units)`, of the policy's compute dtype; the
        response itself is computed in at least float32.

    Attributes:
        kernel: Weight of shape `(input_dim, units)`, initially a normal law of variance 2 / (fan_in
            + fan_out), truncated at two standard deviations.
        bias: Shape (units,), or () with `scalar_bias`, initially zeros; None if left out or
            constant.

    Raises:
        TypeError: An argument or the input has the wrong type or dtype.
        ValueError: An argument is out of range, or the input's last axis does not fit.

    Example:

    >>> layer = LinearNMN(4)
    >>> layer(keras.ops.ones((2, 3))).shape
    (2, 4)
    """

    def __init__(
        self,
        units,
        activation=None,
        use_bias=True,
        constant_bias=None,
        softplus_bias=False,
        scalar_bias=False,
        positive_init=False,
        freeze_kernel=False,
        weight_normalized=False,
        spherical=False,
        drop_rate=0.0,
        kernel_initializer="glorot_normal",
        bias_initializer="zeros",
        kernel_regularizer=None,
        bias_regularizer=None,
        kernel_constraint=None,
        bias_constraint=None,
        activity_regularizer=None,
        seed=None,
        **kwargs,
    ):
        super().__init__(activity_regularizer=activity_regularizer, **kwargs)
        self.units = _arguments.positive_integer("units", units)
        self.use_bias = use_bias
        self.constant_bias = _arguments.constant("constant_bias", constant_bias)
        self.softplus_bias = softplus_bias
        self.scalar_bias = scalar_bias
        self.positive_init = positive_init
        self.freeze_kernel = freeze_kernel
        self.weight_normalized = weight_normalized
        self.spherical = spherical
        self.drop_rate = _arguments.rate("drop_rate", drop_rate)
        self.activation = _activations.get(activation)
        self.kernel_initializer = initializers.get(kernel_initializer)
        self.bias_initializer = initializers.get(bias_initializer)
        self.kernel_regularizer = regularizers.get(kernel_regularizer)
        self.bias_regularizer = regularizers.get(bias_regularizer)
        self.kernel_constraint = constraints.get(kernel_constraint)
        self.bias_constraint = constraints.get(bias_constraint)
        self.seed = seed
        self.seed_generator = keras.random.SeedGenerator(seed) if self.drop_rate else None
        self.input_spec = keras.layers.InputSpec(min_ndim=2)
        self.supports_masking = True

    def build(self, input_shape):
        input_dim = input_shape[-1]
        self.kernel = self.add_weight(
            name="kernel",
            shape=(input_dim, self.units),
            initializer=self._initialize_kernel,
            regularizer=self.kernel_regularizer,
            constraint=self.kernel_constraint,
            trainable=not self.freeze_kernel,
        )
        self.bias = None
        if self.use_bias and self.constant_bias is None:
            self.bias = self.add_weight(
                name="bias",
                shape=() if self.scalar_bias else (self.units,),
                initializer=self.bias_initializer,
                regularizer=self.bias_regularizer,
                constraint=self.bias_constraint,
                autocast=False,
            )
        self.input_spec = keras.layers.InputSpec(min_ndim=2, axes={-1: input_dim})
        self.built = True

    def call(self, inputs, training=None):
        _numerics.check_floating(inputs)
        dtype = _numerics.wide_dtype(self.compute_dtype)
        x = ops.cast(inputs, dtype)
        kernel = self._effective_kernel(dtype, training)
        if self.spherical:
            x = _numerics.unit_norm(x, axis=-1)
        response = _responses.dense(
            linear,
            ("dot",),
            x,
            kernel,
            bias=self._effective_bias(dtype),
        )
        return self.activation(ops.cast(response, self.compute_dtype))

    def compute_output_shape(self, input_shape):
        return (*input_shape[:-1], self.units)

    def _initialize_kernel(self, shape, dtype=None):
        kernel = _numerics.initialize(self.kernel_initializer, shape, dtype)
        return ops.abs(kernel) if self.positive_init else kernel

    def _effective_kernel(self, dtype, training):
        kernel = ops.convert_to_tensor(self.kernel)
        if training and self.drop_rate:
            kernel = keras.random.dropout(kernel, self.drop_rate, seed=self.seed_generator)
        kernel = ops.cast(kernel, dtype)
        if self.spherical or self.weight_normalized:
            kernel = _numerics.unit_norm(kernel, axis=0)
        return kernel

    def _effective_bias(self, dtype):
        if self.bias is None:
            return self.constant_bias
        bias = ops.cast(self.bias, dtype)
        return _numerics.softplus(bias) if self.softplus_bias else bias

    def get_config(self):
        config = super().get_config()
        config.update(
            {
                "units": self.units,
                "activation": activations.serialize(self.activation),
                "use_bias": self.use_bias,
                "constant_bias": self.constant_bias,
                "softplus_bias": self.softplus_bias,
                "scalar_bias": self.scalar_bias,
                "positive_init": self.positive_init,
                "freeze_kernel": self.freeze_kernel,
                "weight_normalized": self.weight_normalized,
                "spherical": self.spherical,
                "drop_rate": self.drop_rate,
                "kernel_initializer": initializers.serialize(self.kernel_initializer),
                "bias_initializer": initializers.serialize(self.bias_initializer),
                "kernel_regularizer": regularizers.serialize(self.kernel_regularizer),
                "bias_regularizer": regularizers.serialize(self.bias_regularizer),
                "kernel_constraint": constraints.serialize(self.kernel_constraint),
                "bias_constraint": constraints.serialize(self.bias_constraint),
                "activity_regularizer": regularizers.serialize(self.activity_regularizer),
                "seed": self.seed,
            }
        )
        return config
