# Generated from spec/cells/yat_lstm.yaml. Do not edit; run `make generate`.
"""Long short-term memory of Yat neurons."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor
from torch.nn import functional as F
from torch.nn import init

from nmn import _arguments, _starts
from nmn.torch import _numerics
from nmn.torch._projection import Projection, columns, total
from nmn.torch._recurrent import RecurrentCell, RecurrentLayer
from nmn.torch._sequences import Constants, Equations, States, orthogonal_, sq_norm, sq_norms
from nmn.torch._through_time import Steps
from nmn.torch.neurons.yat import response, yat
from nmn.torch.squashers import soft_tanh, softer_sigmoid


def _shapes(inputs: int, units: int) -> dict[str, tuple[int, ...]]:
    """The arrays of one direction of one layer."""
    return {
        "weight_ih": (4 * units, inputs),
        "weight_hh": (4 * units, units),
        "bias": (4 * units,),
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
        alpha_start = _starts.yat_lstm_alpha(inputs, units)
        init.constant_(alpha, alpha_start)
    if bias is not None:
        starts = _starts.yat_lstm_bias(inputs, units, alpha_start, epsilon)
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
    gates_bias = bias
    gates_hh = weight_hh
    gates_x = F.linear(x, weight_ih)
    gates_sq_w = sq_norms(weight_ih) + sq_norms(gates_hh)
    sq_x = sq_norm(x)
    return (gates_x, sq_x), (gates_hh, gates_sq_w, gates_bias, alpha, epsilon)


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
    (
        h,
        c,
    ) = states
    (
        gates_hh,
        gates_sq_w,
        gates_bias,
        alpha,
        epsilon,
    ) = constants
    outputs = []
    for gates_x, sq_x in zip(*(i.unbind(0) for i in inputs), strict=True):
        gates = response(
            gates_x + F.linear(h, gates_hh),
            sq_x + sq_norm(h),
            gates_sq_w,
            gates_bias,
            alpha,
            epsilon,
        )
        input_gate, forget_gate, cell_gate, output_gate = gates.chunk(4, -1)
        i = gate(input_gate)
        f = gate(forget_gate)
        g = activation(cell_gate)
        o = gate(output_gate)
        new_c = f * c + i * g
        new_h = o * torch.tanh(new_c)
        h, c = new_h, new_c
        outputs.append(new_h)
    return torch.stack(outputs), (
        h,
        c,
    )


def _projections(
    inputs: Sequence[Tensor],
    constants: Constants,
    kept: Sequence[Tensor] | None = None,
    keep: bool = False,
) -> tuple[Projection, ...]:
    """The neurons that see the state."""
    (
        gates_hh,
        gates_sq_w,
        gates_bias,
        alpha,
        epsilon,
    ) = constants
    steps, samples = inputs[0].shape[:2]
    return (
        Projection(
            yat,
            1,
            inputs[0],
            inputs[1],
            (steps, samples),
            gates_hh,
            gates_sq_w,
            (gates_bias, alpha, epsilon),
            None if kept is None else kept[0:3],
            keep,
        ),
    )


def _forward(inputs: Sequence[Tensor], states: States, constants: Constants) -> Steps:
    """All steps in memory of their own; the backward pass finds there what it needs."""
    (
        h,
        c,
    ) = states
    projections = [p.start() for p in _projections(inputs, constants)]
    (gates_neurons,) = projections
    steps = len(inputs[0])
    kept = [array for p in projections for array in p.kept]
    kept += [h.new_empty(steps, *h.shape) for _ in range(4)]
    (
        g,
        new_c,
        tanh_new_c,
        new_h,
    ) = (array.unbind(0) for array in kept[3:])
    i, f, cell_gate_share, o = columns(gates_neurons.responses, 4)
    number_0 = h.new_tensor(-1)
    for t in range(steps):
        gates_neurons.respond(t, h)
        torch.add(number_0, cell_gate_share[t], alpha=2, out=g[t])
        torch.mul(c, f[t], out=new_c[t])
        new_c[t].addcmul_(g[t], i[t])
        torch.tanh(new_c[t], out=tanh_new_c[t])
        torch.mul(o[t], tanh_new_c[t], out=new_h[t])
        h, c = new_h[t], new_c[t]
    return Steps(
        kept[6],
        (new_h[-1].clone(), new_c[-1].clone()),
        tuple(kept),
        (gates_neurons.responses,),
        gates_neurons.lowest,
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
    (gates_neurons,) = projections
    (
        g,
        new_c,
        tanh_new_c,
        new_h,
    ) = (array.unbind(0) for array in kept[3:])
    i, f, cell_gate_share, o = columns(gates_neurons.responses, 4)
    before_h = [states[0], *new_h[:-1]]
    grad_new_h = grad_states[0].clone()
    grad_h = torch.empty_like(grad_new_h)
    before_c = [states[1], *new_c[:-1]]
    grad_new_c = grad_states[1].clone()
    grad_c = torch.empty_like(grad_new_c)
    grad_gates_values = torch.empty_like(gates_neurons.responses[0])
    grad_i, grad_f, grad_cell_gate_share, grad_o = grad_gates_values.chunk(4, -1)
    scratch_1 = torch.empty_like(grad_h)
    scratch_2 = torch.empty_like(grad_h)
    one = grad_h.new_tensor(1)
    two = grad_h.new_tensor(2)
    for t in reversed(range(len(grad_outputs))):
        h = before_h[t]
        c = before_c[t]
        grad_new_h.add_(grad_outputs[t])
        torch.mul(grad_new_h, o[t], out=scratch_1)
        torch.addcmul(one, tanh_new_c[t], tanh_new_c[t], value=-1, out=scratch_2)
        grad_new_c.addcmul_(scratch_1, scratch_2)
        torch.mul(g[t], grad_new_c, out=grad_i)
        torch.mul(c, grad_new_c, out=grad_f)
        torch.mul(grad_new_c, i[t], out=grad_cell_gate_share)
        grad_cell_gate_share.mul_(two)
        torch.mul(grad_new_h, tanh_new_c[t], out=grad_o)
        gates_neurons.differentiate(t, grad_gates_values)
        gates_neurons.add_to_source(t, h, grad_h, True)
        torch.mul(f[t], grad_new_c, out=grad_c)
        grad_new_h, grad_h = grad_h, grad_new_h
        grad_new_c, grad_c = grad_c, grad_new_c
    of_gates = gates_neurons.finish(kept[6], states[0])
    return (
        (of_gates.x, total(of_gates.sq_x)),
        (
            grad_new_h,
            grad_new_c,
        ),
        (of_gates.hh, of_gates.sq_w, of_gates.parameters[0], total(of_gates.parameters[1]), None),
    )


_EQUATIONS = Equations(
    states=("h", "c"),
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


class YatLSTMCell(RecurrentCell):
    r"""One step of :class:`YatLSTM`.

    .. math::
        \begin{aligned}
            \text{input\_gate}, \text{forget\_gate}, \text{cell\_gate}, \text{output\_gate} &= y\left(\left[x_t, h_{t-1}\right]\right) \\
            i &= \operatorname{gate}{\left(\text{input\_gate} \right)} \\
            f &= \operatorname{gate}{\left(\text{forget\_gate} \right)} \\
            g &= \operatorname{activation}{\left(\text{cell\_gate} \right)} \\
            o &= \operatorname{gate}{\left(\text{output\_gate} \right)} \\
            c_t &= c_{t-1} f + g i \\
            h_t &= o \tanh{\left(c_t \right)}
        \end{aligned}

    where every y is the response of a Yat neuron to all that it reads, joined to one vector x:

    .. math::
        y = \frac{\alpha \left(b + \langle w, x\rangle\right)^{2}}{\lVert w - x\rVert^2 +
            \varepsilon}

    Reference: Hochreiter and Schmidhuber (1997), Long Short-Term Memory.

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
        - hx: a tuple (h, c), each :math:`(N, H_\text{out})` or :math:`(H_\text{out})`. Zeros if it
            is left out.
        - Output: as ``hx``, in the dtype of the input (of autocast under it).

    Attributes:
        weight_ih: Shape (4 * hidden_size, input_size), initially a normal law of variance 2 /
            (fan_in + fan_out), truncated at two standard deviations for every gate.
        weight_hh: Shape (4 * hidden_size, hidden_size), initially a random orthogonal matrix for
            every gate.
        bias: Shape (4 * hidden_size,); None if left out.
        alpha: Shape (); None if left out.

    Before training, biases are such that i = 0.5, f = 0.9, g = 0, o = 0.5, for a state of zeros and
    an input of variance 1 that is orthogonal to the kernel.

    Raises:
        TypeError: An argument, the input or ``hx`` has the wrong type or dtype.
        ValueError: An argument is out of range, or the input has the wrong number of axes.
        RuntimeError: Input or ``hx`` has the wrong size.

    Examples::

        >>> cell = YatLSTMCell(10, 20)
        >>> x = torch.randn(6, 3, 10)
        >>> hx = (torch.zeros(3, 20), torch.zeros(3, 20))
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


class YatLSTM(RecurrentLayer):
    r"""Long short-term memory of Yat neurons.

    .. math::
        \begin{aligned}
            \text{input\_gate}, \text{forget\_gate}, \text{cell\_gate}, \text{output\_gate} &= y\left(\left[x_t, h_{t-1}\right]\right) \\
            i &= \operatorname{gate}{\left(\text{input\_gate} \right)} \\
            f &= \operatorname{gate}{\left(\text{forget\_gate} \right)} \\
            g &= \operatorname{activation}{\left(\text{cell\_gate} \right)} \\
            o &= \operatorname{gate}{\left(\text{output\_gate} \right)} \\
            c_t &= c_{t-1} f + g i \\
            h_t &= o \tanh{\left(c_t \right)}
        \end{aligned}

    where every y is the response of a Yat neuron to all that it reads, joined to one vector x:

    .. math::
        y = \frac{\alpha \left(b + \langle w, x\rangle\right)^{2}}{\lVert w - x\rVert^2 +
            \varepsilon}

    Reference: Hochreiter and Schmidhuber (1997), Long Short-Term Memory.

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
        - hx: a tuple (h, c), each :math:`(D \cdot \text{num\_layers}, N, H_\text{out})`, without N
            as the input is. Zeros if it is left out.
        - Output: a pair of the outputs of the last layer, of the shape of the input but for the
            last axis, which has length :math:`D \cdot H_\text{out}`, and the states after the last
            step, as ``hx``. In the dtype of the input (of autocast under it).

        :math:`D` is 2 with ``bidirectional`` and 1 without.

    Attributes:
        weight_ih_l[k]: Layer k: shape (4 * hidden_size, input_size), initially a normal law of
            variance 2 / (fan_in + fan_out), truncated at two standard deviations for every gate.
        weight_hh_l[k]: Layer k: shape (4 * hidden_size, hidden_size), initially a random orthogonal
            matrix for every gate.
        bias_l[k]: Layer k: shape (4 * hidden_size,); None if left out.
        alpha_l[k]: Layer k: shape (); None if left out.

    The input of layers above the first has ``D * hidden_size`` entries. Names of parameters of the
    second direction end in ``_reverse``.

    Before training, biases are such that i = 0.5, f = 0.9, g = 0, o = 0.5, for a state of zeros and
    an input of variance 1 that is orthogonal to the kernel.

    Raises:
        TypeError: An argument, the input or ``hx`` has the wrong type or dtype.
        ValueError: An argument is out of range, or the input has the wrong number of axes.
        RuntimeError: Input or ``hx`` has the wrong size, or there is no step.

    Examples::

        >>> layer = YatLSTM(10, 20, num_layers=2)
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
