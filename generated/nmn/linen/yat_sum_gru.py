# Generated from spec/cells/yat_sum_gru.yaml. Do not edit; run `make generate`.
"""Gated recurrent unit whose gates add the responses of two Yat neurons, to input and state."""

from collections.abc import Callable
from typing import Any

import flax.linen as nn
import jax.numpy as jnp
from flax.linen.dtypes import promote_dtype
from flax.typing import Array, DotGeneralT, Dtype, Initializer, PrecisionLike, PromoteDtypeFn
from jax.nn import initializers

from nmn import _arguments, _starts
from nmn.linen import _initial, _recurrence
from nmn.linen._recurrent import Carry, RecurrentCell, RecurrentLayer
from nmn.linen.neurons.yat import yat
from nmn.linen.squashers import soft_tanh, softer_sigmoid

default_kernel_init = initializers.glorot_normal()
default_recurrent_kernel_init = _initial.orthogonal

_LAYOUT = _recurrence.Layout(
    kernel=("input_gates_reset", "input_gates_update", "input_gates_candidate"),
    recurrent_kernel=("state_gates_reset", "state_gates_update", "state_candidate"),
    parameters=(
        "input_gates_reset",
        "input_gates_update",
        "input_gates_candidate",
        "state_gates_reset",
        "state_gates_update",
        "state_candidate",
    ),
    primitives=("dot", "sq_x", "sq_w"),
)


class YatSumGRUCell(RecurrentCell):
    r"""One step of ``YatSumGRU``.

    .. math::
      \begin{aligned}
        \text{input\_gates\_reset}, \text{input\_gates\_update}, \text{input\_gates\_candidate} &= y\left(x_t\right) \\
        \text{state\_gates\_reset}, \text{state\_gates\_update} &= y\left(h_{t-1}\right) \\
        r &= \operatorname{gate}{\left(\text{input\_gates\_reset} + \text{state\_gates\_reset} \right)} \\
        z &= \operatorname{gate}{\left(\text{input\_gates\_update} + \text{state\_gates\_update} \right)} \\
        \text{state\_candidate} &= y\left(h_{t-1} r\right) \\
        n &= \operatorname{activation}{\left(\text{input\_gates\_candidate} + \text{state\_candidate} \right)} \\
        h_t &= h_{t-1} z + n \left(1 - z\right)
      \end{aligned}

    where every y is the response of a Yat neuron to all that it reads, joined to one vector x:

    .. math::
      y = \frac{\alpha \left(b + \langle w, x\rangle\right)^{2}}{\lVert w - x\rVert^2 + \varepsilon}

    Reference: Cho et al. (2014), Learning Phrase Representations using RNN Encoder-Decoder.

    Example usage::

      >>> import jax, jax.numpy as jnp
      >>> from nmn.linen import YatSumGRUCell

      >>> x = jax.random.normal(jax.random.key(0), (2, 3))
      >>> cell = YatSumGRUCell(features=4)
      >>> carry = cell.initialize_carry(jax.random.key(1), x.shape)
      >>> variables = cell.init(jax.random.key(2), carry, x)
      >>> carry, output = cell.apply(variables, carry, x)

    Parameters in the collection ``params``:
      ``kernel``: shape (in, 3 * features).
      ``recurrent_kernel``: shape (features, 3 * features).
      ``bias``: shape (6 * features,); None if left out.
      ``alpha``: shape (); None if left out.

    Before training, r = 0.5, z = 0.9, n = 0 for a carry of zeros and an input of variance 1 that is
    orthogonal to the kernel: biases are computed from that.

    The carry is h, an array of shape ``(*batch, features)``.

    Attributes:
      features: the number of units.
      gate_fn: function of responses that gives gates (default: ``softer_sigmoid``).
      activation_fn: that of candidates (default: ``soft_tanh``).
      kernel_init: Initialiser of ``kernel``. Default: a normal law of variance 2 / (fan_in +
          fan_out), truncated at two standard deviations, for each gate by itself.
      recurrent_kernel_init: Initialiser of ``recurrent_kernel``. Default: a random orthogonal
          matrix, for each gate by itself.
      bias_init: Initialiser of ``bias``. Default: constants, so that gates start as stated above.
      dtype: the dtype of the result (default: infer from input and params).
      param_dtype: the dtype passed to parameter initializers.
      carry_init: initialiser of the carry.
      use_bias: whether there is ``bias``. Added to the alignment ⟨w, x⟩, inside the square.
      use_alpha: whether there is ``alpha``. Scale of the response.
      epsilon: Added to the squared distance; bounds the response where x = w. A number > 0.
      alpha_init: Initialiser of ``alpha``. Default: 4.
      precision: numerical precision of products, see ``jax.lax.Precision``.
      promote_dtype: function to promote the input and all parameters to one dtype.
      dot_general: dot product function (default: ``jax.lax.dot_general``).

    Raises:
      TypeError: an attribute or the input has the wrong type or dtype.
      ValueError: an attribute is out of range, or the last axis of the input or of the carry does
        not fit.
    """

    features: int
    gate_fn: Callable[..., Any] = softer_sigmoid
    activation_fn: Callable[..., Any] = soft_tanh
    kernel_init: Initializer = default_kernel_init
    recurrent_kernel_init: Initializer = default_recurrent_kernel_init
    bias_init: Initializer | None = None
    dtype: Dtype | None = None
    param_dtype: Dtype = jnp.float32
    carry_init: Initializer = initializers.zeros
    use_bias: bool = True
    use_alpha: bool = True
    epsilon: float = 1e-05
    alpha_init: Initializer | None = None
    precision: PrecisionLike = None
    promote_dtype: PromoteDtypeFn = promote_dtype
    dot_general: DotGeneralT | None = None

    _states = ("h",)

    def __post_init__(self) -> None:
        _arguments.positive_integer("features", self.features)
        _arguments.positive_number("epsilon", self.epsilon)
        super().__post_init__()

    @nn.compact
    def _prepare(self, inputs: Array) -> tuple[Array, _recurrence.Weights]:
        in_features = inputs.shape[-1]
        kernel = self.param(
            "kernel",
            _initial.by_gate(self.kernel_init, 3),
            (in_features, 3 * self.features),
            self.param_dtype,
        )
        recurrent_kernel = self.param(
            "recurrent_kernel",
            _initial.by_gate(self.recurrent_kernel_init, 3),
            (self.features, 3 * self.features),
            self.param_dtype,
        )
        alpha_start = (
            _starts.yat_sum_gru_alpha(in_features, self.features) if self.use_alpha else 1.0
        )
        alpha = None
        if self.use_alpha:
            alpha = self.param(
                "alpha", self.alpha_init or initializers.constant(alpha_start), (), self.param_dtype
            )
        bias = None
        if self.use_bias:
            bias = self.param(
                "bias",
                self.bias_init
                or _initial.constants(
                    _starts.yat_sum_gru_bias(in_features, self.features, alpha_start, self.epsilon)
                ),
                (6 * self.features,),
                self.param_dtype,
            )
        inputs, kernel, recurrent_kernel, bias, alpha = self.promote_dtype(
            inputs, kernel, recurrent_kernel, bias, alpha, dtype=self.dtype
        )
        return inputs, _recurrence.gather(
            _LAYOUT,
            self._product,
            inputs.dtype,
            kernel=kernel,
            recurrent_kernel=recurrent_kernel,
            per_unit={"bias": bias},
            shared={"alpha": alpha},
        )

    @nn.nowrap
    def _respond(
        self, weights: _recurrence.Weights, dot: _recurrence.ByGate, sq_x: Array | None
    ) -> dict[str, Array]:
        return {
            gate: yat(
                product,
                sq_x,
                weights.sq_w[gate],
                **weights.parameters[gate],
                epsilon=self.epsilon,
            )
            for gate, product in dot.items()
        }

    @nn.nowrap
    def _step(
        self, weights: _recurrence.Weights, carry: Carry, seen: _recurrence.Seen
    ) -> tuple[Carry, Array]:
        h = carry
        input_gates_reset = seen.response["input_gates_reset"]
        input_gates_update = seen.response["input_gates_update"]
        input_gates_candidate = seen.response["input_gates_candidate"]
        state_gates_reset, state_gates_update = _recurrence.respond(
            self,
            weights,
            seen,
            (
                "state_gates_reset",
                "state_gates_update",
            ),
            h,
        )
        r = self.gate_fn(input_gates_reset + state_gates_reset)
        z = self.gate_fn(input_gates_update + state_gates_update)
        (state_candidate,) = _recurrence.respond(self, weights, seen, ("state_candidate",), r * h)
        n = self.activation_fn(input_gates_candidate + state_candidate)
        new_h = (1 - z) * n + z * h
        return new_h, new_h


class YatSumGRU(RecurrentLayer):
    r"""Gated recurrent unit whose gates add the responses of two Yat neurons, to input and state.

    .. math::
      \begin{aligned}
        \text{input\_gates\_reset}, \text{input\_gates\_update}, \text{input\_gates\_candidate} &= y\left(x_t\right) \\
        \text{state\_gates\_reset}, \text{state\_gates\_update} &= y\left(h_{t-1}\right) \\
        r &= \operatorname{gate}{\left(\text{input\_gates\_reset} + \text{state\_gates\_reset} \right)} \\
        z &= \operatorname{gate}{\left(\text{input\_gates\_update} + \text{state\_gates\_update} \right)} \\
        \text{state\_candidate} &= y\left(h_{t-1} r\right) \\
        n &= \operatorname{activation}{\left(\text{input\_gates\_candidate} + \text{state\_candidate} \right)} \\
        h_t &= h_{t-1} z + n \left(1 - z\right)
      \end{aligned}

    where every y is the response of a Yat neuron to all that it reads, joined to one vector x:

    .. math::
      y = \frac{\alpha \left(b + \langle w, x\rangle\right)^{2}}{\lVert w - x\rVert^2 + \varepsilon}

    Reference: Cho et al. (2014), Learning Phrase Representations using RNN Encoder-Decoder.

    What ``nn.RNN(YatSumGRUCell(...))`` computes, with the same parameters, in less time: the inputs
    of all steps are projected by one product. Padding reaches neither carry nor gradients.

    Example usage::

      >>> import jax, jax.numpy as jnp
      >>> from nmn.linen import YatSumGRU

      >>> x = jnp.ones((10, 50, 3))  # (batch, time, features)
      >>> layer = YatSumGRU(features=4)
      >>> outputs, variables = layer.init_with_output(jax.random.key(0), x)
      >>> jax.tree_util.tree_map(jnp.shape, variables)
      {'params': {'cell': {'alpha': (), 'bias': (24,), 'kernel': (3, 12), 'recurrent_kernel': (4, 12)}}}
      >>> outputs.shape
      (10, 50, 4)

    Before training, r = 0.5, z = 0.9, n = 0 for a carry of zeros and an input of variance 1 that is
    orthogonal to the kernel: biases are computed from that.

    The carry is h, an array of shape ``(*batch, features)``.

    Attributes:
      features: the number of units.
      gate_fn: function of responses that gives gates (default: ``softer_sigmoid``).
      activation_fn: that of candidates (default: ``soft_tanh``).
      kernel_init: Initialiser of ``kernel``. Default: a normal law of variance 2 / (fan_in +
          fan_out), truncated at two standard deviations, for each gate by itself.
      recurrent_kernel_init: Initialiser of ``recurrent_kernel``. Default: a random orthogonal
          matrix, for each gate by itself.
      bias_init: Initialiser of ``bias``. Default: constants, so that gates start as stated above.
      dtype: the dtype of the result (default: infer from input and params).
      param_dtype: the dtype passed to parameter initializers.
      carry_init: initialiser of the carry.
      use_bias: whether there is ``bias``. Added to the alignment ⟨w, x⟩, inside the square.
      use_alpha: whether there is ``alpha``. Scale of the response.
      epsilon: Added to the squared distance; bounds the response where x = w. A number > 0.
      alpha_init: Initialiser of ``alpha``. Default: 4.
      precision: numerical precision of products, see ``jax.lax.Precision``.
      promote_dtype: function to promote the input and all parameters to one dtype.
      dot_general: dot product function (default: ``jax.lax.dot_general``).
      time_major: if True, the first axis of inputs and outputs is that of time; if False, the last
          but one is.
      return_carry: if True, return the final carry before the outputs.
      reverse: if True, begin at the last real step, and return outputs in the order in which they
          are computed; padding stays at the end.
      keep_order: if True, return outputs in the order of inputs also with ``reverse``.
      unroll: how many steps one iteration of the loop takes.

    Raises:
      TypeError: an attribute, the input or ``seq_lengths`` has the wrong type or dtype.
      ValueError: an attribute is out of range, or the shape of the input, of the carry or of
        ``seq_lengths`` does not fit.
    """

    features: int
    gate_fn: Callable[..., Any] = softer_sigmoid
    activation_fn: Callable[..., Any] = soft_tanh
    kernel_init: Initializer = default_kernel_init
    recurrent_kernel_init: Initializer = default_recurrent_kernel_init
    bias_init: Initializer | None = None
    dtype: Dtype | None = None
    param_dtype: Dtype = jnp.float32
    carry_init: Initializer = initializers.zeros
    use_bias: bool = True
    use_alpha: bool = True
    epsilon: float = 1e-05
    alpha_init: Initializer | None = None
    precision: PrecisionLike = None
    promote_dtype: PromoteDtypeFn = promote_dtype
    dot_general: DotGeneralT | None = None
    time_major: bool = False
    return_carry: bool = False
    reverse: bool = False
    keep_order: bool = False
    unroll: int = 1

    @nn.nowrap
    def make_cell(self, name: str | None = None) -> YatSumGRUCell:
        """The cell that the layer repeats."""
        return YatSumGRUCell(
            features=self.features,
            gate_fn=self.gate_fn,
            activation_fn=self.activation_fn,
            kernel_init=self.kernel_init,
            recurrent_kernel_init=self.recurrent_kernel_init,
            bias_init=self.bias_init,
            dtype=self.dtype,
            param_dtype=self.param_dtype,
            carry_init=self.carry_init,
            use_bias=self.use_bias,
            use_alpha=self.use_alpha,
            epsilon=self.epsilon,
            alpha_init=self.alpha_init,
            precision=self.precision,
            promote_dtype=self.promote_dtype,
            dot_general=self.dot_general,
            name=name,
        )
