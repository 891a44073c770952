"""Convolutions in eager TensorFlow."""

from collections.abc import Callable, Mapping, Sequence

import keras
import tensorflow as tf

from benchmarks.timing import CONVOLUTIONS, IMAGES, Step, report
from nmn.tf import YatConv2D
from nmn.tf.neurons.yat import _response


def contenders(size: int, channels: int, units: int) -> Mapping[str, Step]:
    """Keras's Conv2D with gelu (eager), the neuron by plain operations, and the layer."""
    x = tf.Variable(tf.random.normal((IMAGES, size, size, channels)))
    upstream = tf.random.normal((IMAGES, size, size, units))
    convolution = keras.layers.Conv2D(units, 3, padding="same", activation="gelu")
    layer = YatConv2D(units, 3, padding="same")
    convolution(x)
    layer(x)
    variables = layer.trainable_variables

    def plain() -> tf.Tensor:
        """As the hand-written package computes it."""
        dot = tf.nn.conv2d(x, layer.kernel, 1, "SAME")
        ones = tf.ones((3, 3, channels, 1))
        sq_x = tf.nn.conv2d(tf.square(x), ones, 1, "SAME")
        sq_w = tf.reduce_sum(tf.square(layer.kernel), (0, 1, 2))
        return _response(dot, sq_x, sq_w, layer.bias, layer.alpha, layer.epsilon)

    def step(function: Callable[[], tf.Tensor], variables: Sequence[tf.Variable]) -> object:
        with tf.GradientTape() as tape:
            output = function()
        return tape.gradient(output, [x, *variables], upstream)

    own = [v.value for v in convolution.trainable_variables]
    compiled = tf.function(plain)
    return {
        "Conv2D + gelu": lambda: step(lambda: convolution(x), own),
        "plain": lambda: step(plain, variables),
        "plain in a graph": lambda: step(compiled, variables),
        "YatConv2D": lambda: step(lambda: layer(x), variables),
    }


def main() -> None:
    """Print the table."""
    tf.config.threading.set_intra_op_parallelism_threads(2)
    report("TensorFlow eager, 3×3", contenders, CONVOLUTIONS)


if __name__ == "__main__":
    main()
