# Generated from spec/cells/yat_min_gru.yaml. Do not edit; run `make generate`.
"""Minimal gated recurrent unit of Yat neurons, whose gate does not see the state."""

from collections.abc import Callable
from typing import Any

import flax.linen as nn
import jax
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

_LAYOUT = _recurrence.Layout(
    kernel=("update", "candidate"),
    recurrent_kernel=(),
    parameters=("update", "candidate"),
    primitives=("dot", "sq_x", "sq_w"),
)


class YatMinGRUCell(RecurrentCell):
    r"""One step of ``YatMinGRU``.

    .. math::
      \begin{aligned}
        \text{update}, \text{candidate} &= y\left(x_t\right) \\
        z &= \operatorname{gate}{\left(\text{update} \right)} \\
        n &= \operatorname{activation}{\left(\text{candidate} \right)} \\
        h_t &= h_{t-1} \left(1 - z\right) + n z
      \end{aligned}

    where every y is the response of a Yat neuron to all that it reads, joined to one vector x:

    .. math::
      y = \frac{\alpha \left(b + \langle w, x\rangle\right)^{2}}{\lVert w - x\rVert^2 + \varepsilon}

    Reference: Feng et al. (2024), Were RNNs All We Needed?.

    Example usage::

      >>> import jax, jax.numpy as jnp
      >>> from nmn.linen import YatMinGRUCell

      >>> x = jax.random.normal(jax.random.key(0), (2, 3))
      >>> cell = YatMinGRUCell(features=4)
      >>> carry = cell.initialize_carry(jax.random.key(1), x.shape)
      >>> variables = cell.init(jax.random.key(2), carry, x)
      >>> carry, output = cell.apply(variables, carry, x)

    Parameters in the collection ``params``:
      ``kernel``: shape (in, 2 * features).
      ``bias``: shape (2 * features,); None if left out.
      ``alpha``: shape (); None if left out.

    Before training, z = 0.1, n = 0 for a carry of zeros and an input of variance 1 that is
    orthogonal to the kernel: biases are computed from that.

    The carry is h, an array of shape ``(*batch, features)``.

    Attributes:
      features: the number of units.
      gate_fn: function of responses that gives gates (default: ``softer_sigmoid``).
      activation_fn: that of candidates (default: ``soft_tanh``).
      kernel_init: Initialiser of ``kernel``. Default: a normal law of variance 2 / (fan_in +
          fan_out), truncated at two standard deviations, for each gate by itself.
      bias_init: Initialiser of ``bias``. Default: constants, so that gates start as stated above.
      dtype: the dtype of the result (default: infer from input and params).
      param_dtype: the dtype passed to parameter initializers.
      carry_init: initialiser of the carry.
      use_bias: whether there is ``bias``. Added to the alignment ⟨w, x⟩, inside the square.
      use_alpha: whether there is ``alpha``. Scale of the response.
      epsilon: Added to the squared distance; bounds the response where x = w. A number > 0.
      alpha_init: Initialiser of ``alpha``. Default: (‖x‖² + ‖w‖²) / 18, of expected norms.
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

    _states = ("h",)  # In the order of the carry.

    def __post_init__(self) -> None:
        _arguments.positive_integer("features", self.features)
        _arguments.positive_number("epsilon", self.epsilon)
        super().__post_init__()

    @nn.compact
    def _prepare(self, inputs: Array) -> tuple[Array, _recurrence.Weights]:
        in_features = inputs.shape[-1]
        kernel = self.param(
            "kernel",
            _initial.by_gate(self.kernel_init, 2),
            (in_features, 2 * self.features),
            self.param_dtype,
        )
        alpha_start = (
            _starts.yat_min_gru_alpha(in_features, self.features) if self.use_alpha else 1.0
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
                    _starts.yat_min_gru_bias(in_features, self.features, alpha_start, self.epsilon)
                ),
                (2 * self.features,),
                self.param_dtype,
            )
        inputs, kernel, bias, alpha = self.promote_dtype(
            inputs, kernel, bias, alpha, dtype=self.dtype
        )
        return inputs, _recurrence.gather(
            _LAYOUT,
            self._product,
            inputs.dtype,
            kernel=kernel,
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
        update = seen.response["update"]
        candidate = seen.response["candidate"]
        z = self.gate_fn(update)
        n = self.activation_fn(candidate)
        new_h = (1 - z) * h + z * n
        return new_h, new_h

    @nn.nowrap
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
        def terms(update: Array, candidate: Array) -> tuple[Any, ...]:
            z = self.gate_fn(update)
            n = self.activation_fn(candidate)
            return (1 - z, n * z)

        def scan(terms: tuple[Array, Array], state: Array) -> tuple[Array, Array]:
            return _recurrence.linear_scan(*terms, state, is_real, reverse=reverse, unroll=unroll)

        h = carry
        h_terms = terms(**seen.response)
        h, new_h = scan(h_terms, h)
        return h, new_h


class YatMinGRU(RecurrentLayer):
    r"""Minimal gated recurrent unit of Yat neurons, whose gate does not see the state.

    .. math::
      \begin{aligned}
        \text{update}, \text{candidate} &= y\left(x_t\right) \\
        z &= \operatorname{gate}{\left(\text{update} \right)} \\
        n &= \operatorname{activation}{\left(\text{candidate} \right)} \\
        h_t &= h_{t-1} \left(1 - z\right) + n z
      \end{aligned}

    where every y is the response of a Yat neuron to all that it reads, joined to one vector x:

    .. math::
      y = \frac{\alpha \left(b + \langle w, x\rangle\right)^{2}}{\lVert w - x\rVert^2 + \varepsilon}

    Reference: Feng et al. (2024), Were RNNs All We Needed?.

    What ``nn.RNN(YatMinGRUCell(...))`` computes, with the same parameters, in less time: the inputs
    of all steps are projected by one product. Padding reaches neither carry nor gradients.

    Example usage::

      >>> import jax, jax.numpy as jnp
      >>> from nmn.linen import YatMinGRU

      >>> x = jnp.ones((10, 50, 3))  # (batch, time, features)
      >>> layer = YatMinGRU(features=4)
      >>> outputs, variables = layer.init_with_output(jax.random.key(0), x)
      >>> jax.tree_util.tree_map(jnp.shape, variables)
      {'params': {'cell': {'alpha': (), 'bias': (8,), 'kernel': (3, 8)}}}
      >>> outputs.shape
      (10, 50, 4)

    Before training, z = 0.1, n = 0 for a carry of zeros and an input of variance 1 that is
    orthogonal to the kernel: biases are computed from that.

    The carry is h, an array of shape ``(*batch, features)``.

    Attributes:
      features: the number of units.
      gate_fn: function of responses that gives gates (default: ``softer_sigmoid``).
      activation_fn: that of candidates (default: ``soft_tanh``).
      kernel_init: Initialiser of ``kernel``. Default: a normal law of variance 2 / (fan_in +
          fan_out), truncated at two standard deviations, for each gate by itself.
      bias_init: Initialiser of ``bias``. Default: constants, so that gates start as stated above.
      dtype: the dtype of the result (default: infer from input and params).
      param_dtype: the dtype passed to parameter initializers.
      carry_init: initialiser of the carry.
      use_bias: whether there is ``bias``. Added to the alignment ⟨w, x⟩, inside the square.
      use_alpha: whether there is ``alpha``. Scale of the response.
      epsilon: Added to the squared distance; bounds the response where x = w. A number > 0.
      alpha_init: Initialiser of ``alpha``. Default: (‖x‖² + ‖w‖²) / 18, of expected norms.
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
    def make_cell(self, name: str | None = None) -> YatMinGRUCell:
        """The cell that the layer repeats."""
        return YatMinGRUCell(
            features=self.features,
            gate_fn=self.gate_fn,
            activation_fn=self.activation_fn,
            kernel_init=self.kernel_init,
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
