"""Where the house keeps its specs and what they generate."""

from pathlib import Path

ROOT = Path(__file__).parent.parent
SPEC = ROOT / "spec"
GENERATED = ROOT / "generated" / "nmn"
