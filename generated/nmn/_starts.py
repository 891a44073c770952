# Generated from spec/cells. Do not edit; run `make generate`.
"""Biases with which cells begin, so that gates and candidates have chosen values.

A bias is computed from the neuron: its response is solved for the bias, at an input that is
orthogonal to the kernel. ‖x‖² is that of an input whose entries have variance 1 and of a state of
zeros, ‖w‖² the expected one of initial kernels.
"""

import math


def yat(response: float, sq_x: float, sq_w: float, epsilon: float) -> float:
    """The bias of a Yat neuron at which it responds by `response` to ⟨w, x⟩ = 0."""
    return math.sqrt(response) * math.sqrt(epsilon + sq_w + sq_x)


def yat_gru(inputs: int, units: int, epsilon: float) -> list[float]:
    """The bias of each response of YatGRU, for kernels of that many inputs and units."""
    return [
        yat(1, inputs, 3, epsilon),  # gates.reset
        yat(9, inputs, 3, epsilon),  # gates.update
        yat(1, inputs, 3, epsilon),  # candidate
    ]


def yat_lstm(inputs: int, units: int, epsilon: float) -> list[float]:
    """The bias of each response of YatLSTM, for kernels of that many inputs and units."""
    return [
        yat(1, inputs, 3, epsilon),  # gates.input_gate
        yat(9, inputs, 3, epsilon),  # gates.forget_gate
        yat(1, inputs, 3, epsilon),  # gates.cell_gate
        yat(1, inputs, 3, epsilon),  # gates.output_gate
    ]


def yat_min_gru(inputs: int, units: int, epsilon: float) -> list[float]:
    """The bias of each response of YatMinGRU, for kernels of that many inputs and units."""
    return [
        yat(0.111111111111, inputs, 2, epsilon),  # gates.update
        yat(1, inputs, 2, epsilon),  # gates.candidate
    ]


def yat_min_lstm(inputs: int, units: int, epsilon: float) -> list[float]:
    """The bias of each response of YatMinLSTM, for kernels of that many inputs and units."""
    return [
        yat(9, inputs, 2, epsilon),  # gates.forget_gate
        yat(0.111111111111, inputs, 2, epsilon),  # gates.input_gate
        yat(1, inputs, 2, epsilon),  # gates.candidate
    ]


def yat_rnn(inputs: int, units: int, epsilon: float) -> list[float]:
    """The bias of each response of YatRNN, for kernels of that many inputs and units."""
    return [
        yat(1, inputs, 3, epsilon),  # hidden
    ]


def yat_sum_gru(inputs: int, units: int, epsilon: float) -> list[float]:
    """The bias of each response of YatSumGRU, for kernels of that many inputs and units."""
    return [
        yat(0.5, inputs, 2, epsilon),  # input_gates.reset
        yat(4.5, inputs, 2, epsilon),  # input_gates.update
        yat(0.5, inputs, 2, epsilon),  # input_gates.candidate
        yat(0.5, 0, 1, epsilon),  # state_gates.reset
        yat(4.5, 0, 1, epsilon),  # state_gates.update
        yat(0.5, 0, 1, epsilon),  # state_candidate
    ]
