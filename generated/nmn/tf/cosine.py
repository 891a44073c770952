# Generated from spec/layers/cosine.yaml. Do not edit; run `make generate`.
"""Dense layer of cosine neurons."""

from collections.abc import Callable, Sequence

import tensorflow as tf

from nmn import _arguments
from nmn.tf import _numerics
from nmn.tf.neurons.cosine import cosine

Initializer = Callable[[Sequence[int], tf.DType], tf.Tensor]


@tf.function(reduce_retracing=True, autograph=False)
def _dense_cosine(
    x: tf.Tensor,
    kernel: tf.Tensor,
    trained: dict[str, tf.Tensor],
    constants: dict[str, tf.Tensor],
    ranks: tuple[int, ...],
) -> tf.Tensor:
    """The responses as one graph, in eager mode too.

    TensorFlow then dispatches one operation instead of some twenty, and reuses memory on the way.
    """
    constants = tf.nest.map_structure(tf.stop_gradient, constants)
    dot, sq_x, sq_w = _numerics.dense(x, kernel)
    return cosine(dot, sq_x, sq_w, **trained, **constants)


class CosineNMN(tf.Module):
    r"""Dense layer of cosine neurons; no activation follows it.

    $$y = \frac{\langle w, x\rangle}{\sqrt{\delta + \lVert w\rVert^2 \lVert x\rVert^2}}$$

    for every column w of `kernel`. Variables are created by the first call.

    Reference: Luo et al. (2018), Cosine normalization: using cosine similarity instead of dot
        product.

    >>> layer = CosineNMN(4)
    >>> layer(tf.ones([2, 3])).shape
    TensorShape([2, 4])

    Attributes:
      kernel: Variable of shape [in, features], initially a normal law of variance 2 / (fan_in +
          fan_out), truncated at two standard deviations.
      delta_param: Shape (): `delta` before softplus; None if `delta` is constant.
    """

    def __init__(
        self,
        features: int,
        delta: float = 1e-06,
        learnable_delta: bool = False,
        positive_init: bool = False,
        freeze_kernel: bool = False,
        weight_normalized: bool = False,
        spherical: bool = False,
        drop_rate: float = 0.0,
        kernel_initializer: Initializer | None = None,
        dtype: tf.DType = tf.float32,
        name: str | None = None,
    ) -> None:
        """Creates the layer.

        Args:
          features: Number of units.
          delta: Added to the product of the squared norms; keeps the response finite at x = 0. A
              number > 0.
          learnable_delta: Train `delta`, kept positive through softplus and starting from its
              value.
          positive_init: Take absolute values of the initial kernel.
          freeze_kernel: Keep the kernel as initialised: it is not trained.
          weight_normalized: Divide every unit's kernel by its norm.
          spherical: Divide the input and every unit's kernel by their norms.
          drop_rate: DropConnect: probability in [0, 1) that an entry of the kernel is zero in a
              training step; the others are scaled by 1 / (1 - drop_rate).
          kernel_initializer: Initialiser of `kernel`. Default: a normal law of variance 2 / (fan_in
              + fan_out), truncated at two standard deviations.
          dtype: Dtype of variables and results; half precision is computed in float32.
          name: Name of the module.

        Raises:
          TypeError: An argument has the wrong type.
          ValueError: An argument is out of range.
        """
        super().__init__(name=name)
        self.features = _arguments.positive_integer("features", features)
        self.delta = _arguments.positive_number("delta", delta)
        self.learnable_delta = learnable_delta
        self.positive_init = positive_init
        self.freeze_kernel = freeze_kernel
        self.weight_normalized = weight_normalized
        self.spherical = spherical
        self.drop_rate = _arguments.rate("drop_rate", drop_rate)
        self.kernel_initializer = kernel_initializer
        self.dtype = tf.as_dtype(dtype)
        self.kernel: tf.Variable | None = None
        self.delta_param: tf.Variable | None = None

    def build(self, in_features: int) -> None:
        """Creates the variables, for inputs whose last axis has length `in_features`."""
        if self.kernel is not None:
            return
        with tf.init_scope(), self.name_scope:
            shape = [in_features, self.features]
            if self.kernel_initializer is None:
                kernel = _numerics.variance_scaling(
                    shape, self.dtype, 1.0, "fan_avg", "truncated_normal"
                )
            else:
                kernel = self.kernel_initializer(shape, self.dtype)
            if self.positive_init:
                kernel = tf.abs(kernel)
            if self.learnable_delta:
                self.delta_param = tf.Variable(
                    tf.constant(_arguments.inverse_softplus(self.delta), self.dtype),
                    name="delta_param",
                )
            self.kernel = tf.Variable(kernel, trainable=not self.freeze_kernel, name="kernel")

    def __call__(self, inputs: tf.Tensor, training: bool = False) -> tf.Tensor:
        """Applies the layer to the last axis.

        Args:
          inputs: A floating-point tensor of shape `[..., in]`; cast to the layer's dtype.
          training: Whether DropConnect is active.

        Returns:
          A tensor of shape `[..., features]`, of the layer's dtype.

        Raises:
          TypeError: The input is not floating-point.
          ValueError: The input's last axis is unknown, or does not fit the kernel.
        """
        inputs = _numerics.to_floating(inputs, self.dtype)
        if inputs.shape.rank is None or inputs.shape.rank == 0 or inputs.shape[-1] is None:
            raise ValueError(f"input must have a last axis of known length, got {inputs.shape}")
        self.build(inputs.shape[-1])
        _arguments.check_last_axis(inputs.shape, self.kernel.shape[0])
        wide = _numerics.wide_dtype(self.dtype)
        x, kernel = tf.cast(inputs, wide), tf.cast(self.kernel, wide)
        if training and self.drop_rate:
            kernel = tf.nn.dropout(kernel, self.drop_rate)
        if self.spherical:
            x = _numerics.unit_norm(x, axis=-1)
        if self.spherical or self.weight_normalized:
            kernel = _numerics.unit_norm(kernel, axis=0)
        parameters = {
            "delta": self._effective_delta(wide),
        }
        response = _dense_cosine(*_numerics.graph_arguments(x, kernel, parameters))
        outputs = tf.cast(response, self.dtype)
        outputs.set_shape([*inputs.shape[:-1], self.features])
        return outputs

    def _effective_delta(self, dtype: tf.DType) -> tf.Tensor | float:
        if self.delta_param is None:
            return self.delta
        return _numerics.softplus(tf.cast(self.delta_param, dtype))
