"""`python -m codegen new KIND NAME`: a commented spec to start from, and a neuron's layers."""

import argparse
import shutil
import tempfile
from pathlib import Path

from codegen.commands.errors import CommandError
from codegen.commands.options import Commands, add_spec
from codegen.paths import SPEC
from codegen.spec import SpecErrors, load_specs
from codegen.spec.reserved import why_reserved
from codegen.spec.schema import SCHEMA_COMMENT, SCHEMA_NAME, schema_text

TEMPLATES = SPEC / "template"
"""They stand with the specs because they hold formulas."""

KINDS = {"neuron": "neurons", "function": "functions", "cell": "cells"}
"""Kind → folder."""

PLACEHOLDER, CLASS = "NAME", "CLASS"

_EXAMPLES = {"neuron": "student_t", "function": "soft_step", "cell": "leaky_gru"}

_LAYER = """\
layers:
  - name: {layer}
    neuron: {neuron}
    geometry: {{{geometry}}}
    kernel: {{init: glorot_normal}}
"""

#: What the template says → what stands in its place in a folder outside the house.
_ELSEWHERE = {
    **{
        f"python -m codegen explain {n}": f"python -m codegen explain {n} --spec DIR"
        for n in (PLACEHOLDER, CLASS)
    },
    "make generate": "python -m codegen generate --spec DIR --out BUILD --package PACKAGE",
    "make test": "python -m codegen test --spec DIR",
}

#: Ends of the names of file and class, and the geometry.
_LAYERS = (
    ("", "NMN", "kind: dense"),
    ("_conv", "Conv", "kind: convolution, ranks: [1, 2, 3]"),
    ("_conv_transpose", "ConvTranspose", "kind: transposed_convolution, ranks: [1, 2, 3]"),
)


def register(commands: Commands) -> None:
    """Add the command's parser."""
    parser = commands.add_parser("new", help="write a commented spec to start from")
    parser.add_argument("kind", choices=list(KINDS), help="what to begin")
    parser.add_argument("name", metavar="NAME", help="its name, such as student_t: the file's")
    add_spec(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Run the command."""
    spec, kind, name = options.spec, options.kind, options.name
    for path in new_spec(kind, name, spec):
        print(f"+ {_from_here(path)}")
    house = _is_house(spec)
    where = "" if house else f" --spec {spec}"
    steps = [
        (f"edit {_from_here(spec / KINDS[kind] / name)}.yaml", "the formulas are yours to write"),
        (f"python -m codegen explain {name}{where}", "look at what follows from it"),
        (
            "make generate"
            if house
            else f"python -m codegen generate{where} --out DIR --package NAME",
            "write the layers" if kind != "function" else "write the functions",
        ),
        ("make test" if house else f"python -m codegen test{where}", "test them"),
    ]
    print("\nNext:")
    width = max(len(step) for step, _ in steps)
    for step, why in steps:
        print(f"  {step:{width}}  # {why}")
    return 0


def _is_house(spec: Path) -> bool:
    return spec.resolve() == SPEC.resolve()


def _from_here(path: Path) -> Path:
    """Shorter, where the path leads below the current folder."""
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path


def new_spec(kind: str, name: str, spec: Path) -> list[Path]:
    """Write the files of a new neuron, function or cell, all or none, and return their paths."""
    if reason := why_reserved(name):
        raise CommandError(f"a {kind} cannot be called {name!r}: it {reason}")
    if name != name.lower():
        raise CommandError(
            f"a {kind} cannot be called {name!r}: its name is of small letters and underscores, "
            f"such as {_EXAMPLES[kind]}; classes get their capitals from it"
        )
    if not spec.is_dir():
        raise CommandError(f"no folder {spec}; if that is its name, make it first: mkdir {spec}")
    made = starting_files(name, _is_house(spec), kind)
    files = {spec / path: text for path, text in made.items()}
    if present := [str(path) for path in files if path.exists()]:
        raise CommandError(f"already there: {', '.join(present)}; nothing was written")
    if not (spec / SCHEMA_NAME).exists():
        files[spec / SCHEMA_NAME] = schema_text()
    _check(files, spec)
    _write(files)
    return list(files)


def starting_files(name: str, house: bool = True, kind: str = "neuron") -> dict[str, str]:
    """Path below a folder of specs → text; outside the house, other commands generate and test."""
    text = (TEMPLATES / f"{kind}.yaml").read_text(encoding="utf-8")
    for command, elsewhere in () if house else _ELSEWHERE.items():
        text = text.replace(f"#     {command}\n", f"#     {elsewhere}\n")
    text = text.replace(PLACEHOLDER, name).replace(CLASS, _camel_case(name))
    files = {f"{KINDS[kind]}/{name}.yaml": text}
    for ending, class_ending, geometry in _LAYERS if kind == "neuron" else ():
        layer = _LAYER.format(
            layer=f"{_camel_case(name)}{class_ending}", neuron=name, geometry=geometry
        )
        files[f"layers/{name}{ending}.yaml"] = SCHEMA_COMMENT + layer
    return files


def _camel_case(name: str) -> str:
    return "".join(word[:1].upper() + word[1:] for word in name.split("_"))


def _check(files: dict[Path, str], spec: Path) -> None:
    """Load a copy of the folder with the files in it: all that is wrong is found before writing."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / spec.resolve().name
        for kind in ("neurons", "functions", "layers", "geometries", "cells"):
            (copy / kind).mkdir(parents=True)
            for file in (spec / kind).glob("*.yaml"):
                shutil.copy(file, copy / kind)
        for path, text in files.items():
            (copy / path.relative_to(spec)).write_text(text, encoding="utf-8")
        try:
            modules = load_specs(copy, house=SPEC).modules
        except SpecErrors as error:
            raise CommandError(f"{error}\nnothing was written") from None
    names = [layer.name for module in modules.values() for layer in module.layers]
    for name in names:
        if names.count(name) > 1:
            raise CommandError(f"there is a layer {name} already; nothing was written")


def _write(files: dict[Path, str]) -> None:
    """Write all files; if one cannot be written, those before it are taken back."""
    made: list[Path] = []
    try:
        for path, text in files.items():
            missing = [f for f in (path.parent, *path.parent.parents) if not f.exists()]
            for folder in reversed(missing):
                folder.mkdir()
                made.append(folder)
            with path.open("x", encoding="utf-8") as file:
                made.append(path)
                file.write(text)
    except BaseException as error:
        for path in reversed(made):
            path.rmdir() if path.is_dir() else path.unlink()
        if isinstance(error, OSError):
            raise CommandError(f"{error}; nothing was written") from None
        raise
