# Generated from spec/cells/yat_lstm.yaml. Do not edit; run `make generate`.
"""Long short-term memory of Yat neurons."""

import keras
from keras import activations, constraints, initializers, ops, regularizers

from nmn import _arguments, _starts
from nmn.keras import _activations, _numerics, _recurrent, _responses
from nmn.keras.neurons.yat import yat


@keras.saving.register_keras_serializable(package="nmn")
class YatLSTMCell(_recurrent.Cell):
    """One step of `YatLSTM`.

        i = gate(gates.input_gate)
        f = gate(gates.forget_gate)
        g = activation(gates.cell_gate)
        o = gate(gates.output_gate)
        c = f * c + i * g
        h = o * tanh(c)

    Responses of Yat neurons: `input_gate`, `forget_gate`, `cell_gate`, `output_gate` of the
    concatenation of `x` and `h`. At an input of variance 1 that is orthogonal to the kernels, and a
    state of zeros, initial parameters give i = 0.5, f = 0.9, g = 0, o = 0.5.

    Reference: Hochreiter and Schmidhuber (1997), Long Short-Term Memory.

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
        recurrent_initializer: Initializer of each gate's `recurrent_kernel`. Default: a random
            orthogonal matrix.
        bias_initializer: Initializer of `bias`. None: as stated above.
        alpha_initializer: Initializer of `alpha`. None: as stated above.
        kernel_regularizer: Regularizer of `kernel`.
        recurrent_regularizer: Regularizer of `recurrent_kernel`.
        bias_regularizer: Regularizer of `bias`.
        kernel_constraint: Constraint of `kernel`.
        recurrent_constraint: Constraint of `recurrent_kernel`.
        bias_constraint: Constraint of `bias`.
        **kwargs: Arguments of `keras.Layer`: `name`, `dtype` (a policy), `trainable`.

    Call arguments:
        inputs: Tensor of shape `(batch, features)`.
        states: List of 2 tensors, of shape `(batch, units)`, from the step before:
            h, c.
        training: Not used: nothing is left out in training.

    Raises:
        TypeError: An argument or the input has the wrong type or dtype.
        ValueError: An argument is out of range.

    Example:

    >>> layer = keras.layers.RNN(YatLSTMCell(4))
    >>> layer(keras.ops.ones((2, 10, 3))).shape
    (2, 4)
    """

    state_count = 2

    def __init__(
        self,
        units,
        activation="soft_tanh",
        recurrent_activation="softer_sigmoid",
        use_bias=True,
        use_alpha=True,
        epsilon=1e-05,
        kernel_initializer="glorot_normal",
        recurrent_initializer="orthogonal",
        bias_initializer=None,
        alpha_initializer=None,
        kernel_regularizer=None,
        recurrent_regularizer=None,
        bias_regularizer=None,
        kernel_constraint=None,
        recurrent_constraint=None,
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
        self.recurrent_initializer = initializers.get(recurrent_initializer)
        self.bias_initializer = initializers.get(bias_initializer)
        self.alpha_initializer = initializers.get(alpha_initializer)
        self.kernel_regularizer = regularizers.get(kernel_regularizer)
        self.recurrent_regularizer = regularizers.get(recurrent_regularizer)
        self.bias_regularizer = regularizers.get(bias_regularizer)
        self.kernel_constraint = constraints.get(kernel_constraint)
        self.recurrent_constraint = constraints.get(recurrent_constraint)
        self.bias_constraint = constraints.get(bias_constraint)

    def build(self, input_shape):
        input_dim = input_shape[-1]
        self.kernel = self.add_weight(
            name="kernel",
            shape=(input_dim, 4 * self.units),
            initializer=_recurrent.SideBySide(self.kernel_initializer, 4),
            regularizer=self.kernel_regularizer,
            constraint=self.kernel_constraint,
        )
        self.recurrent_kernel = self.add_weight(
            name="recurrent_kernel",
            shape=(self.units, 4 * self.units),
            initializer=_recurrent.SideBySide(self.recurrent_initializer, 4),
            regularizer=self.recurrent_regularizer,
            constraint=self.recurrent_constraint,
        )
        self.bias = None
        if self.use_bias:
            self.bias = self.add_weight(
                name="bias",
                shape=(4 * self.units,),
                initializer=self.bias_initializer
                or _recurrent.Blocks(
                    _starts.yat_lstm_bias(
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
                or initializers.Constant(_starts.yat_lstm_alpha(input_dim, self.units)),
                autocast=False,
            )
        self.built = True

    def _initial_alpha(self, input_dim):
        """The number that `alpha` starts at."""
        if not self.use_alpha:
            return 1.0
        if self.alpha_initializer is None:
            return _starts.yat_lstm_alpha(input_dim, self.units)
        return float(ops.convert_to_numpy(self.alpha_initializer(())))

    def project(self, inputs):
        _numerics.check_floating(inputs)
        dtype = self.wide_dtype
        x = ops.cast(inputs, dtype)
        kernel = ops.cast(self.kernel, dtype)
        gates_dot = _numerics.product(x, kernel)
        return [gates_dot, _recurrent.sq_norm(x)]

    def step_weights(self):
        dtype = self.wide_dtype
        recurrent_kernel = ops.cast(self.recurrent_kernel, dtype)
        kernel_sq = ops.sum(ops.square(ops.cast(self.kernel, dtype)), axis=0)
        recurrent_sq = ops.sum(ops.square(recurrent_kernel), axis=0)
        bias = None if self.bias is None else ops.cast(self.bias, dtype)
        alpha = None if self.alpha is None else ops.cast(self.alpha, dtype)
        return {
            "kernels": {"gates": recurrent_kernel},
            "operands": {
                "gates": {
                    "sq_w": kernel_sq + recurrent_sq,
                    "bias": bias,
                    "alpha": alpha,
                    "epsilon": self.epsilon,
                },
            },
        }

    def step(self, projected, states, weights, multiply):
        operands = weights["operands"]
        respond = _responses.of_products(yat)
        gate = _activations.Role(self.recurrent_activation)
        activation = _activations.Role(self.activation)
        gates_dot, sq_x = projected
        h, c = states
        gates = respond(
            multiply("gates", h, gates_dot), sq_x=sq_x + _recurrent.sq_norm(h), **operands["gates"]
        )
        input_gate, forget_gate, cell_gate, output_gate = ops.split(gates, 4, axis=-1)
        i = gate(input_gate)
        f = gate(forget_gate)
        g = activation(cell_gate)
        o = gate(output_gate)
        new_c = f * c + i * g
        new_h = o * _numerics.tanh(new_c)
        return new_h, [new_h, new_c]

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
                "recurrent_initializer": initializers.serialize(self.recurrent_initializer),
                "bias_initializer": initializers.serialize(self.bias_initializer),
                "alpha_initializer": initializers.serialize(self.alpha_initializer),
                "kernel_regularizer": regularizers.serialize(self.kernel_regularizer),
                "recurrent_regularizer": regularizers.serialize(self.recurrent_regularizer),
                "bias_regularizer": regularizers.serialize(self.bias_regularizer),
                "kernel_constraint": constraints.serialize(self.kernel_constraint),
                "recurrent_constraint": constraints.serialize(self.recurrent_constraint),
                "bias_constraint": constraints.serialize(self.bias_constraint),
            }
        )
        return config


@keras.saving.register_keras_serializable(package="nmn")
class YatLSTM(_recurrent.RecurrentLayer):
    """Long short-term memory of Yat neurons.

        i = gate(gates.input_gate)
        f = gate(gates.forget_gate)
        g = activation(gates.cell_gate)
        o = gate(gates.output_gate)
        c = f * c + i * g
        h = o * tanh(c)

    Responses of Yat neurons: `input_gate`, `forget_gate`, `cell_gate`, `output_gate` of the
    concatenation of `x` and `h`. At an input of variance 1 that is orthogonal to the kernels, and a
    state of zeros, initial parameters give i = 0.5, f = 0.9, g = 0, o = 0.5.

    Reference: Hochreiter and Schmidhuber (1997), Long Short-Term Memory.

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
        recurrent_initializer: Initializer of each gate's `recurrent_kernel`. Default: a random
            orthogonal matrix.
        bias_initializer: Initializer of `bias`. None: as stated above.
        alpha_initializer: Initializer of `alpha`. None: as stated above.
        kernel_regularizer: Regularizer of `kernel`.
        recurrent_regularizer: Regularizer of `recurrent_kernel`.
        bias_regularizer: Regularizer of `bias`.
        activity_regularizer: Regularizer of the output.
        kernel_constraint: Constraint of `kernel`.
        recurrent_constraint: Constraint of `recurrent_kernel`.
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
            h, c. None: zeros.
        mask: Tensor of shape `(batch, steps)`; steps where it is False leave the states as they
            are.
        training: Not used: nothing is left out in training.

    Raises:
        TypeError: An argument or the input has the wrong type or dtype.
        ValueError: An argument is out of range.

    Example:

    >>> layer = YatLSTM(4, return_sequences=True)
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
        recurrent_initializer="orthogonal",
        bias_initializer=None,
        alpha_initializer=None,
        kernel_regularizer=None,
        recurrent_regularizer=None,
        bias_regularizer=None,
        activity_regularizer=None,
        kernel_constraint=None,
        recurrent_constraint=None,
        bias_constraint=None,
        return_sequences=False,
        return_state=False,
        go_backwards=False,
        stateful=False,
        unroll=False,
        zero_output_for_mask=False,
        **kwargs,
    ):
        cell = YatLSTMCell(
            units,
            activation=activation,
            recurrent_activation=recurrent_activation,
            use_bias=use_bias,
            use_alpha=use_alpha,
            epsilon=epsilon,
            kernel_initializer=kernel_initializer,
            recurrent_initializer=recurrent_initializer,
            bias_initializer=bias_initializer,
            alpha_initializer=alpha_initializer,
            kernel_regularizer=kernel_regularizer,
            recurrent_regularizer=recurrent_regularizer,
            bias_regularizer=bias_regularizer,
            kernel_constraint=kernel_constraint,
            recurrent_constraint=recurrent_constraint,
            bias_constraint=bias_constraint,
            dtype=kwargs.get("dtype"),
            trainable=kwargs.get("trainable", True),
            name="yat_lstm_cell",
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
    def recurrent_initializer(self):
        return self.cell.recurrent_initializer

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
    def recurrent_regularizer(self):
        return self.cell.recurrent_regularizer

    @property
    def bias_regularizer(self):
        return self.cell.bias_regularizer

    @property
    def kernel_constraint(self):
        return self.cell.kernel_constraint

    @property
    def recurrent_constraint(self):
        return self.cell.recurrent_constraint

    @property
    def bias_constraint(self):
        return self.cell.bias_constraint
