# Generated from codegen/templates/linen/_recurrent.py.j2. Do not edit; run `make generate`.
"""What all recurrent cells and layers do."""

from typing import Any

import flax.linen as nn
import jax
import jax.numpy as jnp
from flax.core import meta
from flax.typing import Array, PRNGKey
from jax import lax

from nmn import _arguments
from nmn.linen import _numerics, _recurrence, _sequence

Carry = Any


class RecurrentCell(nn.RNNCellBase):
    """Subclasses add their attributes, parameters and equations."""

    def __call__(self, carry: Carry, inputs: Array) -> tuple[Carry, Array]:
        """One step.

        Args:
          carry: the state before the step, as ``initialize_carry`` returns it.
          inputs: the input of the step, of shape ``(*batch, in)``.

        Returns:
          The new carry, in the dtype of the carry unless that of outputs is wider, and the output,
          of shape ``(*batch, features)``.
        """
        _recurrence.check_carry(carry, self._states, self.features)
        inputs, weights = self._promoted(inputs)
        carry = jax.tree.map(lambda s: s.astype(jnp.promote_types(s.dtype, weights.dtype)), carry)
        return _recurrence.step(self, weights, carry, _recurrence.project(self, weights, inputs))

    @nn.nowrap
    def initialize_carry(self, rng: PRNGKey, input_shape: tuple[int, ...]) -> Carry:
        """Initialize the carry.

        Args:
          rng: random number generator passed to ``carry_init``.
          input_shape: the shape of the input of one step.

        Returns:
          The carry before the first step, in the dtype of the parameters.
        """
        shape = (*input_shape[:-1], self.features)
        if len(self._states) == 1:
            return self.carry_init(rng, shape, self.param_dtype)
        keys = jax.random.split(rng, len(self._states))
        return tuple(self.carry_init(key, shape, self.param_dtype) for key in keys)

    @property
    def num_feature_axes(self) -> int:
        """The number of axes of one input that are not of the batch."""
        return 1

    def _promoted(self, inputs: Array) -> tuple[Array, _recurrence.Weights]:
        """Inputs and parameters in one dtype."""
        if jnp.ndim(inputs) == 0:
            raise ValueError("input must have at least one axis, got a scalar")
        _numerics.check_floating(inputs)
        if self.has_variable("params", "kernel"):
            kernel = meta.unbox(self.get_variable("params", "kernel"))
            _arguments.check_last_axis(inputs.shape, len(kernel))
        return self._prepare(inputs)

    @nn.nowrap
    def _product(self, x: Array, kernel: Array) -> Array:
        dot_general = self.dot_general or lax.dot_general
        return _numerics.dense(x, kernel, self.precision, dot_general)

    @nn.nowrap
    def _scan(self, *sequence: Any, **options: Any) -> tuple[Carry, Array]:
        return _recurrence.scan(self, *sequence, **options)


class RecurrentLayer(nn.Module):
    """Subclasses add their attributes, which are those of their cell and of ``nn.RNN``."""

    @nn.compact
    def __call__(
        self,
        inputs: Array,
        *,
        initial_carry: Carry | None = None,
        init_key: PRNGKey | None = None,
        seq_lengths: Array | None = None,
        return_carry: bool | None = None,
        time_major: bool | None = None,
        reverse: bool | None = None,
        keep_order: bool | None = None,
    ) -> Array | tuple[Carry, Array]:
        """Applies the cell to all steps of the inputs.

        Args:
          inputs: shape ``(*batch, time, in)``, or ``(time, *batch, in)`` if ``time_major``.
          initial_carry: the carry before the first step. Default: that of the cell's
            ``initialize_carry``.
          init_key: key for ``initialize_carry``. Default: ``jax.random.key(0)``.
          seq_lengths: integers of shape ``(*batch,)``: how many steps of each sequence are real.
            Steps beyond do not change the carry, and their outputs are zeros.
          return_carry: overrides the attribute.
          time_major: overrides the attribute.
          reverse: overrides the attribute.
          keep_order: overrides the attribute.

        Returns:
          The outputs, of shape ``(*batch, time, features)``, or ``(time, *batch, features)`` if
          ``time_major``; with ``return_carry``, the carry after the last real step and the outputs.
        """
        return_carry = self.return_carry if return_carry is None else return_carry
        time_major = self.time_major if time_major is None else time_major
        cell = self.make_cell(name="cell")
        _sequence.check_inputs(inputs, seq_lengths, time_major)
        carry = initial_carry
        if carry is None:
            key = jax.random.key(0) if init_key is None else init_key
            carry = cell.initialize_carry(key, _sequence.step_shape(inputs, time_major))
        _recurrence.check_carry(carry, cell._states, self.features)
        inputs, is_real = _sequence.real_inputs(inputs, seq_lengths, time_major)
        inputs, weights = cell._promoted(inputs)
        carry, outputs = _sequence.run(
            cell,
            cell._scan,
            weights,
            inputs,
            carry,
            is_real,
            time_major=time_major,
            reverse=self.reverse if reverse is None else reverse,
            keep_order=self.keep_order if keep_order is None else keep_order,
            unroll=self.unroll,
        )
        return (carry, outputs) if return_carry else outputs
