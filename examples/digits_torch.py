"""The digits network in PyTorch."""

import numpy as np
import torch
from torch import nn

from examples.digits import EPSILON, LEARNING_RATE, MOMENTUM, WIDTHS, Data, Weights
from nmn.torch import YatNMN
from nmn.weights import load_canonical


def train(data: Data, weights: Weights) -> tuple[list[float], np.ndarray]:
    """Losses of every step, and logits of the test set."""
    layers = [
        load_canonical(YatNMN(inputs, units, epsilon=EPSILON), arrays)
        for inputs, units, arrays in zip(WIDTHS, WIDTHS[1:], weights, strict=False)
    ]
    model = nn.Sequential(*layers)
    optimizer = torch.optim.SGD(model.parameters(), lr=LEARNING_RATE, momentum=MOMENTUM)
    x, y = torch.from_numpy(data.train_x), torch.from_numpy(data.train_y)
    losses = []
    for indices in torch.from_numpy(data.order).flatten(0, 1):
        loss = nn.functional.cross_entropy(model(x[indices]), y[indices])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    with torch.no_grad():
        return losses, model(torch.from_numpy(data.test_x)).numpy()
