"""PyTorch: parallel cells give what their equations say, however they are computed."""

import importlib
import sys
from collections.abc import Callable
from types import ModuleType

import pytest
import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_sequence

import nmn.torch
from codegen.plans.cell import CellPlan
from codegen.plans.package import plan_package
from codegen.spec import load_specs
from nmn.torch import YatMinGRU, YatMinLSTM, _parallel_blocks, soft_tanh, softer_sigmoid
from tests.conformance.parallel_cells import CELLS, SPEC, by_equations, generate

PACKAGE = "parallel_cells_torch"
HOUSE = {c.name: c for c in plan_package(load_specs(SPEC)).cells if c.recurrences}


@pytest.fixture(scope="module")
def plans(tmp_path_factory: pytest.TempPathFactory) -> dict[str, CellPlan]:
    """The cells of this repository, and those that only tests have."""
    folder = tmp_path_factory.mktemp("cells")
    odd = generate(folder, PACKAGE)
    sys.path.insert(0, str(folder))
    return HOUSE | odd


def module(name: str) -> ModuleType:
    return nmn.torch if name in HOUSE else importlib.import_module(f"{PACKAGE}.torch")


@pytest.fixture(params=["one block", "many blocks"])
def blocks(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """All steps in one block, which is kept, and passes over them; or a loop over the steps of
    runs of few, the last of them shorter."""
    is_one = request.param == "one block"
    name, value = ("_scan.LOOP_STEPS", 2) if is_one else ("_parallel_blocks.BLOCK_SIZE", 75)
    for package in ("nmn", PACKAGE):
        module, _, constant = f"{package}.torch.{name}".rpartition(".")
        if module in sys.modules:
            monkeypatch.setattr(sys.modules[module], constant, value)


def numbers(*shape: int, seed: int = 1) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(shape, dtype=torch.float64, generator=generator)


def randomised(layer: nn.Module) -> nn.Module:
    """With parameters at which responses are neither all small nor all large."""
    with torch.no_grad():
        for i, parameter in enumerate(layer.parameters()):
            value = numbers(*parameter.shape, seed=i)
            parameter.copy_(0.7 * value if parameter.dim() else value.abs() + 0.5)
    return layer


def assert_close(ours: Tensor, theirs: Tensor) -> None:
    scale = max(1e-300, theirs.detach().abs().max().item())
    torch.testing.assert_close(ours, theirs, rtol=1e-10, atol=1e-12 * scale)


def assert_by_equations(plan: CellPlan, layer: nn.Module) -> None:
    """Outputs, states and all gradients of both directions are those of a loop."""
    x = numbers(11, 3, 4).requires_grad_()
    states = [numbers(2, 3, 5, seed=9 + i).requires_grad_() for i in range(len(plan.states))]
    output, after = layer(x, tuple(states) if len(states) > 1 else states[0])
    after = [after] if isinstance(after, Tensor) else after
    pairs = [by_equations(plan, layer, x, [s[d] for s in states], bool(d)) for d in range(2)]
    expected = [torch.cat([pairs[0][0], pairs[1][0]], -1)]
    expected += [torch.stack(s) for s in zip(pairs[0][1], pairs[1][1], strict=True)]
    upstream = [numbers(*e.shape, seed=20 + i) for i, e in enumerate(expected)]
    operands = [x, *states, *layer.parameters()]
    for one, other in zip([output, *after], expected, strict=True):
        assert_close(one, other)
    ours = torch.autograd.grad([output, *after], operands, upstream)
    theirs = torch.autograd.grad(expected, operands, upstream)
    for one, other in zip(ours, theirs, strict=True):
        assert_close(one, other)


@pytest.mark.parametrize("name", [*HOUSE, *CELLS])
def test_a_layer_is_its_equations(name: str, plans: dict[str, CellPlan], blocks: None) -> None:
    made = getattr(module(name), name)(4, 5, bidirectional=True, dtype=torch.float64)
    in_blocks = name in HOUSE or "blocks" in CELLS[name]
    assert (made.equations.parallel is not None) == in_blocks
    assert_by_equations(plans[name], randomised(made))


@pytest.mark.parametrize("options", [{"bias": False}, {"alpha": False}, {"epsilon": 0.5}], ids=str)
@pytest.mark.parametrize("name", HOUSE)
def test_a_layer_without_parameters_is_its_equations(
    name: str, options: dict[str, bool | float], blocks: None
) -> None:
    made = getattr(nmn.torch, name)(4, 5, bidirectional=True, dtype=torch.float64, **options)
    assert_by_equations(HOUSE[name], randomised(made))


def runs_in_blocks(output: Tensor) -> bool:
    """Whether the closed form is in the graph of a layer's output."""
    nodes = [output.grad_fn]
    for node in nodes:
        nodes += [n for n, _ in node.next_functions if n is not None] if node else []
    return any("ParallelScan" in type(node).__name__ for node in nodes)


@pytest.mark.parametrize("name", HOUSE)
def test_functions_of_callers_take_the_plain_form(name: str) -> None:
    functions = {"gate": lambda x: softer_sigmoid(x), "activation": lambda x: soft_tanh(x)}
    ours = randomised(getattr(nmn.torch, name)(4, 5, dtype=torch.float64))
    theirs = getattr(nmn.torch, name)(4, 5, dtype=torch.float64, **functions)
    theirs.load_state_dict(ours.state_dict())
    x = numbers(20, 3, 4)
    assert runs_in_blocks(ours(x)[0]) and not runs_in_blocks(theirs(x)[0])
    assert_close(ours(x)[0], theirs(x)[0])


@pytest.mark.parametrize("layer", [YatMinGRU, YatMinLSTM])
def test_packed_sequences_are_those_of_each_alone(layer: type, blocks: None) -> None:
    made = randomised(layer(4, 5, bidirectional=True, dtype=torch.float64))
    sequences = [numbers(n, 4, seed=n).requires_grad_() for n in (3, 9, 1, 9, 5)]
    states = numbers(2, 5, 5)
    packed, after = made(pack_sequence(sequences, enforce_sorted=False), states)
    alone = [made(s.unsqueeze(1), states[:, i : i + 1]) for i, s in enumerate(sequences)]
    for ours, (theirs, _) in zip(nn.utils.rnn.unpack_sequence(packed), alone, strict=True):
        assert_close(ours, theirs.squeeze(1))
    assert_close(after, torch.cat([h for _, h in alone], 1))
    loss = sum(o.square().sum() + h.sum() for o, h in alone)
    operands = [*sequences, *made.parameters()]
    expected = torch.autograd.grad(loss, operands)
    found = torch.autograd.grad(packed.data.square().sum() + after.sum(), operands)
    for one, other in zip(found, expected, strict=True):
        assert_close(one, other)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float16])
@pytest.mark.parametrize("kernel", [torch.eye, torch.ones], ids=["at 0 as well", "away from 0"])
def test_the_largest_and_smallest_responses_give_the_limits(
    kernel: Callable[..., Tensor], dtype: torch.dtype
) -> None:
    """The gate is 1 at infinity, and 0 at 0 and below, where nothing is handed back."""
    made = YatMinGRU(2, 2, dtype=dtype)
    largest = torch.finfo(dtype).max
    with torch.no_grad():
        made.weight_ih_l0.copy_(kernel(4, 2))
        made.bias_l0.copy_(torch.tensor([largest, largest, largest, 0]))
        made.alpha_l0.fill_(1)
    # Unit 0: infinite gate and candidate; unit 1: infinite gate, candidate 0.
    x = torch.zeros(3, 1, 2, dtype=dtype)
    output, _ = made(x)
    assert output.tolist() == [[[1, -1]]] * 3
    with torch.no_grad():
        made.alpha_l0.fill_(-1)
        made.bias_l0.fill_(1)
    state = torch.full((1, 1, 2), 0.25, dtype=dtype, requires_grad=True)
    output, after = made(x.requires_grad_(), state)
    assert torch.equal(output, torch.full_like(output, 0.25))
    for grad in torch.autograd.grad(after.sum(), [x, made.weight_ih_l0, made.bias_l0]):
        assert torch.equal(grad, torch.zeros_like(grad))


def test_small_gates_keep_their_relative_accuracy() -> None:
    """A gate of 1e-6 is not the difference of two numbers near 1."""
    made = YatMinLSTM(3, 4)
    exact = YatMinLSTM(3, 4, dtype=torch.float64)
    with torch.no_grad():
        made.alpha_l0.fill_(1e-6)
    exact.load_state_dict(made.state_dict())
    x = numbers(20, 2, 3)
    expected = exact(x)[0]
    torch.testing.assert_close(made(x.float())[0].double(), expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("layer", [YatMinGRU, YatMinLSTM])
def test_a_distance_that_is_rounded_below_0_is_0(layer: type) -> None:
    """Of a vector of length 100 to itself; responses are near 1, where gates are most sensitive."""
    made = layer(8, 32, bias=False, epsilon=1.0)
    plain = layer(8, 32, bias=False, epsilon=1.0, gate=lambda x: softer_sigmoid(x))
    with torch.no_grad():
        for kernel in made.weight_ih_l0:
            kernel.mul_(100 / kernel.norm())
        made.alpha_l0.fill_(1e-8)
    plain.load_state_dict(made.state_dict())
    x = made.weight_ih_l0.detach()[:, None]
    norms = x.square().sum(-1)
    distances = norms - 2 * (x[:, 0] @ x[:, 0].T) + norms.T
    assert distances.min() < -1e-4
    assert runs_in_blocks(made(x)[0]) and not runs_in_blocks(plain(x)[0])
    torch.testing.assert_close(made(x)[0], plain(x)[0], rtol=0, atol=1e-5)


@pytest.mark.parametrize("layer", [YatMinGRU, YatMinLSTM])
def test_where_an_input_is_a_kernel_gradients_are_those_of_the_plain_form(layer: type) -> None:
    """The distance is rounded to 0 or below, where its clamp hands nothing back."""
    made = layer(3, 2, epsilon=1.0, dtype=torch.float64)
    plain = layer(3, 2, epsilon=1.0, dtype=torch.float64, gate=lambda x: softer_sigmoid(x))
    plain.load_state_dict(made.state_dict())
    x = made.weight_ih_l0.detach()[:, None].clone().requires_grad_()
    found = torch.autograd.grad(made(x)[0].sum(), [x, *made.parameters()])
    expected = torch.autograd.grad(plain(x)[0].sum(), [x, *plain.parameters()])
    for one, other in zip(found, expected, strict=True):
        assert_close(one, other)


@pytest.mark.parametrize("layer", [YatMinGRU, YatMinLSTM])
def test_gradients_can_be_differentiated_again(layer: type) -> None:
    made = randomised(layer(2, 2, dtype=torch.float64))
    operands = (numbers(3, 2, 2).requires_grad_(), numbers(1, 2, 2).requires_grad_())
    assert torch.autograd.gradcheck(made, operands)
    assert torch.autograd.gradgradcheck(made, operands)


def test_outputs_without_a_graph_are_the_same() -> None:
    made = randomised(YatMinGRU(3, 4, dtype=torch.float64))
    x = numbers(6, 2, 3)
    expected = made(x)[0].detach()
    for mode in (torch.no_grad, torch.inference_mode):
        with mode():
            assert torch.equal(made(x)[0], expected)


def test_an_output_changed_in_place_is_not_taken_for_states() -> None:
    made = YatMinGRU(3, 4)
    output, _ = made(torch.randn(6, 2, 3))
    output.mul_(2)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        output.sum().backward()


def test_a_graph_that_is_kept_can_be_used_again() -> None:
    made = randomised(YatMinGRU(3, 4, dtype=torch.float64))
    x = numbers(6, 2, 3).requires_grad_()
    loss = made(x)[0].square().sum()
    first = torch.autograd.grad(loss, [x, *made.parameters()], retain_graph=True)
    second = torch.autograd.grad(loss, [x, *made.parameters()])
    assert all(map(torch.equal, first, second))


@pytest.mark.parametrize("frozen", ["weight_ih_l0", "bias_l0", "alpha_l0", "x", "states"])
def test_what_needs_no_gradient_gets_none_and_changes_no_other(frozen: str) -> None:
    made = randomised(YatMinGRU(3, 4, dtype=torch.float64))
    operands = {"x": numbers(6, 2, 3), "states": numbers(1, 2, 4)} | dict(made.named_parameters())

    def gradients() -> dict[str, Tensor | None]:
        for tensor in operands.values():
            tensor.grad = None
        made(operands["x"], operands["states"])[0].square().sum().backward()
        return {name: tensor.grad for name, tensor in operands.items()}

    for tensor in operands.values():
        tensor.requires_grad_()
    expected = gradients()
    operands[frozen].requires_grad_(False)
    found = gradients()
    assert found.pop(frozen) is None
    for name, grad in found.items():
        assert_close(grad, expected[name])


def test_gradients_of_the_minimal_gru_take_no_memory_but_that_of_what_they_replace() -> None:
    assert YatMinGRU.equations.parallel.scratch == (0, 0)


@pytest.mark.parametrize("layer", [YatMinGRU, YatMinLSTM])
@pytest.mark.parametrize("count", [1, 3])
def test_nothing_is_kept_beyond_inputs_outputs_and_a_block(
    layer: type, count: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """But for norms of rows and units, the last state, numbers, and products of factors of its scan
    that take less than the output; of a block that is not the only one, not even that."""
    made = layer(16, 32)
    responses = 64 * 4 * len(made.weight_ih_l0)
    monkeypatch.setattr(_parallel_blocks, "BLOCK_SIZE", responses // count)
    x = torch.randn(64, 4, 16, requires_grad=True)
    free = {t.untyped_storage().data_ptr() for t in (x, *made.parameters())}
    kept: dict[int, int] = {}

    def pack(tensor: Tensor) -> Tensor:
        if tensor.untyped_storage().data_ptr() not in free:
            kept[tensor.untyped_storage().data_ptr()] = tensor.untyped_storage().nbytes()
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda t: t):
        output, after = made(x)
    norms = 4 * (64 * 4 + len(made.weight_ih_l0))
    parallel = made.equations.parallel
    narrow = parallel.values + parallel.scratch[0] + parallel.states
    block = 3 * 4 * responses + narrow * output.nbytes if count == 1 else 0
    assert sum(kept.values()) <= block + output.nbytes + norms + 2 * after.nbytes + 64


@pytest.mark.parametrize("layer", [YatMinGRU, YatMinLSTM])
def test_transforms_of_functions_take_the_plain_form(layer: type) -> None:
    made = randomised(layer(3, 4, dtype=torch.float64))
    x, direction = numbers(9, 2, 3), numbers(9, 2, 3, seed=2)

    def loss(x: Tensor) -> Tensor:
        return made(x)[0].square().sum()

    expected = torch.autograd.grad(loss(x.requires_grad_()), x)[0]
    x = x.detach()
    assert_close(torch.func.grad(loss)(x), expected)
    assert_close(torch.func.jvp(loss, (x,), (direction,))[1], (expected * direction).sum())
    batch = torch.stack([x, direction])
    assert_close(torch.vmap(loss)(batch), torch.stack([loss(x), loss(direction)]))


def test_compiled_layers_are_traced_whole() -> None:
    made = randomised(YatMinGRU(3, 4, dtype=torch.float64))
    x = numbers(9, 2, 3)
    compiled = torch.compile(made, backend="eager", fullgraph=True)
    assert_close(compiled(x)[0], made(x)[0])


@pytest.mark.parametrize("layer", [YatMinGRU, YatMinLSTM])
def test_long_sequences_in_float32_are_those_in_float64(layer: type) -> None:
    made = layer(4, 8)
    exact = layer(4, 8, dtype=torch.float64)
    exact.load_state_dict(made.state_dict())
    x = numbers(4096, 2, 4)
    expected = exact(x)[0]
    torch.testing.assert_close(made(x.float())[0].double(), expected, rtol=1e-4, atol=1e-5)
