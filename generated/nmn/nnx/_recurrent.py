# Generated from codegen/templates/nnx/_recurrent.py.j2. Do not edit; run `make generate`.
"""What all recurrent cells and layers do."""

from typing import Any

import jax
import jax.numpy as jnp
from flax import nnx
from flax.nnx import rnglib
from flax.typing import Initializer
from jax import Array

from nmn import _arguments
from nmn.nnx import _numerics, _recurrence, _sequence

Carry = Any


class RecurrentCell(nnx.RNNCellBase):
    """Subclasses add their parameters and equations."""

    def __call__(self, carry: Carry, inputs: Array) -> tuple[Carry, Array]:
        """One step.

        Args:
          carry: the state before the step, as ``initialize_carry`` returns it.
          inputs: the input of the step, of shape ``(*batch, in_features)``.

        Returns:
          The new carry, in the dtype of the carry unless that of outputs is wider, and the output,
          of shape ``(*batch, hidden_features)``.
        """
        _recurrence.check_carry(carry, self._states, self.hidden_features)
        inputs, weights = self._promoted(inputs)
        carry = jax.tree.map(lambda s: s.astype(jnp.promote_types(s.dtype, weights.dtype)), carry)
        return _recurrence.step(self, weights, carry, _recurrence.project(self, weights, inputs))

    def initialize_carry(
        self,
        input_shape: tuple[int, ...],
        rngs: rnglib.Rngs | rnglib.RngStream | None = None,
        carry_init: Initializer | None = None,
    ) -> Carry:
        """Initialize the carry.

        Args:
          input_shape: the shape of the input of one step.
          rngs: random number generator for ``carry_init``; zeros need none.
          carry_init: initializer of each state. Default: zeros.

        Returns:
          The carry before the first step, in the dtype of the parameters.
        """
        shape = (*input_shape[:-1], self.hidden_features)
        if carry_init is None:
            states = [jnp.zeros(shape, self.param_dtype) for _ in self._states]
        else:
            if isinstance(rngs, rnglib.Rngs):
                rngs = rngs.carry
            if rngs is None:
                raise ValueError("rngs must be given if there is a carry_init")
            states = [carry_init(rngs(), shape, self.param_dtype) for _ in self._states]
        return states[0] if len(states) == 1 else tuple(states)

    @property
    def num_feature_axes(self) -> int:
        """The number of axes of one input that are not of the batch."""
        return 1

    def _promoted(self, inputs: Array) -> tuple[Array, _recurrence.Weights]:
        """Inputs and parameters in one dtype."""
        _arguments.check_last_axis(jnp.shape(inputs), self.in_features)
        _numerics.check_floating(inputs)
        return self._prepare(inputs)

    def _product(self, x: Array, kernel: Array) -> Array:
        return _numerics.dense(x, kernel, self.precision, self.dot_general)

    def _scan(self, *sequence: Any, **options: Any) -> tuple[Carry, Array]:
        return _recurrence.scan(self, *sequence, **options)


class RecurrentLayer(nnx.RNN):
    """Subclasses make their cell. The call is that of ``nnx.RNN``, but that one product projects
    the inputs of all steps, and that padding does not reach the carry."""

    def __call__(
        self,
        inputs: Array,
        *,
        initial_carry: Carry | None = None,
        seq_lengths: Array | None = None,
        return_carry: bool | None = None,
        time_major: bool | None = None,
        reverse: bool | None = None,
        keep_order: bool | None = None,
        rngs: rnglib.Rngs | rnglib.RngStream | None = None,
    ) -> Array | tuple[Carry, Array]:
        """Applies the cell to all steps of the inputs.

        Args:
          inputs: shape ``(*batch, time, in_features)``, or ``(time, *batch, in_features)`` if
            ``time_major``.
          initial_carry: the carry before the first step. Default: that of the cell's
            ``initialize_carry``.
          seq_lengths: integers of shape ``(*batch,)``: how many steps of each sequence are real.
            Steps beyond do not change the carry, and their outputs are zeros.
          return_carry: overrides the attribute.
          time_major: overrides the attribute.
          reverse: overrides the attribute.
          keep_order: overrides the attribute.
          rngs: random number generator for ``initialize_carry``; takes precedence over the layer's
            own.

        Returns:
          The outputs, of shape ``(*batch, time, hidden_features)``, or
          ``(time, *batch, hidden_features)`` if ``time_major``; with ``return_carry``, the carry
          after the last real step and the outputs.
        """
        return_carry = self.return_carry if return_carry is None else return_carry
        time_major = self.time_major if time_major is None else time_major
        cell = self.cell
        _sequence.check_inputs(inputs, seq_lengths, time_major)
        carry = initial_carry
        if carry is None:
            rngs = self.rngs if rngs is None else rngs
            carry = cell.initialize_carry(_sequence.step_shape(inputs, time_major), rngs)
        _recurrence.check_carry(carry, cell._states, cell.hidden_features)
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
