"""Plots of a neuron over the plane, as SVG: the same numbers give the same bytes."""

from collections.abc import Callable
from dataclasses import dataclass
from io import StringIO
from typing import Any

import matplotlib as mpl
import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.colors import AsinhNorm, Colormap, LinearSegmentedColormap, Normalize
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke
from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator

from codegen.docs.surface import REACH, WEIGHT, Surface, axis, plane
from codegen.math.numeric import Array

WIDE_RANGE = 12.0
"""Ratio of large to common values beyond which a scale is linear near 0 and logarithmic beyond."""


@dataclass(frozen=True)
class Look:
    """Colours of one scheme; 0 has the colour of the page."""

    name: str
    ink: str
    line: str
    accent: str
    second: str
    sequential: tuple[str, ...]
    negative: tuple[str, ...]

    def colours(self, signed: bool) -> Colormap:
        """From 0 upwards, or to both sides of 0."""
        stops = (*reversed(self.negative), *self.sequential) if signed else self.sequential
        return LinearSegmentedColormap.from_list(self.name, stops)


LOOKS = (
    Look(
        *("light", "#1f2937", "#0f172a", "#c2410c", "#0e7490"),
        ("#fbfcfe", "#cfe3ec", "#86bfd0", "#3f8fb0", "#2b5c96", "#29306f", "#180f3d"),
        ("#f9e0d9", "#eab09c", "#d27a63", "#a9433f", "#6f1d2e"),
    ),
    Look(
        *("dark", "#dbe2ee", "#e8eef8", "#fdba74", "#67e8f9"),
        ("#1b1e29", "#22375e", "#28608c", "#3b92a8", "#7cc6b2", "#cdeebc", "#fdfde2"),
        ("#45232f", "#7c3440", "#b85450", "#e58f74", "#fbd3b0"),
    ),
)


@dataclass(frozen=True)
class Scale:
    """How values become colours."""

    low: float
    high: float
    width: float | None
    """Where an uneven scale turns from linear to logarithmic; None for an even one."""
    clipped: bool
    """Whether some values lie beyond the end of the scale."""

    @property
    def signed(self) -> bool:
        return self.low < 0

    @property
    def norm(self) -> Normalize:
        if self.width is None:
            return Normalize(self.low, self.high, clip=True)
        return AsinhNorm(self.width, self.low, self.high, clip=True)

    @property
    def levels(self) -> list[float]:
        """Where contour lines run: a dozen, or two to each power of ten."""
        if self.width is None:
            return [float(v) for v in MaxNLocator(12).tick_values(self.low, self.high)]
        first = int(np.floor(np.log10(self.width)))
        last = int(np.floor(np.log10(self.high)))
        positive = [m * 10.0**k for k in range(first, last + 1) for m in (1.0, 3.0)]
        return sorted({0.0, *positive, *([-v for v in positive] if self.signed else [])})

    @property
    def ticks(self) -> list[float]:
        """A few round values."""
        if self.width is None:
            ticks = MaxNLocator(6, steps=[1, 2, 5, 10]).tick_values(self.low, self.high)
            return [float(t) for t in ticks if self.low <= t <= self.high]
        first = int(np.floor(np.log10(self.width)))
        decades = [10.0**k for k in range(first, int(np.floor(np.log10(self.high))) + 1)]
        decades = decades[-5:] if self.signed else decades[-6:]
        # Near 0 the scale is even, and powers of ten would stand on each other.
        room = 0.06 * float(self.norm(self.high) - self.norm(0.0))
        decades = [d for d in decades if self.norm(d) - self.norm(0.0) > room]
        negative = [-d for d in reversed(decades)] if self.signed else []
        return [*negative, 0.0, *decades]


def scale(values: Array) -> Scale:
    """A scale on which the shape shows, whatever the range."""
    finite = values[np.isfinite(values)]
    size = np.abs(finite)
    if size.max(initial=0.0) == 0:
        return Scale(0.0, 1.0, None, False)
    common, large, largest = np.quantile(size, [0.8, 0.995, 1.0])
    peaked = bool(largest > 2 * large > 0)
    high = float(large if peaked else largest)
    uneven = peaked or bool(large > WIDE_RANGE * common)
    typical = float(np.median(size[size > 1e-9 * high]))
    signed = bool(finite.min() < -1e-9 * largest)
    return Scale(-high if signed else 0.0, high, typical if uneven else None, peaked)


def response_plot(surface: Surface, look: Look) -> str:
    """Heat map of the response with contour lines."""
    values = surface.response(plane())

    def draw(axes: Axes) -> None:
        chosen = _heat_map(axes, values, look)
        levels = chosen.levels
        if len(levels) > 1 and np.ptp(values[np.isfinite(values)]) > 0:
            axes.contour(
                axis(),
                axis(),
                np.ma.masked_invalid(values),
                levels=levels,
                colors=look.line,
                linewidths=[1.1 if level == 0 and chosen.signed else 0.6 for level in levels],
                linestyles="solid",
                alpha=0.45,
            )
        _mark_weight(axes, look)

    return svg("response", look, draw)


def gradient_plot(surface: Surface, look: Look) -> str:
    """Heat map of the gradient's norm with lines along the gradient."""
    gradient = surface.gradient(plane())
    size = np.hypot(gradient[..., 0], gradient[..., 1])

    def draw(axes: Axes) -> None:
        _heat_map(axes, size, look)
        step = 6
        coarse, field = axis()[::step], gradient[::step, ::step]
        length = np.hypot(field[..., 0], field[..., 1])
        with np.errstate(all="ignore"):
            unit = np.where(length[..., None] > 0, field / length[..., None], np.nan)
        unit = np.ma.array(unit, mask=_turns(unit))
        axes.streamplot(
            *(coarse, coarse, unit[..., 0], unit[..., 1]),
            color=(*mpl.colors.to_rgb(look.line), 0.6),
            density=0.85,
            linewidth=0.7,
            arrowsize=0.75,
        )
        _mark_weight(axes, look)

    return svg("gradient", look, draw)


def profile_plot(surface: Surface, look: Look) -> str:
    """The response along two lines through w."""
    direction = WEIGHT / np.linalg.norm(WEIGHT)
    across = np.array([-direction[1], direction[0]])
    offsets = np.linspace(-REACH, REACH, 1201)
    lines = {
        "along w": surface.response(WEIGHT + offsets[:, None] * direction),
        "across": surface.response(WEIGHT + offsets[:, None] * across),
    }
    chosen = scale(np.concatenate(list(lines.values())))

    def draw(axes: Axes) -> None:
        axes.set_aspect("auto")
        for (label, values), colour in zip(lines.items(), (look.second, look.accent), strict=True):
            axes.plot(offsets, np.ma.masked_invalid(values), color=colour, label=label, lw=1.6)
        if chosen.width is not None:
            axes.set_yscale("asinh", linear_width=chosen.width)
            axes.yaxis.set_major_locator(FixedLocator(chosen.ticks))
            axes.yaxis.set_major_formatter(FuncFormatter(lambda v, _: _number(v)))
            axes.yaxis.set_minor_locator(FixedLocator([]))
        axes.set(xlabel="distance from $w$ along the line", xlim=(-REACH, REACH))
        axes.grid(visible=True, color=look.ink, alpha=0.12, lw=0.6)
        axes.legend(frameon=False, loc="upper left", fontsize=9)

    return svg("profile", look, draw)


PLOTS: dict[str, Callable[[Surface, Look], str]] = {
    "response": response_plot,
    "gradient": gradient_plot,
    "profile": profile_plot,
}


def _heat_map(axes: Axes, values: Array, look: Look) -> Scale:
    chosen = scale(values)
    image = axes.imshow(
        np.ma.masked_invalid(values),
        cmap=look.colours(chosen.signed),
        norm=chosen.norm,
        extent=(-REACH, REACH, -REACH, REACH),
        origin="lower",
        interpolation="bilinear",
    )
    extend = {(False, False): "neither", (False, True): "max", (True, True): "both"}.get(
        (chosen.signed, chosen.clipped), "neither"
    )
    bar = axes.figure.colorbar(image, ax=axes, shrink=0.92, pad=0.03, aspect=22, extend=extend)
    bar.set_ticks(chosen.ticks, labels=[_number(t) for t in chosen.ticks])
    bar.ax.minorticks_off()
    bar.outline.set_visible(False)
    bar.ax.tick_params(length=0)
    ticks = [-2, 0, 2]
    axes.set(xticks=ticks, yticks=ticks)
    axes.set_xlabel("$x_1$", fontsize=13)
    axes.set_ylabel("$x_2$", fontsize=13, rotation=0)
    axes.set(xlim=(-REACH, REACH), ylim=(-REACH, REACH))
    return chosen


def _mark_weight(axes: Axes, look: Look) -> None:
    """The weight as an arrow from 0."""
    axes.annotate(
        "",
        xy=(float(WEIGHT[0]), float(WEIGHT[1])),
        xytext=(0.0, 0.0),
        arrowprops={
            "arrowstyle": "-|>",
            "color": look.accent,
            "lw": 1.6,
            "shrinkA": 0,
            "shrinkB": 0,
        },
    )
    axes.plot(0, 0, "o", ms=3.2, color=look.accent)
    axes.annotate(
        "$w$",
        xy=(0.45 * float(WEIGHT[0]), 0.45 * float(WEIGHT[1])),
        xytext=(3, -15),
        textcoords="offset points",
        color=look.accent,
        fontsize=17,
        path_effects=[withStroke(linewidth=2, foreground=look.sequential[0])],
    )


def _turns(unit: Array) -> npt.NDArray[np.bool_]:
    """Where the direction jumps from a point to its neighbours, and no line can follow."""
    padded = np.pad(unit, ((1, 1), (1, 1), (0, 0)), mode="edge")
    rows, columns = unit.shape[:2]
    neighbours = [
        padded[i : i + rows, j : j + columns] for i, j in ((0, 1), (1, 0), (1, 1), (1, 2), (2, 1))
    ]
    mean = np.mean(neighbours, axis=0)
    broken = ~(np.hypot(mean[..., 0], mean[..., 1]) > 0.7)
    return np.repeat(broken[..., None], 2, axis=-1)


def _number(value: float) -> str:
    """A round number, as a power of ten where it is long."""
    if value and not 1e-3 <= abs(value) < 1e4:
        exponent = int(np.floor(np.log10(abs(value)) + 1e-9))
        sign = "-" if value < 0 else ""
        return f"${sign}10^{{{exponent}}}$"
    return f"{value:g}".replace("-", "−")


def svg(name: str, look: Look, draw: Callable[[Axes], None]) -> str:
    """A figure with one pair of axes; its name and colours make identifiers the same every time."""
    style: dict[Any, Any] = {
        "svg.hashsalt": f"{name}-{look.name}",
        "svg.fonttype": "path",
        "mathtext.fontset": "stix",
        "font.size": 10,
        "text.color": look.ink,
        "axes.labelcolor": look.ink,
        "axes.edgecolor": look.ink,
        "xtick.color": look.ink,
        "ytick.color": look.ink,
        "axes.linewidth": 0.6,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "image.composite_image": False,
    }
    with mpl.rc_context(style):
        figure = Figure(figsize=(4.6, 3.9), layout="constrained")
        draw(figure.add_subplot())
        out = StringIO()
        figure.savefig(out, format="svg", transparent=True, dpi=100, metadata={"Date": None})
    return out.getvalue()
