"""The recurrent networks in Flax NNX."""

import math
import time

import jax
import numpy as np
import optax
from flax import nnx

import nmn.nnx
from examples.recurrent import CLIP, EMBEDDING, Run, Task

# The learning rate is a number that the state holds, so that all runs share one compilation.
adam = optax.chain(
    optax.clip_by_global_norm(CLIP), optax.inject_hyperparams(optax.adam)(learning_rate=0.0)
)


class Network(nnx.Module):
    """Characters or numbers, a recurrent layer, logits of every step or of the whole sequence."""

    def __init__(self, task: Task, model: str, hidden: int) -> None:
        rngs = nnx.Rngs(0)
        sizes = (EMBEDDING if task.of_characters else 1, hidden)
        self.embedding = (
            nnx.Embed(task.classes, EMBEDDING, rngs=rngs) if task.of_characters else None
        )
        if model.startswith("Yat"):
            self.recurrent = getattr(nmn.nnx, model)(*sizes, rngs=rngs)
        else:
            cell = {"GRU": nnx.GRUCell, "LSTM": nnx.OptimizedLSTMCell}[model]
            self.recurrent = nnx.RNN(cell(*sizes, rngs=rngs))
        self.head = nnx.Linear(hidden, task.classes, rngs=rngs)

    def __call__(self, x: jax.Array) -> jax.Array:
        """Logits; a sequence with a single label is judged by its mean output."""
        if self.embedding is None:
            return self.head(self.recurrent(x).mean(1))
        return self.head(self.recurrent(self.embedding(x)))


def count(task: Task, model: str, hidden: int) -> int:
    """Parameters of the whole network."""
    network = nnx.eval_shape(lambda: Network(task, model, hidden))
    return sum(p.size for p in jax.tree.leaves(nnx.state(network, nnx.Param)))


def bits(network: nnx.Module, x: jax.Array, y: jax.Array) -> tuple[jax.Array, jax.Array]:
    """Mean cross-entropy in bits, and the share of labels that are predicted."""
    logits = network(x)
    loss = optax.softmax_cross_entropy_with_integer_labels(logits, y).mean() / math.log(2)
    return loss, (logits.argmax(-1) == y).mean()


@nnx.jit
def step(network: nnx.Module, optimizer: nnx.Optimizer, x: jax.Array, y: jax.Array) -> jax.Array:
    """Train on a batch. Returns its loss."""
    (loss, _), gradients = nnx.value_and_grad(bits, has_aux=True)(network, x, y)
    optimizer.update(network, gradients)
    return loss


def train(task: Task, model: str, hidden: int, rates: tuple[float, ...]) -> list[Run]:
    """One run for every learning rate, from the same initial weights."""
    return [_run(task, model, hidden, rate) for rate in rates]


def _run(task: Task, model: str, hidden: int, rate: float) -> Run:
    network = Network(task, model, hidden)
    optimizer = nnx.Optimizer(network, adam, wrt=nnx.Param)
    optimizer.opt_state[1].hyperparams["learning_rate"][...] = rate
    losses, seconds = [], []
    for x, y in zip(task.x, task.y, strict=True):
        start = time.perf_counter()
        losses.append(float(step(network, optimizer, x, y)))
        seconds.append(time.perf_counter() - start)
    loss, accuracy = nnx.jit(bits)(network, task.test_x, task.test_y)
    return Run(rate, losses, float(loss), float(accuracy), float(np.median(seconds)))
