"""Dense layers in eager TensorFlow."""

from collections.abc import Callable, Mapping

import tensorflow as tf

from benchmarks.timing import Step, report
from nmn.tf import YatNMN


def contenders(batch: int, inputs: int, units: int) -> Mapping[str, Step]:
    """Dense + gelu and the layer."""
    x = tf.Variable(tf.random.normal((batch, inputs)))
    kernel = tf.Variable(tf.random.normal((inputs, units)) / inputs**0.5)
    bias = tf.Variable(tf.zeros(units))
    upstream = tf.random.normal((batch, units))
    layer = YatNMN(units)
    layer(x)

    def step(function: Callable[[], tf.Tensor], variables: tuple[tf.Variable, ...]) -> object:
        with tf.GradientTape() as tape:
            output = function()
        return [g.numpy() for g in tape.gradient(output, [x, *variables], upstream)][-1]

    return {
        "Dense + gelu": lambda: step(lambda: tf.nn.gelu(x @ kernel + bias), (kernel, bias)),
        "YatNMN": lambda: step(lambda: layer(x), layer.trainable_variables),
    }


def main() -> None:
    """Print the table."""
    tf.config.threading.set_intra_op_parallelism_threads(2)
    report("TensorFlow eager", contenders)


if __name__ == "__main__":
    main()
