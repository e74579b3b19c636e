"""The files of reviews: where a new one is written, and which is the last one."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

import msgspec

from checks.errors import UsageError
from checks.formats.json import render
from checks.output import show
from checks.rbac.access_review import SCHEMA, Review

T = TypeVar("T")

FOLDER = "access-reviews"
"""The folder of the project that has the reviews, with a folder for each stack."""


class _Heading(msgspec.Struct):
    """What says of which stack a review is, and of when."""

    stack: str
    at: str


def new_file(folder: Path, stack: str, now: datetime) -> Path:
    """Return the file of a review that is made now, in the folder of a project."""
    return folder / FOLDER / stack / f"{now.astimezone(UTC):%Y-%m-%dT%H%M%SZ}.json"


def require_new(file: Path) -> None:
    """Check that a file does not exist: a review is kept.

    Raises:
        UsageError: it exists.
    """
    if file.exists():
        raise UsageError(f"{file} already exists: name a new file with --output")


def save(review: Review, file: Path) -> None:
    """Write a review into a new file, and create its folder.

    Raises:
        UsageError: the file cannot be written.
    """
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"cannot create {file.parent}: {error.strerror}: name another file with --output") from error
    show(render(review), file)


def last(folder: Path, stack: str) -> tuple[str, Review] | None:
    """Return the newest review of a stack in a folder with the name of its file; None if there is none.

    Raises:
        UsageError: a review cannot be read.
    """
    files = [file for file in sorted(folder.glob("*.json")) if file.is_file()]
    found = [(heading.at, file) for file in files if (heading := _decoded(file, _Heading)) and heading.stack == stack]
    if not found:
        return None
    _, file = max(found)
    review = _decoded(file, Review)
    return (file.name, review) if review else None


def _decoded(file: Path, kind: type[T]) -> T | None:
    """Return a review, or a part of it; None if the file is something else."""
    try:
        content = file.read_bytes()
        # Other files may lie beside the reviews.
        return msgspec.json.decode(content, type=kind) if SCHEMA.encode() in content else None
    except OSError as error:
        raise UsageError(f"cannot read {file}: {error.strerror}: make it readable, or move it") from error
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise UsageError(f"{file} is not a whole review ({error}): restore it, or move it to another folder") from error
