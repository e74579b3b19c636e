"""The formats of the report: our own, then those of other distributions.

A format is a function `write(report, out, project)`; `project` is the folder of the project, or None in a cluster. It
is imported when a report is written.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import TYPE_CHECKING, TextIO, cast

from checks.errors import UncheckedError, UsageError
from checks.extensions import FORMATS, described, extensions, load

if TYPE_CHECKING:
    from checks.results.result import Report

Write = Callable[["Report", TextIO, Path | None], None]

TEXT, JSON = "text", "json"

OWN = (TEXT, JSON, "junit", "sarif", "markdown", "html", "prometheus")
"""Each is the function `write` of the module of this name."""


@dataclass(frozen=True)
class Format:
    """A format of the report."""

    name: str
    entry: EntryPoint

    def load(self) -> Write:
        """Return the function that writes a report.

        Raises:
            UncheckedError: it cannot be imported, or is not a function.
        """
        write = load(self.entry)
        if not callable(write):
            raise UncheckedError(f"{described(self.entry)} is of type {type(write).__name__}, not a function")
        return cast("Write", write)


@cache
def formats() -> dict[str, Format]:
    """Return the formats by name.

    Raises:
        UncheckedError: an extension has the name of another format.
    """
    entries = {name: EntryPoint(name, f"checks.formats.{name}:write", FORMATS) for name in OWN}
    for name, entry in extensions(FORMATS).items():
        if name in entries:
            raise UncheckedError(f"{described(entry)} has the name of another format: rename it")
        entries[name] = entry
    return {name: Format(name, entry) for name, entry in entries.items()}


def require_known(name: str, known: Iterable[str]) -> str:
    """Return the name of a format that a command knows.

    Raises:
        UsageError: the command does not know the format.
    """
    known = list(known)
    if name not in known:
        raise UsageError(f"--format: {name!r} is not a format: choose from {', '.join(known)}")
    return name
