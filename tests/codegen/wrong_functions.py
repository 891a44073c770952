"""Wrong functions: what is edited in a good one, and what is said of it, word for word."""

FUNCTION = """\
function: share
summary: Powers along an axis, each divided by the sum of all.
reference: Somebody (2000)
arguments:
  x:
    summary: What is compared.
    array: true
  n:
    summary: The power.
    value: 1.0
    positive: true
  epsilon:
    summary: Added to the sum.
    value: 1.0e-12
    positive: true
  axis:
    summary: The axis of the sum.
    axis: -1
math:
  power: x**n
  result: power / (epsilon + sum(power, axis))
properties:
  monotone: {x: increasing, epsilon: decreasing}
  bounded: {below: 0, above: 1}
  total: {above: 1}
  scaling: {x: 1, epsilon: n}
"""

_USED = "is a name that the frameworks or generated code use; choose another"
_POWER, _RESULT = "power: x**n", "result: power / (epsilon + sum(power, axis))"
_SUMS = "sum takes an array and the name of an axis, such as sum(power, axis)"
_FUNCTIONS = "abs, arcsinh, arctan, cos, exp, expm1, log, log1p, maximum, minimum, relu, sigmoid, sign, sin, softplus, sqrt, tanh, where"

#: What is replaced in the function and by what; then every error, at its line and column.
WRONG: list[tuple[str, ...]] = [
    # Keys.
    ("summary: Powers", "sumary: Powers", "1:1: missing key 'summary'", "2:1: unknown key 'sumary'; did you mean 'summary'?"),
    ("math:", "maths:", "1:1: missing key 'math'", "19:1: unknown key 'maths'; did you mean 'math'?"),
    ("    array: true", "    vector: true", "7:5: unknown key 'vector'; known: summary, array, value, positive, axis"),
    ("scaling:", "convex:", "26:3: unknown key 'convex'; known: monotone, bounded, total, reciprocal, scaling"),
    ("    summary: The power.\n", "", "8:3: missing key 'summary'"),
    # Values of another type.
    ("value: 1.0\n", "value: one\n", "10:12: expected a number, got text 'one'"),
    ("array: true", "array: yes", "7:12: expected true or false, got text 'yes'"),
    ("axis: -1", "axis: 1", "18:11: expected -1 or 0, got 1"),
    ("axis: -1", "axis: last", "18:11: expected -1 or 0, got text 'last'"),
    (_POWER, "power: [x, n]", "20:10: expected a formula, got a list"),
    ("{x: increasing,", "{x: growing,", "23:17: unknown value 'growing', expected 'increasing' or 'decreasing'"),
    ("The power.", "The power", "9:14: `summary` is a sentence and ends in a full stop"),
    # Arguments.
    ("    array: true\n", "", "5:3: argument 'x' is either `array: true`, a number `value`, or an `axis`"),
    ("    array: true\n", "    array: true\n    value: 2\n", "5:3: argument 'x' is either `array: true`, a number `value`, or an `axis`"),
    ("    value: 1.0\n", "", "8:3: argument 'n' is either `array: true`, a number `value`, or an `axis`", "25:28: unknown name 'n' in 'scaling'"),
    ("    value: 1.0\n    positive: true\n", "    array: true\n", "8:3: the array is called `x` here; each framework has its own word", "8:3: the first argument is the array, with `array: true`, and no other is", "25:28: unknown name 'n' in 'scaling'"),
    ("  x:\n", "  y:\n", "5:3: the array is called `x` here; each framework has its own word", "20:10: unknown name 'x' in formula 'power'"),
    ("  axis:\n", "  dim:\n", "16:3: the axis is called `axis` here; each framework has its own word", "21:41: unknown name 'axis' in formula 'result'"),
    ("    axis: -1\n", "    axis: -1\n    positive: true\n", "19:5: `positive` goes with `value`"),
    ("value: 1.0\n", "value: -1.0\n", "10:12: `value` is above 0 where `positive: true`"),
    (_POWER, "power: x**2", "8:3: argument 'n' is not used"),
    (_POWER, "power: 2**n", "5:3: argument 'x' is not used"),
    # Names.
    ("function: share", "function: shares", "1:11: function 'shares' stands in a file of another name, share.yaml"),
    ("  n:\n", "  inputs:\n", f"8:3: 'inputs' {_USED}", "20:13: unknown name 'n' in formula 'power'", "26:28: unknown name 'n' in 'scaling'"),
    ("  n:\n", "  pi:\n", "8:3: 'pi' already has a meaning in formulas", "20:13: unknown name 'n' in formula 'power'", "26:28: unknown name 'n' in 'scaling'"),
    ("  power: x**n", "  n: x", "20:3: 'n' is already an argument", "21:11: unknown name 'power' in formula 'result'", "21:34: unknown name 'power' in formula 'result'"),
    ("  power: x**n", "  sum: x**n", "20:3: 'sum' already has a meaning in formulas", "21:11: unknown name 'power' in formula 'result'", "21:34: unknown name 'power' in formula 'result'"),
    # Formulas.
    (_POWER, "power: x**m", "20:13: unknown name 'm' in formula 'power'"),
    (_POWER, "power: gate(x)**n", f"20:10: unknown function 'gate'; known: {_FUNCTIONS}"),
    (_POWER, "power: maximum(x)**n", "20:10: maximum takes 2 arguments, got 1"),
    (_POWER, "power: x^n", "20:10: operator ^ is not part of the formula language; a power is written **"),
    (_POWER, "power: result**n", "20:3: formulas refer to each other: power -> result -> power"),
    (_POWER, "power: x**n + axis", "20:17: 'axis' is an axis: it stands in sums alone, sum(a, axis)"),
    (_POWER, f"{_POWER}\n  spare: x**2", "21:3: formula 'spare' is not used"),
    ("result:", "results:", "19:1: `math` must define `result`, the function itself"),
    ("sum(power, axis)", "sum(power)", f"21:30: {_SUMS}"),
    ("sum(power, axis)", "sum(power, 0)", f"21:30: {_SUMS}"),
    ("sum(power, axis)", "sum(power, n)", "16:3: argument 'axis' is not used", "21:41: 'n' is no argument with `axis`"),
    ("sum(power, axis)", "sum(power, axes)", "21:41: unknown name 'axes' in formula 'result'; did you mean 'axis'?"),
    # What has no value, or no effect.
    (_POWER, "power: x**n / (x - x)", "20:18: a division by what is always 0"),
    (_POWER, "power: n * log(-x**2)", "20:18: log of what is never above 0"),
    (_POWER, "power: x * 0 + n", "21:3: `x` cancels out: the result is the same for all its values"),
    (_RESULT, "result: power / (epsilon - epsilon + sum(power, axis))", "21:3: `epsilon` cancels out: the result is the same for all its values"),
    (_POWER, "power: ((x + n)**60)**2", "20:10: a power of more than 64 when the names in it are written out"),
    # Statements.
    ("{x: increasing,", "{y: increasing,", "23:14: unknown argument 'y'"),
    ("{x: increasing,", "{x: decreasing,", "23:14: monotone: {x: decreasing} is false: at x = (1, 1, 1), n = 1, epsilon = 1 the result is 0.25, and at x = (2, 1, 1), n = 1, epsilon = 1 it is 0.4"),
    ("bounded: {below: 0, above: 1}", "bounded: {}", "24:3: `bounded` needs `below` or `above`"),
    ("bounded: {below: 0, above: 1}", "bounded: {above: y}", "24:20: unknown name 'y' in 'bounded'"),
    ("bounded: {below: 0, above: 1}", "bounded: {above: 0.5}", "24:13: bounded: {above: 0.5} is false: at x = (2, 1, 1), n = 2, epsilon = 1 the result is 0.571429, above 0.5"),
    ("{x: 1, epsilon: n}", "{epsilon: n}", "26:3: missing key 'x'"),
    ("{x: 1, epsilon: n}", "{x: 1, epsilon: 2 * n}", "26:3: scaling: {x: 1, epsilon: 2 * n} is false: at x = (1, 1, 1), n = 1, epsilon = 1 the result is 0.25, and with c = 2 it is 0.2"),
    ("scaling: {x: 1, epsilon: n}", "reciprocal: 1 - resul", "26:19: unknown name 'resul' in 'reciprocal'; did you mean 'result'?"),
    ("scaling: {x: 1, epsilon: n}", "reciprocal: 1 - result", "26:3: reciprocal: 1 - result is false: at x = (1, 1, 1), n = 1, epsilon = 1 the function of 1 / x is 0.25, not 0.75"),
]  # fmt: skip
