"""What a report's `write` writes when there is no terminal."""

import io
from collections.abc import Callable
from typing import TextIO, TypeVar

T = TypeVar("T")


def written(write: Callable[[T, TextIO], None], report: T) -> str:
    """Return the text of a report."""
    out = io.StringIO()
    write(report, out)
    return out.getvalue()
