"""The recurrent networks in PyTorch."""

import math
import time

import numpy as np
import torch
from torch import Tensor, nn

import nmn.torch
from examples.recurrent import CLIP, EMBEDDING, Run, Task


class Network(nn.Module):
    """Characters or numbers, a recurrent layer, logits of every step or of the whole sequence."""

    def __init__(self, task: Task, model: str, hidden: int) -> None:
        super().__init__()
        self.embedding = nn.Embedding(task.classes, EMBEDDING) if task.of_characters else None
        layer = getattr(nmn.torch if model.startswith("Yat") else nn, model)
        self.recurrent = layer(EMBEDDING if task.of_characters else 1, hidden, batch_first=True)
        self.head = nn.Linear(hidden, task.classes)

    def forward(self, x: Tensor) -> Tensor:
        """Logits; a sequence with a single label is judged by its mean output."""
        if self.embedding is None:
            return self.head(self.recurrent(x)[0].mean(1))
        return self.head(self.recurrent(self.embedding(x))[0])


def count(task: Task, model: str, hidden: int) -> int:
    """Parameters of the whole network."""
    return sum(p.numel() for p in Network(task, model, hidden).parameters())


def bits(logits: Tensor, y: Tensor) -> Tensor:
    """Mean cross-entropy in bits."""
    return nn.functional.cross_entropy(logits.flatten(0, -2), y.flatten().long()) / math.log(2)


def train(task: Task, model: str, hidden: int, rates: tuple[float, ...]) -> list[Run]:
    """One run for every learning rate, from the same initial weights."""
    return [_run(task, model, hidden, rate) for rate in rates]


def _run(task: Task, model: str, hidden: int, rate: float) -> Run:
    torch.manual_seed(0)
    network = Network(task, model, hidden)
    optimizer = torch.optim.Adam(network.parameters(), lr=rate)
    losses, seconds = [], []
    for x, y in zip(torch.from_numpy(task.x), torch.from_numpy(task.y), strict=True):
        start = time.perf_counter()
        loss = bits(network(x), y)
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(network.parameters(), CLIP)
        optimizer.step()
        losses.append(loss.item())
        seconds.append(time.perf_counter() - start)
    with torch.no_grad():
        logits, y = network(torch.from_numpy(task.test_x)), torch.from_numpy(task.test_y)
        accuracy = (logits.argmax(-1) == y).double().mean().item()
        return Run(rate, losses, bits(logits, y).item(), accuracy, float(np.median(seconds)))
