# Generated from spec/cells/yat_min_lstm.yaml. Do not edit; run `make generate`.
"""Minimal long short-term memory of Yat neurons, whose gates do not see the state."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor
from torch.nn import init

from nmn import _arguments, _starts
from nmn.torch import _numerics
from nmn.torch._closed_form import respond
from nmn.torch._contraction import Dense
from nmn.torch._parallel_blocks import Parallel
from nmn.torch._recurrent import RecurrentCell, RecurrentLayer
from nmn.torch._scan import linear_scan
from nmn.torch._sequences import Constants, Equations, States
from nmn.torch.neurons.yat import yat
from nmn.torch.squashers import soft_tanh, softer_sigmoid


def _shapes(inputs: int, units: int) -> dict[str, tuple[int, ...]]:
    """The arrays of one direction of one layer."""
    return {
        "weight_ih": (3 * units, inputs),
        "bias": (3 * units,),
        "alpha": (),
    }


def _initialise(
    inputs: int,
    units: int,
    weight_ih: Tensor,
    bias: Tensor | None,
    alpha: Tensor | None,
    epsilon: float,
) -> None:
    """Fill them in place: kernels gate by gate, biases such that gates begin where they should."""
    for block in weight_ih.split(units):
        _numerics.variance_scaling_(block, inputs, units, 1.0, "fan_avg", "truncated_normal")
    alpha_start = 1
    if alpha is not None:
        alpha_start = _starts.yat_min_lstm_alpha(inputs, units)
        init.constant_(alpha, alpha_start)
    if bias is not None:
        starts = _starts.yat_min_lstm_bias(inputs, units, alpha_start, epsilon)
        for block, start in zip(bias.split(units), starts, strict=True):
            init.constant_(block, start)


def _prepare(
    x: Tensor,
    weight_ih: Tensor,
    bias: Tensor | None,
    alpha: Tensor | None,
    epsilon: float,
) -> tuple[tuple[Tensor, ...], Constants]:
    """What steps need of rows of the input, and of the weights: for all steps at once."""
    gates_bias = bias
    gates = respond(yat, Dense(), x, weight_ih, gates_bias, alpha, epsilon)
    return (gates,), ()


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
    (gates,) = inputs
    forget_gate, input_gate, candidate = gates.chunk(3, -1)
    f = gate(forget_gate)
    i = gate(input_gate)
    n = activation(candidate)
    total = f + i + 1e-12
    h_coefficient = f / total
    h_addition = n * (i / total)
    new_h = linear_scan(h_coefficient, h_addition, h)
    return new_h, (new_h[-1],)


def _write_additions(
    forget_gate_share: Tensor,
    input_gate_share: Tensor,
    forget_gate_complement: Tensor,
    input_gate_complement: Tensor,
    candidate_complement: Tensor,
    total: Tensor,
    h_addition: Tensor,
    scratch_1: Tensor,
) -> tuple[Tensor, ...]:
    """What is added to states in a block of rows, and what they are multiplied with before; the
    gradient needs total, too."""
    torch.add(forget_gate_share, input_gate_share, out=total).add_(1e-12)
    h_coefficient = torch.div(forget_gate_share, total, out=scratch_1)
    torch.div(input_gate_share, total, out=h_addition)
    h_addition.addcmul_(h_addition, candidate_complement, value=-2)
    return (h_coefficient,)


def _write_gradients(
    forget_gate_share: Tensor,
    input_gate_share: Tensor,
    forget_gate_complement: Tensor,
    input_gate_complement: Tensor,
    candidate_complement: Tensor,
    total: Tensor,
    h: Tensor,
    grad_h: Tensor,
    scratch_1: Tensor,
    scratch_2: Tensor,
    scratch_3: Tensor,
) -> None:
    """Replace complements in a block of rows by gradients of responses.

    States are those before a step, their gradients those after it.
    """
    n = torch.add(1, candidate_complement, alpha=-2, out=scratch_1)
    inverse = torch.reciprocal(total, out=scratch_2)
    value_2 = forget_gate_share.mul_(h)
    value_3 = torch.mul(input_gate_share, n, out=scratch_3)
    value = value_2.add_(value_3)
    grad_total = value.mul_(grad_h).mul_(inverse).mul_(inverse).mul_(-1)
    grad_forget_gate = (
        torch.div(h, total, out=scratch_2)
        .mul_(grad_h)
        .add_(grad_total)
        .mul_(forget_gate_complement)
    )
    forget_gate_complement.mul_(grad_forget_gate)
    ratio_2 = torch.div(grad_h, total, out=scratch_2)
    value_7 = n.mul_(ratio_2)
    value_6 = value_7.add_(grad_total)
    grad_input_gate = value_6.mul_(input_gate_complement)
    input_gate_complement.mul_(grad_input_gate)
    ratio_3 = input_gate_share.div_(total)
    candidate_complement.square_().mul_(grad_h).mul_(ratio_3).mul_(2)


_PARALLEL = Parallel(
    yat,
    counts=(),
    responses=3,
    shares=(0, 1),
    states=1,
    output=0,
    values=1,
    write_additions=_write_additions,
    write_gradients=_write_gradients,
    scratch=(1, 3),
)


_EQUATIONS = Equations(
    states=("h",),
    shapes=_shapes,
    initialise=_initialise,
    weights=(
        "weight_ih",
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
    forward=None,
    backward=None,
    parallel=_PARALLEL,
)


class YatMinLSTMCell(RecurrentCell):
    r"""One step of :class:`YatMinLSTM`.

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
        y = \frac{\alpha \left(b + \langle w, x\rangle\right)^{2}}{\lVert w - x\rVert^2 +
            \varepsilon}

    Reference: Feng et al. (2024), Were RNNs All We Needed?.

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
        bias: Shape (3 * hidden_size,); None if left out.
        alpha: Shape (); None if left out.

    Before training, biases are such that f = 0.9, i = 0.1, n = 0, for a state of zeros and an input
    of variance 1 that is orthogonal to the kernel.

    Raises:
        TypeError: An argument, the input or ``hx`` has the wrong type or dtype.
        ValueError: An argument is out of range, or the input has the wrong number of axes.
        RuntimeError: Input or ``hx`` has the wrong size.

    Examples::

        >>> cell = YatMinLSTMCell(10, 20)
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
        y = \frac{\alpha \left(b + \langle w, x\rangle\right)^{2}}{\lVert w - x\rVert^2 +
            \varepsilon}

    Reference: Feng et al. (2024), Were RNNs All We Needed?.

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
        bias_l[k]: Layer k: shape (3 * hidden_size,); None if left out.
        alpha_l[k]: Layer k: shape (); None if left out.

    The input of layers above the first has ``D * hidden_size`` entries. Names of parameters of the
    second direction end in ``_reverse``.

    Before training, biases are such that f = 0.9, i = 0.1, n = 0, for a state of zeros and an input
    of variance 1 that is orthogonal to the kernel.

    Raises:
        TypeError: An argument, the input or ``hx`` has the wrong type or dtype.
        ValueError: An argument is out of range, or the input has the wrong number of axes.
        RuntimeError: Input or ``hx`` has the wrong size, or there is no step.

    Examples::

        >>> layer = YatMinLSTM(10, 20, num_layers=2)
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
