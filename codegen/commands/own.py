"""Packages of one's own: generated from specs outside this repository, under their own names."""

import keyword
import sys
from pathlib import Path

from codegen.commands.errors import CommandError
from codegen.commands.specs import specs_of
from codegen.frameworks import FRAMEWORKS
from codegen.plans.package import PackagePlan, plan_package
from codegen.plans.start_check import check_starts
from codegen.plans.statements import check_statements
from codegen.render.environment import PACKAGE
from codegen.render.formatting import format_files
from codegen.render.package import render_package
from codegen.render.tree import compare, replace

HEADER = "# Generated from "

TAKEN = {PACKAGE, "numpy", "jax", "jaxlib", *(f.requires[0] for f in FRAMEWORKS)}
"""Top-level modules that generated code imports; a package of such a name would hide them."""


def own_files(plan: PackagePlan, package: str) -> dict[str, str]:
    """Path below the package → formatted text."""
    return format_files(render_package(plan, package=package), package)


def generate_own(spec: Path, out: Path, package: str) -> int:
    """Write the package to the folder of its name in `out`, and say so."""
    check_name(package)
    target = out / package
    check_free(target)
    specs = specs_of(spec)
    plan = plan_package(specs)
    check_statements(specs)
    check_starts(specs, plan)
    files = own_files(plan, package)
    if target.is_dir() and not compare(files, target):
        print(f"{target}: {len(files)} files, all up to date")
        return 0
    replace(files, target)
    names = [layer.name for module in plan.modules for layer in module.layers]
    names += [cell.name for cell in plan.cells] + [f.name for f in plan.functions]
    print(f"{target}: {len(files)} files, with {', '.join(names)}")
    return 0


def check_name(package: str) -> None:
    """Raise `CommandError` if nothing can be imported by that name, or something else would be."""
    if not package.isidentifier() or not package.isascii() or keyword.iskeyword(package):
        reason = "is not a name that Python can import"
    elif package == PACKAGE:
        reason = "is the package of this repository; choose another name"
    elif package in TAKEN or package in sys.stdlib_module_names:
        reason = "would hide the module of that name, which generated code or Python imports"
    else:
        return
    raise CommandError(f"--package {package}: {package!r} {reason}")


def check_free(target: Path) -> None:
    """Raise `CommandError` if replacing `target` would lose what nobody can generate again."""
    if target.is_symlink() or (target.exists() and not target.is_dir()):
        raise CommandError(f"{target} is not a folder; it is left as it is")
    for path in sorted(target.rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts and not _generated(path):
            raise CommandError(
                f"{target} is left as it is: it holds {path.relative_to(target).as_posix()}, "
                "which was not generated"
            )


def _generated(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(len(HEADER)) == HEADER.encode()
