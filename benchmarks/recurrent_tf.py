"""Recurrent layers in TensorFlow graphs, beside a plain GRU and Keras's."""

from collections.abc import Callable, Mapping, Sequence

import keras
import tensorflow as tf

import nmn.tf
from benchmarks.timing import Step, report

STEPS = 128
SHAPES = ((32, 64, 128),)
"""Batch, inputs, units."""
LAYERS = ("YatRNN", "YatGRU", "YatSumGRU", "YatLSTM", "YatMinGRU", "YatMinLSTM")


def contenders(batch: int, inputs: int, units: int) -> Mapping[str, Step]:
    """A loop over a GRU written by hand, Keras's GRU, and the layers."""
    x = tf.Variable(tf.random.normal((batch, STEPS, inputs)))
    upstream = tf.random.normal((batch, STEPS, units))

    def step(
        function: Callable[[tf.Tensor], tf.Tensor], variables: Sequence[tf.Variable]
    ) -> Callable[[], object]:
        @tf.function(autograph=False)
        def train() -> list[tf.Tensor]:
            with tf.GradientTape() as tape:
                output = function(x)
            return tape.gradient(output, [x, *variables], upstream)

        return lambda: [gradient.numpy() for gradient in train()]

    kernel = tf.Variable(tf.random.normal((inputs, 3 * units)) / inputs**0.5)
    recurrent = tf.Variable(tf.random.normal((units, 3 * units)) / units**0.5)
    biases = [tf.Variable(tf.zeros(3 * units)) for _ in range(2)]

    def plain(x: tf.Tensor) -> tf.Tensor:
        """As anyone would write it: the input's part at once, then `tf.while_loop`."""
        seen = tf.transpose(tf.tensordot(x, kernel, 1) + biases[0], [1, 0, 2])
        parts = tf.TensorArray(x.dtype, STEPS, element_shape=seen.shape[1:]).unstack(seen)
        outputs = tf.TensorArray(x.dtype, STEPS, element_shape=[batch, units])

        def body(
            time: tf.Tensor, h: tf.Tensor, outputs: tf.TensorArray
        ) -> tuple[tf.Tensor, tf.Tensor, tf.TensorArray]:
            update_x, reset_x, candidate_x = tf.split(parts.read(time), 3, -1)
            update_h, reset_h, candidate_h = tf.split(h @ recurrent + biases[1], 3, -1)
            z = tf.sigmoid(update_x + update_h)
            n = tf.tanh(candidate_x + tf.sigmoid(reset_x + reset_h) * candidate_h)
            new_h = (1 - z) * n + z * h
            return time + 1, new_h, outputs.write(time, new_h)

        first = (0, tf.zeros([batch, units]), outputs)
        _, _, outputs = tf.while_loop(
            lambda time, *_: time < STEPS, body, first, maximum_iterations=STEPS
        )
        return tf.transpose(outputs.stack(), [1, 0, 2])

    gru = keras.layers.GRU(units, return_sequences=True)
    gru(x)
    layers = {name: getattr(nmn.tf, name)(units) for name in LAYERS}
    for layer in layers.values():
        layer.build(inputs)
    return {
        "GRU by hand": step(plain, [kernel, recurrent, *biases]),
        "keras.layers.GRU": step(gru, [v.value for v in gru.trainable_variables]),
        **{
            name: step(lambda x, layer=layer: layer(x)[0], layer.trainable_variables)
            for name, layer in layers.items()
        },
    }


def main() -> None:
    """Print the table."""
    tf.config.threading.set_intra_op_parallelism_threads(2)
    report(f"TensorFlow graphs, {STEPS} steps", contenders, SHAPES)


if __name__ == "__main__":
    main()
