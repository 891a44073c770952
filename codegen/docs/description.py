"""What one sees in the plots, in words: read off the formula and off the drawn numbers."""

from collections.abc import Iterator

import numpy as np

from codegen.docs.formulas import plain
from codegen.docs.surface import REACH, WEIGHT, Surface, plane
from codegen.math.numeric import Array

NEAR = 0.1
"""Distance from a point of interest that still counts as being there."""


def describe(surface: Surface) -> tuple[str, ...]:
    """A few sentences about response and gradient."""
    return tuple(_sentences(surface))


def _sentences(surface: Surface) -> Iterator[str]:
    points = plane()
    values = surface.response(points)
    angular = _is_angular(surface)
    yield _level_sets(surface, angular)
    yield from _sign(values)
    if angular:
        yield from _best_direction(surface)
    else:
        yield from _largest(surface, points, values)
        yield from _far_away(surface)
    yield _slope(surface, points)


def _level_sets(surface: Surface, angular: bool) -> str:
    """The form of contour lines, from what the response depends on."""
    math = surface.plan.math
    response = plain(math.response)
    used = {s.name for s in response.free_symbols}
    if not used & {"sq_x", "distance"}:
        return (
            "Contours are straight lines across w: only the component of x along w counts, and "
            "whatever is orthogonal to w changes nothing."
        )
    if not used & {"dot", "sq_x"}:
        return (
            "Contours are circles around w: only the distance from w counts, whatever the "
            "direction."
        )
    if angular:
        return (
            "Contours are rays from 0: but for the closest surroundings of 0, only the angle "
            "between x and w counts."
        )
    return (
        "Both sides of the line through 0 and w are mirror images: the response knows x by its "
        "product with w and its norm alone."
    )


def _ring(surface: Surface, radius: float) -> Array:
    """Responses all around 0, from the direction of w onwards."""
    start = np.arctan2(WEIGHT[1], WEIGHT[0])
    angles = start + np.linspace(0, 2 * np.pi, 72, endpoint=False)
    return surface.response(radius * np.stack([np.cos(angles), np.sin(angles)], axis=-1))


def _is_angular(surface: Surface) -> bool:
    """Whether scaling x changes nothing, but for a small guard near 0."""
    inner, outer = _ring(surface, 1.0), _ring(surface, REACH)
    if not np.all(np.isfinite(inner) & np.isfinite(outer)) or np.ptp(outer) == 0:
        return False
    return bool(np.all(np.abs(inner - outer) <= 1e-3 * np.max(np.abs(outer))))


def _best_direction(surface: Surface) -> Iterator[str]:
    ring = _ring(surface, REACH)
    if int(np.argmax(ring)) == 0:
        yield f"It is largest in the direction of w, where it is {number(float(ring[0]))}."


def _sign(values: Array) -> Iterator[str]:
    finite = values[np.isfinite(values)]
    size = np.abs(finite).max(initial=0.0)
    low, high = finite.min(initial=0.0), finite.max(initial=0.0)
    if low < -1e-9 * size and high > 1e-9 * size:
        yield "The response has both signs; the heavier contour is where it is 0."
    else:
        yield f"It is nowhere {'negative' if low >= 0 else 'positive'}."


def _largest(surface: Surface, points: Array, values: Array) -> Iterator[str]:
    """Where the response is largest in the plot."""
    there = float(surface.response(WEIGHT[None])[0])
    masked = np.where(np.isfinite(values), values, -np.inf)
    index = np.unravel_index(int(np.argmax(masked)), masked.shape)
    top, place = float(masked[index]), points[index]
    if np.isfinite(there) and there >= top:
        yield f"It is largest at x = w, where it is {number(there)}."
    elif np.linalg.norm(place - WEIGHT) < NEAR:
        yield f"It peaks next to x = w, at about {number(top)}."
    elif np.max(np.abs(place)) < REACH - NEAR:
        x, y = place
        yield f"It is largest near ({x:.1f}, {y:.1f}), where it is {number(top)}."


def _far_away(surface: Surface) -> Iterator[str]:
    """What becomes of the response as x goes to infinity."""
    near, far = _ring(surface, 1e3 * REACH), _ring(surface, 1e4 * REACH)
    finite = np.isfinite(near) & np.isfinite(far)
    near, far = near[finite], far[finite]
    largest, settled = np.abs(near).max(initial=0.0), np.abs(far).max(initial=0.0)
    if settled > 1.2 * largest:
        yield "It grows without end away from 0."
    elif settled < 0.8 * largest or settled == 0:
        yield "Far from w it falls off to 0."
    elif np.ptp(far) <= 1e-2 * settled:
        yield f"Far away it settles to {number(float(far.mean()))}."
    elif np.all(np.abs(far - near) <= 1e-2 * settled):
        yield (
            f"Far away it settles to a value between {number(float(far.min()))} and "
            f"{number(float(far.max()))}, which depends on the direction of x alone."
        )


def _slope(surface: Surface, points: Array) -> str:
    """Where the gradient is steep and where it dies away."""
    gradient = surface.gradient(points)
    size = np.hypot(gradient[..., 0], gradient[..., 1])
    finite = size[np.isfinite(size)]
    if np.ptp(finite) <= 1e-9 * finite.max():
        return f"The gradient is the same everywhere, of norm {number(float(finite.max()))}."
    at_weight = surface.gradient(WEIGHT[None])[0]
    masked = np.where(np.isfinite(size), size, -np.inf)
    place = points[np.unravel_index(int(np.argmax(masked)), masked.shape)]
    steepest = "is steepest"
    if np.linalg.norm(place - WEIGHT) < 2 * NEAR:
        steepest += " right around w"
    elif np.linalg.norm(place) < 2 * NEAR:
        steepest += " right around 0"
    elif np.max(np.abs(place)) > REACH - 2 * NEAR:
        steepest += " at the edge of the plot"
    else:
        steepest += f" at a distance of about {np.linalg.norm(place - WEIGHT):.1f} from w"
    rest = ""
    if np.linalg.norm(at_weight) <= 1e-9 * np.median(finite):
        rest = ", and exactly at x = w it is 0"
    elif np.median(finite) < 0.02 * finite.max():
        rest = ", and flat by comparison in most of the plane"
    return f"The response {steepest}{rest}; lines with arrows lead uphill."


def number(value: float) -> str:
    """A number to three digits, as HTML."""
    text = f"{value if abs(value) > 1e-9 else 0.0:.3g}"
    if "e" not in text:
        return text.replace("-", "−")
    mantissa, exponent = text.split("e")
    return f"{mantissa} · 10<sup>{int(exponent)}</sup>".replace("-", "−")
