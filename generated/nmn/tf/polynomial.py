# Generated from spec/layers/polynomial.yaml. Do not edit; run `make generate`.
"""Dense layer of polynomial neurons."""

from collections.abc import Callable, Sequence

import tensorflow as tf

from nmn import _arguments
from nmn.tf import _numerics
from nmn.tf.neurons.polynomial import polynomial

Initializer = Callable[[Sequence[int], tf.DType], tf.Tensor]


@tf.function(reduce_retracing=True, autograph=False)
def _dense_polynomial(
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
    dot, _, _ = _numerics.dense(x, kernel)
    return polynomial(dot, **trained, **constants)


class PolynomialNMN(tf.Module):
    r"""Dense layer of polynomial neurons; no activation follows it.

    $$y = \left(b + \langle w, x\rangle \gamma\right)^{degree}$$

    for every column w of `kernel`. Variables are created by the first call.

    Reference: Poggio (1975), On optimal nonlinear associative recall.

    >>> layer = PolynomialNMN(4)
    >>> layer(tf.ones([2, 3])).shape
    TensorShape([2, 4])

    Attributes:
      kernel: Variable of shape [in, features], initially a normal law of variance 2 / (fan_in +
          fan_out), truncated at two standard deviations.
      bias: Shape (features,), or () with `scalar_bias`, initially ones; None if left out or
          constant.
      gamma: Shape (), initially ones; None if left out or constant.
    """

    def __init__(
        self,
        features: int,
        use_bias: bool = True,
        constant_bias: float | None = None,
        softplus_bias: bool = False,
        scalar_bias: bool = False,
        use_gamma: bool = True,
        constant_gamma: float | None = None,
        degree: int = 3,
        positive_init: bool = False,
        freeze_kernel: bool = False,
        weight_normalized: bool = False,
        spherical: bool = False,
        drop_rate: float = 0.0,
        kernel_initializer: Initializer | None = None,
        bias_initializer: Initializer | None = None,
        gamma_initializer: Initializer | None = None,
        dtype: tf.DType = tf.float32,
        name: str | None = None,
    ) -> None:
        """Creates the layer.

        Args:
          features: Number of units.
          use_bias: Whether the layer has `bias`. Added to the alignment before the power; products
              of all lower degrees appear with it.
          constant_bias: Hold `bias` at this number instead of training it.
          softplus_bias: Keep `bias` positive: the softplus of the stored array takes part.
          scalar_bias: Share one `bias` among all units.
          use_gamma: Whether the layer has `gamma`. Scale of the alignment.
          constant_gamma: Hold `gamma` at this number instead of training it.
          degree: The power. A whole number > 0.
          positive_init: Take absolute values of the initial kernel.
          freeze_kernel: Keep the kernel as initialised: it is not trained.
          weight_normalized: Divide every unit's kernel by its norm.
          spherical: Divide the input and every unit's kernel by their norms.
          drop_rate: DropConnect: probability in [0, 1) that an entry of the kernel is zero in a
              training step; the others are scaled by 1 / (1 - drop_rate).
          kernel_initializer: Initialiser of `kernel`. Default: a normal law of variance 2 / (fan_in
              + fan_out), truncated at two standard deviations.
          bias_initializer: Initialiser of `bias`. Default: ones.
          gamma_initializer: Initialiser of `gamma`. Default: ones.
          dtype: Dtype of variables and results; half precision is computed in float32.
          name: Name of the module.

        Raises:
          TypeError: An argument has the wrong type.
          ValueError: An argument is out of range.
        """
        super().__init__(name=name)
        self.features = _arguments.positive_integer("features", features)
        self.use_bias = use_bias
        self.constant_bias = _arguments.constant("constant_bias", constant_bias)
        self.softplus_bias = softplus_bias
        self.scalar_bias = scalar_bias
        self.use_gamma = use_gamma
        self.constant_gamma = _arguments.constant("constant_gamma", constant_gamma)
        self.degree = _arguments.positive_whole_number("degree", degree)
        self.positive_init = positive_init
        self.freeze_kernel = freeze_kernel
        self.weight_normalized = weight_normalized
        self.spherical = spherical
        self.drop_rate = _arguments.rate("drop_rate", drop_rate)
        self.kernel_initializer = kernel_initializer
        self.bias_initializer = bias_initializer
        self.gamma_initializer = gamma_initializer
        self.dtype = tf.as_dtype(dtype)
        self.kernel: tf.Variable | None = None
        self.bias: tf.Variable | None = None
        self.gamma: tf.Variable | None = None

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
            if self.use_bias and self.constant_bias is None:
                self.bias = tf.Variable(
                    (self.bias_initializer or tf.ones)(
                        [] if self.scalar_bias else [self.features], self.dtype
                    ),
                    name="bias",
                )
            if self.use_gamma and self.constant_gamma is None:
                self.gamma = tf.Variable(
                    (self.gamma_initializer or tf.ones)([], self.dtype), name="gamma"
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
            "bias": self._effective_bias(wide),
            "gamma": self._effective_gamma(wide),
            "degree": self._effective_degree(wide),
        }
        response = _dense_polynomial(*_numerics.graph_arguments(x, kernel, parameters))
        outputs = tf.cast(response, self.dtype)
        outputs.set_shape([*inputs.shape[:-1], self.features])
        return outputs

    def _effective_bias(self, dtype: tf.DType) -> tf.Tensor | float | None:
        if self.bias is None:
            return self.constant_bias
        bias = tf.cast(self.bias, dtype)
        return _numerics.softplus(bias) if self.softplus_bias else bias

    def _effective_gamma(self, dtype: tf.DType) -> tf.Tensor | float | None:
        if self.gamma is None:
            return self.constant_gamma
        return tf.cast(self.gamma, dtype)

    def _effective_degree(self, dtype: tf.DType) -> tf.Tensor | float:
        return self.degree
