# Generated from spec/cells/yat_min_lstm.yaml. Do not edit; run `make generate`.
"""Minimal long short-term memory of Yat neurons, whose gates do not see the state."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import jax
import jax.numpy as jnp
from flax import nnx
from flax.nnx.nn import dtypes
from flax.typing import DotGeneralT, Dtype, Initializer, PrecisionLike, PromoteDtypeFn
from jax import Array, lax
from jax.nn import initializers

from nmn import _arguments, _starts
from nmn.nnx import _initial, _recurrence
from nmn.nnx._recurrent import Carry, RecurrentCell, RecurrentLayer
from nmn.nnx.neurons.yat import yat
from nmn.nnx.squashers import soft_tanh, softer_sigmoid

default_kernel_init = initializers.glorot_normal()

_LAYOUT = _recurrence.Layout(
    kernel=("forget_gate", "input_gate", "candidate"),
    recurrent_kernel=(),
    parameters=("forget_gate", "input_gate", "candidate"),
    primitives=("dot", "sq_x", "sq_w"),
)


class YatMinLSTMCell(RecurrentCell):
    r"""One step of ``YatMinLSTM``.

    .. math::
      \begin{aligned}
        \text{forget\_gate}, \text{input\_gate}, \text{candidate} &= y\left(x_t\right) \\
        f &= \operatorname{gate}{\left(\text{forget\_gate} \right)} \\
        i &= \operatorname{gate}{\left(\text{input\_gate} \right)} \\
        n &= \operatorname{activation}{\left(\text{candidate} \right)} \\
        \text{total} &= f + i + 1.0 \cdot 10^{-12} \\
        h_t &= \frac{f h_{t-1}}{\text{total}} + \frac{i n}{\text{total}}
      \end{aligned}

    where every y is the response of a Yat neuron to all that it reads, joined to one vector x:

    .. math::
      y = \frac{\alpha \left(b + \langle w, x\rangle\right)^{2}}{\lVert w - x\rVert^2 + \varepsilon}

    Reference: Feng et al. (2024), Were RNNs All We Needed?.

    Example usage::

      >>> from flax import nnx
      >>> import jax.numpy as jnp
      >>> from nmn.nnx import YatMinLSTMCell

      >>> x = jnp.ones((2, 3))
      >>> cell = YatMinLSTMCell(in_features=3, hidden_features=4, rngs=nnx.Rngs(0))
      >>> carry, output = cell(cell.initialize_carry(x.shape), x)
      >>> output.shape
      (2, 4)

    Before training, f = 0.9, i = 0.1, n = 0 for a carry of zeros and an input of variance 1 that is
    orthogonal to the kernel: biases are computed from that.

    The carry is h, an array of shape ``(*batch, hidden_features)``.

    Args:
      in_features: the number of input features.
      hidden_features: the number of units.
      gate_fn: function of responses that gives gates (default: ``softer_sigmoid``).
      activation_fn: that of candidates (default: ``soft_tanh``).
      kernel_init: Initialiser of ``kernel``. Default: a normal law of variance 2 / (fan_in +
          fan_out), truncated at two standard deviations, for each gate by itself.
      bias_init: Initialiser of ``bias``. Default: constants, so that gates start as stated above.
      dtype: the dtype of the result (default: infer from input and params).
      param_dtype: the dtype passed to parameter initializers.
      promote_dtype: function to promote the input and all parameters, a tuple, to one dtype.
      use_bias: whether there is ``bias``. Added to the alignment ⟨w, x⟩, inside the square.
      use_alpha: whether there is ``alpha``. Scale of the response.
      epsilon: Added to the squared distance; bounds the response where x = w. A number > 0.
      alpha_init: Initialiser of ``alpha``. Default: (‖x‖² + ‖w‖²) / 18, of expected norms.
      precision: numerical precision of products, see ``jax.lax.Precision``.
      dot_general: dot product function.
      rngs: rng key.
      kernel_metadata: metadata to set on the kernel, such as its sharding.
      bias_metadata: metadata to set on the bias, such as its sharding.
      alpha_metadata: metadata to set on the alpha, such as its sharding.

    Attributes:
      kernel: shape (in_features, 3 * hidden_features).
      bias: shape (3 * hidden_features,); None if left out.
      alpha: shape (); None if left out.

    Raises:
      TypeError: an argument or the input has the wrong type or dtype.
      ValueError: an argument is out of range, or the last axis of the input or of the carry does
        not fit.
    """

    _states = ("h",)  # In the order of the carry.

    def __init__(
        self,
        in_features: int,
        hidden_features: int,
        *,
        gate_fn: Callable[..., Any] = softer_sigmoid,
        activation_fn: Callable[..., Any] = soft_tanh,
        kernel_init: Initializer = default_kernel_init,
        bias_init: Initializer | None = None,
        dtype: Dtype | None = None,
        param_dtype: Dtype = jnp.float32,
        promote_dtype: PromoteDtypeFn = dtypes.promote_dtype,
        use_bias: bool = True,
        use_alpha: bool = True,
        epsilon: float = 1e-05,
        alpha_init: Initializer | None = None,
        precision: PrecisionLike = None,
        dot_general: DotGeneralT = lax.dot_general,
        rngs: nnx.Rngs,
        kernel_metadata: Mapping[str, Any] = MappingProxyType({}),
        bias_metadata: Mapping[str, Any] = MappingProxyType({}),
        alpha_metadata: Mapping[str, Any] = MappingProxyType({}),
    ):
        self.in_features = _arguments.positive_integer("in_features", in_features)
        self.hidden_features = _arguments.positive_integer("hidden_features", hidden_features)
        self.epsilon = _arguments.positive_number("epsilon", epsilon)
        self.gate_fn = gate_fn
        self.activation_fn = activation_fn
        self.dtype = dtype
        self.param_dtype = param_dtype
        self.promote_dtype = promote_dtype
        self.precision = precision
        self.dot_general = dot_general
        self.kernel = nnx.Param(
            _initial.by_gate(kernel_init, 3)(
                rngs.params(), (in_features, 3 * hidden_features), param_dtype
            ),
            **kernel_metadata,
        )
        alpha_start = _starts.yat_min_lstm_alpha(in_features, hidden_features) if use_alpha else 1.0
        if alpha_init is None:
            alpha_init = initializers.constant(alpha_start)
        self.alpha: nnx.Param[Array] | None
        if use_alpha:
            self.alpha = nnx.Param(alpha_init(rngs.params(), (), param_dtype), **alpha_metadata)
        else:
            self.alpha = nnx.data(None)
        if bias_init is None:
            bias_init = _initial.constants(
                _starts.yat_min_lstm_bias(in_features, hidden_features, alpha_start, self.epsilon)
            )
        self.bias: nnx.Param[Array] | None
        if use_bias:
            self.bias = nnx.Param(
                bias_init(rngs.params(), (3 * hidden_features,), param_dtype), **bias_metadata
            )
        else:
            self.bias = nnx.data(None)

    def _prepare(self, inputs: Array) -> tuple[Array, _recurrence.Weights]:
        kernel, bias, alpha = (
            None if stored is None else stored[...]
            for stored in [self.kernel, self.bias, self.alpha]
        )
        inputs, kernel, bias, alpha = self.promote_dtype(
            (inputs, kernel, bias, alpha), dtype=self.dtype
        )
        return inputs, _recurrence.gather(
            _LAYOUT,
            self._product,
            inputs.dtype,
            kernel=kernel,
            per_unit={"bias": bias},
            shared={"alpha": alpha},
        )

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

    def _step(
        self, weights: _recurrence.Weights, carry: Carry, seen: _recurrence.Seen
    ) -> tuple[Carry, Array]:
        h = carry
        forget_gate = seen.response["forget_gate"]
        input_gate = seen.response["input_gate"]
        candidate = seen.response["candidate"]
        f = self.gate_fn(forget_gate)
        i = self.gate_fn(input_gate)
        n = self.activation_fn(candidate)
        total = f + i + 1e-12
        new_h = f / total * h + i / total * n
        return new_h, new_h

    def _scan(
        self,
        weights: _recurrence.Weights,
        carry: Carry,
        seen: _recurrence.Seen,
        is_real: Array | None,
        *,
        steps: int,
        reverse: bool,
        unroll: int,
    ) -> tuple[Carry, Array]:
        @jax.checkpoint
        def terms(forget_gate: Array, input_gate: Array, candidate: Array) -> tuple[Any, ...]:
            f = self.gate_fn(forget_gate)
            i = self.gate_fn(input_gate)
            n = self.activation_fn(candidate)
            total = f + i + 1e-12
            return (f / total, i * n / total)

        def scan(terms: tuple[Array, Array], state: Array) -> tuple[Array, Array]:
            return _recurrence.linear_scan(*terms, state, is_real, reverse=reverse, unroll=unroll)

        h = carry
        h_terms = terms(**seen.response)
        h, new_h = scan(h_terms, h)
        return h, new_h


class YatMinLSTM(RecurrentLayer):
    r"""Minimal long short-term memory of Yat neurons, whose gates do not see the state.

    .. math::
      \begin{aligned}
        \text{forget\_gate}, \text{input\_gate}, \text{candidate} &= y\left(x_t\right) \\
        f &= \operatorname{gate}{\left(\text{forget\_gate} \right)} \\
        i &= \operatorname{gate}{\left(\text{input\_gate} \right)} \\
        n &= \operatorname{activation}{\left(\text{candidate} \right)} \\
        \text{total} &= f + i + 1.0 \cdot 10^{-12} \\
        h_t &= \frac{f h_{t-1}}{\text{total}} + \frac{i n}{\text{total}}
      \end{aligned}

    where every y is the response of a Yat neuron to all that it reads, joined to one vector x:

    .. math::
      y = \frac{\alpha \left(b + \langle w, x\rangle\right)^{2}}{\lVert w - x\rVert^2 + \varepsilon}

    Reference: Feng et al. (2024), Were RNNs All We Needed?.

    What ``nnx.RNN(YatMinLSTMCell(...))`` computes, in less time: the inputs of all steps are projected
    by one product. Padding reaches neither carry nor gradients.

    Example usage::

      >>> from flax import nnx
      >>> import jax.numpy as jnp
      >>> from nmn.nnx import YatMinLSTM

      >>> layer = YatMinLSTM(in_features=3, hidden_features=4, rngs=nnx.Rngs(0))
      >>> layer(jnp.ones((10, 50, 3))).shape  # (batch, time, features)
      (10, 50, 4)

    Before training, f = 0.9, i = 0.1, n = 0 for a carry of zeros and an input of variance 1 that is
    orthogonal to the kernel: biases are computed from that.

    The carry is h, an array of shape ``(*batch, hidden_features)``.

    Args:
      in_features: the number of input features.
      hidden_features: the number of units.
      time_major: if True, the first axis of inputs and outputs is that of time; if False, the last
          but one is.
      return_carry: if True, return the final carry before the outputs.
      reverse: if True, begin at the last real step, and return outputs in the order in which they
          are computed; padding stays at the end.
      keep_order: if True, return outputs in the order of inputs also with ``reverse``.
      unroll: how many steps one iteration of the loop takes.
      gate_fn: function of responses that gives gates (default: ``softer_sigmoid``).
      activation_fn: that of candidates (default: ``soft_tanh``).
      kernel_init: Initialiser of ``kernel``. Default: a normal law of variance 2 / (fan_in +
          fan_out), truncated at two standard deviations, for each gate by itself.
      bias_init: Initialiser of ``bias``. Default: constants, so that gates start as stated above.
      dtype: the dtype of the result (default: infer from input and params).
      param_dtype: the dtype passed to parameter initializers.
      promote_dtype: function to promote the input and all parameters, a tuple, to one dtype.
      use_bias: whether there is ``bias``. Added to the alignment ⟨w, x⟩, inside the square.
      use_alpha: whether there is ``alpha``. Scale of the response.
      epsilon: Added to the squared distance; bounds the response where x = w. A number > 0.
      alpha_init: Initialiser of ``alpha``. Default: (‖x‖² + ‖w‖²) / 18, of expected norms.
      precision: numerical precision of products, see ``jax.lax.Precision``.
      dot_general: dot product function.
      rngs: rng key.
      kernel_metadata: metadata to set on the kernel, such as its sharding.
      bias_metadata: metadata to set on the bias, such as its sharding.
      alpha_metadata: metadata to set on the alpha, such as its sharding.

    Attributes:
      cell: the ``YatMinLSTMCell`` that is repeated.

    Raises:
      TypeError: an argument, the input or ``seq_lengths`` has the wrong type or dtype.
      ValueError: an argument is out of range, or the shape of the input, of the carry or of
        ``seq_lengths`` does not fit.
    """

    def __init__(
        self,
        in_features: int,
        hidden_features: int,
        *,
        time_major: bool = False,
        return_carry: bool = False,
        reverse: bool = False,
        keep_order: bool = False,
        unroll: int = 1,
        gate_fn: Callable[..., Any] = softer_sigmoid,
        activation_fn: Callable[..., Any] = soft_tanh,
        kernel_init: Initializer = default_kernel_init,
        bias_init: Initializer | None = None,
        dtype: Dtype | None = None,
        param_dtype: Dtype = jnp.float32,
        promote_dtype: PromoteDtypeFn = dtypes.promote_dtype,
        use_bias: bool = True,
        use_alpha: bool = True,
        epsilon: float = 1e-05,
        alpha_init: Initializer | None = None,
        precision: PrecisionLike = None,
        dot_general: DotGeneralT = lax.dot_general,
        rngs: nnx.Rngs,
        kernel_metadata: Mapping[str, Any] = MappingProxyType({}),
        bias_metadata: Mapping[str, Any] = MappingProxyType({}),
        alpha_metadata: Mapping[str, Any] = MappingProxyType({}),
    ):
        cell = YatMinLSTMCell(
            in_features=in_features,
            hidden_features=hidden_features,
            gate_fn=gate_fn,
            activation_fn=activation_fn,
            kernel_init=kernel_init,
            bias_init=bias_init,
            dtype=dtype,
            param_dtype=param_dtype,
            promote_dtype=promote_dtype,
            use_bias=use_bias,
            use_alpha=use_alpha,
            epsilon=epsilon,
            alpha_init=alpha_init,
            precision=precision,
            dot_general=dot_general,
            rngs=rngs,
            kernel_metadata=kernel_metadata,
            bias_metadata=bias_metadata,
            alpha_metadata=alpha_metadata,
        )
        super().__init__(
            cell,
            time_major=time_major,
            return_carry=return_carry,
            reverse=reverse,
            keep_order=keep_order,
            unroll=unroll,
            rngs=False,
        )
