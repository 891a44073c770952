"""Formulas as MathML, which browsers set themselves, and the font they are set in."""

from importlib.util import find_spec
from io import BytesIO
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTFont
from latex2mathml.converter import convert

#: Letters, Greek, operators, brackets and their pieces, mathematical italics.
_CHARACTERS = (
    *(range(0x20, 0x7F), range(0xA0, 0x100), range(0x370, 0x400), range(0x2010, 0x2070)),
    *(range(0x2190, 0x2300), range(0x2308, 0x232C), range(0x239B, 0x23B4)),
    *(range(0x27E6, 0x27F0), range(0x1D434, 0x1D468), range(0x1D6E2, 0x1D71C)),
)


def block(latex: str) -> str:
    """A formula on a line of its own."""
    return f'<div class="formula">{convert(latex, display="block")}</div>'


def inline(latex: str) -> str:
    """A formula within a line."""
    return str(convert(latex, display="inline"))


def math_font() -> bytes:
    """STIX Two Math as a web font, cut down to the characters that formulas use.

    Its table of mathematical measures, which browsers need to place bars, roots and brackets,
    stays whole.
    """
    package = find_spec("ziamath")
    assert package is not None and package.origin is not None
    font = TTFont(Path(package.origin).parent / "fonts" / "STIXTwoMath-Regular.ttf")
    options = subset.Options()
    options.flavor = "woff"
    options.layout_features = ["ssty", "dtls", "kern", "ccmp"]
    subsetter = subset.Subsetter(options)
    subsetter.populate(unicodes=[code for span in _CHARACTERS for code in span])
    subsetter.subset(font)
    font.flavor = "woff"
    # The time of the build would make every build another file.
    font["head"].modified = font["head"].created
    font.recalcTimestamp = False
    out = BytesIO()
    font.save(out)
    return out.getvalue()
