"""Folders of specs: which files they hold, and what messages and generated files call them."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class File:
    """A file of a folder of specs."""

    path: Path
    called: str
    """In messages, where its author must find it."""
    cited: str
    """In generated files, where no path of this machine belongs."""


@dataclass(frozen=True)
class Folder:
    """A folder of specs, and how messages call it."""

    root: Path
    called: str

    @property
    def cited(self) -> str:
        """In generated files, where no path of this machine belongs."""
        path = Path(self.called)
        return path.name if path.is_absolute() else path.as_posix()

    def path_of(self, *parts: str) -> str:
        """How messages call something below the folder."""
        return Path(self.called, *parts).as_posix()

    def files(self, kind: str) -> dict[str, File]:
        """The specs of a kind by their stems."""
        return {
            file.stem: File(
                file, self.path_of(kind, file.name), Path(self.cited, kind, file.name).as_posix()
            )
            for file in sorted(self.root.glob(f"{kind}/*.yaml"))
        }
