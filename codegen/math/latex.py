"""The formula as LaTeX, in the field's notation."""

import sympy

from codegen.math.neuron import NeuronMath
from codegen.math.symbols import relu, symbol

_SYMBOLS = {
    "dot": r"\langle w, x\rangle",
    "sq_x": r"\lVert x\rVert^2",
    "sq_w": r"\lVert w\rVert^2",
    "bias": "b",
    "epsilon": r"\varepsilon",
}


def response_latex(math: NeuronMath) -> str:
    """`y = …` with intermediate formulas written out and the clamp of the distance left unsaid.

    ‖x‖² + ‖w‖² − 2⟨w, x⟩ is written ‖w − x‖²: in exact arithmetic it is never negative, and
    `relu` around it guards against rounding alone.
    """
    dot, sq_x, sq_w = (symbol(n) for n in ("dot", "sq_x", "sq_w"))
    x, w, distance = sympy.symbols("x w D", real=True)
    expanded = sympy.expand((w - x) ** 2).subs({x * w: dot, x**2: sq_x, w**2: sq_w})
    expression = math.response.subs(relu(expanded), distance)
    names = {symbol(k): v for k, v in _SYMBOLS.items()}
    names[distance] = r"\lVert w - x\rVert^2"
    return f"y = {sympy.latex(expression, symbol_names=names)}"
