# Generated from spec/cells/yat_gru.yaml. Do not edit; run `make generate`.
"""Gated recurrent unit of Yat neurons, which resets the state before the candidate sees it."""

import functools
from collections.abc import Callable, Sequence

import tensorflow as tf

from nmn import _arguments, _starts
from nmn.tf import _numerics, _recurrent, _sequences
from nmn.tf.neurons.yat import yat
from nmn.tf.squashers import soft_tanh, softer_sigmoid

Initializer = Callable[[Sequence[int], tf.DType], tf.Tensor]
Function = Callable[[tf.Tensor], tf.Tensor]

_PROJECTIONS = {
    "gates": _recurrent.Projection(2, reads_input=True, reads_state=True),
    "candidate": _recurrent.Projection(1, reads_input=True, reads_state=True),
}


def _respond(
    projection: str,
    inputs: _recurrent.Inputs,
    weights: _recurrent.Weights,
    state: tf.Tensor | None,
) -> tf.Tensor:
    """Responses of Yat neurons to the input and a vector of the state's size, joined."""
    dot, sq_x = _recurrent.contraction(projection, inputs, weights, state)
    own = weights.parameters[projection]
    return yat(dot, sq_x, weights.sq_w[projection], **own, **weights.shared, **weights.constants)


def _step(
    inputs: _recurrent.Inputs,
    states: _recurrent.States,
    weights: _recurrent.Weights,
    gate: Function,
    activation: Function,
) -> tuple[tf.Tensor, _recurrent.States]:
    """One step: its output and the new states."""
    (h,) = states
    update, reset = tf.split(_respond("gates", inputs, weights, h), 2, axis=-1)
    r = gate(reset)
    z = gate(update)
    candidate = _respond("candidate", inputs, weights, r * h)
    n = activation(candidate)
    new_h = (1 - z) * n + z * h
    return new_h, (new_h,)


@tf.function(reduce_retracing=True, autograph=False)
def _call_cell(
    inputs: tf.Tensor,
    states: _recurrent.States,
    arrays: _recurrent.Arrays,
    features: int,
    gate: Function,
    activation: Function,
) -> tuple[tf.Tensor, _recurrent.States]:
    """One step as one graph, in eager mode too."""
    parts, weights = _recurrent.prepare(_respond, _PROJECTIONS, inputs, arrays, features)
    step = functools.partial(_step, gate=gate, activation=activation)
    return _sequences.rounded(step, states[0].dtype)(parts, states, weights)


@tf.function(reduce_retracing=True, autograph=False)
def _call_layer(
    inputs: tf.Tensor,
    states: _recurrent.States,
    sequence_length: tf.Tensor | None,
    arrays: _recurrent.Arrays,
    features: int,
    gate: Function,
    activation: Function,
    time_major: bool,
    reverse: bool,
    unroll: bool,
) -> tuple[tf.Tensor, _recurrent.States]:
    """All steps as one graph, in eager mode too."""
    x, is_real = _recurrent.time_first(inputs, sequence_length, time_major)
    parts, weights = _recurrent.prepare(_respond, _PROJECTIONS, x, arrays, features)
    step = functools.partial(_step, gate=gate, activation=activation)
    outputs, states = _sequences.loop(step, parts, states, weights, is_real, reverse, unroll)
    return outputs if time_major else tf.transpose(outputs, [1, 0, 2]), states


class YatGRUCell(tf.Module):
    r"""One step of `YatGRU`.

    Gated recurrent unit of Yat neurons, which resets the state before the candidate sees it.

        r = gate(reset)
        z = gate(update)
        n = activation(candidate)
        new_h = (1 - z) * n + z * h

    with responses of Yat neurons: `reset` and `update` of [x, h]; `candidate` of [x, r * h]. Each is

    $$y = \frac{\alpha \left(b + \langle w, x\rangle\right)^{2}}{\lVert w - x\rVert^2 +
        \varepsilon}$$

    where x is the vector in brackets. Variables are created by the first call.

    Reference: Cho et al. (2014), Learning Phrase Representations using RNN Encoder-Decoder.

    >>> cell = YatGRUCell(4)
    >>> output, state = cell(tf.ones([2, 3]), cell.initial_state(2))
    >>> output.shape
    TensorShape([2, 4])

    Attributes:
      kernel: Variable of shape [in, 3 * features]: what neurons have for the input.
      recurrent_kernel: Variable of shape [features, 3 * features]: what neurons have for the state.
      bias: Variable of shape [3 * features]; None if left out.
      alpha: Variable of shape []; None if left out.
    """

    def __init__(
        self,
        features: int,
        gate: Function = softer_sigmoid,
        activation: Function = soft_tanh,
        use_bias: bool = True,
        use_alpha: bool = True,
        epsilon: float = 1e-05,
        kernel_initializer: Initializer | None = None,
        recurrent_initializer: Initializer | None = None,
        bias_initializer: Initializer | None = None,
        alpha_initializer: Initializer | None = None,
        dtype: tf.DType = tf.float32,
        name: str | None = None,
    ) -> None:
        """Creates the cell.

        Args:
          features: Size of the state and of the output.
          gate: Function of responses that gives gates. Default: `softer_sigmoid`.
          activation: Function of responses that gives what gates let through. Default: `soft_tanh`.
          use_bias: Whether the cell has `bias`. Added to the alignment ⟨w, x⟩, inside the square.
          use_alpha: Whether the cell has `alpha`. Scale of the response.
          epsilon: Added to the squared distance; bounds the response where x = w. A number > 0.
          kernel_initializer: Initialiser of `kernel`. Default: a normal law of variance 2 / (fan_in
              + fan_out), truncated at two standard deviations, for each gate by itself.
          recurrent_initializer: Initialiser of `recurrent`. Default: a random orthogonal matrix,
              for each gate by itself.
          bias_initializer: Initialiser of `bias`. Default: such that r = 0.5, z = 0.9, n = 0 for an
              input of variance 1 that is orthogonal to the kernel.
          alpha_initializer: Initialiser of `alpha`. Default: (‖x‖² + ‖w‖²) / 2, with the expected
              norms.
          dtype: Dtype of variables, states and outputs; half precision is computed in float32.
          name: Name of the module.

        Raises:
          TypeError: An argument has the wrong type.
          ValueError: An argument is out of range.
        """
        super().__init__(name=name)
        self.features = _arguments.positive_integer("features", features)
        self.gate = gate
        self.activation = activation
        self.use_bias = use_bias
        self.use_alpha = use_alpha
        self.epsilon = _arguments.positive_number("epsilon", epsilon)
        self.kernel_initializer = kernel_initializer
        self.recurrent_initializer = recurrent_initializer
        self.bias_initializer = bias_initializer
        self.alpha_initializer = alpha_initializer
        self.dtype = tf.as_dtype(dtype)
        self.in_features: int | None = None
        self.kernel: tf.Variable | None = None
        self.recurrent_kernel: tf.Variable | None = None
        self.bias: tf.Variable | None = None
        self.alpha: tf.Variable | None = None

    def build(self, in_features: int) -> None:
        """Creates the variables, for inputs whose last axis has length `in_features`."""
        if self.in_features is not None:
            return
        with tf.init_scope(), self.name_scope:
            if self.kernel_initializer is None:
                kernel = _recurrent.side_by_side(
                    lambda: _numerics.variance_scaling(
                        [in_features, self.features], self.dtype, 1.0, "fan_avg", "truncated_normal"
                    ),
                    3,
                )
            else:
                kernel = self.kernel_initializer([in_features, 3 * self.features], self.dtype)
            if self.recurrent_initializer is None:
                recurrent_kernel = _recurrent.side_by_side(
                    lambda: _numerics.orthogonal([self.features, self.features], self.dtype), 3
                )
            else:
                recurrent_kernel = self.recurrent_initializer(
                    [self.features, 3 * self.features], self.dtype
                )
            alpha = _starts.yat_gru_alpha(in_features, self.features) if self.use_alpha else 1.0
            if self.use_bias:
                reset, update, candidate = _starts.yat_gru_bias(
                    in_features, self.features, alpha, self.epsilon
                )
                starts = [update, reset, candidate]
                self.bias = tf.Variable(
                    _recurrent.repeated(starts, self.features, self.dtype)
                    if self.bias_initializer is None
                    else self.bias_initializer([3 * self.features], self.dtype),
                    name="bias",
                )
            if self.use_alpha:
                self.alpha = tf.Variable(
                    tf.constant(alpha, self.dtype)
                    if self.alpha_initializer is None
                    else self.alpha_initializer([], self.dtype),
                    name="alpha",
                )
            self.kernel = tf.Variable(kernel, name="kernel")
            self.recurrent_kernel = tf.Variable(recurrent_kernel, name="recurrent_kernel")
        self.in_features = in_features

    def initial_state(self, batch_size: int | tf.Tensor) -> tf.Tensor:
        """Zeros of shape `[batch_size, features]`."""
        return tf.zeros([batch_size, self.features], self.dtype)

    def __call__(self, inputs: tf.Tensor, state: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Takes one step.

        Args:
          inputs: A floating-point tensor of shape `[batch, in]`; cast to the cell's dtype.
          state: A tensor of shape `[batch, features]`.

        Returns:
          The output, of shape `[batch, features]`, and the new state, both of the cell's
          dtype.

        Raises:
          TypeError: An argument is not floating-point.
          ValueError: A shape does not fit.
        """
        inputs = _recurrent.to_input(inputs, self.dtype, ["batch", "in"])
        self.build(inputs.shape[-1])
        _arguments.check_last_axis(inputs.shape, self.in_features)
        output, new = _call_cell(
            tf.cast(inputs, _numerics.wide_dtype(self.dtype)),
            _recurrent.to_states([state], ["h"], self.features, self.dtype),
            *self._arguments(),
        )
        return output, new[0]

    def _arguments(self) -> tuple[object, ...]:
        """What a graph depends on beside input and state, in the dtype of the computation."""
        dtype = _numerics.wide_dtype(self.dtype)
        kernels = {
            "kernel": tf.cast(self.kernel, dtype),
            "recurrent_kernel": tf.cast(self.recurrent_kernel, dtype),
        }
        parameters = {
            "bias": None if self.bias is None else tf.cast(self.bias, dtype),
            "alpha": None if self.alpha is None else tf.cast(self.alpha, dtype),
            "epsilon": self.epsilon,
        }
        arrays = _recurrent.graph_arguments(kernels, parameters, dtype)
        return arrays, self.features, self.gate, self.activation


class YatGRU(tf.Module):
    r"""Gated recurrent unit of Yat neurons, which resets the state before the candidate sees it.

    Repeats `YatGRUCell`, whose documentation has the equations, along an axis of steps.
    What the input contributes is computed for all steps at once.

    Reference: Cho et al. (2014), Learning Phrase Representations using RNN Encoder-Decoder.

    >>> layer = YatGRU(4)
    >>> outputs, state = layer(tf.ones([2, 5, 3]))
    >>> outputs.shape
    TensorShape([2, 5, 4])

    Attributes:
      cell: The `YatGRUCell`, which has the variables.
    """

    def __init__(
        self,
        features: int,
        gate: Function = softer_sigmoid,
        activation: Function = soft_tanh,
        use_bias: bool = True,
        use_alpha: bool = True,
        epsilon: float = 1e-05,
        kernel_initializer: Initializer | None = None,
        recurrent_initializer: Initializer | None = None,
        bias_initializer: Initializer | None = None,
        alpha_initializer: Initializer | None = None,
        reverse: bool = False,
        time_major: bool = False,
        unroll: bool = False,
        dtype: tf.DType = tf.float32,
        name: str | None = None,
    ) -> None:
        """Creates the layer.

        Args:
          features: Size of the state and of the output.
          gate: Function of responses that gives gates. Default: `softer_sigmoid`.
          activation: Function of responses that gives what gates let through. Default: `soft_tanh`.
          use_bias: Whether the cell has `bias`. Added to the alignment ⟨w, x⟩, inside the square.
          use_alpha: Whether the cell has `alpha`. Scale of the response.
          epsilon: Added to the squared distance; bounds the response where x = w. A number > 0.
          kernel_initializer: Initialiser of `kernel`. Default: a normal law of variance 2 / (fan_in
              + fan_out), truncated at two standard deviations, for each gate by itself.
          recurrent_initializer: Initialiser of `recurrent`. Default: a random orthogonal matrix,
              for each gate by itself.
          bias_initializer: Initialiser of `bias`. Default: such that r = 0.5, z = 0.9, n = 0 for an
              input of variance 1 that is orthogonal to the kernel.
          alpha_initializer: Initialiser of `alpha`. Default: (‖x‖² + ‖w‖²) / 2, with the expected
              norms.
          reverse: Whether the layer begins at the last step. Outputs stay in the order of inputs.
          time_major: Whether steps are the first axis of inputs and outputs, and the batch the
              second.
          unroll: Whether graphs have every step by itself: larger, faster for few steps, and only
              for a known number of them.
          dtype: Dtype of variables, states and outputs; half precision is computed in float32.
          name: Name of the module.

        Raises:
          TypeError: An argument has the wrong type.
          ValueError: An argument is out of range.
        """
        super().__init__(name=name)
        with self.name_scope:
            self.cell = YatGRUCell(
                features,
                gate=gate,
                activation=activation,
                use_bias=use_bias,
                use_alpha=use_alpha,
                epsilon=epsilon,
                kernel_initializer=kernel_initializer,
                recurrent_initializer=recurrent_initializer,
                bias_initializer=bias_initializer,
                alpha_initializer=alpha_initializer,
                dtype=dtype,
                name="cell",
            )
        self.reverse = reverse
        self.time_major = time_major
        self.unroll = unroll

    def build(self, in_features: int) -> None:
        """Creates the variables, for inputs whose last axis has length `in_features`."""
        self.cell.build(in_features)

    def initial_state(self, batch_size: int | tf.Tensor) -> tf.Tensor:
        """Zeros of shape `[batch_size, features]`."""
        return self.cell.initial_state(batch_size)

    def __call__(
        self,
        inputs: tf.Tensor,
        initial_state: tf.Tensor | None = None,
        sequence_length: tf.Tensor | None = None,
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """Takes all steps.

        Args:
          inputs: A floating-point tensor of shape `[batch, time, in]`, or `[time, batch, in]` with
              `time_major`; cast to the layer's dtype.
          initial_state: What precedes the first step, as the cell has it. Default: zeros.
          sequence_length: Integers of shape `[batch]`: how many steps of each sequence are real.
              The others have no effect: outputs are 0 there, and states pass through. Default: all.

        Returns:
          The outputs, of shape `[batch, time, features]` or `[time, batch, features]`, and the
          state after the last real step (the first one with `reverse`), both of the layer's dtype.

        Raises:
          TypeError: An argument has the wrong dtype.
          ValueError: A shape does not fit, or `unroll` meets an unknown number of steps.
        """
        axes = ["time", "batch", "in"] if self.time_major else ["batch", "time", "in"]
        cell = self.cell
        inputs = _recurrent.to_input(inputs, cell.dtype, axes)
        cell.build(inputs.shape[-1])
        _arguments.check_last_axis(inputs.shape, cell.in_features)
        if initial_state is None:
            initial_state = cell.initial_state(tf.shape(inputs)[axes.index("batch")])
        outputs, final = _call_layer(
            tf.cast(inputs, _numerics.wide_dtype(cell.dtype)),
            _recurrent.to_states([initial_state], ["h"], cell.features, cell.dtype),
            _recurrent.to_lengths(sequence_length),
            *cell._arguments(),
            self.time_major,
            self.reverse,
            self.unroll,
        )
        return outputs, final[0]
