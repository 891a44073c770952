# Generated from spec/cells/yat_sum_gru.yaml. Do not edit; run `make generate`.
"""Gated recurrent unit whose gates add the responses of two Yat neurons, to input and state."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor
from torch.nn import functional as F
from torch.nn import init

from nmn import _arguments, _starts
from nmn.torch import _numerics
from nmn.torch._closed_form import respond
from nmn.torch._contraction import Dense
from nmn.torch._projection import Projection, columns, total
from nmn.torch._recurrent import RecurrentCell, RecurrentLayer
from nmn.torch._sequences import Constants, Equations, States, orthogonal_, sq_norm, sq_norms
from nmn.torch._through_time import Steps
from nmn.torch.neurons.yat import response, yat
from nmn.torch.squashers import soft_tanh, softer_sigmoid


def _shapes(inputs: int, units: int) -> dict[str, tuple[int, ...]]:
    """The arrays of one direction of one layer."""
    return {
        "weight_ih": (3 * units, inputs),
        "weight_hh": (3 * units, units),
        "bias": (6 * units,),
        "alpha": (),
    }


def _initialise(
    inputs: int,
    units: int,
    weight_ih: Tensor,
    weight_hh: Tensor,
    bias: Tensor | None,
    alpha: Tensor | None,
    epsilon: float,
) -> None:
    """Fill them in place: kernels gate by gate, biases such that gates begin where they should."""
    for block in weight_ih.split(units):
        _numerics.variance_scaling_(block, inputs, units, 1.0, "fan_avg", "truncated_normal")
    for block in weight_hh.split(units):
        orthogonal_(block)
    alpha_start = 1
    if alpha is not None:
        alpha_start = _starts.yat_sum_gru_alpha(inputs, units)
        init.constant_(alpha, alpha_start)
    if bias is not None:
        starts = _starts.yat_sum_gru_bias(inputs, units, alpha_start, epsilon)
        for block, start in zip(bias.split(units), starts, strict=True):
            init.constant_(block, start)


def _prepare(
    x: Tensor,
    weight_ih: Tensor,
    weight_hh: Tensor,
    bias: Tensor | None,
    alpha: Tensor | None,
    epsilon: float,
) -> tuple[tuple[Tensor, ...], Constants]:
    """What steps need of rows of the input, and of the weights: for all steps at once."""
    units = len(weight_hh) // 3
    input_gates_bias = None if bias is None else bias[: 3 * units]
    input_gates = respond(yat, Dense(), x, weight_ih, input_gates_bias, alpha, epsilon)
    state_gates_bias = None if bias is None else bias[3 * units : 5 * units]
    state_gates_hh = weight_hh[: 2 * units]
    state_gates_sq_w = sq_norms(state_gates_hh)
    state_candidate_bias = None if bias is None else bias[5 * units :]
    state_candidate_hh = weight_hh[2 * units :]
    state_candidate_sq_w = sq_norms(state_candidate_hh)
    return (input_gates,), (
        state_gates_hh,
        state_gates_sq_w,
        state_gates_bias,
        state_candidate_hh,
        state_candidate_sq_w,
        state_candidate_bias,
        alpha,
        epsilon,
    )


def _scan(
    inputs: Sequence[Tensor],
    states: States,
    constants: Constants,
    gate: Callable[[Tensor], Tensor],
    activation: Callable[[Tensor], Tensor],
) -> tuple[Tensor, States]:
    """Outputs of all steps, and the states after the last one.

    ``inputs`` and ``constants`` are from `_prepare`, the former as (steps, samples, …).
    """
    (h,) = states
    (
        state_gates_hh,
        state_gates_sq_w,
        state_gates_bias,
        state_candidate_hh,
        state_candidate_sq_w,
        state_candidate_bias,
        alpha,
        epsilon,
    ) = constants
    outputs = []
    for (input_gates,) in zip(*(i.unbind(0) for i in inputs), strict=True):
        input_gates_reset, input_gates_update, input_gates_candidate = input_gates.chunk(3, -1)
        state_gates = response(
            F.linear(h, state_gates_hh),
            sq_norm(h),
            state_gates_sq_w,
            state_gates_bias,
            alpha,
            epsilon,
        )
        state_gates_reset, state_gates_update = state_gates.chunk(2, -1)
        r = gate(input_gates_reset + state_gates_reset)
        z = gate(input_gates_update + state_gates_update)
        state_candidate_source = r * h
        state_candidate = response(
            F.linear(state_candidate_source, state_candidate_hh),
            sq_norm(state_candidate_source),
            state_candidate_sq_w,
            state_candidate_bias,
            alpha,
            epsilon,
        )
        n = activation(input_gates_candidate + state_candidate)
        new_h = (1 - z) * n + z * h
        h = new_h
        outputs.append(new_h)
    return torch.stack(outputs), (h,)


def _projections(
    inputs: Sequence[Tensor],
    constants: Constants,
    kept: Sequence[Tensor] | None = None,
    keep: bool = False,
) -> tuple[Projection, ...]:
    """The neurons that see the state."""
    (
        state_gates_hh,
        state_gates_sq_w,
        state_gates_bias,
        state_candidate_hh,
        state_candidate_sq_w,
        state_candidate_bias,
        alpha,
        epsilon,
    ) = constants
    steps, samples = inputs[0].shape[:2]
    return (
        Projection(
            yat,
            None,
            None,
            None,
            (steps, samples),
            state_gates_hh,
            state_gates_sq_w,
            (state_gates_bias, alpha, epsilon),
            None if kept is None else kept[0:3],
            keep,
        ),
        Projection(
            yat,
            None,
            None,
            None,
            (steps, samples),
            state_candidate_hh,
            state_candidate_sq_w,
            (state_candidate_bias, alpha, epsilon),
            None if kept is None else kept[3:6],
            keep,
        ),
    )


def _forward(inputs: Sequence[Tensor], states: States, constants: Constants) -> Steps:
    """All steps in memory of their own; the backward pass finds there what it needs."""
    (h,) = states
    projections = [p.start() for p in _projections(inputs, constants)]
    (
        state_gates_neurons,
        state_candidate_neurons,
    ) = projections
    steps = len(inputs[0])
    kept = [array for p in projections for array in p.kept]
    kept += [h.new_empty(steps, *h.shape) for _ in range(6)]
    (
        r,
        z,
        state_candidate_source,
        n_share,
        n,
        new_h,
    ) = (array.unbind(0) for array in kept[6:])
    state_gates_reset, state_gates_update = columns(state_gates_neurons.responses, 2)
    state_candidate = state_candidate_neurons.response_steps
    input_gates_reset, input_gates_update, input_gates_candidate = columns(inputs[0], 3)
    scratch_1 = torch.empty_like(h)
    number_1 = h.new_tensor(-1)
    one = h.new_tensor(1)
    for t in range(steps):
        state_gates_neurons.respond(t, h)
        torch.add(input_gates_reset[t], state_gates_reset[t], out=r[t])
        torch.add(r[t], one, out=scratch_1)
        torch.div(r[t], scratch_1, out=r[t])
        torch.add(input_gates_update[t], state_gates_update[t], out=z[t])
        torch.add(z[t], one, out=scratch_1)
        torch.div(z[t], scratch_1, out=z[t])
        torch.mul(h, r[t], out=state_candidate_source[t])
        state_candidate_neurons.respond(t, state_candidate_source[t])
        torch.add(input_gates_candidate[t], state_candidate[t], out=n_share[t])
        torch.add(n_share[t], one, out=scratch_1)
        torch.div(n_share[t], scratch_1, out=n_share[t])
        torch.add(number_1, n_share[t], alpha=2, out=n[t])
        torch.lerp(n[t], h, z[t], out=new_h[t])
        h = new_h[t]
    return Steps(
        kept[11],
        (new_h[-1].clone(),),
        tuple(kept),
        (kept[6], kept[7], kept[9]),
        state_gates_neurons.lowest + state_candidate_neurons.lowest,
    )


def _backward(
    grad_outputs: Tensor,
    grad_states: States,
    inputs: Sequence[Tensor],
    states: States,
    constants: Constants,
    kept: Sequence[Tensor],
    keep: bool,
) -> tuple[Sequence[Tensor | None], ...]:
    """Gradients of inputs, states and constants, from the last step to the first."""
    projections = [p.start_backward() for p in _projections(inputs, constants, kept, keep)]
    (
        state_gates_neurons,
        state_candidate_neurons,
    ) = projections
    (
        r,
        z,
        state_candidate_source,
        n_share,
        n,
        new_h,
    ) = (array.unbind(0) for array in kept[6:])
    before_h = [states[0], *new_h[:-1]]
    grad_new_h = grad_states[0].clone()
    grad_h = torch.empty_like(grad_new_h)
    grad_state_gates_values = torch.empty_like(state_gates_neurons.responses[0])
    grad_state_gates_reset, grad_state_gates_update = grad_state_gates_values.chunk(2, -1)
    grad_state_candidate = torch.empty_like(state_candidate_neurons.responses[0])
    all_grad_input_gates = torch.empty_like(inputs[0])
    grad_input_gates_reset, grad_input_gates_update, grad_input_gates_candidate = columns(
        all_grad_input_gates, 3
    )
    grad_n_share_argument = torch.empty_like(grad_h)
    grad_state_candidate_source = torch.empty_like(grad_h)
    grad_z_argument = torch.empty_like(grad_h)
    grad_r_argument = torch.empty_like(grad_h)
    scratch_1 = torch.empty_like(grad_h)
    scratch_2 = torch.empty_like(grad_h)
    scratch_3 = torch.empty_like(grad_h)
    one = grad_h.new_tensor(1)
    two = grad_h.new_tensor(2)
    for t in reversed(range(len(grad_outputs))):
        h = before_h[t]
        grad_new_h.add_(grad_outputs[t])
        torch.add(two, n_share[t], alpha=-2, out=scratch_1)
        torch.sub(one, n_share[t], out=scratch_2)
        torch.sub(one, z[t], out=scratch_3)
        torch.mul(grad_new_h, scratch_1, out=grad_n_share_argument)
        grad_n_share_argument.mul_(scratch_2)
        grad_n_share_argument.mul_(scratch_3)
        grad_state_candidate.copy_(grad_n_share_argument)
        state_candidate_neurons.differentiate(t, grad_state_candidate)
        state_candidate_neurons.add_to_source(
            t, state_candidate_source[t], grad_state_candidate_source, True
        )
        torch.sub(one, z[t], out=scratch_3)
        torch.sub(h, n[t], out=scratch_2)
        torch.mul(grad_new_h, scratch_3, out=grad_z_argument)
        grad_z_argument.mul_(scratch_3)
        grad_z_argument.mul_(scratch_2)
        torch.sub(one, r[t], out=scratch_2)
        torch.mul(grad_state_candidate_source, h, out=grad_r_argument)
        grad_r_argument.mul_(scratch_2)
        grad_r_argument.mul_(scratch_2)
        grad_state_gates_reset.copy_(grad_r_argument)
        grad_state_gates_update.copy_(grad_z_argument)
        state_gates_neurons.differentiate(t, grad_state_gates_values)
        grad_input_gates_reset[t].copy_(grad_r_argument)
        grad_input_gates_update[t].copy_(grad_z_argument)
        grad_input_gates_candidate[t].copy_(grad_n_share_argument)
        torch.mul(grad_new_h, z[t], out=grad_h)
        grad_h.addcmul_(grad_state_candidate_source, r[t])
        state_gates_neurons.add_to_source(t, h, grad_h, False)
        grad_new_h, grad_h = grad_h, grad_new_h
    of_state_gates = state_gates_neurons.finish(kept[11], states[0])
    of_state_candidate = state_candidate_neurons.finish(kept[8])
    return (
        (all_grad_input_gates,),
        (grad_new_h,),
        (
            of_state_gates.hh,
            of_state_gates.sq_w,
            of_state_gates.parameters[0],
            of_state_candidate.hh,
            of_state_candidate.sq_w,
            of_state_candidate.parameters[0],
            total(of_state_gates.parameters[1], of_state_candidate.parameters[1]),
            None,
        ),
    )


_EQUATIONS = Equations(
    states=("h",),
    shapes=_shapes,
    initialise=_initialise,
    weights=(
        "weight_ih",
        "weight_hh",
        "bias",
        "alpha",
        "epsilon",
    ),
    constants={
        "epsilon": 1e-05,
    },
    positive=(),
    functions={
        "gate": softer_sigmoid,
        "activation": soft_tanh,
    },
    prepare=_prepare,
    scan=_scan,
    forward=_forward,
    backward=_backward,
    parallel=None,
)


class YatSumGRUCell(RecurrentCell):
    r"""One step of :class:`YatSumGRU`.

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
        y = \frac{\alpha \left(b + \langle w, x\rangle\right)^{2}}{\lVert w - x\rVert^2 +
            \varepsilon}

    Reference: Cho et al. (2014), Learning Phrase Representations using RNN Encoder-Decoder.

    Args:
        input_size: Length of the last axis of the input.
        hidden_size: Number of units, the length of the last axis of states.
        bias: Whether the layer has ``bias``. Added to the alignment ⟨w, x⟩, inside the square.
        device: Where the parameters live.
        dtype: Dtype of the parameters.
        alpha: Whether the layer has ``alpha``. Scale of the response.
        epsilon: Added to the squared distance; bounds the response where x = w. A number > 0.
        gate: What equations call gate. Default: :func:`softer_sigmoid` of ``squashers``.
        activation: What equations call activation. Default: :func:`soft_tanh` of ``squashers``.

    Shape:
        - Input: :math:`(N, H_\text{in})` or :math:`(H_\text{in})`.
        - hx: :math:`(N, H_\text{out})` or :math:`(H_\text{out})`. Zeros if it is left out.
        - Output: as ``hx``, in the dtype of the input (of autocast under it).

    Attributes:
        weight_ih: Shape (3 * hidden_size, input_size), initially a normal law of variance 2 /
            (fan_in + fan_out), truncated at two standard deviations for every gate.
        weight_hh: Shape (3 * hidden_size, hidden_size), initially a random orthogonal matrix for
            every gate.
        bias: Shape (6 * hidden_size,); None if left out.
        alpha: Shape (); None if left out.

    Before training, biases are such that r = 0.5, z = 0.9, n = 0, for a state of zeros and an input
    of variance 1 that is orthogonal to the kernel.

    Raises:
        TypeError: An argument, the input or ``hx`` has the wrong type or dtype.
        ValueError: An argument is out of range, or the input has the wrong number of axes.
        RuntimeError: Input or ``hx`` has the wrong size.

    Examples::

        >>> cell = YatSumGRUCell(10, 20)
        >>> x = torch.randn(6, 3, 10)
        >>> hx = torch.zeros(3, 20)
        >>> for step in x:
        ...     hx = cell(step, hx)
    """

    equations = _EQUATIONS

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        bias: bool = True,
        device: torch.device | str | None = None,
        dtype: torch.dtype | None = None,
        *,
        alpha: bool = True,
        epsilon: float = 1e-05,
        gate: Callable[[Tensor], Tensor] | None = None,
        activation: Callable[[Tensor], Tensor] | None = None,
    ) -> None:
        super().__init__()
        self.input_size = _arguments.positive_integer("input_size", input_size)
        self.hidden_size = _arguments.positive_integer("hidden_size", hidden_size)
        self.epsilon = _arguments.positive_number("epsilon", epsilon)
        self.gate = gate
        self.activation = activation

        self._create(
            {
                "bias": bias,
                "alpha": alpha,
            },
            device=device,
            dtype=dtype,
        )


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
        y = \frac{\alpha \left(b + \langle w, x\rangle\right)^{2}}{\lVert w - x\rVert^2 +
            \varepsilon}

    Reference: Cho et al. (2014), Learning Phrase Representations using RNN Encoder-Decoder.

    Args:
        input_size: Length of the last axis of the input.
        hidden_size: Number of units, the length of the last axis of states.
        num_layers: Number of layers, each of which takes the output of the last.
        bias: Whether the layer has ``bias``. Added to the alignment ⟨w, x⟩, inside the square.
        batch_first: Whether the first axis of input and output is that of samples and not that of
            steps. States, and a ``PackedSequence``, are as they are.
        dropout: Probability that an entry of the output of any layer but the last is zero in
            training; the others are scaled by 1 / (1 - dropout).
        bidirectional: Whether every layer has a second set of parameters that begins at the last
            step; the output is that of both directions, joined.
        device: Where the parameters live.
        dtype: Dtype of the parameters.
        alpha: Whether the layer has ``alpha``. Scale of the response.
        epsilon: Added to the squared distance; bounds the response where x = w. A number > 0.
        gate: What equations call gate. Default: :func:`softer_sigmoid` of ``squashers``.
        activation: What equations call activation. Default: :func:`soft_tanh` of ``squashers``.

    Shape:
        - Input: :math:`(L, N, H_\text{in})`, :math:`(N, L, H_\text{in})` with ``batch_first``,
            :math:`(L, H_\text{in})`, or a :class:`~torch.nn.utils.rnn.PackedSequence`.
        - hx: :math:`(D \cdot \text{num\_layers}, N, H_\text{out})`, without N as the input is.
            Zeros if it is left out.
        - Output: a pair of the outputs of the last layer, of the shape of the input but for the
            last axis, which has length :math:`D \cdot H_\text{out}`, and the states after the last
            step, as ``hx``. In the dtype of the input (of autocast under it).

        :math:`D` is 2 with ``bidirectional`` and 1 without.

    Attributes:
        weight_ih_l[k]: Layer k: shape (3 * hidden_size, input_size), initially a normal law of
            variance 2 / (fan_in + fan_out), truncated at two standard deviations for every gate.
        weight_hh_l[k]: Layer k: shape (3 * hidden_size, hidden_size), initially a random orthogonal
            matrix for every gate.
        bias_l[k]: Layer k: shape (6 * hidden_size,); None if left out.
        alpha_l[k]: Layer k: shape (); None if left out.

    The input of layers above the first has ``D * hidden_size`` entries. Names of parameters of the
    second direction end in ``_reverse``.

    Before training, biases are such that r = 0.5, z = 0.9, n = 0, for a state of zeros and an input
    of variance 1 that is orthogonal to the kernel.

    Raises:
        TypeError: An argument, the input or ``hx`` has the wrong type or dtype.
        ValueError: An argument is out of range, or the input has the wrong number of axes.
        RuntimeError: Input or ``hx`` has the wrong size, or there is no step.

    Examples::

        >>> layer = YatSumGRU(10, 20, num_layers=2)
        >>> output, hx = layer(torch.randn(5, 3, 10))
        >>> output.shape
        torch.Size([5, 3, 20])
    """

    equations = _EQUATIONS

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        device: torch.device | str | None = None,
        dtype: torch.dtype | None = None,
        *,
        alpha: bool = True,
        epsilon: float = 1e-05,
        gate: Callable[[Tensor], Tensor] | None = None,
        activation: Callable[[Tensor], Tensor] | None = None,
    ) -> None:
        super().__init__()
        self.input_size = _arguments.positive_integer("input_size", input_size)
        self.hidden_size = _arguments.positive_integer("hidden_size", hidden_size)
        self.epsilon = _arguments.positive_number("epsilon", epsilon)
        self.gate = gate
        self.activation = activation

        self._check_options(num_layers, batch_first, dropout, bidirectional)
        self.bias = bias
        self.alpha = alpha
        self._create(
            {
                "bias": bias,
                "alpha": alpha,
            },
            device=device,
            dtype=dtype,
        )
