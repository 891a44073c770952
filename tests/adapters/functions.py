"""Functions of arrays: value and gradient in every framework."""

import importlib
import os
from collections.abc import Callable
from typing import Any

import numpy as np

from tests import subject

Array = np.ndarray
Found = tuple[Array, Array]
"""Value, and gradient of `sum(upstream * value)`."""


def function(framework: str, name: str) -> Callable[..., Any]:
    """The function itself."""
    found: Callable[..., Any] = getattr(subject.module(f"{framework}.squashers"), name)
    return found


def axis_argument(framework: str) -> str:
    """What the framework calls an axis."""
    return "dim" if framework == "torch" else "axis"


def evaluate(
    framework: str, name: str, x: Array, upstream: Array, dtype: str, **numbers: float
) -> Found:
    """Value and gradient for an array of `dtype`."""
    engine = _engine(framework)
    run = {"torch": _torch, "tensorflow": _tensorflow}.get(engine, _jax)
    called = function(framework, name)
    return run(lambda array: called(array, **numbers), x, upstream, dtype)


def _engine(framework: str) -> str:
    """What computes and differentiates."""
    return {"keras": os.environ.get("KERAS_BACKEND", ""), "tf": "tensorflow"}.get(
        framework, framework
    )


def _torch(called: Callable[[Any], Any], x: Array, upstream: Array, dtype: str) -> Found:
    torch = importlib.import_module("torch")
    given = torch.tensor(x, dtype=getattr(torch, dtype), requires_grad=True)
    value = called(given)
    assert value.dtype == given.dtype
    (gradient,) = torch.autograd.grad(value, given, torch.tensor(upstream, dtype=value.dtype))
    return value.detach().double().numpy(), gradient.double().numpy()


def _tensorflow(called: Callable[[Any], Any], x: Array, upstream: Array, dtype: str) -> Found:
    tf = importlib.import_module("tensorflow")
    given = tf.cast(x, dtype)
    with tf.GradientTape() as tape:
        tape.watch(given)
        value = called(given)
    assert value.dtype == given.dtype
    gradient = tape.gradient(value, given, tf.cast(upstream, dtype))
    return tf.cast(value, "float64").numpy(), tf.cast(gradient, "float64").numpy()


def _jax(called: Callable[[Any], Any], x: Array, upstream: Array, dtype: str) -> Found:
    jax = importlib.import_module("jax")
    given = jax.numpy.asarray(x, dtype)
    value, pull = jax.vjp(called, given)
    assert value.dtype == given.dtype
    (gradient,) = pull(jax.numpy.asarray(upstream, dtype))
    return np.asarray(value, np.float64), np.asarray(gradient, np.float64)


def curvature(framework: str, name: str, x: Array, upstream: Array, direction: Array) -> Array:
    """The derivative in a direction of the gradient of `sum(upstream * value)`, in float64."""
    engine, called = _engine(framework), function(framework, name)
    if engine == "torch":
        torch = importlib.import_module("torch")
        given = torch.tensor(x, requires_grad=True)
        value = (called(given) * torch.tensor(upstream)).sum()
        (gradient,) = torch.autograd.grad(value, given, create_graph=True)
        found = torch.autograd.grad((gradient * torch.tensor(direction)).sum(), given)[0]
    elif engine == "tensorflow":
        tf = importlib.import_module("tensorflow")
        given = tf.constant(x)
        with tf.GradientTape() as outer:
            outer.watch(given)
            with tf.GradientTape() as inner:
                inner.watch(given)
                value = tf.reduce_sum(called(given) * upstream)
            along = tf.reduce_sum(inner.gradient(value, given) * direction)
        found = outer.gradient(along, given)
    else:
        jax = importlib.import_module("jax")
        gradient = jax.grad(lambda array: (called(array) * upstream).sum())
        found = jax.jit(lambda array: jax.jvp(gradient, (array,), (direction,))[1])(x)
    return np.asarray(found)
