"""`python -m codegen test --spec DIR`: the house's property tests, on someone's own layers."""

import argparse
import importlib.util
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from codegen.commands.errors import CommandError
from codegen.commands.options import Commands
from codegen.commands.own import own_files
from codegen.commands.specs import specs_of
from codegen.frameworks import FRAMEWORKS
from codegen.paths import ROOT
from codegen.plans.package import plan_package
from codegen.plans.start_check import check_starts
from codegen.render.tree import replace

PACKAGE = "package_under_test"
BACKENDS = ("tensorflow", "jax", "torch")
NEEDED = ("pytest", "hypothesis", "xdist", *(f.requires[0] for f in FRAMEWORKS))


def register(commands: Commands) -> None:
    """Add the command's parser."""
    parser = commands.add_parser(
        "test", help="generate a package of your own specs for the time of a test, and test it"
    )
    parser.add_argument(
        "--spec", type=Path, required=True, metavar="DIR", help="folder of your specs"
    )
    parser.add_argument(
        "-k",
        dest="expression",
        metavar="EXPRESSION",
        help="only tests whose names match, such as 'torch and not gradient', as pytest's -k",
    )
    parser.add_argument(
        "--keras-backend",
        choices=BACKENDS,
        help="what Keras runs on (default: $KERAS_BACKEND, or tensorflow)",
    )
    parser.add_argument(
        "--processes",
        type=int,
        default=min(2, os.cpu_count() or 1),
        metavar="N",
        help="processes that share the work; each imports all frameworks (default: %(default)s)",
    )
    parser.add_argument(
        "--thorough",
        action="store_true",
        help="as many geometries and random cases as for nmn's own layers",
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Run the command."""
    environment = dict(os.environ)
    if options.keras_backend is not None:
        environment["KERAS_BACKEND"] = options.keras_backend
    if not options.thorough:
        environment |= {"NMN_BRIEF": "1", "HYPOTHESIS_PROFILE": "brief"}
    arguments = ["-k", options.expression] if options.expression else []
    arguments += ["-n", str(options.processes)] if options.processes > 1 else []
    return test(options.spec, arguments, environment)


def test(spec: Path, arguments: list[str], environment: dict[str, str]) -> int:
    """Test the layers of `spec` in every framework; returns pytest's exit code."""
    missing = sorted({name for name in NEEDED if importlib.util.find_spec(name) is None})
    if missing:
        raise CommandError(
            f"the tests need {', '.join(missing)}: "
            "pip install -r requirements/torch.txt -r requirements/test.txt"
        )
    specs = specs_of(spec)
    plan = plan_package(specs)
    check_starts(specs, plan)
    files = own_files(plan, PACKAGE)
    with tempfile.TemporaryDirectory() as folder:
        replace(files, Path(folder, PACKAGE))
        paths = [folder, environment.get("PYTHONPATH", "")]
        environment = environment | {
            "NMN_SPEC": str(spec.resolve()),
            "NMN_PACKAGE": PACKAGE,
            "PYTHONPATH": os.pathsep.join(filter(None, paths)),
        }
        # Without the folder of nmn, which the package must do without.
        command = [sys.executable, "-m", "pytest", "-o", "pythonpath=."]
        command += ["-p", "no:cacheprovider", "--disable-warnings", "tests/properties", *arguments]
        return subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode
