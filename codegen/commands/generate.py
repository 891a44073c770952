"""`python -m codegen generate`: write the package, and the schema that editors use."""

import argparse
from pathlib import Path

from codegen.commands.errors import CommandError
from codegen.commands.options import Commands, add_out, add_spec
from codegen.commands.own import generate_own
from codegen.paths import GENERATED, SPEC
from codegen.plans.package import plan_package
from codegen.plans.start_check import check_starts
from codegen.plans.statements import check_statements
from codegen.render.formatting import format_files
from codegen.render.package import render_package
from codegen.render.tree import compare, replace
from codegen.spec import load_specs
from codegen.spec.schema import SCHEMA_NAME, schema_text


def register(commands: Commands) -> None:
    """Add the command's parser."""
    parser = commands.add_parser("generate", help="write the package and say what changed")
    add_spec(parser)
    add_out(parser)
    parser.add_argument(
        "--package",
        metavar="NAME",
        help="generate a package of your own, as the folder of that name in --out",
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Run the command."""
    own = options.package is not None
    if options.out == GENERATED and (own or options.spec.resolve() != SPEC):
        raise CommandError("a package of your own needs --package NAME and --out DIR")
    if own:
        return generate_own(options.spec, options.out, options.package)
    return generate(options.spec, options.out)


def generated_files(spec: Path) -> dict[str, str]:
    """What the specs under `spec` generate: path below the package → formatted text."""
    specs = load_specs(spec)
    plan = plan_package(specs)
    check_statements(specs)
    check_starts(specs, plan)
    return format_files(render_package(plan))


def schema_is_current(spec: Path) -> bool:
    """Whether editors see the schema of today; a folder outside the house need not have one."""
    file = spec / SCHEMA_NAME
    if not file.exists():
        return spec.resolve() != SPEC.resolve()
    return file.read_text(encoding="utf-8") == schema_text()


def generate(spec: Path, out: Path) -> int:
    """Write the package and bring the schema up to date, print what changed."""
    files = generated_files(spec)
    drift = compare(files, out)
    if not schema_is_current(spec):
        (spec / SCHEMA_NAME).write_text(schema_text(), encoding="utf-8")
        print(f"~ {spec.name}/{SCHEMA_NAME}")
    if not drift:
        print(f"{len(files)} files, all up to date")
        return 0
    replace(files, out)
    for sign, paths in (("+", drift.missing), ("-", drift.stale), ("~", sorted(drift.changed))):
        for path in paths:
            print(f"{sign} {path}")
    print(
        f"{len(files)} files: {len(drift.missing)} new, {len(drift.changed)} changed, "
        f"{len(drift.stale)} removed"
    )
    return 0
