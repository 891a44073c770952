"""Dense layers in eager TensorFlow."""

from collections.abc import Callable, Mapping, Sequence

import keras
import tensorflow as tf

from benchmarks.timing import Step, report
from nmn.tf import YatNMN


def contenders(batch: int, inputs: int, units: int) -> Mapping[str, Step]:
    """Keras's Dense with gelu (eager), the same by three operations, and the layer."""
    x = tf.Variable(tf.random.normal((batch, inputs)))
    kernel = tf.Variable(tf.random.normal((inputs, units)) / inputs**0.5)
    bias = tf.Variable(tf.zeros(units))
    upstream = tf.random.normal((batch, units))
    dense = keras.layers.Dense(units, activation="gelu")
    layer = YatNMN(units)
    dense(x)
    layer(x)

    def step(function: Callable[[], tf.Tensor], variables: Sequence[tf.Variable]) -> object:
        with tf.GradientTape() as tape:
            output = function()
        return tape.gradient(output, [x, *variables], upstream)

    own = [v.value for v in dense.trainable_variables]
    return {
        "Dense + gelu": lambda: step(lambda: dense(x), own),
        "matmul, add, gelu": lambda: step(lambda: tf.nn.gelu(x @ kernel + bias), (kernel, bias)),
        "YatNMN": lambda: step(lambda: layer(x), layer.trainable_variables),
    }


def main() -> None:
    """Print the table."""
    tf.config.threading.set_intra_op_parallelism_threads(2)
    report("TensorFlow eager", contenders)


if __name__ == "__main__":
    main()
