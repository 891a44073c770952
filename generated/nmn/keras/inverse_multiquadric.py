# Generated from spec/layers/inverse_multiquadric.yaml. Do not edit; run `make generate`.
"""Dense layer of inverse multiquadric neurons."""

import keras
from keras import activations, constraints, initializers, ops, regularizers

from nmn import _arguments
from nmn.keras import _activations, _numerics, _responses
from nmn.keras.neurons.inverse_multiquadric import inverse_multiquadric


@keras.saving.register_keras_serializable(package="nmn")
class InverseMultiquadricNMN(keras.Layer):
    r"""Dense layer of inverse multiquadric neurons; no activation follows it.

    $$y = \frac{1}{\sqrt{\lVert w - x\rVert^2 + c^{2}}}$$

    for every column w of `kernel`.

    Reference: Hardy (1971), Multiquadric equations of topography and other irregular surfaces.

    Args:
        units: Number of units.
        activation: Applied to the response. The layer needs none.
        constant_c: Hold `c` at this number instead of training it.
        scalar_c: Share one `c` among all units.
        positive_init: Take absolute values of the initial kernel.
        freeze_kernel: Keep the kernel as initialised: it is not trained.
        weight_normalized: Divide every unit's kernel by its norm.
        spherical: Divide the input and every unit's kernel by their norms.
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

    Input shape:
        N-D tensor with shape `(batch_size, ..., input_dim)`.

    Output shape:
        N-D tensor with shape `(batch_size, ..., units)`, of the policy's compute dtype; the
        response itself is computed in at least float32.

    Attributes:
        kernel: Weight of shape `(input_dim, units)`, initially a normal law of variance 2 / (fan_in
            + fan_out), truncated at two standard deviations.
        c: Shape (units,), or () with `scalar_c`: the value before softplus, initially such that it
            is 1; None if constant.

    Raises:
        TypeError: An argument or the input has the wrong type or dtype.
        ValueError: An argument is out of range, or the input's last axis does not fit.

    Example:

    >>> layer = InverseMultiquadricNMN(4)
    >>> layer(keras.ops.ones((2, 3))).shape
    (2, 4)
    """

    def __init__(
        self,
        units,
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
        self.units = _arguments.positive_integer("units", units)
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
        self.c = None
        if self.constant_c is None:
            self.c = self.add_weight(
                name="c",
                shape=() if self.scalar_c else (self.units,),
                initializer=self.c_initializer,
                regularizer=self.c_regularizer,
                constraint=self.c_constraint,
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
            inverse_multiquadric,
            ("dot", "sq_x", "sq_w"),
            x,
            kernel,
            c=self._effective_c(dtype),
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

    def _effective_c(self, dtype):
        if self.c is None:
            return self.constant_c
        return _numerics.softplus(ops.cast(self.c, dtype))

    def get_config(self):
        config = super().get_config()
        config.update(
            {
                "units": self.units,
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
