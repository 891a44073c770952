"""Recurrent layers for the tests of TensorFlow, and what is computed with them."""

from typing import Any

import pytest
import tensorflow as tf

import nmn.tf
from tests.conformance.tf_layers import normal, randomized

NAMES = ["YatRNN", "YatGRU", "YatSumGRU", "YatLSTM", "YatMinGRU", "YatMinLSTM"]
PARALLEL = ["YatMinGRU", "YatMinLSTM"]
LOOPS = [name for name in NAMES if name not in PARALLEL]
BATCH, TIME, INPUTS, FEATURES = 3, 5, 4, 2
UNKNOWN = tf.TensorSpec([None, None, INPUTS], tf.float64)

each = pytest.mark.parametrize("name", NAMES)
#: One of those that loop and one of those that scan, where the others do nothing else.
either = pytest.mark.parametrize("name", ["YatLSTM", "YatMinGRU"])


def built(name: str, features: int = FEATURES, **options: Any) -> tf.Module:
    """A layer or cell with random parameters."""
    made = getattr(nmn.tf, name)(features, **{"dtype": tf.float64, "epsilon": 0.1} | options)
    made.build(INPUTS)
    return randomized(made)


def twin(layer: tf.Module, **options: Any) -> tf.Module:
    """A layer with the same variables and other options."""
    other = built(type(layer).__name__, layer.cell.features, **options)
    for ours, theirs in zip(other.variables, layer.variables, strict=True):
        ours.assign(tf.cast(theirs, ours.dtype))
    return other


def sequences(batch: int = BATCH, time: int = TIME, seed: int = 1) -> tf.Tensor:
    return normal(batch, time, INPUTS, seed=seed, dtype=tf.float64)


def derivatives(layer: tf.Module, x: tf.Tensor, **options: Any) -> list[tf.Tensor]:
    """Outputs, the last state, and gradients of a sum that depends on every number of both."""
    with tf.GradientTape() as tape:
        tape.watch(x)
        results = tf.nest.flatten(layer(x, **options))
        loss = tf.add_n([tf.reduce_sum(tf.sin(result)) for result in results])
    return [*results, *tape.gradient(loss, [x, *layer.trainable_variables])]
