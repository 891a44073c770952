# Generated from spec/cells/yat_rnn.yaml. Do not edit; run `make generate`.
"""Recurrent layer whose state is one Yat neuron's view of input and state."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor
from torch.nn import functional as F
from torch.nn import init

from nmn import _arguments, _starts
from nmn.torch import _numerics
from nmn.torch._projection import Projection, total
from nmn.torch._recurrent import RecurrentCell, RecurrentLayer
from nmn.torch._sequences import Constants, Equations, States, orthogonal_, sq_norm, sq_norms
from nmn.torch._through_time import Steps
from nmn.torch.neurons.yat import response, yat
from nmn.torch.squashers import soft_tanh


def _shapes(inputs: int, units: int) -> dict[str, tuple[int, ...]]:
    """The arrays of one direction of one layer."""
    return {
        "weight_ih": (units, inputs),
        "weight_hh": (units, units),
        "bias": (units,),
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
        alpha_start = _starts.yat_rnn_alpha(inputs, units)
        init.constant_(alpha, alpha_start)
    if bias is not None:
        starts = _starts.yat_rnn_bias(inputs, units, alpha_start, epsilon)
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
    hidden_bias = bias
    hidden_hh = weight_hh
    hidden_x = F.linear(x, weight_ih)
    hidden_sq_w = sq_norms(weight_ih) + sq_norms(hidden_hh)
    sq_x = sq_norm(x)
    return (hidden_x, sq_x), (hidden_hh, hidden_sq_w, hidden_bias, alpha, epsilon)


def _scan(
    inputs: Sequence[Tensor],
    states: States,
    constants: Constants,
    activation: Callable[[Tensor], Tensor],
) -> tuple[Tensor, States]:
    """Outputs of all steps, and the states after the last one.

    ``inputs`` and ``constants`` are from `_prepare`, the former as (steps, samples, …).
    """
    (h,) = states
    (
        hidden_hh,
        hidden_sq_w,
        hidden_bias,
        alpha,
        epsilon,
    ) = constants
    outputs = []
    for hidden_x, sq_x in zip(*(i.unbind(0) for i in inputs), strict=True):
        hidden = response(
            hidden_x + F.linear(h, hidden_hh),
            sq_x + sq_norm(h),
            hidden_sq_w,
            hidden_bias,
            alpha,
            epsilon,
        )
        new_h = activation(hidden)
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
        hidden_hh,
        hidden_sq_w,
        hidden_bias,
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
            hidden_hh,
            hidden_sq_w,
            (hidden_bias, alpha, epsilon),
            None if kept is None else kept[0:3],
            keep,
        ),
    )


def _forward(inputs: Sequence[Tensor], states: States, constants: Constants) -> Steps:
    """All steps in memory of their own; the backward pass finds there what it needs."""
    (h,) = states
    projections = [p.start() for p in _projections(inputs, constants)]
    (hidden_neurons,) = projections
    steps = len(inputs[0])
    kept = [array for p in projections for array in p.kept]
    kept += [h.new_empty(steps, *h.shape) for _ in range(1)]
    (new_h,) = (array.unbind(0) for array in kept[3:])
    hidden_share = hidden_neurons.response_steps
    number_0 = h.new_tensor(-1)
    for t in range(steps):
        hidden_neurons.respond(t, h)
        torch.add(number_0, hidden_share[t], alpha=2, out=new_h[t])
        h = new_h[t]
    return Steps(
        kept[3],
        (new_h[-1].clone(),),
        tuple(kept),
        (hidden_neurons.responses,),
        hidden_neurons.lowest,
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
    (hidden_neurons,) = projections
    (new_h,) = (array.unbind(0) for array in kept[3:])
    before_h = [states[0], *new_h[:-1]]
    grad_new_h = grad_states[0].clone()
    grad_h = torch.empty_like(grad_new_h)
    grad_hidden_share = torch.empty_like(hidden_neurons.responses[0])
    two = grad_h.new_tensor(2)
    for t in reversed(range(len(grad_outputs))):
        h = before_h[t]
        grad_new_h.add_(grad_outputs[t])
        torch.mul(grad_new_h, two, out=grad_hidden_share)
        hidden_neurons.differentiate(t, grad_hidden_share)
        hidden_neurons.add_to_source(t, h, grad_h, True)
        grad_new_h, grad_h = grad_h, grad_new_h
    of_hidden = hidden_neurons.finish(kept[3], states[0])
    return (
        (of_hidden.x, total(of_hidden.sq_x)),
        (grad_new_h,),
        (
            of_hidden.hh,
            of_hidden.sq_w,
            of_hidden.parameters[0],
            total(of_hidden.parameters[1]),
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
        "activation": soft_tanh,
    },
    prepare=_prepare,
    scan=_scan,
    forward=_forward,
    backward=_backward,
    parallel=None,
)


class YatRNNCell(RecurrentCell):
    r"""One step of :class:`YatRNN`.

    .. math::
        \begin{aligned}
            \text{hidden} &= y\left(\left[x_t, h_{t-1}\right]\right) \\
            h_t &= \operatorname{activation}{\left(\text{hidden} \right)}
        \end{aligned}

    where every y is the response of a Yat neuron to all that it reads, joined to one vector x:

    .. math::
        y = \frac{\alpha \left(b + \langle w, x\rangle\right)^{2}}{\lVert w - x\rVert^2 +
            \varepsilon}

    Reference: Elman (1990), Finding Structure in Time.

    Args:
        input_size: Length of the last axis of the input.
        hidden_size: Number of units, the length of the last axis of states.
        bias: Whether the layer has ``bias``. Added to the alignment ⟨w, x⟩, inside the square.
        device: Where the parameters live.
        dtype: Dtype of the parameters.
        alpha: Whether the layer has ``alpha``. Scale of the response.
        epsilon: Added to the squared distance; bounds the response where x = w. A number > 0.
        activation: What equations call activation. Default: :func:`soft_tanh` of ``squashers``.

    Shape:
        - Input: :math:`(N, H_\text{in})` or :math:`(H_\text{in})`.
        - hx: :math:`(N, H_\text{out})` or :math:`(H_\text{out})`. Zeros if it is left out.
        - Output: as ``hx``, in the dtype of the input (of autocast under it).

    Attributes:
        weight_ih: Shape (hidden_size, input_size), initially a normal law of variance 2 / (fan_in +
            fan_out), truncated at two standard deviations for every gate.
        weight_hh: Shape (hidden_size, hidden_size), initially a random orthogonal matrix for every
            gate.
        bias: Shape (hidden_size,); None if left out.
        alpha: Shape (); None if left out.

    Before training, biases are such that h = 0, for a state of zeros and an input of variance 1
    that is orthogonal to the kernel.

    Raises:
        TypeError: An argument, the input or ``hx`` has the wrong type or dtype.
        ValueError: An argument is out of range, or the input has the wrong number of axes.
        RuntimeError: Input or ``hx`` has the wrong size.

    Examples::

        >>> cell = YatRNNCell(10, 20)
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
        activation: Callable[[Tensor], Tensor] | None = None,
    ) -> None:
        super().__init__()
        self.input_size = _arguments.positive_integer("input_size", input_size)
        self.hidden_size = _arguments.positive_integer("hidden_size", hidden_size)
        self.epsilon = _arguments.positive_number("epsilon", epsilon)
        self.activation = activation

        self._create(
            {
                "bias": bias,
                "alpha": alpha,
            },
            device=device,
            dtype=dtype,
        )


class YatRNN(RecurrentLayer):
    r"""Recurrent layer whose state is one Yat neuron's view of input and state.

    .. math::
        \begin{aligned}
            \text{hidden} &= y\left(\left[x_t, h_{t-1}\right]\right) \\
            h_t &= \operatorname{activation}{\left(\text{hidden} \right)}
        \end{aligned}

    where every y is the response of a Yat neuron to all that it reads, joined to one vector x:

    .. math::
        y = \frac{\alpha \left(b + \langle w, x\rangle\right)^{2}}{\lVert w - x\rVert^2 +
            \varepsilon}

    Reference: Elman (1990), Finding Structure in Time.

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
        weight_ih_l[k]: Layer k: shape (hidden_size, input_size), initially a normal law of variance
            2 / (fan_in + fan_out), truncated at two standard deviations for every gate.
        weight_hh_l[k]: Layer k: shape (hidden_size, hidden_size), initially a random orthogonal
            matrix for every gate.
        bias_l[k]: Layer k: shape (hidden_size,); None if left out.
        alpha_l[k]: Layer k: shape (); None if left out.

    The input of layers above the first has ``D * hidden_size`` entries. Names of parameters of the
    second direction end in ``_reverse``.

    Before training, biases are such that h = 0, for a state of zeros and an input of variance 1
    that is orthogonal to the kernel.

    Raises:
        TypeError: An argument, the input or ``hx`` has the wrong type or dtype.
        ValueError: An argument is out of range, or the input has the wrong number of axes.
        RuntimeError: Input or ``hx`` has the wrong size, or there is no step.

    Examples::

        >>> layer = YatRNN(10, 20, num_layers=2)
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
        activation: Callable[[Tensor], Tensor] | None = None,
    ) -> None:
        super().__init__()
        self.input_size = _arguments.positive_integer("input_size", input_size)
        self.hidden_size = _arguments.positive_integer("hidden_size", hidden_size)
        self.epsilon = _arguments.positive_number("epsilon", epsilon)
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
