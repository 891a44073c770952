# Generated from codegen/templates/torch/_closed_form.py.j2. Do not edit; run `make generate`.
"""Contraction and response in one step, with gradients in closed form."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import NamedTuple, Protocol

import torch
from torch import Tensor
from torch.autograd import forward_ad

from nmn.torch._regular import Regular

#: Elements of a block: small enough for the cache, large enough to hide the cost of a call.
#: 2**19 was the fastest of 2**15 … 2**20 on two CPU cores, float32.
BLOCK_SIZE = 2**19


class Neuron(NamedTuple):
    """A neuron as functions of a block of samples.

    Operands are ⟨w, x⟩, those of ‖x‖² and ‖w‖² that it reads, and the parameters. Beside inputs
    and weights one array of the size of the output is kept for the gradient: ⟨w, x⟩, or what takes
    less to start from.
    """

    response: Callable[..., Tensor]
    """The plain expression of its operands."""
    write_response: Callable[..., Tensor | None]
    """Takes the operands, a second array of the size of ⟨w, x⟩, and scratch arrays. Returns the
    least argument of its clamp, if the gradient holds only where none is active."""
    add_gradient: Callable[..., None]
    """Takes the gradient of the response, what is kept, the norms, the parameters, their gradients
    to add to, and scratch arrays. What is kept becomes the gradient of ⟨w, x⟩."""
    norms: tuple[bool, bool]
    """Whether it reads ‖x‖² and ‖w‖²."""
    keeps_residual: bool
    """Whether the gradient takes an array of the size of ⟨w, x⟩."""
    response_in_dot: bool
    """Whether the response takes the memory of ⟨w, x⟩; what is kept is then in the second array."""
    response_scratch: int
    """Scratch arrays of the shape of ⟨w, x⟩ that `write_response` needs."""
    gradient_scratch: int
    """Scratch arrays of the shape of ⟨w, x⟩ that `add_gradient` needs."""
    scratch_may_be_grad: bool
    """Whether the first of them may be the gradient of the response, which is then overwritten."""
    dot_factor: float
    """What the gradient of ⟨w, x⟩ lacks, to be made up for in the smaller products of it."""
    derived: tuple[int, ...]
    """Indices of the parameters whose gradients `add_gradient` adds to."""
    scale: int | None
    """Index of the parameter that multiplies the response; `add_gradient` knows nothing of it."""
    degrees: tuple[float, ...] | None
    """Degrees in Euler's identity, if the gradient of `scale` comes from it: those of all products
    ⟨·, ·⟩ together, then those of the parameters, as shares of the degree of the response."""
    regular: Regular | None = None
    """The same for code that goes step by step, if there is a clamp."""


Products = tuple[Tensor, Tensor | None, Tensor | None]
"""⟨w, x⟩, ‖x‖² and ‖w‖², or what belongs to each of them."""

Parameter = Tensor | float | None


class Contraction(Protocol):
    """How ⟨w, x⟩, ‖x‖² and ‖w‖² come from input and weight."""

    def products(self, x: Tensor, weight: Tensor, norms: tuple[bool, bool]) -> Products:
        """⟨w, x⟩, samples first, and the norms asked for, which broadcast to its shape."""

    def gradients(
        self,
        x: Tensor,
        weight: Tensor,
        grads: Products,
        dot_factor: float,
        wanted: Sequence[bool],
    ) -> tuple[Tensor | None, Tensor | None]:
        """Gradients of input and weight, in fresh memory, divided by `dot_factor`; that of ⟨w, x⟩
        comes so divided."""


def closed_form_applies(x: Tensor) -> bool:
    """Whether gradients are eager and reverse-mode, so that the closed form may be used.

    Compilers fuse the plain expression as well, and `torch.func` needs it for forward mode. Tensors
    without data have no numbers to look at.
    """
    return not (
        x.is_meta
        or torch.compiler.is_compiling()
        or torch._C._are_functorch_transforms_active()
        or forward_ad._current_level >= 0
    )


def respond(
    neuron: Neuron,
    contraction: Contraction,
    x: Tensor,
    weight: Tensor,
    *parameters: Parameter,
) -> Tensor:
    """Responses of units to samples.

    Args:
        neuron: What a unit computes.
        contraction: How units see the input.
        x: Input, samples along the first axis.
        weight: Kernels of the units.
        parameters: The neuron's parameters, to broadcast to the shape of ⟨w, x⟩. Whole numbers
            stay numbers.

    Returns:
        The responses, of the shape of ⟨w, x⟩.
    """
    function = _Response.apply if closed_form_applies(x) else _plain
    return function(neuron, contraction, x, weight, *as_tensors(x, parameters))


def as_tensors(like: Tensor, parameters: Sequence[Parameter]) -> list[Parameter]:
    """Parameters of the dtype of `like`; those that are whole numbers, or absent, as they are."""
    return [like.new_tensor(p) if isinstance(p, float) else p for p in parameters]


def plain_response(neuron: Neuron, products: Products, *parameters: Parameter) -> Tensor:
    """The response as one differentiable expression."""
    return neuron.response(*(p for p in products if p is not None), *parameters)


def _plain(
    neuron: Neuron,
    contraction: Contraction,
    x: Tensor,
    weight: Tensor,
    *parameters: Parameter,
) -> Tensor:
    return plain_response(neuron, contraction.products(x, weight, neuron.norms), *parameters)


class _Response(torch.autograd.Function):
    """Responses; one array of their size is kept.

    The elementwise work is done block by block of samples. The products are not: adding up the
    gradient of the weight costs more than a block that is still in the cache saves.
    """

    @staticmethod
    def forward(
        ctx,
        neuron: Neuron,
        contraction: Contraction,
        x: Tensor,
        weight: Tensor,
        *parameters: Tensor | int | None,
    ) -> Tensor:
        dot, sq_x, sq_w = contraction.products(x, weight, neuron.norms)
        other = torch.empty_like(dot)
        clamps = []
        for rows, scratch in row_blocks(dot, neuron.response_scratch):
            clamps.append(
                neuron.write_response(
                    dot[rows], *norms_of(sq_x, sq_w, rows), *parameters, other[rows], *scratch
                )
            )
        response, residual = (dot, other) if neuron.response_in_dot else (other, dot)
        ctx.neuron, ctx.contraction = neuron, contraction
        ctx.clamps = [lowest for lowest in clamps if lowest is not None]
        if not neuron.keeps_residual:
            residual = None
        # Only tensors can be saved as such.
        tensors = [p if isinstance(p, Tensor) else None for p in parameters]
        ctx.numbers = [None if isinstance(p, Tensor) else p for p in parameters]
        ctx.save_for_backward(x, weight, residual, sq_x, sq_w, *tensors)
        return response

    @staticmethod
    def backward(ctx, grad: Tensor) -> tuple[Tensor | None, ...]:
        neuron, contraction = ctx.neuron, ctx.contraction
        x, weight, residual, sq_x, sq_w, *tensors = ctx.saved_tensors
        parameters = [n if t is None else t for n, t in zip(ctx.numbers, tensors, strict=True)]
        if torch.is_grad_enabled() or any(lowest.item() <= 0 for lowest in ctx.clamps):
            # Gradients are to be differentiated again, or some distance was rounded to zero.
            plain = partial(_plain, neuron, contraction)
            return None, None, *differentiate(plain, (x, weight, *parameters), (grad,))
        wants_x, wants_weight, *wanted = ctx.needs_input_grad[2:]
        by_identity = neuron.degrees is not None and wanted[neuron.scale]
        # The gradient of ⟨w, x⟩ takes the memory of what was kept, unless the graph is kept, too:
        # fresh memory of that size would cost as much as all the arithmetic.
        if residual is None:
            residual = torch.empty_like(grad)
        elif torch._C._autograd._get_current_graph_task_keep_graph():
            residual = residual.clone()
        grad_sq_x, grad_sq_w = zeros_like(sq_x), zeros_like(sq_w)
        grads = [
            zeros_like(p) if w or by_identity else None
            for p, w in zip(tensors, wanted, strict=True)
        ]
        for rows, scratch in row_blocks(residual, neuron.gradient_scratch):
            neuron.add_gradient(
                grad[rows],
                residual[rows],
                *norms_of(sq_x, sq_w, rows),
                *parameters,
                *norms_of(grad_sq_x, grad_sq_w, rows),
                *(grads[i] for i in neuron.derived),
                *scratch,
            )
        grad_x, grad_weight = contraction.gradients(
            x,
            weight,
            (residual, grad_sq_x, grad_sq_w),
            neuron.dot_factor,
            (wants_x, wants_weight or by_identity),
        )
        if by_identity:
            pairs = [(sq_x, grad_sq_x), (sq_w, grad_sq_w), *zip(tensors, grads, strict=True)]
            grads[neuron.scale] = scale_gradient(neuron, (weight, grad_weight), pairs)
        scale = None if neuron.scale is None else tensors[neuron.scale]
        factor = neuron.dot_factor if scale is None else neuron.dot_factor * scale
        for products in (grad_x, grad_weight):
            if products is not None:
                products.mul_(factor)
        for i, sums in enumerate(grads):
            if sums is not None and scale is not None and i != neuron.scale:
                sums.mul_(scale)
        return None, None, grad_x, grad_weight, *grads


def scale_gradient(
    neuron: Neuron,
    weight: tuple[Tensor, Tensor],
    others: Sequence[tuple[Tensor | None, Tensor | None]],
) -> Tensor:
    """Σ degree · ⟨operand, its gradient⟩: the gradient of what multiplies the response.

    `others` are ‖x‖², ‖w‖² and the parameters. The gradient of the weight holds what is due to
    ⟨w, x⟩, and twice what is due to ‖w‖².
    """
    (sq_x, grad_sq_x), (sq_w, grad_sq_w), *parameters = others
    products_degree, *degrees = neuron.degrees
    total = neuron.dot_factor * _inner(*weight)
    if sq_x is not None:
        total.add_(_inner(sq_x, grad_sq_x))
    if sq_w is not None:
        total.sub_(_inner(sq_w, grad_sq_w))
    total.mul_(products_degree)
    for degree, (parameter, grad) in zip(degrees, parameters, strict=True):
        if degree and parameter is not None:
            total.add_(_inner(parameter, grad), alpha=degree)
    return total


def norms_of(sq_x: Tensor | None, sq_w: Tensor | None, rows: slice) -> tuple[Tensor, ...]:
    """Of a block of samples, those that the neuron reads."""
    return tuple(norm for norm in (sq_x if sq_x is None else sq_x[rows], sq_w) if norm is not None)


def zeros_like(values: Tensor | None) -> Tensor | None:
    return None if values is None else torch.zeros_like(values)


def _inner(left: Tensor, right: Tensor) -> Tensor:
    return torch.dot(left.reshape(-1), right.reshape(-1))


def differentiate(
    function: Callable[..., Tensor | tuple[Tensor, ...]],
    operands: Sequence[Tensor | int | None],
    grads: Sequence[Tensor | None],
) -> tuple[Tensor | None, ...]:
    """Gradients of the plain expression, to be differentiated again if grad mode is on."""
    create_graph = torch.is_grad_enabled()
    wants = [isinstance(o, Tensor) and o.requires_grad for o in operands]
    wanted = [o for o, w in zip(operands, wants, strict=True) if w]
    with torch.enable_grad():
        outputs = function(*operands)
    outputs = (outputs,) if isinstance(outputs, Tensor) else outputs
    pairs = [(o, g) for o, g in zip(outputs, grads, strict=True) if g is not None]
    outputs, grads = zip(*pairs, strict=True)
    gradients = iter(torch.autograd.grad(outputs, wanted, grads, create_graph=create_graph))
    return tuple(next(gradients) if w else None for w in wants)


def row_blocks(
    values: Tensor, scratch: int, size: int | None = None
) -> Iterator[tuple[slice, tuple[Tensor, ...]]]:
    """Cut `values` along the first axis into blocks of about `size` elements, or `BLOCK_SIZE`.

    Yields each block's slice and `scratch` arrays of its shape, uninitialised; all blocks share
    their memory, since fresh memory costs more than the arithmetic done in it.
    """
    rows = len(values)
    step = min(rows, max(1, (size or BLOCK_SIZE) * rows // max(1, values.numel())))
    memory = [values.new_empty((step, *values.shape[1:])) for _ in range(scratch)]
    for start in range(0, rows, step or 1):
        stop = min(start + step, rows)
        yield slice(start, stop), tuple(array[: stop - start] for array in memory)
