# Generated from spec/cells/yat_sum_gru.yaml. Do not edit; run `make generate`.
"""Gated recurrent unit whose gates add the responses of two Yat neurons, to input and state."""

import keras
from keras import activations, constraints, initializers, ops, regularizers

from nmn import _arguments, _starts
from nmn.keras import _activations, _numerics, _recurrent, _responses
from nmn.keras.neurons.yat import yat


@keras.saving.register_keras_serializable(package="nmn")
class YatSumGRUCell(_recurrent.Cell):
    """One step of `YatSumGRU`.

        r = gate(input_gates.reset + state_gates.reset)
        z = gate(input_gates.update + state_gates.update)
        n = activation(input_gates.candidate + state_candidate)
        h = (1 - z) * n + z * h

    Responses of Yat neurons: `reset`, `update`, `candidate` of `x`; `reset`, `update` of `h`;
    `candidate` of `r * h`. At an input of variance 1 that is orthogonal to the kernels, and a state
    of zeros, initial parameters give r = 0.5, z = 0.9, n = 0.

    Reference: Cho et al. (2014), Learning Phrase Representations using RNN Encoder-Decoder.

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
        states: Tensor, or list of one, of shape `(batch, units)`, from the step before.
        training: Not used: nothing is left out in training.

    Raises:
        TypeError: An argument or the input has the wrong type or dtype.
        ValueError: An argument is out of range.

    Example:

    >>> layer = keras.layers.RNN(YatSumGRUCell(4))
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
            shape=(input_dim, 3 * self.units),
            initializer=_recurrent.SideBySide(self.kernel_initializer, 3),
            regularizer=self.kernel_regularizer,
            constraint=self.kernel_constraint,
        )
        self.recurrent_kernel = self.add_weight(
            name="recurrent_kernel",
            shape=(self.units, 3 * self.units),
            initializer=_recurrent.SideBySide(self.recurrent_initializer, 3),
            regularizer=self.recurrent_regularizer,
            constraint=self.recurrent_constraint,
        )
        self.bias = None
        if self.use_bias:
            self.bias = self.add_weight(
                name="bias",
                shape=(6 * self.units,),
                initializer=self.bias_initializer
                or _recurrent.Blocks(
                    _starts.yat_sum_gru_bias(
                        input_dim, self.units, self._initial_alpha(input_dim), self.epsilon
                    ),
                    self.units,
                    (1, 0, 2, 4, 3, 5),
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
                or initializers.Constant(_starts.yat_sum_gru_alpha(input_dim, self.units)),
                autocast=False,
            )
        self.built = True

    def _initial_alpha(self, input_dim):
        """The number that `alpha` starts at."""
        if not self.use_alpha:
            return 1.0
        if self.alpha_initializer is None:
            return _starts.yat_sum_gru_alpha(input_dim, self.units)
        return float(ops.convert_to_numpy(self.alpha_initializer(())))

    def project(self, inputs):
        _numerics.check_floating(inputs)
        dtype = self.wide_dtype
        units = self.units
        x = ops.cast(inputs, dtype)
        kernel = ops.cast(self.kernel, dtype)
        bias = None if self.bias is None else ops.cast(self.bias, dtype)
        alpha = None if self.alpha is None else ops.cast(self.alpha, dtype)
        input_gates = _recurrent.responses(
            yat,
            ("dot", "sq_x", "sq_w"),
            x,
            kernel,
            bias=None if bias is None else bias[: 3 * units],
            alpha=alpha,
            epsilon=self.epsilon,
        )
        return [input_gates]

    def step_weights(self):
        dtype = self.wide_dtype
        units = self.units
        recurrent_kernel = ops.cast(self.recurrent_kernel, dtype)
        recurrent_sq = ops.sum(ops.square(recurrent_kernel), axis=0)
        bias = None if self.bias is None else ops.cast(self.bias, dtype)
        alpha = None if self.alpha is None else ops.cast(self.alpha, dtype)
        return {
            "kernels": {
                "state_gates": recurrent_kernel[:, : 2 * units],
                "state_candidate": recurrent_kernel[:, 2 * units :],
            },
            "operands": {
                "state_gates": {
                    "sq_w": recurrent_sq[: 2 * units],
                    "bias": None if bias is None else bias[3 * units : 5 * units],
                    "alpha": alpha,
                    "epsilon": self.epsilon,
                },
                "state_candidate": {
                    "sq_w": recurrent_sq[2 * units :],
                    "bias": None if bias is None else bias[5 * units :],
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
        (input_gates,) = projected
        (h,) = states
        input_gates_update, input_gates_reset, input_gates_candidate = ops.split(
            input_gates, 3, axis=-1
        )
        state_gates = respond(
            multiply("state_gates", h), sq_x=_recurrent.sq_norm(h), **operands["state_gates"]
        )
        state_gates_update, state_gates_reset = ops.split(state_gates, 2, axis=-1)
        r = gate(input_gates_reset + state_gates_reset)
        z = gate(input_gates_update + state_gates_update)
        state_candidate_source = r * h
        state_candidate = respond(
            multiply("state_candidate", state_candidate_source),
            sq_x=_recurrent.sq_norm(state_candidate_source),
            **operands["state_candidate"],
        )
        n = activation(input_gates_candidate + state_candidate)
        new_h = (1 - z) * n + z * h
        return new_h, [new_h]

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
class YatSumGRU(_recurrent.RecurrentLayer):
    """Gated recurrent unit whose gates add the responses of two Yat neurons, to input and state.

        r = gate(input_gates.reset + state_gates.reset)
        z = gate(input_gates.update + state_gates.update)
        n = activation(input_gates.candidate + state_candidate)
        h = (1 - z) * n + z * h

    Responses of Yat neurons: `reset`, `update`, `candidate` of `x`; `reset`, `update` of `h`;
    `candidate` of `r * h`. At an input of variance 1 that is orthogonal to the kernels, and a state
    of zeros, initial parameters give r = 0.5, z = 0.9, n = 0.

    Reference: Cho et al. (2014), Learning Phrase Representations using RNN Encoder-Decoder.

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
            h. None: zeros.
        mask: Tensor of shape `(batch, steps)`; steps where it is False leave the states as they
            are.
        training: Not used: nothing is left out in training.

    Raises:
        TypeError: An argument or the input has the wrong type or dtype.
        ValueError: An argument is out of range.

    Example:

    >>> layer = YatSumGRU(4, return_sequences=True)
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
        cell = YatSumGRUCell(
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
            name="yat_sum_gru_cell",
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
