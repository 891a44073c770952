"""`python -m codegen.docs`: write the pages below `build/docs`, and the site to `build/site`."""

import argparse
import logging
import shutil
import sys
from pathlib import Path

from mkdocs.commands.build import build
from mkdocs.config import load_config
from mkdocs.exceptions import Abort, ConfigurationError

from codegen.docs.pages import DOCS, Site, render_site
from codegen.paths import ROOT, SPEC
from codegen.plans.package import plan_package
from codegen.spec import SpecErrors, load_specs


def write(site: Site, folder: Path) -> None:
    """Put the files of a site into a fresh folder."""
    shutil.rmtree(folder, ignore_errors=True)
    for path, content in site.files.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content.encode() if isinstance(content, str) else content)


def build_site(spec: Path, out: Path) -> Path:
    """Build the site of the specs under `spec`; its front page is the result."""
    pages, target = (out / "docs").resolve(), (out / "site").resolve()
    site = render_site(plan_package(load_specs(spec)), spec)
    write(site, pages)
    config = load_config(
        str(DOCS / "mkdocs.yml"),
        docs_dir=str(pages),
        site_dir=str(target),
        nav=site.navigation,
        strict=True,
    )
    build(config)
    return target / "index.html"


def main(arguments: list[str] | None = None) -> int:
    """Entry point; a wrong spec or a dead link gives its error and exit code 1."""
    parser = argparse.ArgumentParser(prog="python -m codegen.docs", description=__doc__)
    parser.add_argument("--spec", type=Path, default=SPEC, help="folder of specs")
    parser.add_argument("--out", type=Path, default=ROOT / "build", help="folder to build in")
    options = parser.parse_args(arguments)
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s: %(message)s")
    try:
        print(build_site(options.spec, options.out))
    except (SpecErrors, Abort, ConfigurationError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
