"""Wrong specs: what is edited in a good one, and what the loader says of it, word for word."""

from codegen.spec.schema import SCHEMA_COMMENT
from tests.codegen.edits import SOURCES

NEURON = """\
neuron: gaussian
summary: Radial basis function of the distance.
reference: Broomhead and Lowe (1988)
parameters:
  gamma:
    summary: Inverse squared width.
    axes: [unit]
    init: 0.5
    absent: 1
    positive: true
    options: [constant, scalar]
    constant_true: sqrt(2)
  epsilon:
    summary: Added to the distance.
    axes: []
    value: 1.0e-5
    positive: true
    options: [learnable]
math:
  sq_dist: relu(sq_w + sq_x - 2 * dot)
  response: exp(-gamma * (epsilon + sq_dist))
properties:
  nonnegative: gamma > 0 and epsilon > 0
  homogeneous: {degree: 0, gamma: -2, epsilon: 2}
"""

LAYERS = """\
layers:
  - name: GaussianConv
    aliases:
      keras: [RadialConv]
    neuron: gaussian
    geometry: {kind: convolution, ranks: [1, 2]}
    kernel:
      init: glorot_normal
      # Callers choose the rest.
  - name: GaussianConvolution
    neuron: gaussian
    geometry: {kind: convolution, ranks: [3]}
    kernel: {init: orthogonal}
"""

# Lines are counted without the comment by which editors find the schema.
GEOMETRY = SOURCES["geometries/convolution.yaml"].removeprefix(SCHEMA_COMMENT)

#: Path below `spec/` of each.
PATHS = {
    NEURON: "neurons/gaussian.yaml",
    LAYERS: "layers/radial.yaml",
    GEOMETRY: "geometries/convolution.yaml",
}

#: The good text, what is replaced in it and by what; then every error, at its line and column.
WRONG: list[tuple[str, ...]] = [
    # Keys.
    (NEURON, "summary: Radial", "sumary: Radial", "1:1: missing key 'summary'", "2:1: unknown key 'sumary'; did you mean 'summary'?"),
    (NEURON, "reference: Broomhead and Lowe (1988)\n", "", "1:1: missing key 'reference'"),
    (NEURON, "    axes: [unit]\n", "", "5:3: missing key 'axes'"),
    (NEURON, "    absent: 1\n", "    colour: 1\n", "9:5: unknown key 'colour'; known: summary, axes, init, value, absent, positive, integer, options, constant_true"),
    (NEURON, "    absent: 1\n", "    absent: 1\n    init: ones\n", "10:5: duplicate key 'init', first used in line 8"),
    (NEURON, "math:", "maths:", "1:1: missing key 'math'", "19:1: unknown key 'maths'; did you mean 'math'?"),
    (LAYERS, "      init: glorot_normal", "      int: glorot_normal", "7:5: missing key 'init'", "8:7: unknown key 'int'; did you mean 'init'?"),
    (LAYERS, "keras:", "kears:", "4:7: unknown key 'kears', expected 'torch', 'keras', 'tf', 'linen' or 'nnx'; did you mean 'keras'?"),
    # Values of another type.
    (NEURON, "axes: [unit]", "axes: unit", "7:11: expected a list, got text 'unit'"),
    (NEURON, "axes: [unit]", "axes: [units]", "7:12: unknown value 'units', expected 'unit'; did you mean 'unit'?"),
    (NEURON, "axes: [unit]", "axes: [unit, unit]", "7:11: an axis occurs twice"),
    (NEURON, "init: 0.5", "init: zeroes", "8:11: unknown value 'zeroes', expected 'zeros', 'ones' or a number; did you mean 'zeros'?"),
    (NEURON, "init: 0.5", "init: [0.5]", "8:11: no initialiser, expected 'zeros', 'ones' or a number"),
    (NEURON, "value: 1.0e-5", "value: small", "16:12: expected a number, got text 'small'"),
    (NEURON, "value: 1.0e-5", "value: 1e-5x", "16:12: expected a number, got text '1e-5x'"),
    (NEURON, "absent: 1", "absent: 010", "9:13: leading zero: write 10, or '010' in quotes for text"),
    (NEURON, "absent: 1", "absent: true", "9:13: expected a number, got true"),
    (NEURON, "positive: true", "positive: no", "10:15: expected true or false, got text 'no'"),
    (NEURON, "positive: true", "positive: 1", "10:15: expected true or false, got 1"),
    (NEURON, "summary: Radial basis function of the distance.", "summary:", "2:9: expected text, got nothing"),
    (NEURON, "summary: Radial basis function of the distance.", "summary: 7", "2:10: expected text, got 7"),
    (NEURON, "math:\n", "math:\n  - ", "21:3: this key is not in line with the keys above it"),
    (NEURON, "  gamma:\n", "  gamma: 1\n  gama:\n", "5:10: expected keys and values, got 1"),
    (NEURON, "    constant_true: sqrt(2)", "    constant_true: [2]", "12:20: expected a formula, got a list"),
    (NEURON, "nonnegative: gamma > 0 and epsilon > 0", "nonnegative: [gamma]", "23:16: expected a condition, true or false, got a list"),
    (NEURON, "degree: 0", "degree: 0.5", "24:25: expected a whole number, got 0.5"),
    (LAYERS, "layers:\n", "- ", "2:5: this key is not in line with the keys above it"),
    (LAYERS, "ranks: [1, 2]", "ranks: [1, 4]", "6:46: expected 1, 2 or 3, got 4"),
    # Numbers.
    (NEURON, "value: 1.0e-5", "value: 1e300", "16:12: a number must be below 1e30"),
    (NEURON, "value: 1.0e-5", "value: 1e-300", "16:12: a number must be 0 or at least 1e-30"),
    (NEURON, "value: 1.0e-5", "value: 0.00000000000000000000000000000000000000001", "16:12: a number of more than 40 digits"),
    (NEURON, "value: 1.0e-5", "value: -1e-5", "16:12: `value` is above 0 where `positive: true`"),
    (NEURON, "init: 0.5", "init: zeros", "8:11: `init` is above 0 where `positive: true`"),
    # Names.
    (NEURON, "epsilon + sq_dist", "epsilonn + sq_dist", "21:27: unknown name 'epsilonn' in formula 'response'; did you mean 'epsilon'?"),
    (NEURON, "epsilon + sq_dist", "epsilon + sq_dst", "21:37: unknown name 'sq_dst' in formula 'response'; did you mean 'sq_dist'?"),
    (NEURON, "relu(", "rleu(", "20:12: unknown function 'rleu'; did you mean 'relu'?"),
    (NEURON, "relu(", "norm(", "20:12: unknown function 'norm'; ‖w‖² is sq_w, ‖x‖² is sq_x, and ‖w - x‖² is relu(sq_w + sq_x - 2 * dot)"),
    (NEURON, "relu(sq_w + sq_x - 2 * dot)", "0 + ||w - x||", "20:16: ‖w‖² is sq_w, ‖x‖² is sq_x, and ‖w - x‖² is relu(sq_w + sq_x - 2 * dot)"),
    (NEURON, "2 * dot)", "2 * <w, x>)", "20:35: ⟨w, x⟩ is dot"),
    (NEURON, "exp(", "ln(", "21:13: unknown function 'ln'; write log"),
    (NEURON, "exp(", "erf(", "21:13: unknown function 'erf'; known: abs, arcsinh, arctan, cos, exp, expm1, log, log1p, maximum, minimum, relu, sigmoid, sign, sin, softplus, sqrt, tanh, where"),
    (NEURON, "math:\n", "  lambda: {summary: Spare., axes: [], init: 1}\nmath:\n", "19:3: 'lambda' has a meaning in Python", "19:3: parameter 'lambda' is not used"),
    (NEURON, "math:\n", "  training: {summary: Spare., axes: [], init: 1}\nmath:\n", "19:3: 'training' is a name that the frameworks or generated code use; choose another", "19:3: parameter 'training' is not used"),
    (NEURON, "math:\n", "  dot: {summary: Spare., axes: [], init: 1}\nmath:\n", "19:3: 'dot' already has a meaning in formulas"),
    (NEURON, "math:\n", "  relu: {summary: Spare., axes: [], init: 1}\nmath:\n", "19:3: 'relu' already has a meaning in formulas", "19:3: parameter 'relu' is not used"),
    (NEURON, "math:\n", "  γ: {summary: Spare., axes: [], init: 1}\nmath:\n", "19:3: 'γ' contains 'γ' (greek small letter gamma): names are made of a-z, A-Z, 0-9 and _", "19:3: parameter 'γ' is not used"),
    (NEURON, "math:\n", "  gаmma: {summary: Spare., axes: [], init: 1}\nmath:\n", "19:3: 'gаmma' contains 'а' (cyrillic small letter a): names are made of a-z, A-Z, 0-9 and _", "19:3: parameter 'gаmma' is not used"),
    (NEURON, "math:\n", "  pi: {summary: Spare., axes: [], init: 1}\nmath:\n", "19:3: 'pi' already has a meaning in formulas", "19:3: parameter 'pi' is not used"),
    (NEURON, "math:\n", "  inputs: {summary: Spare., axes: [], init: 1}\nmath:\n", "19:3: 'inputs' already has a meaning in formulas", "19:3: parameter 'inputs' is not used"),
    (NEURON, "math:\n", "  2gamma: {summary: Spare., axes: [], init: 1}\nmath:\n", "19:3: '2gamma' starts with a digit", "19:3: parameter '2gamma' is not used"),
    (NEURON, "math:\n", "  gaussian: {summary: Spare., axes: [], init: 1}\nmath:\n", "19:3: 'gaussian' is the name of the neuron itself", "19:3: parameter 'gaussian' is not used"),
    (NEURON, "math:\n", "  constant_epsilon: {summary: Spare., axes: [], init: 1}\nmath:\n", "19:3: 'constant_epsilon' is a name that generated code makes of 'epsilon'", "19:3: parameter 'constant_epsilon' is not used"),
    (NEURON, "math:\n", "  max: {summary: Spare., axes: [], init: 1}\nmath:\n", "19:3: 'max' has a meaning in Python", "19:3: parameter 'max' is not used"),
    (NEURON, "math:\n", '  "\\u202egamma": {summary: Spare., axes: [], init: 1}\nmath:\n', "19:3: '\\u202egamma' contains '\\u202e' (right-to-left override): names are made of a-z, A-Z, 0-9 and _", "19:3: parameter '\\u202egamma' is not used"),
    (NEURON, "  sq_dist:", "  epsilon:", "20:3: 'epsilon' is already a parameter", "21:37: unknown name 'sq_dist' in formula 'response'"),
    (NEURON, "neuron: gaussian", "neuron: gausian", "1:9: neuron 'gausian' stands in a file of another name, gaussian.yaml"),
    # What uses what.
    (NEURON, "epsilon + sq_dist", "sq_dist", "13:3: parameter 'epsilon' is not used"),
    (NEURON, "  response", "  spare: dot\n  response", "21:3: formula 'spare' is not used"),
    (NEURON, "2 * dot", "2", "21:3: the response does not use `dot`, so that a unit would not compare w with x"),
    (NEURON, "2 * dot", "response", "20:3: formulas refer to each other: sq_dist -> response -> sq_dist"),
    (NEURON, "  response", "  first: second + dot\n  second: first\n  response", "21:3: formulas refer to each other: first -> second -> first"),
    (NEURON, "  response:", "  output:", "19:1: `math` must define `response`, the output of a unit", "21:3: 'output' is a name that the frameworks or generated code use; choose another"),
    # Formulas.
    (NEURON, "2 * dot)", "2 * dot, 1)", "20:12: relu takes 1 argument, got 2"),
    (NEURON, "2 * dot)", "2 * dot", "20:16: not an expression: '(' was never closed"),
    (NEURON, "2 * dot)", "2 dot)", "20:33: an operator is missing; a product is written *"),
    (NEURON, "2 * dot)", "2 * dot.real)", "20:35: a dot between names is not part of the formula language"),
    (NEURON, "2 * dot)", "2 * dot[0])", "20:35: a square bracket is not part of the formula language"),
    (NEURON, "2 * dot)", "dot % 2)", "20:31: operator % is not part of the formula language"),
    (NEURON, "2 * dot)", "dot^2)", "20:17: operator ^ is not part of the formula language; a power is written **"),
    (NEURON, "2 * dot)", "2 · dot)", "20:33: '·' is not part of the formula language; a product is written *"),
    (NEURON, "2 * dot)", "2 * ⟨w, x⟩)", "20:35: '⟨' is not part of the formula language; ⟨w, x⟩ is dot"),
    (NEURON, "2 * dot)", "2 * (dot > 0))", "20:36: a comparison stands only as the first argument of where"),
    (NEURON, "2 * dot)", "where(dot, dot, 0))", "20:37: where chooses by one comparison, such as where(dot > 0, dot, 0)"),
    (NEURON, "2 * dot)", "where(dot == 0, dot, 0))", "20:37: rounding decides whether two numbers are equal: compare by < <= > or >="),
    (NEURON, "2 * dot)", "where(dot > 0, dot))", "20:31: where takes 3 arguments, got 2"),
    (NEURON, "2 * dot)", "(2 if dot else 1))", "20:32: `if` is not part of the formula language; write where(comparison, then, otherwise)"),
    (NEURON, "2 * dot)", "(2, dot))", "20:31: a comma outside the parentheses of a function is not part of the formula language"),
    (NEURON, "2 * dot)", "relu(dot, x=1))", "20:31: a call of something other than a function, or with named arguments is not part of the formula language"),
    (NEURON, "2 * dot)", "2dot)", "20:32: an operator is missing; a product is written *"),
    (NEURON, "2 * dot)", "min(dot, 1))", "20:31: unknown function 'min'; write minimum"),
    (NEURON, "2 * dot)", "log(0) * dot)", "20:31: log of 0 is no real number"),
    (NEURON, "2 * dot)", "(-8)**(1/3) * dot)", "20:31: a power of -8 that is not whole is no real number"),
    (NEURON, "2 * dot)", "__import__('os').system('true'))", "20:31: a call of something other than a function, or with named arguments is not part of the formula language"),
    (NEURON, "2 * dot)", "'2' * dot)", "20:31: '2' is not part of the formula language"),
    (NEURON, "2 * dot)", "1e40 * dot)", "20:31: a number must be below 1e30"),
    (NEURON, "2 * dot)", "dot**65)", "20:36: an exponent is at most 64 in size"),
    (NEURON, "2 * dot)", "10**10**10 * dot)", "20:31: this part is a number of 1e30 or more"),
    (NEURON, "2 * dot)", "dot / (1 - 1))", "20:38: a division by 0"),
    (NEURON, "2 * dot)", "sqrt(-2) * dot)", "20:31: sqrt of -2 is no real number"),
    (NEURON, "2 * dot)", "dot / (sq_x - sq_x))", "20:38: a division by what is always 0"),
    (NEURON, "2 * dot)", "(dot - dot))", "21:3: `dot` cancels out: the response is the same for all its values"),
    (NEURON, "2 * dot)", "((dot**8)**8)**8)", "20:12: a power of more than 64 when the names in it are written out"),
    (NEURON, "2 * dot)", "(dot + sq_w + sq_x + 1)**64)", "20:12: more than 10000 terms when its products are multiplied out"),
    (NEURON, "relu(sq_w + sq_x - 2 * dot)", "|dot|", "20:13: put text that starts with '|' or '>' in quotes"),
    (NEURON, "relu(sq_w + sq_x - 2 * dot)", "", "20:11: expected a formula, got nothing"),
    (NEURON, "relu(sq_w + sq_x - 2 * dot)", ">-\n    relu(sq_x +\n    sq_ww - 2 * dot)", "22:5: unknown name 'sq_ww' in formula 'sq_dist'; did you mean 'sq_w'?"),
    (NEURON, "-gamma * (", "epsilon - epsilon + 0 * gamma * (", "5:3: parameter 'gamma' cancels out: the response is the same for all its values", "13:3: parameter 'epsilon' cancels out: the response is the same for all its values", "21:3: `dot` cancels out: the response is the same for all its values"),
    (NEURON, "exp(-gamma", "exp(-gamma" + " + dot" * 150, "21:13: a formula of more than 500 characters"),
    # Options that contradict each other.
    (NEURON, "    init: 0.5\n", "", "5:3: parameter 'gamma' needs `init` (it is trained) or `value` (a constant)"),
    (NEURON, "    init: 0.5\n", "    init: 0.5\n    value: 1\n", "5:3: parameter 'gamma' has `init` (trained) and `value` (a constant): leave one out"),
    (NEURON, "[constant, scalar]", "[constant, constant]", "11:25: option 'constant' occurs twice"),
    (NEURON, "[constant, scalar]", "[constant, softplus]", "11:25: a positive parameter goes through softplus already"),
    (NEURON, "[constant, scalar]", "[scalar]", "12:5: `constant_true` goes with option 'constant'"),
    (NEURON, "[learnable]", "[constant]", "18:15: 'constant' goes with `init`"),
    (NEURON, "[learnable]", "[learnible]", "18:15: unknown value 'learnible', expected 'constant', 'softplus', 'scalar' or 'learnable'; did you mean 'learnable'?"),
    (NEURON, "sqrt(2)", "sqrt(dot)", "12:25: 'dot': `constant_true` is a number without names"),
    (NEURON, "    value: 1.0e-5\n", "    value: 1.5\n    integer: true\n", "17:5: `integer` goes with `value` and without options", "25:39: 'epsilon' is a whole number and cannot be scaled"),
    (NEURON, "    options: [learnable]\n", "    absent: 0\n", "18:5: `absent` goes with `init`"),
    (NEURON, "axes: [unit]", "axes: []", "11:25: 'scalar' goes with `axes: [unit]`"),
    # Properties.
    (NEURON, "gamma: -2", "gama: -2", "24:28: unknown parameter 'gama'; did you mean 'gamma'?"),
    (NEURON, "degree: 0, ", "", "24:3: missing key 'degree'"),
    (NEURON, "nonnegative: gamma > 0 and", "nonnegative: gamma and", "23:16: a condition compares, such as alpha >= 0"),
    (NEURON, "nonnegative: gamma > 0 and", "nonnegative: gama > 0 and", "23:16: unknown name 'gama' in property 'nonnegative'; did you mean 'gamma'?"),
    (NEURON, "nonnegative", "nonegative", "23:3: unknown key 'nonegative'; did you mean 'nonnegative'?"),
    (NEURON, "nonnegative: gamma > 0 and epsilon > 0", "nonnegative: yes", "23:16: a condition compares, such as alpha >= 0; 'yes' is text here: what always holds is `true`"),
    # Prose.
    (NEURON, "of the distance.", "of the distance", "2:10: `summary` is a sentence and ends in a full stop"),
    (NEURON, "reference: Broomhead and Lowe (1988)", 'reference: "\\"\\"\\" import os"', "3:13: '\"' cannot stand in `reference`; write ' instead"),
    # YAML.
    (NEURON, "neuron: gaussian", "neuron: &name gaussian", "1:9: YAML anchor: write the value itself"),
    (NEURON, "neuron: gaussian", "neuron: *name", "1:9: YAML alias: write the value itself"),
    (NEURON, "neuron: gaussian", "neuron: !!python/object/apply:os.system [true]", "1:9: YAML tag: write the value itself"),
    (NEURON, "neuron: gaussian", "<<: {neuron: gaussian}\nneuron: gaussian", "1:1: YAML merge key: write the keys themselves"),
    (NEURON, "    axes: [unit]", "\taxes: [unit]", "7:1: a tab: indent with spaces"),
    (NEURON, "axes: [unit]", "axes: [unit", "8:9: expected a comma or ']', found ':'; is the '[' of line 7 closed?"),
    (NEURON, "axes: [unit]", "axes: [unit]]", "7:17: expected a value, found ']'"),
    (NEURON, "summary: Inverse squared width.", "summary: Inverse: squared width.", "6:21: no key can stand here: indent it like the keys above, or put text that contains ': ' in quotes"),
    (NEURON, "summary: Inverse squared width.", 'summary: "Inverse squared width.', "6:14: a quote is opened here and never closed"),
    (NEURON, "summary: Inverse squared width.", "summary: 'Inverse' squared width.", "6:24: text after the end of a value: put a value that contains quotes in quotes as a whole"),
    (NEURON, "summary: Inverse squared width.", "summary: `Inverse` squared width.", "6:14: put text that starts with '`' in quotes"),
    (NEURON, "summary: Inverse squared width.", 'summary: "Inverse \\squared width."', "6:24: no such escape between double quotes: write \\\\ for a backslash, or use single quotes"),
    (NEURON, "    absent: 1", "      absent: 1", "9:13: no key can stand here: indent it like the keys above, or put text that contains ': ' in quotes"),
    (NEURON, "    absent: 1", "   absent: 1", "9:4: this key is not in line with the keys above it"),
    (NEURON, "    absent: 1", "    absent 1", "9:5: a key without a colon and a blank after it"),
    (NEURON, "    absent: 1", "    absent:1", "9:5: a key without a colon and a blank after it"),
    (NEURON, "    absent: 1", "    ? [absent]\n    : 1", "9:7: a key must be a name"),
    (NEURON, "    absent: 1", "    absent: " + "[" * 25 + "]" * 25, "9:31: nested too deeply"),
    (NEURON, "math:", "---\nmath:", "19:1: a second document begins: one file holds one spec"),
    (NEURON, "Inverse squared", "Inverse\u0007squared", "6:21: a character that no text contains (U+0007)"),
    (NEURON, NEURON, "", "1:1: the file is empty"),
    (NEURON, NEURON, "# Nothing yet.\n", "1:1: the file is empty"),
    (NEURON, NEURON, "gaussian", "1:1: expected keys and values, got text 'gaussian'"),
    # Several at once.
    (NEURON, "relu(sq_w + sq_x - 2 * dot)\n  response: exp(-gamma", "rleu(sq_x)\n  response: exp(-gama", "20:12: unknown function 'rleu'; did you mean 'relu'?", "21:18: unknown name 'gama' in formula 'response'; did you mean 'gamma'?"),
    # Layers.
    (LAYERS, "neuron: gaussian", "neuron: gausian", "5:13: unknown neuron 'gausian'; did you mean 'gaussian'?"),
    (LAYERS, "neuron: gaussian", "neuron: perceptron", "5:13: unknown neuron 'perceptron'; there is 'gaussian'"),
    (LAYERS, "kind: convolution, ranks: [1, 2]", "kind: dense, ranks: [1, 2]", "6:29: a dense layer has no spatial axes: leave out `ranks`, or choose another kind", "12:22: layers of one file share a geometry: give this one a file of its own"),
    (LAYERS, "kind: convolution, ranks: [1, 2]", "kind: convolution", "6:5: a convolution needs `ranks`, its numbers of spatial axes, such as [1, 2, 3]"),
    (LAYERS, "kind: convolution, ranks: [1, 2]", "kind: convolutoin, ranks: [1, 2]", "6:22: unknown value 'convolutoin', expected 'dense', 'convolution' or 'transposed_convolution'; did you mean 'convolution'?"),
    (LAYERS, "kind: convolution, ranks: [3]", "kind: transposed_convolution, ranks: [3]", "12:22: layers of one file share a geometry: give this one a file of its own"),
    (LAYERS, "ranks: [1, 2]", "ranks: [1, 1]", "6:46: rank 1 occurs twice"),
    (LAYERS, "name: GaussianConvolution", "name: GaussianConv", "10:11: 'GaussianConv' is already the name of a layer"),
    (LAYERS, "name: GaussianConvolution", "name: RadialConv", "10:11: 'RadialConv' is already the name of a layer"),
    (LAYERS, "name: GaussianConvolution", "name: GaussianConv2D", "10:11: 'GaussianConv2D' is already the name of a layer"),
    (LAYERS, "name: GaussianConvolution", "name: gaussian", "10:11: 'gaussian' is the name of the neuron: name the layer otherwise"),
    (LAYERS, "name: GaussianConvolution", "name: Gaussian-Convolution", "10:11: 'Gaussian-Convolution' contains '-' (hyphen-minus): names are made of a-z, A-Z, 0-9 and _"),
    (LAYERS, "name: GaussianConvolution", "name: Tensor", "10:11: 'Tensor' is a name that the frameworks or generated code use; choose another"),
    (LAYERS, "[RadialConv]", "[GaussianConv]", "4:15: 'GaussianConv' is already the name of this layer"),
    (LAYERS, "# Callers choose the rest.", "options: [spherical]", "9:7: unknown key 'options'; known: init"),
    (LAYERS, "init: glorot_normal", "init: glorot", "8:13: unknown value 'glorot', expected 'glorot_normal', 'glorot_uniform', 'lecun_normal', 'he_normal' or 'orthogonal'; did you mean 'glorot_normal'?"),
    (LAYERS, LAYERS, "layers: []\n", "1:1: `layers` is empty"),
    # Geometries.
    (GEOMETRY, "  same:\n", "  some:\n", "17:1: `padding` must define 'same'"),
    (GEOMETRY, "(kernel_size - 1) * dilation + 1", "(kernel_size - 1) * dilatoin + 1", "8:34: unknown name 'dilatoin' in length 'extent'; did you mean 'dilation'?"),
    (GEOMETRY, "(kernel_size - 1) * dilation + 1", "(kernel_size - 1) / dilation + 1", "8:14: operator / is not part of integer formulas"),
    (GEOMETRY, "(kernel_size - 1) * dilation + 1", "(kernel_size - 1.5) * dilation + 1", "8:29: '1.5' is not part of integer formulas"),
    (GEOMETRY, "(kernel_size - 1) * dilation + 1", "(kernel_size - 1) // 0 + 1", "8:35: a division by 0"),
    (GEOMETRY, "(kernel_size - 1) * dilation + 1", "output_length + 1", "6:3: lengths refer to each other: extent -> output_length -> extent"),
    (GEOMETRY, "before: total // 2", "before: max(total, 0)", "25:13: unknown function 'max'; did you mean 'maximum'?"),
    (GEOMETRY, "holds: groups > 0", "holds: groups", "41:22: a condition compares, such as alpha >= 0"),
    (GEOMETRY, "conv.c2:", "conv.c1:", "39:5: duplicate key 'conv.c1', first used in line 38"),
    (GEOMETRY, "conv.c7:", "conv.c1:", "46:5: 'conv.c1' is already in 'arguments'"),
    (GEOMETRY, "conv.c2:", "c2:", "39:5: 'c2' is no id, such as 'conv.c1'"),
    (GEOMETRY, "  mask:\n", "  masks:\n", "36:1: `constraints` must define 'mask'"),
    (GEOMETRY, "geometry: convolution", "geometry: transposed_convolution", "1:11: geometry 'transposed_convolution' must stand in a file transposed_convolution.yaml"),
    (GEOMETRY, "geometry: convolution", "geometry: attention", "1:11: unknown value 'attention', expected 'convolution' or 'transposed_convolution'"),
    (GEOMETRY, "message: a window has at least one tap", "message:", "38:47: expected text, got nothing"),
]  # fmt: skip
