# Generated from spec/cells/yat_min_gru.yaml. Do not edit; run `make generate`.
"""Minimal gated recurrent unit of Yat neurons, whose gate does not see the state."""

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
        "weight_ih": (2 * units, inputs),
        "bias": (2 * units,),
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
        alpha_start = _starts.yat_min_gru_alpha(inputs, units)
        init.constant_(alpha, alpha_start)
    if bias is not None:
        starts = _starts.yat_min_gru_bias(inputs, units, alpha_start, epsilon)
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
    update, candidate = gates.chunk(2, -1)
    z = gate(update)
    n = activation(candidate)
    h_coefficient = 1 - z
    h_addition = n * z
    new_h = linear_scan(h_coefficient, h_addition, h)
    return new_h, (new_h[-1],)


def _write_additions(
    update_share: Tensor,
    update_complement: Tensor,
    candidate_complement: Tensor,
    h_addition: Tensor,
) -> tuple[Tensor, ...]:
    """What is added to states in a block of rows, and what they are multiplied with before."""
    torch.addcmul(update_share, update_share, candidate_complement, value=-2, out=h_addition)
    return (update_complement,)


def _write_gradients(
    update_share: Tensor,
    update_complement: Tensor,
    candidate_complement: Tensor,
    h: Tensor,
    grad_h: Tensor,
) -> None:
    """Replace complements in a block of rows by gradients of responses.

    States are those before a step, their gradients those after it.
    """
    grad_candidate = update_share.mul_(candidate_complement).mul_(candidate_complement)
    grad_candidate = grad_candidate.mul_(grad_h)
    update_complement.square_()
    value = torch.add(h, candidate_complement, alpha=2, out=candidate_complement)
    update_complement.addcmul_(update_complement, value, value=-1).mul_(grad_h)
    torch.mul(grad_candidate, 2, out=candidate_complement)


_PARALLEL = Parallel(
    yat,
    counts=(),
    responses=2,
    shares=(0,),
    states=1,
    output=0,
    values=0,
    write_additions=_write_additions,
    write_gradients=_write_gradients,
    scratch=(0, 0),
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


class YatMinGRUCell(RecurrentCell):
    r"""One step of :class:`YatMinGRU`.

    .. math::
        \begin{aligned}
            \text{update}, \text{candidate} &= y\left(x_t\right) \\
            z &= \operatorname{gate}{\left(\text{update} \right)} \\
            n &= \operatorname{activation}{\left(\text{candidate} \right)} \\
            h_t &= h_{t-1} \left(1 - z\right) + n z
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
        weight_ih: Shape (2 * hidden_size, input_size), initially a normal law of variance 2 /
            (fan_in + fan_out), truncated at two standard deviations for every gate.
        bias: Shape (2 * hidden_size,); None if left out.
        alpha: Shape (); None if left out.

    Before training, biases are such that z = 0.1, n = 0, for a state of zeros and an input of
    variance 1 that is orthogonal to the kernel.

    Raises:
        TypeError: An argument, the input or ``hx`` has the wrong type or dtype.
        ValueError: An argument is out of range, or the input has the wrong number of axes.
        RuntimeError: Input or ``hx`` has the wrong size.

    Examples::

        >>> cell = YatMinGRUCell(10, 20)
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
        weight_ih_l[k]: Layer k: shape (2 * hidden_size, input_size), initially a normal law of
            variance 2 / (fan_in + fan_out), truncated at two standard deviations for every gate.
        bias_l[k]: Layer k: shape (2 * hidden_size,); None if left out.
        alpha_l[k]: Layer k: shape (); None if left out.

    The input of layers above the first has ``D * hidden_size`` entries. Names of parameters of the
    second direction end in ``_reverse``.

    Before training, biases are such that z = 0.1, n = 0, for a state of zeros and an input of
    variance 1 that is orthogonal to the kernel.

    Raises:
        TypeError: An argument, the input or ``hx`` has the wrong type or dtype.
        ValueError: An argument is out of range, or the input has the wrong number of axes.
        RuntimeError: Input or ``hx`` has the wrong size, or there is no step.

    Examples::

        >>> layer = YatMinGRU(10, 20, num_layers=2)
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
