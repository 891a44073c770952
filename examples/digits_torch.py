"""The digits networks in PyTorch."""

from itertools import pairwise

import numpy as np
import torch
from torch import Tensor, nn

from examples.digits import EPSILON, LEARNING_RATE, MOMENTUM, Data, Layer, Weights
from nmn.torch import YatConv2d, YatNMN
from nmn.weights import load_canonical


def network(layers: tuple[Layer, ...], weights: Weights) -> nn.Sequential:
    """The layers with their weights, channels first."""
    modules: list[nn.Module] = []
    for layer, arrays in zip(layers, weights, strict=True):
        sizes = (layer.inputs, layer.units)
        if layer.kernel_size:
            module = YatConv2d(*sizes, layer.kernel_size, layer.stride, epsilon=EPSILON)
        else:
            module = YatNMN(*sizes, epsilon=EPSILON)
        modules.append(load_canonical(module, arrays))
    for i, (before, after) in enumerate(pairwise(layers)):
        if before.kernel_size and not after.kernel_size:
            modules.insert(i + 1, nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten()))
    return nn.Sequential(*modules)


def tensor(x: np.ndarray) -> Tensor:
    """Rows as they are, images with channels first."""
    return torch.from_numpy(np.moveaxis(x, -1, 1) if x.ndim == 4 else x)


def train(
    data: Data, layers: tuple[Layer, ...], weights: Weights
) -> tuple[list[float], np.ndarray]:
    """Losses of every step, and logits of the test set."""
    model = network(layers, weights)
    optimizer = torch.optim.SGD(model.parameters(), lr=LEARNING_RATE, momentum=MOMENTUM)
    x, y = tensor(data.train_x), torch.from_numpy(data.train_y)
    losses = []
    for indices in torch.from_numpy(data.order).flatten(0, 1):
        loss = nn.functional.cross_entropy(model(x[indices]), y[indices])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    with torch.no_grad():
        return losses, model(tensor(data.test_x)).numpy()
