"""Rules by which a statement about an expression is proved.

Every rule walks the expression once and looks at one part at a time; nothing is simplified or
solved, so that a proof is found at once or not at all. "Not at all" says nothing: such statements
are tested.
"""

from collections.abc import Callable, Iterable, Mapping

import sympy

from codegen.math import symbols

_HALF = sympy.Rational(1, 2)

#: Increasing functions of one argument, with their infimum and supremum (None: unbounded).
_INCREASING: Mapping[str, tuple[sympy.Expr | None, sympy.Expr | None]] = {
    "asinh": (None, None),
    "atan": (-sympy.pi / 2, sympy.pi / 2),
    "exp": (sympy.S.Zero, None),
    "expm1": (-sympy.S.One, None),
    "log": (None, None),
    "log1p": (None, None),
    "relu": (sympy.S.Zero, None),
    "safe_log": (None, None),
    "safe_sqrt": (sympy.S.Zero, None),
    "sigmoid": (sympy.S.Zero, sympy.S.One),
    "sign": (-sympy.S.One, sympy.S.One),
    "softplus": (sympy.S.Zero, None),
    "step": (sympy.S.Zero, sympy.S.One),
    "tanh": (-sympy.S.One, sympy.S.One),
}
#: Other functions with bounds.
_BOUNDED: Mapping[str, tuple[sympy.Expr | None, sympy.Expr | None]] = {
    "absolute": (sympy.S.Zero, None),
    "cos": (-sympy.S.One, sympy.S.One),
    "sin": (-sympy.S.One, sympy.S.One),
    "softmax": (sympy.S.Zero, sympy.S.One),
}
POWERS = (symbols.safe_power, symbols.positive_power, symbols.whole_power)


def _name(expression: sympy.Expr) -> str:
    return str(expression.func.__name__.lower())


def analytic(expression: sympy.Expr) -> sympy.Expr:
    """The same function by SymPy's own names, for SymPy to reason about."""
    own: Mapping[type[sympy.Expr], Callable[..., sympy.Expr]] = {
        symbols.relu: lambda a: sympy.Max(a, 0),
        symbols.absolute: sympy.Abs,
        symbols.step: lambda a: sympy.Piecewise((1, a > 0), (0, True)),
        symbols.rest: lambda a: sympy.Piecewise((0, a > 0), (1, True)),
        symbols.sign: sympy.sign,
        symbols.softplus: lambda a: sympy.log(1 + sympy.exp(a)),
        symbols.sigmoid: lambda a: 1 / (1 + sympy.exp(-a)),
        symbols.log1p: lambda a: sympy.log(1 + a),
        symbols.expm1: lambda a: sympy.exp(a) - 1,
        symbols.maximum: sympy.Max,
        symbols.minimum: sympy.Min,
        symbols.select: lambda a, b, x, y: sympy.Piecewise((x, a > b), (y, True)),
        symbols.safe_sqrt: lambda a: sympy.sqrt(sympy.Max(a, 0)),
        symbols.safe_log: lambda a: sympy.log(sympy.Max(a, 0)),
        symbols.safe_power: lambda a, p: sympy.Max(a, 0) ** p,
        symbols.positive_power: sympy.Pow,
        symbols.whole_power: sympy.Pow,
        symbols.inverse: lambda a: sympy.Piecewise((1 / a, a > 0), (0, True)),
        symbols.positive_log: lambda a: sympy.Piecewise((sympy.log(a), a > 0), (0, True)),
    }
    for function, ours in own.items():
        expression = expression.replace(function, ours)
    return expression


def nonnegative(expression: sympy.Expr) -> bool:
    """Whether the expression is proved to be at least 0, by what its symbols are known to be."""
    if expression.is_nonnegative:
        return True
    if expression.is_Add:
        return all(map(nonnegative, expression.args)) or _root_exceeds(expression)
    if expression.is_Mul:
        return all(map(nonnegative, expression.args))
    if expression.is_Pow or isinstance(expression, POWERS):
        base, exponent = expression.args
        return nonnegative(base) or bool(exponent.is_even)
    if isinstance(expression, symbols.select):
        return all(map(nonnegative, expression.args[2:]))
    if _name(expression) in ("log1p", "expm1", "asinh", "atan", "tanh", "sign"):
        return nonnegative(expression.args[0])
    return False


def _root_exceeds(total: sympy.Expr) -> bool:
    """√u − v ≥ 0 where u − v² ≥ 0."""
    roots = [t for t in total.args if t.is_Pow and t.exp == _HALF]
    if len(roots) != 1:
        return False
    rest = roots[0] - total
    return bool(_expanded(roots[0].base - rest**2).is_nonnegative)


def _expanded(expression: sympy.Expr) -> sympy.Expr:
    """Multiplied out, unless that could take long."""
    powers = expression.atoms(sympy.Pow)
    if sympy.count_ops(expression) > 60 or any(p.base.is_Add and abs(p.exp) > 4 for p in powers):
        return expression
    return sympy.expand(expression)


def degree(expression: sympy.Expr, degrees: Mapping[str, int]) -> sympy.Rational | None:
    """d, where scaling every symbol by s to its own degree scales the expression by s to the d."""
    if expression.is_number:
        return sympy.S.Zero
    if expression.is_Symbol:
        return sympy.Integer(degrees.get(expression.name, 0))
    found = [d for a in expression.args if (d := degree(a, degrees)) is not None]
    if len(found) < len(expression.args):
        return None
    if expression.is_Mul:
        return sympy.Add(*found)
    if expression.is_Pow or isinstance(expression, POWERS):
        base, exponent = found
        if exponent != 0 or (base != 0 and not expression.args[1].is_number):
            return None
        return sympy.S.Zero if base == 0 else base * expression.args[1]
    first, *others = found
    if _name(expression) in ("add", "maximum", "minimum"):
        # 0 has every degree; other numbers have degree 0.
        return _common(zip(found, expression.args, strict=True))
    if _name(expression) in ("relu", "absolute"):
        return first
    if _name(expression) == "safe_sqrt":
        return first / 2
    if _name(expression) in ("sign", "step", "rest"):
        return sympy.S.Zero
    if isinstance(expression, symbols.select):
        compared = _common(zip(found[:2], expression.args[:2], strict=True))
        chosen = _common(zip(found[2:], expression.args[2:], strict=True))
        return None if compared is None else chosen
    return sympy.S.Zero if first == 0 and not any(others) else None


def _common(parts: Iterable[tuple[sympy.Rational, sympy.Expr]]) -> sympy.Rational | None:
    distinct = {d for d, part in parts if part != 0}
    if len(distinct) > 1:
        return None
    return distinct.pop() if distinct else sympy.S.Zero


def trend(expression: sympy.Expr, variable: sympy.Symbol) -> int | None:
    """1 if the expression never falls as the variable grows, −1 if it never rises, 0 if constant.

    Continuity is not asked for: a derivative would say nothing of the jumps of `sign` or `where`.
    """
    if variable not in expression.free_symbols:
        return 0
    if expression == variable:
        return 1
    if expression.is_Add:
        return _agreed(trend(argument, variable) for argument in expression.args)
    if expression.is_Mul:
        return _trend_of_product(expression, variable)
    if expression.is_Pow or isinstance(expression, POWERS):
        base, exponent = expression.args
        return _trend_of_power(base, exponent, variable)
    if _name(expression) in _INCREASING:
        return trend(expression.args[0], variable)
    if _name(expression) in ("maximum", "minimum"):
        return _agreed(trend(argument, variable) for argument in expression.args)
    if _name(expression) == "abs":
        return _directed(nonnegative(expression.args[0]), trend(expression.args[0], variable))
    return None


def _agreed(trends: Iterable[int | None]) -> int | None:
    found = set(trends) - {0}
    if len(found) > 1:
        return None
    return found.pop() if found else 0


def _directed(condition: bool, found: int | None) -> int | None:
    return found if condition else None


def _trend_of_product(product: sympy.Expr, variable: sympy.Symbol) -> int | None:
    moving = [f for f in product.args if variable in f.free_symbols]
    direction = 1
    for factor in product.args:
        if factor not in moving:
            if nonnegative(-factor):
                direction = -direction
            elif not nonnegative(factor):
                return None
    if len(moving) == 1:
        found = trend(moving[0], variable)
    elif len(moving) == 2 and any(symbols.absolute(m) in moving for m in moving):
        # u|u| grows as u does.
        found = trend(next(m for m in moving if symbols.absolute(m) in moving), variable)
    elif all(map(nonnegative, moving)):
        found = _agreed(trend(factor, variable) for factor in moving)
    else:
        found = None
    return None if found is None else direction * found


def _trend_of_power(base: sympy.Expr, exponent: sympy.Expr, variable: sympy.Symbol) -> int | None:
    found = trend(base, variable)
    if found is None or variable in exponent.free_symbols:
        return None
    if exponent.is_odd and exponent.is_positive:
        return found
    if not nonnegative(base):
        return None
    if nonnegative(exponent):
        return found
    return -found if nonnegative(-exponent) else None


def upper(expression: sympy.Expr, moving: frozenset[sympy.Symbol]) -> sympy.Expr | None:
    """A bound from above that is free of the moving symbols."""
    return _bound(expression, moving, above=True)


def lower(expression: sympy.Expr, moving: frozenset[sympy.Symbol]) -> sympy.Expr | None:
    """A bound from below that is free of the moving symbols."""
    return _bound(expression, moving, above=False)


def _bound(
    expression: sympy.Expr, moving: frozenset[sympy.Symbol], above: bool
) -> sympy.Expr | None:
    if not expression.free_symbols & moving:
        return expression
    if expression.is_Add:
        parts = [_bound(argument, moving, above) for argument in expression.args]
        return None if any(p is None for p in parts) else sympy.Add(*parts)
    if expression.is_Mul:
        return _bound_of_product(expression, moving, above)
    if expression.is_Pow or isinstance(expression, POWERS):
        base, exponent = expression.args
        found = _bound_of_power(base, exponent, moving, above)
        return sympy.S.Zero if found is None and not above and nonnegative(expression) else found
    if _name(expression) in ("maximum", "minimum"):
        parts = [_bound(argument, moving, above) for argument in expression.args]
        known = [p for p in parts if p is not None]
        if len(known) == len(parts):
            return _join(known, larger=_name(expression) == "maximum")
        return known[0] if known and above == (_name(expression) == "minimum") else None
    if isinstance(expression, symbols.select):
        parts = [_bound(argument, moving, above) for argument in expression.args[2:]]
        return None if any(p is None for p in parts) else _join(parts, larger=above)
    limits = {**_INCREASING, **_BOUNDED}.get(_name(expression))
    if limits is not None:
        inner = (
            _bound(expression.args[0], moving, above) if _name(expression) in _INCREASING else None
        )
        if inner is not None:
            return expression.func(inner)
        limit: sympy.Expr | None = limits[above]
        return limit
    return sympy.S.Zero if not above and nonnegative(expression) else None


def _join(parts: list[sympy.Expr], *, larger: bool) -> sympy.Expr:
    if all(part.is_number for part in parts):
        return (sympy.Max if larger else sympy.Min)(*parts)
    return (symbols.maximum if larger else symbols.minimum)(*parts)


def _bound_of_product(
    product: sympy.Expr, moving: frozenset[sympy.Symbol], above: bool
) -> sympy.Expr | None:
    fixed = [f for f in product.args if not f.free_symbols & moving]
    others = [f for f in product.args if f.free_symbols & moving]
    factor = sympy.Mul(*fixed)
    if nonnegative(-factor):
        above = not above
    elif not nonnegative(factor):
        return None
    if _is_cosine(others):
        return factor if above else -factor
    if len(others) == 1:
        found = _bound(others[0], moving, above)
    elif all(map(nonnegative, others)):
        parts = [_bound(f, moving, above) for f in others]
        found = None if any(p is None for p in parts) else sympy.Mul(*parts)
        if found is None and not above:
            found = sympy.S.Zero
    else:
        found = None
    return None if found is None else factor * found


def _is_cosine(factors: list[sympy.Expr]) -> bool:
    """⟨w, x⟩ over something that is no less than ‖w‖‖x‖: Cauchy and Schwarz."""
    names = {"dot": None, "sq_x": None, "sq_w": None}
    for factor in factors:
        for s in factor.free_symbols:
            if s.name in names:
                names[s.name] = s
    dot, sq_x, sq_w = names.values()
    if len(factors) != 2 or dot not in factors or sq_x is None or sq_w is None:
        return False
    other = next(f for f in factors if f != dot)
    if not other.is_Pow:
        return False
    if other.exp == -_HALF:
        return nonnegative(_expanded(other.base - sq_x * sq_w))
    roots = (symbols.safe_sqrt(sq_x * sq_w), sympy.sqrt(sq_x * sq_w))
    product = symbols.safe_sqrt(sq_x) * symbols.safe_sqrt(sq_w)
    return other.exp == -1 and any(nonnegative(other.base - r) for r in (*roots, product))


def _bound_of_power(
    base: sympy.Expr, exponent: sympy.Expr, moving: frozenset[sympy.Symbol], above: bool
) -> sympy.Expr | None:
    if exponent.free_symbols & moving or not nonnegative(base):
        return None
    falling = nonnegative(-exponent)
    if not falling and not nonnegative(exponent):
        return None
    inner = _bound(base, moving, above != falling)
    if inner is None or (falling and not inner.is_positive):
        return None
    return inner**exponent
