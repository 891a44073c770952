"""Formulas: Python expressions parsed against a whitelist, never evaluated as Python."""

import ast
from dataclasses import dataclass

#: Functions a formula may call, with the number of arguments each takes.
FUNCTIONS: dict[str, int] = {
    "abs": 1,
    "exp": 1,
    "log": 1,
    "maximum": 2,
    "minimum": 2,
    "relu": 1,
    "sign": 1,
    "softplus": 1,
    "sqrt": 1,
}


@dataclass(frozen=True)
class Formula:
    """An expression as the spec states it: its text and its syntax tree."""

    text: str
    tree: ast.expr

    @property
    def names(self) -> frozenset[str]:
        """Names the formula refers to, functions excluded."""
        called = {id(n.func) for n in ast.walk(self.tree) if isinstance(n, ast.Call)}
        return frozenset(
            node.id
            for node in ast.walk(self.tree)
            if isinstance(node, ast.Name) and id(node) not in called
        )


def parse(text: str) -> Formula:
    """Parse `text`; raises `SyntaxError` for what is not a single expression."""
    return Formula(text, ast.parse(text, mode="eval").body)
