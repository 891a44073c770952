"""Wrong cells: what is edited in a good one, and what is said of it, word for word."""

CELL = """\
cell: LeakyGRU
summary: A recurrent layer whose candidate sees a reset state.
reference: Cho et al. (2014)
neuron: yat
functions: {gate: squash, activation: soft_tanh}
state: {h: zeros}
projections:
  gates: {source: [x, h], units: [reset, update]}
  candidate: {source: [x, r * h], units: [candidate]}
math:
  r: gate(gates.reset)
  z: gate(gates.update)
  n: activation(candidate)
  h: (1 - z) * n + z * h
output: h
start: {r: 0.5, z: 0.75, n: 0.0}
parameters: {alpha: (sq_w + sq_x) / 2}
"""

_KNOWN = "abs, arcsinh, arctan, cos, exp, expm1, log, log1p, relu, sigmoid, sign, sin, softplus, sqrt, tanh"
_SUM = "a bias follows only where {!r} is a function of a response, or of a sum of responses, such as gate(gates.reset)"
_USED = "is a name that the frameworks or generated code use; choose another"
_THERE = "there is 'r', 'z', 'n' or 'h'"
_RESET, _CANDIDATE = "r: gate(gates.reset)", "n: activation(candidate)"
_GATES, _START = "units: [reset, update]", "start: {r: 0.5"

#: What is replaced in the cell and by what; then every error, at its line and column.
WRONG: list[tuple[str, ...]] = [
    # Keys.
    ("summary:", "sumary:", "1:1: missing key 'summary'", "2:1: unknown key 'sumary'; did you mean 'summary'?"),
    ("output: h\n", "", "1:1: missing key 'output'"),
    ("output: h", "output: h\ncolour: red", "16:1: unknown key 'colour'; known: cell, summary, reference, neuron, functions, state, projections, math, output, start, parameters, kernel"),
    ("{gate:", "{gat:", "5:13: unknown key 'gat', expected 'gate' or 'activation'; did you mean 'gate'?"),
    ("{source: [x, h], units: [reset, update]}", "{source: [x, h]}", "8:3: missing key 'units'"),
    ("source: [x, h]", "sources: [x, h]", "8:3: missing key 'source'", "8:11: unknown key 'sources'; did you mean 'source'?"),
    (_CANDIDATE, f"{_CANDIDATE}\n  n: r", "14:3: duplicate key 'n', first used in line 13"),
    ("output: h", "output: h\nkernel: {inpt: orthogonal}", "16:10: unknown key 'inpt'; did you mean 'input'?"),
    # Values of another type.
    (_GATES, "units: reset", "8:34: expected a list, got text 'reset'"),
    ("source: [x, h]", "source: x", "8:19: expected a list, got text 'x'"),
    ("{h: zeros}", "{h: ones}", "6:12: unknown value 'ones', expected 'zeros'"),
    ("{h: zeros}", "[h]", "6:8: expected keys and values, got a list"),
    (_RESET, "r: [gates.reset]", "11:6: expected a formula, got a list"),
    (_START, "start: {r: half", "16:12: expected a number, got text 'half'"),
    ("output: h", "output: h\nkernel: {input: glorot}", "16:17: unknown value 'glorot', expected 'glorot_normal', 'glorot_uniform', 'lecun_normal', 'he_normal' or 'orthogonal'; did you mean 'glorot_normal'?"),
    ("(2014)", "(2014)\\", "3:29: '\\\\' cannot stand in `reference`; write the character itself"),
    ("a reset state.", "a reset state", "2:10: `summary` is a sentence and ends in a full stop"),
    # What the cell is made of.
    ("neuron: yat", "neuron: yatt", "4:9: unknown neuron 'yatt'; did you mean 'yat'?"),
    ("neuron: yat", "neuron: fanned", "4:9: neuron 'fanned' depends on `inputs`, which a cell does not have", "17:14: neuron 'fanned' has no trained parameter 'alpha' that all units share"),
    ("gate: squash", "gate: squish", "5:19: unknown function 'squish'; did you mean 'squash'?"),
    ("gate: squash", "gate: softermax", "5:19: 'softermax' runs along an axis: gate is a function of single numbers"),
    ("{gate: squash, activation: soft_tanh}", "{gate: squash}", "13:6: no function for 'activation' is named under `functions`"),
    (_RESET, "r: erf(gates.reset)", f"11:6: unknown function 'erf'; known: gate, activation, {_KNOWN}"),
    (_CANDIDATE, "n: tanh(candidate)", "5:27: no equation calls 'activation'", "16:26: " + _SUM.format("n")),
    # Names.
    ("cell: LeakyGRU", "cell: yat", "1:7: 'yat' is the name of the neuron: name the cell otherwise"),
    ("cell: LeakyGRU", "cell: squash", "1:7: 'squash' is already the name of a function"),
    ("cell: LeakyGRU", "cell: Row", "1:7: 'Row' is already the name of layer Row"),
    ("cell: LeakyGRU", "cell: Row2", "1:7: 'Row2Cell' is already the name of layer Row2Cell"),
    ("cell: LeakyGRU", "cell: Leaky-GRU", "1:7: 'Leaky-GRU' contains '-' (hyphen-minus): names are made of a-z, A-Z, 0-9 and _"),
    ("cell: LeakyGRU", "cell: Tensor", "1:7: 'Tensor' " + _USED),
    ("cell: LeakyGRU", "cell: Recurrent", "1:7: 'RecurrentCell' " + _USED),
    ("{h: zeros}", "{x: zeros}", "6:9: 'x' already has a meaning in formulas"),
    ("{h: zeros}", "{h: zeros, gates: zeros}", "8:3: 'gates' is already the name of something else"),
    ("  candidate: {", "  sqrt: {", "9:3: 'sqrt' already has a meaning in formulas"),
    ("  candidate: {", "  gate: {", "9:3: 'gate' already has a meaning in formulas"),
    *((_GATES, f"units: [reset, {n}]", f"8:42: {n!r} {_USED}") for n in ("inputs", "units", "kernel", "recurrent_kernel", "state", "carry", "training", "dot")),
    (_GATES, "units: [reset, lambda]", "8:42: 'lambda' has a meaning in Python"),
    (_GATES, "units: [reset, alpha]", "8:42: 'alpha' is a parameter of the neuron; its formulas are in neurons/yat.yaml"),
    (_GATES, "units: [reset, grad_alpha]", "8:42: 'grad_alpha' is a name that generated code makes of 'alpha'"),
    (_GATES, "units: [reset, gates_x]", "8:42: 'gates_x' is a name that generated code makes of 'gates'"),
    (_CANDIDATE, "gates_hh: activation(candidate)", "13:3: 'gates_hh' is a name that generated code makes of 'gates'"),
    (_CANDIDATE, "alpha_start: activation(candidate)", "13:3: 'alpha_start' is a name that generated code makes of 'alpha'"),
    (_GATES, "units: [reset, yat]", "8:42: 'yat' is the name of the neuron"),
    (_GATES, "units: [reset, squash]", "8:42: 'squash' is the name of a function"),
    (_GATES, "units: [reset, h]", "8:42: 'h' is already the name of a state or value: name the unit of neurons otherwise"),
    (_GATES, "units: [reset, z]", "8:42: 'z' is already the name of a state or value: name the unit of neurons otherwise"),
    (_GATES, "units: [reset, new_h]", "8:42: 'new_h' is already the name of a state or value: name the unit of neurons otherwise"),
    (_GATES, "units: [reset, reset]", "8:42: unit 'reset' occurs twice"),
    ("units: [candidate]}", "units: [reset]}\n  spare: {source: [x], units: [candidate, more]}", "10:32: generated code would call both this response and 'candidate' 'candidate': rename one of them"),
    (_CANDIDATE, "new_h: activation(candidate)", "13:3: 'new_h' is what generated code calls the new h"),
    (_CANDIDATE, "candidate: activation(candidate)", "9:43: 'candidate' is already the name of a state or value: name the unit of neurons otherwise", "13:3: 'candidate' is already the name of something else"),
    (_CANDIDATE, "class: activation(candidate)", "13:3: 'class' has a meaning in Python"),
    (_CANDIDATE, "ñ: activation(candidate)", "13:3: 'ñ' contains 'ñ' (latin small letter n with tilde): names are made of a-z, A-Z, 0-9 and _"),
    # Projections.
    ("{h: zeros}", "{}", "6:1: `state` is empty"),
    (_GATES, "units: []", "8:27: `units` is empty"),
    ("source: [x, h]", "source: []", "8:11: `source` is empty"),
    ("source: [x, h]", "source: [h, 2 * h]", "8:19: a source is the input `x`, one formula of states and values, or both"),
    ("source: [x, h]", "source: [x, x]", "8:19: a source is the input `x`, one formula of states and values, or both"),
    ("source: [x, h]", "source: [x + h]", "8:20: `x` is the input, of another size than a state: it stands by itself in [x, h]"),
    ("source: [x, h]", "source: [x, 1]", "8:23: the source of 'gates' is a number: write it where it is used"),
    ("source: [x, h]", "source: [x, n]", "8:23: 'n' is computed after the source of 'gates', which uses it"),
    ("source: [x, h]", "source: [x, hh]", "8:23: unknown name 'hh' in the source of 'gates'; did you mean 'h'?"),
    ("r * h]", "gates.reset * h]", "9:27: 'gates.reset' is a response: give a value a name in `math`, and let the source of 'candidate' use that"),
    ("units: [candidate]}", "units: [candidate]}\n  spare: {source: [x], units: [more]}", "10:32: no equation uses the response 'spare'"),
    (_GATES, "units: [reset, update, spare]", "8:50: no equation uses the response 'gates.spare'"),
    # Equations.
    (_RESET, "r: gat(gates.reset)", "11:6: unknown function 'gat'; did you mean 'gate'?"),
    (_RESET, "r: gate(gates.rest)", "11:11: unknown name 'gates.rest' in the equation of 'r'; did you mean 'gates.reset'?"),
    (_RESET, "r: gate(gates)", "11:11: 'gates' has several units: write 'gates.reset' or 'gates.update'"),
    (_RESET, "r: gate(gates.reset.x)", "11:11: a response has one dot in its name, as in gates.reset"),
    (_RESET, "r: gate(gates.reset, 2)", "11:6: 'gate' is called with one argument, such as gate(gates.reset)"),
    (_RESET, "r: gate(2) * gates.reset", "11:6: a function of a number"),
    (_RESET, "r: sqrt(2) * gates.reset", "11:6: a function of a number: write 1.41421356"),
    (_RESET, "r: 0.5", "11:6: the equation of 'r' is a number: write it where it is used"),
    (_RESET, "r: z * gate(gates.reset)", "11:6: 'z' is computed after the equation of 'r', which uses it"),
    (_RESET, "r: r * gate(gates.reset)", "11:6: 'r' is computed after the equation of 'r', which uses it"),
    (_RESET, "r: gate(gates.reset) * x", "11:26: `x` is the input, of another size than a state: it stands by itself in [x, h]"),
    (_RESET, "r: gate(gates.reset) + 1/0", "11:26: a division by 0"),
    (_RESET, "r: gate(gates.reset)**99", "11:25: an exponent is at most 64 in size"),
    (_RESET, "r: ((gates.reset + h)**60)**60", "11:6: a power of more than 64 when the names in it are written out"),
    (_RESET, "r: maximum(gates.reset, h)", "11:6: 'maximum' has several arguments: equations of cells call functions of one"),
    (_RESET, "r: gate(gates.reset", "11:17: an operator is missing; a product is written *"),
    (_RESET, "r: gate(gates.reset) if h else 1", "11:6: `if` is not part of the formula language; write where(comparison, then, otherwise)"),
    (_CANDIDATE, "n: activation(candidate.candidate)", "13:17: 'candidate' has one unit: write candidate"),
    (_CANDIDATE, f"{_CANDIDATE}\n  spare: 2 * n", "14:3: value 'spare' is not used"),
    # States and output.
    ("{h: zeros}", "{h: zeros, c: zeros}", "6:19: `math` has no equation for state 'c'"),
    ("{h: zeros}", "{h: zeros, c: zeros}\n#", "6:19: `math` has no equation for state 'c'"),
    ("+ z * h\n", "+ z * h\n  c: h * n\n", "15:3: value 'c' is not used"),
    ("  h: (1", "  hh: (1", "6:9: `math` has no equation for state 'h'", "14:3: value 'hh' is not used", "15:9: unknown value 'h'; did you mean 'hh'?"),
    ("output: h", "output: k", f"15:9: unknown value 'k'; {_THERE}"),
    ("output: h", "output: candidate", f"15:9: 'candidate' is a response, and no value; {_THERE}"),
    # Starts.
    (_START, "start: {q: 0.5", f"16:9: unknown value 'q'; {_THERE}"),
    (_START, "start: {gates.reset: 0.5", f"16:9: unknown value 'gates.reset'; {_THERE}"),
    (_START, "start: {h: 0.5", "16:9: " + _SUM.format("h")),
    (_RESET, "r: 2 * gate(gates.reset)", "16:9: " + _SUM.format("r")),
    (_RESET, "r: gate(2 * gates.reset)", "16:9: " + _SUM.format("r")),
    (_RESET, "r: gate(gates.reset + gates.update)", "16:17: the start of 'r' already says where 'gates.update' begins"),
    (_START, "start: {r: 1.5", "16:12: squash does not reach 1.5: for what is not negative it is between 0 and 1"),
    (_START, "start: {r: 1", "16:12: squash does not reach 1: for what is not negative it is between 0 and 1"),
    (_START, "start: {r: -0.5", "16:12: no bias starts 'r' at -0.5: the response gates.reset would have to be -1, which neuron 'yat' does not reach for 64 inputs and 128 units"),
    ("gate: squash", "gate: wave", "16:12: wave rises and falls: it has the value 0.5 twice", "16:20: wave rises and falls: it has the value 0.75 twice"),
    ("n: 0.0}", "n: -2}", "16:29: soft_tanh does not reach -2: for what is not negative it is between -1 and 1"),
    # Shared parameters.
    ("{alpha:", "{alhpa:", "17:14: neuron 'yat' has no trained parameter 'alhpa' that all units share; did you mean 'alpha'?"),
    ("{alpha:", "{bias:", "17:14: neuron 'yat' has no trained parameter 'bias' that all units share; it has 'alpha'"),
    ("{alpha:", "{epsilon:", "17:14: neuron 'yat' has no trained parameter 'epsilon' that all units share; it has 'alpha'"),
    ("sq_x) / 2", "sqx) / 2", "17:29: unknown name 'sqx' in the start of 'alpha'; did you mean 'sq_x'?"),
    ("(sq_w + sq_x) / 2", "sigmoid(sq_x)", "17:21: 'sigmoid' is not known to starts; known: abs, arcsinh, arctan, cos, exp, expm1, log, log1p, maximum, minimum, sin, sqrt, tanh"),
    ("(sq_w + sq_x) / 2", "1 / (sq_x - sq_x)", "17:21: the start of 'alpha' is no number for 64 inputs and 128 units"),
    # Neurons that start nowhere, or not there.
    ("neuron: yat", "neuron: cosine", "17:14: neuron 'cosine' has no trained parameter 'alpha' that all units share"),
]  # fmt: skip

#: The same with `parameters` left out, for neurons that have none to share.
WITHOUT_PARAMETERS: list[tuple[str, ...]] = [
    ("neuron: yat", "neuron: cosine", *(f"16:{c}: nothing can start {n!r}: neuron 'cosine' has no trained parameter of every unit, of either sign; leave `start` out" for c, n in ((9, "r"), (17, "z"), (26, "n")))),
    ("neuron: yat", "neuron: signed_yat", *(f"16:{c}: nothing can start {n!r}: no value of 'bias' is found at which neuron 'signed_yat' has a given response; leave `start` out" for c, n in ((9, "r"), (17, "z"), (26, "n")))),
    ("neuron: yat", "neuron: bounded", "16:20: no bias starts 'z' at 0.75: the response gates.update would have to be 3, which neuron 'bounded' does not reach for 64 inputs and 128 units"),
]  # fmt: skip
