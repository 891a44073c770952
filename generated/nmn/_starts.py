# Generated from spec/cells. Do not edit; run `make generate`.
"""Where the parameters of cells begin, so that gates and candidates have chosen values.

A bias is computed from the neuron: its response is solved for the bias, at an input that is
orthogonal to the kernel. ‖x‖² is that of an input whose entries have variance 1 and of a state of
zeros, ‖w‖² the expected one of initial kernels.
"""

import math


def yat(response: float, sq_x: float, sq_w: float, alpha: float, epsilon: float) -> float:
    """The bias of a Yat neuron at which it responds by `response` to ⟨w, x⟩ = 0."""
    return math.sqrt(response) * math.sqrt(epsilon + sq_w + sq_x) / math.sqrt(alpha)


def yat_gru_bias(inputs: int, units: int, alpha: float, epsilon: float) -> list[float]:
    """The bias of each response of YatGRU, for kernels of that many inputs and units."""
    return [
        yat(1, inputs, 2 * inputs / (inputs + units) + 1, alpha, epsilon),  # gates.reset
        yat(9, inputs, 2 * inputs / (inputs + units) + 1, alpha, epsilon),  # gates.update
        yat(1, inputs, 2 * inputs / (inputs + units) + 1, alpha, epsilon),  # candidate
    ]


def yat_gru_alpha(inputs: int, units: int) -> float:
    """The alpha of YatGRU, for kernels of that many inputs and units."""
    sq_x = inputs
    sq_w = 2 * inputs / (inputs + units) + 1
    return (sq_x + sq_w) / 2


def yat_lstm_bias(inputs: int, units: int, alpha: float, epsilon: float) -> list[float]:
    """The bias of each response of YatLSTM, for kernels of that many inputs and units."""
    return [
        yat(1, inputs, 2 * inputs / (inputs + units) + 1, alpha, epsilon),  # gates.input_gate
        yat(9, inputs, 2 * inputs / (inputs + units) + 1, alpha, epsilon),  # gates.forget_gate
        yat(1, inputs, 2 * inputs / (inputs + units) + 1, alpha, epsilon),  # gates.cell_gate
        yat(1, inputs, 2 * inputs / (inputs + units) + 1, alpha, epsilon),  # gates.output_gate
    ]


def yat_lstm_alpha(inputs: int, units: int) -> float:
    """The alpha of YatLSTM, for kernels of that many inputs and units."""
    sq_x = inputs
    sq_w = 2 * inputs / (inputs + units) + 1
    return (sq_x + sq_w) / 2


def yat_min_gru_bias(inputs: int, units: int, alpha: float, epsilon: float) -> list[float]:
    """The bias of each response of YatMinGRU, for kernels of that many inputs and units."""
    return [
        yat(0.111111111111, inputs, 2 * inputs / (inputs + units), alpha, epsilon),  # gates.update
        yat(1, inputs, 2 * inputs / (inputs + units), alpha, epsilon),  # gates.candidate
    ]


def yat_min_gru_alpha(inputs: int, units: int) -> float:
    """The alpha of YatMinGRU, for kernels of that many inputs and units."""
    sq_x = inputs
    sq_w = 2 * inputs / (inputs + units)
    return (sq_x + sq_w) / 18


def yat_min_lstm_bias(inputs: int, units: int, alpha: float, epsilon: float) -> list[float]:
    """The bias of each response of YatMinLSTM, for kernels of that many inputs and units."""
    return [
        yat(9, inputs, 2 * inputs / (inputs + units), alpha, epsilon),  # gates.forget_gate
        yat(
            0.111111111111, inputs, 2 * inputs / (inputs + units), alpha, epsilon
        ),  # gates.input_gate
        yat(1, inputs, 2 * inputs / (inputs + units), alpha, epsilon),  # gates.candidate
    ]


def yat_min_lstm_alpha(inputs: int, units: int) -> float:
    """The alpha of YatMinLSTM, for kernels of that many inputs and units."""
    sq_x = inputs
    sq_w = 2 * inputs / (inputs + units)
    return (sq_x + sq_w) / 18


def yat_rnn_bias(inputs: int, units: int, alpha: float, epsilon: float) -> list[float]:
    """The bias of each response of YatRNN, for kernels of that many inputs and units."""
    return [
        yat(1, inputs, 2 * inputs / (inputs + units) + 1, alpha, epsilon),  # hidden
    ]


def yat_rnn_alpha(inputs: int, units: int) -> float:
    """The alpha of YatRNN, for kernels of that many inputs and units."""
    sq_x = inputs
    sq_w = 2 * inputs / (inputs + units) + 1
    return (sq_x + sq_w) / 2


def yat_sum_gru_bias(inputs: int, units: int, alpha: float, epsilon: float) -> list[float]:
    """The bias of each response of YatSumGRU, for kernels of that many inputs and units."""
    return [
        yat(0.5, inputs, 2 * inputs / (inputs + units), alpha, epsilon),  # input_gates.reset
        yat(4.5, inputs, 2 * inputs / (inputs + units), alpha, epsilon),  # input_gates.update
        yat(0.5, inputs, 2 * inputs / (inputs + units), alpha, epsilon),  # input_gates.candidate
        yat(0.5, 0, 1, alpha, epsilon),  # state_gates.reset
        yat(4.5, 0, 1, alpha, epsilon),  # state_gates.update
        yat(0.5, 0, 1, alpha, epsilon),  # state_candidate
    ]


def yat_sum_gru_alpha(inputs: int, units: int) -> float:
    """The alpha of YatSumGRU, for kernels of that many inputs and units."""
    return 4
