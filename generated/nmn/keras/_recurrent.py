# Generated from codegen/templates/keras/_recurrent.py.j2. Do not edit; run `make generate`.
"""What the recurrent cells and layers have in common."""

import keras
from keras import initializers, ops

from nmn.keras import _activations, _loops, _numerics, _responses, _scan


class Cell(keras.Layer):
    """A cell whose subclasses say what the input contributes, and what a step makes of it.

    Between `project` and the new states everything is at least float32.
    """

    state_count = 1

    def __init__(self, units, **kwargs):
        super().__init__(**kwargs)
        self.units = units
        self.state_size = units if self.state_count == 1 else [units] * self.state_count
        self.output_size = units

    def call(self, inputs, states, training=False):
        is_nested = isinstance(states, (list, tuple))
        dtype = self.wide_dtype
        wide = [ops.cast(state, dtype) for state in (states if is_nested else [states])]
        weights = self.step_weights()
        multiply = _loops.product_with(weights["kernels"])
        output, new_states = self.step(self.project(inputs), wide, weights, multiply)
        output = ops.cast(output, self.compute_dtype)
        new_states = [ops.cast(state, self.compute_dtype) for state in new_states]
        return output, new_states if is_nested else new_states[0]

    def project(self, inputs):
        """A list of what the inputs of one step, or of all, contribute to its responses."""
        raise NotImplementedError

    def step_weights(self):
        """What steps take of the weights: "kernels" and "operands", by projection."""
        raise NotImplementedError

    def step(self, projected, states, weights, multiply):
        """The output and the new states, of what `project` returns for a step.

        `multiply` gives the product of vectors and the recurrent kernel of a projection, and adds
        what it is given.
        """
        raise NotImplementedError

    @property
    def is_closed(self):
        """Whether a step depends on nothing but what it is given, as any function may."""
        names = ("activation", "recurrent_activation")
        return all(_activations.is_known(getattr(self, name, None)) for name in names)

    @property
    def wide_dtype(self):
        """The dtype of responses."""
        return _numerics.wide_dtype(self.compute_dtype)

    def get_initial_state(self, batch_size=None):
        shape = (batch_size, self.units)
        return [ops.zeros(shape, dtype=self.compute_dtype) for _ in range(self.state_count)]


class RecurrentLayer(keras.layers.RNN):
    """Repeats a cell over the steps; what the inputs of all contribute is computed at once."""

    def inner_loop(self, sequences, initial_state, mask, training=False):
        mask = _single(mask)
        # Steps first: inputs are smaller than what they contribute.
        last, outputs, states = _loops.run(
            self.cell.step,
            self.cell.project(ops.swapaxes(sequences, 0, 1)),
            self._wide_states(initial_state),
            self.cell.step_weights(),
            None if mask is None else ops.swapaxes(mask, 0, 1),
            self.go_backwards,
            self.unroll,
            self.zero_output_for_mask,
            self.cell.is_closed,
        )
        return last, ops.swapaxes(outputs, 0, 1), states

    def _wide_states(self, states):
        states = states if isinstance(states, (list, tuple)) else [states]
        states = [ops.cast(state, self.cell.wide_dtype) for state in states]
        if self.stateful and keras.backend.backend() == "torch":
            # The states are assigned to in place, before gradients have been computed.
            states = [ops.copy(state) for state in states]
        return states

    def get_config(self):
        config = super().get_config()
        del config["cell"]
        own = self.cell.get_config()
        arguments = {key: own[key] for key in own.keys() - {"name", "trainable", "dtype"}}
        regularizer = keras.regularizers.serialize(self.activity_regularizer)
        return {**config, **arguments, "activity_regularizer": regularizer}

    @classmethod
    def from_config(cls, config):
        return cls(**config)


class ParallelLayer(RecurrentLayer):
    """Computes all steps by one scan, for a cell whose `all_steps` can."""

    def inner_loop(self, sequences, initial_state, mask, training=False):
        if self.unroll:
            return super().inner_loop(sequences, initial_state, mask, training)
        mask = _single(mask)
        if self.go_backwards:
            sequences = ops.flip(sequences, axis=1)
            mask = None if mask is None else ops.flip(mask, axis=1)
        if mask is not None:
            mask = ops.expand_dims(ops.cast(mask, "bool"), axis=-1)
        outputs, states = self.cell.all_steps(
            self.cell.project(sequences), self._wide_states(initial_state), mask
        )
        if mask is not None:
            given_out = mask if self.zero_output_for_mask else _scan.any_before(mask)
            outputs = ops.where(given_out, outputs, ops.zeros_like(outputs))
        return outputs[:, -1], outputs, states


class Blocks(initializers.Initializer):
    """Numbers, each of which fills as many entries as there are units.

    `order` tells at which places the numbers stand, block by block.
    """

    def __init__(self, values, units, order=None):
        self.values = values if order is None else [values[place] for place in order]
        self.units = units

    def __call__(self, shape, dtype=None):
        return ops.repeat(ops.convert_to_tensor(self.values, dtype=dtype), self.units)


class SideBySide(initializers.Initializer):
    """Kernels of several gates, each drawn by itself."""

    def __init__(self, initializer, blocks):
        self.initializer = initializer
        self.blocks = blocks

    def __call__(self, shape, dtype=None):
        # Other initializers, which may hold a kernel, see the shape that is stored.
        laws = (initializers.VarianceScaling, initializers.Orthogonal)
        if not isinstance(self.initializer, laws):
            return self.initializer(shape, dtype=dtype)
        rows, columns = shape
        shape = (rows, columns // self.blocks)
        wide = _numerics.wide_dtype(dtype or keras.config.floatx())
        kernels = [_numerics.initialize(law, shape, wide) for law in self._laws()]
        return ops.cast(ops.concatenate(kernels, axis=-1), dtype)

    def _laws(self):
        """The law with a seed for each block: one seed draws the same numbers every time."""
        seed = self.initializer.seed
        if not isinstance(seed, int):
            return [self.initializer] * self.blocks
        config = self.initializer.get_config()
        make = type(self.initializer).from_config
        return [make({**config, "seed": seed + block}) for block in range(self.blocks)]


def responses(neuron, primitives, x, kernel, /, **settings):
    """Those of `_responses.dense`, to the inputs of all steps."""
    neuron = _responses.of_products(neuron)
    if keras.backend.backend() == "jax":
        # Reading what they are made of takes longer than computing it again.
        neuron = keras.remat(neuron)
    return _responses.dense(neuron, primitives, x, kernel, **settings)


def sq_norm(vectors):
    """‖·‖² along the last axis, which stays."""
    return ops.sum(ops.square(vectors), axis=-1, keepdims=True)


def _single(mask):
    return mask[0] if isinstance(mask, (list, tuple)) else mask
