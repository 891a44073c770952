# Generated from spec/cells/yat_min_gru.yaml. Do not edit; run `make generate`.
"""Minimal gated recurrent unit of Yat neurons, whose gate does not see the state."""

import keras
from keras import activations, constraints, initializers, ops, regularizers

from nmn import _arguments, _starts
from nmn.keras import _activations, _numerics, _recurrent, _scan
from nmn.keras.neurons.yat import yat


@keras.saving.register_keras_serializable(package="nmn")
class YatMinGRUCell(_recurrent.Cell):
    """One step of `YatMinGRU`.

        z = gate(gates.update)
        n = activation(gates.candidate)
        h = (1 - z) * h + z * n

    Responses of Yat neurons: `update`, `candidate` of `x`. At an input of variance 1 that is
    orthogonal to the kernels, and a state of zeros, initial parameters give z = 0.1, n = 0.

    Reference: Feng et al. (2024), Were RNNs All We Needed?.

    Args:
        units: Size of the state, at least 1.
        activation: Function of what is to enter the state, or its name. Default:
            `nmn.keras.soft_tanh`.
        recurrent_activation: Function of the gates, or its name. Default:
            `nmn.keras.softer_sigmoid`.
        use_bias: Whether there is `bias`. Added to the alignment ⟨w, x⟩, inside the square.
        use_alpha: Whether there is `alpha`. Scale of the response.
        epsilon: Added to the squared distance; bounds the response where x = w. A number > 0.
        kernel_initializer: Initializer of each gate's `kernel`. Default: a normal law of variance 2
            / (fan_in + fan_out), truncated at two standard deviations.
        bias_initializer: Initializer of `bias`. None: as stated above.
        alpha_initializer: Initializer of `alpha`. None: as stated above.
        kernel_regularizer: Regularizer of `kernel`.
        bias_regularizer: Regularizer of `bias`.
        kernel_constraint: Constraint of `kernel`.
        bias_constraint: Constraint of `bias`.
        **kwargs: Arguments of `keras.Layer`: `name`, `dtype` (a policy), `trainable`.

    Call arguments:
        inputs: Tensor of shape `(batch, features)`.
        states: Tensor, or list of one, of shape `(batch, units)`, from the step before.
        training: Not used: nothing is left out in training.

    Raises:
        TypeError: An argument or the input has the wrong type or dtype.
        ValueError: An argument is out of range.

    Example:

    >>> layer = keras.layers.RNN(YatMinGRUCell(4))
    >>> layer(keras.ops.ones((2, 10, 3))).shape
    (2, 4)
    """

    def __init__(
        self,
        units,
        activation="soft_tanh",
        recurrent_activation="softer_sigmoid",
        use_bias=True,
        use_alpha=True,
        epsilon=1e-05,
        kernel_initializer="glorot_normal",
        bias_initializer=None,
        alpha_initializer=None,
        kernel_regularizer=None,
        bias_regularizer=None,
        kernel_constraint=None,
        bias_constraint=None,
        **kwargs,
    ):
        super().__init__(_arguments.positive_integer("units", units), **kwargs)
        self.activation = _activations.get(activation)
        self.recurrent_activation = _activations.get(recurrent_activation)
        self.use_bias = use_bias
        self.use_alpha = use_alpha
        self.epsilon = _arguments.positive_number("epsilon", epsilon)
        self.kernel_initializer = initializers.get(kernel_initializer)
        self.bias_initializer = initializers.get(bias_initializer)
        self.alpha_initializer = initializers.get(alpha_initializer)
        self.kernel_regularizer = regularizers.get(kernel_regularizer)
        self.bias_regularizer = regularizers.get(bias_regularizer)
        self.kernel_constraint = constraints.get(kernel_constraint)
        self.bias_constraint = constraints.get(bias_constraint)

    def build(self, input_shape):
        input_dim = input_shape[-1]
        self.kernel = self.add_weight(
            name="kernel",
            shape=(input_dim, 2 * self.units),
            initializer=_recurrent.SideBySide(self.kernel_initializer, 2),
            regularizer=self.kernel_regularizer,
            constraint=self.kernel_constraint,
        )
        self.bias = None
        if self.use_bias:
            self.bias = self.add_weight(
                name="bias",
                shape=(2 * self.units,),
                initializer=self.bias_initializer
                or _recurrent.Blocks(
                    _starts.yat_min_gru_bias(
                        input_dim, self.units, self._initial_alpha(input_dim), self.epsilon
                    ),
                    self.units,
                ),
                regularizer=self.bias_regularizer,
                constraint=self.bias_constraint,
                autocast=False,
            )
        self.alpha = None
        if self.use_alpha:
            self.alpha = self.add_weight(
                name="alpha",
                shape=(),
                initializer=self.alpha_initializer
                or initializers.Constant(_starts.yat_min_gru_alpha(input_dim, self.units)),
                autocast=False,
            )
        self.built = True

    def _initial_alpha(self, input_dim):
        """The number that `alpha` starts at."""
        if not self.use_alpha:
            return 1.0
        if self.alpha_initializer is None:
            return _starts.yat_min_gru_alpha(input_dim, self.units)
        return float(ops.convert_to_numpy(self.alpha_initializer(())))

    def project(self, inputs):
        _numerics.check_floating(inputs)
        dtype = self.wide_dtype
        x = ops.cast(inputs, dtype)
        kernel = ops.cast(self.kernel, dtype)
        bias = None if self.bias is None else ops.cast(self.bias, dtype)
        alpha = None if self.alpha is None else ops.cast(self.alpha, dtype)
        gates = _recurrent.responses(
            yat, ("dot", "sq_x", "sq_w"), x, kernel, bias=bias, alpha=alpha, epsilon=self.epsilon
        )
        return [gates]

    def step_weights(self):
        return {"kernels": {}, "operands": {}}

    def step(self, projected, states, weights, multiply):
        gate = _activations.Role(self.recurrent_activation)
        activation = _activations.Role(self.activation)
        (gates,) = projected
        (h,) = states
        update, candidate = ops.split(gates, 2, axis=-1)
        z = gate(update)
        n = activation(candidate)
        new_h = (1 - z) * h + z * n
        return new_h, [new_h]

    def all_steps(self, projected, states, mask):
        """Outputs of all steps and the states after the last; masked steps change nothing."""
        gate = _activations.Role(self.recurrent_activation)
        activation = _activations.Role(self.activation)
        (gates,) = projected
        (h,) = states
        update, candidate = ops.split(gates, 2, axis=-1)
        z = gate(update)
        n = activation(candidate)
        new_h = _scan.affine(1 - z, n * z, h, mask)
        last = [new_h[:, -1]]
        return new_h, last

    def get_config(self):
        config = super().get_config()
        config.update(
            {
                "units": self.units,
                "activation": activations.serialize(self.activation),
                "recurrent_activation": activations.serialize(self.recurrent_activation),
                "use_bias": self.use_bias,
                "use_alpha": self.use_alpha,
                "epsilon": self.epsilon,
                "kernel_initializer": initializers.serialize(self.kernel_initializer),
                "bias_initializer": initializers.serialize(self.bias_initializer),
                "alpha_initializer": initializers.serialize(self.alpha_initializer),
                "kernel_regularizer": regularizers.serialize(self.kernel_regularizer),
                "bias_regularizer": regularizers.serialize(self.bias_regularizer),
                "kernel_constraint": constraints.serialize(self.kernel_constraint),
                "bias_constraint": constraints.serialize(self.bias_constraint),
            }
        )
        return config


@keras.saving.register_keras_serializable(package="nmn")
class YatMinGRU(_recurrent.ParallelLayer):
    """Minimal gated recurrent unit of Yat neurons, whose gate does not see the state.

        z = gate(gates.update)
        n = activation(gates.candidate)
        h = (1 - z) * h + z * n

    Responses of Yat neurons: `update`, `candidate` of `x`. At an input of variance 1 that is
    orthogonal to the kernels, and a state of zeros, initial parameters give z = 0.1, n = 0.

    Reference: Feng et al. (2024), Were RNNs All We Needed?.

    Args:
        units: Size of the state, at least 1.
        activation: Function of what is to enter the state, or its name. Default:
            `nmn.keras.soft_tanh`.
        recurrent_activation: Function of the gates, or its name. Default:
            `nmn.keras.softer_sigmoid`.
        use_bias: Whether there is `bias`. Added to the alignment ⟨w, x⟩, inside the square.
        use_alpha: Whether there is `alpha`. Scale of the response.
        epsilon: Added to the squared distance; bounds the response where x = w. A number > 0.
        kernel_initializer: Initializer of each gate's `kernel`. Default: a normal law of variance 2
            / (fan_in + fan_out), truncated at two standard deviations.
        bias_initializer: Initializer of `bias`. None: as stated above.
        alpha_initializer: Initializer of `alpha`. None: as stated above.
        kernel_regularizer: Regularizer of `kernel`.
        bias_regularizer: Regularizer of `bias`.
        activity_regularizer: Regularizer of the output.
        kernel_constraint: Constraint of `kernel`.
        bias_constraint: Constraint of `bias`.
        return_sequences: Whether to return the outputs of all steps, not the last.
        return_state: Whether to return the last states, too.
        go_backwards: Whether to begin at the last step; outputs are in the order in which they are
            computed.
        stateful: Whether a batch begins with the states that the last one left.
        unroll: Whether to write out the loop over the steps.
        zero_output_for_mask: Whether outputs of masked steps are zeros, not those of the step
            before.
        **kwargs: Arguments of `keras.Layer`: `name`, `dtype` (a policy), `trainable`.

    Call arguments:
        sequences: Tensor of shape `(batch, steps, features)`.
        initial_state: List of the states before the first step, each of shape `(batch, units)`:
            h. None: zeros.
        mask: Tensor of shape `(batch, steps)`; steps where it is False leave the states as they
            are.
        training: Not used: nothing is left out in training.

    Raises:
        TypeError: An argument or the input has the wrong type or dtype.
        ValueError: An argument is out of range.

    Example:

    >>> layer = YatMinGRU(4, return_sequences=True)
    >>> layer(keras.ops.ones((2, 10, 3))).shape
    (2, 10, 4)
    """

    def __init__(
        self,
        units,
        activation="soft_tanh",
        recurrent_activation="softer_sigmoid",
        use_bias=True,
        use_alpha=True,
        epsilon=1e-05,
        kernel_initializer="glorot_normal",
        bias_initializer=None,
        alpha_initializer=None,
        kernel_regularizer=None,
        bias_regularizer=None,
        activity_regularizer=None,
        kernel_constraint=None,
        bias_constraint=None,
        return_sequences=False,
        return_state=False,
        go_backwards=False,
        stateful=False,
        unroll=False,
        zero_output_for_mask=False,
        **kwargs,
    ):
        cell = YatMinGRUCell(
            units,
            activation=activation,
            recurrent_activation=recurrent_activation,
            use_bias=use_bias,
            use_alpha=use_alpha,
            epsilon=epsilon,
            kernel_initializer=kernel_initializer,
            bias_initializer=bias_initializer,
            alpha_initializer=alpha_initializer,
            kernel_regularizer=kernel_regularizer,
            bias_regularizer=bias_regularizer,
            kernel_constraint=kernel_constraint,
            bias_constraint=bias_constraint,
            dtype=kwargs.get("dtype"),
            trainable=kwargs.get("trainable", True),
            name="yat_min_gru_cell",
        )
        super().__init__(
            cell,
            return_sequences=return_sequences,
            return_state=return_state,
            go_backwards=go_backwards,
            stateful=stateful,
            unroll=unroll,
            zero_output_for_mask=zero_output_for_mask,
            activity_regularizer=activity_regularizer,
            **kwargs,
        )
        self.input_spec = keras.layers.InputSpec(ndim=3)

    @property
    def units(self):
        return self.cell.units

    @property
    def activation(self):
        return self.cell.activation

    @property
    def recurrent_activation(self):
        return self.cell.recurrent_activation

    @property
    def use_bias(self):
        return self.cell.use_bias

    @property
    def use_alpha(self):
        return self.cell.use_alpha

    @property
    def epsilon(self):
        return self.cell.epsilon

    @property
    def kernel_initializer(self):
        return self.cell.kernel_initializer

    @property
    def bias_initializer(self):
        return self.cell.bias_initializer

    @property
    def alpha_initializer(self):
        return self.cell.alpha_initializer

    @property
    def kernel_regularizer(self):
        return self.cell.kernel_regularizer

    @property
    def bias_regularizer(self):
        return self.cell.bias_regularizer

    @property
    def kernel_constraint(self):
        return self.cell.kernel_constraint

    @property
    def bias_constraint(self):
        return self.cell.bias_constraint
